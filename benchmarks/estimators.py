"""Local FSC, MonoRes and ResMap against the programs that they follow, against the truth, and against the clock.

    python benchmarks/estimators.py --data DATA [--size 200]

DATA holds ``reference`` (half maps, and what blocres, MonoRes and ResMap said on them) and ``maps`` (beta-galactosidase
and its MonoRes map). Writes a table (Markdown) and all figures (JSON) to benchmarks/results.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import reports
from scipy.stats import spearmanr

from deepreslib.analysis import comparison
from deepreslib.estimation import localfsc, monores, resmap
from deepreslib.fourier.filters import low_pass
from deepreslib.maps import DensityMap, read_map

STRUCTURES = ("2gaf", "4qln", "1kc6")


class Reference:
    """Half maps, their mean, mask and disorder of one structure."""

    def __init__(self, folder):
        self.folder = folder
        self.half1, self.half2 = self.read("half1"), self.read("half2")
        self.halves = self.half1, self.half2
        self.mean = self.half1.like((self.half1.data + self.half2.data) / 2)
        self.mask = self.read("mask").data > 0.5
        self.disorder = self.read("bfactor").data

    def read(self, name):
        return read_map(os.path.join(self.folder, f"{name}.mrc.gz"))


def ours(reference):
    """Name of the original's file → our estimate."""
    mean, mask, halves = reference.mean, reference.mask, reference.halves
    coarsest = {kind: reference.read(f"resmap_{kind}").data.max() for kind in ("split", "single")}
    return {
        "blocres": localfsc.estimate(halves, mask, box=20).resolution,
        "monores_halves": monores.estimate(halves, mask).resolution,
        "monores_single": monores.estimate(mean, mask).resolution,
        "resmap_split": resmap.estimate(halves, mask, coarsest=coarsest["split"]).resolution,
        "resmap_single": resmap.estimate(mean, mask, coarsest=coarsest["single"]).resolution,
    }


def agreement(data):
    """A row for each structure and method: correlation with the original, medians, rank correlation with the truth."""
    rows = []
    for structure in STRUCTURES:
        reference = Reference(os.path.join(data, "reference", structure))
        for name, resolutions in ours(reference).items():
            original = reference.read(name).data
            assigned = reference.mask & (original > 0)
            figures = comparison.compare({"ours": resolutions, name: original}, assigned, name).agreements["ours"]
            a, b, disorder = resolutions[assigned], original[assigned], reference.disorder[assigned]
            rows.append(
                {
                    "structure": structure,
                    "method": name,
                    "pearson": figures.pearson,
                    "median_difference": figures.median_difference,
                    "difference_of_medians": float(np.median(a) - np.median(b)),
                    "spearman_disorder": float(spearmanr(a, disorder)[0]),
                    "spearman_disorder_original": float(spearmanr(b, disorder)[0]),
                }
            )
            print(rows[-1], flush=True)
    return rows


def beta_galactosidase(data):
    """MonoRes on the experimental map against the map of local resolution that came with it, by both editions."""
    density, original = (read_map(os.path.join(data, "maps", f"betagal{name}.mrc")) for name in ("", "_localres"))
    mask = density.data > 0.02
    runs = {
        "published": monores.estimate(density, mask).resolution,
        "first, to 25 Å by 0.48 Å": monores.estimate(
            density, mask, coarsest=25.0, step=0.48, edition=monores.FIRST
        ).resolution,
    }
    agreements = comparison.compare({"original": original.data, **runs}, mask, "original").agreements
    return [
        {
            "edition": name,
            "spearman": figures.spearman,
            "median_difference": figures.median_difference,
            "difference_of_medians": float(np.median(runs[name][mask]) - np.median(original.data[mask])),
        }
        for name, figures in agreements.items()
    ]


def synthetic(size, resolution=None, voxel_size=1.0):
    """Half maps of a ball of random density (15 % of the box), white noise added, and its mask."""
    rng = np.random.default_rng(size)
    axis = np.arange(size, dtype=np.float32) - size // 2
    radius = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    mask = radius < size * (0.15 * 3 / (4 * np.pi)) ** (1 / 3)
    data = rng.standard_normal(mask.shape, np.float32) * mask
    data = low_pass(data, voxel_size, resolution or 4.0, width=0.004)
    data /= data[mask].std()
    halves = [DensityMap(data + 0.3 * rng.standard_normal(mask.shape, np.float32), (voxel_size,) * 3) for _ in range(2)]
    return *halves, mask


