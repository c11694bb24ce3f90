"""Density maps and their grid: reading MRC/CCP4 files, writing results with the geometry of the input."""

import math
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import mrcfile
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike, write_aside
from deepreslib.fourier.arrays import Array, FloatArray, Triple, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.maps.mrc import Header, open_stream, read_data, read_header
from deepreslib.version import __version__

VOXEL_SIZE_LIMITS = (0.05, 50.0)


@dataclass(frozen=True)
class GridHeader:
    """What an MRC header holds about the grid beyond shape, voxel size and origin.

    Attributes:
        axis_order: MAPC, MAPR, MAPS: the cell axes (1 = x, 2 = y, 3 = z) of columns, rows and sections.
        starts: index of the first column, row and section.
        intervals: grid intervals along the cell's x, y and z; None for the map's own shape.
        cell_angles: alpha, beta, gamma in degrees.
        space_group: ISPG of a volume.
        origin_from_starts: the origin stands in ``starts`` and the ORIGIN field is zero.
    """

    axis_order: tuple[int, int, int] = (1, 2, 3)
    starts: tuple[int, int, int] = (0, 0, 0)
    intervals: tuple[int, int, int] | None = None
    cell_angles: Triple = (90.0, 90.0, 90.0)
    space_group: int = 1
    origin_from_starts: bool = False

    @property
    def file_to_zyx(self) -> tuple[int, int, int]:
        """Axes of the file's array (sections, rows, columns) that are z, y and x."""
        in_file = self.axis_order[::-1]
        return in_file.index(3), in_file.index(2), in_file.index(1)

    def position_of_starts(self, voxel_size: Triple) -> Triple:
        """The position that ``starts`` gives to voxel (0, 0, 0).

        Args:
            voxel_size: Å (z, y, x).

        Returns:
            Å (z, y, x).
        """
        in_file = self.starts[::-1]
        z, y, x = (in_file[axis] * size for axis, size in zip(self.file_to_zyx, voxel_size, strict=True))
        return z, y, x


@dataclass(frozen=True, eq=False)
class DensityMap:
    """Values on a grid; every triple is (z, y, x).

    Attributes:
        data: float32, (z, y, x), C-contiguous.
        voxel_size: Å.
        origin: Å, position of voxel (0, 0, 0).
        path: the file it came from, for messages; '' if from memory.
        header: what :func:`write_map` needs to write the same geometry.
    """

    data: FloatArray
    voxel_size: Triple
    origin: Triple = (0.0, 0.0, 0.0)
    path: str = ""
    header: GridHeader = field(default_factory=GridHeader)

    @property
    def name(self) -> str:
        """The path, or "the map" for one from memory; for messages."""
        return self.path or "the map"

    def like(self, data: Array) -> "DensityMap":
        """The same grid with other values.

        Args:
            data: (z, y, x), of the map's shape.

        Returns:
            A map whose values are float32 and contiguous.

        Raises:
            ValueError: if the shapes differ.
        """
        if data.shape != self.data.shape:
            raise ValueError(f"values of shape {data.shape} do not fit a grid of shape {self.data.shape}")
        return replace(self, data=np.ascontiguousarray(data, dtype=np.float32))


