"""Tiles: a volume visited in cubes, so that memory is bounded by the tile and empty space costs nothing."""

import itertools
import math
from dataclasses import dataclass

from deepreslib.fourier.arrays import Array, BoolArray, Box
from deepreslib.maps.boxes import read_box, smallest_box

OVERHEAD = 3000
"""The fixed cost of a tile: it takes as long as so many voxels of the volume."""

SMALLEST = 24
"""Edges shorter than this, voxels of the volume, are not halved."""


@dataclass(frozen=True)
class Tile:
    """A box of voxels to compute and the wider box that must be read for it.

    Attributes:
        crop: slices (z, y, x) of the voxels computed, on their grid.
        overlap: voxels of the volume read beyond them on each side.
        stride: voxels of the volume from one voxel computed to the next along each axis; both grids begin at voxel 0.
    """

    crop: Box
    overlap: int
    stride: int = 1

    def read(self, volume: Array) -> Array:
        """The values of the wider box; 0 beyond the volume's border.

        Args:
            volume: (z, y, x).

        Returns:
            A new array.
        """
        ends = [
            (side.start * self.stride - self.overlap, (side.stop - 1) * self.stride + 1 + self.overlap)
            for side in self.crop
        ]
        return read_box(volume, ends)


def tiles(needed: BoolArray, edge: int, overlap: int, stride: int = 1) -> list[Tile]:
    """Tiles that cover the needed voxels, each once.

    A grid of equal cells is laid over the needed voxels. Each cell is shrunk to the box of the needed voxels in it, and
    halved along its axes as long as that makes the work less. Cells without needed voxels are left out.

    Args:
        needed: bool (z, y, x), on the grid of what is computed.
        edge: greatest edge of a tile, voxels of that grid.
        overlap: voxels of the volume read beyond a tile on each side.
        stride: voxels of the volume from one voxel computed to the next.

    Returns:
        The tiles.
    """
    crops = []
    whole = smallest_box(needed)
    if whole is not None:
        z, y, x = (_cells(side.start, side.stop, edge) for side in whole)
        for cell in itertools.product(z, y, x):
            crops += _cheapest(needed, cell, overlap, stride)[1]
    return [Tile(crop, overlap, stride) for crop in crops]


def _cells(start: int, stop: int, edge: int) -> list[slice]:
    """Cells no longer than ``edge``, equal but for the last, that fill an interval."""
    length = -(-(stop - start) // -(-(stop - start) // edge))
    return [slice(first, min(first + length, stop)) for first in range(start, stop, length)]


def _cheapest(needed: BoolArray, cell: Box, overlap: int, stride: int) -> tuple[float, list[Box]]:
    """The work, in voxels of the volume, of the best way to cover a cell, and the crops of that way."""
    crop = _shrunk(needed, cell)
    if crop is None:
        return 0, []
    edges = [side.stop - side.start for side in crop]
    work = OVERHEAD + math.prod(edge * stride + overlap / 2 for edge in edges)
    if max(edges) * stride >= SMALLEST:
        z, y, x = (
            _cells(side.start, side.stop, -(-n // 2)) if n * stride >= SMALLEST else [side]
            for side, n in zip(crop, edges, strict=True)
        )
        parts = [_cheapest(needed, part, overlap, stride) for part in itertools.product(z, y, x)]
        if sum(part[0] for part in parts) < work:
            return sum(part[0] for part in parts), [crop for part in parts for crop in part[1]]
    return work, [crop]


def _shrunk(needed: BoolArray, cell: Box) -> Box | None:
    """The part of a cell that holds all its needed voxels, or None if it has none."""
    box = smallest_box(needed[cell])
    if box is None:
        return None
    z, y, x = (slice(c.start + b.start, c.start + b.stop) for c, b in zip(cell, box, strict=True))
    return z, y, x
