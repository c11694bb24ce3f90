"""Tiles: a volume visited in cubes, so that memory is bounded by the tile and empty space costs nothing."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

OVERHEAD = 3000
"""What a tile costs beside its voxels, in voxels of the volume."""

SMALLEST = 24
"""Edges shorter than this, voxels of the volume, are not halved."""


@dataclass(frozen=True)
class Tile:
    """A box of voxels to compute and the wider box that must be read for it.

    Attributes:
        crop: slices (z, y, x) of the voxels computed, on their grid.
        overlap: voxels of the volume read beyond them on each side.
        stride: voxels of the volume from one voxel computed to the next along each axis; voxel 0 is voxel 0.
    """

    crop: tuple[slice, slice, slice]
    overlap: int
    stride: int = 1

    def read(self, volume):
        """The values of the wider box, a new array; 0 beyond the volume's border."""
        wide = [
            (c.start * self.stride - self.overlap, (c.stop - 1) * self.stride + 1 + self.overlap) for c in self.crop
        ]
        inside = tuple(slice(max(a, 0), min(b, n)) for (a, b), n in zip(wide, volume.shape, strict=True))
        rims = [(s.start - a, b - s.stop) for s, (a, b) in zip(inside, wide, strict=True)]
        return np.pad(volume[inside], rims)


def tiles(needed, edge, overlap, stride=1):
    """Tiles that cover the needed voxels, each once.

    A grid of equal cells is laid over them; a cell is shrunk to what is needed in it, and halved along its axes as
    long as that makes the work less. Cells without needed voxels are left out.

    Args:
        needed: bool (z, y, x), on the grid of what is computed.
        edge: greatest edge of a tile, voxels of that grid.
        overlap, stride: see ``Tile``.

    Returns:
        list of ``Tile``.
    """
    found = []
    whole = _shrunk(needed, tuple(slice(0, n) for n in needed.shape))
    if whole is not None:
        for cell in itertools.product(*(_cells(s.start, s.stop, edge) for s in whole)):
            found += _cheapest(needed, cell, overlap, stride)[1]
    return [Tile(crop, overlap, stride) for crop in found]


def _cells(start, stop, edge):
    """Cells no longer than ``edge``, equal but for the last, that fill an interval."""
    length = -(-(stop - start) // -(-(stop - start) // edge))
    return [slice(first, min(first + length, stop)) for first in range(start, stop, length)]


def _cheapest(needed, cell, overlap, stride):
    """The work, in voxels of the volume, of the best way to cover a cell, and the crops of that way."""
    crop = _shrunk(needed, cell)
    if crop is None:
        return 0, []
    edges = [c.stop - c.start for c in crop]
    work = OVERHEAD + math.prod(edge * stride + overlap / 2 for edge in edges)
    if max(edges) * stride >= SMALLEST:
        halves = [
            _cells(c.start, c.stop, -(-n // 2)) if n * stride >= SMALLEST else [c]
            for c, n in zip(crop, edges, strict=True)
        ]
        parts = [_cheapest(needed, part, overlap, stride) for part in itertools.product(*halves)]
        if sum(part[0] for part in parts) < work:
            return sum(part[0] for part in parts), [crop for part in parts for crop in part[1]]
    return work, [crop]


def _shrunk(needed, cell):
    """The part of a cell that holds all its needed voxels, or None if it has none."""
    span = span_of(needed[cell])
    return span and tuple(slice(c.start + s.start, c.start + s.stop) for c, s in zip(cell, span, strict=True))


def span_of(needed):
    """Slices of the smallest box with all needed voxels, bool (z, y, x), or None if there are none."""
    found = scipy.ndimage.find_objects(needed.view(np.int8))
    return found[0] if found else None
