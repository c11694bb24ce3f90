"""Ctrl-C and SIGTERM: the exit codes of shells, no traceback, no temporary file."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from deepreslib.commands import main, stopping
from deepreslib.maps import DensityMap, write_map


@pytest.mark.parametrize(("number", "code", "name"), [(2, 130, "Ctrl-C"), (15, 143, "SIGTERM")])
def test_a_signal_ends_the_command(number, code, name, monkeypatch, capsys):
    monkeypatch.setattr("deepreslib.commands.parse", lambda arguments: signal.raise_signal(number))
    before = signal.getsignal(number)
    assert main(["mask", "map.mrc", "-o", "new.mrc"]) == code
    assert capsys.readouterr().err == f"deepres: stopped by {name}\n"
    assert signal.getsignal(number) == before


def test_a_signal_that_a_library_swallowed_is_obeyed_later():
    def swallow():
        with stopping.stoppable() as request:
            with contextlib.suppress(stopping.Stopped):
                signal.raise_signal(signal.SIGTERM)
            request.obey()

    with pytest.raises(stopping.Stopped) as stopped:
        swallow()
    assert stopped.value.exit_code == 143


def test_a_library_that_turns_the_signal_into_another_error_is_seen_through(monkeypatch, capsys):
    def confuse(arguments):
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException as error:
            raise ImportError("half a library") from error

    monkeypatch.setattr("deepreslib.commands.parse", confuse)
    assert main(["mask"]) == 130
    assert "stopped by Ctrl-C" in capsys.readouterr().err


def test_errors_of_the_program_itself_are_not_hidden(monkeypatch):
    def fail(arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("deepreslib.commands.parse", fail)
    with pytest.raises(ZeroDivisionError):
        main(["mask"])


def test_too_little_memory_is_one_sentence(monkeypatch, capsys):
    def fail(arguments):
        raise MemoryError

    monkeypatch.setattr("deepreslib.commands.parse", fail)
    assert main(["mask"]) == 2
    assert capsys.readouterr().err.startswith("deepres: error: there is not enough memory")


def test_in_a_thread_the_command_runs_without_handlers(capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["mask", "absent.mrc", "-o", "absent/new.mrc"])))
    thread.start()
    thread.join()
    assert codes == [2]
    with stopping.stoppable() as request:
        request.obey()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A map that takes MonoRes much longer than a second, and its mask."""
    folder = tmp_path_factory.mktemp("large")
    values = np.random.default_rng(0).standard_normal((192, 192, 192)).astype(np.float32)
    inside = np.zeros(values.shape, bool)
    inside[40:150, 40:150, 40:150] = True
    values[inside] *= 3
    write_map(folder / "map.mrc", DensityMap(values, (1.0,) * 3))
    write_map(folder / "mask.mrc", DensityMap(inside.astype(np.float32), (1.0,) * 3))
    return ["--mask", str(folder / "mask.mrc"), str(folder / "map.mrc")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_stopped_leaves_nothing(tmp_path, number, large):
    arguments = ["estimate", *large, "--method", "monores", "--threads", "1", "-o", str(tmp_path / "res.mrc")]
    process = subprocess.Popen(
        [sys.executable, "-m", "deepreslib", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(1.5)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert "Traceback" not in error
    assert process.returncode in (128 + number, -number)
    assert os.listdir(tmp_path) == []
