"""How near sharpened maps come to the density of the right atoms, beside unsharpened ones, filters and LocScale.

    python benchmarks/sharpening_accuracy.py --structures STRUCTURES/test [--parts ...] [--models FOLDER]

- ``maps``: RSCC, the correlation in the molecule's mask with the density of the atoms at rest, neither filtered, so
  that part of every gain is the noise taken away beyond the resolution; the mean over residues of the correlation
  around their atoms; and where the FSC with that density falls to 0.5.
- ``b-factors``: how the B factors of the sharpened windows follow the local resolution.
- ``profiles``: how well the networks that predict a model's profile do, by shell.
- ``models``: a third of the chains is left out of the model that LocScale is given.
- ``checks``: what DeepRes and ``deepres sharpness --check`` say of the maps.

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
from sharpening_maps import Residues, correlation, model_fsc, scenes
from sharpening_windows import AIMS, atoms, measure_b_factors, measure_profiles, scaled_windows

from deepreslib.enhancement import global_sharpening, ilocscale, locscale
from deepreslib.enhancement.examination import examine
from deepreslib.enhancement.flattening import flattening
from deepreslib.estimation import deepres
from deepreslib.files import write_json
from deepreslib.simulation.assemblies import subset

PARTS = ("maps", "b-factors", "profiles", "models", "checks")

LEFT_OUT = 1 / 3

RANGE = "high"
"""Of DeepRes: maps have voxels of 1 Å."""


def judged(scene, residues, data):
    """What is measured of a map."""
    return {
        "rscc": round(correlation(data, scene.model, scene.mask), 4),
        "residues": round(residues.mean_correlation(data, scene.model), 4),
        "fsc": round(model_fsc(scene, data), 3),
    }


def methods(scene, models):
    """Yields the name of each method and its map."""
    yield "unsharpened", scene.full.data
    yield "best B factor", rivals.best_b_factor(scene)[0]
    given = {"half_maps": scene.halves, "workers": 1}
    yield "automatic", global_sharpening.enhance(scene.full, scene.mask, scene.resolution, **given).data
    yield "best radial filter", rivals.best_radial_filter(scene)
    yield "flat", flattening(scene.full, scene.mask, scene.resolution, 1).of(scene.full)
    simulated, own = atoms(scene, scene.made.b_factors), atoms(scene)
    for name, structure, kind, weighted in (
        ("LocScale, shifted B", simulated, "shifted", False),
        ("LocScale, shifted B, FSC", simulated, "shifted", True),
        ("LocScale, the file's B", own, "own", False),
        ("LocScale, B 0", own, "zero", False),
    ):
        asked = {"structure_b": kind, "fsc_weight": weighted, "strict": True, "flat": False}
        yield name, locscale.enhance(scene.full, scene.mask, scene.resolution, structure, **asked, **given).data
    for found in scaled_windows(scene, models):
        yield found.method, found.scaling.scaled(found.log_gains, {}).data


def measure_maps(found_scenes, models):
    """The rows of the part ``maps``."""
    rows = []
    for scene in found_scenes:
        started = time.monotonic()
        residues = Residues(scene)
        row = {"structure": scene.name, "extra": scene.extra, "resolution": round(scene.resolution, 3)}
        row["methods"] = {name: judged(scene, residues, data) for name, data in methods(scene, models)}
        rows.append(row)
        told = {name: each["rscc"] for name, each in row["methods"].items()}
        print(scene.name, scene.extra, row["resolution"], told, f"{time.monotonic() - started:.0f} s", flush=True)
    return rows


def measure_checks(found_scenes, models):
    """What DeepRes and ``sharpness --check`` say of the maps before and after: median, Å, and verdict."""
    rows = []
    for scene in found_scenes:
        maps = {"unsharpened": scene.full}
        given = {"half_maps": scene.halves, "workers": 1}
        maps["automatic"] = global_sharpening.enhance(scene.full, scene.mask, scene.resolution, **given)
        for name, (preset, aim) in AIMS.items():
            path = os.path.join(models, name) if models else None
            asked = {"preset": preset, "aim": aim, "network_path": path}
            maps[name] = ilocscale.enhance(scene.full, scene.mask, scene.resolution, **asked, **given)
        row = {"structure": scene.name, "extra": scene.extra, "resolution": round(scene.resolution, 3), "maps": {}}
        for name, each in maps.items():
            density_map = scene.full.like(each.data)
            local = deepres.estimate(density_map, scene.mask, range_name=RANGE, workers=1).resolution
            asked = {"resolution": scene.resolution, "range_name": RANGE, "workers": 1}
            found = examine(scene.full, scene.halves, scene.mask, density_map, **asked)
            row["maps"][name] = [round(float(np.median(local[scene.mask])), 2), found.verdict.answer]
        rows.append(row)
        print(row, flush=True)
    return rows


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
    measures = (measure_maps, measure_b_factors, measure_profiles, measure_models, measure_checks)
    for name, measure in zip(PARTS, measures, strict=True):
        if name in args.parts:
            results[name] = measure(scenes(args.structures, args.most), args.models)
            write_json(f"{args.output}.json", results)
    reports.save(args.output, results, "\n".join(tables.markdown(results)) + "\n")


if __name__ == "__main__":
    main()
