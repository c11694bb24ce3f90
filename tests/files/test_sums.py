"""Check sums of a run's files, and files of two runs that got mixed."""

import hashlib
import json

import pytest

from deepreslib.errors import InputError
from deepreslib.files import check_against_report, check_set, sha256, together, write_aside, write_report


@pytest.fixture
def folder(tmp_path):
    """The files of a run: a map, its deviation and their report."""
    write(tmp_path, "1")
    return tmp_path


def write(folder, text, report="res.json"):
    with together(folder / report):
        for name in ("res.mrc", "res_sd.mrc"):
            with write_aside(folder / name) as aside:
                aside.write_text(name + text)
        write_report(folder / report, {"command": "deepres"})


def test_the_sum_is_that_of_the_bytes(tmp_path):
    data = bytes(range(256)) * 40000
    (tmp_path / "file").write_bytes(data)
    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_a_report_holds_the_sums_of_its_files(folder):
    sums = json.loads((folder / "res.json").read_text())["files"]
    assert sums == {name: hashlib.sha256(f"{name}1".encode()).hexdigest() for name in ("res.mrc", "res_sd.mrc")}
    check_set(folder / "res.json")


def test_a_mixture_of_two_runs_is_refused(folder):
    (folder / "res_sd.mrc").write_text("of another run")
    with pytest.raises(InputError, match=r"res_sd\.mrc is not the file that .*res\.json describes"):
        check_set(folder / "res.json")
    with pytest.raises(InputError, match=r"remove res\.json if you changed res_sd\.mrc yourself"):
        check_against_report(folder / "res_sd.mrc")
    check_against_report(folder / "res.mrc")


@pytest.mark.parametrize("report", ["classify.json", "compare.json", "pictures.json", "sharpness.json"])
def test_reports_of_folders_are_found(tmp_path, report):
    write(tmp_path, "1", report)
    check_against_report(tmp_path / "res.mrc")
    (tmp_path / "res.mrc").write_text("of another run")
    with pytest.raises(InputError, match=report):
        check_against_report(tmp_path / "res.mrc")


def test_a_missing_file_is_no_mixture(folder):
    (folder / "res_sd.mrc").unlink()
    check_set(folder / "res.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"files": 3, "command": ""}', '{"files": {"res.mrc": "0"}}', "[" * 9999]
)
def test_what_is_no_report_is_passed_over(folder, text):
    (folder / "res.json").write_text(text)
    check_set(folder / "res.json")
    check_against_report(folder / "res.mrc")


def test_a_file_without_a_report_is_passed_over(tmp_path):
    (tmp_path / "map.mrc").touch()
    check_against_report(tmp_path / "map.mrc")
    check_against_report(tmp_path / "absent.mrc")
