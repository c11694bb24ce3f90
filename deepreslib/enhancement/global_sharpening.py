"""Automatic global sharpening: one B factor from a Guinier fit, the weight of the FSC, a low-pass filter.

Source: Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745: the mean of two half maps is weighted by
sqrt(2 FSC / (1 + FSC)), its estimated correlation with the truth, and multiplied by exp(-B f² / 4), where B undoes the
fall of the weighted amplitudes. RELION's postprocessing does the same.

Arrays are (z, y, x).
"""

import time
from collections.abc import Callable

import numpy as np
import scipy.fft

from deepreslib import memory
from deepreslib.enhancement import guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.enhancement.local_scaling import check, is_mean_of, solvent_level
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.shell_gains import threads
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.slabs import radii
from deepreslib.maps import DensityMap, masked_fsc, soft_edge

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
    warnings = list(check(density_map, mask, resolution, half_maps))
    memory.check(_NEEDED * density_map.data.size, f"sharpening {density_map.name}")
    workers = threads(workers)
    fsc_weight = _fsc_weight(half_maps, mask, workers)
    weighted = density_map.like(_filtered(density_map, fsc_weight, workers)) if half_maps else density_map
    report: dict[str, object] = {"fsc_weight": half_maps is not None}
    b_factor = 0.0
    try:
        fit = guinier.fit(weighted, mask, resolution)
    except CannotTell as reason:
        warnings.append(f"no B factor was applied: {reason}")
    else:
        b_factor = -fit.b_factor
        report["guinier"] = fit.as_dict()
    del weighted
    report["b_factor"] = {"mean": round(b_factor, 1)}
    size = density_map.voxel_size

    def weight(frequency: FloatArray) -> FloatArray:
        sharpened = filters.b_factor_weights(frequency, b_factor) * filters.raised_cosine(frequency, resolution, size)
        found: FloatArray = sharpened * fsc_weight(frequency)
        return found

    soft = None if keep_outside else soft_edge(mask, SOFT_EDGE / min(size))

    def treated(each: DensityMap) -> FloatArray:
        data = _filtered(each, weight, workers)
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
    b_map = np.where(mask, np.float32(b_factor), np.float32(0))
    seconds = {"sharpening": round(time.perf_counter() - begin, 2)}
    return Enhanced(data, halves, b_map, mask, resolution, report, tuple(warnings), seconds)


def fsc_weights(correlation: FloatArray) -> FloatArray:
    """The estimated correlation of the mean of two half maps with the truth, from their FSC: same shape, 0 to 1."""
    positive = np.clip(correlation, 0, 1)
    weights: FloatArray = np.sqrt(2 * positive / (1 + positive))
    return weights


def _fsc_weight(
    half_maps: tuple[DensityMap, DensityMap] | None, mask: BoolArray, workers: int
) -> Callable[[FloatArray], FloatArray]:
    """The weight at frequencies, 1/Å; 1 without half maps, and for the first shell, the mean, with them."""
    if half_maps is None:
        return np.ones_like
    curve = masked_fsc(*half_maps, mask, workers)
    weights = fsc_weights(curve.correlation)
    weights[0] = 1
    return lambda frequency: np.interp(frequency, curve.frequency, weights).astype(np.float32)


def _filtered(density_map: DensityMap, weight: Callable[[FloatArray], FloatArray], workers: int) -> FloatArray:
    """The map whose coefficients are multiplied by a function of their frequencies, 1/Å, plane by plane."""
    shape = density_map.data.shape
    spectrum = scipy.fft.rfftn(density_map.data, workers=workers)
    for plane, frequency in zip(spectrum, radii(shape, density_map.voxel_size), strict=True):
        plane *= weight(frequency)
    filtered: FloatArray = scipy.fft.irfftn(spectrum, shape, workers=workers, overwrite_x=True)
    return filtered
