"""What the signal-to-noise ratio (SNR) of a map, not sharpened, allows: the local and the global resolution, Å."""

import math
from typing import NamedTuple

from deepreslib.analysis.map_kind import Kind, map_kind
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.noise import SOFT_EDGE, shows_noise
from deepreslib.errors import InputError
from deepreslib.estimation import cryores, localfsc, monores
from deepreslib.estimation.result import HalfMaps, MapOrHalves, map_and_halves
from deepreslib.fourier import fsc
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap, masks

SNR_CUTOFF = 0.5
"""Cutoff of the local FSC, as in the paper (the default of blocres)."""


NO_NOISE = (Kind.MASKED, Kind.CUT_OFF, Kind.CROP)
"""Kinds of single maps around whose molecule there is no noise to compare it with."""


class SnrResolution(NamedTuple):
    """The local resolution that the SNR of an unsharpened map allows.

    Attributes:
        method: ``localfsc`` or ``monores``, what measured it.
        resolution: float32 (z, y, x), Å; 0 outside the mask.
        warnings: sentences of the method.
    """

    method: str
    resolution: FloatArray
    warnings: tuple[str, ...] = ()


def snr_resolution(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray,
    *,
    cutoff: float = SNR_CUTOFF,
    workers: int = -1,
    progress: bool = False,
) -> SnrResolution:
    """The local resolution that the SNR of an unsharpened map allows.

    Args:
        density_map_or_halves: a ``DensityMap``, or two half maps.
        mask: bool (z, y, x).
        cutoff: of the local FSC of half maps.
        workers: threads, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        By local FSC of half maps, by MonoRes of a single map.

    Raises:
        CannotTell: the single map shows no noise outside the mask.
        InputError: the maps cannot be used.
    """
    density_map, half_maps = map_and_halves(density_map_or_halves)
    if half_maps:
        result = localfsc.estimate(half_maps, mask, cutoff=cutoff, workers=workers, progress=progress)
        return SnrResolution("localfsc", result.resolution, tuple(result.warnings))
    kind = map_kind(density_map)
    if kind.kind in NO_NOISE or kind.is_masked:
        raise CannotTell(
            f"{density_map.name} shows no noise outside the mask: {kind.reason}; give half maps, or the map as the "
            "refinement wrote it."
        )
    if not shows_noise(density_map, mask):
        raise CannotTell(
            f"{density_map.name} shows no noise outside the mask, as it was masked or is empty there; give half maps, "
            "or the map as the refinement wrote it."
        )
    result = monores.estimate(density_map, mask, workers=workers, progress=progress)
    return SnrResolution("monores", result.resolution, tuple(result.warnings))


def resolution_limit(
    density_map: DensityMap,
    half_maps: HalfMaps | None,
    mask: BoolArray,
    given: float | None = None,
    *,
    workers: int = -1,
    progress: bool = False,
) -> tuple[float, str]:
    """The resolution beyond which a map has only noise.

    Args:
        density_map: the unsharpened map.
        half_maps: its half maps; None for none.
        mask: bool (z, y, x).
        given: Å, by the user, who knows it better than any method; None to find it.
        workers: threads, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        (Å, where it comes from): given; where the FSC of the half maps falls to 0.143; or what CryoRes says of the
        single map. What is found is at least twice the voxel size.

    Raises:
        CannotTell: CryoRes cannot judge the single map.
        InputError: the half maps have nothing in common.
    """
    if given is not None:
        return given, "given"
    finest = 2 * max(density_map.voxel_size)
    if half_maps:
        return max(global_resolution(half_maps, mask), finest), f"FSC {fsc.CUTOFF:g} of the half maps"
    try:
        result = cryores.estimate(density_map, mask, workers=workers, progress=progress)
    except InputError as error:
        raise CannotTell(f"CryoRes finds no resolution ({str(error).rstrip('.')}); give --resolution.") from error
    found, status = result.global_resolution, result.status or ""
    assert found is not None  # CryoRes always has one
    if status.startswith("outside"):
        raise CannotTell(f"CryoRes finds no resolution ({status}); give --resolution.")
    doubtful = ", doubtful" if status.startswith("doubtful") else ""
    return max(found.value, finest), f"CryoRes, ± {found.deviation:.1f} Å{doubtful}"


def global_resolution(half_maps: HalfMaps, mask: BoolArray, cutoff: float = fsc.CUTOFF) -> float:
    """Where the FSC of two half maps in a mask, its edge made soft, falls to a cutoff.

    Args:
        half_maps: two ``DensityMap`` on one grid.
        mask: bool (z, y, x).
        cutoff: of the FSC.

    Returns:
        Å.

    Raises:
        InputError: the FSC is below the cutoff from the beginning.
    """
    half1, half2 = half_maps
    soft = masks.soft_edge(mask, SOFT_EDGE / min(half1.voxel_size))
    resolution = fsc.global_fsc(half1.data, half2.data, half1.voxel_size, soft).resolution(cutoff)
    if math.isinf(resolution):
        raise InputError(
            f"the half maps {half1.name} and {half2.name} have nothing in common within the mask: their FSC is below "
            f"{cutoff:g} from the beginning; give the half maps of one refinement, or --resolution."
        )
    return resolution
