"""Writing a map with the geometry that its header had, and a label that says what its values are."""

import bz2
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import mrcfile
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike, write_aside
from deepreslib.files.names import COMPRESSIONS
from deepreslib.fourier.arrays import Array, FloatArray, Triple
from deepreslib.maps.density_map import DensityMap, format_triple
from deepreslib.maps.labels import label
from deepreslib.maps.scaling import mean_and_sd

_GZIP_LEVEL = 6


def write_map(path: PathLike, density_map: DensityMap, quantity: str = "", overwrite: bool = True) -> None:
    """Write a map as float32 (mode 2), compressed if ``path`` ends in .gz or .bz2.

    The file is written under a temporary name, then renamed, section by section, so that no copy of the map is made. It
    has the axis order, starts, intervals, cell angles and space group of ``density_map.header`` and the map's own voxel
    size and origin; an extended header is not kept. The same map always gives the same bytes.

    Args:
        path: the file.
        density_map: the map.
        quantity: what its values are, for the header's label: one of ``labels.QUANTITIES`` or other words in plain
            ASCII; by default what the map itself says.
        overwrite: whether a file of that name may be replaced.

    Raises:
        InputError: if a value, the voxel size or the origin is NaN or infinite, the folder is missing or not
            writable, the disk is full, or the file exists and ``overwrite`` is false.
        ValueError: if the quantity cannot stand in a label.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists already; remove it or choose another name.")
    _check_values(density_map, path)
    text = label(quantity or density_map.quantity)
    in_file_order = density_map.data.transpose(np.argsort(density_map.header.file_to_zyx))
    with write_aside(path) as aside:
        header = _header(aside, density_map, in_file_order, text)
        with _opened(aside, COMPRESSIONS.get(path.suffix.lower())) as stream:
            stream.write(header)
            for section in in_file_order:
                stream.write(np.ascontiguousarray(_single(section)).data)


def _single(section: Array) -> FloatArray:
    """Values as they are written: float32, infinite where they are too great for it."""
    with np.errstate(over="ignore"):
        return np.asarray(section, dtype=np.float32)


def _check_values(density_map: DensityMap, path: Path) -> None:
    """Refuse to write what no program could use."""
    bad = sum(section.size - int(np.count_nonzero(np.isfinite(_single(section)))) for section in density_map.data)
    if bad:
        raise InputError(f"{path} is not written because the map has {bad} NaN or infinite voxels; check the input.")
    for what, triple in (("voxel size", density_map.voxel_size), ("origin", density_map.origin)):
        with np.errstate(over="ignore"):
            is_number = bool(np.isfinite(np.asarray(triple, np.float32)).all())
        if not is_number:
            raise InputError(
                f"{path} is not written because the map has an impossible {what}, {format_triple(triple)} Å; "
                f"give another by --{what.replace(' ', '-')}."
            )


def _header(path: Path, density_map: DensityMap, in_file_order: Array, text: str) -> bytes:
    """The header of a file, made by mrcfile with the first section alone: of a whole map it would make a copy."""
    grid = density_map.header
    starts, origin = _starts_and_origin(density_map)
    with np.errstate(over="ignore", invalid="ignore"), mrcfile.new(path) as mrc:
        mrc.set_data(_single(in_file_order[:1]))
        header = mrc.header
        header.nz = len(in_file_order)
        header.dmin, header.dmax, header.dmean, header.rms = _statistics(in_file_order)
        header.ispg = grid.space_group
        header.mapc, header.mapr, header.maps = grid.axis_order
        header.nxstart, header.nystart, header.nzstart = starts
        header.mx, header.my, header.mz = grid.intervals or density_map.data.shape[::-1]
        header.cellb.alpha, header.cellb.beta, header.cellb.gamma = grid.cell_angles
        header.origin.x, header.origin.y, header.origin.z = origin[::-1]
        mrc.voxel_size = density_map.voxel_size[::-1]
        header.label[0] = text
        return header.tobytes()


def _statistics(data: Array) -> tuple[float, float, float, float]:
    """Minimum, maximum, mean and standard deviation of values (z, y, x), reckoned section by section."""
    ends = [(_single(section).min(), _single(section).max()) for section in data]
    return (
        float(min(low for low, _ in ends)),
        float(max(high for _, high in ends)),
        *mean_and_sd(data),
    )


@contextmanager
def _opened(path: Path, compression: str | None) -> Iterator[BinaryIO]:
    """A stream into a file, compressed without the time and the name that gzip would note in it."""
    with open(path, "wb") as raw:
        if compression is None:
            yield raw
        elif compression == "gzip":
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as stream:
                yield cast(BinaryIO, stream)
        else:
            with bz2.BZ2File(raw, "wb") as stream:
                yield cast(BinaryIO, stream)


def _starts_and_origin(density_map: DensityMap) -> tuple[tuple[int, int, int], Triple]:
    """The header's starts (columns, rows, sections) and ORIGIN (z, y, x) that place the map at its origin."""
    grid = density_map.header
    if not grid.origin_from_starts:
        return grid.starts, density_map.origin
    if np.allclose(grid.position_of_starts(density_map.voxel_size), density_map.origin, rtol=0, atol=1e-3):
        return grid.starts, (0.0, 0.0, 0.0)
    return (0, 0, 0), density_map.origin
