"""The scale of a map's values: brought to mean 0 and SD 1 without overflow, and refused where rounding ate the detail.

Maps come in any unit: a factor of 1e-40 or 1e38, or an offset of a million, are as good as none to the eye, but not to
arithmetic of 32 bits, in which squares of such numbers are 0 or infinite. All here is reckoned in 64 bits.
"""

import math
from dataclasses import replace

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps.density_map import DensityMap

MOST_OUTLIERS = 1e-5
"""The share of a map's voxels that is a handful; at least 8 voxels."""

REFUSED_SHARE = 0.9
"""A handful of voxels that holds more of the variance is refused."""

WARNED_SHARE = 0.25
"""A handful of voxels that holds more of the variance is warned about."""

LEAST_LEVELS = 80
"""So many numbers of 32 bits must lie within one SD."""

PLAIN_SD = (1e-4, 1e4)
"""The SD of a map whose squares, sums and products are far from the ends of 32 bits."""

PLAIN_OFFSET = 0.1
"""SDs; the solvent of a map without an offset is at most so far from 0, or half the noise's SD if that is more."""

_FEWEST_OUTLIERS = 8


def mean_and_sd(data: FloatArray) -> tuple[float, float]:
    """Mean and standard deviation, reckoned in float64 section by section.

    Args:
        data: float32 (z, y, x), finite.

    Returns:
        Mean and SD, in the map's units.
    """
    mean = math.fsum(float(section.mean(dtype=np.float64)) for section in data) / len(data)
    squares = math.fsum(float(np.square(_centred(section, mean)).mean()) for section in data)
    return mean, math.sqrt(squares / len(data))


def normalised(density_map: DensityMap) -> DensityMap:
    """A map with its values brought to mean 0 and SD 1, whatever their unit and offset.

    Args:
        density_map: finite and not constant.

    Returns:
        A new map on the same grid, with the same path.

    Raises:
        InputError: if the values have no spread that 32 bits can tell, see :func:`check_precision`.
    """
    mean, sd = check_precision(density_map)
    values = np.empty(density_map.data.shape, np.float32)
    for section, new in zip(density_map.data, values, strict=True):
        new[:] = _centred(section, mean) / sd
    return density_map.like(values)


def zero_to_one(data: FloatArray) -> FloatArray:
    """Values brought to the range from 0 to 1.

    Args:
        data: float32, finite and not constant.

    Returns:
        A new float32 array of that shape.
    """
    lowest, highest = float(data.min()), float(data.max())
    return ((data - lowest) / max(highest - lowest, float(np.finfo(np.float32).tiny))).astype(np.float32)


def plainly_scaled(density_map: DensityMap, *others: DensityMap) -> tuple[list[DensityMap], float, float]:
    """Maps whose scale and offset arithmetic of 32 bits and the networks can bear: unchanged, or shifted and scaled.

    DeepRes takes the solvent to be at 0, as nearly all maps have it: one SD more, and it says 6.2 Å of the
    demonstration's map instead of 4.9.

    Args:
        density_map: finite.
        *others: maps that belong to it, such as the other half map; they are treated as it is.

    Returns:
        The maps; the level that was taken from them, that of the box's faces, or 0; and the unit that they were then
        divided by, the first one's SD, or 1.

    Raises:
        InputError: see :func:`check_precision`.
    """
    given = [density_map, *others]
    level, unit = _offset_and_unit(density_map.data)
    if (level, unit) == (0.0, 1.0):
        return given, level, unit
    for one in given:
        check_precision(one)
    scaled = []
    for one in given:
        values = np.empty(one.data.shape, np.float32)
        for section, new in zip(one.data, values, strict=True):
            new[:] = _centred(section, level) / unit
        scaled.append(replace(one, data=values))
    return scaled, level, unit


def _offset_and_unit(data: FloatArray) -> tuple[float, float]:
    """What a map must be rid of: its offset, 0 if it is small, and its SD if that is extreme, otherwise 1."""
    sd = mean_and_sd(data)[1]
    if not sd > 0:
        return 0.0, 1.0
    faces = np.concatenate([data.take(side, axis).ravel() for axis in range(3) for side in (0, -1)]).astype(np.float64)
    level = float(np.median(faces))
    if abs(level) <= max(PLAIN_OFFSET * sd, 0.5 * faces.std()):
        level = 0.0
    return level, 1.0 if PLAIN_SD[0] <= sd <= PLAIN_SD[1] else sd


