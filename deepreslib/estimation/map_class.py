"""The class of a whole map, high, medium or low, on the scale of maps of Gaussian atoms (after Avramov et al. 2019).

The network looks at cubes of 64 Å at 1 Å a voxel. Avramov et al. cut the centre out of a map at whatever voxel size it
had; here the map is resampled, and a molecule that one cube cannot hold is looked at in several, its windows.

Such a resolution is no FSC resolution: of a reconstruction it says which map of Gaussian atoms it resembles.
"""

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Shape, Triple
from deepreslib.fourier.parts import ResampledParts
from deepreslib.maps import DensityMap, automatic_mask, checks
from deepreslib.maps.boxes import box_around
from deepreslib.maps.scaling import normalised
from deepreslib.networks import store
from deepreslib.networks.mapclass_card import (
    BORDERS,
    CLASSES,
    EDGE,
    SCALE,
    VOXEL_SIZE,
    StoredMapClass,
    load_map_classes,
    shares_between,
)

WINDOW = 30.0
"""Å; each edge of a map must be at least this long."""

COARSEST = 17.0
"""Å; the network has seen no coarser map."""

FINEST = 1.3
"""Å; the network has seen no finer map."""

STEP = EDGE // 2
"""Voxels from a window to the next along each axis, at most."""

LEAST_SHARE = 0.1
"""A window is looked at if the mask fills more than this share of it."""

MOST_WINDOWS = 100
"""Of more windows so many are looked at, evenly spaced in their list."""

AT_ONCE = 320**3
"""A map that has no more voxels than this at 1 Å is resampled as a whole, others window by window."""


@dataclass(frozen=True)
class MapClass:
    """What a network says about the class of a map.

    Attributes:
        resolution: Å, on the ``scale``; None if the network predicts classes alone.
        deviation: Å, half the interval that holds 68.27 %; None if the network predicts classes alone.
        probabilities: of the classes high, medium and low; their sum is 1.
        windows: number of cubes that were looked at.
        scale: what the resolution means.
        borders: Å, between the classes.
        decisions: Å, where the network decides between them; they belong to the borders as the network's card says.
        network: name, path and sha256 of the network.
        warnings: sentences about what the reader should know.
    """

    resolution: float | None
    deviation: float | None
    probabilities: tuple[float, float, float]
    windows: int
    scale: str = SCALE
    borders: tuple[float, float] = BORDERS
    decisions: tuple[float, float] = BORDERS
    network: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The most probable class: ``high``, ``medium`` or ``low``."""
        return CLASSES[int(np.argmax(self.probabilities))]

    @property
    def probability(self) -> float:
        """The probability of that class."""
        return max(self.probabilities)


@functools.lru_cache(maxsize=2)
def load_model(path: str | None = None) -> StoredMapClass:
    """The trained network.

    Args:
        path: a model folder; None for the network that comes with the package.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    return load_map_classes(path or store.shipped_folder("mapclass", "compact"))


def judge(
    density_map: DensityMap,
    mask: BoolArray | None = None,
    *,
    borders: Sequence[float] = BORDERS,
    network_path: str | None = None,
    workers: int = -1,
) -> MapClass:
    """The class of a map, and its resolution on the Gaussian scale.

    Args:
        density_map: the map, at any voxel size.
        mask: bool (z, y, x), the molecule; None to find it, if the map is larger than a cube of 64 Å.
        borders: Å, between high and medium, and between medium and low. A network that predicts classes alone has
            those of its training, 5 and 10 Å.
        network_path: a folder with a trained network, None for the one that comes with the package.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        A ``MapClass``. A molecule that fits is looked at in one cube, others in windows half a window apart; their
        logarithms are averaged, each with the volume of the molecule in it as its weight.

    Raises:
        InputError: the map, the mask, the borders or the network cannot be used.
    """
    model = load_model(network_path)
    high, low = _checked_borders(borders, model)
    checks.check_estimable(density_map, WINDOW, COARSEST)
    axes = resampling.resampled_axes(density_map.data.shape, density_map.voxel_size, VOXEL_SIZE)
    reached = axes[0].reached, axes[1].reached, axes[2].reached
    shape = axes[0].length, axes[1].length, axes[2].length
    if mask is None and max(shape) > EDGE:
        mask = automatic_mask(density_map)[0]
    if mask is not None and not mask.any():
        raise InputError(f"{density_map.name}: its mask is empty; give one that holds the molecule.")
    starts, weights = _windows(mask, density_map.voxel_size, reached, shape)
    cubes = _cubes(density_map, mask, axes, starts, workers)
    weights = weights / weights.sum()
    scale = math.prod(reached) ** (1 / 3) / VOXEL_SIZE
    warnings: tuple[str, ...] = ()
    if not model.has_ladder:
        high_share, medium_share, low_share = (weights @ model.class_probabilities(cubes)).tolist()
        resolution, width, (first, second) = None, None, (high, low)
    else:
        found, deviation = (scale * values for values in model.predict(cubes))
        if not np.isfinite([found, deviation]).all():
            raise InputError(f"{model.path}: this network answers with something else than numbers; train it again.")
        resolution, width = _together(found, deviation, weights)
        first, second = model.decisions.at((high, low))
        warnings = _end_warnings(resolution, density_map)
        high_share, medium_share, low_share = shares_between(resolution, width, (first, second))
    return MapClass(
        resolution,
        width,
        (high_share, medium_share, low_share),
        len(cubes),
        borders=(high, low),
        decisions=(first, second),
        network=model.describe(),
        warnings=warnings,
    )


