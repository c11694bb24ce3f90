"""A disk that is full: one sentence, the old outputs or the new ones, nothing half-written."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from command_runs import COMMANDS, make_inputs, words

SIZES = 30
ROOM = 1 << 12

DRIVER = """
import contextlib, io, json, os, shutil, subprocess, sys
from pathlib import Path
from command_runs import contents, temporary_files
from deepreslib.commands import main

older, newer, *sizes = json.loads(sys.argv[1])
arguments = sys.argv[2:]
results = []
for size in sizes:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", "out"], check=True)
    room = os.statvfs("out").f_blocks * os.statvfs("out").f_frsize
    shutil.copytree(older, "out", dirs_exist_ok=True)
    error = io.StringIO()
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(io.StringIO()):
        code = main(arguments)
    found = contents("out")
    what = "old" if found == contents(older) else "new" if found == contents(newer) else "mixture"
    lines = [line for line in error.getvalue().splitlines() if line.startswith("deepres: error")]
    results.append([size, code, what, temporary_files("out"), lines])
    subprocess.run(["umount", "out"], check=True)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def namespace():
    """The command that runs another one where it may mount disks of its own."""
    words = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mount = "mount -t tmpfs -o size=100k tmpfs /mnt"
    if not shutil.which("unshare") or subprocess.run([*words, "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk in memory (unshare, mount)")
    return words


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


def fill(command, folder, place, namespace, count):
    """Runs the command on disks of several sizes, from just the old outputs to old and new ones."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for name, older in (("older", True), ("newer", False)):
        (folder / "out").mkdir(exist_ok=True)
        run = [sys.executable, "-m", "deepreslib", *words(command, older)]
        subprocess.run(run, cwd=folder, env=environment, check=True, capture_output=True)
        os.rename(folder / "out", place / name)
    (folder / "out").mkdir()
    used = [sum(_blocks(path) for path in (place / name).iterdir()) for name in ("older", "newer")]
    sizes = np.linspace(used[0] + ROOM, sum(used) + 8 * ROOM, count).astype(int).tolist()
    paths = json.dumps([str(place / "older"), str(place / "newer"), *sizes])
    driver = [*namespace, sys.executable, "-c", DRIVER, paths, *words(command)]
    done = subprocess.run(driver, cwd=folder, env=environment, capture_output=True, text=True)
    (folder / "out").rmdir()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _blocks(path):
    """Bytes of the disk that a file takes, in whole pages."""
    return -(-path.stat().st_size // ROOM) * ROOM


def assert_all_or_nothing(results):
    for size, code, what, left, errors in results:
        assert (code, what) in ((0, "new"), (2, "old")), (size, code, what, errors)
        assert left == []
        assert len(errors) == (code == 2)
        assert all("No space left on device" in error for error in errors), errors
    assert results[0][1] == 2, "the smallest disk was not full"
    assert results[-1][1] == 0, results[-1]


@pytest.mark.parametrize("name", ["annotate", pytest.param("compare", marks=pytest.mark.endurance)])
def test_three_sizes_of_disk(name, inputs, tmp_path, namespace):
    assert_all_or_nothing(fill(COMMANDS[name], inputs, tmp_path, namespace, 3))


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", COMMANDS)
def test_thirty_sizes_of_disk(name, inputs, tmp_path, namespace):
    assert_all_or_nothing(fill(COMMANDS[name], inputs, tmp_path, namespace, SIZES))


def test_a_home_that_cannot_be_written_does_not_matter(inputs):
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), "/proc/1/absent")
    environment = {**os.environ, **places, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("MPLCONFIGDIR", None)
    (inputs / "out").mkdir(exist_ok=True)
    run = [sys.executable, "-m", "deepreslib", *words(COMMANDS["annotate"])]
    done = subprocess.run(run, cwd=inputs, env=environment, capture_output=True, text=True)
    shutil.rmtree(inputs / "out")
    assert (done.returncode, done.stderr) == (0, "")
