"""How close CryoRes comes to what half maps say, from one map alone, on maps of structures it has never seen.

    python benchmarks/cryores_accuracy.py --data DATA [--most 36] [--only cryores]

DATA holds ``structures/test`` and ``maps``. Every map of the test split is a scene
(``deepreslib.training.cryores.scenes``) of another structure and drawn with another seed: sharpened or not, masked or
not, in boxes of many sizes. Besides there are some maps of each kind that training knows
(``deepreslib.training.cryores.kinds``), in which the rest is usual and plain. The truth is the local FSC of the half
maps behind each map (cutoff 0.5, in the window that ``deepreslib.simulation.half_maps`` documents), their global FSC at
0.143 in a soft mask, and the mask of the structure's density at 4 Å. All methods get the single map; DeepRes, MonoRes
and ResMap get the true mask too. Writes a table (Markdown) and all figures (JSON) to benchmarks/results.
"""

import argparse
import dataclasses
import json
import os
import time

import numpy as np
import reports
from likeness import mean_overlap, overlap
from scipy import ndimage
from scipy.stats import spearmanr
from skimage.filters import threshold_otsu

from deepreslib.errors import InputError
from deepreslib.estimation import cryores, deepres, monores, resmap
from deepreslib.estimation.reliability import RELIABLE
from deepreslib.maps import DensityMap, read_map
from deepreslib.networks import store
from deepreslib.training.cryores import kinds
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.scenes import make_scene
from deepreslib.training.structures import find_structures

SEED = 20230526
GLOBAL_RANGE = (2.0, 10.0)
LOCAL_RANGE = (1.0, 10.0)
"""Å, of CryoRes: the slides' range, in which the local FSC is judged apart."""

OTHERS = {
    "deepres": lambda density, mask: deepres.estimate(density, mask).resolution,
    "monores": lambda density, mask: monores.estimate(density, mask).resolution,
    "resmap": lambda density, mask: resmap.estimate(density, mask).resolution,
}

RARE = {
    "RNA": ("5kpy", {}),
    "protein-DNA": ("1kc6", {}),
    "ring of 26,430 atoms": ("4yvs", {}),
    "60 % padding": ("2gaf", {"padding": (0.6, 0.6)}),
    "off-centre": ("1e6e", {"off_centre": 1.0, "padding": (0.5, 0.5)}),
    "masked": ("1cma", {"masked": 1.0}),
    "binned": ("1cma", {"binned": 1.0}),
}
"""Kinds of maps drawn by the older recipe, of one structure each: name → structure, what differs from ``RECIPE``."""

PER_KIND = 24
"""Maps of each kind. Their resolutions lie all over the range, so the mean of only eight would be chance."""

KIND_SEEDS = 2000
"""Scenes of the n-th kind of ``training.cryores.kinds`` have seeds [SEED, KIND_SEEDS + n, copy]."""

DETAIL = 6.0
"""Å, SD of a Gaussian: beta-galactosidase's local resolution varies from voxel to voxel, as no local FSC can."""

RECIPE = SceneRecipe(binned=0.0, distal=(0.0, 1.0))
"""How the maps are drawn. None is binned: such a map holds no resolution finer than two voxels, so it would be easy.
Disorder need not grow with the distance from the centre, where it would be easy to guess."""


def agreement(resolutions, scene):
    """RMSE, Å, in the true mask and where the truth lies in CryoRes' range, and the rank correlation."""
    truth, values = scene.local_resolution[scene.mask], resolutions[scene.mask]
    error = values - truth
    covered = (truth >= LOCAL_RANGE[0]) & (truth <= LOCAL_RANGE[1])
    return {
        "rmse": float(np.sqrt(np.mean(error**2))),
        "rmse_in_range": float(np.sqrt(np.mean(error[covered] ** 2))) if covered.mean() > 0.05 else None,
        "median_error": float(np.median(error)),
        "spearman": float(spearmanr(values, truth).statistic) if np.ptp(values) > 0 and np.ptp(truth) > 0 else 0.0,
    }


def judge(made, only=()):
    """The figures of the first view of a scene."""
    scene = made.views[0]
    density = DensityMap(scene.data, (scene.voxel_size,) * 3)
    row = {
        "structure": made.name,
        "global": scene.global_resolution,
        "voxel_size": scene.voxel_size,
        "shape": scene.data.shape,
        "local_median": float(np.median(scene.local_resolution[scene.mask])),
    }
    started = time.monotonic()
    result = cryores.estimate(density, scene.mask)
    row["seconds"] = time.monotonic() - started
    row["cryores"] = agreement(result.resolution, scene)
    row["within_sd"] = float(
        np.mean(np.abs(result.resolution - scene.local_resolution)[scene.mask] < result.deviation[scene.mask])
    )
    row["global_found"] = result.global_resolution.value
    row["global_deviation"] = result.global_resolution.deviation
    row["status"] = result.status
    otsu = scene.data > threshold_otsu(scene.data)
    smooth = ndimage.gaussian_filter(scene.data, 4 / scene.voxel_size)
    masks = {"cryores": result.mask, "otsu": otsu, "otsu_smoothed": smooth > threshold_otsu(smooth)}
    row["miou"] = {name: mean_overlap(mask, scene.mask) for name, mask in masks.items()}
    row["iou"] = {name: overlap(mask, scene.mask) for name, mask in masks.items()}
    for name, estimate in OTHERS.items():
        if only and name not in only:
            continue
        try:
            row[name] = agreement(estimate(density, scene.mask), scene)
        except InputError as error:
            row[name] = {"refused": str(error)}
    return row


