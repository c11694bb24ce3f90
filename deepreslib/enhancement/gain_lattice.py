"""A lattice of places at which gains are found, and what lies between them.

The lattice has the centre of the map on it and is symmetric about it, so that gains found there keep a map's symmetry
where its axes are those of the lattice. Its steps are whole voxels of the grid of windows.

Arrays are (z, y, x).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deepreslib.enhancement.map_region import MapRegion
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, IntArray, Shape
from deepreslib.fourier.resampling import Between, needed_between

LARGEST_STRIDE = 16
"""Voxels of the grid of windows; places farther apart miss what differs between them."""


@dataclass(frozen=True, eq=False)
class GainLattice:
    """Places between which values are interpolated for the voxels of a box of the map.

    Attributes:
        between: along z, y and x, between which places each voxel of the box lies.
        wanted: bool (z, y, x), the places at which values are found.
        places: int (places, 3), the wanted ones, in voxels of the grid of windows.
        extends: whether values are wanted beyond these places too.
    """

    between: tuple[Between, Between, Between]
    wanted: BoolArray
    places: IntArray
    extends: bool = False

    @property
    def box_shape(self) -> Shape:
        """Of the box of the map whose voxels lie between the places."""
        z, y, x = (len(side.lower) for side in self.between)
        return z, y, x

    def spread(self, values: FloatArray) -> FloatArray:
        """Values of the wanted places on the whole lattice.

        Args:
            values: float32 (places, ...).

        Returns:
            float32 (z, y, x, ...); at other places 0 or, if the lattice ``extends``, what :func:`extended` says.
        """
        spread = np.zeros((*self.wanted.shape, *values.shape[1:]), np.float32)
        spread[self.wanted] = values
        return extended(spread, self.wanted) if self.extends else spread

    def planes(self, spread: FloatArray) -> "Planes":
        """What lies between the places, some planes at a time.

        Args:
            spread: float32 (z, y, x), values of the whole lattice, from :meth:`spread`.
        """
        return Planes(self, spread)

    def interpolated(self, values: FloatArray) -> FloatArray:
        """Values of the wanted places at each voxel of the box.

        Args:
            values: float32 (places,).

        Returns:
            float32 of ``box_shape``.
        """
        found = np.empty(self.box_shape, np.float32)
        planes = self.planes(self.spread(values))
        for z in range(len(found)):
            found[z] = planes(slice(z, z + 1))[0]
        return found


class Planes:
    """Values of a lattice at the voxels of a box, some planes at a time."""

    def __init__(self, lattice: GainLattice, spread: FloatArray) -> None:
        self._along_z, along_y, along_x = lattice.between
        _, count_y, count_x = spread.shape
        self._spread = spread
        self._y, self._x = _matrix(along_y, count_y), _matrix(along_x, count_x).T

    def __call__(self, planes: slice) -> FloatArray:
        """float32 (some z, y, x) of a slice of z."""
        weight = self._along_z.weight[planes][:, None, None]
        sections = self._spread[self._along_z.lower[planes]] * (1 - weight)
        sections += self._spread[self._along_z.upper[planes]] * weight
        found: FloatArray = self._y @ sections @ self._x
        return found


def lattice_over(region: MapRegion, box: Box, mask: BoolArray, stride: int, extends: bool = False) -> GainLattice:
    """The lattice for the voxels of a box of a map.

    Args:
        region: of the map, around the box.
        box: of the map.
        mask: bool of the box's shape; the places between which its voxels lie are wanted.
        stride: voxels of the grid of windows from place to place.
        extends: whether values are wanted for the box's other voxels too.

    Returns:
        The lattice.

    Raises:
        ValueError: the stride is no whole number from 1 to ``LARGEST_STRIDE``.
    """
    if stride not in range(1, LARGEST_STRIDE + 1):
        raise ValueError(f"a stride of {stride}, which is no whole number from 1 to {LARGEST_STRIDE}")
    between, firsts, counts = [], [], []
    for axis, side in zip(region.axes, box, strict=True):
        place = (np.arange(side.start, side.stop) - axis.count // 2) * (axis.ratio / stride)
        nearest = np.rint(place)
        place = np.where(np.abs(place - nearest) < 1e-6, nearest, place)
        lower, upper = np.floor(place).astype(int), np.ceil(place).astype(int)
        firsts.append(int(lower[0]))
        counts.append(int(upper[-1] - lower[0]) + 1)
        between.append(Between(lower, upper, (place - lower).astype(np.float32)).counted_from(firsts[-1]))
    along_z, along_y, along_x = between
    wanted = needed_between(mask, between, counts)
    centres = [axis.centre for axis in region.axes]
    places = np.argwhere(wanted) * stride + np.array(firsts) * stride + centres
    return GainLattice((along_z, along_y, along_x), wanted, places, extends)


def extended(values: FloatArray, known: BoolArray) -> FloatArray:
    """Values that go on beyond the places where they are known: each unknown place has the mean of its neighbours.

    Places beside known ones are filled first, then those beside these. Unlike the values of the nearest place, of which
    there may be several, this keeps a lattice's symmetry.

    Args:
        values: float32 (z, y, x, ...).
        known: bool (z, y, x), not empty.

    Returns:
        A new array.
    """
    rim = ((1, 1),) * 3
    filled = np.pad(values, (*rim, *((0, 0),) * (values.ndim - 3)))
    done = np.pad(known, rim)
    inside = np.pad(np.ones(known.shape, bool), rim)
    places, is_done = filled.reshape(done.size, -1), done.ravel()
    steps = (np.indices((3, 3, 3)).reshape(3, -1).T - 1) @ [done.shape[1] * done.shape[2], done.shape[2], 1]
    while not done[inside].all():
        beside = np.flatnonzero(ndimage.maximum_filter(done, 3) & ~done & inside)
        total, count = np.zeros((len(beside), places.shape[1]), np.float32), np.zeros((len(beside), 1), np.float32)
        for step in steps:
            usable = is_done[beside + step][:, None]
            total += places[beside + step] * usable
            count += usable
        places[beside] = total / count
        is_done[beside] = True
    return np.ascontiguousarray(filled[1:-1, 1:-1, 1:-1])


def slices(count: int, thickness: int) -> Iterator[slice]:
    """Slices of ``thickness`` or fewer that make up ``count``."""
    for start in range(0, count, thickness):
        yield slice(start, min(start + thickness, count))


def _matrix(between: Between, count: int) -> FloatArray:
    """The matrix that interpolates along an axis: float32 (voxels, count)."""
    matrix = np.zeros((len(between.lower), count), np.float32)
    voxels = np.arange(len(between.lower))
    matrix[voxels, between.lower] = 1 - between.weight
    matrix[voxels, between.upper] += between.weight
    return matrix
