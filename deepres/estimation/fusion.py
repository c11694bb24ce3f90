"""Answers of overlapping windows taken together.

Windows a voxel apart share nearly all they see, yet a network errs on each in its own way. The mean of the answers
around a voxel errs less: on maps of our validation structures by a third without noise and by a sixth with noise of
half the density's SD. Each answer counts by the inverse of its predicted SD, not by its square, which would let well
resolved regions grow into badly resolved ones.
"""

import numpy as np
import scipy.ndimage

from deepres.estimation.tiles import span_of

SMOOTHING = 1.5
"""SD of the Gaussian weights, voxels of the network's grid; an eighth of a window."""

_REACH = round(4 * SMOOTHING)
_PLANES = 48


def fuse(resolution, deviation, needed):
    """Puts in place of each answer the weighted mean of those around it.

    The deviation becomes the mean one, which allows nothing for errors that cancel, and is to be calibrated.

    Args:
        resolution, deviation: float32 (z, y, x), Å, what each window says of its centre; changed where needed.
        needed: bool (z, y, x), where there are answers; their deviations are above 0.
    """
    box = span_of(needed)
    if box is None:
        return
    values, needed = (resolution[box], deviation[box]), needed[box]
    depth = len(needed)
    before = [part[:0].copy() for part in values]  # planes that are changed already, as they were
    for start in range(0, depth, _PLANES):
        stop, first = min(start + _PLANES, depth), start - len(before[0])
        wide = [np.concatenate([old, part[start : stop + _REACH]]) for old, part in zip(before, values, strict=True)]
        before = [part[max(stop - _REACH, 0) - first : stop - first].copy() for part in wide]
        here, inner = needed[first : stop + _REACH], slice(start - first, stop - first)
        weight = np.divide(1, wide[1], out=np.zeros_like(wide[1]), where=here)
        total = _smooth(weight)[inner]
        for part, weighted in zip(values, (weight * wide[0], here.astype(np.float32)), strict=True):
            np.divide(_smooth(weighted)[inner], total, out=part[start:stop], where=needed[start:stop])


def _smooth(values):
    return scipy.ndimage.gaussian_filter(values, SMOOTHING, mode="constant", truncate=_REACH / SMOOTHING)
