"""Files written aside, and JSON."""

import json
import os

import pytest

from deepreslib.errors import InputError
from deepreslib.files import check_writable, write_aside, write_json


def test_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "map.mrc.gz"
    with write_aside(path) as aside:
        assert aside.parent == tmp_path
        assert aside.suffix == ".gz"
        aside.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["map.mrc.gz"]


def test_failure_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "map.mrc"
    path.write_text("old")

    def write_half():
        with write_aside(path) as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["map.mrc"]


def test_failure_before_anything_was_written_shows_its_own_error(tmp_path):
    with pytest.raises(ZeroDivisionError), write_aside(tmp_path / "map.mrc"):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


def test_new_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    with write_aside(tmp_path / "aside") as aside:
        aside.touch()
    assert (tmp_path / "aside").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_writable_path_passes_and_touches_nothing(tmp_path):
    check_writable(tmp_path / "map.mrc")
    assert os.listdir(tmp_path) == []


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"map\.mrc cannot be written because the folder .*absent does not exist"):
        check_writable(tmp_path / "absent" / "map.mrc")


def test_folder_as_output_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        check_writable(tmp_path)


def test_read_only_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(InputError, match="not writable"):
        check_writable(tmp_path / "map.mrc")


def test_write_json_is_read_back(tmp_path):
    write_json(tmp_path / "report.json", {"resolution": 3.5, "unit": "Å"})
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"resolution": 3.5, "unit": "Å"}
    assert text.endswith("}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_write_json_leaves_nothing_of_what_it_cannot_write(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "report.json", {"set": {1}})
    assert not list(tmp_path.iterdir())
