"""Significance of sums of chi-squares, and the control of false discoveries over many voxels."""

import numpy as np
import scipy.special

from deepreslib.fourier.arrays import FloatArray, IntArray

_AT_ONCE = 1 << 20


def log_survival(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Logarithm of the probability that Σ weights × chi-square(1) exceeds each value.

    Kuonen's (1999) saddle-point approximation, within a few per cent at any depth of the tail. Its equation would have
    to be solved for the saddle point t of each value, but gives the value of any t directly. So the logarithm is
    tabulated over t and interpolated at the values.

    Args:
        values: any shape, positive.
        weights: (k,), positive.

    Returns:
        float64, of the values' shape.
    """
    largest = weights.max()
    below = -np.geomspace(1e3, 0.03, 100)
    above = 1.0 - np.geomspace(0.97, 1e-4, 200)
    saddle = (np.concatenate([below, above]) / (2 * largest))[:, None]
    room = 1.0 - 2.0 * saddle * weights
    place = np.sum(weights / room, axis=1)
    cumulant = -0.5 * np.log(room).sum(axis=1)
    curvature = 2.0 * np.sum(np.square(weights / room), axis=1)
    saddle = saddle[:, 0]
    w = np.sign(saddle) * np.sqrt(2.0 * (saddle * place - cumulant))
    v = saddle * np.sqrt(curvature)
    return np.interp(values, place, scipy.special.log_ndtr(-(w + np.log(v / w) / w)))


def threshold(values: FloatArray, weights: FloatArray, p_value: float) -> float:
    """The threshold that controls the false discovery rate (Benjamini & Yekutieli 2001).

    Of the values above it, a share of at most ``p_value`` is expected to come from noise alone, however the values
    depend on each other.

    Args:
        values: (n,), statistics in units of the noise's variance.
        weights: (k,), weights of the chi-squares that a statistic is the sum of under noise.
        p_value: the false discovery rate.

    Returns:
        The threshold; infinite if no value passes.
    """
    ordered = np.sort(values)[::-1]
    parts = [slice(start, min(start + _AT_ONCE, len(ordered))) for start in range(0, len(ordered), _AT_ONCE)]
    harmonic = sum(float(np.sum(1.0 / _ranks(part))) for part in parts)
    for part in reversed(parts):  # a part at a time, which takes less memory; the last that passes counts
        allowed = np.log(p_value * _ranks(part) / (len(ordered) * harmonic))
        passed = np.flatnonzero(log_survival(ordered[part], weights) <= allowed)
        if len(passed):
            return float(np.nextafter(ordered[part][passed[-1]], np.float32(0)))
    return np.inf


def _ranks(part: slice) -> IntArray:
    """The ranks of a part of the ordered values, from 1 on."""
    return np.arange(part.start + 1, part.stop + 1)
