"""MRC files as they are found: compressed or not, in either byte order, with sloppy headers."""

import bz2
import gzip
import io
import math
import os
from pathlib import Path
from typing import TypeAlias

import numpy as np
from mrcfile.dtypes import HEADER_DTYPE
from mrcfile.utils import byte_order_from_machine_stamp

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, FloatArray

Header: TypeAlias = np.void
"""A record of ``mrcfile.dtypes.HEADER_DTYPE``."""

Stream: TypeAlias = io.BufferedReader | gzip.GzipFile | bz2.BZ2File

_MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
_COMPLEX_MODES = (3, 4)
_MODES_TO_NAME = range(256)
_CHUNK = 1 << 24
_NOT_A_MAP = "{} is not an MRC or CCP4 map; convert it to .mrc first."


def open_stream(path: Path) -> Stream:
    """Open a file for reading, decompressed if its first bytes are those of gzip or bzip2.

    Args:
        path: the file.

    Returns:
        The stream, to be closed by the caller.
    """
    with open(path, "rb") as stream:
        start = stream.read(3)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")
    if start == b"BZh":
        return bz2.open(path, "rb")
    return open(path, "rb")


def read_header(stream: Stream, path: Path) -> Header:
    """Read the header, in the byte order in which its numbers make sense.

    Args:
        stream: at the file's beginning.
        path: the file, for messages.

    Returns:
        The header.

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


def _makes_sense(header: Header) -> bool:
    modes = _MODES_TO_NAME if _has_identifier(header) else (*_MODES, *_COMPLEX_MODES)
    plane, sections = (int(header["nx"]), int(header["ny"])), int(header["nz"])
    return (
        int(header["mode"]) in modes
        and all(0 < count < 2**15 for count in plane)
        and 0 < sections < 2**27
        and int(header["nsymbt"]) >= 0
    )


def _has_identifier(header: Header) -> bool:
    return bytes(header["map"])[:3] == b"MAP"


def read_data(stream: Stream, header: Header, path: Path) -> FloatArray:
    """Read the data block that follows the header and the extended header.

    Args:
        stream: of the file, anywhere.
        header: the file's.
        path: the file, for messages.

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
    dtype = np.dtype(header.dtype["mode"].byteorder + _MODES[mode])
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
    present = _fill(stream, data)
    if present < needed:
        raise _size_error(header, path, needed, present)
    if not _has_identifier(header) and stream.read(1):
        raise InputError(_NOT_A_MAP.format(path))
    if dtype.char != "f":
        return data.astype(np.float32)
    return data if dtype.isnative else data.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _fill(stream: Stream, data: Array) -> int:
    """Read into ``data``, and return the number of bytes read."""
    view = data.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(view) and (count := stream.readinto(view[filled : filled + _CHUNK])):
        filled += count
    return filled


def _size_error(header: Header, path: Path, needed: int, present: int) -> InputError:
    if not _has_identifier(header):
        return InputError(_NOT_A_MAP.format(path))
    return InputError(f"{path} is truncated: {present} of {needed} bytes of data are there; copy or download it again.")
