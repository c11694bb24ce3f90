"""Whether two half maps are one map twice, or masked unlike each other; told from small blocks of voxels.

Two reconstructions from different particles share their signal, never their noise. So two half maps that are equal up
to a scale and an offset, wherever it may be, are not independent.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, VoxelSize
from deepreslib.fourier.fsc import ShellSums, global_fsc
from deepreslib.maps.density_map import DensityMap

EDGE = 4
"""Voxels, edge of a block."""

SAME = 2e-6
"""Two maps are one, up to scale and offset, if this share of the variance is all in which they differ. Even half maps
filtered at 20 Å differ by more than 1e-5 of it."""

SAME_CORNERS = 0.9
"""Half maps that correlate more in all corners of the box are one map. Right ones have -0.1 to 0.1 there; 0.8 in a crop
without solvent, if its noise is weak; copies that were filtered, or got some noise, 0.92 to 1."""

_CORNER = (8, 48)
_FLAT_CORNER = 1e-3
_FEWEST_CORNERS = 4
_SAME_BLOCK = 1e-6
_SAME_BLOCKS = 0.05
_LEAST_BLOCKS = 30
_INFORMATIVE = 1e-6
_SAME_SHELL = 1e-5
_ROUNDED_SHELL = 0.2
_ROUNDING_FACTOR = 4.0
_STEEP_FACTOR = 0.1
_LEAST_SHELLS = 4
_FLOAT32_NOISE = 5e-7
_SAMPLE = 1 << 18
_MOST_STEPS = 1 << 16
_MASKED_BLOCKS = 0.02
_ACTIVE_BLOCK = 0.2
_FEW_STEPS = 3


@dataclass(frozen=True)
class Likeness:
    """How two maps relate voxel by voxel.

    Attributes:
        mean1: of the first map.
        mean2: of the second map.
        sd1: of the first map.
        sd2: of the second map.
        difference: share of the variance that is left when one map is fitted by the other's scale and offset.
        same_blocks: share of the blocks (of those with any contrast) in which the maps are the same up to scale and
            offset.
        only1_constant: share of all blocks that are constant in the first map and full of contrast in the second.
        only2_constant: the other way round.
        constant: bool (z, y, x), the blocks in which either map is constant, as if masked.
    """

    mean1: float
    mean2: float
    sd1: float
    sd2: float
    difference: float
    same_blocks: float
    only1_constant: float
    only2_constant: float
    constant: BoolArray

    @property
    def is_copy(self) -> bool:
        """Whether the maps are the same up to scale and offset, everywhere or in a good part of the box."""
        return self.difference < SAME or self.same_blocks > _SAME_BLOCKS

    @property
    def masked(self) -> tuple[bool, bool]:
        """Whether the first and the second map are constant in a part of the box in which the other is not."""
        return self.only1_constant > _MASKED_BLOCKS, self.only2_constant > _MASKED_BLOCKS


def same_file(half1: DensityMap, half2: DensityMap) -> bool:
    """Whether two maps were read from one file, be it by two names (links), or are one array.

    Args:
        half1: one half map.
        half2: the other.
    """
    if half1.data is half2.data:
        return True
    paths = half1.path, half2.path
    return all(path and os.path.exists(path) for path in paths) and os.path.samefile(*paths)


def likeness(map1: FloatArray, map2: FloatArray) -> Likeness:
    """Compares two maps voxel by voxel, a few planes at a time.

    Args:
        map1: float32 (z, y, x).
        map2: float32 (z, y, x), of the same shape.

    Returns:
        How they relate.
    """
    means = map1.mean(dtype=float), map2.mean(dtype=float)
    totals: FloatArray = np.zeros(3)
    blocks: list[FloatArray] = []
    ranges: list[FloatArray] = []
    for slab1, slab2 in _slabs(map1, map2):
        one, two = slab1.astype(float) - means[0], slab2.astype(float) - means[1]
        products = one * one, two * two, one * two
        totals += [product.sum() for product in products]
        if len(one) == EDGE and min(one.shape) >= EDGE:
            even = [_even(slab) for slab in (one, two)]
            blocks.append(np.array([_reduced(np.add, values).ravel() for values in (one, two, *products, *even)]))
            ranges.append(np.array([_range(slab) for slab in (one, two)]))
    power1, power2, cross = (float(total) for total in totals)
    difference = 1 - cross**2 / (power1 * power2) if power1 > 0 and power2 > 0 else 1.0
    same, only1, only2 = 0.0, 0.0, 0.0
    constant = np.zeros((1, 1, 1), bool)
    if blocks:
        variances = power1 / map1.size, power2 / map2.size
        same = _same_blocks(np.concatenate(blocks, axis=1), variances)
        steps = [(12 * rounding_variance(data)) ** 0.5 for data in (map1, map2)]
        contrast = np.stack(ranges, axis=1)
        constant = (contrast == 0).any(axis=0)
        only1, only2 = _unlike_masks(contrast.reshape(2, -1), steps)
    sds = (power1 / map1.size) ** 0.5, (power2 / map2.size) ** 0.5
    return Likeness(*means, *sds, max(difference, 0.0), same, only1, only2, constant)


def same_but_for_rounding(map1: FloatArray, map2: FloatArray, sums: ShellSums) -> bool:
    """Whether two maps are one map, filtered or rounded perhaps: their FSC is 1 wherever rounding lets it.

    A file of 8-bit integers or 16-bit floats rounds its values, which is white noise of a known variance. Where that
    noise is weak, half maps of different particles have an FSC below 1, and one map twice has not.

    Args:
        map1: float32 (z, y, x).
        map2: float32 (z, y, x).
        sums: of their Fourier coefficients, unmasked.
    """
    if len(sums.frequency) < 2:
        return False
    with np.errstate(divide="ignore", invalid="ignore"):
        rounding = sum(
            0.5 * data.size * rounding_variance(data) * sums.count / power
            for data, power in ((map1, sums.power1), (map2, sums.power2))
        )
        lost = 1 - np.abs(sums.cross) / np.sqrt(sums.power1 * sums.power2)
    used = np.isfinite(rounding) & np.isfinite(lost) & (rounding < _ROUNDED_SHELL)
    used[0] = False
    # Where a filter is steep, it varies within a shell, and so lowers the FSC.
    logarithms = [0.5 * np.log(np.maximum(power, 1e-300)) for power in (sums.power1, sums.power2)]
    steepness = np.gradient(logarithms[0] - logarithms[1])
    allowed = _SAME_SHELL + _ROUNDING_FACTOR * rounding + _STEEP_FACTOR * np.square(steepness)
    if used.sum() < min(_LEAST_SHELLS, len(used) - 1):
        return False
    return bool(np.all(lost[used] < allowed[used]))


def corner_correlation(map1: FloatArray, map2: FloatArray, voxel_size: VoxelSize) -> float:
    """The least correlation in the corners of the box, where half maps have nothing but noise of their own.

    It is the mean FSC over the shells, so neither scale nor any filter of one of the maps changes it much.

    Args:
        map1: float32 (z, y, x).
        map2: float32 (z, y, x).
        voxel_size: Å, one number or (z, y, x).

    Returns:
        -1 to 1; 0 if the maps are constant, or nearly so, in more than half of the corners.
    """
    least, most = _CORNER
    edges = [min(max(count // 4, least), count, most) for count in map1.shape]
    z, y, x = (np.hanning(edge + 2)[1:-1] for edge in edges)
    window = z[:, None, None] * y[:, None] * x
    flat = [_FLAT_CORNER * float(data.std(dtype=float)) for data in (map1, map2)]
    found = []
    for sides in itertools.product(*((slice(edge), slice(-edge, None)) for edge in edges)):
        corners = [data[sides].astype(float) for data in (map1, map2)]
        sds = [float(corner.std()) for corner in corners]
        if all(sd > level for sd, level in zip(sds, flat, strict=True)):
            one, two = ((corner - corner.mean()) / sd for corner, sd in zip(corners, sds, strict=True))
            found.append(float(np.mean(global_fsc(one, two, voxel_size, window).correlation[2:])))
    return min(found) if len(found) >= _FEWEST_CORNERS else 0.0


def rounding_variance(data: FloatArray) -> float:
    """The variance of the rounding noise of a map's values, as its file stores them.

    Args:
        data: float32 (z, y, x).

    Returns:
        In squared units of the map: of even steps if the values have these, else of 16-bit floats, else of 32-bit
        floats that went through a Fourier transform.
    """
    sample = np.ascontiguousarray(data.ravel()[:: max(1, data.size // _SAMPLE)])
    values = np.unique(sample).astype(float)
    variance = (_FLOAT32_NOISE * float(sample.std(dtype=float))) ** 2
    if 1 < len(values) <= min(_MOST_STEPS, len(sample) // 4):
        step = float(np.diff(values).min())
        steps = (values - values[0]) / step
        if steps[-1] <= _MOST_STEPS and np.abs(steps - np.rint(steps)).max() < 0.1:
            variance = max(variance, step**2 / 12)
    if _is_float16(sample):
        spacing = np.spacing(np.abs(sample).astype(np.float16)).astype(float)
        variance = max(variance, float(np.mean(np.square(spacing))) / 12)
    return variance


def _is_float16(sample: FloatArray) -> bool:
    if not np.abs(sample).max() < np.finfo(np.float16).max:
        return False
    return bool(np.array_equal(sample.astype(np.float16).astype(np.float32), sample))


def _slabs(map1: FloatArray, map2: FloatArray) -> Iterator[tuple[Array, Array]]:
    for start in range(0, len(map1), EDGE):
        yield map1[start : start + EDGE], map2[start : start + EDGE]


def _reduced(function: np.ufunc, slab: Array) -> Array:
    """A slab of ``EDGE`` planes reduced to one value for each block; voxels beyond the last whole block left out."""
    rows, columns = (count // EDGE for count in slab.shape[1:])
    plane = function.reduce(slab, axis=0)[: rows * EDGE, : columns * EDGE]
    lines = function.reduce(plane.reshape(rows, EDGE, columns * EDGE), axis=1)
    reduced: Array = function.reduce(lines.reshape(rows, columns, EDGE), axis=2)
    return reduced


def _even(slab: Array) -> Array:
    """1 at each voxel whose value is that of the voxel before it along x, else 0."""
    even = np.zeros(slab.shape)
    even[:, :, 1:] = slab[:, :, 1:] == slab[:, :, :-1]
    return even


def _range(slab: Array) -> Array:
    """The highest less the lowest value of each block."""
    return _reduced(np.maximum, slab) - _reduced(np.minimum, slab)


def _same_blocks(sums: FloatArray, variances: tuple[float, float]) -> float:
    """The share of blocks with any contrast in which two maps are the same up to scale and offset."""
    count = EDGE**3
    first, second, square1, square2, product, even1, even2 = sums
    variance1, variance2 = square1 - first**2 / count, square2 - second**2 / count
    covariance = product - first * second / count
    least1, least2 = (_INFORMATIVE * count * variance for variance in variances)
    informative = (variance1 > least1) & (variance2 > least2)
    informative &= (even1 <= EDGE) & (even2 <= EDGE)  # of a mask's edge two maps have one voxel, always alike
    if not informative.any():
        return 0.0
    lost = 1 - covariance[informative] ** 2 / (variance1[informative] * variance2[informative])
    return float(np.mean(lost < _SAME_BLOCK)) if len(lost) >= _LEAST_BLOCKS else 0.0


def _unlike_masks(ranges: FloatArray, steps: Sequence[float]) -> tuple[float, float]:
    """The share of blocks that are constant in one map and full of contrast in the other, and the other way round.

    Args:
        ranges: (2, blocks), of each map's values in each block.
        steps: between each map's values as its file rounded them; a few steps are no contrast.
    """
    constant = ranges == 0
    typical = [np.median(values[values > 0]) if (values > 0).any() else np.inf for values in ranges]
    active = [
        values > max(_ACTIVE_BLOCK * level, _FEW_STEPS * step)
        for values, level, step in zip(ranges, typical, steps, strict=True)
    ]
    return float(np.mean(constant[0] & active[1])), float(np.mean(constant[1] & active[0]))
