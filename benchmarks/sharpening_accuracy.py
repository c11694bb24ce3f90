"""How near sharpened maps come to the density of the right atoms, beside unsharpened ones, filters and LocScale.

    python benchmarks/sharpening_accuracy.py --structures STRUCTURES/test [--parts ...] [--models FOLDER]

- ``maps``: RSCC, the correlation in the molecule's mask with the density of the atoms at rest, neither filtered, so
  that part of every gain is the noise taken away beyond the resolution; the mean over residues of the correlation
  around their atoms; where the FSC with that density falls to 0.5; and how the B factors of the sharpened windows
  follow the local resolution.
- ``profiles``: how well the networks that predict a model's profile do, by shell.
- ``models``: a third of the chains is left out of the model that LocScale is given.

The mask is the molecule's and the resolution that of the half maps. Results go to
``benchmarks/results/sharpening_accuracy.{md,json}``.
"""

import argparse
import dataclasses
import os
import time

import numpy as np
import reports
import sharpening_rivals as rivals
import sharpening_tables as tables
from scipy.stats import spearmanr
from sharpening_maps import Residues, correlation, model_fsc, scenes

from deepreslib.enhancement import global_sharpening, ilocscale, locscale
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.gain_guards import b_factors
from deepreslib.enhancement.local_scaling import LocalScaling
from deepreslib.enhancement.profiles import logarithm, profile
from deepreslib.simulation.assemblies import subset

PARTS = ("maps", "profiles", "models")
AIMS = {"density": ("compact", "density"), "contrast": ("compact", "contrast"), "published": ("published", "contrast")}
"""Name of a network's folder → its preset and aim."""

LEFT_OUT = 1 / 3


def judged(scene, residues, data):
    """What is measured of a map."""
    return {
        "rscc": round(correlation(data, scene.model, scene.mask), 4),
        "residues": round(residues.mean_correlation(data, scene.model), 4),
        "fsc": round(model_fsc(scene, data), 3),
    }


def atoms(scene, b_factors=None):
    """The structure of a scene as it lies in the map, with the B factors of its file or others."""
    part = subset(scene.structure, scene.selected)
    found = part.b_factors if b_factors is None else b_factors[scene.selected]
    return dataclasses.replace(part, positions=scene.positions[scene.selected], b_factors=found)


def methods(scene, models):
    """Yields the name of each method, its map, and if it scales windows their log profiles after that, else None."""
    scaling, flat = scalings(scene)
    profiles, flat_profiles = logarithm(scaling.profiles()), logarithm(flat.profiles())
    yield "unsharpened", scene.full.data, profiles
    yield "best B factor", rivals.best_b_factor(scene)[0], None
    given = {"half_maps": scene.halves, "workers": 1}
    yield "automatic", global_sharpening.enhance(scene.full, scene.mask, scene.resolution, **given).data, None
    yield "best radial filter", rivals.best_radial_filter(scene), None
    yield "flat", flattening(scene.full, scene.mask, scene.resolution, 1).of(scene.full), flat_profiles
    simulated, own = atoms(scene, scene.made.b_factors), atoms(scene)
    for name, structure, kind, weighted in (
        ("LocScale, shifted B", simulated, "shifted", False),
        ("LocScale, shifted B, FSC", simulated, "shifted", True),
        ("LocScale, the file's B", own, "own", False),
        ("LocScale, B 0", own, "zero", False),
    ):
        asked = {"structure_b": kind, "fsc_weight": weighted, "strict": True, "flat": False}
        found = locscale.enhance(scene.full, scene.mask, scene.resolution, structure, **asked, **given)
        yield name, found.data, None if weighted else model_profiles(structure, scaling, kind)
    for name, (preset, aim) in AIMS.items():
        path = os.path.join(models, name) if models else None
        if path is not None and not os.path.isdir(path):
            continue
        network = ilocscale.load(path, preset, aim)
        used, before = (flat, flat_profiles) if network.standard == "flat" else (scaling, profiles)
        log_gains = ilocscale.network_gains(used, network, np.exp(before))
        yield name, used.scaled(log_gains, {}).data, before + log_gains
    for name, used, before in (("fitted to the model", scaling, profiles), ("the same, flat", flat, flat_profiles)):
        model = used.windows(scene.full.like(scene.model))
        log_gains = rivals.fitted_gains(used.windows(used.density_map), model, used.lattice.places)
        yield name, used.scaled(log_gains, {}).data, before + log_gains


def scalings(scene):
    """The windows of a map as it is, and of the map made flat."""
    given = scene.full, scene.mask, scene.resolution
    return LocalScaling(*given, workers=1), LocalScaling(*given, before=flattening(*given, 1), workers=1)


def model_profiles(structure, scaling, kind="shifted"):
    """The log profiles of a model's windows, (places, 13)."""
    windows = locscale.Model(structure, scaling).windows(kind)
    places = scaling.lattice.places
    return logarithm(scaling.at_places(lambda part: profile(windows.spectra(places[part]))))


