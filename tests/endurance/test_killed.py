"""Commands that are stopped at any moment: the old outputs or the new ones, a mixture noticed, nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command_runs import (
    COMMANDS,
    contents,
    finish,
    fresh,
    is_before_ours,
    is_noticed,
    is_whole,
    make_inputs,
    start,
    temporary_files,
    words,
)

MANY = int(os.environ.get("DEEPRES_MOMENTS", "40"))
MOMENTS = {
    name: MANY if name.split()[0] in ("estimate", "compare", "annotate", "sharpness") else 5 for name in COMMANDS
}
SIGNALS = {signal.SIGKILL: (-9,), signal.SIGTERM: (143, -15), signal.SIGINT: (130, -2)}

STOPPED_BETWEEN_NAMES = """
import os, sys
from pathlib import Path
from deepreslib.commands import main
replace, count = os.replace, int(sys.argv[1])
done = []
def stop_after_some(old, new):
    if len(done) == count:
        os.kill(os.getpid(), 9)
    done.append(new)
    replace(old, new)
os.replace = stop_after_some
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


def reference_runs(command, folder, place):
    """Folders with the outputs of an older run and of a new one; the seconds that the new one took."""
    runs = {}
    for name, older in (("older", True), ("newer", False)):
        fresh(folder)
        started = time.monotonic()
        code, error = finish(start(command, folder, older))
        seconds = time.monotonic() - started
        assert code == 0, error
        runs[name] = place / name
        os.rename(folder / "out", runs[name])
    assert contents(runs["older"]) != contents(runs["newer"])
    return runs["older"], runs["newer"], seconds


def assert_old_or_new(command, out, older, newer):
    """Says which of them the outputs are; a mixture must be noticed and its files be whole."""
    found = contents(out)
    if found == contents(older):
        return "old"
    if found == contents(newer):
        return "new"
    assert command.report, f"a mixture without a report: {sorted(found)}"
    assert is_noticed(out, command.report)
    assert all(is_whole(path) for path in out.iterdir() if path.is_file() and not path.name.startswith("."))
    return "mixture, noticed"


def stop_at_moments(command, folder, place, moments, rng):
    """Stops the command at random moments of its run, by each signal in turn; gives what was left, how often."""
    older, newer, seconds = reference_runs(command, folder, place)
    left = {}
    for number in range(moments):
        kind = list(SIGNALS)[number % len(SIGNALS)]
        out = fresh(folder, older)
        process = start(command, folder)
        time.sleep(rng.uniform(0.05, 1.05 * seconds))
        process.send_signal(kind)
        code, error = finish(process)
        if not is_before_ours(error):
            assert "Traceback" not in error, error
            assert code in (0, *SIGNALS[kind]), error
        what = assert_old_or_new(command, out, older, newer)
        if kind != signal.SIGKILL:
            assert temporary_files(out) == []
        if number == moments - 1 or temporary_files(out):
            code, error = finish(start(command, folder))
            assert code == 0, error
            assert contents(out) == contents(newer)
            assert temporary_files(out) == []
        left[what] = left.get(what, 0) + 1
    return left


@pytest.mark.endurance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_stopped_command_leaves_old_or_new_outputs(name, inputs, tmp_path, capsys):
    rng = np.random.default_rng(len(name))
    left = stop_at_moments(COMMANDS[name], inputs, tmp_path, MOMENTS[name], rng)
    with capsys.disabled():
        print(f"\n{name}: stopped at {MOMENTS[name]} moments, left {left}")


@pytest.mark.parametrize("name", ["annotate", "estimate monores"])
def test_a_command_stopped_at_five_moments(name, inputs, tmp_path):
    left = stop_at_moments(COMMANDS[name], inputs, tmp_path, 5, np.random.default_rng(3))
    assert sum(left.values()) == 5


@pytest.mark.parametrize("name", ["annotate", pytest.param("compare", marks=pytest.mark.endurance)])
def test_a_machine_that_stops_between_two_names(name, inputs, tmp_path):
    command = COMMANDS[name]
    older, newer, _ = reference_runs(command, inputs, tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for count in (0, 1, len(contents(newer)) - 1):
        out = fresh(inputs, older)
        arguments = [sys.executable, "-c", STOPPED_BETWEEN_NAMES, str(count), *words(command)]
        assert subprocess.run(arguments, cwd=inputs, env=environment, capture_output=True).returncode == -9
        assert temporary_files(out) != []
        what = assert_old_or_new(command, out, older, newer)
        assert what == ("mixture, noticed" if count else "old")
    code, error = finish(start(command, inputs))
    assert code == 0, error
    assert contents(out) == contents(newer)
    assert temporary_files(out) == []
