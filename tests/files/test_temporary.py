"""Temporary names, and what is left of processes that were killed."""

import os
import subprocess
import sys

from deepreslib.files import sweep, write_aside
from deepreslib.files.temporary import temporary_path

KILLED = """
import os, sys
from deepreslib.files import write_aside
with write_aside(sys.argv[1]) as aside:
    aside.write_text("half")
    os.kill(os.getpid(), 9)
"""


def test_a_temporary_name_is_short_hidden_and_ends_like_the_file(tmp_path):
    for name in ("map.mrc", "m" * 255, "a.mrc.gz", "model.weights.h5", "a." + "b" * 200):
        path = temporary_path(tmp_path / name)
        assert path.parent == tmp_path
        assert path.name.startswith(".deepres-")
        assert len(path.name) < 60
    assert temporary_path(tmp_path / "model.weights.h5").name.endswith(".weights.h5")
    assert temporary_path(tmp_path / "a") != temporary_path(tmp_path / "a")


def test_what_a_killed_process_left_is_swept(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "map.mrc"], check=False)
    (left,) = os.listdir(tmp_path)
    assert left.startswith(".deepres-")
    sweep([tmp_path, tmp_path / "absent"])
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_still_written_is_left_alone(tmp_path):
    with write_aside(tmp_path / "map.mrc") as aside:
        aside.touch()
        (tmp_path / ".deepres-00000000-1-0123456789ab.mrc").touch()  # of another machine
        (tmp_path / ".deepres-notes").touch()
        sweep([tmp_path])
        assert len(os.listdir(tmp_path)) == 3