def rank_with_resolution(scene, scaling, log_profiles):
    """The rank correlation of the B factor of sharpened windows with the local resolution, at places in the mask."""
    inside = scene.mask[tuple(_voxels(scene, scaling).T)]
    local = scene.made.local_resolution[tuple(_voxels(scene, scaling)[inside].T)]
    fall = b_factors(log_profiles, scaling.known, scaling.resolution)[inside]
    return float(spearmanr(fall[local > 0], local[local > 0])[0])


def _voxels(scene, scaling):
    """The voxels of the map at which the places of a lattice lie; maps have voxels of 1 Å here."""
    places = scaling.lattice.places + [axis.start for axis in scaling.region.axes]
    return np.clip(places, 0, np.array(scene.mask.shape) - 1)


def measure_maps(found_scenes, models):
    """The rows of the part ``maps``."""
    rows = []
    for scene in found_scenes:
        started = time.monotonic()
        residues = Residues(scene)
        scaling = LocalScaling(scene.full, scene.mask, scene.resolution, workers=1)
        row = {"structure": scene.name, "extra": scene.extra, "resolution": round(scene.resolution, 3), "methods": {}}
        for name, data, log_profiles in methods(scene, models):
            row["methods"][name] = judged(scene, residues, data)
            if log_profiles is not None:
                row["methods"][name]["rank"] = round(rank_with_resolution(scene, scaling, log_profiles), 3)
        rows.append(row)
        told = {name: each["rscc"] for name, each in row["methods"].items()}
        print(scene.name, scene.extra, row["resolution"], told, f"{time.monotonic() - started:.0f} s", flush=True)
    return rows


def measure_profiles(found_scenes, models):
    """Errors of predicted log profiles by network and shell: bias, RMS; and of the unsharpened map."""
    errors = {}
    for scene in found_scenes:
        scaling, flat = scalings(scene)
        inside = scene.mask[tuple(_voxels(scene, scaling).T)]
        wanted = model_profiles(atoms(scene, scene.made.b_factors), scaling)[inside]
        of_map = logarithm(scaling.profiles())[inside]
        errors.setdefault("unsharpened", []).append(of_map + (wanted - of_map).mean() - wanted)
        for name in ("contrast", "published"):
            path = os.path.join(models, name) if models else None
            if path is not None and not os.path.isdir(path):
                continue
            preset, aim = AIMS[name]
            network = ilocscale.load(path, preset, aim)
            used = flat if network.standard == "flat" else scaling
            profiles = used.profiles()
            found = logarithm(profiles) + ilocscale.network_gains(used, network, profiles)
            errors.setdefault(name, []).append(found[inside] - wanted)
    return {name: tables.profile_figures(found) for name, found in errors.items()}


def measure_models(found_scenes, models):
    """What a model without a third of its chains does: RSCC where it is modelled, and elsewhere."""
    rows = []
    for scene in found_scenes:
        structure = atoms(scene, scene.made.b_factors)
        names = np.unique(structure.chains)
        if len(names) < 3:
            continue
        left_out = np.isin(structure.chains, names[: round(LEFT_OUT * len(names))])
        part = dataclasses.replace(
            subset(structure, ~left_out),
            positions=structure.positions[~left_out],
            b_factors=structure.b_factors[~left_out],
        )
        nearest = rivals.nearest_to(structure.positions, left_out, scene.mask)
        given = {"half_maps": scene.halves, "workers": 1}
        network = os.path.join(models, "density") if models else None
        maps = {
            "LocScale": locscale.enhance(scene.full, scene.mask, scene.resolution, structure, strict=True, **given),
            "iLocScale": ilocscale.enhance(scene.full, scene.mask, scene.resolution, network_path=network, **given),
            "hybrid": locscale.enhance(scene.full, scene.mask, scene.resolution, part, network_path=network, **given),
        }
        row = {"structure": scene.name, "extra": scene.extra, "resolution": round(scene.resolution, 3)}
        for where, mask in (("modelled", scene.mask & ~nearest), ("left out", scene.mask & nearest)):
            row[where] = {name: round(correlation(each.data, scene.model, mask), 4) for name, each in maps.items()}
        rows.append(row)
        print(row, flush=True)
    return rows


def main():
    """Measures the parts asked for and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structures", required=True, help="folder of the structures, STRUCTURES/test")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--models", metavar="FOLDER", help="with model folders density, contrast, published (shipped)")
    parser.add_argument("--most", type=int, help="so many structures, evenly chosen (default: all)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "sharpening_accuracy"), metavar="STEM")
    args = parser.parse_args()
    results = reports.earlier(args.output)
    measures = {"maps": measure_maps, "profiles": measure_profiles, "models": measure_models}
    for name in PARTS:
        if name in args.parts:
            results[name] = measures[name](scenes(args.structures, args.most), args.models)
    reports.save(args.output, results, "\n".join(tables.markdown(results)) + "\n")


if __name__ == "__main__":
    main()
