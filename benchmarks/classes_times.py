"""Part ``times`` of ``classes_accuracy.py``: time and memory of ``deepres classify`` beside CryoRes on the same map.

Times are those of commands in a program that has TensorFlow loaded and has run once, in turns, reading and writing
included; the figures are medians. Memory is the greatest of a program that runs one command alone. The maps are balls
of random density in noise that falls with the frequency, as that of a reconstruction.
"""

import contextlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time

import memory

from deepreslib import commands
from deepreslib.commands.methods import find_methods
from deepreslib.fourier.filters import apply_b_factor
from deepreslib.maps import DensityMap, read_map, write_map

BOXES = ((100, 1.0), (200, 1.0), (300, 1.1))
"""Edges, voxels, and voxel sizes, Å, of the maps whose time is taken."""

LARGEST = (512, 1.0)
"""The map whose memory is measured besides."""

FALL = 40.0
"""Å², B factor that blurs the maps: white noise would make them maps without noise, of which CryoRes is not asked."""

ROUNDS = 3
GOALS = {"classify": 1.3, "estimate --method classes": 1.5}
"""Times CryoRes' time on the same map."""

SECONDS, GIGABYTES = {300: 25.0}, {512: 4.0}
"""Aimed at for boxes of so many voxels; the seconds are those of two cores."""

CRYORES = "estimate --method cryores"


def measure(boxes, rounds, threads, model=None, with_largest=True):
    """The figures of each map.

    Args:
        boxes: as ``BOXES``.
        rounds: number of turns.
        threads: processor cores, None for all.
        model: folder of CryoRes' network; None for the shipped one.
        with_largest: whether the memory of ``LARGEST`` is measured.
    """
    rows = []
    for box, voxel_size in (*boxes, *([LARGEST] if with_largest else [])):
        with tempfile.TemporaryDirectory() as folder:
            path = write_ball(box, voxel_size, folder)
            lines = command_lines(path, folder, threads, model)
            times = {name: [] for name in lines}
            for number in range(rounds + 1 if (box, voxel_size) in boxes else 0):
                for name, words in lines.items():
                    seconds = timed(words)
                    if number:  # the first round does not count
                        times[name].append(seconds)
            peaks = {name: peak(words) for name, words in lines.items()}
        medians = {name: round(statistics.median(found), 2) for name, found in times.items() if found}
        rows.append({"box": box, "voxel_size": voxel_size, "seconds": medians, "peak_gb": peaks})
        print(rows[-1], flush=True)
    return {"cores": threads or os.cpu_count(), "rows": rows}


def write_ball(box, voxel_size, folder):
    """Writes a map; returns its path."""
    path = memory.make_maps(box, folder)["MAP"]
    data = apply_b_factor(read_map(path).data, (voxel_size,) * 3, FALL)
    write_map(path, DensityMap(data.astype("float32"), (voxel_size,) * 3))
    return path


def command_lines(path, folder, threads, model):
    """Name → words of a command on a map; of ``--method classes`` only if there is such a method."""
    common = ["--threads", str(threads)] if threads else []
    of_cryores, of_classify = (["--model", model], ["--cryores-model", model]) if model else ([], [])
    lines = {
        CRYORES: ["estimate", path, "--method", "cryores", *of_cryores, "-o", os.path.join(folder, "cryores.mrc")],
        "classify": ["classify", path, "--claimed", "4", *of_classify, "-o", os.path.join(folder, "claim")],
    }
    if "classes" in find_methods():
        output = os.path.join(folder, "classes.mrc")
        lines["estimate --method classes"] = ["estimate", path, "--method", "classes", "-o", output]
    return {name: [*words, *common] for name, words in lines.items()}


def timed(words):
    """Seconds of a command in this program."""
    said = io.StringIO()
    started = time.perf_counter()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = commands.main(words)
    if code:
        raise RuntimeError(f"deepres {' '.join(words)} failed: {said.getvalue().strip()}")
    return time.perf_counter() - started


def peak(words):
    """Greatest resident memory, GB, of a command as a program of its own."""
    program = [sys.executable, "-m", "deepreslib", *words]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"deepres {' '.join(words)} failed")
    return round(usage.ru_maxrss * 1024 / 1e9, 2)


def markdown(figures):
    """Lines of the table."""
    lines = ["## (f) Times and memory", "", f"{figures['cores']} cores, TensorFlow loaded.", ""]
    lines += [
        "| box | voxel (Å) | command | seconds | times CryoRes' | peak memory (GB) | aimed at |",
        "|---" * 7 + "|",
    ]
    for row in figures["rows"]:
        for name, gigabytes in row["peak_gb"].items():
            seconds = row["seconds"].get(name)
            ratio = seconds / row["seconds"][CRYORES] if seconds and name != CRYORES else None
            goals = [f"{GOALS[name]:g} times"] if ratio and name in GOALS else []
            goals += [f"{SECONDS[row['box']]:g} s"] if row["box"] in SECONDS and name == "classify" else []
            goals += [f"{GIGABYTES[row['box']]:g} GB"] if row["box"] in GIGABYTES and name != CRYORES else []
            cells = ["–" if seconds is None else f"{seconds:.1f}", "–" if ratio is None else f"{ratio:.2f}"]
            cells += [f"{gigabytes:.2f}", ", ".join(goals)]
            lines.append(f"| {row['box']}³ | {row['voxel_size']:g} | {name} | {' | '.join(cells)} |")
    return lines
