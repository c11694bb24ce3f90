"""Hostile map files: refused in a sentence, or read rightly."""

import numpy as np
from hostile import SIZES, answer, assert_sane, examples, flipped, header_bytes, places
from hypothesis import given
from hypothesis import strategies as st

from deepreslib.errors import InputError
from deepreslib.maps import read_map


def estimate(name, mask="mask.mrc"):
    code, said = answer("estimate", name, "--mask", mask, "--method", "monores", "--step", 1, "-o", "out.mrc")
    if code == 0:
        assert_sane("out.mrc")
    return code, said


def is_read_as(path, truth):
    """Whether a file is read as the truth, or refused; a wrong map is neither."""
    try:
        return np.array_equal(read_map(path).data, truth)
    except InputError:
        return True


@given(words=header_bytes)
@examples(30)
def test_headers(folder, words):
    raw = bytearray((folder / "map.mrc").read_bytes())
    for number, value in words:
        raw[4 * number : 4 * number + 4] = int(value).to_bytes(4, "little", signed=True)
    (folder / "bad.mrc").write_bytes(raw)
    estimate("bad.mrc")


@given(share=st.floats(0, 1), tail=st.binary(max_size=40))
@examples(10)
def test_files_that_end_early_or_late(folder, share, tail):
    raw = (folder / "map.mrc").read_bytes()
    (folder / "bad.mrc").write_bytes(raw[: int(share * len(raw))] + tail)
    assert is_read_as(folder / "bad.mrc", read_map(folder / "map.mrc").data) or share * len(raw) + len(tail) >= len(raw)
    estimate("bad.mrc")


@given(kind=st.sampled_from(list(SIZES)), places=places)
@examples(25)
def test_bits_turned_over_in_compressed_files(folder, kind, places):
    packed = SIZES[kind]((folder / "map.mrc").read_bytes())
    (folder / "bad.mrc").write_bytes(flipped(packed, places))
    assert is_read_as(folder / "bad.mrc", read_map(folder / "map.mrc").data)


@given(kind=st.sampled_from(list(SIZES)), share=st.floats(0, 1), tail=st.binary(max_size=20))
@examples(10)
def test_compressed_files_that_end_early_or_late(folder, kind, share, tail):
    packed = SIZES[kind]((folder / "map.mrc").read_bytes())
    (folder / "bad.mrc").write_bytes(packed[: int(share * len(packed))] + tail)
    assert is_read_as(folder / "bad.mrc", read_map(folder / "map.mrc").data)
    estimate("bad.mrc")


@given(
    scale=st.sampled_from([1e-40, 1e-38, 1e-30, 1e-9, -1.0, 1e9, 1e30, 1e37]),
    offset=st.sampled_from([0.0, 1.0, -1e3, 1e6]),
    spike=st.sampled_from([0.0, 1e15, -1e15, 3e38, float("nan"), float("inf")]),
)
@examples(20)
def test_bodies(folder, scale, offset, spike):
    raw = bytearray((folder / "map.mrc").read_bytes())
    with np.errstate(all="ignore"):
        values = np.frombuffer(raw, "<f4", offset=1024) * np.float32(scale) + np.float32(offset)
    if spike:
        values[1000] = spike
    raw[1024:] = values.astype("<f4").tobytes()
    (folder / "bad.mrc").write_bytes(raw)
    estimate("bad.mrc")


@given(words=header_bytes)
@examples(15)
def test_headers_of_masks(folder, words):
    raw = bytearray((folder / "mask.mrc").read_bytes())
    for number, value in words:
        raw[4 * number : 4 * number + 4] = int(value).to_bytes(4, "little", signed=True)
    (folder / "bad.mrc").write_bytes(raw)
    estimate("map.mrc", "bad.mrc")
