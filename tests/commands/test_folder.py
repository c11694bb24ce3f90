"""Folders that commands write into, and names short enough for pictures."""

import os

import pytest

from deepreslib.commands.folder import check_folder, make_folder, save_picture, short_names
from deepreslib.errors import InputError
from deepreslib.pictures.figures import new_figure


def test_checking_a_folder_makes_nothing(tmp_path):
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "deeper")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file", "file/new", "file/new/deeper"])
def test_a_file_is_no_folder(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file; give another --output"):
        check_folder(tmp_path / name)


def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="is not writable"):
        check_folder(tmp_path / "new")


def test_a_folder_is_made_with_its_parents_and_kept(tmp_path):
    folder = make_folder(tmp_path / "new" / "deeper")
    (folder / "kept").touch()
    assert make_folder(folder) == folder
    assert (folder / "kept").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        make_folder(tmp_path / "file")


def test_a_picture_is_written_and_named(tmp_path, capsys):
    path = tmp_path / "picture.png"
    save_picture(new_figure(1, 1), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == f"wrote {path}\n"


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/one.mrc", "a/two.map"], ["one", "two"]),
        (["one.mrc.gz"], ["one"]),
        (["a.b.mrc", "a.c.CCP4"], ["a.b", "a.c"]),
        (["x/one.mrc", "y/one.mrc.bz2", "y/two.mrc"], ["x/one", "y/one", "y/two"]),
        (["p/x/one.mrc", "q/x/one.mrc"], ["p/x/one", "q/x/one"]),
        (["one.mrc", "x/one.mrc"], ["one", "x/one"]),
        (["one.mrc", "one.mrc"], ["1: one.mrc", "2: one.mrc"]),
    ],
)
def test_names_are_as_short_as_tells_them_apart(paths, names):
    assert short_names(paths) == names
