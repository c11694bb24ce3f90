"""How much memory each method of ``deepres estimate`` takes, and how it grows with the box.

    python benchmarks/memory.py [--methods deepres cryores ...] [--boxes 200 300 512 700] [--voxel-sizes 1.0 ...]
                                [--range high] [--threads N] [--limit SECONDS]

The maps are balls of random density (15 % of the box) in white noise, with their mask. Each method runs as a program of
its own. Its greatest resident memory, reading and writing included, and its time are printed and written to
benchmarks/results, with the ceilings that are aimed at: 4 GB for a box of 512 voxels and 8 GB for one of 700. A program
that goes on for longer than the limit is stopped; then the memory is that of its work so far. MonoRes tests few
frequencies in large boxes: each takes as much memory as any other.
"""

import argparse
import itertools
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import reports

from deepreslib.fourier.filters import low_pass
from deepreslib.maps import DensityMap, write_map

MASK_SHARE = 0.15
CEILINGS = {512: 4.0, 700: 8.0}
"""GB for boxes of so many voxels."""

METHODS = {
    "deepres": ["MAP", "--mask", "MASK"],
    "cryores": ["MAP", "--mask", "MASK"],
    "localfsc": ["--half1", "HALF1", "--half2", "HALF2", "--mask", "MASK"],
    "monores": ["--half1", "HALF1", "--half2", "HALF2", "--mask", "MASK"],
    "resmap": ["--half1", "HALF1", "--half2", "HALF2", "--mask", "MASK"],
    "monores-one-map": ["MAP", "--mask", "MASK"],
    "resmap-one-map": ["MAP", "--mask", "MASK"],
}
"""What each method is given; the names in capitals are files. What follows a hyphen is no part of the method's name."""

COARSE_STEPS = {"monores": (300, ["--step", "3"]), "monores-one-map": (300, ["--step", "3"])}
"""Methods that take very long in boxes of more voxels than this, and the options that shorten it."""


def make_maps(size, folder):
    """Writes a map, half maps and a mask; returns their paths by the names in ``METHODS``."""
    paths = {name: os.path.join(folder, f"{name.lower()}.mrc") for name in ("MAP", "HALF1", "HALF2", "MASK")}
    rng = np.random.default_rng(size)
    axis = np.arange(size, dtype=np.float32) - size // 2
    radius = size * (MASK_SHARE * 3 / (4 * np.pi)) ** (1 / 3)
    mask = np.square(axis)[:, None, None] + np.square(axis)[:, None] + np.square(axis) < radius**2
    signal = rng.standard_normal(mask.shape, np.float32) * mask
    signal = low_pass(signal, 1.0, 4.0, width=0.004)
    signal /= signal[mask].std()
    for name, noise in (("MAP", 0.3), ("HALF1", 0.4), ("HALF2", 0.4)):
        data = rng.standard_normal(mask.shape, np.float32)
        data *= noise
        data += signal
        write_map(paths[name], DensityMap(data, (1.0,) * 3))
    write_map(paths["MASK"], DensityMap(mask.astype(np.float32), (1.0,) * 3))
    return paths


def measure(method, paths, voxel_size, folder, options, limit):
    """Peak memory (GB) and seconds of one method, as a program of its own that is stopped after ``limit`` seconds."""
    given = [paths.get(word, word) for word in METHODS[method]]
    command = [sys.executable, "-m", "deepreslib", "estimate", *given, "--method", method.split("-")[0], *options]
    command += ["--voxel-size", str(voxel_size), "-o", os.path.join(folder, "out.mrc")]
    started = time.monotonic()
    log = os.path.join(folder, "log.txt")
    with open(log, "w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        timer = threading.Timer(limit, process.terminate)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
    seconds = time.monotonic() - started
    stopped = bool(status) and seconds >= limit
    if status and not stopped:
        with open(log, encoding="utf-8") as stream:
            print(stream.read()[-2000:], file=sys.stderr)
    peak = round(usage.ru_maxrss * 1024 / 1e9, 2)
    return {"peak_gb": peak, "seconds": round(seconds, 1), "stopped": stopped, "failed": bool(status) and not stopped}


def markdown(results):
    """The figures as a Markdown table, and their growth."""
    lines = ["# Memory of the methods", "", f"{results['machine']}; greatest resident memory of each program.", ""]
    lines += ["| method | box | voxel (Å) | peak memory (GB) | bytes per voxel | ceiling (GB) | seconds |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for r in results["runs"]:
        ceiling = CEILINGS.get(r["box"])
        kept = "" if ceiling is None else f"{ceiling:g}, {'kept' if r['peak_gb'] <= ceiling else 'NOT KEPT'}"
        failed = " (failed)" if r["failed"] else " (stopped)" if r["stopped"] else ""
        lines.append(
            f"| {r['method']}{failed} | {r['box']}³ | {r['voxel_size']:g} | {r['peak_gb']:.2f} | "
            f"{1e9 * r['peak_gb'] / r['box'] ** 3:.1f} | {kept} | {r['seconds']:.0f} |"
        )
    lines += ["", "Growth: further bytes for each further voxel of the box, from box to box:", ""]
    for (method, size), group in itertools.groupby(
        sorted(results["runs"], key=lambda r: (r["method"], r["voxel_size"], r["box"])),
        key=lambda r: (r["method"], r["voxel_size"]),
    ):
        for one, other in itertools.pairwise(group):
            growth = 1e9 * (other["peak_gb"] - one["peak_gb"]) / (other["box"] ** 3 - one["box"] ** 3)
            lines.append(f"- {method}, {size:g} Å, {one['box']}³ to {other['box']}³: {growth:.1f}")
    return "\n".join(lines) + "\n"


def main():
    """Measures all and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--boxes", type=int, nargs="+", default=[200, 300, 512, 700])
    parser.add_argument("--voxel-sizes", type=float, nargs="+", default=[1.0], metavar="A")
    parser.add_argument("--range", choices=["low", "high", "auto"], default="low", help="of deepres (default: low)")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--limit", type=float, default=1800, metavar="SECONDS", help="of each program (default: 1800)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "memory"), metavar="STEM")
    args = parser.parse_args()
    options = ["--threads", str(args.threads)] if args.threads else []
    results = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "range": args.range, "runs": []}
    for size in args.boxes:
        with tempfile.TemporaryDirectory() as folder:
            paths = make_maps(size, folder)
            for method, voxel_size in itertools.product(args.methods, args.voxel_sizes):
                own = ["--range", args.range] if method == "deepres" else []
                largest, coarse = COARSE_STEPS.get(method, (size, []))
                own += coarse if size > largest else []
                run = measure(method, paths, voxel_size, folder, [*options, *own], args.limit)
                results["runs"].append({"method": method, "box": size, "voxel_size": voxel_size, **run})
                print(results["runs"][-1], flush=True)
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
