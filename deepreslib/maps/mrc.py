"""MRC files as they are found: compressed or not, in either byte order, with sloppy headers."""

import bz2
import gzip
import math
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE
from mrcfile.utils import byte_order_from_machine_stamp

from deepreslib.errors import InputError

_MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_COMPLEX_MODES = (3, 4)
_MODES_TO_NAME = range(256)
_CHUNK = 1 << 24
_NOT_A_MAP = "{} is not an MRC or CCP4 map; convert it to .mrc first."


def open_stream(path: Path) -> BinaryIO:
    """Open a file for reading, decompressed if its first bytes say gzip or bzip2."""
    with open(path, "rb") as stream:
        start = stream.read(3)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")
    if start == b"BZh":
        return bz2.open(path, "rb")
    return open(path, "rb")


def read_header(stream: BinaryIO, path: Path) -> np.ndarray:
    """Read the header, in the byte order in which its numbers make sense.

    Returns:
        A record of ``mrcfile.dtypes.HEADER_DTYPE``.

    Raises:
        InputError: if the numbers make no sense in either order.
    """
    raw = stream.read(HEADER_DTYPE.itemsize)
    if len(raw) < HEADER_DTYPE.itemsize:
        raise InputError(_NOT_A_MAP.format(path))
    try:
        order = byte_order_from_machine_stamp(np.frombuffer(raw, HEADER_DTYPE)[0]["machst"])
    except ValueError:
        order = "<"
    for candidate in (order, "<" if order == ">" else ">"):
        header = np.frombuffer(raw, HEADER_DTYPE.newbyteorder(candidate))[0]
        if _makes_sense(header):
            return header
    raise InputError(_NOT_A_MAP.format(path))


def _makes_sense(header: np.ndarray) -> bool:
    modes = _MODES_TO_NAME if _has_identifier(header) else (*_MODES, *_COMPLEX_MODES)
    plane, sections = (int(header["nx"]), int(header["ny"])), int(header["nz"])
    return (
        int(header["mode"]) in modes
        and all(0 < count < 2**15 for count in plane)
        and 0 < sections < 2**27
        and header["nsymbt"] >= 0
    )


def _has_identifier(header: np.ndarray) -> bool:
    return bytes(header["map"])[:3] == b"MAP"


def read_data(stream: BinaryIO, header: np.ndarray, path: Path) -> np.ndarray:
    """Read the data block that follows ``header`` and its extended header.

    Returns:
        float32 array in the machine's byte order, (sections, rows, columns).

    Raises:
        InputError: if the mode is not supported, bytes are missing, or the file has no "MAP" identifier and more or
            fewer bytes than its dimensions ask for.
    """
    mode = int(header["mode"])
    if mode in _COMPLEX_MODES:
        raise InputError(f"{path} holds complex numbers (mode {mode}), a Fourier transform; give the map itself.")
    if mode not in _MODES:
        raise InputError(f"{path} is of mode {mode}, which is not supported; convert it to 32-bit floats (mode 2).")
    shape = tuple(int(header[name]) for name in ("nz", "ny", "nx"))
    dtype = np.dtype(_MODES[mode]).newbyteorder(header.dtype["mode"].byteorder)
    needed = math.prod(shape) * dtype.itemsize
    start = HEADER_DTYPE.itemsize + int(header["nsymbt"])
    is_compressed = isinstance(stream, gzip.GzipFile | bz2.BZ2File)
    if not is_compressed and (present := os.path.getsize(path) - start) < needed:
        raise _size_error(header, path, needed, max(present, 0))
    stream.seek(start)
    try:
        data = np.empty(shape, dtype)
    except MemoryError as error:
        raise InputError(f"{path} needs {needed / 1e9:.1f} GB, more memory than there is; crop or bin it.") from error
    found = _fill(stream, data)
    if found < needed:
        raise _size_error(header, path, needed, found)
    if not _has_identifier(header) and stream.read(1):
        raise InputError(_NOT_A_MAP.format(path))
    if dtype.char != "f":
        return data.astype(np.float32)
    return data if dtype.isnative else data.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _fill(stream: BinaryIO, data: np.ndarray) -> int:
    """Read into ``data``; the number of bytes that were there."""
    view = memoryview(data.reshape(-1).view(np.uint8))
    found = 0
    while found < len(view) and (count := stream.readinto(view[found : found + _CHUNK])):
        found += count
    return found


def _size_error(header: np.ndarray, path: Path, needed: int, found: int) -> InputError:
    if not _has_identifier(header):
        return InputError(_NOT_A_MAP.format(path))
    return InputError(f"{path} is truncated: {found} of {needed} bytes of data are there; copy or download it again.")
