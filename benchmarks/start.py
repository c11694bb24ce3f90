"""How long the methods with networks take for small maps, in all and in ratio to ``import tensorflow``.

    python benchmarks/start.py [--boxes 100 200] [--rounds 5] [--threads N]

The import and the methods are timed in turns, as the machine's speed changes; the figures are medians. Aimed at are at
most 5 s and 2 times the import for a box of 100 voxels, and 7 s and 3 times for one of 200.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import reports
from memory import make_maps

METHODS = ("deepres", "cryores")
GOALS = {100: (5.0, 2.0), 200: (7.0, 3.0)}
"""Seconds, and times the import, for boxes of so many voxels."""

IMPORT = "import tensorflow"


def seconds(command):
    """Seconds of a program, and those that its threads computed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def measure(boxes, rounds, options):
    """A row for the import, and for each method and box."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {(IMPORT, None): [sys.executable, "-c", IMPORT]}
        for size in boxes:
            place = os.path.join(folder, str(size))
            os.mkdir(place)
            paths = make_maps(size, place)
            for method in METHODS:
                mask = ["--mask", paths["MASK"], "--range", "low"] if method == "deepres" else []
                output = ["-o", os.path.join(place, "out.mrc")]
                program = [sys.executable, "-m", "deepreslib", "estimate", paths["MAP"], "--method", method]
                commands[method, size] = [*program, *mask, *options, *output]
        times = {key: [] for key in commands}
        for _ in range(rounds):
            for key, command in commands.items():
                times[key].append(seconds(command))
    rows = []
    for (method, size), found in times.items():
        ratios = [
            [one / base for one, base in zip(*pair, strict=True)]
            for pair in zip(found, times[IMPORT, None], strict=True)
        ]
        rows.append(
            {
                "method": method,
                "box": size,
                "seconds": round(statistics.median(wall for wall, _ in found), 2),
                "processor_seconds": round(statistics.median(used for _, used in found), 2),
                "ratio": round(statistics.median(wall for wall, _ in ratios), 2),
                "processor_ratio": round(statistics.median(used for _, used in ratios), 2),
            }
        )
    return rows


def markdown(results):
    """The figures as a Markdown table."""
    lines = [f"# Start ({results['machine']})", "", "Medians; the ratios are to the import in the same round.", ""]
    lines += [
        "| program | box | seconds | ratio | of processors: seconds | ratio | aimed at |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results["runs"]:
        goal = "{:g} s, {:g} times".format(*GOALS[r["box"]]) if r["box"] in GOALS else ""
        box = f"{r['box']}³" if r["box"] else ""
        lines.append(
            f"| {r['method']} | {box} | {r['seconds']} | {r['ratio']} | {r['processor_seconds']} | "
            f"{r['processor_ratio']} | {goal} |"
        )
    return "\n".join(lines) + "\n"


def main():
    """Measures and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, nargs="+", default=[100, 200])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int)
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "start"), metavar="STEM")
    args = parser.parse_args()
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    options = ["--threads", str(args.threads)] if args.threads else []
    machine = f"{args.threads or os.cpu_count()} cores, {platform.machine()}"
    results = {"machine": machine, "runs": measure(args.boxes, args.rounds, options)}
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
