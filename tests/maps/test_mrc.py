"""The bytes of MRC files: modes, byte orders, compression, sloppy headers, damage."""

import bz2
import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mrc_files import MODES, SHAPE, assert_map_refused, mrc_bytes, values
from mrcfile.dtypes import HEADER_DTYPE
from properties import quick, shapes

from deepreslib.errors import InputError
from deepreslib.maps import read_map
from deepreslib.maps.mrc import open_stream, read_data, read_header


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mode", MODES)
def test_modes_and_byte_orders(file, mode, order):
    data = values(dtype=MODES[mode])
    density = read_map(file(mrc_bytes(data, order)))
    assert density.data.dtype == np.float32
    assert density.data.dtype.isnative
    assert density.data.flags.c_contiguous
    np.testing.assert_array_equal(density.data, data)
    assert density.voxel_size == (2.0, 2.0, 2.0)
    assert density.origin == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("signed", [-128, 127])
def test_mode_0_is_signed(file, signed):
    data = np.full(SHAPE, signed, "i1")
    data[0, 0, 0] = 0
    assert read_map(file(mrc_bytes(data))).data[1, 1, 1] == signed


def test_compression_is_known_by_content_not_by_name(file):
    np.testing.assert_array_equal(read_map(file(gzip.compress(mrc_bytes(values())), "map.mrc")).data, values())
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values()), "map.mrc.gz")).data, values())


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_stream_gives_the_bytes_that_were_compressed(file, compress):
    with open_stream(file(compress(b"some bytes of a map"))) as stream:
        assert stream.read() == b"some bytes of a map"


@pytest.mark.parametrize("order", "<>")
def test_the_header_is_read_before_the_data(file, order):
    path = file(mrc_bytes(values(dtype="i2"), order, nsymbt=24))
    with open_stream(path) as stream:
        header = read_header(stream, path)
        assert [int(header[name]) for name in ("nz", "ny", "nx", "mode", "nsymbt")] == [*SHAPE, 1, 24]
        data, notes = read_data(stream, header, path)
    np.testing.assert_array_equal(data, values())
    assert notes == ()


@pytest.mark.parametrize(
    "fields", [{"nx": 0}, {"ny": 2**15}, {"nz": 2**27}, {"mode": 5, "map": b""}, {"mode": -1}], ids=str
)
def test_numbers_that_make_no_sense_are_no_header(file, fields):
    header = np.frombuffer(mrc_bytes(values())[:1024], HEADER_DTYPE)[0].copy()
    for name, value in fields.items():
        header[name] = value
    path = file(header.tobytes())
    with open_stream(path) as stream, pytest.raises(InputError, match=r"map\.mrc is not an MRC or CCP4 map"):
        read_header(stream, path)


def test_extended_header_is_skipped(file):
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values(), nsymbt=160))).data, values())


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("stamp", [(0, 0, 0, 0), (0x44, 0x44, 0, 0), (0x11, 0x11, 0, 0)])
@pytest.mark.parametrize("identifier", [b"MAP ", b"", b"junk"])
def test_sloppy_stamp_and_identifier_are_forgiven(file, order, stamp, identifier):
    density = read_map(file(mrc_bytes(values(), order, machst=stamp, map=identifier)))
    np.testing.assert_array_equal(density.data, values())


def test_bytes_after_the_data_are_forgiven(file):
    np.testing.assert_array_equal(read_map(file(mrc_bytes(values()) + b"more")).data, values())


@pytest.mark.parametrize(
    "content", [b"short", b"ATOM  12345 " * 500, bytes(4096), np.random.default_rng(0).bytes(5000)]
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_other_files_are_refused(file, content, compress):
    assert_map_refused(file(compress(content)), "is not an MRC or CCP4 map")


def test_plausible_numbers_without_identifier_need_the_right_size(file):
    assert_map_refused(file(mrc_bytes(values(), map=b"") + b"?"), "is not an MRC or CCP4 map")
    assert_map_refused(file(mrc_bytes(values(), map=b"")[:-1]), "is not an MRC or CCP4 map")


@pytest.mark.parametrize("size", [1024, 1100, -1])
def test_truncated_file_is_refused(file, size):
    assert_map_refused(file(mrc_bytes(values())[:size]), "is truncated", "of 840 bytes")


def test_truncated_extended_header_is_refused(file):
    assert_map_refused(file(mrc_bytes(values(), nsymbt=2000)[:1500]), "is truncated")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_truncated_and_compressed_is_refused(file, compress):
    noise = np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4")
    assert_map_refused(file(compress(mrc_bytes(noise))[:20000]), "is truncated")
    assert_map_refused(file(compress(mrc_bytes(noise)[:-10])), "is truncated")


def test_damaged_compression_is_refused(file):
    content = bytearray(gzip.compress(mrc_bytes(np.random.default_rng(0).normal(size=(20, 20, 20)).astype("f4"))))
    content[5000:5100] = bytes(100)
    assert_map_refused(file(bytes(content)))


@pytest.mark.parametrize(("mode", "words"), [(3, "complex"), (4, "complex"), (101, "mode 101"), (7, "mode 7")])
def test_unsupported_modes_are_refused(file, mode, words):
    assert_map_refused(file(mrc_bytes(values(), mode=mode)), words)


def test_reading_needs_one_copy_of_the_map(file):
    data = np.random.default_rng(0).normal(size=(64, 64, 64)).astype("f4")
    path = file(mrc_bytes(data, ">"))
    del data
    tracemalloc.start()
    read = read_map(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * read.data.nbytes


@quick
@given(
    shape=shapes(2, 7),
    mode=st.sampled_from(sorted(MODES)),
    order=st.sampled_from("<>"),
    axis_order=st.permutations((1, 2, 3)),
    extended=st.integers(0, 200),
    compress=st.sampled_from([bytes, gzip.compress, bz2.compress]),
)
def test_any_file_is_read_as_it_was_written(tmp_path_factory, shape, mode, order, axis_order, extended, compress):
    zyx = values(shape, MODES[mode])
    in_file = zyx.transpose([3 - axis for axis in axis_order[::-1]])
    path = tmp_path_factory.mktemp("maps") / "map.mrc"
    path.write_bytes(compress(mrc_bytes(in_file, order, (1.0, 2.0, 3.0), axis_order=axis_order, nsymbt=extended)))
    density = read_map(path)
    np.testing.assert_array_equal(density.data, zyx)
    assert density.voxel_size == (3.0, 2.0, 1.0)
