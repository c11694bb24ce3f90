"""How fast DeepRes is and how much memory it takes, all measured in one run on one machine.

    python benchmarks/deepres_speed.py [--boxes 100 200 300 400 512] [--threads N] [--gpu ID]

Prints and writes to benchmarks/results:

- windows per second of the published network, and voxels per second of the compact one;
- the share of the machine's matrix-multiply peak that the compact network's arithmetic reaches. What counts are the
  multiply-adds that a window needs: not those with the zeros of banded matrices, nor those that are done twice for the
  surroundings of windows;
- the time to start up;
- time and peak memory of ``deepres estimate`` on whole boxes; the mask is a ball of 15 % of the box.

Each figure is the median of its repeats.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import reports

from deepreslib.commands import machine
from deepreslib.maps import DensityMap, write_map

MASK_SHARE = 0.15
ROUNDS = 15
"""Rounds in which the peak and the compact network are measured in turns."""


def median_seconds(run, repeats=5):
    """Median time of a call, after one that does not count."""
    run()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def peak(size=4096):
    """Multiply-adds per second of a single-precision matrix product."""
    from keras import ops

    one, other = (ops.convert_to_tensor(np.random.default_rng(s).random((size, size), np.float32)) for s in (0, 1))
    return size**3 / median_seconds(lambda: ops.convert_to_numpy(ops.matmul(one, other))[0, 0])


def published_windows(count=512):
    """Windows per second of the published network under ``predict``."""
    from deepreslib.networks import deepres
    from deepreslib.networks.ranges import RANGES

    network = deepres.build("published", RANGES["low"])
    windows = np.random.default_rng(0).standard_normal((count, 13, 13, 13, 1)).astype(np.float32)
    return count / median_seconds(lambda: network.predict(windows, batch_size=256, verbose=0), 3)


def compact_voxels(edge=96):
    """Voxels per second of the compact network on a solid cube, tiles and fusion and all."""
    from deepreslib.estimation import deepres

    model = deepres.load_model("low")
    data = np.random.default_rng(0).standard_normal((edge,) * 3).astype(np.float32)
    needed = np.ones(data.shape, bool)
    return edge**3 / median_seconds(lambda: deepres.predict(model, data, needed), 5)


def compact_windows():
    """Windows per second of the compact network alone, on a full tile."""
    from deepreslib.estimation import deepres
    from deepreslib.networks.ranges import STRIDE, WINDOW

    network, edge = deepres.load_model("low").network, STRIDE * (deepres.TILE - 1) + WINDOW
    box = np.random.default_rng(0).standard_normal((1, edge, edge, edge, 1)).astype(np.float32)
    return deepres.TILE**3 / median_seconds(lambda: network.predict_on_batch(box))


def peak_and_windows(rounds):
    """``peak`` and ``compact_windows`` in turns, as the machine's speed changes: one pair a round."""
    return [(peak(), compact_windows()) for _ in range(rounds)]


def whole_box(size, folder, options):
    """Time and peak memory of ``deepres estimate`` on a box of this size, as a program of its own."""
    path, mask_path = os.path.join(folder, "map.mrc"), os.path.join(folder, "mask.mrc")
    axis = np.arange(size, dtype=np.float32) - size / 2
    distance = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    mask = distance < size * (MASK_SHARE * 3 / (4 * np.pi)) ** (1 / 3)
    data = np.random.default_rng(size).standard_normal((size,) * 3).astype(np.float32)
    write_map(path, DensityMap(data, (1.0,) * 3))
    write_map(mask_path, DensityMap(mask.astype(np.float32), (1.0,) * 3))
    voxels = int(mask.sum())
    del data, mask, distance
    output = os.path.join(folder, "out.mrc")
    command = [
        sys.executable,
        "-m",
        "deepreslib",
        "estimate",
        path,
        "--method",
        "deepres",
        "--mask",
        mask_path,
        "--range",
        "low",
        "-o",
        output,
    ]
    started = time.perf_counter()
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"deepres estimate failed on a box of {size} voxels")
    with open(output.replace(".mrc", ".json"), encoding="utf-8") as stream:
        network = json.load(stream)["seconds"]["network"]
    return {
        "box": size,
        "voxels": voxels,
        "seconds": round(seconds, 1),
        "network_seconds": network,
        "microseconds_per_voxel": round(1e6 * seconds / voxels, 2),
        "peak_gb": round(usage.ru_maxrss / 1e6, 2),
    }


def markdown(results):
    """The results as Markdown text."""
    ratio = results["compact_voxels_per_second"] / results["published_windows_per_second"]
    lines = [
        f"# DeepRes: speed and memory ({results['device']})",
        "",
        f"- published: {results['published_windows_per_second']:.0f} windows/s; "
        f"compact: {results['compact_voxels_per_second']:.0f} voxels/s; ratio {ratio:.0f}",
        f"- matrix-multiply peak {results['peak_multiply_adds'] / 1e9:.0f} G multiply-adds/s; "
        f"reached by compact: {100 * results['share_of_peak']:.0f} % "
        f"({100 * results['shares_of_peak'][0]:.0f} to {100 * results['shares_of_peak'][-1]:.0f} % in "
        f"{len(results['shares_of_peak'])} rounds)",
        f"- start-up (smallest box, less its network): {results['start_up_seconds']:.1f} s",
        "",
        "| box | mask voxels | seconds | network | µs per mask voxel | peak memory (GB) |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['box']}³ | {r['voxels']} | {r['seconds']} | {r['network_seconds']} | {r['microseconds_per_voxel']} | "
        f"{r['peak_gb']} |"
        for r in results["boxes"]
    ]
    return "\n".join(lines) + "\n"


def main():
    """Measures everything and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, nargs="*", default=[100, 200, 300, 400, 512])
    parser.add_argument("--threads", type=int)
    parser.add_argument("--gpu")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "deepres_speed"), metavar="STEM")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    machine.choose(args.threads, args.gpu)
    options = ["--threads", str(args.threads)] if args.threads else []
    options += ["--gpu", args.gpu] if args.gpu else []
    from deepreslib.networks import deepres

    cost = deepres.multiply_adds(**deepres.PRESETS["compact"]["config"])
    rounds = peak_and_windows(ROUNDS)
    results = {
        "device": f"GPU {args.gpu}" if args.gpu else f"{args.threads or os.cpu_count()} cores, {platform.machine()}",
        "peak_multiply_adds": statistics.median(peak for peak, _ in rounds),
        "published_windows_per_second": published_windows(),
        "compact_voxels_per_second": compact_voxels(),
        "multiply_adds_per_window": cost,
        "shares_of_peak": sorted(windows * cost / peak for peak, windows in rounds),
    }
    results["share_of_peak"] = statistics.median(results["shares_of_peak"])
    with tempfile.TemporaryDirectory() as folder:
        results["boxes"] = [whole_box(size, folder, options) for size in args.boxes]
    first = results["boxes"][0] if results["boxes"] else {"seconds": float("nan"), "network_seconds": 0.0}
    results["start_up_seconds"] = first["seconds"] - first["network_seconds"]
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
