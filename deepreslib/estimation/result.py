"""What every estimator takes first, one map or two half maps, and what it returns."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap

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
        status: a word for the result as a whole; None if the method gives none.
        report: what the method adds to the JSON report.
        seconds: how long it took: ``estimator``, all of it, and ``network``, if there is one, that part.
    """

    resolution: FloatArray
    deviation: FloatArray | None = None
    global_resolution: GlobalResolution | None = None
    mask: BoolArray | None = None
    warnings: tuple[str, ...] = ()
    status: str | None = None
    report: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def map_and_halves(density_map_or_halves: MapOrHalves) -> tuple[DensityMap, HalfMaps | None]:
    """Splits the first argument of an estimator into a map and, if there are any, the half maps.

    Args:
        density_map_or_halves: the first argument of an estimator.

    Returns:
        (the map, None), or (the first half map, both half maps).
    """
    if isinstance(density_map_or_halves, tuple | list):
        half1, half2 = density_map_or_halves
        return half1, (half1, half2)
    return density_map_or_halves, None


def one_map(density_map_or_halves: MapOrHalves, method: str) -> DensityMap:
    """The map, for a method that cannot use half maps.

    Args:
        density_map_or_halves: the first argument of an estimator.
        method: its name, for the message.

    Raises:
        InputError: half maps were given.
    """
    density_map, half_maps = map_and_halves(density_map_or_halves)
    if half_maps:
        raise InputError(f"{method} looks at one map; give it one map, not two half maps.")
    return density_map


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
