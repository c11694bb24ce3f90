"""The text of a structure file: decompressed to its last byte, decoded, or refused in one sentence."""

import bz2
import contextlib
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import quick
from small_structures import write_atoms

from deepreslib.errors import InputError
from deepreslib.structures import read_structure
from deepreslib.structures.text import read_text

COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["model.pdb.gz", "model.pdb", "model.cif.bz2"])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, bytes])
def test_the_first_bytes_decide_and_not_the_name(tmp_path, name, compress):
    content = Path(write_atoms(tmp_path / "plain.pdb")).read_bytes()
    path = written(tmp_path / name, compress(content))
    assert len(read_structure(path)) == 7


@pytest.mark.parametrize("suffix", COMPRESS)
@given(share=st.floats(0.001, 0.999))
@quick
def test_a_cut_file_is_refused_wherever_it_is_cut(folder, suffix, share):
    whole = COMPRESS[suffix](b"ATOM\n" * 5000)
    path = written(folder / f"cut.pdb.{suffix}", whole[: max(int(share * len(whole)), 4)])
    with pytest.raises(InputError, match=rf"cut\.pdb\.{suffix} is cut or damaged"):
        read_text(path)


@pytest.mark.parametrize("suffix", COMPRESS)
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
@quick
def test_a_flipped_bit_never_gives_other_text(folder, suffix, place, bit):
    text = "".join(f"ATOM {number}\n" for number in range(900))
    content = bytearray(COMPRESS[suffix](text.encode()))
    content[int(place * len(content))] ^= 1 << bit
    path = written(folder / f"flipped.{suffix}", bytes(content))
    with contextlib.suppress(InputError):
        assert read_text(path) == text


@pytest.mark.parametrize("suffix", COMPRESS)
def test_what_follows_the_stream_is_refused_but_not_a_second_stream(tmp_path, suffix):
    compress = COMPRESS[suffix]
    assert read_text(written(tmp_path / "two", compress(b"one\n") + compress(b"two\n"))) == "one\ntwo\n"
    with pytest.raises(InputError, match="is cut or damaged"):
        read_text(written(tmp_path / "garbage", compress(b"one\n") + b"garbage"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"ATOM\0\0", "no text"),
        ("ATOM".encode("utf-16"), "no text"),
    ],
)
def test_what_holds_no_text_is_refused(tmp_path, content, words):
    with pytest.raises(InputError, match=words):
        read_text(written(tmp_path / "model.pdb", content))


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("deepreslib.structures.text.MOST_BYTES", 10_000)
    for compress in COMPRESS.values():
        with pytest.raises(InputError, match="which is too much"):
            read_text(written(tmp_path / "bomb", compress(b"ATOM\n" * 10_000)))


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    words = {".": "is a folder", "pipe": "no regular file", "absent": "there is no such file", "x" * 300: "too long"}
    for name, reason in words.items():
        with pytest.raises(InputError, match=reason):
            read_text(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_not_called_absent(tmp_path):
    path = written(tmp_path / "secret.pdb", b"ATOM")
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        read_text(path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfa\r\nb\rc\n", "a\nb\nc\n"),
        ("Ångström\n".encode(), "Ångström\n"),
        ("Ångström\x85\n".encode("latin-1"), "Ångström\x85\n"),
    ],
)
def test_text_is_decoded_and_its_lines_end_alike(tmp_path, content, text):
    assert read_text(written(tmp_path / "model.pdb", content)) == text
