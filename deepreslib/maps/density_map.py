"""Density maps and their grid."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, FloatArray, Triple

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
        header: what ``write_map`` needs to write the same geometry.
        quantity: what the values are, one of ``labels.QUANTITIES`` or other words, if the file is one of ours; '' if
            it is not known.
        notes: sentences about what was wrong with the file's header and how it was read all the same.
    """

    data: FloatArray
    voxel_size: Triple
    origin: Triple = (0.0, 0.0, 0.0)
    path: str = ""
    header: GridHeader = field(default_factory=GridHeader)
    quantity: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The path, or "the map" for one from memory; for messages."""
        return self.path or "the map"

    def like(self, data: Array) -> "DensityMap":
        """The same grid with other values, of which nothing is known.

        Args:
            data: (z, y, x), of the map's shape.

        Returns:
            A map whose values are float32 and contiguous.

        Raises:
            ValueError: if the shapes differ.
        """
        if data.shape != self.data.shape:
            raise ValueError(f"values of shape {data.shape} do not fit a grid of shape {self.data.shape}")
        return replace(self, data=np.ascontiguousarray(data, dtype=np.float32), quantity="", notes=())


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
