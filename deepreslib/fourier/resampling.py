"""Maps brought to a network's voxel size by Fourier resampling, and its predictions brought back to the map's grid.

Voxel (0, 0, 0) stays where it is: voxel ``i`` of a map lies at ``i × voxel size / reached`` on the resampled grid.
Both directions use that one formula, so nothing else needs to be remembered between them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Triple, VoxelSize
from deepreslib.fourier.grid import fit_spectrum, voxel_triple

_VOXEL_SIZE_TOLERANCE = 0.01
_LARGEST_FACTOR = 61
_SLAB_VOXELS = 1 << 22
_SAME_PLACE = 1e-4


@dataclass(frozen=True)
class ResampledAxis:
    """One axis of a map, and how it is resampled.

    Attributes:
        count: the map's voxels along it.
        size: their size, Å.
        padded: voxels to which it is lengthened before.
        periodic: voxels to which those are resampled.
    """

    count: int
    size: float
    padded: int
    periodic: int

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return self.padded != self.periodic

    @property
    def length(self) -> int:
        """Voxels of the resampled axis, which has the map's extent."""
        return min(self.periodic, -(-self.count * self.periodic // self.padded))

    @property
    def reached(self) -> float:
        """The size of the resampled voxels, Å."""
        return self.padded * self.size / self.periodic if self.changes else self.size

    def resample(self, data: FloatArray, number: int, workers: int | None = None) -> FloatArray:
        """Resamples a map along this axis.

        Args:
            data: (z, y, x), as long along the axis as ``count``.
            number: which of its axes this is.
            workers: threads of the Fourier transform, -1 for all.

        Returns:
            The resampled map; ``data`` itself where nothing is to be done.
        """
        return _resample_axis(data, number, self.padded, self.periodic, workers) if self.changes else data

    def between(self, start: int = 0, stop: int | None = None) -> "Between":
        """The two resampled voxels beside each voxel of a part of the axis.

        Args:
            start: first voxel of the map in the part.
            stop: the one after the last; None for the end.

        Returns:
            A ``Between`` of the voxels of the part.
        """
        return places_between(self.count, self.size / self.reached, self.length).part(start, stop)


@dataclass(frozen=True, eq=False)
class Between:
    """Where voxels of one axis of a map lie between those of the resampled axis.

    Attributes:
        lower: int (n,), for each voxel the resampled one before it or at its place.
        upper: int (n,), the one behind it or at its place.
        weight: float32 (n,), of the upper one, 0 to 1.
    """

    lower: IntArray
    upper: IntArray
    weight: FloatArray

    def part(self, start: int, stop: int | None) -> "Between":
        """The voxels of a part of the axis.

        Args:
            start: the part's first voxel.
            stop: the one after its last; None for the end.
        """
        return Between(self.lower[start:stop], self.upper[start:stop], self.weight[start:stop])

    def counted_from(self, first: int) -> "Between":
        """The same where resampled voxels are counted from another one.

        Args:
            first: the resampled voxel that is number 0 then.
        """
        return Between(self.lower - first, self.upper - first, self.weight)


def places_between(count: int, ratio: float, new: int) -> Between:
    """Where the voxels of an axis lie between those of another one that begins at the same place.

    Args:
        count: voxels of the axis.
        ratio: their size divided by that of the other's.
        new: voxels of the other axis; voxels beyond its last one are taken as if they lay there.

    Returns:
        A ``Between`` of all voxels.
    """
    place = np.arange(count) * ratio
    nearest = np.round(place)
    place = np.where(abs(place - nearest) < _SAME_PLACE, nearest, place)
    place = np.minimum(place, new - 1)
    lower = np.floor(place).astype(int)
    return Between(lower, np.ceil(place).astype(int), (place - lower).astype(np.float32))


def resampled_axes(
    shape: Sequence[int], voxel_size: VoxelSize, target: float
) -> tuple[ResampledAxis, ResampledAxis, ResampledAxis]:
    """How :func:`to_voxel_size` resamples a map.

    Args:
        shape: the map's (z, y, x).
        voxel_size: Å, one number or (z, y, x).
        target: Å, the voxel size to come close to.

    Returns:
        z, y and x.
    """
    axes = []
    for count, size in zip(shape, voxel_triple(voxel_size), strict=True):
        close = abs(size / target - 1) <= _VOXEL_SIZE_TOLERANCE
        padded, periodic = (count, count) if close else _lengths(count, size, target)
        axes.append(ResampledAxis(count, size, padded, periodic))
    z, y, x = axes
    return z, y, x


def to_voxel_size(
    data: FloatArray, voxel_size: VoxelSize, target: float, workers: int | None = None
) -> tuple[FloatArray, Triple]:
    """Resample a map by Fourier cropping or padding, axis by axis; values keep their scale.

    An axis of n voxels becomes one of m ≈ n × voxel size / target voxels, so the voxel size reached is
    n × voxel size / m: m is the closest number without a prime factor above 61, which would make Fourier transforms
    slow. An axis within 1 % of the target is left as it is. Where no m comes within 1 % of the target (small boxes) or
    n has such a factor, the axis is first lengthened at its far end, by a line from its last value to its first, as
    the Fourier transform is periodic; the added part is cut off again after resampling.

    Args:
        data: float32, (z, y, x).
        voxel_size: Å, one number or (z, y, x).
        target: Å, the voxel size to come close to.
        workers: threads of the Fourier transform, -1 for all.

    Returns:
        The resampled map, float32 and C-contiguous (``data`` itself where nothing is to be done), and the voxel size
        reached, Å, (z, y, x), within 1 % of the target. Estimates of length made on the new grid as if its voxels
        had the target's size are to be multiplied by reached / target.
    """
    axes = resampled_axes(data.shape, voxel_size, target)
    z, y, x = (axis.reached for axis in axes)
    return resample(data, axes, workers), (z, y, x)


def resample(data: FloatArray, axes: Sequence[ResampledAxis], workers: int | None = None) -> FloatArray:
    """What :func:`to_voxel_size` does, once it is known how.

    Args:
        data: float32, (z, y, x).
        axes: how it is resampled along z, y and x.
        workers: threads of the Fourier transform, -1 for all.

    Returns:
        The resampled map, float32 and C-contiguous.
    """
    for number in sorted(range(3), key=lambda number: axes[number].periodic / axes[number].padded):
        data = axes[number].resample(data, number, workers)
    return np.ascontiguousarray(data, dtype=np.float32)


def to_shape(data: FloatArray, shape: Sequence[int], workers: int | None = None) -> FloatArray:
    """Resample a map to another number of voxels on the same box, by Fourier cropping or padding axis by axis.

    Args:
        data: float32, (z, y, x); values keep their scale.
        shape: (z, y, x), of the resampled map.
        workers: threads of the Fourier transform, -1 for all.

    Returns:
        float32 of ``shape``; ``data`` itself where nothing is to be done.
    """
    for axis in sorted(range(3), key=lambda axis: shape[axis] / data.shape[axis]):
        if shape[axis] != data.shape[axis]:
            data = _resample_axis(data, axis, data.shape[axis], shape[axis], workers)
    return data


def needed_voxels(mask: BoolArray, voxel_size: VoxelSize, reached: VoxelSize, new_shape: Sequence[int]) -> BoolArray:
    """The voxels of the resampled grid that :func:`sample_back` will read.

    These are the corners of the cells in which the mask's voxels lie, so that no voxel of the mask is interpolated
    from one without a value.

    Args:
        mask: boolean, (z, y, x), on the map's grid.
        voxel_size: Å, the map's.
        reached: Å, the resampled grid's, as :func:`to_voxel_size` returned it.
        new_shape: the resampled grid's shape.

    Returns:
        Boolean array of ``new_shape``.
    """
    return needed_between(mask, _all_between(mask.shape, voxel_size, reached, new_shape), new_shape)


def needed_between(mask: BoolArray, between: Sequence[Between], new_shape: Sequence[int]) -> BoolArray:
    """:func:`needed_voxels` for a part of a map.

    Args:
        mask: boolean, (z, y, x), of the part.
        between: along z, y and x where its voxels lie, counted from the first voxel of the resampled part.
        new_shape: the resampled part's shape; voxels needed beyond it are left out.

    Returns:
        Boolean array of ``new_shape``.
    """
    needed = mask
    for axis, (places, new) in enumerate(zip(between, new_shape, strict=True)):
        source = np.moveaxis(needed, axis, 0)
        corners = np.zeros((new, *source.shape[1:]), dtype=bool)
        for index in range(len(source)):
            for corner in {int(places.lower[index]), int(places.upper[index])}:
                if 0 <= corner < new:
                    corners[corner] |= source[index]
        needed = np.moveaxis(corners, 0, axis)
    return np.ascontiguousarray(needed)


def sample_back(values: FloatArray, mask: BoolArray, voxel_size: VoxelSize, reached: VoxelSize) -> FloatArray:
    """Trilinear interpolation of values on the resampled grid at the mask's voxels.

    Beyond the last voxel of the resampled grid the value of this voxel is used; the grid is not taken as periodic.

    Args:
        values: float32, (z, y, x), on the resampled grid; read only where :func:`needed_voxels` is true.
        mask: boolean, (z, y, x), on the map's grid.
        voxel_size: Å, the map's.
        reached: Å, the resampled grid's, as :func:`to_voxel_size` returned it.

    Returns:
        float32 array of the mask's shape, exactly 0 outside the mask.
    """
    return sample_between(values, mask, _all_between(mask.shape, voxel_size, reached, values.shape))


def sample_between(values: FloatArray, mask: BoolArray, between: Sequence[Between]) -> FloatArray:
    """:func:`sample_back` for a part of a map.

    Args:
        values: float32, (z, y, x), on the resampled part.
        mask: boolean, (z, y, x), of the part.
        between: along z, y and x where its voxels lie, counted from the first voxel of the resampled part.

    Returns:
        float32 array of the mask's shape, exactly 0 outside the mask.
    """
    along_z, along_y, along_x = between
    result = np.zeros(mask.shape, dtype=np.float32)
    for z in np.flatnonzero(mask.any(axis=(1, 2))):
        section = _blend(values[along_z.lower[z]], values[along_z.upper[z]], along_z.weight[z])
        section = _interpolate(section, 0, along_y)
        section = _interpolate(section, 1, along_x)
        result[z][mask[z]] = section[mask[z]]
    return result


def clip_resolution(values: FloatArray, mask: BoolArray, low: float, high: float, voxel_size: VoxelSize) -> FloatArray:
    """Resolutions held within [max(low, 2 × voxel size), high] inside the mask, exactly 0 outside.

    Args:
        values: float32, (z, y, x), Å.
        mask: boolean, (z, y, x).
        low: Å, the fine end of the method's range.
        high: Å, its coarse end.
        voxel_size: Å, the map's.

    Returns:
        A new float32 array.

    Raises:
        ValueError: if nothing lies between the limits; ``check_estimable`` refuses such maps before any work.
    """
    finest = max(low, 2 * max(voxel_triple(voxel_size)))
    if finest >= high:
        raise ValueError(f"no resolution lies between {finest:g} and {high:g} Å")
    floor = np.float32(finest)
    if float(floor) < finest:
        floor = np.nextafter(floor, np.float32(np.inf))
    clipped = np.zeros(values.shape, dtype=np.float32)
    clipped[mask] = np.clip(values[mask], floor, np.float32(high))
    return clipped


def _lengths(count: int, size: float, target: float) -> tuple[int, int]:
    """The least length to lengthen an axis to, and its number of voxels after resampling."""
    padded = count
    while True:
        exact = padded * size / target
        close = range(
            math.ceil(exact / (1 + _VOXEL_SIZE_TOLERANCE)), math.floor(exact / (1 - _VOXEL_SIZE_TOLERANCE)) + 1
        )
        fast = [new for new in close if _is_fast(new)]
        if fast and _is_fast(padded):
            return padded, min(fast, key=lambda new: abs(new - exact))
        padded += 1


def _is_fast(length: int) -> bool:
    for factor in range(2, _LARGEST_FACTOR + 1):
        while length % factor == 0:
            length //= factor
    return length == 1


def _resample_axis(data: FloatArray, axis: int, padded: int, new: int, workers: int | None) -> FloatArray:
    """Resample one axis, lengthened to ``padded`` voxels, to ``new`` voxels; cut to the extent of ``data``."""
    count = data.shape[axis]
    length = min(new, -(-count * new // padded))
    shape = (*data.shape[:axis], length, *data.shape[axis + 1 :])
    result = np.empty(shape, dtype=np.float32)
    across = 0 if axis else 1
    thickness = max(1, _SLAB_VOXELS * data.shape[across] // (data.size // count * max(padded, new)))
    for start in range(0, data.shape[across], thickness):
        slab = (slice(None),) * across + (slice(start, start + thickness),)
        spectrum = scipy.fft.rfft(_lengthen(data[slab], axis, padded), axis=axis, workers=workers)
        spectrum = fit_spectrum(spectrum, axis, padded, new)
        wave = scipy.fft.irfft(spectrum, n=new, axis=axis, workers=workers, overwrite_x=True)
        result[slab] = wave[(slice(None),) * axis + (slice(length),)]
    return result


def _lengthen(data: FloatArray, axis: int, padded: int) -> FloatArray:
    """``data`` with a line from its last to its first values added along ``axis``."""
    added = padded - data.shape[axis]
    if not added:
        return data
    weight = np.arange(1, added + 1, dtype=np.float32) / np.float32(added + 1)
    weight = weight.reshape([-1 if i == axis else 1 for i in range(data.ndim)])
    first, last = np.take(data, [0], axis), np.take(data, [-1], axis)
    return np.concatenate([data, last + (first - last) * weight], axis=axis)


def _all_between(
    shape: Sequence[int], voxel_size: VoxelSize, reached: VoxelSize, new_shape: Sequence[int]
) -> list[Between]:
    sizes, new_sizes = voxel_triple(voxel_size), voxel_triple(reached)
    return [
        places_between(count, size / new_size, new)
        for count, size, new_size, new in zip(shape, sizes, new_sizes, new_shape, strict=True)
    ]


def _interpolate(values: FloatArray, axis: int, between: Between) -> FloatArray:
    weight = between.weight if axis else between.weight[:, np.newaxis]
    return _blend(values.take(between.lower, axis), values.take(between.upper, axis), weight)


def _blend(lower: FloatArray, upper: FloatArray, weight: FloatArray) -> FloatArray:
    return lower + (upper - lower) * weight
