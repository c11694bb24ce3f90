"""What the signal-to-noise ratio (SNR) of a map, not sharpened, allows: the local and the global resolution, Å."""

import math

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc, monores
from deepreslib.fourier import fsc
from deepreslib.maps import masks

SNR_CUTOFF = 0.5
"""Of the local FSC, as in the paper (the default of blocres)."""

SOFT_EDGE = 7.0
"""Å, width of the edge that the mask of the global FSC gets."""


def snr_resolution(density_map, half_maps, mask, cutoff=SNR_CUTOFF, workers=-1, progress=False):
    """The local resolution that the SNR of an unsharpened map allows.

    Args:
        density_map: a ``DensityMap``; not used with half maps.
        half_maps: two ``DensityMap``, or None.
        mask: bool (z, y, x).
        cutoff: of the local FSC.
        workers: threads, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        (name of the method, float32 (z, y, x) in Å, 0 outside the mask): local FSC of half maps, MonoRes of a single
        map.

    Raises:
        InputError: the map shows no noise outside the mask, or the maps cannot be used.
    """
    if half_maps:
        return "localfsc", localfsc.estimate(*half_maps, mask, cutoff, workers=workers, progress=progress)
    return "monores", monores.estimate(density_map, mask, workers=workers, progress=progress)


def global_resolution(half_maps, mask, cutoff=fsc.CUTOFF):
    """Where the FSC of two half maps in a mask, its edge made soft, falls to a cutoff, Å.

    Raises:
        InputError: it is below the cutoff from the beginning.
    """
    half1, half2 = half_maps
    soft = masks.soft_edge(mask, SOFT_EDGE / min(half1.voxel_size))
    found = fsc.global_fsc(half1.data, half2.data, half1.voxel_size, soft).resolution(cutoff)
    if math.isinf(found):
        raise InputError(
            f"the half maps {half1.name} and {half2.name} have nothing in common within the mask: their FSC is below "
            f"{cutoff:g} from the beginning; give the half maps of one refinement, or --resolution."
        )
    return found
