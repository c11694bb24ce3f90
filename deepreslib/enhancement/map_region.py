"""The part of a map around its molecule: on the map's own grid, where it is filtered, and at 1 Å, where windows lie.

Both grids begin at the same voxel or, where the centre of the map would lie between voxels of 1 Å, so much beside it
that the centre lies on one: what is done at places symmetric about the centre then keeps a map's symmetry. The centre
is voxel n // 2 along each axis, as programs of cryo-EM have it. Beyond its faces a map goes on with its level.

Arrays and triples are (z, y, x).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.enhancement.profiles import SPACING
from deepreslib.fourier.arrays import Box, FloatArray, Shape, Triple
from deepreslib.fourier.grid import fast_length, fit_spectrum
from deepreslib.fourier.slabs import SLAB_VOXELS

TOLERANCE = 0.01
"""Voxels that differ from 1 Å by less than this share are taken for windows as they are."""

_CLOSE = 0.005
_SAME_PLACE = 1e-4


@dataclass(frozen=True)
class RegionAxis:
    """One axis of a region.

    Attributes:
        count: the map's voxels along it.
        start: the map's voxel at which the region begins; below 0 if it begins before the map.
        length: voxels of the map in the region.
        windows: voxels of about 1 Å in it.
    """

    count: int
    start: int
    length: int
    windows: int

    @property
    def ratio(self) -> float:
        """Voxels of the grid of windows for one of the map."""
        return self.windows / self.length

    @property
    def centre(self) -> int:
        """The voxel of the grid of windows on which the map's centre lies; it may be outside the region."""
        return round((self.count // 2 - self.start) * self.ratio)

    @property
    def shift(self) -> float:
        """Where voxel 0 of the grid of windows lies, counted in its voxels from the region's first voxel."""
        offset = (self.count // 2 - self.start) * self.ratio - self.centre
        return offset if abs(offset) > _SAME_PLACE else 0.0


@dataclass(frozen=True)
class MapRegion:
    """A part of a map.

    Attributes:
        axes: z, y and x.
        voxel_size: Å, the map's.
    """

    axes: tuple[RegionAxis, RegionAxis, RegionAxis]
    voxel_size: Triple

    @property
    def shape(self) -> Shape:
        """Of the region on the map's own grid."""
        z, y, x = (axis.length for axis in self.axes)
        return z, y, x

    @property
    def windows_shape(self) -> Shape:
        """Of the region at 1 Å."""
        z, y, x = (axis.windows for axis in self.axes)
        return z, y, x

    @property
    def reached(self) -> Triple:
        """Å, the voxel size of the grid of windows, within 1 % of 1 Å."""
        z, y, x = (size / axis.ratio for axis, size in zip(self.axes, self.voxel_size, strict=True))
        return z, y, x

    def inside(self, box: Box) -> Box:
        """A box of the map as a box of the region's own grid."""
        z, y, x = (
            slice(side.start - axis.start, side.stop - axis.start) for side, axis in zip(box, self.axes, strict=True)
        )
        return z, y, x

    @property
    def part(self) -> Box:
        """The box of the map that lies in the region."""
        z, y, x = (slice(max(axis.start, 0), min(axis.start + axis.length, axis.count)) for axis in self.axes)
        return z, y, x

    def read(self, data: FloatArray, level: float = 0.0, unit: float = 1.0) -> FloatArray:
        """The values of a map in the region, above its level; 0 beyond the map's faces.

        Args:
            data: float32 (z, y, x), the map.
            level: what is taken off its values.
            unit: what they are divided by then.

        Returns:
            float32 of the region's ``shape``.
        """
        return self.read_part(data[self.part], level, unit)

    def read_part(self, data: FloatArray, level: float = 0.0, unit: float = 1.0) -> FloatArray:
        """The same of the ``part`` of a map alone."""
        found = np.zeros(self.shape, np.float32)
        for plane, values in zip(found[self.inside(self.part)], data, strict=True):
            plane[...] = (values.astype(np.float64) - level) / unit
        return found

    def at_windows(self, values: FloatArray, workers: int | None = None) -> FloatArray:
        """Values of the region brought to the grid of windows by Fourier resampling.

        Args:
            values: float32 of ``shape``.
            workers: threads of the Fourier transforms, -1 for all.

        Returns:
            float32 of ``windows_shape``; ``values`` themselves where nothing is to be done.
        """
        for number in sorted(range(3), key=lambda number: self.axes[number].ratio):
            axis = self.axes[number]
            if axis.windows != axis.length or axis.shift:
                values = _resampled(values, number, axis, workers)
        return values


def region_around(box: Box, shape: Sequence[int], voxel_size: Triple, margin: float) -> MapRegion:
    """The part of a map around a box of it.

    Args:
        box: within the map.
        shape: the map's.
        voxel_size: Å.
        margin: Å, on each side at least; the region may reach beyond the map.

    Returns:
        A region whose Fourier transforms are fast on both grids.
    """
    axes = []
    for side, count, size in zip(box, shape, voxel_size, strict=True):
        width = math.ceil(margin / size)
        length, windows = _lengths(side.stop - side.start + 2 * width, size)
        axes.append(RegionAxis(count, side.start - width, length, windows))
    z, y, x = axes
    return MapRegion((z, y, x), voxel_size)


def _lengths(needed: int, size: float) -> tuple[int, int]:
    """Voxels of a region's axis, ``needed`` or more, and those of about 1 Å that are as long together."""
    length = fast_length(needed)
    if abs(size / SPACING - 1) <= TOLERANCE:
        return length, length
    while True:
        windows = round(length * size / SPACING)
        if abs(windows * SPACING / (length * size) - 1) <= _CLOSE:
            return length, windows
        length = fast_length(length + 1)


def _resampled(values: FloatArray, number: int, axis: RegionAxis, workers: int | None) -> FloatArray:
    """Values resampled along one axis and shifted there, some planes at a time."""
    shape = list(values.shape)
    shape[number] = axis.windows
    found = np.empty(shape, np.float32)
    turn = np.exp(2j * np.pi * axis.shift / axis.windows * np.arange(axis.windows // 2 + 1)).astype(np.complex64)
    turn = turn.reshape([-1 if each == number else 1 for each in range(3)])
    across = 1 if number == 0 else 0
    thickness = max(1, SLAB_VOXELS * values.shape[across] // values.size)
    for first in range(0, values.shape[across], thickness):
        part = (slice(None),) * across + (slice(first, first + thickness),)
        spectrum = scipy.fft.rfft(values[part], axis=number, workers=workers)
        spectrum = fit_spectrum(spectrum, number, axis.length, axis.windows)
        if axis.shift:
            spectrum *= turn
        found[part] = scipy.fft.irfft(spectrum, n=axis.windows, axis=number, workers=workers, overwrite_x=True)
    return found
