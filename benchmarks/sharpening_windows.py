"""Windows in ``sharpening_accuracy.py``: the profiles that networks predict, and the B factors of sharpened windows.

The local B factor of a sharpened map is -4 times the slope of the logarithm of its windows' profiles against the
squared frequency, from 10 Å to the map's resolution. It should follow the local resolution, measured by the local FSC
of the half maps: over the places in the molecule's mask, and over those of them that the confidence mask has too.
"""

import dataclasses
import os
from dataclasses import dataclass

import numpy as np
import sharpening_rivals as rivals
from scipy.stats import spearmanr

from deepreslib.enhancement import ilocscale, locscale
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.gain_guards import b_factors
from deepreslib.enhancement.local_scaling import LocalScaling
from deepreslib.enhancement.profiles import FREQUENCY, logarithm, profile
from deepreslib.errors import InputError
from deepreslib.maps import confidence
from deepreslib.simulation.assemblies import subset
from deepreslib.training.ilocscale.maps import LEAST_B_PERCENTILE

AIMS = {"density": ("compact", "density"), "contrast": ("compact", "contrast"), "published": ("published", "contrast")}
"""Name of a network's folder → its preset and aim."""

FEWEST = 200
"""So many places at least make a rank correlation."""

FDR = 0.01


@dataclass(frozen=True, eq=False)
class ScaledWindows:
    """The windows of a map whose shells were scaled.

    Attributes:
        method: its name.
        scaling: of the map.
        before: float32 (places, 13), the logarithms of its profiles.
        log_gains: float32 (places, 13).
    """

    method: str
    scaling: LocalScaling
    before: np.ndarray
    log_gains: np.ndarray


def networks(models, names=tuple(AIMS)):
    """Yields name and network of the shipped networks, or of those in a folder that there are."""
    for name in names:
        path = os.path.join(models, name) if models else None
        if path is None or os.path.isdir(path):
            yield name, ilocscale.load(path, *AIMS[name])


def scalings(scene):
    """The windows of a map as it is, and of the map made flat, each with the logarithms of their profiles."""
    given = scene.full, scene.mask, scene.resolution
    both = LocalScaling(*given, workers=1), LocalScaling(*given, before=flattening(*given, 1), workers=1)
    return [(scaling, logarithm(scaling.profiles())) for scaling in both]


def scaled_windows(scene, models):
    """Yields the ``ScaledWindows`` of the networks, and of gains that are fitted to the model window by window."""
    plain, flat = scalings(scene)
    for name, network in networks(models):
        scaling, before = flat if network.standard == "flat" else plain
        yield ScaledWindows(name, scaling, before, ilocscale.network_gains(scaling, network, np.exp(before)))
    model = plain[0].windows(scene.full.like(scene.model))
    for name, (scaling, before) in (("fitted to the model", plain), ("the same, flat", flat)):
        log_gains = rivals.fitted_gains(scaling.windows(scaling.density_map), model, scaling.lattice.places)
        yield ScaledWindows(name, scaling, before, log_gains)


def atoms(scene, found=None):
    """The structure of a scene as it lies in the map, with the B factors of its file or others."""
    part = subset(scene.structure, scene.selected)
    found = part.b_factors if found is None else found[scene.selected]
    return dataclasses.replace(part, positions=scene.positions[scene.selected], b_factors=found)


def model_profiles(structure, scaling, kind="shifted"):
    """The log profiles of a model's windows, (places, 13)."""
    windows = locscale.Model(structure, scaling).windows(kind)
    places = scaling.lattice.places
    return logarithm(scaling.at_places(lambda part: profile(windows.spectra(places[part]))))


def answers(scene, scaling):
    """What networks for profiles are taught: the log profiles of the model whose B factors are those of the simulation
    less the least, and not, as LocScale has them, 10 Å² more."""
    found = scene.made.b_factors
    least = np.percentile(found[scene.selected], LEAST_B_PERCENTILE)
    return model_profiles(atoms(scene, np.maximum(found - least, 0)), scaling, "own")


def voxels_of_places(scene, scaling):
    """The voxels of the map at which the places of a lattice lie, (places, 3); maps have voxels of 1 Å here."""
    places = scaling.lattice.places + [axis.start for axis in scaling.region.axes]
    return np.clip(places, 0, np.array(scene.mask.shape) - 1)


