"""What every estimator takes first, one map or two half maps, and what it returns."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple
from deepreslib.maps import DensityMap, check_half_maps, plainly_scaled

HalfMaps: TypeAlias = tuple[DensityMap, DensityMap]
"""Two half maps on one grid."""

MapOrHalves: TypeAlias = DensityMap | HalfMaps
"""The first argument of every estimator."""


@dataclass(frozen=True)
class GlobalResolution:
    """The resolution of a whole map.

    Attributes:
        value: Å.
        deviation: Å, half the interval around the value that is expected to hold the truth in 68 %.
    """

    value: float
    deviation: float


@dataclass(frozen=True)
class Ends:
    """The finest and the coarsest value that a method can give to a map.

    Attributes:
        low: Å, the finest.
        high: Å, the coarsest.
        why_low: half a sentence: what it may mean that many voxels have the finest value, and what to do.
        why_high: the same for the coarsest.
    """

    low: float
    high: float
    why_low: str = "the voxels may be too large for finer values"
    why_high: str = "the map may be coarser than this method can tell"


def tested_ends(finest: float, coarsest: float, voxel_size: Triple) -> Ends:
    """The ends of a method that tests one resolution after another against noise.

    Args:
        finest: Å, the finest tested.
        coarsest: Å, the coarsest.
        voxel_size: Å (z, y, x); nothing is finer than twice as much.
    """
    nyquist = 2 * max(voxel_size)
    why_high = "little stands out of the noise: the map may be masked, or coarser than this"
    if finest <= 1.05 * nyquist:
        return Ends(max(finest, nyquist), coarsest, why_high=why_high)
    return Ends(finest, coarsest, "finer ones were not tested: --min-res goes on to twice the voxel size", why_high)


@dataclass(frozen=True, eq=False)
class LocalResolution:
    """The result of an estimator, on the grid of the map or the half maps.

    Attributes:
        resolution: float32 (z, y, x), Å; 0 outside the mask.
        deviation: float32 (z, y, x), Å, the predicted standard deviation; 0 outside the mask; None if the method
            predicts none.
        global_resolution: of the whole map; None if the method does not estimate it.
        mask: bool (z, y, x), the molecule as the method found it; None if it did not look for it.
        warnings: sentences about the result that its reader should know.
        status: how far the result can be relied on: ``reliable``, or ``doubtful`` or ``outside the range``, a colon and
            the reasons; None if the method gives none. A method that gives one has looked at the mask that it found.
        ends: of the values that the method could give; None if it has none.
        local_cutoff: the FSC at which the values say that a local FSC of half maps falls, or would fall; None for a
            method whose values mean something else.
        report: what the method adds to the JSON report.
        seconds: how long it took: ``estimator``, all of it, and ``network``, if there is one, that part.
    """

    resolution: FloatArray
    deviation: FloatArray | None = None
    global_resolution: GlobalResolution | None = None
    mask: BoolArray | None = None
    warnings: tuple[str, ...] = ()
    status: str | None = None
    ends: Ends | None = None
    local_cutoff: float | None = None
    report: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def map_and_halves(density_map_or_halves: MapOrHalves) -> tuple[DensityMap, HalfMaps | None]:
    """Splits the first argument of an estimator into a map and, if there are any, the half maps.

    Args:
        density_map_or_halves: the first argument of an estimator.

    Returns:
        (the map, None), or (the first half map, both half maps); both half maps are on one scale, which arithmetic of
        32 bits can bear (see ``maps.plainly_scaled``).

    Raises:
        InputError: the values differ too little to be told apart.
    """
    if isinstance(density_map_or_halves, tuple | list):
        (half1, half2), _, _ = plainly_scaled(*density_map_or_halves)
        return half1, (half1, half2)
    (density_map,), _, _ = plainly_scaled(density_map_or_halves)
    return density_map, None


def one_map(density_map_or_halves: MapOrHalves) -> DensityMap:
    """The map, or the mean of the half maps, for a method that looks at one map.

    Args:
        density_map_or_halves: the first argument of an estimator.

    Raises:
        InputError: the half maps differ in their grids, or the values differ too little to be told apart.
    """
    density_map, half_maps = map_and_halves(density_map_or_halves)
    return mean_map(*half_maps) if half_maps else density_map


def mean_map(half1: DensityMap, half2: DensityMap) -> DensityMap:
    """The mean of two half maps, without a sum that could overflow.

    Args:
        half1: one half map.
        half2: the other, on the same grid.

    Returns:
        A map with the path of the first.

    Raises:
        InputError: they differ in their grids.
    """
    check_half_maps(half1, half2)
    mean = half1.data * np.float32(0.5)
    mean += half2.data * np.float32(0.5)
    return half1.like(mean)


def two_halves(density_map_or_halves: MapOrHalves, method: str) -> HalfMaps:
    """The half maps, for a method that cannot do without.

    Args:
        density_map_or_halves: the first argument of an estimator.
        method: its name, for the message.

    Raises:
        InputError: one map was given.
    """
    _, half_maps = map_and_halves(density_map_or_halves)
    if half_maps is None:
        raise InputError(f"{method} compares half maps; give it two half maps, not one map.")
    return half_maps
