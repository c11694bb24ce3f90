"""CryoRes on experimental maps: what it says of each, and how far a margin, a crop, a turn or sharpening moves it.

    python benchmarks/experimental.py --maps FOLDER [--pictures FOLDER] [--all-rotations] [--threads N]

FOLDER holds ``index.csv`` with the columns ``map``, ``model`` (may be empty), ``deposited_resolution_A`` and ``state``,
and the files that it names; ``betagal.mrc`` in the folder above, with the local resolution that came with it, is judged
too. A deposited resolution that is a plain number counts as known. CryoRes gets the map alone, DeepRes and MonoRes the
mask that CryoRes found. Nothing that is done to a map here (``disturbances.py``) changes its resolution, so each change
of an answer is an error. B factors rank the places of a model; burial, the number of atoms within 10 Å, explains much
of both B factors and local resolution and is partialled out in a second figure. Writes a table (Markdown) and all
figures (JSON) to benchmarks/results, and with ``--pictures`` a picture a map.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import tempfile
import time
from dataclasses import dataclass, replace

import disturbances
import experimental_tables
import numpy as np
import reports
from likeness import overlap, partial_rank_correlation, rank_correlation
from scipy import ndimage
from scipy.spatial import cKDTree

from deepreslib import commands
from deepreslib.analysis.annotation import resolution_at
from deepreslib.analysis.map_kind import map_kind
from deepreslib.commands import estimate as estimate_command
from deepreslib.commands import machine
from deepreslib.errors import InputError
from deepreslib.estimation.by_name import estimate
from deepreslib.files import write_json
from deepreslib.maps import read_map, write_map
from deepreslib.networks import store
from deepreslib.structures import read_structure

PERCENTILES = (5, 25, 50, 75, 95)
REACH = 3.0
"""Å; the model's mask is every voxel within this distance of an atom."""

NEIGHBOURHOOD = 10.0
"""Å; an atom's burial is the number of others within this distance."""

REFERENCE_LEVEL = 0.02
"""Density of beta-galactosidase above which it is compared with the local resolution that came with it."""

COARSE = 13.0
"""Å; maps coarser than this are beyond what local resolution was made for, and judged apart."""

COARSE_ERROR = 0.15
"""Share of the resolution by which the answer for such a map may be off."""


@dataclass(frozen=True)
class Case:
    """One experimental map.

    Attributes:
        name: for the tables.
        path: of the map.
        model: path of the structure fitted into it, or None.
        deposited: Å as text, '' if it is unknown.
        state: what was done to the map.
        reference: path of a local resolution that came with it, or None.
    """

    name: str
    path: str
    model: str | None = None
    deposited: str = ""
    state: str = ""
    reference: str | None = None

    @property
    def known(self):
        """The deposited resolution in Å, None if it is not certain."""
        try:
            return float(self.deposited)
        except ValueError:
            return None


