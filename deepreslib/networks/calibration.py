"""Calibration of predicted deviations: factors by resolution and by deviation, kept in a network's card."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from deepreslib.fourier.arrays import FloatArray

GAUSSIAN_SHARE = 0.6827
"""The share of a Gaussian within one SD of its mean. A calibrated deviation is at least as large as this share of the
errors; we say that it *holds* these errors."""

RELATIVE = (0.5, 1.0, 1.5)
"""Deviations, in units of the typical one at their resolution, for which factors are fitted. A network may be right
that its errors are small at some places, and yet predict too small a deviation there."""

_LARGEST = 1e6
"""No resolution in Å and no factor is larger."""


@dataclass(frozen=True)
class Calibration:
    """Factors of deviations, interpolated linearly between resolutions and between deviations.

    Attributes:
        resolution: Å, rising.
        typical: Å, the median deviation around each resolution.
        relative: deviations in units of the typical one, rising.
        factor: for each resolution, the factor of each relative deviation; without unit.
    """

    resolution: tuple[float, ...]
    typical: tuple[float, ...]
    relative: tuple[float, ...]
    factor: tuple[tuple[float, ...], ...]

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> "Calibration | None":
        """The calibration that a model card holds.

        Args:
            card: the content of the card.

        Returns:
            A ``Calibration``; None if the card holds none.

        Raises:
            KeyError, TypeError: the calibration is of another version.
            ValueError: its numbers cannot be right.
        """
        content = card.get("calibration")
        if content is None:
            return None
        resolution, typical, relative = (
            _numbers(content[name], name) for name in ("resolution", "typical", "relative")
        )
        factor = tuple(_numbers(row, "factor") for row in content["factor"])
        for name, knots in (("resolution", resolution), ("relative", relative)):
            if len(knots) < 2 or min(np.diff(knots)) <= 0:
                raise ValueError(f"its {name} does not rise from number to number")
        if len(typical) != len(resolution) or [len(row) for row in factor] != [len(relative)] * len(resolution):
            raise ValueError("its lists have different lengths")
        if min(min(typical), *map(min, factor)) <= 0:
            raise ValueError("a deviation or a factor is not above 0")
        return cls(resolution, typical, relative, factor)

    def factors(self, resolution: FloatArray, deviation: FloatArray) -> FloatArray:
        """Factors of predicted deviations; beyond the first and the last knot those of that knot.

        Args:
            resolution: (n,) Å, predicted.
            deviation: (n,) Å, predicted.

        Returns:
            float32 (n,).
        """
        knots = np.array(self.resolution), np.array(self.relative)
        relative = deviation / np.interp(resolution, self.resolution, self.typical)
        places = [
            np.clip(values, ends[0], ends[-1]) for values, ends in zip((resolution, relative), knots, strict=True)
        ]
        return RegularGridInterpolator(knots, np.array(self.factor))(np.stack(places, axis=-1)).astype(np.float32)


def fit(
    resolution: FloatArray, deviation: FloatArray, error: FloatArray, weight: FloatArray, knots: FloatArray
) -> Calibration:
    """The calibration that makes deviations hold ``GAUSSIAN_SHARE`` of the errors around each knot.

    Args:
        resolution: (n,) Å, predicted.
        deviation: (n,) Å, predicted.
        error: (n,) Å, at least 0.
        weight: (n,), of each prediction.
        knots: (k,) Å, rising, at least two: the resolutions of the calibration.

    Returns:
        A ``Calibration``. The factor of a resolution and a relative deviation that no prediction is near is the factor
        of all predictions near that resolution; if there are none of these either, it is that of all predictions.
    """
    near = [_or_else(weight * share, weight) for share in _shares(resolution, knots)]
    typical = [_quantile(deviation, weights, 0.5) for weights in near]
    alike = _shares(deviation / np.interp(resolution, knots, typical), RELATIVE)
    ratio = error / deviation
    factors = [[factor(ratio, _or_else(weights * share, weights)) for share in alike] for weights in near]
    return Calibration(
        tuple(map(float, knots)),
        tuple(round(value, 5) for value in typical),
        RELATIVE,
        tuple(tuple(round(value, 4) for value in row) for row in factors),
    )


def factor(ratio: FloatArray, weight: FloatArray) -> float:
    """The factor that makes deviations hold ``GAUSSIAN_SHARE`` of the errors, each counted with its weight.

    Args:
        ratio: (n,) |error| / deviation.
        weight: (n,), not all 0.

    Returns:
        The factor, without unit.
    """
    return _quantile(ratio, weight, GAUSSIAN_SHARE)


def _numbers(values: Any, name: str) -> tuple[float, ...]:
    """The numbers of a list in a card, which are finite."""
    numbers = tuple(values)
    if not all(type(number) in (int, float) and abs(number) < _LARGEST for number in numbers):
        raise ValueError(f"its {name} holds something else than finite numbers")
    return numbers


def _shares(values: FloatArray, knots: Iterable[float]) -> list[FloatArray]:
    """For each knot, the share of each value (n,) that belongs to it; the shares of a value sum to 1."""
    positions = np.array(knots)
    return [np.interp(values, positions, unit) for unit in np.eye(len(positions))]


def _or_else(weight: FloatArray, otherwise: FloatArray) -> FloatArray:
    """``weight``, or ``otherwise`` if all of ``weight`` is 0."""
    return weight if weight.any() else otherwise


def _quantile(values: FloatArray, weight: FloatArray, share: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])