def measure_b_factors(found_scenes, models):
    """How the B factors of sharpened windows follow the local resolution: of each map and method, and in two masks."""
    rows = []
    for scene in found_scenes:
        (plain, before), _ = scalings(scene)
        local = scene.made.local_resolution[tuple(voxels_of_places(scene, plain).T)]
        inside = {"model's mask": local > 0}
        try:
            sure = confidence.confidence_mask(scene.full, scene.halves, FDR).mask
            inside["confidence mask"] = inside["model's mask"] & sure[tuple(voxels_of_places(scene, plain).T)]
        except InputError as error:
            print(f"{scene.name}: no confidence mask: {error}", flush=True)
        profiles = {
            "unsharpened": before,
            "LocScale, shifted B": model_profiles(atoms(scene, scene.made.b_factors), plain),
        }
        profiles |= {found.method: found.before + found.log_gains for found in scaled_windows(scene, models)}
        row = {"structure": scene.name, "extra": scene.extra, "resolution": round(scene.resolution, 3), "methods": {}}
        for name, log_profiles in profiles.items():
            fall = b_factors(log_profiles, plain.known, plain.resolution)
            row["methods"][name] = {
                where: [
                    round(float(spearmanr(fall[part], local[part])[0]), 3),
                    round(float(np.corrcoef(fall[part], local[part])[0, 1]), 3),
                ]
                for where, part in inside.items()
                if part.sum() >= FEWEST
            }
        rows.append(row)
        print(
            scene.name,
            scene.extra,
            {name: each.get("model's mask") for name, each in row["methods"].items()},
            flush=True,
        )
    return rows


def measure_profiles(found_scenes, models):
    """Errors of predicted log profiles by network and shell: bias, RMS; and those of the unsharpened map, at the best
    scale; and the ratio of what the two published networks predict."""
    errors, ratios = {}, []
    for scene in found_scenes:
        plain, flat = scalings(scene)
        inside = scene.mask[tuple(voxels_of_places(scene, plain[0]).T)]
        wanted = answers(scene, plain[0])[inside]
        of_map = plain[1][inside]
        errors.setdefault("unsharpened", []).append(of_map + (wanted - of_map).mean() - wanted)
        for name, network in networks(models, ("contrast", "published")):
            scaling, before = flat if network.standard == "flat" else plain
            known, _ = ilocscale.as_known(scaling, network, np.exp(before))
            usual = ilocscale.usual_profile(scaling, known)
            found = network.model_profiles(known[inside], usual, scaling.known, scaling.resolution)
            errors.setdefault(name, []).append(found - wanted)
            if name == "published":
                linear, prelu = network.both(known[inside], scaling.known)
                ratios.append((prelu - linear).mean(axis=0))
    found = {name: profile_figures(each) for name, each in errors.items()}
    if ratios:
        found["published"]["prelu_to_linear"] = [round(float(value), 3) for value in np.exp(np.mean(ratios, axis=0))]
    return found


def profile_figures(errors):
    """RMS of all points, and bias and RMS by shell, of log profiles; ``errors`` has (windows, 13) of each map."""
    every = np.concatenate(errors).astype(float)
    return {
        "windows": len(every),
        "rms": round(float(np.sqrt(np.square(every).mean())), 4),
        "bias": [round(float(value), 3) for value in every.mean(axis=0)],
        "rms_by_shell": [round(float(value), 3) for value in np.sqrt(np.square(every).mean(axis=0))],
    }


def profiles_table(figures):
    """Lines about profiles."""
    if not figures:
        return []
    heads = " | ".join("mean" if not f else f"{1 / f:.1f} Å" for f in FREQUENCY)
    lines = ["Errors of log profiles (predicted - the model's, B shifted), windows in the mask:", ""]
    lines += [f"| network | windows | RMS | | {heads} |", "|---" * 17 + "|"]
    for name, found in figures.items():
        kinds = {"bias": "bias", "RMS": "rms_by_shell", "prelu / linear": "prelu_to_linear"}
        for what, values in ((what, found[key]) for what, key in kinds.items() if key in found):
            cells = " | ".join(f"{value:.2f}" for value in values)
            lines.append(f"| {name} | {found['windows']} | {found['rms']:.3f} | {what} | {cells} |")
    return [*lines, ""]


def b_factors_table(rows):
    """Lines about the B factors of sharpened windows."""
    if not rows:
        return []
    lines = [f"B factor of the windows of {len(rows)} maps against the local FSC resolution, means of maps:", ""]
    lines += [
        "| method | model's mask: rank | linear | confidence mask: rank | linear | maps of rank < 0.5 |",
        "|---" * 6 + "|",
    ]
    for name in rows[0]["methods"]:
        cells = [name]
        for where in ("model's mask", "confidence mask"):
            each = [row["methods"][name][where] for row in rows if where in row["methods"][name]]
            cells += [f"{value:.2f}" for value in np.mean(each, axis=0)] if each else ["–", "–"]
        ranks = [found["model's mask"][0] for row in rows if (found := row["methods"][name])]
        low = sum(rank < 0.5 for rank in ranks)
        lines.append(f"| {' | '.join(cells)} | {low} |")
    return [*lines, ""]
