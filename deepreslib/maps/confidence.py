"""The confidence mask: the voxels whose density is more than the noise of the solvent makes, at a false discovery rate.

Source: Beckers, Jakobi & Sachse 2019, IUCrJ 6, 18-33. The noise is measured in four cubes of solvent, the p value of
a voxel is the right tail of a normal distribution, and Benjamini & Yekutieli's procedure (2001, Ann. Stat. 29,
1165-1188), which holds for voxels that depend on each other, tells which voxels are found.

The false discovery rate is the share of the found voxels that is expected to be noise. It is not the share of the noise
that is found: of a map of noise alone nothing is found at all, however large its box.

Arrays are (z, y, x). A map is looked at plane by plane, so that little memory is needed beside it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Shape
from deepreslib.maps.checks import check_same_grid
from deepreslib.maps.density_map import DensityMap
from deepreslib.maps.scaling import mean_and_sd

EDGE, LEAST_EDGE = 0.1, 10
"""Edge of the cubes of solvent: share of the shortest edge of the box, and its least length in voxels."""

RIM = 0.02
"""How far the cubes lie from the faces of the box: share of the edge of the box."""

SMALLEST_BOX = 4 * LEAST_EDGE
"""Voxels; in a smaller box the cubes lie on the molecule."""

FLAT = 1e-4
"""A cube that varies less than this share of the map's SD holds no noise: the map was masked, or never had any."""

MUCH_STRONGER = 2.5
"""A cube whose SD is more than so many times that of the quietest cube holds density. Noise of which ten neighbouring
voxels are alike differs by 2 times between cubes of 10 voxels. Weaker density in a cube raises the SD that is taken for
the noise's, so that less is found, and nothing that is not there."""

MUCH_HIGHER = 3.5
"""A cube whose mean lies more than so many SDs above that of the lowest cube holds density; of such noise up to 3."""

_NEAR = 1.5
_MOST_TURNS = 50
_SAMPLES = 1_000_000
_NO_NOISE = "give the map as the refinement wrote it, not masked, or a mask of your own by --mask"


@dataclass(frozen=True, eq=False)
class ConfidenceMask:
    """The voxels that are more than noise.

    Attributes:
        mask: bool (z, y, x); empty where nothing stands out of the noise.
        threshold: the density from which on voxels of the filtered map are found; infinite if none is.
        level: mean density of the solvent.
        deviation: SD of the noise.
        rate: the false discovery rate that was asked for.
    """

    mask: BoolArray
    threshold: float
    level: float
    deviation: float
    rate: float


def confidence_mask(
    density_map: DensityMap,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
    rate: float = 0.01,
    low_pass: float | None = None,
) -> ConfidenceMask:
    """Finds the voxels whose density is more than noise.

    Args:
        density_map: the map, not masked and not sharpened; finite.
        half_maps: its half maps, which tell the noise where the molecule is as well; None to measure it in four cubes
            of solvent.
        rate: false discovery rate, the share of the found voxels that may be noise; above 0, below 1.
        low_pass: Å, of a filter for the maps before. In a map as a refinement wrote it most of a voxel's noise is finer
            than what shows a molecule, which then hardly stands out. None for no filter.

    Returns:
        The mask. Nothing in it depends on the map's scale or offset.

    Raises:
        InputError: there is no noise where it is looked for, as the map was masked; a molecule lies there; the box is
            too small for it; or map and half maps differ in their grids.
        ValueError: the rate is no share.
    """
    if not 0 < rate < 1:
        raise ValueError(f"a false discovery rate of {rate}")
    if min(density_map.data.shape) < SMALLEST_BOX:
        raise InputError(
            f"{density_map.name} has fewer than {SMALLEST_BOX} voxels along an edge, too few to measure its noise "
            "beside the molecule; give a larger box, or a mask by --mask."
        )
    _refuse_masked(density_map, half_maps)
    if low_pass is not None:
        density_map = _filtered(density_map, low_pass)
        half_maps = half_maps and (_filtered(half_maps[0], low_pass), _filtered(half_maps[1], low_pass))
    level, deviation = _noise_of_cubes(density_map) if half_maps is None else _noise_of_halves(density_map, half_maps)
    score = _least_score(density_map, level, deviation, rate)
    threshold = level + score * deviation
    mask = np.zeros(density_map.data.shape, bool)
    if np.isfinite(threshold):
        for plane, values, inside in zip(mask, density_map.data, _sphere(density_map.data.shape), strict=True):
            plane[...] = inside & (values.astype(np.float64) >= threshold)
    return ConfidenceMask(mask, float(threshold), level, deviation, rate)


def _filtered(density_map: DensityMap, low_pass: float) -> DensityMap:
    """A map without detail finer than a resolution, Å."""
    return density_map.like(filters.low_pass(density_map.data, density_map.voxel_size, low_pass))


