"""The parts of a map in which DeepRes looks at it: all at once, or cell by cell where that would take too much memory.

A cell gives what the whole map would give: it reads the map as far as its windows reach, and it predicts all windows
that count for its voxels. So windows near the faces of cells are predicted more than once.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib.estimation import fusion
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.fourier.parts import ResampledParts
from deepreslib.fourier.resampling import Between, ResampledAxis
from deepreslib.maps.boxes import box_around
from deepreslib.networks.ranges import STRIDE, WINDOW

_ASKED_BY = STRIDE
"""A needed voxel can make a window needed whose centre is this far away, voxels of the network's grid."""

MARGIN = fusion.REACH + max(WINDOW // 2, _ASKED_BY)
"""Voxels of the network's grid that a cell reads on each side."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a map on the network's grid.

    Attributes:
        box: the voxels of the map that it is for.
        between: along z, y and x, where these lie on the network's grid, counted from the part's first voxel.
        data: float32 (z, y, x) on the network's grid, with what the windows read.
        needed: bool (z, y, x), the voxels of that grid whose resolution is needed.
        windows: bool, which windows count for them; None for ``fusion.asked_windows(needed)``.
        scale: what the data are multiplied with; None for the inverse of their SD.
    """

    box: Box
    between: Sequence[Between]
    data: FloatArray
    needed: BoolArray
    windows: BoolArray | None = None
    scale: float | None = None


def whole_map(data: FloatArray, mask: BoolArray, axes: Sequence[ResampledAxis]) -> Part:
    """All of a map as one part.

    Args:
        data: float32 (z, y, x).
        mask: bool (z, y, x), where the resolution is wanted.
        axes: how the map is resampled to the network's voxel size.

    Returns:
        The part.
    """
    resampled = resampling.resample(data, axes)
    between = [axis.between() for axis in axes]
    needed = resampling.needed_between(mask, between, resampled.shape)
    return Part((slice(None),) * 3, between, resampled, needed)


class Parts:
    """The cells of a map that have voxels of the mask, one after the other."""

    def __init__(self, data: FloatArray, mask: BoolArray, axes: Sequence[ResampledAxis], edge: int) -> None:
        """Divides the mask's box.

        Args:
            data: float32 (z, y, x), the map.
            mask: bool (z, y, x), where the resolution is wanted.
            axes: how the map is resampled to the network's voxel size.
            edge: greatest edge of a cell, voxels of the network's grid.
        """
        self._data, self._mask, self._axes = data, mask, axes
        sides = [_divided(side, axis, edge) for side, axis in zip(box_around(mask), axes, strict=True)]
        self._boxes = [box for z, y, x in itertools.product(*sides) if mask[box := (z, y, x)].any()]

    def __len__(self) -> int:
        """The number of parts."""
        return len(self._boxes)

    def __iter__(self) -> Iterator[Part]:
        """The parts; each is made when its turn comes."""
        reader = ResampledParts(self._data, self._axes)
        scale = 1 / standard_deviation(self._data)
        for box in self._boxes:
            spans = [_Span.of(side, axis) for side, axis in zip(box, self._axes, strict=True)]
            shape = tuple(span.stop - span.start for span in spans)
            between = [span.between(side.start, side.stop) for span, side in zip(spans, box, strict=True)]
            needed = resampling.needed_between(self._mask[box], between, shape)
            around = tuple(span.around for span in spans)
            beyond = [span.between(span.around.start, span.around.stop) for span in spans]
            windows = fusion.asked_windows(resampling.needed_between(self._mask[around], beyond, shape))
            near = np.zeros_like(windows)
            near[tuple(span.windows for span in spans)] = True
            data = reader.read([(span.start, span.stop) for span in spans])
            yield Part(box, between, data, needed, windows & near, scale)


def needed_memory(shape: Sequence[int], axes: Sequence[ResampledAxis], edge: int | None) -> float:
    """The memory that DeepRes takes for a map, besides the map, its mask and the network's library.

    Args:
        shape: the map's (z, y, x).
        axes: how it is resampled to the network's voxel size.
        edge: greatest edge of a cell, voxels of the network's grid; None if all of the map is one part.

    Returns:
        Bytes; ``benchmarks/memory.py`` measures what is really taken.
    """
    voxels, on_grid = math.prod(shape), math.prod(axis.length for axis in axes)
    if edge is None:
        return 8 * voxels + 16 * on_grid
    read = [min(edge + 2 * MARGIN, axis.length) for axis in axes]
    layer = read[0] * math.prod(shape[1:]) if axes[0].changes else 0
    writing = 11 * voxels  # the results, and what mrcfile takes to write one of them
    return max(8 * voxels + 4 * layer + 10 * math.prod(read), writing)


def standard_deviation(data: FloatArray) -> float:
    """The SD of a map (z, y, x), plane by plane, which takes less memory."""
    mean = sum(float(plane.sum(dtype=float)) for plane in data) / data.size
    return math.sqrt(sum(float(np.square(plane - mean, dtype=float).sum()) for plane in data) / data.size)


@dataclass(frozen=True)
class _Span:
    """One axis of a cell on the network's grid.

    Attributes:
        axis: of the map.
        start: the first voxel that is read; even, so windows lie where they lie in the whole map.
        stop: the one after the last.
        around: voxels of the map that decide which windows are predicted.
        windows: the windows that may count for the cell.
    """

    axis: ResampledAxis
    start: int
    stop: int
    around: slice
    windows: slice

    @classmethod
    def of(cls, side: slice, axis: ResampledAxis) -> "_Span":
        """The span of some voxels of the map."""
        everywhere = axis.between()
        first, last = int(everywhere.lower[side.start]), int(everywhere.upper[side.stop - 1])
        start = max(first - MARGIN, 0) // STRIDE * STRIDE
        stop = min(last + MARGIN + 1, axis.length)
        around = slice(
            int(np.searchsorted(everywhere.upper, start)), int(np.searchsorted(everywhere.lower, stop - 1, "right"))
        )
        windows = slice(-(-max(first - fusion.REACH - start, 0) // STRIDE), (last + fusion.REACH - start) // STRIDE + 1)
        return cls(axis, start, stop, around, windows)

    def between(self, start: int, stop: int) -> Between:
        """Where voxels of the map lie, counted from the span's first voxel."""
        return self.axis.between(start, stop).counted_from(self.start)


def _divided(side: slice, axis: ResampledAxis, edge: int) -> list[slice]:
    """Equal cells of a side of the map, none longer than ``edge`` voxels of the network's grid."""
    count = side.stop - side.start
    cells = math.ceil(count * axis.size / axis.reached / edge)
    ends = [side.start + count * number // cells for number in range(cells + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(ends) if stop > start]
