"""Local sharpening of experimental maps, judged by the atoms that were fitted into them.

    python benchmarks/sharpening_experimental.py --maps FOLDER [--pictures FOLDER]

FOLDER holds ``index.csv`` (see ``experimental.py``); its maps with a model and a known resolution are enhanced by
``deepres enhance`` as a user would, with the deposited resolution, and so is ``betagal.mrc`` in the folder above,
without a resolution. Printed are the correlations, within 3 Å of the atoms, with the density of the atoms at rest;
what the B factors were; and of beta-galactosidase how far its half turns (D2) leave the map the same: the root of the
mean squared difference between the turned map and the map, divided by the SD. Results go to
``benchmarks/results/sharpening_experimental.{md,json}``, with ``--pictures`` slices of each map before and after.
"""

import argparse
import os
import tempfile

import numpy as np
import reports
from experimental import REACH, find_cases
from sharpening_maps import correlation

from deepreslib import commands, pictures
from deepreslib.maps import read_map
from deepreslib.maps.own_symmetry import turned
from deepreslib.simulation import model_map
from deepreslib.structures import read_structure

METHODS = {
    "global": ["--method", "global"],
    "ilocscale": [],
    "ilocscale, contrast": ["--aim", "contrast"],
    "locscale": ["--method", "locscale", "--structure-b", "own"],
}
"""Name → options of ``deepres enhance``; the last needs the model."""

HALF_TURNS = [((0, 1, 2), axes) for axes in ((0, 1), (0, 2), (1, 2))]


def enhanced(case, name, folder):
    """The map of a case enhanced by a method, its mask and the report; None if the command refused it."""
    options = [*METHODS[name], "-o", os.path.join(folder, "out.mrc")]
    if case.model and name == "locscale":
        options += ["--structure", case.model]
    if is_number(case.deposited):
        options += ["--resolution", case.deposited]
    if commands.main(["enhance", case.path, *options]) != 0:
        return None
    found, mask = (read_map(os.path.join(folder, f"out{part}.mrc")) for part in ("", "_mask"))
    return found, mask.data > 0.5, reports.earlier(os.path.join(folder, "out"))


def judged(case, density_map):
    """The correlation with the model, or, of a map without one, how far its half turns are from it."""
    if not case.model:
        data = density_map.data
        return max(float(np.sqrt(np.mean((turned(data, turn) - data) ** 2)) / data.std()) for turn in HALF_TURNS)
    structure = read_structure(case.model)
    positions = structure.positions - np.array(density_map.origin)[::-1]
    size = float(np.mean(density_map.voxel_size))
    model = model_map.density(structure, positions, density_map.data.shape, size, 0.0)
    near = model_map.molecular_mask(positions, density_map.data.shape, size, REACH)
    return correlation(density_map.data, model, near)


def measure(case, folder):
    """The row of a case, and the maps by method for pictures."""
    before = read_map(case.path)
    row = {"map": case.name, "deposited": case.deposited, "model": bool(case.model)}
    row["methods"] = {"before": {"figure": round(judged(case, before), 4)}}
    made = {}
    for name in METHODS:
        if name == "locscale" and not case.model:
            continue
        found = enhanced(case, name, folder)
        if found is None:
            row["methods"][name] = {"figure": None}
            continue
        density_map, mask, report = found
        made[name] = density_map, mask
        median = report.get("b_factor", {}).get("median")
        row["methods"][name] = {"figure": round(judged(case, density_map), 4), "b_factor": median}
    return row, before, made


def is_number(text):
    """Whether a deposited resolution is a plain number."""
    return text.replace(".", "", 1).isdigit()


def markdown(rows):
    """Lines of the table."""
    names = ["before", *METHODS]
    lines = ["# Local sharpening of experimental maps", ""]
    lines += ["Correlation with the density of the atoms at rest, within 3 Å of them (B factor in Å², median).", ""]
    lines += [f"| map | Å | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for row in rows:
        cells = [row["map"], row["deposited"] or "–"]
        for name in names:
            found = row["methods"].get(name, {})
            factor = found.get("b_factor")
            shown = "–" if found.get("figure") is None else f"{found['figure']:.4f}"
            cells.append(shown if factor is None else f"{shown} ({factor:.0f})")
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Of beta-galactosidase, which has no model: how far its half turns are from it, the worst of three."]
    return lines


def main():
    """Measures all maps and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", required=True, help="folder of the experimental maps")
    parser.add_argument("--pictures", metavar="FOLDER", help="where pictures go")
    args = parser.parse_args()
    rows = []
    for case in find_cases(args.maps):
        if case.name != "betagal" and not (case.model and is_number(case.deposited)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            row, before, made = measure(case, folder)
        rows.append(row)
        print(row, flush=True)
        for name, (density_map, mask) in made.items() if args.pictures else ():
            os.makedirs(args.pictures, exist_ok=True)
            figure = pictures.before_after_figure(before.data, density_map.data, mask, before.voxel_size)
            pictures.save_figure(figure, os.path.join(args.pictures, f"{case.name}_{name.replace(', ', '_')}.png"))
    stem = os.path.join(reports.RESULTS, "sharpening_experimental")
    reports.save(stem, rows, "\n".join(markdown(rows)) + "\n")


if __name__ == "__main__":
    main()
