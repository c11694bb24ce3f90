"""Tiles: a volume visited in cubes, so that memory is bounded by the tile and empty space costs nothing."""

import itertools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tile:
    """A box of voxels to compute and the wider box that must be read for it.

    Attributes:
        crop: slices (z, y, x) of the voxels computed, in the volume.
        overlap: voxels read beyond them on each side.
    """

    crop: tuple[slice, slice, slice]
    overlap: int

    def read(self, volume):
        """The values of the wider box, a new array; 0 beyond the volume's border."""
        wide = [(c.start - self.overlap, c.stop + self.overlap) for c in self.crop]
        inside = tuple(slice(max(a, 0), min(b, n)) for (a, b), n in zip(wide, volume.shape, strict=True))
        rims = [(s.start - a, b - s.stop) for s, (a, b) in zip(inside, wide, strict=True)]
        return np.pad(volume[inside], rims)


def tiles(needed, edge, overlap):
    """Tiles that cover the needed voxels: a regular grid, each shrunk to what is needed in it, empty ones left out.

    Args:
        needed: bool (z, y, x).
        edge: edge of a tile, voxels.
        overlap: voxels read beyond it.

    Returns:
        list of ``Tile``.
    """
    span = _span(needed)
    if span is None:
        return []
    found = []
    for cell in itertools.product(*(_cells(s.start, s.stop, edge) for s in span)):
        inner = _span(needed[cell])
        if inner is not None:
            crop = tuple(slice(c.start + i.start, c.start + i.stop) for c, i in zip(cell, inner, strict=True))
            found.append(Tile(crop, overlap))
    return found


def _cells(start, stop, edge):
    """Cells no longer than ``edge``, equal but for the last, that fill an interval."""
    length = -(-(stop - start) // -(-(stop - start) // edge))
    return [slice(first, min(first + length, stop)) for first in range(start, stop, length)]


def _span(needed):
    """Slices of the smallest box with all needed voxels, or None if there are none."""
    span = []
    for axis in range(3):
        occupied = np.flatnonzero(needed.any(axis=tuple(a for a in range(3) if a != axis)))
        if not len(occupied):
            return None
        span.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
    return tuple(span)
