"""MRC files written by hand for tests, so that no writer of ours or of others decides what is in them."""

import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE

from deepreslib.errors import InputError
from deepreslib.maps import read_map

SHAPE = (5, 6, 7)
MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}


def mrc_bytes(data, order="<", voxel_size=(2.0, 2.0, 2.0), **fields):
    """An MRC file written by hand: ``data`` in file order, ``voxel_size`` and origin along x, y, z."""
    header = np.zeros((), HEADER_DTYPE.newbyteorder(order))
    header["nz"], header["ny"], header["nx"] = data.shape
    header["mode"] = {code: mode for mode, code in MODES.items()}[data.dtype.str[1:]]
    axis_order = fields.get("axis_order", (1, 2, 3))
    intervals = fields.pop("intervals", None) or [data.shape[::-1][axis_order.index(axis)] for axis in (1, 2, 3)]
    header["mx"], header["my"], header["mz"] = intervals
    header["cella"] = tuple(size * count for size, count in zip(voxel_size, intervals, strict=True))
    header["cellb"] = (90, 90, 90)
    header["mapc"], header["mapr"], header["maps"] = fields.pop("axis_order", (1, 2, 3))
    header["nxstart"], header["nystart"], header["nzstart"] = fields.pop("starts", (0, 0, 0))
    header["ispg"] = 1
    header["map"] = b"MAP "
    header["machst"] = {"<": (0x44, 0x44, 0, 0), ">": (0x11, 0x11, 0, 0)}[order]
    for name, value in fields.items():
        header[name] = value
    return header.tobytes() + b"?" * int(header["nsymbt"]) + data.astype(data.dtype.newbyteorder(order)).tobytes()


def values(shape=SHAPE, dtype="f4"):
    """Small whole numbers, all different along every axis, exact in every mode."""
    return (np.arange(np.prod(shape)) % 97).reshape(shape).astype(dtype)


def assert_map_refused(path, *words, **arguments):
    """Read what must be refused; the sentence names the file and holds the words."""
    with pytest.raises(InputError) as caught:
        read_map(path, **arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in (str(path), *words):
        assert word in sentence