def read_map(path: PathLike, voxel_size: VoxelSize | None = None, origin: Sequence[float] | None = None) -> DensityMap:
    """Read one volume from an MRC, MAP, CCP4 or MRCS file, also compressed with gzip or bzip2.

    Modes 0, 1, 2, 6 and 12, either byte order and any axis order are read. A missing "MAP" identifier or a wrong
    machine stamp is forgiven when the file's size agrees with its dimensions; bytes after the data are ignored.
    The origin is the header's ORIGIN, or its NSTART × voxel size where ORIGIN is zero. Needs the memory of one
    float32 map, or two while axes are reordered.

    Args:
        path: the file.
        voxel_size: Å, one number or (z, y, x), instead of the header's.
        origin: Å, (z, y, x), instead of the header's.

    Returns:
        The map.

    Raises:
        InputError: if there is no such file, it holds no single volume, is truncated, of an unsupported mode, has
            NaN or infinite values, or no sensible voxel size.
    """
    path = Path(path)
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder; give the file of a map.")
    if not os.path.exists(path):
        raise InputError(f"{path} does not exist; check the name of the map.")
    if os.path.getsize(path) == 0:
        raise InputError(f"{path} is empty; copy or download it again.")
    try:
        with open_stream(path) as stream:
            header = read_header(stream, path)
            grid = _grid_header(header, path)
            sizes = _header_voxel_size(header, grid, path) if voxel_size is None else _checked(voxel_size, path)
            data = read_data(stream, header, path)
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged ({error}); copy or download it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}); check the file.") from error

    data = np.ascontiguousarray(data.transpose(grid.file_to_zyx))
    check_finite(data, str(path))

    if origin is not None:
        grid = replace(grid, starts=(0, 0, 0), origin_from_starts=False)
        corner = _triple(origin)
    elif grid.origin_from_starts:
        corner = grid.position_of_starts(sizes)
    else:
        corner = _triple(_decimal(header["origin"][axis]) for axis in "zyx")
    return DensityMap(data, sizes, corner, str(path), grid)


def write_map(path: PathLike, density_map: DensityMap, overwrite: bool = True) -> None:
    """Write a map as float32 (mode 2), compressed if ``path`` ends in .gz or .bz2.

    The file is written under a temporary name, then renamed. It has the axis order, starts, intervals, cell angles and
    space group of ``density_map.header`` and the map's own voxel size and origin; an extended header is not kept.

    Args:
        path: the file.
        density_map: the map.
        overwrite: whether a file of that name may be replaced.

    Raises:
        InputError: if the folder is missing or not writable, the disk is full, or the file exists and ``overwrite``
            is false.
    """
    if os.path.exists(path) and not overwrite:
        raise InputError(f"{path} exists already; remove it or choose another name.")
    with write_aside(path) as aside:
        _write(aside, density_map)


def check_finite(data: FloatArray, name: str) -> None:
    """Refuse NaN and infinite values in an array (z, y, x), counted section by section to save memory.

    Args:
        data: the values.
        name: of the map, for the message.

    Raises:
        InputError: naming the map and the number of such voxels.
    """
    if bad := sum(section.size - int(np.count_nonzero(np.isfinite(section))) for section in data):
        raise InputError(f"{name} has {bad} NaN or infinite voxels; replace them by 0 in the program that made it.")


def is_sane_voxel_size(voxel_size: Sequence[float]) -> bool:
    """Whether the voxel size along every axis lies in ``VOXEL_SIZE_LIMITS``.

    Args:
        voxel_size: Å (z, y, x).

    Returns:
        True or False.
    """
    low, high = VOXEL_SIZE_LIMITS
    return all(low <= size <= high for size in voxel_size)


def format_triple(triple: Sequence[float]) -> str:
    """Three numbers as text in the order x, y, z: '0.448 × 0.393 × 0.459', or just '3.54' for equal numbers.

    Args:
        triple: (z, y, x).

    Returns:
        The text.
    """
    texts = [f"{number:.4g}" for number in triple[::-1]]
    return texts[0] if len(set(texts)) == 1 else " × ".join(texts)


def _grid_header(header: Header, path: Path) -> GridHeader:
    axis_order = _three_integers(header, "mapc", "mapr", "maps")
    if axis_order == (0, 0, 0):
        axis_order = (1, 2, 3)
    if sorted(axis_order) != [1, 2, 3]:
        raise InputError(f"{path} has an impossible axis order {axis_order} in its header; write it again as .mrc.")
    space_group, sections = int(header["ispg"]), int(header["nz"])
    intervals = _three_integers(header, "mx", "my", "mz")
    if sections == 1:
        raise InputError(f"{path} holds a 2D image; give a volume.")
    if 401 <= space_group <= 630 and 0 < intervals[2] < sections:
        raise InputError(f"{path} holds a stack of {sections // intervals[2]} volumes; give a file with one volume.")
    is_plain_volume = 1 <= space_group <= 400
    angles = _triple(_decimal(header["cellb"][name]) for name in ("alpha", "beta", "gamma"))
    return GridHeader(
        axis_order=axis_order,
        starts=_three_integers(header, "nxstart", "nystart", "nzstart"),
        intervals=intervals if is_plain_volume and min(intervals) > 0 else None,
        cell_angles=angles if any(angles) else (90.0, 90.0, 90.0),
        space_group=space_group if is_plain_volume else 1,
        origin_from_starts=not _has_origin(header),
    )


