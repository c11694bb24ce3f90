"""What the signal-to-noise ratio (SNR) of a map, not sharpened, allows: the local and the global resolution, Å."""

import math

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc, monores
from deepreslib.estimation.result import HalfMaps, MapOrHalves, map_and_halves
from deepreslib.fourier import fsc
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import masks

SNR_CUTOFF = 0.5
"""Cutoff of the local FSC, as in the paper (the default of blocres)."""

SOFT_EDGE = 7.0
"""Å, width of the soft edge that the mask gets for the global FSC."""


def snr_resolution(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray,
    *,
    cutoff: float = SNR_CUTOFF,
    workers: int = -1,
    progress: bool = False,
) -> tuple[str, FloatArray]:
    """The local resolution that the SNR of an unsharpened map allows.

    Args:
        density_map_or_halves: a ``DensityMap``, or two half maps.
        mask: bool (z, y, x).
        cutoff: of the local FSC of half maps.
        workers: threads, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        (name of the method, float32 (z, y, x) in Å, 0 outside the mask): local FSC of half maps, MonoRes of a single
        map.

    Raises:
        InputError: the map shows no noise outside the mask, or the maps cannot be used.
    """
    density_map, half_maps = map_and_halves(density_map_or_halves)
    if half_maps:
        result = localfsc.estimate(half_maps, mask, cutoff=cutoff, workers=workers, progress=progress)
        return "localfsc", result.resolution
    return "monores", monores.estimate(density_map, mask, workers=workers, progress=progress).resolution


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
