"""Calibration of predicted deviations: factors by resolution and by deviation, kept in a model's card."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RegularGridInterpolator

GAUSSIAN_SHARE = 0.6827
"""What a Gaussian has within its SD, and a deviation shall hold of the errors."""

RELATIVE = (0.5, 1.0, 1.5)
"""Deviations, in units of the typical one at a resolution, that have a factor of their own: a network that is rightly
surer of some places than of others may still be too sure of them, or not sure enough."""


@dataclass(frozen=True)
class Calibration:
    """Factors of deviations, linear between resolutions and between deviations.

    Attributes:
        resolution: Å, rising.
        typical: Å, the median deviation around each resolution.
        relative: deviations in units of the typical one, rising.
        factor: without unit, for each resolution one for each relative deviation.
    """

    resolution: tuple[float, ...]
    typical: tuple[float, ...]
    relative: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]

    @classmethod
    def from_card(cls, card):
        """The one of a model card; None if it has none."""
        found = card.get("calibration")
        if found is None:
            return None
        knots = (tuple(found[name]) for name in ("resolution", "typical", "relative"))
        return cls(*knots, tuple(map(tuple, found["factor"])))

    def factors(self, resolution, deviation):
        """Factors of predicted deviations at predicted resolutions, Å, both (n,); float32. Beyond an end, its own."""
        knots = np.array(self.resolution), np.array(self.relative)
        relative = deviation / np.interp(resolution, self.resolution, self.typical)
        places = [np.clip(each, ends[0], ends[-1]) for each, ends in zip((resolution, relative), knots, strict=True)]
        return RegularGridInterpolator(knots, np.array(self.factor))(np.stack(places, axis=-1)).astype(np.float32)


def fit(resolution, deviation, error, weight, knots):
    """The ``Calibration`` after which deviations hold ``GAUSSIAN_SHARE`` of the errors around each knot.

    Args:
        resolution, deviation: (n,) Å, predicted.
        error: (n,) Å, at least 0.
        weight: (n,), of each prediction.
        knots: (k,) Å, rising, at least two.

    Returns:
        ``Calibration``; where there are no predictions it has the factor of all of that resolution, or else of all.
    """
    near = [_kept(weight * share, weight) for share in _shares(resolution, knots)]
    typical = [_quantile(deviation, each, 0.5) for each in near]
    alike = _shares(deviation / np.interp(resolution, knots, typical), RELATIVE)
    ratio = error / deviation
    factors = [[factor(ratio, _kept(each * share, each)) for share in alike] for each in near]
    return Calibration(
        tuple(map(float, knots)),
        tuple(round(value, 5) for value in typical),
        RELATIVE,
        tuple(tuple(round(value, 4) for value in row) for row in factors),
    )


def factor(ratio, weight):
    """The factor of deviations after which they hold ``GAUSSIAN_SHARE`` of the errors, by weight.

    Args:
        ratio: (n,) |error| / deviation.
        weight: (n,), not all 0.
    """
    return _quantile(ratio, weight, GAUSSIAN_SHARE)


def _shares(values, knots):
    """How much of each value (n,) belongs to each knot: (knots, n), those of a value sum to 1."""
    return [np.interp(values, knots, one) for one in np.eye(len(knots))]


def _kept(weight, otherwise):
    return weight if weight.any() else otherwise


def _quantile(values, weight, share):
    order = np.argsort(values)
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])
