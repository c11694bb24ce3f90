"""The bytes of MRC files: compression by content, byte order by sense, data in the machine's own order."""

import bz2
import gzip

import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE

from deepreslib.errors import InputError
from deepreslib.maps.mrc import open_stream, read_data, read_header

SHAPE = (3, 4, 5)
DATA = np.arange(-30, 30, dtype="f4").reshape(SHAPE)
TYPES = {1: "i2", 2: "f4"}


def content(order="<", mode=2, extended=b"", **fields):
    """A header, an extended header and ``DATA`` as an MRC file of mode 2 or 1 holds them."""
    header = np.zeros((), HEADER_DTYPE.newbyteorder(order))
    header["nz"], header["ny"], header["nx"] = SHAPE
    header["mode"], header["map"], header["nsymbt"] = mode, b"MAP ", len(extended)
    header["machst"] = {"<": (0x44, 0x44, 0, 0), ">": (0x11, 0x11, 0, 0)}[order]
    for name, value in fields.items():
        header[name] = value
    return header.tobytes() + extended + DATA.astype(order + TYPES[mode]).tobytes()


def read(path):
    with open_stream(path) as stream:
        header = read_header(stream, path)
        return header, read_data(stream, header, path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_stream_gives_the_bytes_that_were_compressed(tmp_path, compress):
    path = tmp_path / "map.any"
    path.write_bytes(compress(b"some bytes of a map"))
    with open_stream(path) as stream:
        assert stream.read() == b"some bytes of a map"


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("mode", [1, 2])
def test_either_byte_order_gives_the_same_numbers(tmp_path, order, mode):
    path = tmp_path / "map.mrc"
    path.write_bytes(content(order, mode, extended=b"?" * 24))
    header, data = read(path)
    assert (int(header["nz"]), int(header["ny"]), int(header["nx"]), int(header["mode"])) == (*SHAPE, mode)
    assert data.dtype == np.float32
    assert data.dtype.isnative
    np.testing.assert_array_equal(data, DATA)


def test_a_stamp_that_lies_loses_against_numbers_that_make_sense(tmp_path):
    path = tmp_path / "map.mrc"
    path.write_bytes(content(">", machst=(0x44, 0x44, 0, 0)))
    np.testing.assert_array_equal(read(path)[1], DATA)


@pytest.mark.parametrize(
    "fields", [{"nx": 0}, {"ny": 2**15}, {"nz": 2**27}, {"nsymbt": -1}, {"mode": 5, "map": b""}, {"mode": -1}], ids=str
)
def test_numbers_that_make_no_sense_are_no_map(tmp_path, fields):
    path = tmp_path / "map.mrc"
    path.write_bytes(content()[:1024])
    raw = np.frombuffer(path.read_bytes(), HEADER_DTYPE)[0].copy()
    for name, value in fields.items():
        raw[name] = value
    path.write_bytes(raw.tobytes())
    with open_stream(path) as stream, pytest.raises(InputError, match=r"map\.mrc is not an MRC or CCP4 map"):
        read_header(stream, path)


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_missing_bytes_are_counted(tmp_path, compress):
    path = tmp_path / "map.mrc"
    path.write_bytes(compress(content()[:-16]))
    with pytest.raises(InputError, match="224 of 240 bytes"):
        read(path)
