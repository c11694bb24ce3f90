"""Names of maps and what is named after them."""

from pathlib import Path

import pytest

from deepreslib.errors import InputError
from deepreslib.files import is_map_name, map_stem, split_map_name


@pytest.mark.parametrize(
    ("path", "stem", "suffix"),
    [
        ("z.mrc", "z", ".mrc"),
        ("out/z.map", "out/z", ".map"),
        ("z.mrc.gz", "z", ".mrc.gz"),
        ("/a.b/z.1.MRC.bz2", "/a.b/z.1", ".MRC.bz2"),
        ("z.mrc.mrc", "z.mrc", ".mrc"),
        (Path("a") / "z.ccp4", "a/z", ".ccp4"),
    ],
)
def test_a_name_is_split_before_its_whole_ending(path, stem, suffix):
    assert split_map_name(path) == (stem, suffix)
    assert is_map_name(path)


@pytest.mark.parametrize(
    ("path", "mended"),
    [
        ("z", "z.mrc"),
        ("z.tif", "z.mrc"),
        ("z.mrcs", "z.mrc"),
        ("z.gz", "z.mrc.gz"),
        ("z.tar.gz", "z.mrc.gz"),
        ("a.mrc/z", "a.mrc/z.mrc"),
        ("out/", "out/OUT.mrc"),
        (".", "./OUT.mrc"),
        ("a/..", "a/../OUT.mrc"),
    ],
)
def test_another_name_is_refused_with_the_one_to_write(path, mended):
    with pytest.raises(InputError) as caught:
        split_map_name(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith(f"write {mended}.")
    assert not is_map_name(path)


@pytest.mark.parametrize(("path", "mended"), [(".mrc", "OUT.mrc"), ("a/.mrc.gz", "a/OUT.mrc.gz")])
def test_an_ending_alone_is_no_name(path, mended):
    with pytest.raises(InputError, match=f"write {mended}"):
        split_map_name(path)


@pytest.mark.parametrize(("path", "stem"), [("a/z.1.MRC.bz2", "z.1"), ("z.map", "z"), ("a/z.cif", "z.cif"), ("z", "z")])
def test_the_stem_has_no_folder_and_no_ending(path, stem):
    assert map_stem(path) == stem