def _has_origin(header: Header) -> bool:
    origin = [float(header["origin"][axis]) for axis in "xyz"]
    return any(origin) and all(math.isfinite(value) for value in origin)


def _header_voxel_size(header: Header, grid: GridHeader, path: Path) -> Triple:
    shape = [int(header[name]) for name in ("nz", "ny", "nx")]
    sizes = []
    for axis, in_file in zip("zyx", grid.file_to_zyx, strict=True):
        intervals = int(header["m" + axis])
        sizes.append(_decimal(header["cella"][axis]) / (intervals if intervals > 0 else shape[in_file]))
    if not is_sane_voxel_size(sizes):
        raise InputError(f"{path} has a voxel size of {format_triple(sizes)} Å in its header; give --voxel-size.")
    return _triple(sizes)


def _checked(voxel_size: VoxelSize, path: Path) -> Triple:
    """The voxel size (Å) along each axis, refused if it cannot be that of the map in the file."""
    sizes = voxel_triple(voxel_size)
    if not is_sane_voxel_size(sizes):
        low, high = VOXEL_SIZE_LIMITS
        raise InputError(
            f"{path} cannot have the voxel size of {format_triple(sizes)} Å that was given; "
            f"give one between {low:g} and {high:g} Å."
        )
    return sizes


def _decimal(number: np.float32) -> float:
    """The shortest decimal that is this float32 (1.07, not 1.0700000524520874); turns back into the same float32."""
    return float(str(number))


def _triple(numbers: Iterable[float]) -> Triple:
    z, y, x = (float(number) for number in numbers)
    return z, y, x


def _three_integers(header: Header, *names: str) -> tuple[int, int, int]:
    one, two, three = (int(header[name]) for name in names)
    return one, two, three


def _write(path: Path, density_map: DensityMap) -> None:
    grid = density_map.header
    starts, origin = _starts_and_origin(density_map)
    compression = {".gz": "gzip", ".bz2": "bzip2"}.get(path.suffix.lower())
    in_file_order = density_map.data.transpose(np.argsort(grid.file_to_zyx))
    with mrcfile.new(path, compression=compression) as mrc:
        mrc.set_data(np.ascontiguousarray(in_file_order, dtype=np.float32))
        header = mrc.header
        header.ispg = grid.space_group
        header.mapc, header.mapr, header.maps = grid.axis_order
        header.nxstart, header.nystart, header.nzstart = starts
        header.mx, header.my, header.mz = grid.intervals or density_map.data.shape[::-1]
        header.cellb.alpha, header.cellb.beta, header.cellb.gamma = grid.cell_angles
        header.origin.x, header.origin.y, header.origin.z = origin[::-1]
        mrc.voxel_size = density_map.voxel_size[::-1]
        header.label[0] = f"Written by deepres {__version__}"


def _starts_and_origin(density_map: DensityMap) -> tuple[tuple[int, int, int], Triple]:
    """The header's starts (columns, rows, sections) and ORIGIN (z, y, x) that place the map at its origin."""
    grid = density_map.header
    if not grid.origin_from_starts:
        return grid.starts, density_map.origin
    if np.allclose(grid.position_of_starts(density_map.voxel_size), density_map.origin, rtol=0, atol=1e-3):
        return grid.starts, (0.0, 0.0, 0.0)
    return (0, 0, 0), density_map.origin
