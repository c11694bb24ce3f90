"""Examples of CryoRes as if their maps had been given another B factor, which changes no half-map resolution.

A B factor multiplies every coefficient of a frequency alike, so it moves the logarithms of amplitudes in the features
and leaves the rest nearly as it is; what it does within a band and to the density is not followed.
"""

import numpy as np
from scipy.special import logsumexp

from deepreslib.fourier.spectra import BANDS, SHELLS
from deepreslib.networks import cryores_features as layout
from deepreslib.networks.cryores_features import FEATURE_AMPLITUDES, FEATURE_KINDS, FLOOR, scaled, unscaled

SPREAD, LIMITS = 7.0, (-6.0, 15.0)
"""SD and limits of the B factor, in units of the squared global resolution: 5 takes away 1 - exp(-5 / 4) of the
amplitude there."""

SHARE = 0.6
"""Of the examples that are given another B factor."""

_NEAR_FLOOR = 0.05

_UNKNOWN = -1e6
"""Logarithm (10) of the amplitude of bands that nothing is known of; no B factor raises it to anything."""


def blurred(features, summary, resolution, random):
    """Features and summaries of maps with B factors drawn at random; ``SHARE`` of them, the others as they are.

    Args:
        features: float32 (batch, ..., ``FEATURES``).
        summary: float32 (batch, ``SUMMARY``).
        resolution: (batch,) Å, global.
        random: ``numpy.random.Generator``.

    Returns:
        (features, summary): new arrays, float32.
    """
    count = len(summary)
    chosen = random.random(count) < SHARE
    factor = np.clip(random.normal(0, SPREAD, count), *LIMITS) * np.square(resolution) * chosen
    return with_b_factor(features, summary, factor)


def with_b_factor(features, summary, b_factor):
    """Features and summaries of maps to which B factors (batch,), Å², were applied."""
    gain, radial = (-np.square(f) * b_factor[:, None] / (4 * np.log(10)) for f in (BANDS, SHELLS))
    features, summary = features.copy(), summary.copy()
    # Amplitudes are in units of that of the map's strong places, which the B factor changes too.
    strong = unscaled(summary[:, layout.SUMMARY_PERCENTILES][:, -len(BANDS) :])
    strong = np.where(strong > FLOOR + _NEAR_FLOOR, strong, _UNKNOWN)
    reference = _total(strong + gain) - _total(strong)
    gain, radial = gain - reference[:, None], radial - reference[:, None]

    everywhere = gain.reshape(len(gain), *(1,) * (features.ndim - 2), -1)
    for part in FEATURE_AMPLITUDES:
        features[..., part] = _moved(features[..., part], everywhere)
    percentiles = np.tile(gain, len(layout.PERCENTILES))
    for part, change in (
        (layout.SUMMARY_PERCENTILES, percentiles),
        (layout.SUMMARY_AMPLITUDES, gain),
        (layout.SUMMARY_RADIAL, radial),
    ):
        summary[:, part] = _moved(summary[:, part], change)
    return features, summary


def _total(amplitudes):
    """Logarithm (10) of the amplitude of bands together (n,), from those of each (n, bands)."""
    return logsumexp(2 * np.log(10) * amplitudes, axis=1) / (2 * np.log(10))


def _moved(values, gain):
    """Amplitudes multiplied; those at the floor, which nothing is known of, stay there."""
    amplitude = unscaled(values)
    moved = np.maximum(amplitude + gain, FLOOR)
    return scaled(np.where(amplitude <= FLOOR + _NEAR_FLOOR, amplitude, moved))


SHARES = (0.1, 0.15, 0.3, 0.3, 0.3, 0.15)
"""Of the examples, in which each of ``FEATURE_KINDS`` is hidden: the wider ones more often, as they tell least of where
in a map something is."""

SHARE_OF_AMPLITUDES = 0.1
"""Of the examples, in which both kinds of amplitudes are hidden."""


def hidden(features, random, shares=(*SHARES, SHARE_OF_AMPLITUDES)):
    """Features with kinds hidden at random: their mean over the example's places in place of each value.

    Args:
        features: float32 (batch, z, y, x, ``FEATURES``).
        random: ``numpy.random.Generator``.
        shares: of the examples, for each kind and, the last, for both of amplitudes; for each of these anew.

    Returns:
        a new array.
    """
    features = features.copy()
    for share, kinds in zip(shares, (*((kind,) for kind in FEATURE_KINDS), FEATURE_AMPLITUDES), strict=True):
        chosen = random.random(len(features)) < share
        for kind in kinds:
            features[chosen, ..., kind] = features[chosen, ..., kind].mean(axis=(1, 2, 3), keepdims=True)
    return features
