"""What may be believed of gains: shells in which a map holds nothing, windows without variance, and the B factor.

Gains are given by their natural logarithms, (places, 13).
"""

import numpy as np

from deepreslib.enhancement.profiles import FREQUENCY, SHELLS, SPACING, WINDOW
from deepreslib.fourier.arrays import BoolArray, FloatArray

COARSEST = 10.0
"""Å; the B factor of gains is their fall from here to the resolution, as a Guinier fit has it."""

FEWEST = 3
"""So many shells at least make a B factor; coarser ones are added if there are fewer."""

STILL = 1e-6
"""A window whose shells are all weaker than this, in a map of SD 1 in its mask, has no variance."""


def known_shells(limit: float) -> BoolArray:
    """The shells of which a map holds something.

    Args:
        limit: the finest detail that voxels and filter have left, in voxels of the grid of windows (about Å).

    Returns:
        bool (13,); the first is always known.
    """
    known: BoolArray = FREQUENCY * limit <= 1 + 1e-3
    return known


def guarded(log_gains: FloatArray, profiles: FloatArray, known: BoolArray) -> FloatArray:
    """Gains that lift nothing of which the map holds nothing.

    Args:
        log_gains: float32 (places, 13).
        profiles: float32 (places, 13), of the map whose SD in the mask is 1.
        known: bool (13,).

    Returns:
        A new array. The gain of an unknown shell is at most that of the last known one, and windows without variance
        have the gain 1 throughout.
    """
    found = np.array(log_gains, np.float32)
    last = int(np.flatnonzero(known)[-1])
    found[:, ~known] = np.minimum(found[:, ~known], found[:, last : last + 1])
    found[profiles[:, 1:].max(axis=1) < STILL] = 0
    return found


def b_factors(log_gains: FloatArray, known: BoolArray, resolution: float) -> FloatArray:
    """The B factor that gains apply: -4 times the slope of their logarithm against the squared frequency.

    Args:
        log_gains: float32 (places, 13).
        known: bool (13,).
        resolution: Å, of the map.

    Returns:
        Å², float32 (places,), negative where the map is sharpened.
    """
    return log_gains @ b_factor_weights(known, resolution)


def b_factor_weights(known: BoolArray, resolution: float) -> FloatArray:
    """What logarithms are multiplied by, shell by shell, and added up to give a B factor: float32 (13,).

    Args:
        known: bool (13,).
        resolution: Å, of the map.

    Returns:
        All 0 if fewer than two shells are left, which have no slope.
    """
    weights = np.zeros(SHELLS, np.float32)
    shells = fitted_shells(known, resolution)
    if np.count_nonzero(shells) < 2:
        return weights
    squares = np.square(FREQUENCY[shells] / SPACING)
    squares -= squares.mean()
    weights[shells] = -4 * squares / np.square(squares).sum()
    return weights


def fitted_shells(known: BoolArray, resolution: float) -> BoolArray:
    """The shells whose gains make the B factor: bool (13,).

    Args:
        known: bool (13,).
        resolution: Å, of the map.
    """
    fine = known & (FREQUENCY > 0) & (FREQUENCY * resolution <= SPACING)
    fitted = fine & (FREQUENCY >= SPACING / COARSEST)
    if np.count_nonzero(fitted) >= FEWEST:
        return fitted
    usable = np.flatnonzero(known & (FREQUENCY > 0))
    last = max(int(np.count_nonzero(fine)), FEWEST)
    return np.isin(np.arange(SHELLS), usable[max(last - FEWEST, 0) : last])


def held_shells(known: BoolArray) -> list[dict[str, float]]:
    """The unknown shells, for a report: number, and coarsest and finest resolution, Å."""
    length = WINDOW * SPACING
    return [
        {"shell": int(shell), "coarsest": round(length / shell, 3), "finest": round(length / (shell + 1), 3)}
        for shell in np.flatnonzero(~known)
    ]
