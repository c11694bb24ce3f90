"""MRC files as they are found: compressed or not, in either byte order, with sloppy headers.

The format is that of Cheng et al., J. Struct. Biol. 192 (2015) 146, with what IMOD adds to it
(https://bio3d.colorado.edu/imod/doc/mrc_format.txt): its stamp says that bytes of mode 0 count from 0 to 255, stored as
they are or, as a flag tells, minus 128.
"""

import bz2
import gzip
import io
import math
import os
from pathlib import Path
from typing import Any, TypeAlias

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
_HIGHEST_GZIP_RATIO = 1032
_IMOD_STAMP = 1146047817
_IMOD_FIELDS = slice(40, 48)  # of extra2, which begins at byte 112: the stamp at byte 152, the flags at 156
_IMOD_SIGNED_BYTES, _IMOD_HALF_BYTES = 1, 16
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
    return int(header["mode"]) in modes and all(0 < count < 2**15 for count in plane) and 0 < sections < 2**27


def _has_identifier(header: Header) -> bool:
    return bytes(header["map"])[:3] == b"MAP"


def read_data(stream: Stream, header: Header, path: Path) -> tuple[FloatArray, tuple[str, ...]]:
    """Read the data block that follows the header and the extended header.

    A compressed file is read to its end, whatever follows the data, so that its check sums are compared.

    Args:
        stream: of the file, anywhere.
        header: the file's.
        path: the file, for messages.

    Returns:
        float32 array in the machine's byte order, (sections, rows, columns), and sentences about what was forgiven.

    Raises:
        InputError: if the mode is not supported, bytes are missing, or the file has no "MAP" identifier and more or
            fewer bytes than its dimensions ask for.
        OSError, EOFError, zlib.error: if a compressed file is damaged or cut.
    """
    dtype = _data_type(header, path)
    shape = tuple(int(header[name]) for name in ("nz", "ny", "nx"))
    needed = math.prod(shape) * dtype.itemsize
    size, most = _size(stream, path)
    extended = int(header["nsymbt"])
    if most < HEADER_DTYPE.itemsize + needed:
        raise _size_error(header, path, needed, max(most - HEADER_DTYPE.itemsize - max(extended, 0), 0))
    data, present = None, 0
    for skipped in dict.fromkeys((max(extended, 0), 0)):
        start = HEADER_DTYPE.itemsize + skipped
        has_lied = skipped != extended
        if size is not None and (size != start + needed if has_lied else size < start + needed):
            present = present or max(size - start, 0)
            continue
        data = _empty(shape, dtype, path) if data is None else data
        stream.seek(start)
        filled = _fill(stream, data)
        if filled == needed:
            rest = _drain(stream) if size is None else size - start - needed
            if not rest or (_has_identifier(header) and not has_lied):
                return _floats(data, header), _notes(path, extended, has_lied, rest, needed // shape[0])
        present = present or filled
    raise _size_error(header, path, needed, present)


def _size(stream: Stream, path: Path) -> tuple[int | None, float]:
    """The bytes that a stream has, None if it is compressed, and the most that it can have."""
    size = os.path.getsize(path)
    if isinstance(stream, gzip.GzipFile):
        return None, _HIGHEST_GZIP_RATIO * size
    if isinstance(stream, bz2.BZ2File):
        return None, math.inf
    return size, size


def _fill(stream: Stream, data: Array) -> int:
    """Read into ``data``, and return the number of bytes read."""
    view = data.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(view) and (count := stream.readinto(view[filled : filled + _CHUNK])):
        filled += count
    return filled


def _drain(stream: Stream) -> int:
    """Read a compressed stream to its end, for its check sums, and return the number of bytes.

    Bytes after the end of the compressed data that are no further member are ignored, as gzip and bzip2 do.
    """
    count = 0
    try:
        while chunk := len(stream.read(_CHUNK)):
            count += chunk
    except gzip.BadGzipFile as error:
        if not str(error).startswith("Not a gzipped file"):
            raise
    return count


def _data_type(header: Header, path: Path) -> np.dtype[Any]:
    mode = int(header["mode"])
    if mode in _COMPLEX_MODES:
        raise InputError(f"{path} holds complex numbers (mode {mode}), a Fourier transform; give the map itself.")
    if mode not in _MODES or (mode == 0 and (_imod_flags(header) or 0) & _IMOD_HALF_BYTES):
        kind = "packed in half bytes" if mode in _MODES else f"of mode {mode}"
        raise InputError(f"{path} is {kind}, which is not supported; convert it to 32-bit floats (mode 2).")
    return np.dtype(header.dtype["mode"].byteorder + _MODES[mode])


def _empty(shape: tuple[int, ...], dtype: np.dtype[Any], path: Path) -> Array:
    try:
        return np.empty(shape, dtype)
    except MemoryError as error:
        needed = math.prod(shape) * dtype.itemsize / 1e9
        raise InputError(f"{path} needs {needed:.1f} GB, more memory than there is; crop or bin it.") from error


def _floats(data: Array, header: Header) -> FloatArray:
    """The values of any mode as float32 in the machine's byte order."""
    dtype = data.dtype
    if int(header["mode"]) == 0:
        return _byte_values(data, header)
    if dtype.char != "f":
        return data.astype(np.float32)
    return data if dtype.isnative else data.byteswap(inplace=True).view(dtype.newbyteorder("="))


def _byte_values(data: Array, header: Header) -> FloatArray:
    """The values of mode 0, which are signed by the format, but for IMOD count from 0 to 255.

    IMOD's flag of signed bytes means that 128 was subtracted before they were stored. Other programs set the flag for
    bytes from 0 up; then nothing is added. Without IMOD's stamp a header that names a highest density above 127 tells
    that the bytes are unsigned.
    """
    flags = _imod_flags(header)
    if flags is None:
        is_unsigned = float(header["dmin"]) >= 0 and 127 < float(header["dmax"]) <= 255
        return data.view(np.uint8 if is_unsigned else np.int8).astype(np.float32)
    if not flags & _IMOD_SIGNED_BYTES:
        return data.view(np.uint8).astype(np.float32)
    values = data.astype(np.float32)
    if data.min() < 0:
        values += 128
    return values


def _imod_flags(header: Header) -> int | None:
    """The flags beside IMOD's stamp, or None where there is no such stamp."""
    fields = bytes(header["extra2"])[_IMOD_FIELDS]
    stamp, flags = np.frombuffer(fields, header.dtype["mode"].byteorder + "u4").tolist()
    return int(flags) if stamp == _IMOD_STAMP else None


def _notes(path: Path, extended: int, has_lied: bool, rest: int, section: int) -> tuple[str, ...]:
    """Sentences about an extended header that is not there, and about bytes after the data if they are many."""
    if has_lied:
        return (
            f"{path} has an extended header of {extended} bytes (NSYMBT) by its header, but not by its size; "
            "it was read without one.",
        )
    if rest >= section:
        return (f"{path} holds {rest} bytes after the map that its header describes; they were ignored.",)
    return ()


def _size_error(header: Header, path: Path, needed: int, present: int) -> InputError:
    if not _has_identifier(header):
        return InputError(_NOT_A_MAP.format(path))
    if (extended := int(header["nsymbt"])) < 0:
        return InputError(f"{path} has an extended header of {extended} bytes (NSYMBT) in its header; write it again.")
    return InputError(f"{path} is truncated: {present} of {needed} bytes of data are there; copy or download it again.")
