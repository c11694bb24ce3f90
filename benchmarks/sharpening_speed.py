"""How fast ``deepres enhance`` is and how much memory it takes, and how much faster than windows one by one.

    python benchmarks/sharpening_speed.py [--parts 200 512] [--rounds 3] [--windows 2000] [--threads N]

The maps are simulated: balls of atoms at random places, 15 % of the box, which is the mask; a B factor and noise that
falls more slowly let the FSC of the half maps fall to 0.143 at 3 Å. Each command runs as a program of its own, so its
seconds are those of all it does, from starting Python to writing the last file; beside them stand the seconds that its
threads computed, its greatest resident memory, and the steps as its report has them. The figures are medians of rounds;
memory is the greatest.

Windows one by one are the definition, done as LocScale does it: each voxel of the mask is visited on one core, its
window cut out and transformed by NumPy, its profile taken, the same network asked (for all at once, as one call for
each would cost more than all the rest), the shells multiplied, the window transformed back, and the value at its centre
kept. Some thousand voxels of the mask, drawn at random, are visited in the same run; what they take is scaled up to all
of the mask, and the ratio is that to the whole command on one map, start and reading and writing included.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import reports

from deepreslib.enhancement import flattening, ilocscale, profiles
from deepreslib.enhancement.solvent import solvent_level
from deepreslib.fourier.filters import apply_b_factor
from deepreslib.maps import DensityMap, read_map, write_map

MASK_SHARE = 0.15
ATOMS = 0.05
"""Atoms for each Å³ of the ball, about as many as in protein."""

RESOLUTION = 3.0
SIGNAL_B, NOISE_B = 90.0, 30.0
"""Å², by which signal and noise fall."""

GOALS = {200: (15.0, 1.5), 512: (120.0, 5.0)}
"""Seconds and GB aimed at for boxes of so many voxels."""

RATIO = 40.0
"""So many times faster than windows one by one the command on one map is to be."""

COMPARED = 200
"""The box in which windows are visited one by one."""

CASES = {
    "half maps": ["--half1", "HALF1", "--half2", "HALF2", "--mask", "MASK"],
    "one map, --resolution": ["MAP", "--resolution", f"{RESOLUTION:g}", "--mask", "MASK"],
    "half maps, no mask given": ["--half1", "HALF1", "--half2", "HALF2"],
    "one map alone (CryoRes)": ["MAP"],
}
"""What the command is given; the names in capitals are files."""

AIMED_AT = tuple(CASES)[:2]

SHELLS = np.minimum(profiles.SHELL_NUMBERS, profiles.SHELLS - 1)
"""Whose gain each coefficient of a window gets."""

COPIES = np.where(np.arange(profiles.SHELLS) == 0, 1.0, 2.0) * np.ones(SHELLS.shape)
"""How often each coefficient of a real transform stands for one of the whole sphere."""


def make_maps(size, folder):
    """Writes a map, half maps and a mask with voxels of 1 Å; returns their paths by the names in ``CASES``."""
    paths = {name: os.path.join(folder, f"{name.lower()}.mrc") for name in ("MAP", "HALF1", "HALF2", "MASK")}
    rng = np.random.default_rng(size)
    axis = np.arange(size, dtype=np.float32) - size // 2
    radius = size * (MASK_SHARE * 3 / (4 * np.pi)) ** (1 / 3)
    mask = np.square(axis)[:, None, None] + np.square(axis)[:, None] + np.square(axis) < radius**2
    atoms = rng.poisson(ATOMS, mask.shape).astype(np.float32) * mask
    signal = apply_b_factor(atoms, (1.0,) * 3, SIGNAL_B)
    del atoms
    ratio = 0.143 / (1 - 0.143)  # power of the signal by that of a half map's noise, at the resolution
    noise = np.sqrt(ATOMS / ratio * np.exp(-(SIGNAL_B - NOISE_B) / 2 / RESOLUTION**2))
    total = np.zeros(mask.shape, np.float32)
    for name in ("HALF1", "HALF2"):
        data = apply_b_factor(rng.standard_normal(mask.shape, np.float32), (1.0,) * 3, NOISE_B).astype(np.float32)
        data *= noise
        data += signal
        total += data
        write_map(paths[name], DensityMap(data, (1.0,) * 3))
    write_map(paths["MAP"], DensityMap(total / 2, (1.0,) * 3))
    write_map(paths["MASK"], DensityMap(mask.astype(np.float32), (1.0,) * 3))
    return paths


def enhance(words, paths, folder, options):
    """One run of the command: seconds, those of its threads, GB, and what its report says."""
    output = os.path.join(folder, "out.mrc")
    given = [paths.get(word, word) for word in words]
    command = [sys.executable, "-m", "deepreslib", "enhance", *given, *options, "-o", output]
    log = os.path.join(folder, "log.txt")
    started = time.perf_counter()
    with open(log, "w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        with open(log, encoding="utf-8") as stream:
            raise RuntimeError(f"{' '.join(command)} failed: {stream.read()[-2000:]}")
    with open(output.replace(".mrc", ".json"), encoding="utf-8") as stream:
        report = json.load(stream)
    return {
        "seconds": seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_gb": usage.ru_maxrss * 1024 / 1e9,
        "steps": report["seconds"],
        "voxels": report["voxels"],
        "resolution": report["resolution"]["value"],
        "load": os.getloadavg()[0],
    }


def part(size, cases, rounds, options, windows):
    """The figures of one size of box."""
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn")
        ) as pool:  # else its peak would count as its children's
            paths = pool.submit(make_maps, size, folder).result()
        runs = {case: [] for case in cases}
        rates = []
        for _ in range(rounds):
            for case, found in runs.items():
                found.append(enhance(CASES[case], paths, folder, options))
                print(f"{size}³, {case}: {found[-1]}", flush=True)
            if windows:
                rates.append(one_by_one(paths, windows))
                print(f"{size}³, windows one by one: {rates[-1][0]:.0f} voxels/s", flush=True)
    rows = [{"case": case, **summary(found)} for case, found in runs.items()]
    results = {"box": size, "rows": rows}
    if windows:
        rate, of_processors = (statistics.median(found) for found in zip(*rates, strict=True))
        row = next(row for row in rows if row["case"] == AIMED_AT[1])
        results["one_by_one"] = {
            "voxels_visited": windows,
            "voxels_per_second": round(rate),
            "seconds_for_mask": round(row["voxels"] / rate),
            "ratio": round(row["voxels"] / rate / row["seconds"], 1),
            "processor_ratio": round(row["voxels"] / of_processors / row["processor_seconds"], 1),
        }
    return results


def summary(runs):
    """Medians of runs, and the greatest memory."""
    medians = {
        name: round(statistics.median(run[name] for run in runs), 2)
        for name in ("seconds", "processor_seconds", "load")
    }
    steps = {name: statistics.median(run["steps"][name] for run in runs) for name in runs[0]["steps"]}
    peak = round(max(run["peak_gb"] for run in runs), 2)
    return {
        "runs": len(runs),
        **medians,
        "peak_gb": peak,
        "steps": steps,
        **{name: runs[0][name] for name in ("voxels", "resolution")},
    }


def one_by_one(paths, count):
    """Voxels of the mask in a second of wall time, and in one of processor time, each window by itself."""
    density_map, mask = read_map(paths["MAP"]), read_map(paths["MASK"]).data > 0.5
    network = ilocscale.load(None, "compact", "density")
    flat = density_map.like(flattening.flattening(density_map, mask, RESOLUTION).of(density_map))
    level, unit = solvent_level(flat, mask), float(flat.data[mask].std(dtype=float))
    data = np.pad((flat.data - np.float32(level)) / np.float32(unit), profiles.CENTRE)
    known = np.ones(profiles.SHELLS, bool)
    places = np.random.default_rng(0).permutation(np.argwhere(mask))[:count]
    log_profiles = np.zeros((count, profiles.SHELLS), np.float32)
    values = np.empty(count, np.float32)
    network.log_gains(log_profiles * 0, log_profiles[:2] * 0, known, RESOLUTION)  # so that its first use is not timed
    wall, used = time.perf_counter(), time.process_time()
    spectra = []
    for number, (z, y, x) in enumerate(places):
        window = data[z : z + profiles.WINDOW, y : y + profiles.WINDOW, x : x + profiles.WINDOW]
        spectra.append(np.fft.rfftn(window, norm="ortho"))
        sums = np.bincount(profiles.SHELL_NUMBERS.ravel(), (np.abs(spectra[-1]) * COPIES).ravel())
        log_profiles[number] = profiles.logarithm(sums[: profiles.SHELLS] / profiles.COUNTS)
    usual = ilocscale.mean_and_spread(log_profiles)
    gains = np.exp(network.log_gains(log_profiles, usual, known, RESOLUTION))
    for number, spectrum in enumerate(spectra):
        spectrum *= gains[number][SHELLS]
        values[number] = np.fft.irfftn(spectrum, (profiles.WINDOW,) * 3, norm="ortho")[(profiles.CENTRE,) * 3]
    return count / (time.perf_counter() - wall), count / (time.process_time() - used)


def markdown(results):
    """The figures as Markdown text."""
    lines = [
        f"# deepres enhance: speed and memory ({results['machine']})",
        "",
        f"Balls of atoms, 15 % of the box, {RESOLUTION:g} Å; medians of some runs of the whole command, memory the "
        "greatest; load: processes that wanted a core, in the last minute of a run and its own included.",
        "",
        "| box | given | runs | mask voxels | seconds | of processors | load | peak memory (GB) | aimed at |",
        "|---" * 9 + "|",
    ]
    for found in results["parts"].values():
        for row in found["rows"]:
            goal = "{:g} s, {:g} GB".format(*GOALS[found["box"]]) if row["case"] in AIMED_AT else ""
            lines.append(
                f"| {found['box']}³ | {row['case']} | {row['runs']} | {row['voxels']} | {row['seconds']:.1f} | "
                f"{row['processor_seconds']:.1f} | {row['load']:.1f} | {row['peak_gb']:.2f} | {goal} |"
            )
    lines += ["", "Seconds of the steps, as the reports have them:", ""]
    for found in results["parts"].values():
        for row in found["rows"]:
            steps = ", ".join(f"{name.replace('_', ' ')} {seconds:.1f}" for name, seconds in row["steps"].items())
            lines.append(f"- {found['box']}³, {row['case']}: {steps}")
    for found in results["parts"].values():
        if "one_by_one" in found:
            one = found["one_by_one"]
            lines += [
                "",
                f"Windows one by one, {found['box']}³: {one['voxels_per_second']} voxels/s ({one['voxels_visited']} of "
                f"the mask's were visited), so {one['seconds_for_mask']} s for one map; the whole command on one map "
                f"is {one['ratio']:.0f} times as fast, and takes 1/{one['processor_ratio']:.0f} of the processors' "
                f"time. Aimed at: {RATIO:g} times.",
            ]
    return "\n".join(lines) + "\n"


def main():
    """Measures and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", type=int, nargs="+", choices=list(GOALS), default=list(GOALS), help="edges of boxes")
    parser.add_argument("--cases", type=int, nargs="+", choices=range(len(CASES)), default=list(range(len(CASES))))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=2000, help="visited one by one (default: 2000)")
    parser.add_argument("--threads", type=int)
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "sharpening_speed"), metavar="STEM")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    options = ["--threads", str(args.threads)] if args.threads else []
    parts = reports.earlier(args.output).get("parts", {})
    for size in args.parts:
        cases = [list(CASES)[number] for number in args.cases]
        parts[str(size)] = part(size, cases, args.rounds, options, args.windows if size == COMPARED else 0)
    results = {
        "machine": f"{args.threads or os.cpu_count()} cores, {platform.machine()}",
        "parts": {str(size): parts[str(size)] for size in GOALS if str(size) in parts},
    }
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