def test_split(paths, only):
    """One scene a structure."""
    rows = []
    for number, path in enumerate(paths):
        rows.append(judge(make_scene(path, RECIPE, [SEED, number]), only))
        print(json.dumps({k: rows[-1][k] for k in ("structure", "global", "global_found", "cryores")}), flush=True)
    return rows


def rare_kinds(folder):
    """The figures of the scenes of each kind of ``RARE``."""
    rows = {}
    for number, (kind, (name, changes)) in enumerate(RARE.items()):
        recipe, path = dataclasses.replace(RECIPE, **changes), os.path.join(folder, f"{name}.pdb.gz")
        scenes = (make_scene(path, recipe, [SEED, 1000 + number, copy]) for copy in range(PER_KIND))
        rows[kind] = [judge(scene, ("none",)) for scene in scenes]
        print(kind, [round(row["cryores"]["rmse"], 2) for row in rows[kind]], flush=True)
    return rows


def judge_or_refuse(scene):
    """The figures of CryoRes alone; None, with a line that says why, for a map that it refuses."""
    try:
        return judge(scene, ("none",))
    except InputError as error:
        print(f"refused: {error}", flush=True)
        return None


def trained_kinds(paths, asked):
    """The figures of scenes of the kinds that training knows, of structures spread evenly over the list."""
    rows = {}
    for number, kind in enumerate(kinds.names()):
        if asked and kind not in asked:
            continue
        chosen = [paths[i] for i in np.linspace(0, len(paths) - 1, PER_KIND).astype(int)]
        seeds = ([SEED, KIND_SEEDS + number, copy] for copy in range(PER_KIND))
        scenes = (make_scene(path, kinds.only(kind), seed) for path, seed in zip(chosen, seeds, strict=True))
        judged = [judge_or_refuse(scene) for scene in scenes]
        rows[kind] = [row for row in judged if row is not None]
        print(kind, [round(row["global_found"] - row["global"], 2) for row in rows[kind]], flush=True)
    return rows


def beta_galactosidase(folder):
    """The experimental map against the local resolution that came with it."""
    density, original = (read_map(os.path.join(folder, f"betagal{name}.mrc")) for name in ("", "_localres"))
    inside = density.data > 0.02
    alone, masked = cryores.estimate(density), cryores.estimate(density, inside)
    width = DETAIL / density.voxel_size[0]
    share, total = (ndimage.gaussian_filter(array * inside, width) for array in (1.0, original.data))
    values, reference = masked.resolution[inside], original.data[inside]
    smooth = total[inside] / share[inside]
    return {
        "global": alone.global_resolution.value,
        "deviation": alone.global_resolution.deviation,
        "iou": overlap(alone.mask, inside),
        "spearman": float(spearmanr(values, reference).statistic),
        "spearman_smooth": float(spearmanr(values, smooth).statistic),
        "spearman_own": float(spearmanr(reference, smooth).statistic),
        "median": float(np.median(masked.resolution[inside])),
        "original_median": float(np.median(original.data[inside])),
    }


def totals_of(rows):
    """Means and medians over maps."""
    judged = [row for row in rows if GLOBAL_RANGE[0] <= row["global"] <= GLOBAL_RANGE[1]]
    bands = {"all": rows, "2-10 Å": judged, "below 7 Å": [row for row in rows if row["global"] < 7]}
    methods = ["cryores", *(name for name in OTHERS if any(name in row for row in rows))]
    table = {}
    for band, members in bands.items():
        for method in methods:
            figures = [row[method] for row in members if "rmse" in row.get(method, {})]
            covered = [row["rmse_in_range"] for row in figures if row["rmse_in_range"] is not None]
            table[f"{method}, {band}"] = {
                "maps": len(figures),
                "rmse": float(np.mean([row["rmse"] for row in figures])),
                "rmse_in_range": float(np.mean(covered)) if covered else None,
                "spearman": float(np.median([row["spearman"] for row in figures])),
            }
    masks = {name: float(np.mean([row["miou"][name] for row in rows])) for name in rows[0]["miou"]}
    overlaps = {name: float(np.mean([row["iou"][name] for row in rows])) for name in rows[0]["iou"]}
    return {
        "local": table,
        "miou": masks,
        "iou": overlaps,
        "global_error": {band: float(np.mean([_error(row) for row in members])) for band, members in bands.items()},
        "within_sd": float(np.mean([row["within_sd"] for row in rows])),
        "global_within_sd": float(np.mean([_error(row) <= row["global_deviation"] for row in rows])),
        "seconds": float(np.median([row["seconds"] for row in rows])),
    }


