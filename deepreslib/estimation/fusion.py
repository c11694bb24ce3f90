"""Answers of overlapping windows taken together.

Neighbouring windows share nearly all they see, yet a network errs on each in its own way, so the mean of the answers
around a voxel errs less. It also spares asking at every voxel: windows ``STRIDE`` voxels apart, an eighth of all, lead
to values that err by one in a hundred more (maps of our test structures; three voxels apart by one in twenty). Each
answer counts by the inverse of its predicted SD, not by its square, which would let well resolved regions grow into
badly resolved ones.
"""

import numpy as np
import scipy.ndimage

from deepreslib.maps.boxes import smallest_box
from deepreslib.networks.ranges import STRIDE

SMOOTHING = 1.5
"""SD of the Gaussian weights, voxels of the network's grid; an eighth of a window."""

_REACH = round(4 * SMOOTHING)
_PLANES = 48


def asked_windows(needed):
    """Which windows are asked to know all needed voxels: those whose centre is needed.

    Voxels in thin parts may have none of these beside them; there the windows are asked that are beside the voxel.

    Args:
        needed: bool (z, y, x).

    Returns:
        bool, of half the shape, rounded up: window (i, j, k) has its centre at voxel (2 i, 2 j, 2 k).
    """
    every = (slice(None, None, STRIDE),) * 3
    asked = needed[every].copy()
    box = smallest_box(needed)
    if box is None:
        return asked
    box = tuple(slice(max(s.start - 1, 0) // STRIDE * STRIDE, s.stop + 1) for s in box)
    centres = np.zeros_like(needed[box])
    centres[every] = needed[box][every]
    lonely = needed[box] & ~_and_beside(centres)
    asked[tuple(slice(s.start // STRIDE, -(-s.stop // STRIDE)) for s in box)] |= _and_beside(lonely)[every]
    return asked


def _and_beside(voxels):
    """The voxels and all that are less than a stride away."""
    return scipy.ndimage.maximum_filter(voxels, 2 * STRIDE - 1)


def fuse(resolution, deviation, asked, needed):
    """At each needed voxel the weighted mean of the answers around it.

    The deviation is the mean one, which allows nothing for errors that cancel, and is to be calibrated.

    Args:
        resolution, deviation: float32 (windows along z, y, x), Å, what each window says of its centre.
        asked: bool, of that shape, which windows said anything, ``asked_windows`` of ``needed`` at least; their
            deviations are above 0.
        needed: bool (z, y, x).

    Returns:
        (resolution, deviation): float32 (z, y, x), Å; 0 where not needed.
    """
    found = np.zeros(needed.shape, np.float32), np.zeros(needed.shape, np.float32)
    box = smallest_box(needed)
    if box is None:
        return found
    weight = np.divide(1, deviation, out=np.zeros_like(deviation), where=asked)
    answers = weight, weight * resolution, asked.astype(np.float32)
    for start in range(box[0].start, box[0].stop, _PLANES):
        part = (slice(start, min(start + _PLANES, box[0].stop)), *box[1:])
        total, resolutions, deviations = _spread(answers, part)
        for whole, values in zip(found, (resolutions, deviations), strict=True):
            np.divide(values, total, out=whole[part], where=needed[part])
    return found


def _spread(answers, part):
    """Sums of the answers around the voxels of a part of the map, by Gaussian weights."""
    kernels = []
    for voxels, windows in zip(part, answers[0].shape, strict=True):
        apart = np.arange(voxels.start, voxels.stop)[:, None] - STRIDE * np.arange(windows)
        kernels.append(np.where(np.abs(apart) <= _REACH, np.exp(-0.5 * np.square(apart / SMOOTHING)), 0))
    along_z, along_y, along_x = (kernel.astype(np.float32) for kernel in kernels)
    return [along_y @ (np.tensordot(along_z, values, 1) @ along_x.T) for values in answers]