def _end_warnings(resolution: float, density_map: DensityMap) -> tuple[str, ...]:
    """A sentence where a resolution lies at an end of what the network has learnt."""
    if FINEST < resolution < COARSEST:
        return ()
    return (
        f"{density_map.name} resembles maps of Gaussian atoms at {resolution:.2g} Å, and the network has learnt "
        f"{FINEST:g} to {COARSEST:g} Å only; take that number for an end of its range.",
    )


def _checked_borders(borders: Sequence[float], model: StoredMapClass) -> tuple[float, float]:
    """Two borders in order.

    Raises:
        InputError: they are something else, or the network has no others than its own.
    """
    if len(borders) != 2 or not 0 < borders[0] < borders[1] < math.inf:
        given = ",".join(f"{border:g}" for border in borders)
        raise InputError(f"borders {given}: not two resolutions that rise; give the finer one first, such as 5,10.")
    high, low = map(float, borders)
    if not model.has_ladder and (high, low) != BORDERS:
        raise InputError(
            f"{model.path}: this network has learnt the classes between 5 and 10 Å and knows no other borders; "
            "leave the borders out, or take the network that comes with the package."
        )
    return high, low


def _windows(mask: BoolArray | None, sizes: Triple, reached: Triple, shape: Shape) -> tuple[list[Shape], FloatArray]:
    """The first voxel of each window on the resampled grid, and the window's weight: its share of the mask.

    Args:
        mask: bool (z, y, x), on the map's grid; None if the map is no larger than a cube.
        sizes: Å, the map's voxel size.
        reached: Å, that of the resampled grid.
        shape: the resampled grid's.
    """
    if max(shape) <= EDGE:
        z, y, x = ((count - EDGE) // 2 for count in shape)
        return [(z, y, x)], np.ones(1)
    assert mask is not None
    ratio = np.divide(sizes, reached)
    along = []
    for side, factor in zip(box_around(mask), ratio, strict=True):
        first, last = math.floor(side.start * factor), math.ceil(side.stop * factor)
        spare = last - first - EDGE
        count = 1 if spare <= 0 else 1 + math.ceil(spare / STEP)
        ends = (first + spare // 2,) * 2 if count == 1 else (first, last - EDGE)
        along.append([round(place) for place in np.linspace(*ends, count)])
    starts: list[Shape] = list(itertools.product(*along))
    shares = np.array([_filled(mask, start, ratio) for start in starts])
    if len(starts) > 1:
        kept = np.flatnonzero(shares > min(LEAST_SHARE, 0.999 * shares.max()))
        if len(kept) > MOST_WINDOWS:
            kept = kept[np.linspace(0, len(kept) - 1, MOST_WINDOWS).round().astype(int)]
        starts, shares = [starts[number] for number in kept], shares[kept]
    return starts, shares


def _filled(mask: BoolArray, start: Shape, ratio: FloatArray) -> float:
    """The share of a window that a mask fills."""
    box: Box = tuple(  # type: ignore[assignment]
        slice(max(round(first / factor), 0), max(round((first + EDGE) / factor), 0))
        for first, factor in zip(start, ratio, strict=True)
    )
    return float(mask[box].sum() * ratio.prod() / EDGE**3)


def _cubes(
    density_map: DensityMap,
    mask: BoolArray | None,
    axes: Sequence[resampling.ResampledAxis],
    starts: Sequence[Shape],
    workers: int,
) -> FloatArray:
    """The windows of a map, float32 (n, 64, 64, 64), each scaled to 0 … 1.

    Beyond the map's border they hold the level of its surroundings. Of several, each is faded to that level by raised
    cosines, as the faces where it cuts the molecule would look like fine detail.
    """
    data = normalised(density_map).data
    level = float(np.median(data if mask is None or mask.all() else data[~mask]))
    if math.prod(axis.length for axis in axes) <= AT_ONCE:
        data = resampling.resample(data, axes, workers)
        axes = [resampling.ResampledAxis(count, VOXEL_SIZE, count, count) for count in data.shape]
    parts = ResampledParts(data, axes)
    along = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(EDGE) + 0.5) / EDGE)
    taper = (along[:, None, None] * along[:, None] * along).astype(np.float32)
    cubes = np.full((len(starts), EDGE, EDGE, EDGE), level, np.float32)
    for cube, start in zip(cubes, starts, strict=True):
        ends = [(max(first, 0), min(first + EDGE, axis.length)) for first, axis in zip(start, axes, strict=True)]
        inside = tuple(slice(a - first, b - first) for (a, b), first in zip(ends, start, strict=True))
        cube[inside] = parts.read(ends)
        if len(starts) > 1:
            cube -= level
            cube *= taper
        lowest, highest = cube.min(), cube.max()
        cube -= lowest
        cube /= max(highest - lowest, np.finfo(np.float32).tiny)
    return cubes


def _together(resolution: FloatArray, deviation: FloatArray, weights: FloatArray) -> tuple[float, float]:
    """Resolution and deviation of a map, Å, from those of its windows (n,); the weights' sum is 1.

    The windows err alike, so the deviation is not less than theirs, and more if they disagree.
    """
    logarithm = np.log(resolution)
    centre = float(weights @ logarithm)
    variance = weights @ (np.square(deviation / resolution) + np.square(logarithm - centre))
    return math.exp(centre), math.exp(centre) * math.sqrt(variance)