def behaviour():
    """Local FSC of noise, of identical halves and of maps of known resolution: medians, Å."""
    rng = np.random.default_rng(1)
    half1, half2, mask = synthetic(96)
    noise = tuple(half1.like(rng.standard_normal(mask.shape)) for _ in range(2))
    rows = {
        "white noise (box 30 Å)": float(np.median(localfsc.estimate(noise, mask).resolution[mask])),
        "identical halves (Nyquist 2 Å)": float(np.median(localfsc.estimate((half1, half1), mask).resolution[mask])),
    }
    for resolution in (4.0, 6.0, 8.0):
        half1, half2, mask = synthetic(96, resolution)
        resolutions = localfsc.estimate((half1, half2), mask).resolution
        rows[f"filtered at {resolution:g} Å"] = float(np.median(resolutions[mask]))
    return rows


def speed(method, size):
    """Seconds and peak memory (GB) of one method on half maps of a box, in this process."""
    half1, half2, mask = synthetic(size)
    estimators = {"localfsc": localfsc, "monores": monores, "resmap": resmap}
    started = time.monotonic()
    estimators[method].estimate((half1, half2), mask)
    seconds = time.monotonic() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"method": method, "size": size, "seconds": round(seconds, 2), "peak_gb": round(memory, 2)}


def markdown(results):
    """The figures as Markdown tables."""
    lines = ["# Local FSC, MonoRes and ResMap", "", "Against the original programs, in the mask of the references:", ""]
    lines += [
        "| structure | method | Pearson | median difference | difference of medians (Å) | Spearman with disorder "
        "| the original's |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['structure']} | {r['method']} | {r['pearson']:.3f} | {r['median_difference']:+.3f} | "
        f"{r['difference_of_medians']:+.3f} | "
        f"{r['spearman_disorder']:.3f} | {r['spearman_disorder_original']:.3f} |"
        for r in results["agreement"]
    ]
    lines += ["", "MonoRes on beta-galactosidase against the map that came with it (density > 0.02):", ""]
    lines += ["| edition | Spearman | median difference | difference of medians (Å) |", "|---|---|---|---|"]
    lines += [
        f"| {r['edition']} | {r['spearman']:.3f} | {r['median_difference']:+.3f} | {r['difference_of_medians']:+.3f} |"
        for r in results["beta_galactosidase"]
    ]
    lines += ["", "Local FSC at 0.5 of maps that are known, median:", "", "| half maps | Å |", "|---|---|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in results["behaviour"].items()]
    lines += ["", f"Half maps, mask 15 % of the box, every voxel, {os.cpu_count()} cores, one process each:", ""]
    lines += ["| method | box | seconds | peak memory (GB) |", "|---|---|---|---|"]
    lines += [f"| {r['method']} | {r['size']}³ | {r['seconds']:.1f} | {r['peak_gb']:.2f} |" for r in results["speed"]]
    return "\n".join(lines) + "\n"


def main():
    """Measures all and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder with 'reference' and 'maps'")
    parser.add_argument("--size", type=int, default=200, help="box of the speed test, voxels (default: 200)")
    parser.add_argument("--speed", choices=["localfsc", "monores", "resmap"], help="time this one only and print it")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "estimators"), metavar="STEM")
    args = parser.parse_args()
    if args.speed:
        print(json.dumps(speed(args.speed, args.size)))
        return
    if not args.data:
        parser.error("give --data, the folder with 'reference' and 'maps'")
    results = {
        "agreement": agreement(args.data),
        "beta_galactosidase": beta_galactosidase(args.data),
        "behaviour": behaviour(),
        "speed": [],
    }
    for method in ("localfsc", "monores", "resmap"):
        command = [sys.executable, os.path.abspath(__file__), "--speed", method, "--size", str(args.size)]
        results["speed"].append(json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout))
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