def check_scale(density_map: DensityMap) -> tuple[str, ...]:
    """Refuse a map whose values rounding or a few extreme voxels have spoilt.

    Args:
        density_map: finite and not constant.

    Returns:
        A sentence if a few extreme voxels may spoil it, else none.

    Raises:
        InputError: see :func:`check_precision` and :func:`check_outliers`.
    """
    data = density_map.data
    mean, sd = mean_and_sd(data)
    if not PLAIN_SD[0] <= sd <= PLAIN_SD[1] or abs(mean) > sd:
        check_precision(density_map)
    handful = max(_FEWEST_OUTLIERS, int(MOST_OUTLIERS * data.size))
    farthest = max(float(data.max()) - mean, mean - float(data.min()))
    if farthest**2 * handful < 0.5 * WARNED_SHARE * data.size * sd**2:  # no handful can hold so much of the variance
        return ()
    check_outliers(density_map)
    return outlier_warnings(density_map)


def check_precision(density_map: DensityMap) -> tuple[float, float]:
    """Refuse a map whose values differ by so little, for their size, that rounding to 32 bits has eaten the detail.

    Args:
        density_map: finite.

    Returns:
        Mean and SD, as of :func:`mean_and_sd`.

    Raises:
        InputError: if fewer than ``LEAST_LEVELS`` numbers of 32 bits lie within one SD, or the map is constant.
    """
    data, name = density_map.data, density_map.name
    lowest, highest = float(data.min()), float(data.max())
    if lowest == highest:
        raise InputError(f"{name} is constant, every voxel is {lowest:g}; give a map with density.")
    mean, sd = mean_and_sd(data)
    if sd < LEAST_LEVELS * float(np.spacing(np.float32(abs(mean)))):
        is_offset = abs(mean) > np.finfo(np.float32).tiny
        mend = "subtract its mean before it is written" if is_offset else "multiply it by a large number"
        raise InputError(
            f"{name} has values around {mean:.3g} that differ by {sd:.3g} only, less than a number of 32 bits can "
            f"tell well; {mend}, in the program that made it."
        )
    return mean, sd


def check_outliers(density_map: DensityMap) -> None:
    """Refuse a map of which a handful of voxels hold nearly all of the variance.

    Args:
        density_map: finite.

    Raises:
        InputError: if they hold more than ``REFUSED_SHARE``.
    """
    count, share, highest = outlier_voxels(density_map)
    if share > REFUSED_SHARE:
        raise InputError(
            f"{density_map.name} has {_voxels(count)} far above or below all others ({highest:.3g}, {_percent(share)} "
            "of the variance); give such voxels the values of their neighbours."
        )


def outlier_warnings(density_map: DensityMap) -> tuple[str, ...]:
    """A sentence about a map of which a handful of voxels hold much of the variance.

    Args:
        density_map: finite.

    Returns:
        One sentence if they hold more than ``WARNED_SHARE``, else none.
    """
    count, share, highest = outlier_voxels(density_map)
    if share <= WARNED_SHARE:
        return ()
    return (
        f"{density_map.name} has {_voxels(count)} of extreme value ({highest:.3g}, {_percent(share)} of the variance); "
        "if they are faults, set them to the values of their neighbours.",
    )


def outlier_voxels(density_map: DensityMap) -> tuple[int, float, float]:
    """The voxels that hold most of what a handful of the most extreme voxels hold of a map's variance.

    A molecule fills hundreds of voxels, and those of the highest density share the variance with many others.

    Args:
        density_map: finite.

    Returns:
        How many voxels these are, the share of the variance that the whole handful holds (0 to 1), and the value that
        is farthest from the mean. Where that value alone tells that the share is below ``WARNED_SHARE``, as in any
        right map, the number is 0 and the share is what it is at most.
    """
    flat = density_map.data.reshape(-1)
    mean, sd = mean_and_sd(density_map.data)
    farthest = max(float(flat.max()), float(flat.min()), key=lambda value: abs(value - mean))
    handful = max(_FEWEST_OUTLIERS, int(MOST_OUTLIERS * flat.size))
    if sd == 0 or flat.size <= 2 * handful:
        return 0, 0.0, farthest
    most = handful / flat.size * ((farthest - mean) / sd) ** 2
    if most < WARNED_SHARE:
        return 0, most, farthest
    ends = np.partition(flat, (handful - 1, flat.size - handful))
    extremes = np.abs(_centred(np.concatenate([ends[:handful], ends[-handful:]]), mean)) / sd
    squares = np.square(np.sort(extremes)[::-1][:handful])
    count = int(np.searchsorted(np.cumsum(squares), 0.99 * squares.sum())) + 1
    return count, min(float(squares.sum()) / flat.size, 1.0), farthest


def _centred(section: FloatArray, level: float) -> FloatArray:
    return section.astype(np.float64) - level


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share < 0.9995 else "all"


def _voxels(count: int) -> str:
    return "one voxel" if count == 1 else f"{count} voxels"
