"""Local resolution at one cutoff of the local FSC from that at another: from 0.5, which CryoRes learnt, to 0.143.

The global resolution is where the FSC of the half maps falls to 0.143, and CryoRes' local values are where the local
FSC would fall to 0.5, which is coarser. On simulated half maps both cutoffs were measured in the same windows, and the
ratio of the two was fitted, by least squares of its logarithm, by a product of powers:

    local at 0.143 / local at 0.5  =  exp(c) × (local at 0.5 / global)^a × (global / 5 Å)^b.

Why a ratio: where the signal falls as exp(-B s² / 2) against the noise, the squared frequencies of the two crossings
differ by 2 ln 6 / B, and B grows about as the square of the local resolution; then the ratio is the same everywhere.
The powers hold what this leaves out; higher terms in the two logarithms describe structures left out of the fit no
better. Beyond the ends of the fit, both quotients are taken at the ends. What the curve leaves open is mostly the
chance of a window's few Fourier coefficients; about a fifth of its square is the same for all of a map, since how
steeply signal falls against noise differs from map to map, and one map does not tell.

The numbers are in ``local_cutoff.json``; ``benchmarks/local_cutoffs.py --fit`` makes that file.
"""

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepreslib.errors import InputError
from deepreslib.estimation.result import LocalResolution
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.resampling import clip_resolution

LABELS = 0.5
"""The cutoff of the local FSC on which CryoRes was trained."""

GLOBAL = 0.143
"""The cutoff of global resolutions."""

CUTOFFS = (LABELS, GLOBAL)
"""The cutoffs to choose from."""

CURVE = Path(__file__).with_suffix(".json")
"""The file of the curve."""

UNIT = 5.0
"""Å, by which the global resolution is divided."""


@dataclass(frozen=True)
class Curve:
    """The local resolution at 0.143 from that at 0.5 and the global resolution.

    Attributes:
        factor: exp(c), the ratio where both quotients are 1.
        powers: (a, b), of the two quotients.
        deviation: (d, e): the SD of the ratio, divided by the ratio, is d × (global / 5 Å)^e.
        local: the ends of local resolution at 0.5 / global resolution within which the curve was fitted.
        whole: Å, the ends of the global resolution within which it was fitted.
    """

    factor: float
    powers: tuple[float, float]
    deviation: tuple[float, float]
    local: tuple[float, float]
    whole: tuple[float, float]

    def ratio(self, resolution: FloatArray, global_resolution: float) -> FloatArray:
        """The local resolution at 0.143 divided by that at 0.5.

        Args:
            resolution: at 0.5, Å, any shape, above 0.
            global_resolution: Å.

        Returns:
            The ratio, as many numbers.
        """
        along, across = self.powers
        share = np.clip(np.asarray(resolution, float) / global_resolution, *self.local)
        return self.factor * share**along * self._of_unit(global_resolution) ** across

    def slope(self, resolution: FloatArray, global_resolution: float) -> FloatArray:
        """By how many Å the value at 0.143 grows with one Å at 0.5; arguments as those of :meth:`ratio`."""
        low, high = self.local
        between = (resolution > low * global_resolution) & (resolution < high * global_resolution)
        return self.ratio(resolution, global_resolution) * (1 + self.powers[0] * between)

    def relative_deviation(self, global_resolution: float) -> float:
        """The SD of the ratio about the curve, divided by the ratio.

        Args:
            global_resolution: Å.
        """
        factor, power = self.deviation
        return factor * self._of_unit(global_resolution) ** power

    def _of_unit(self, global_resolution: float) -> float:
        """The global resolution, within the ends of the fit, divided by ``UNIT``."""
        low, high = self.whole
        return min(max(global_resolution, low), high) / UNIT


@functools.lru_cache(maxsize=1)
def curve() -> Curve:
    """The curve that comes with the package."""
    stored: dict[str, Any] = json.loads(CURVE.read_text(encoding="utf-8"))
    pairs = {name: tuple(stored[name]) for name in ("powers", "deviation", "local", "whole")}
    return Curve(factor=stored["factor"], **pairs)


def checked(local_cutoff: float) -> float:
    """One of ``CUTOFFS``.

    Args:
        local_cutoff: what the user asks for.

    Raises:
        InputError: it is another number.
    """
    if local_cutoff not in CUTOFFS:
        raise InputError(
            f"CryoRes knows local values on the scale of a local FSC of {LABELS:g} and of {GLOBAL:g}, not of "
            f"{local_cutoff!r}; give one of the two, or measure it on half maps by localfsc."
        )
    return local_cutoff


def at_cutoff(result: LocalResolution, local_cutoff: float) -> LocalResolution:
    """A result of CryoRes on the scale of another cutoff.

    Args:
        result: with local values at 0.5, a deviation, a global resolution and ends; its arrays are overwritten.
        local_cutoff: one of ``CUTOFFS``.

    Returns:
        The result, its values and ends at that cutoff. The SD that the curve leaves is added to the deviation, in
        quadrature. No value is finer than the low end.

    Raises:
        InputError: there is no curve for the cutoff.
        ValueError: the result is not one of CryoRes.
    """
    if checked(local_cutoff) == result.local_cutoff:
        return result
    whole, ends, deviation = result.global_resolution, result.ends, result.deviation
    if whole is None or ends is None or deviation is None:
        raise ValueError("the result has no global resolution, ends or deviation; it is not one of CryoRes.")
    used = curve()
    relative = used.relative_deviation(whole.value)
    high = max(float(ends.high * used.ratio(np.array(ends.high), whole.value)), np.nextafter(ends.low, np.inf))
    for values, deviations in zip(result.resolution, deviation, strict=True):  # plane by plane, which takes less memory
        inside = values > 0
        old = values[inside]
        new = old * used.ratio(old, whole.value)
        deviations[inside] = np.hypot(deviations[inside] * used.slope(old, whole.value), relative * new)
        values[inside] = new
        values[...] = clip_resolution(values, inside, ends.low, high, ends.low / 2)
    return replace(result, local_cutoff=local_cutoff, ends=replace(ends, high=high))
