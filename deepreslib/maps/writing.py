"""Writing a map with the geometry that its header had, and a label that says what its values are."""

import bz2
import gzip
from pathlib import Path

import mrcfile
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike, write_aside
from deepreslib.files.names import COMPRESSIONS
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.maps.density_map import DensityMap, check_finite, format_triple
from deepreslib.maps.labels import label
from deepreslib.maps.scaling import mean_and_sd

_GZIP_LEVEL = 6


def write_map(path: PathLike, density_map: DensityMap, quantity: str = "", overwrite: bool = True) -> None:
    """Write a map as float32 (mode 2), compressed if ``path`` ends in .gz or .bz2.

    The file is written under a temporary name, then renamed. It has the axis order, starts, intervals, cell angles and
    space group of ``density_map.header`` and the map's own voxel size and origin; an extended header is not kept. The
    same map always gives the same bytes.

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
    with np.errstate(over="ignore"):
        data = np.asarray(density_map.data, dtype=np.float32)
    _check_values(data, density_map, path)
    text = label(quantity or density_map.quantity)
    with write_aside(path) as aside:
        _write(aside, density_map, data, text)
        if compression := COMPRESSIONS.get(path.suffix.lower()):
            _compress(aside, compression)


def _check_values(data: FloatArray, density_map: DensityMap, path: Path) -> None:
    """Refuse to write what no program could use."""
    try:
        check_finite(data, "")
    except InputError as error:
        raise InputError(f"{path} is not written because the map{str(error).split(';')[0]}; check the input.") from None
    for what, triple in (("voxel size", density_map.voxel_size), ("origin", density_map.origin)):
        with np.errstate(over="ignore"):
            is_number = bool(np.isfinite(np.asarray(triple, np.float32)).all())
        if not is_number:
            raise InputError(
                f"{path} is not written because the map has an impossible {what}, {format_triple(triple)} Å; "
                f"give another by --{what.replace(' ', '-')}."
            )


def _write(path: Path, density_map: DensityMap, data: FloatArray, text: str) -> None:
    grid = density_map.header
    starts, origin = _starts_and_origin(density_map)
    in_file_order = data.transpose(np.argsort(grid.file_to_zyx))
    with np.errstate(over="ignore", invalid="ignore"), mrcfile.new(path) as mrc:
        mrc.set_data(np.ascontiguousarray(in_file_order))
        header = mrc.header
        if not np.isfinite([header.dmean, header.rms]).all():
            header.dmean, header.rms = mean_and_sd(data)
        header.ispg = grid.space_group
        header.mapc, header.mapr, header.maps = grid.axis_order
        header.nxstart, header.nystart, header.nzstart = starts
        header.mx, header.my, header.mz = grid.intervals or data.shape[::-1]
        header.cellb.alpha, header.cellb.beta, header.cellb.gamma = grid.cell_angles
        header.origin.x, header.origin.y, header.origin.z = origin[::-1]
        mrc.voxel_size = density_map.voxel_size[::-1]
        header.label[0] = text


def _compress(path: Path, compression: str) -> None:
    """Compress a file in place; without the time and the name that gzip would note in it."""
    content = path.read_bytes()
    if compression == "gzip":
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as stream:
            stream.write(content)
    else:
        with bz2.open(path, "wb") as stream:
            stream.write(content)


def _starts_and_origin(density_map: DensityMap) -> tuple[tuple[int, int, int], Triple]:
    """The header's starts (columns, rows, sections) and ORIGIN (z, y, x) that place the map at its origin."""
    grid = density_map.header
    if not grid.origin_from_starts:
        return grid.starts, density_map.origin
    if np.allclose(grid.position_of_starts(density_map.voxel_size), density_map.origin, rtol=0, atol=1e-3):
        return grid.starts, (0.0, 0.0, 0.0)
    return (0, 0, 0), density_map.origin
