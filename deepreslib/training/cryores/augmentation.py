"""Random changes of CryoRes' examples that leave their labels true: other B factors, and kinds of features hidden.

A B factor changes no resolution of half maps, so an example of a map with another B factor has the same labels. A B
factor multiplies all Fourier coefficients of a frequency by one number, so in the features it adds a number to the
logarithms of a band's amplitudes and leaves the rest nearly as it was. The small changes within a band and of the
density are neglected.
"""

import numpy as np
from scipy.special import logsumexp

from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.spectra import BANDS, SHELLS
from deepreslib.networks import cryores_features as layout
from deepreslib.networks.cryores_features import FEATURE_AMPLITUDES, FEATURE_KINDS, FLOOR, scaled, unscaled

B_FACTOR_SD, B_FACTOR_LIMITS = 7.0, (-6.0, 15.0)
"""SD and limits of the B factor, in units of the squared global resolution. A B factor of 5 of these units takes away
1 - exp(-5 / 4) of the amplitude at the global resolution."""

B_FACTOR_RANGE, WIDEST_LIMITS = (-100.0, 160.0), (-16.0, 32.0)
"""Half of the B factors are drawn evenly from this range instead, Å², and kept within these limits, in units of the
squared global resolution: what users do to fine maps is more than their resolution asks for."""

SHARE = 0.7
"""Share of the examples that are given another B factor."""

HIDDEN = (0.1, 0.15, 0.3, 0.3, 0.3, 0.15, 0.1)
"""Shares of the examples in which each of ``FEATURE_KINDS`` is hidden, and, the last, in which both kinds of amplitudes
are. The wider kinds are hidden more often, as they contain least about where in a map something is."""

_NEAR_FLOOR = 0.05

_UNKNOWN = -1e6
"""log10 of the amplitude that bands at the floor get, as their true amplitude is unknown: so small that it does not
count after any B factor."""


def draw_b_factors(
    features: FloatArray, summary: FloatArray, resolution: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Examples with B factors drawn at random for ``SHARE`` of them; the others stay as they are.

    Args:
        features: float32 (batch, ..., ``FEATURES``).
        summary: float32 (batch, ``SUMMARY``), map summaries.
        resolution: (batch,) Å, global.
        rng: draws the B factors.

    Returns:
        (features, summary): new arrays, float32.
    """
    count = len(summary)
    chosen = rng.random(count) < SHARE
    square = np.square(resolution)
    relative = np.clip(rng.normal(0, B_FACTOR_SD, count), *B_FACTOR_LIMITS)
    absolute = np.clip(rng.uniform(*B_FACTOR_RANGE, count) / square, *WIDEST_LIMITS)
    factor = np.where(rng.random(count) < 0.5, relative, absolute) * square * chosen
    return apply_b_factors(features, summary, factor)


def apply_b_factors(features: FloatArray, summary: FloatArray, b_factor: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Examples as if B factors had been applied to their maps.

    Args:
        features: float32 (batch, ..., ``FEATURES``).
        summary: float32 (batch, ``SUMMARY``), map summaries.
        b_factor: (batch,) Å², positive blurs.

    Returns:
        (features, summary): new arrays, float32.
    """
    gain, radial = (-np.square(f) * b_factor[:, None] / (4 * np.log(10)) for f in (BANDS, SHELLS))
    features, summary = features.copy(), summary.copy()
    # Amplitudes are in units of the molecule's amplitude, which the B factor changes too.
    molecule = unscaled(summary[:, layout.SUMMARY_AMPLITUDES])
    molecule = np.where(molecule > FLOOR + _NEAR_FLOOR, molecule, _UNKNOWN)
    reference = _total(molecule + gain) - _total(molecule)
    gain, radial = gain - reference[:, None], np.tile(radial - reference[:, None], 2)

    everywhere = gain.reshape(len(gain), *(1,) * (features.ndim - 2), -1)
    for part in FEATURE_AMPLITUDES:
        features[..., part] = _moved(features[..., part], everywhere)
    percentiles = np.tile(gain, len(layout.INSIDE) + 2 * len(layout.OUTSIDE))
    for part, change in (
        (layout.SUMMARY_PERCENTILES, percentiles),
        (layout.SUMMARY_AMPLITUDES, gain),
        (layout.SUMMARY_RADIAL, radial),
    ):
        summary[:, part] = _moved(summary[:, part], change)
    return features, summary


def _total(amplitudes: FloatArray) -> FloatArray:
    """log10 of the amplitude of all bands together (n,), from those of each band (n, bands)."""
    return logsumexp(2 * np.log(10) * amplitudes, axis=1) / (2 * np.log(10))


def _moved(values: FloatArray, gain: FloatArray) -> FloatArray:
    """Features after their amplitudes were multiplied; features at the floor stay there."""
    amplitude = unscaled(values)
    moved = np.maximum(amplitude + gain, FLOOR)
    return scaled(np.where(amplitude <= FLOOR + _NEAR_FLOOR, amplitude, moved))


def hide_kinds(
    features: FloatArray,
    rng: np.random.Generator,
    shares: tuple[float, ...] = HIDDEN,
) -> FloatArray:
    """Examples with kinds of features hidden at random, so that a network does not depend on one kind alone.

    To hide a feature, its value at each place is replaced by its mean over the example's places.

    Args:
        features: float32 (batch, z, y, x, ``FEATURES``).
        rng: the random generator; it draws other examples for each share.
        shares: shares of the examples in which each kind and, last, both kinds of amplitudes are hidden.

    Returns:
        A new array of the same shape.
    """
    features = features.copy()
    for share, kinds in zip(shares, (*((kind,) for kind in FEATURE_KINDS), FEATURE_AMPLITUDES), strict=True):
        chosen = rng.random(len(features)) < share
        for kind in kinds:
            features[chosen, ..., kind] = features[chosen, ..., kind].mean(axis=(1, 2, 3), keepdims=True)
    return features
