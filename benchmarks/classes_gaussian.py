"""Part (a) of ``classes_accuracy.py``: the class of maps of Gaussian atoms, the problem of Avramov et al. 2019.

Maps of *test* structures in cubes of 64³ voxels of 1 Å. ``levels``: at 2.5, 7.5 and 12.5 Å, without noise, as the paper
validated. ``tables``: its table 1, one map at each of 28 resolutions from 1.5 to 15 Å, drawn several times, without
noise and with white noise of 0.1 to 0.5 SD of the density. Maps at 5.0 and 10.0 Å belong to medium.
"""

import os
import time

import numpy as np

from deepreslib import simulation, structures
from deepreslib.estimation import deepres, map_class
from deepreslib.maps import DensityMap
from deepreslib.networks.mapclass_card import BORDERS, VOXEL_SIZE
from deepreslib.simulation.gaussian_map import electrons
from deepreslib.training.mapclass.molecules import find_molecules, placed
from deepreslib.training.mapclass.scenes import SHAPE
from deepreslib.training.mapclass.validation import class_numbers
from deepreslib.training.structures import find_structures

SEED = 2019
LEVELS = (2.5, 7.5, 12.5)
TABLE = tuple(np.arange(1.5, 15.01, 0.5).tolist())
NOISE = (0.1, 0.5)
RANGES = ((0, 5), (5, 10), (10, 20))
CURVE_MAPS = 3
"""Maps at each resolution of the table, of *val* structures, on which DeepRes' curve is fitted."""


class Maps:
    """Maps of the molecules of a split; map number n of a purpose is always the same."""

    def __init__(self, folder):
        self.molecules = find_molecules(find_structures(folder))

    def make(self, resolution, noise, *numbers):
        """A map and the mask of its molecule; the noise is the greatest and least SD, or None."""
        rng = np.random.default_rng([SEED, *numbers])
        parts = self.molecules[rng.integers(len(self.molecules))]
        positions, weights = parts[rng.integers(len(parts))].atoms()
        positions = placed(positions, rng)
        data = simulation.GaussianMaps(positions, weights, SHAPE, VOXEL_SIZE).at(resolution)
        mask = simulation.molecular_mask(positions, SHAPE, VOXEL_SIZE)
        if noise:
            data = simulation.add_noise(data, mask, rng.uniform(*noise), rng)
        return DensityMap(data, (VOXEL_SIZE,) * 3), mask


class Network:
    """A network of ``map_class``; its answer is a resolution and the class."""

    def __init__(self, path):
        self.path = path

    def answer(self, density_map, mask):
        """Resolution, Å, or None; its class with the network's decisions, and with 5 and 10 Å."""
        found = map_class.judge(density_map, network_path=self.path)
        decided = int(np.argmax(found.probabilities))
        plain = decided if found.resolution is None else int(class_numbers(found.resolution, BORDERS))
        return found.resolution, decided, plain


class DeepResCurve:
    """The median of DeepRes' low range in the mask, brought to the Gaussian scale by one curve."""

    def __init__(self, maps):
        medians = [
            np.median([self.median(*maps.make(r, None, 9, step, number)) for number in range(CURVE_MAPS)])
            for step, r in enumerate(TABLE)
        ]
        self.medians = np.maximum.accumulate(medians) + 1e-6 * np.arange(len(TABLE))

    @staticmethod
    def median(density_map, mask):
        """DeepRes' median, Å."""
        return float(np.median(deepres.estimate(density_map, mask, range_name="low").resolution[mask]))

    def answer(self, density_map, mask):
        """As ``Network.answer``, with the compact network's decisions."""
        found = float(np.interp(self.median(density_map, mask), self.medians, TABLE))
        decisions = map_class.load_model().decisions.at(BORDERS)
        return found, int(class_numbers(found, decisions)), int(class_numbers(found, BORDERS))


def measure(data, models=None, maps=408, draws=20, with_deepres=False):
    """All figures.

    Args:
        data: folder with structures/test and structures/val.
        models: folder with model folders such as ``dnn`` and ``cnn3d``, or None.
        maps: number of maps of ``levels``.
        draws: number of draws of ``tables``.
        with_deepres: whether DeepRes and its curve are judged too, which takes a second for each map.
    """
    test = Maps(os.path.join(data, "structures", "test"))
    methods = {"compact": Network(None)}
    if models:
        methods |= {name: Network(os.path.join(models, name)) for name in sorted(os.listdir(models))}
    if with_deepres:
        methods["deepres and curve"] = DeepResCurve(Maps(os.path.join(data, "structures", "val")))
    rows = []
    for name, method in methods.items():
        started = time.monotonic()
        row = {"method": name, "levels": levels(test, method, maps)}
        row |= {kind: tables(test, method, draws, noise) for kind, noise in (("clean", None), ("noisy", NOISE))}
        rows.append(row | {"seconds": round(time.monotonic() - started, 1)})
        print(f"{name}: {rows[-1]['seconds']:.0f} s", flush=True)
    return {
        "structures": len(test.molecules),
        "molecules": sum(map(len, test.molecules)),
        "seed": SEED,
        "weights": map_class.load_model().sha256,
        "rows": rows,
        "in_windows": in_windows(os.path.join(data, "structures", "test")),
    }