def noise_cubes(shape: Shape) -> list[Box]:
    """The four cubes of solvent: on the central section, at the middle of the faces of y and x.

    Args:
        shape: of the map (z, y, x).

    Returns:
        Boxes within the map.
    """
    edge = max(LEAST_EDGE, round(EDGE * min(shape)))
    middle = [slice(count // 2 - edge // 2, count // 2 - edge // 2 + edge) for count in shape]
    boxes: list[Box] = []
    for axis in (1, 2):
        rim = round(RIM * shape[axis])
        for start in (rim, shape[axis] - rim - edge):
            z, y, x = (slice(start, start + edge) if each == axis else side for each, side in enumerate(middle))
            boxes.append((z, y, x))
    return boxes


def _noise_of_cubes(density_map: DensityMap) -> tuple[float, float]:
    """Mean and SD of the solvent in the four cubes."""
    cubes = [density_map.data[box].astype(np.float64) for box in noise_cubes(_shape(density_map))]
    means, deviations = np.array([(cube.mean(), cube.std()) for cube in cubes]).T
    quietest = min(_usual_deviation(cube) for cube in cubes)
    if deviations.max() > MUCH_STRONGER * quietest or np.ptp(means) > MUCH_HIGHER * quietest:
        raise InputError(
            f"{density_map.name} has density where its noise is measured, at the middle of the faces of y and x: the "
            f"cubes there have SDs from {deviations.min():.3g} to {deviations.max():.3g} and means from "
            f"{means.min():.3g} to {means.max():.3g}; give half maps, a larger box, or a mask by --mask."
        )
    values = np.concatenate([cube.ravel() for cube in cubes])
    return float(values.mean()), float(values.std())


def _noise_of_halves(density_map: DensityMap, half_maps: tuple[DensityMap, DensityMap]) -> tuple[float, float]:
    """Level of the solvent, and SD of the noise by half the difference of the half maps."""
    half1, half2 = half_maps
    total, squares, count = 0.0, 0.0, 0
    for one, two, inside in zip(half1.data, half2.data, _sphere(density_map.data.shape), strict=True):
        noise = 0.5 * (one[inside].astype(np.float64) - two[inside])
        total, squares, count = total + noise.sum(), squares + np.square(noise).sum(), count + noise.size
    deviation = float(np.sqrt(max(squares / count - (total / count) ** 2, 0.0)))
    return _usual_value(density_map.data, deviation), deviation


def _refuse_masked(density_map: DensityMap, half_maps: tuple[DensityMap, DensityMap] | None) -> None:
    """Refuses maps in which there is no noise in a cube of the solvent."""
    name, sd = density_map.name, mean_and_sd(density_map.data)[1]
    boxes = noise_cubes(_shape(density_map))
    if half_maps is None:
        cubes = [density_map.data[box].astype(np.float64) for box in boxes]
    else:
        for half in half_maps:
            check_same_grid(half, density_map)
        one, two = half_maps
        name = f"{one.name} less {two.name}"
        cubes = [0.5 * (one.data[box].astype(np.float64) - two.data[box]) for box in boxes]
    if any(_usual_deviation(cube) <= FLAT * sd for cube in cubes):
        raise InputError(
            f"{name} shows no noise at the middle of the faces of y and x, as if the map was masked, and without noise "
            f"there is no false discovery rate; {_NO_NOISE}."
        )


def _usual_deviation(values: FloatArray) -> float:
    """The SD of normally distributed values by half of them: 0 where more than a half have one value."""
    return float(stats.median_abs_deviation(values, axis=None, scale="normal"))


def _usual_value(data: FloatArray, deviation: float) -> float:
    """The level of the solvent around which most voxels lie: the mean of those near it, found by going towards it."""
    step = max(round((data.size / _SAMPLES) ** (1 / 3)), 1)
    planes = zip(data[::step], itertools.islice(_sphere(data.shape), 0, None, step), strict=True)
    parts = [plane[::step, ::step][inside[::step, ::step]] for plane, inside in planes]
    values = np.concatenate(parts).astype(np.float64)
    level = float(np.median(values))
    for _ in range(_MOST_TURNS):
        before, level = level, float(values[np.abs(values - level) <= _NEAR * deviation].mean())
        if abs(level - before) < 1e-3 * deviation:
            break
    return level


def _least_score(density_map: DensityMap, level: float, deviation: float, rate: float) -> float:
    """How many SDs above the solvent a voxel must lie to be found; infinite if none is.

    Benjamini & Yekutieli: sort the p values of all m voxels of the sphere; the k smallest are found, k being the
    greatest number for which the k-th is at most rate · k / (m · (1 + 1/2 + ... + 1/m)). Those that are greater than
    this limit for k = m can never be among them, and are not even sorted.
    """
    count, scores = 0, []
    for inside in _sphere(density_map.data.shape):
        count += int(np.count_nonzero(inside))
    harmonic = float(special.digamma(count + 1) + np.euler_gamma)
    least = float(stats.norm.isf(rate / harmonic))
    for values, inside in zip(density_map.data, _sphere(density_map.data.shape), strict=True):
        plane = (values[inside].astype(np.float64) - level) / deviation
        scores.append(plane[plane >= least])
    sorted_scores = np.sort(np.concatenate(scores))[::-1]
    limits = rate / (count * harmonic) * np.arange(1, len(sorted_scores) + 1)
    found = np.flatnonzero(stats.norm.sf(sorted_scores) <= limits)
    return float(sorted_scores[found[-1]]) if len(found) else float("inf")


def _sphere(shape: tuple[int, ...]) -> Iterator[BoolArray]:
    """The sphere that touches the faces of the box (in a box of unlike edges an ellipsoid), bool (y, x) for each z."""
    z, y, x = (np.square((np.arange(count) - (count - 1) / 2) / (count / 2)) for count in shape)
    across = y[:, None] + x
    for height in z:
        yield across + height <= 1


def _shape(density_map: DensityMap) -> Shape:
    """The map's shape."""
    z, y, x = density_map.data.shape
    return z, y, x
