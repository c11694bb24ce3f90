"""Files written aside, and JSON."""

import hashlib
import json
import os
import signal
from pathlib import Path

import pytest

from deepreslib.errors import InputError
from deepreslib.files import together, write_aside, write_json, write_report


def test_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "map.mrc.gz"
    with write_aside(path) as aside:
        assert aside.parent == tmp_path
        assert aside.suffixes[-2:] == [".mrc", ".gz"]
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


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_has_no_number_that_is_none(tmp_path, number):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "report.json", {"resolution": number})
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_disk_is_one_sentence(tmp_path):
    def fill_the_disk():
        with write_aside(tmp_path / "map.mrc") as aside:
            aside.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"map\.mrc cannot be written \(No space left on device\)"):
        fill_the_disk()
    assert not list(tmp_path.iterdir())


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    write_json(tmp_path / "link", 1)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "1\n"


def write(folder, names, text="new"):
    for name in names:
        with write_aside(folder / name) as aside:
            aside.write_text(text)


def test_files_of_a_run_appear_together(tmp_path):
    with together() as outputs:
        write(tmp_path, ["a", "b"])
        write(tmp_path, ["new/deeper/c"])
        write(tmp_path, ["a"], "newer")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_text() == "newer"
    assert (tmp_path / "new" / "deeper" / "c").read_text() == "new"
    assert outputs.names == [str(tmp_path / name) for name in ("a", "b", "new/deeper/c")]
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "new"]


def test_a_run_that_fails_leaves_all_as_it_was(tmp_path):
    (tmp_path / "a").write_text("old")

    def fail():
        with together():
            write(tmp_path, ["a", "new/deeper/c"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_the_report_is_renamed_last(tmp_path, monkeypatch):
    order, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: order.append(Path(new).name) or replace(old, new))
    with together(tmp_path / "report.json"):
        write_report(tmp_path / "report.json", {"command": ""})
        write(tmp_path, ["a", "b"])
    assert order == ["a", "b", "report.json"]


def test_nothing_is_renamed_when_the_last_check_fails(tmp_path):
    def obey():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), together(before_renaming=obey):
        write(tmp_path, ["a"])
    assert not list(tmp_path.iterdir())


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises ``KeyboardInterrupt``, also where the tests run in the background of a shell."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_waits_until_all_files_have_their_names(tmp_path, monkeypatch):
    replace = os.replace

    def interrupted(old, new):
        signal.raise_signal(signal.SIGINT)
        replace(old, new)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), together():
        write(tmp_path, ["a", "b"])
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_a_file_that_was_not_declared_is_a_fault_of_the_program(tmp_path):
    with pytest.raises(ValueError, match="has not declared it"), together(allowed=lambda path: path.name == "a"):
        write(tmp_path, ["a", "b"])
    assert not list(tmp_path.iterdir())


def run(folder, names, inputs=()):
    with together(folder / "report.json", inputs=inputs) as outputs:
        write(folder, names)
        write_report(folder / "report.json", {"command": ""})
    return [os.path.basename(path) for path in outputs.removed]


def test_files_of_an_earlier_run_do_not_pass_for_those_of_the_next(tmp_path):
    assert run(tmp_path, ["a", "b", "c", "d"]) == []
    (tmp_path / "c").write_text("changed since")
    (tmp_path / "other").write_text("of somebody else")
    assert run(tmp_path, ["a"], inputs=[tmp_path / "d"]) == ["b"]
    assert sorted(os.listdir(tmp_path)) == ["a", "c", "d", "other", "report.json"]


def test_a_file_that_the_run_may_write_and_has_not_is_of_its_set(tmp_path):
    report = tmp_path / "report.json"
    assert run(tmp_path, ["table.csv", "votes.mrc", "other.mrc"]) == []
    with together(report, allowed=lambda path: path.name != "other.mrc") as outputs:
        write(tmp_path, ["table.csv"])
        write_report(report, {"command": ""})
    assert [os.path.basename(path) for path in outputs.removed] == ["votes.mrc"]
    assert sorted(os.listdir(tmp_path)) == ["other.mrc", "report.json", "table.csv"]


def test_a_report_cannot_name_files_of_other_folders(tmp_path):
    (tmp_path / "in").mkdir()
    total = hashlib.sha256(b"kept").hexdigest()
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "in" / "report.json").write_text(json.dumps({"command": "", "files": {"../kept": total, "..": total}}))
    assert run(tmp_path / "in", ["a"]) == []
    assert (tmp_path / "kept").exists()
