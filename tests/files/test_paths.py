"""Output paths that could not be written are refused before any work."""

import os

import pytest

from deepreslib.errors import InputError
from deepreslib.files import check_writable, real_path


def test_writable_path_passes_and_touches_nothing(tmp_path):
    check_writable(tmp_path / "map.mrc")
    check_writable(tmp_path / "new" / "deeper" / "map.mrc", make_folder=True)
    assert os.listdir(tmp_path) == []


def test_a_file_that_may_be_replaced_passes(tmp_path):
    (tmp_path / "map.mrc").touch()
    check_writable(tmp_path / "map.mrc")


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
    with pytest.raises(InputError, match="is not writable"):
        check_writable(tmp_path / "new" / "map.mrc", make_folder=True)


@pytest.mark.parametrize("name", ["file/map.mrc", "file/new/map.mrc"])
def test_a_file_is_no_folder(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file; give another --output"):
        check_writable(tmp_path / name, make_folder=True)
    with pytest.raises(InputError, match="does not exist"):
        check_writable(tmp_path / name)


def test_a_read_only_file_is_refused_even_where_its_folder_may_be_written(tmp_path):
    path = tmp_path / "map.mrc"
    path.touch()
    path.chmod(0o444)
    with pytest.raises(InputError, match="is read-only"):
        check_writable(path)


def test_what_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mrc")
    (tmp_path / "device.mrc").symlink_to("/dev/null")
    for name in ("pipe.mrc", "device.mrc"):
        with pytest.raises(InputError, match="no regular file"):
            check_writable(tmp_path / name)


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be written .*shorter name"):
        check_writable(tmp_path / ("m" * 256))
    check_writable(tmp_path / ("m" * 251 + ".mrc"))


@pytest.mark.parametrize("name", ["a\nb.mrc", "a\u2028b.mrc", "a\tb.mrc", "\x7f.mrc"])
def test_a_name_that_scripts_cannot_hold_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot be printed") as refusal:
        check_writable(tmp_path / name)
    assert str(refusal.value).isprintable()


def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.mrc").symlink_to("there/map.mrc")
    assert real_path(tmp_path / "link.mrc") == real_path(tmp_path) / "there" / "map.mrc"
    check_writable(tmp_path / "link.mrc")
    (tmp_path / "lost.mrc").symlink_to("absent/map.mrc")
    with pytest.raises(InputError, match="absent does not exist"):
        check_writable(tmp_path / "lost.mrc")
