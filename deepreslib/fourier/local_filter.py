"""A map low-pass filtered at each voxel to its local resolution, by a bank of filters of the whole map.

The exact filter would transform the map once for every resolution that occurs. Here the map is filtered at a few
resolutions, evenly spaced in frequency, and each voxel takes its value by linear interpolation between the two that
enclose its own. RELION's post-processing by local resolution works in the same way (Zivanov et al. 2018, eLife 7,
e42166); it also weights by the local FSC, which is left out here.
"""

import math

import numpy as np
import numpy.typing as npt

from deepreslib.fourier import slabs
from deepreslib.fourier.arrays import FloatArray, VoxelSize
from deepreslib.fourier.filters import RAISED_COSINE, b_factor_weights, raised_cosine
from deepreslib.fourier.grid import voxel_triple

STEP = 0.25
"""The filters of a bank are at most this many widths of their cosine edge apart. The greatest difference from the exact
filter is then 0.06 SD of the map for white noise, 0.04 where amplitudes fall as those of a molecule do, and the RMS
difference 0.01 SD; with steps twice as long it is about four times that. From 3 to 12 Å a map of 1.2 Å voxels needs 61
filters."""


def bank(
    finest: float, coarsest: float, voxel_size: VoxelSize, width: float = RAISED_COSINE, step: float = STEP
) -> FloatArray:
    """The frequencies at which the filters of a bank begin to fall.

    Args:
        finest: Å, the finest resolution that occurs.
        coarsest: Å, the coarsest one.
        voxel_size: Å.
        width: of the filters' fall, 1/pixel.
        step: the filters are at most this many widths of their fall apart.

    Returns:
        float64 (filters,), 1/Å, evenly spaced from 1/coarsest to 1/finest.
    """
    low, high = 1 / coarsest, 1 / finest
    apart = step * width / max(voxel_triple(voxel_size))
    return np.linspace(low, high, math.ceil((high - low) / apart - 1e-6) + 1)


def low_pass_locally(
    data: npt.ArrayLike,
    voxel_size: VoxelSize,
    resolution: npt.ArrayLike,
    outside: float | None = None,
    b_factor: float = 0.0,
    width: float = RAISED_COSINE,
    step: float = STEP,
    workers: int | None = None,
) -> FloatArray:
    """The map whose value at each voxel is that of the map low-pass filtered at the voxel's resolution.

    Besides the two maps it needs memory for three more of their size. The time is that of one Fourier transform for
    each filter of the bank.

    Args:
        data: the map (z, y, x).
        voxel_size: Å.
        resolution: Å (z, y, x), where the filter of each voxel begins to fall (see ``filters.low_pass``); 0 where
            there is none.
        outside: Å, for the voxels without a resolution, such as the global resolution; None for the coarsest value of
            ``resolution``.
        b_factor: Å², applied to the whole map too; below 0 sharpens.
        width: of the filters' fall, 1/pixel.
        step: the filters of the bank are at most this many widths of their fall apart; longer steps are faster.
        workers: threads of the Fourier transforms.

    Returns:
        float32 (z, y, x).

    Raises:
        ValueError: the shapes differ; a resolution is below 0 or no number; no voxel has one and ``outside`` is None.
    """
    values, wanted = np.asarray(data, np.float32), np.asarray(resolution, np.float32)
    if values.shape != wanted.shape:
        raise ValueError(f"a map of shape {values.shape} and resolutions of shape {wanted.shape}: they differ")
    sizes = voxel_triple(voxel_size)
    frequency = _cutoffs(wanted, outside, 0.5 * math.hypot(*(1 / size for size in sizes)))
    low, high = float(frequency.min()), float(frequency.max())
    cutoffs = bank(1 / high, 1 / low, voxel_size, width, step)
    frequency -= np.float32(low)
    if len(cutoffs) > 1:
        frequency *= np.float32(1 / (cutoffs[1] - cutoffs[0]))
    needed = _needed(frequency, len(cutoffs))

    spectrum = slabs.forward(lambda slab: values[slab], values.shape, workers)
    if b_factor:
        for plane, radius in zip(spectrum, slabs.radii(values.shape, sizes), strict=True):
            plane *= b_factor_weights(radius, b_factor)
    result: FloatArray = np.zeros(values.shape, np.float32)
    filtered = np.empty_like(spectrum)
    for number in np.flatnonzero(needed).tolist():
        planes = zip(filtered, spectrum, slabs.radii(values.shape, sizes), strict=True)
        for plane, original, radius in planes:
            np.multiply(original, raised_cosine(radius, 1 / cutoffs[number], voxel_size, width), out=plane)
        band = slabs.backward_planes(filtered, values.shape[2], workers)
        for slab in slabs.slabs(values.shape):
            share = np.clip(1 - np.abs(frequency[slab] - np.float32(number)), 0, 1)
            if share.any():
                share *= band(slab)
                result[slab] += share
    return result


def _cutoffs(resolution: FloatArray, outside: float | None, highest: float) -> FloatArray:
    """The frequency at which each voxel's filter begins to fall, float32, 1/Å; at most ``highest``."""
    if not (resolution >= 0).all() or (outside is not None and not outside > 0):
        raise ValueError("a local resolution is below 0 or no number")
    inside = resolution > 0
    if outside is None:
        if not inside.any():
            raise ValueError("no voxel has a local resolution; give one for those outside")
        outside = float(resolution.max())
    frequency = np.full(resolution.shape, 1 / outside, np.float32)
    np.divide(np.float32(1), resolution, out=frequency, where=inside)
    return np.minimum(frequency, np.float32(highest), out=frequency)


def _needed(position: FloatArray, count: int) -> npt.NDArray[np.bool_]:
    """Which filters of a bank some voxel uses, bool (count,); positions are counted in steps of the bank."""
    needed = np.zeros(count + 1, bool)
    for plane in position:
        numbers = np.unique(np.minimum(plane.astype(np.int32), count - 1))
        needed[numbers] = True
        needed[numbers + 1] = True
    return needed[:count]