def find_cases(folder):
    """The maps of a folder's ``index.csv``, and beta-galactosidase if it lies in the folder above."""
    with open(os.path.join(folder, "index.csv"), encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    cases = [
        Case(
            row["map"].split(".")[0],
            os.path.join(folder, row["map"]),
            os.path.join(folder, row["model"]) if row.get("model") else None,
            row["deposited_resolution_A"].strip(),
            row.get("state", ""),
        )
        for row in rows
    ]
    above = os.path.dirname(os.path.abspath(folder))
    path, reference = (os.path.join(above, f"betagal{end}.mrc") for end in ("", "_localres"))
    if os.path.exists(path) and os.path.exists(reference):
        cases.append(Case("betagal", path, state="whole map, solvent noise", reference=reference))
    return cases


@dataclass(frozen=True)
class Work:
    """What is done with each map.

    Attributes:
        families: the disturbances.
        all_rotations: turn by all turns onto the axes.
        pictures: folder for pictures, or None.
        threads: processor cores, -1 for all.
    """

    families: tuple = disturbances.FAMILIES
    all_rotations: bool = False
    pictures: str | None = None
    threads: int = -1


def judge(case, work):
    """The figures of one map."""
    started = time.monotonic()
    density_map = replace(read_map(case.path), path=f"{case.name}.mrc")  # without folders, for what is printed
    row = {
        "map": case.name,
        "deposited": case.deposited,
        "known": case.known,
        "state": case.state,
        "kind": map_kind(density_map).kind.name.lower(),
        "voxel_size": density_map.voxel_size,
        "shape": density_map.data.shape,
    }
    try:
        result = cryores(density_map, work)
    except InputError as error:
        return {**row, "refused": str(error)}
    inside = result.resolution > 0
    row |= {
        "global": result.global_resolution.value,
        "deviation": result.global_resolution.deviation,
        "status": status_of(result),
        "warnings": result.warnings,
        "local": np.percentile(result.resolution[inside], PERCENTILES).tolist(),
        "local_deviation": float(np.median(result.deviation[inside])),
        "mask_voxels": int(inside.sum()),
        "mask_fraction": float(inside.mean()),
        "pieces": int(ndimage.label(result.mask)[1]),
    }
    model_mask = None
    if case.model:
        structure = read_structure(case.model)
        model_mask = near_atoms(structure.positions, density_map, REACH)
        row["model"] = against_model(result, structure, density_map, model_mask)
    if case.reference:
        row["reference"] = against_reference(result, density_map, read_map(case.reference))
    row["others"] = others(density_map, result.mask, work)
    row["disturbed"] = moved(density_map, result, work)
    if work.pictures:
        from experimental_pictures import picture

        title = f"{case.name}: CryoRes {_plus_minus(row)}; deposited (Å): {case.deposited or 'unknown'}"
        picture(os.path.join(work.pictures, f"{case.name}.png"), title, density_map, result, model_mask)
    row["seconds"] = time.monotonic() - started
    return row


def cryores(density_map, work):
    """What CryoRes says of a map, which it finds the mask of."""
    return estimate(density_map, method="cryores", workers=work.threads)


def status_of(result):
    """What CryoRes says of its own answer, such as ``reliable``; '' if it says nothing."""
    return result.status or result.report.get("status") or ""


def near_atoms(positions, density_map, reach):
    """Every voxel within a distance of an atom: bool (z, y, x); positions (n, 3), Å, x y z, in the map's frame."""
    sizes, origin = np.array(density_map.voxel_size), np.array(density_map.origin)
    places = np.indices(density_map.data.shape).reshape(3, -1).T * sizes + origin
    distance = cKDTree(positions[:, ::-1]).query(places, distance_upper_bound=np.nextafter(reach, np.inf))[0]
    return np.isfinite(distance).reshape(density_map.data.shape)


def against_model(result, structure, density_map, model_mask):
    """The overlap with the model's mask, and the rank correlations of local values with its B factors.

    Only a part of a map may have a model, so it counts too how much of the model's mask was found.
    """
    values = resolution_at(density_map.like(result.resolution), structure.positions)
    known = np.isfinite(values)
    tree = cKDTree(structure.positions)
    burial = tree.query_ball_point(structure.positions, NEIGHBOURHOOD, return_length=True) - 1
    values, b_factors, burial = values[known], structure.b_factors[known], burial[known]
    return {
        "iou": overlap(result.mask, model_mask),
        "covered": float(result.mask[model_mask].mean()),
        "atoms": len(structure),
        "atoms_in_mask": int(known.sum()),
        "b_factors": rank_correlation(values, b_factors),
        "b_factors_beside_burial": partial_rank_correlation(values, b_factors, burial),
        "burial": rank_correlation(values, burial),
    }


def against_reference(result, density_map, reference):
    """The rank correlation with another local resolution, where there is density and in the mask found."""
    common = (density_map.data > REFERENCE_LEVEL) & (result.resolution > 0) & (reference.data > 0)
    return {
        "spearman": rank_correlation(result.resolution[common], reference.data[common]),
        "voxels": int(common.sum()),
        "median": float(np.median(result.resolution[common])),
        "reference_median": float(np.median(reference.data[common])),
    }


def others(density_map, mask, work):
    """The percentiles of DeepRes, of DeepRes after sharpening and of MonoRes in CryoRes' mask, or why they refuse."""
    runs = {
        "deepres": lambda: estimate(density_map, mask, method="deepres").resolution,
        "monores": lambda: estimate(density_map, mask, method="monores", workers=work.threads).resolution,
    }
    if has_sharpening():
        runs["deepres sharpened"] = lambda: sharpened_deepres(density_map, mask, work)
    figures = {}
    for name, run in runs.items():
        try:
            figures[name] = {"local": np.percentile(run()[mask], PERCENTILES).tolist()}
        except InputError as error:
            figures[name] = {"refused": str(error)}
    return figures


def has_sharpening():
    """Whether ``deepres estimate`` has the option ``--sharpen``."""
    parser = argparse.ArgumentParser()
    estimate_command.add_arguments(parser)
    return "--sharpen" in parser.format_help()


def sharpened_deepres(density_map, mask, work):
    """The resolutions of ``deepres estimate --method deepres --sharpen auto``: float32 (z, y, x), Å."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{name}.mrc") for name in ("map", "mask", "found")]
        write_map(paths[0], density_map)
        write_map(paths[1], density_map.like(mask))
        words = [*paths[:1], "--method", "deepres", "--sharpen", "auto", "--mask", paths[1], "-o", paths[2]]
        words += ["--threads", str(work.threads)] if work.threads > 0 else []
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = commands.main(["estimate", *words])
        if code:
            raise InputError(said.getvalue().strip().splitlines()[-1])
        return read_map(paths[2]).data


def moved(density_map, result, work):
    """What each disturbance changes: family → name → the global value, its change, and local changes, Å."""
    figures = {}
    for changed in disturbances.disturbed(density_map, result.mask, work.families, work.all_rotations):
        figures.setdefault(changed.family, {})[changed.name] = change(result, changed, work)
    return figures


def change(result, changed, work):
    """What one disturbance changes."""
    try:
        found = cryores(changed.density_map, work)
    except InputError as error:
        return {"refused": str(error)}
    values = changed.back(found.resolution)
    common = (values > 0) & (result.resolution > 0)
    difference = values[common] - result.resolution[common]
    return {
        "global": found.global_resolution.value,
        "deviation": found.global_resolution.deviation,
        "status": status_of(found),
        "change": found.global_resolution.value - result.global_resolution.value,
        "rms": float(np.sqrt(np.mean(difference**2))) if common.any() else None,
        "median": float(np.median(difference)) if common.any() else None,
        "mask_overlap": overlap(values > 0, result.resolution > 0),
    }


def is_confident(row):
    """Whether CryoRes says nothing against its answer."""
    return not row["status"].startswith(("doubtful", "outside"))


def summary_of(rows):
    """The errors over the maps of known resolution, and the greatest changes that each disturbance makes."""
    known = [row for row in rows if row["known"] is not None and row["known"] <= COARSE and "refused" not in row]
    errors = np.array([row["global"] - row["known"] for row in known])
    scaled = np.array([abs(error) / row["deviation"] for error, row in zip(errors, known, strict=True)])
    silent = [row["map"] for row, off in zip(known, scaled, strict=True) if off > 2 and is_confident(row)]
    summary = {
        "known": {
            "maps": [row["map"] for row in known],
            "mean_error": float(np.mean(np.abs(errors))) if known else None,
            "median_error": float(np.median(np.abs(errors))) if known else None,
            "within_1_sd": float(np.mean(scaled <= 1)) if known else None,
            "within_2_sd": float(np.mean(scaled <= 2)) if known else None,
            "beyond_2_sd_not_doubtful": silent,
        },
        "coarse_and_confidently_wrong": [
            row["map"]
            for row in rows
            if (row["known"] or 0) > COARSE
            and "refused" not in row
            and abs(row["global"] / row["known"] - 1) > COARSE_ERROR
            and is_confident(row)
        ],
        "disturbed": {},
    }
    for family in disturbances.FAMILIES:
        figures = [
            (row["map"], figure)
            for row in rows
            for figure in row.get("disturbed", {}).get(family, {}).values()
            if "refused" not in figure
        ]
        if figures:
            worst = max(figures, key=lambda pair: abs(pair[1]["change"]))
            rms = [figure["rms"] for _, figure in figures if figure["rms"] is not None]
            summary["disturbed"][family] = {
                "mean_change": float(np.mean([abs(figure["change"]) for _, figure in figures])),
                "worst_change": worst[1]["change"],
                "worst_map": worst[0],
                "mean_rms": float(np.mean(rms)) if rms else None,
                "worst_rms": float(np.max(rms)) if rms else None,
            }
    return summary


def _plus_minus(row):
    return f"{row['global']:.2f} ± {row['deviation']:.2f} Å"


def main():
    """Judges all maps and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", required=True, help="folder with index.csv and the maps")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="judge these maps only, such as emd_4413_crop")
    parser.add_argument("--disturb", nargs="*", choices=disturbances.FAMILIES, help="only so (default: all)")
    parser.add_argument("--all-rotations", action="store_true", help="turn by all 23 turns onto the axes, not by six")
    parser.add_argument("--pictures", metavar="FOLDER", help="write a picture of each map there")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "experimental"), metavar="STEM")
    args = parser.parse_args()
    machine.choose(args.threads)
    if args.pictures:
        os.makedirs(args.pictures, exist_ok=True)
    families = disturbances.FAMILIES if args.disturb is None else tuple(args.disturb)
    work = Work(families, args.all_rotations, args.pictures, args.threads or -1)
    results = {"weights": store.read_card(store.shipped_folder("cryores"))["sha256"], "maps": []}
    for case in find_cases(args.maps):
        if args.only and case.name not in args.only:
            continue
        row = judge(case, work)
        results["maps"].append(row)
        write_json(f"{args.output}.json", results)  # a run that is stopped leaves what it found
        print(json.dumps({key: row.get(key) for key in ("map", "global", "refused", "seconds")}), flush=True)
    results["summary"] = summary_of(results["maps"])
    reports.save(args.output, results, experimental_tables.markdown(results))


if __name__ == "__main__":
    main()
