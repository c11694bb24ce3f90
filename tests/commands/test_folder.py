"""Folders that commands write into, and names short enough for pictures."""

from pathlib import Path

import pytest

from deepreslib.commands.folder import in_folder, short_names


def test_files_lie_in_their_folder():
    assert in_folder("out", ["a.mrc", "b.png"]) == [Path("out/a.mrc"), Path("out/b.png")]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/one.mrc", "a/two.map"], ["one", "two"]),
        (["one.mrc.gz"], ["one"]),
        (["a.b.mrc", "a.c.CCP4"], ["a.b", "a.c"]),
        (["x/one.mrc", "y/one.mrc.bz2", "y/two.mrc"], ["x/one", "y/one", "y/two"]),
        (["p/x/one.mrc", "q/x/one.mrc"], ["p/x/one", "q/x/one"]),
        (["one.mrc", "x/one.mrc"], ["one", "x/one"]),
        (["one.mrc", "one.mrc"], ["1: one", "2: one"]),
    ],
)
def test_names_are_as_short_as_tells_them_apart(paths, names):
    assert short_names(paths) == names
