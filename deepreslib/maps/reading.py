"""Reading MRC and CCP4 files as maps: what their headers say about the grid, and what is forgiven."""

import errno
import itertools
import math
import os
import stat
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike
from deepreslib.fourier.arrays import Shape, Triple, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.maps.density_map import (
    VOXEL_SIZE_LIMITS,
    DensityMap,
    GridHeader,
    check_finite,
    format_triple,
    is_sane_voxel_size,
)
from deepreslib.maps.labels import quantity_of
from deepreslib.maps.mrc import Header, open_stream, read_data, read_header

_USUAL_VOXEL_SIZE = 1.5


def read_map(
    path: PathLike,
    voxel_size: VoxelSize | None = None,
    origin: Sequence[float] | None = None,
    like: DensityMap | None = None,
) -> DensityMap:
    """Read one volume from an MRC, MAP, CCP4 or MRCS file, also compressed with gzip or bzip2.

    Modes 0, 1, 2, 6 and 12, either byte order and any axis order are read. A missing "MAP" identifier or a wrong
    machine stamp is forgiven when the file's size agrees with its dimensions; bytes after the data are ignored.
    Compressed files are read to their end, so that their check sums count. The origin is the header's ORIGIN, or its
    NSTART × voxel size where ORIGIN is zero. Needs the memory of one float32 map, or two while axes are reordered.

    Args:
        path: the file.
        voxel_size: Å, one number or (z, y, x), instead of the header's.
        origin: Å, (z, y, x), instead of the header's.
        like: the map that a mask, half map or resolution map belongs to: if the file has its shape and no voxel size,
            as scripts often leave it, it takes this map's; and this map's origin if it has none either.

    Returns:
        The map; its ``notes`` say what was forgiven that might matter.

    Raises:
        InputError: if there is no such file, it may not be read, is no ordinary file, holds no single volume, is
            truncated or damaged, of an unsupported mode, has NaN or infinite values, no sensible voxel size, or cell
            angles that are no numbers.
    """
    path = Path(path)
    _check_file(path)
    try:
        with open_stream(path) as stream:
            header = read_header(stream, path)
            grid = _grid_header(header, path)
            is_unset = _has_no_voxel_size(header)
            notes: tuple[str, ...] = ()
            if voxel_size is not None:
                sizes = _checked(voxel_size, path)
            elif like is not None and is_unset:
                sizes = _checked_like(header, grid, like, path)
            else:
                sizes, notes = _header_voxel_size(header, grid, path)
            data, more_notes = read_data(stream, header, path)
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path} is truncated or damaged ({error}); copy or download it again.") from error
    except PermissionError as error:
        raise _no_permission(path) from error
    except OSError as error:
        if error.errno is None:  # of gzip and bzip2
            raise InputError(f"{path} is truncated or damaged ({error}); copy or download it again.") from error
        raise InputError(f"{path} cannot be read ({error.strerror}); check the file.") from error

    data = np.ascontiguousarray(data.transpose(grid.file_to_zyx))
    check_finite(data, str(path))

    notes += more_notes
    takes_place = like is not None and is_unset and data.shape == like.data.shape and not _is_placed(header)
    if like is not None and takes_place:
        grid = like.header
    if origin is not None:
        grid = replace(grid, starts=(0, 0, 0), origin_from_starts=False)
        corner = _triple(origin)
    elif like is not None and takes_place:
        corner = like.origin
    elif grid.origin_from_starts:
        corner = grid.position_of_starts(sizes)
        if not _has_finite_origin(header):
            notes += (f"{path} has an origin that is no number in its header; it was placed by NSTART.",)
    else:
        corner = _triple(_decimal(header["origin"][axis]) for axis in "zyx")
    return DensityMap(data, sizes, corner, str(path), grid, quantity_of(_labels(header)), notes)


def _check_file(path: Path) -> None:
    """Refuse what is no ordinary file with something in it; nothing is opened, so that a pipe cannot hang."""
    try:
        status = os.stat(path)
    except PermissionError as error:
        raise _no_permission(path) from error
    except NotADirectoryError as error:
        parent = next((str(parent) for parent in path.parents if os.path.isfile(parent)), str(path.parent))
        raise InputError(f"{path} does not exist, {parent} is a file and no folder; check the name.") from error
    except (FileNotFoundError, ValueError) as error:
        if os.path.lexists(path):
            target = os.readlink(path)
            raise InputError(f"{path} is a link to {target}, which does not exist; give the map itself.") from error
        raise InputError(f"{path} does not exist; check the name of the map.") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            short = f"{str(path)[:40]}…"
            raise InputError(f"{short} cannot exist, the name is too long; check the name of the map.") from error
        if error.errno == errno.ELOOP:
            raise InputError(f"{path} is a link that leads back to itself; give the map itself.") from error
        raise InputError(f"{path} cannot be read ({error.strerror or error}); check the file.") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder; give the file of a map.")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is a pipe or a device and no file; save the map in a file first.")
    if status.st_size == 0:
        raise InputError(f"{path} is empty; copy or download it again.")


