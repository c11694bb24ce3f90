"""The predictions of overlapping windows fused into one value a voxel.

Neighbouring windows share nearly all their density, yet a network's errors differ from one to the next, so the mean of
the predictions around a voxel errs less than one of them. For the same reason windows are not needed at every voxel:
with windows ``STRIDE`` voxels apart, an eighth of all, the values' errors are larger by 1 %, and with windows three
voxels apart by 5 % (on maps of our test structures). The weight of a prediction is the inverse of its deviation, not of
the deviation's square, which would let well resolved regions grow into badly resolved ones.
"""

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps.boxes import smallest_box
from deepreslib.networks.ranges import STRIDE

SMOOTHING = 1.5
"""Width (sigma) of the Gaussian weights, voxels of the network's grid; an eighth of a window."""

REACH = round(4 * SMOOTHING)
"""Voxels of the network's grid from a voxel to the farthest window that counts."""

_PLANES = 48


def asked_windows(needed: BoolArray) -> BoolArray:
    """The windows that must be predicted so that all needed voxels can be fused: those with a needed centre.

    A voxel in a thin part of the mask may have no such window beside it; then all windows beside it are added.

    Args:
        needed: bool (z, y, x).

    Returns:
        bool, of half the shape, rounded up: window (i, j, k) has its centre at voxel (2 i, 2 j, 2 k).
    """
    every = (slice(None, None, STRIDE),) * 3
    windows = needed[every].copy()
    span = smallest_box(needed)
    if span is None:
        return windows
    box = tuple(slice(max(s.start - 1, 0) // STRIDE * STRIDE, s.stop + 1) for s in span)
    centres = np.zeros_like(needed[box])
    centres[every] = needed[box][every]
    lonely = needed[box] & ~_and_beside(centres)
    windows[tuple(slice(s.start // STRIDE, -(-s.stop // STRIDE)) for s in box)] |= _and_beside(lonely)[every]
    return windows


def _and_beside(voxels: BoolArray) -> BoolArray:
    """The voxels, and all others that are less than a stride away from one of them."""
    return scipy.ndimage.maximum_filter(voxels, 2 * STRIDE - 1)


def fuse(
    resolution: FloatArray, deviation: FloatArray, windows: BoolArray, needed: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """At each needed voxel the weighted mean of the predictions around it.

    The fused deviation is the weighted mean of the deviations. Errors of neighbouring windows partly cancel, which this
    mean does not take into account, so it must be calibrated.

    Args:
        resolution: float32 (windows along z, y, x), Å, predicted for the centre of each window.
        deviation: float32, of that shape, Å; above 0 in the windows that were predicted.
        windows: bool, of that shape, those that were predicted, at least ``asked_windows`` of ``needed``.
        needed: bool (z, y, x).

    Returns:
        (resolution, deviation): float32 (z, y, x), Å; 0 where not needed.
    """
    fused = np.zeros(needed.shape, np.float32), np.zeros(needed.shape, np.float32)
    box = smallest_box(needed)
    if box is None:
        return fused
    weight = np.divide(1, deviation, out=np.zeros_like(deviation), where=windows)
    terms = weight, weight * resolution, windows.astype(np.float32)
    for start in range(box[0].start, box[0].stop, _PLANES):
        part = (slice(start, min(start + _PLANES, box[0].stop)), *box[1:])
        total, resolutions, deviations = _gaussian_sums(terms, part)
        for whole, values in zip(fused, (resolutions, deviations), strict=True):
            np.divide(values, total, out=whole[part], where=needed[part])
    return fused


def _gaussian_sums(terms: tuple[FloatArray, ...], part: Box) -> list[FloatArray]:
    """Sums over the windows around each voxel of a part of the map, with Gaussian weights.

    Args:
        terms: float32 (windows along z, y, x), what is summed.
        part: of the map.

    Returns:
        for each term, float32 (z, y, x) of the part.
    """
    kernels = []
    for voxels, windows in zip(part, terms[0].shape, strict=True):
        distance = np.arange(voxels.start, voxels.stop)[:, None] - STRIDE * np.arange(windows)
        kernels.append(np.where(np.abs(distance) <= REACH, np.exp(-0.5 * np.square(distance / SMOOTHING)), 0))
    along_z, along_y, along_x = (kernel.astype(np.float32) for kernel in kernels)
    return [along_y @ (np.tensordot(along_z, values, 1) @ along_x.T) for values in terms]