def levels(test, method, count):
    """How many of the maps at the paper's three resolutions are right."""
    right = 0
    for number in range(count):
        level = LEVELS[number % len(LEVELS)]
        right += method.answer(*test.make(level, None, 1, number))[1] == class_numbers(level, BORDERS)
    return {"maps": count, "right": int(right)}


def tables(test, method, draws, noise):
    """Right answers of 28 in each draw of the paper's table 1, and errors of the resolution."""
    kind = 3 if noise else 2
    found = [
        [method.answer(*test.make(r, noise, kind, draw, step)) for step, r in enumerate(TABLE)] for draw in range(draws)
    ]
    truth = class_numbers(np.array(TABLE), BORDERS)
    decided, plain = ([int(np.sum(np.array([a[n] for a in row]) == truth)) for row in found] for n in (1, 2))
    result = {"right": decided, "right_at_5_and_10": plain}
    if found[0][0][0] is not None:
        errors = np.array([[answer[0] for answer in row] for row in found]) - TABLE
        places = np.array(TABLE)
        inside = {f"{low}-{high}": (places >= low) & (places < high) for low, high in RANGES}
        result["rmse"] = {name: float(np.sqrt(np.mean(errors[:, those] ** 2))) for name, those in inside.items()}
    return result


def markdown(results):
    """The figures as lines of Markdown."""
    lines = [
        "## (a) Maps of Gaussian atoms",
        "",
        f"{results['molecules']} molecules of {results['structures']} test structures, scale: Gaussian.",
        "",
        "| method | 2.5, 7.5, 12.5 Å | table 1, right of 28: mean (least) | all right | decided at 5 and 10 Å | "
        "with white noise: mean (least) | decided at 5 and 10 Å | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in results["rows"]:
        one = row["levels"]
        cells = [f"{100 * one['right'] / one['maps']:.2f} % of {one['maps']}"]
        for kind in ("clean", "noisy"):
            right = row[kind]["right"]
            cells.append(f"{np.mean(right):.2f} ({min(right)})")
            if kind == "clean":
                cells.append(f"{sum(count == len(TABLE) for count in right)} of {len(right)} draws")
            cells.append(f"{np.mean(row[kind]['right_at_5_and_10']):.2f}")
        lines.append(f"| {row['method']} | " + " | ".join(cells) + f" | {row['seconds']:.0f} |")
    names = [f"{low}–{high} Å" for low, high in RANGES]
    lines += ["", "Published: dense 92.73 %, 22 of 28; CNN 99.75 %, 25 of 28 (both without noise).", ""]
    lines += ["| RMSE, Å | noise | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for row in results["rows"]:
        for kind in ("clean", "noisy"):
            if "rmse" in row[kind]:
                values = " | ".join(f"{value:.3f}" for value in row[kind]["rmse"].values())
                lines.append(f"| {row['method']} | {'none' if kind == 'clean' else '0.1–0.5 SD'} | {values} |")
    figures = results["in_windows"]
    heads = [f"{resolution:g} Å" for resolution in figures["resolutions"]]
    lines += ["", "Larger molecules, in windows, without noise: the answers for maps at", ""]
    lines += ["| structure | windows | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for one in figures["maps"]:
        answers = " | ".join(f"{answer:.2f}" for answer in one["answers"])
        lines.append(f"| {one['structure']} | {one['windows']} | {answers} |")
    return lines


def in_windows(folder, resolutions=(2.5, 4, 6, 7.5, 9, 12.5), most=6, extents=(80, 130)):
    """Answers on molecules that no cube holds, which ``map_class.judge`` looks at in windows.

    Args:
        folder: of structures.
        resolutions: Å, of the maps.
        most: number of molecules.
        extents: Å, the least and greatest of a molecule that is taken.
    """
    found = []
    for path in find_structures(folder):
        structure = structures.read_structure(path)
        if not extents[0] < np.ptp(structure.positions, axis=0).max() < extents[1] or len(found) == most:
            continue
        shape = (simulation.box_size(structure, VOXEL_SIZE),) * 3
        positions = simulation.placed(structure, shape, VOXEL_SIZE)
        maps = simulation.GaussianMaps(positions, electrons(structure), shape, VOXEL_SIZE)
        mask = simulation.molecular_mask(positions, shape, VOXEL_SIZE)
        judged = [map_class.judge(DensityMap(maps.at(r), (VOXEL_SIZE,) * 3), mask) for r in resolutions]
        found.append(
            {
                "structure": structure.name,
                "windows": judged[0].windows,
                "answers": [round(one.resolution, 3) for one in judged],
            }
        )
    return {"resolutions": list(resolutions), "maps": found}