def _no_permission(path: Path) -> InputError:
    return InputError(f"{path} may not be read, permission is denied; ask its owner, or change it by chmod.")


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
    if 401 <= space_group <= 630 and 1 < intervals[2] < sections:
        raise InputError(f"{path} holds a stack of {sections // intervals[2]} volumes; give a file with one volume.")
    is_plain_volume = 1 <= space_group <= 400
    angles = _triple(_decimal(header["cellb"][name]) for name in ("alpha", "beta", "gamma"))
    if not all(math.isfinite(angle) for angle in angles):
        given = ", ".join(f"{angle:g}" for angle in angles)
        raise InputError(
            f"{path} has cell angles that are no numbers ({given}) in its header; set them to 90 and write it again."
        )
    return GridHeader(
        axis_order=axis_order,
        starts=_three_integers(header, "nxstart", "nystart", "nzstart"),
        intervals=intervals if is_plain_volume and min(intervals) > 1 else None,
        cell_angles=angles if any(angles) else (90.0, 90.0, 90.0),
        space_group=space_group if is_plain_volume else 1,
        origin_from_starts=not _has_origin(header),
    )


def _has_origin(header: Header) -> bool:
    return any(header["origin"].item()) and _has_finite_origin(header)


def _has_finite_origin(header: Header) -> bool:
    return all(math.isfinite(value) for value in header["origin"].item())


def _is_placed(header: Header) -> bool:
    """Whether the header says where the map lies: it has an origin, or starts that are not 0."""
    return _has_origin(header) or any(_three_integers(header, "nxstart", "nystart", "nzstart"))


def _has_no_voxel_size(header: Header) -> bool:
    return not any(header["cella"].item())


def _header_voxel_size(header: Header, grid: GridHeader, path: Path) -> tuple[Triple, tuple[str, ...]]:
    """The voxel size (z, y, x) in Å, and a sentence if an axis of one interval turned out to have the whole cell.

    One interval along an axis of many voxels is what stacks of images have. Then the cell may be as long as one voxel
    or as the whole box: what agrees with the other axes is taken.
    """
    choices: list[tuple[float, ...]] = []
    for axis, count in zip("zyx", _shape(header, grid), strict=True):
        intervals, cell = int(header["m" + axis]), _decimal(header["cella"][axis])
        if intervals == 1 < count:
            choices.append((cell, cell / count))
        else:
            choices.append((cell / (intervals if intervals > 0 else count),))
    possible = list(itertools.product(*choices))
    sane = [sizes for sizes in possible if is_sane_voxel_size(sizes)]
    if not sane:
        raise InputError(f"{path} has a voxel size of {format_triple(possible[0])} Å in its header; give --voxel-size.")
    best = min(sane, key=_strangeness)
    wholes = [
        f"M{axis.upper()} = 1"
        for axis, size, choice in zip("zyx", best, choices, strict=True)
        if len(choice) == 2 and size == choice[1]
    ]
    if not wholes:
        return _triple(best), ()
    note = (
        f"{path} has {', '.join(wholes)} in its header, as stacks of images have, and the length of the whole cell; "
        f"it was read as a volume with a voxel size of {format_triple(best)} Å."
    )
    return _triple(best), (note,)


def _strangeness(sizes: Sequence[float]) -> tuple[float, float]:
    """How unlike the voxel size of a map a voxel size is: first by anisotropy, then by length."""
    return round(math.log(max(sizes) / min(sizes)), 2), abs(math.log(math.prod(sizes) ** (1 / 3) / _USUAL_VOXEL_SIZE))


def _checked_like(header: Header, grid: GridHeader, like: DensityMap, path: Path) -> Triple:
    """The voxel size of the map that a file without one belongs to, refused if it has another shape."""
    shape = _shape(header, grid)
    if shape != like.data.shape:
        own, other = (" × ".join(str(count) for count in one[::-1]) for one in (shape, like.data.shape))
        raise InputError(
            f"{path} has no voxel size in its header, and {own} voxels where {like.name} has {other} (x × y × z); "
            "give a file on the grid of that map."
        )
    return like.voxel_size


def _shape(header: Header, grid: GridHeader) -> Shape:
    in_file = [int(header[name]) for name in ("nz", "ny", "nx")]
    z, y, x = (in_file[axis] for axis in grid.file_to_zyx)
    return z, y, x


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


def _labels(header: Header) -> list[bytes]:
    count = int(header["nlabl"])
    texts = [bytes(text) for text in header["label"]]
    return texts[:count] if 0 <= count <= len(texts) else texts


def _decimal(number: np.float32) -> float:
    """The shortest decimal that is this float32 (1.07, not 1.0700000524520874); turns back into the same float32."""
    return float(str(number))


def _triple(numbers: Iterable[float]) -> Triple:
    z, y, x = (float(number) for number in numbers)
    return z, y, x


def _three_integers(header: Header, *names: str) -> tuple[int, int, int]:
    one, two, three = (int(header[name]) for name in names)
    return one, two, three
