"""Automatic global sharpening: one B factor from a Guinier fit, the weight of the FSC, a low-pass filter.

Source: Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745: the mean of two half maps is weighted by
sqrt(2 FSC / (1 + FSC)), its estimated correlation with the truth, and multiplied by exp(-B f² / 4), where B undoes the
fall of the weighted amplitudes. RELION's postprocessing does the same.

Arrays are (z, y, x).
"""

import time

import numpy as np

from deepreslib import memory
from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.enhancement.global_filter import GlobalFilter
from deepreslib.enhancement.local_scaling import check, is_mean_of
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.solvent import solvent_level
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap, soft_edge

_NEEDED = 14


def enhance(
    density_map: DensityMap,
    mask: BoolArray,
    resolution: float,
    *,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
    keep_outside: bool = False,
    workers: int = -1,
) -> Enhanced:
    """Sharpens a map by one B factor.

    Args:
        density_map: the map, not sharpened.
        mask: bool, the molecule.
        resolution: Å, where the low-pass filter begins to fall.
        half_maps: two half maps, whose FSC weights the map, and which are treated in the same way; None for none.
        keep_outside: keep what surrounds the mask; if not, the map fades to 0 beyond the mask's soft edge.
        workers: threads, -1 for all.

    Returns:
        The map, in its own units above the level of its solvent. Where there is no Guinier fit, no B factor is applied,
        and a warning says so.

    Raises:
        InputError: see :func:`deepreslib.enhancement.local_scaling.check`.
    """
    begin = time.perf_counter()
    warnings = check(density_map, mask, resolution, half_maps)
    memory.check(_NEEDED * density_map.data.size, f"sharpening {density_map.name}")
    whole_filter = GlobalFilter(density_map, mask, resolution, half_maps, workers=workers)
    soft = None if keep_outside else soft_edge(mask, SOFT_EDGE / min(density_map.voxel_size))

    def treated(each: DensityMap) -> FloatArray:
        data = whole_filter.of(each)
        data -= np.float32(solvent_level(each, mask))
        if soft is not None:
            data *= soft
        return data

    halves = None
    if half_maps is not None:
        halves = treated(half_maps[0]), treated(half_maps[1])
    if halves is not None and half_maps is not None and is_mean_of(density_map, half_maps):
        data = halves[0] + halves[1]
        data *= np.float32(0.5)
    else:
        data = treated(density_map)
    b_map = np.where(mask, np.float32(whole_filter.b_factor), np.float32(0))
    seconds = {"sharpening": round(time.perf_counter() - begin, 2)}
    warnings = (*warnings, *whole_filter.warnings)
    return Enhanced(data, halves, b_map, mask, resolution, whole_filter.report(), warnings, seconds)