def _error(row):
    """By how much the global resolution is off, Å."""
    return abs(row["global_found"] - row["global"])


def _mean(values):
    """Mean and standard error of the numbers among values, as text."""
    numbers = [value for value in values if value is not None]
    if len(numbers) < 2:
        return ", ".join(f"{number:.2f}" for number in numbers)
    return f"{np.mean(numbers):.2f} ± {np.std(numbers, ddof=1) / np.sqrt(len(numbers)):.2f}"


def kind_table(table, words):
    """Lines of Markdown: the figures of each kind."""
    lines = [
        "",
        f"{words}, {PER_KIND} of a kind; means and their standard errors.",
        "",
        "| kind | local RMSE (Å) | where the local FSC is 1-10 Å | error of the global resolution (Å) | the same below "
        "7 Å | its SD holds | called reliable | of these, off by more than 2 SD | mask IoU | maps beyond 9 Å |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, rows in table.items():
        errors = np.array([_error(row) for row in rows])
        deviations = np.array([row["global_deviation"] for row in rows])
        fine = [error for error, row in zip(errors, rows, strict=True) if row["global"] < 7]
        reliable = np.array([row["status"] == RELIABLE for row in rows])
        wrong = reliable & (errors > 2 * deviations)
        cells = [_mean(row["cryores"][key] for row in rows) for key in ("rmse", "rmse_in_range")]
        cells += [_mean(errors), _mean(fine), f"{100 * np.mean(errors <= deviations):.0f} %"]
        cells += [f"{reliable.sum()} of {len(rows)}", str(wrong.sum()), _mean(row["iou"]["cryores"] for row in rows)]
        lines.append(f"| {kind} | {' | '.join(cells)} | {sum(row['global'] > 9 for row in rows)} |")
    return lines


def markdown(results):
    """The results as Markdown text."""
    totals = results["summary"]
    lines = [
        "# CryoRes on the test split",
        "",
        f"{len(results['maps'])} maps, seed {SEED}.",
        "",
        "| method, global resolution of the maps | maps | local RMSE (Å) | where the local FSC is 1-10 Å | "
        "Spearman, median |",
        "|---|---|---|---|---|",
    ]
    for name, row in totals["local"].items():
        inside = "" if row["rmse_in_range"] is None else f"{row['rmse_in_range']:.2f}"
        lines.append(f"| {name} | {row['maps']} | {row['rmse']:.2f} | {inside} | {row['spearman']:.2f} |")
    lines += ["", "| mean error of the global resolution | Å |", "|---|---|"]
    lines += [f"| maps of {band} | {error:.2f} |" for band, error in totals["global_error"].items()]
    lines += ["", "| mask | mIoU | IoU of the molecule |", "|---|---|---|"]
    lines += [f"| {name} | {value:.3f} | {totals['iou'][name]:.3f} |" for name, value in totals["miou"].items()]
    lines += [
        "",
        f"The predicted SD holds {100 * totals['within_sd']:.0f} % of the voxels, that of the global resolution "
        f"{100 * totals['global_within_sd']:.0f} % of the maps. "
        f"Median time of a map: {totals['seconds']:.1f} s.",
    ]
    for key, words in (
        ("rare", "Maps of kinds that are rare, of one structure each"),
        ("kinds", "Maps of the kinds that training knows"),
    ):
        if results.get(key):
            lines += kind_table(results[key], words)
    if "betagal" in results:
        lines += [
            "",
            "Beta-galactosidase (experimental): global {global:.2f} ± {deviation:.2f} Å, mask IoU {iou:.2f}, "
            "Spearman with its local resolution {spearman:.2f}, with the same smoothed by {detail:g} Å "
            "{spearman_smooth:.2f} (of which it is itself {spearman_own:.2f}), median {median:.2f} Å against "
            "{original_median:.2f} Å.".format(detail=DETAIL, **results["betagal"]),
        ]
    return "\n".join(lines) + "\n"


def main():
    """Runs everything and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with structures/test and maps")
    parser.add_argument("--most", type=int, help="use this many structures only, evenly spaced in the list")
    parser.add_argument("--only", nargs="+", default=(), help="judge these methods beside CryoRes (default: all)")
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help=f"of {', '.join(kinds.names())} (default: all)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "cryores_accuracy"), metavar="STEM")
    args = parser.parse_args()
    folder = os.path.join(args.data, "structures", "test")
    paths = find_structures(folder)
    if args.most:
        paths = [paths[i] for i in np.linspace(0, len(paths) - 1, args.most).astype(int)]
    results = {"weights": store.read_card(store.shipped_folder("cryores"))["sha256"]}
    results["betagal"] = beta_galactosidase(os.path.join(args.data, "maps"))
    print(results["betagal"], flush=True)
    results["rare"] = rare_kinds(folder)
    results["kinds"] = trained_kinds(paths, args.kinds)
    results["maps"] = test_split(paths, args.only)
    results["summary"] = totals_of(results["maps"])
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
