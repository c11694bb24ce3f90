"""Calibration of predicted deviations: factors by resolution, kept in a model's card."""

from dataclasses import dataclass

import numpy as np

GAUSSIAN_SHARE = 0.6827
"""What a Gaussian has within its SD, and a deviation shall hold of the errors."""


@dataclass(frozen=True)
class Calibration:
    """Factors of deviations, linear between resolutions.

    Attributes:
        resolution: Å, rising.
        factor: without unit, one for each.
    """

    resolution: tuple[float, ...]
    factor: tuple[float, ...]

    @classmethod
    def from_card(cls, card):
        """The one of a model card; None if it has none."""
        found = card.get("calibration")
        return found and cls(tuple(found["resolution"]), tuple(found["factor"]))

    def factors(self, resolution):
        """Factors of deviations at resolutions, Å, of any shape; float32. Beyond an end, that of the end."""
        return np.interp(resolution, self.resolution, self.factor).astype(np.float32)


def fit(resolution, ratio, weight, knots):
    """The ``Calibration`` after which deviations hold ``GAUSSIAN_SHARE`` of the errors around each knot.

    Args:
        resolution: (n,) Å, predicted.
        ratio: (n,) |error| / deviation.
        weight: (n,), of each prediction.
        knots: (k,) Å, rising, at least two.

    Returns:
        ``Calibration``; a knot that nothing is near has the factor of all predictions together.
    """
    factors = []
    for number in range(len(knots)):
        near = weight * np.interp(resolution, knots, np.eye(len(knots))[number])
        factors.append(factor(ratio, near if near.sum() > 0 else weight))
    return Calibration(tuple(map(float, knots)), tuple(round(value, 4) for value in factors))


def factor(ratio, weight):
    """The factor of deviations after which they hold ``GAUSSIAN_SHARE`` of the errors, by weight.

    Args:
        ratio: (n,) |error| / deviation.
        weight: (n,), not all 0.
    """
    order = np.argsort(ratio)
    reached = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(reached, GAUSSIAN_SHARE * reached[-1])])
