"""The FSC of two half maps without a mask, within one, and corrected for what the mask itself makes.

A mask that is multiplied into both half maps correlates with itself, and the tighter it is the more. Chen et al. 2013
(Ultramicroscopy 135, 24-35) measure that: the phases of both half maps are replaced by random ones beyond a resolution
at which the maps still agree; what then correlates beyond it within the mask is the mask's doing, and is taken off.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.ndimage

from deepreslib import memory
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation, global_fsc, truth_correlation
from deepreslib.maps.density_map import DensityMap
from deepreslib.maps.half_maps import masked_fsc
from deepreslib.maps.scaling import plainly_scaled

AGREEING = 0.8
"""Phases are replaced from where the FSC without a mask falls to this, as RELION does."""

SPARED = 2
"""Shells after that are not corrected, since the mask carries the signal of their neighbours there."""

MADE_BY_MASK = 0.1
"""An FSC of half maps with random phases above this is the mask's number."""

SHARED = 0.5
"""If the mean FSC without a mask is greater in the outermost shells, the half maps share their noise."""

OUTERMOST = 0.1
"""Share of the shells that are outermost."""

DRAWS = (8, 8_000_000)
"""How often phases are drawn: the first number, but so seldom that all draws together have no more voxels than the
second. In small boxes a shell has few coefficients, and chance would be taken for the mask's doing."""

UNCERTAIN = 0.2
"""Half maps do not decide if their resolution is uncertain by more than this share of it."""

DEPARTED = 0.6
"""A map shows something else than its half maps where its FSC with their mean is a smaller share of what the truth
would have with it by the FSC of the half maps (``fsc.truth_correlation``). The mean itself, filtered or not, has 1 or
more of it."""

AVERAGED = 3
"""Shells over which that FSC is averaged."""

_NEEDED = 40


@dataclass(frozen=True)
class HalfMapCurves:
    """The curves of two half maps; those within the mask have shells of their own.

    Attributes:
        unmasked: of the whole boxes.
        masked: within the mask with a soft edge.
        randomised: the same with random phases beyond ``beyond``; None if the maps agree nowhere well enough for it.
        corrected: the masked curve without what the mask made; the masked curve itself if there is no randomised one.
        beyond: Å; None likewise.
    """

    unmasked: ShellCorrelation
    masked: ShellCorrelation
    randomised: ShellCorrelation | None
    corrected: ShellCorrelation
    beyond: float | None

    @classmethod
    def from_dict(cls, curves: Mapping[str, Mapping[str, Any]], beyond: float | None) -> "HalfMapCurves":
        """The curves in a report.

        Args:
            curves: name → what ``half_maps.fsc_report`` gave of it; ``randomised`` may be missing.
            beyond: Å, or None.
        """
        found = {
            name: ShellCorrelation(*(np.asarray(curve[axis], float) for axis in ("frequency", "correlation")))
            for name, curve in curves.items()
        }
        return cls(found["unmasked"], found["masked"], found.get("randomised"), found["corrected"], beyond)

    def resolution(self, cutoff: float = CUTOFF) -> float:
        """Where the corrected curve falls to a cutoff, Å; infinite if it is below it from the beginning.

        Args:
            cutoff: between 0 and 1.
        """
        return self.corrected.resolution(cutoff)

    def deviation(self, cutoff: float = CUTOFF) -> float:
        """How uncertain that is, Å: one shell, and half of what the correction changes, in quadrature.

        Args:
            cutoff: between 0 and 1.
        """
        found = self.resolution(cutoff)
        taken_off = found - min(self.masked.resolution(cutoff), found)
        return math.hypot(found**2 * float(self.corrected.frequency[1]), taken_off / 2)

    def fault(self, cutoff: float = CUTOFF) -> str | None:
        """Why the half maps cannot decide, half a sentence; None if they can.

        Args:
            cutoff: at which the resolution is read off.
        """
        count = max(round(OUTERMOST * len(self.unmasked.correlation)), 1)
        outer = float(self.unmasked.correlation[-count:].mean())
        if outer > SHARED:
            return (
                f"without a mask the half maps still correlate by {outer:.2f} at Nyquist's frequency, so they share "
                "their noise"
            )
        if not self.corrected.falls_below(cutoff):
            return (
                f"their FSC never falls to {cutoff:g}: the half maps share their noise, or their voxels are too large"
            )
        found = self.resolution(cutoff)
        if not math.isfinite(found):
            return "the half maps agree at no frequency"
        if self.deviation(cutoff) > UNCERTAIN * found:
            return (
                f"where their FSC falls to {cutoff:g}, {found:.1f} ± {self.deviation(cutoff):.1f} Å, is uncertain by "
                "more than a fifth: within the mask they hardly agree"
            )
        return None

    def made_by_mask(self, resolution: float) -> float:
        """The FSC at a resolution that the mask makes alone; 0 if it was not measured there.

        Args:
            resolution: Å.
        """
        if self.randomised is None or self.beyond is None or resolution >= self.beyond:
            return 0.0
        return float(self.randomised.at(1 / resolution))


def measure(
    half1: DensityMap,
    half2: DensityMap,
    mask: BoolArray,
    rng: np.random.Generator,
    workers: int = -1,
    within: Callable[[DensityMap, DensityMap, BoolArray, int], ShellCorrelation] = masked_fsc,
) -> HalfMapCurves:
    """The curves of two half maps.

    Args:
        half1: one half map.
        half2: the other, on the same grid.
        mask: bool (z, y, x), the molecule; it is widened and gets a soft edge (see ``half_maps.masked_fsc``).
        rng: of the random phases.
        workers: threads of the Fourier transforms, -1 for all.
        within: the function that takes the FSC within a mask.

    Returns:
        The curves.
    """
    memory.check(_NEEDED * half1.data.size, f"the FSC of {half1.name} and its other half")
    (half1, half2), _, _ = plainly_scaled(half1, half2)
    unmasked = global_fsc(half1.data, half2.data, half1.voxel_size, workers=workers)
    masked = within(half1, half2, mask, workers)
    beyond = unmasked.resolution(AGREEING)
    if not math.isfinite(beyond) or not unmasked.falls_below(AGREEING):
        return HalfMapCurves(unmasked, masked, None, masked, None)
    most, voxels = DRAWS
    curves = []
    for _ in range(max(min(most, voxels // half1.data.size), 1)):
        one, two = (
            half.like(filters.randomise_phases(half.data, half.voxel_size, beyond, rng)) for half in (half1, half2)
        )
        curves.append(within(one, two, mask, workers).correlation)
    randomised = ShellCorrelation(masked.frequency, np.mean(curves, axis=0))
    return HalfMapCurves(unmasked, masked, randomised, corrected(masked, randomised, beyond), beyond)


def corrected(masked: ShellCorrelation, randomised: ShellCorrelation, beyond: float) -> ShellCorrelation:
    """The FSC within a mask without what the mask makes: (FSC - FSC of random phases) / (1 - FSC of random phases).

    Args:
        masked: the FSC within the mask.
        randomised: the same of half maps whose phases are random beyond a resolution.
        beyond: Å, that resolution; nearer than two shells to it, and before it, the curve is left as it is.

    Returns:
        The corrected curve.
    """
    first = int(np.searchsorted(masked.frequency, 1 / beyond)) + SPARED
    made = np.where(np.arange(len(masked.frequency)) >= first, np.clip(randomised.correlation, 0, 0.999), 0)
    return ShellCorrelation(masked.frequency, (masked.correlation - made) / (1 - made))


def departure(
    density_map: DensityMap,
    half_maps: tuple[DensityMap, DensityMap],
    mask: BoolArray,
    masked: ShellCorrelation,
    finest: float,
    workers: int = -1,
) -> float | None:
    """Where a map departs from its half maps, though these still agree with each other there.

    Args:
        density_map: the map.
        half_maps: both, on the same grid.
        mask: bool (z, y, x), the molecule.
        masked: the half maps' FSC within it.
        finest: Å, up to where it is looked at: the half maps' resolution, or a coarser one at which the map ends.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        Å, from where on the map shows something else; None if it follows them to the end.
    """
    (half1, half2), _, _ = plainly_scaled(*half_maps)
    curve = masked_fsc(density_map, half1.like((half1.data + half2.data) / 2), mask, workers)
    share = curve.correlation / np.maximum(truth_correlation(masked.correlation), 1e-3)
    share[:AVERAGED] = 1  # an offset alone changes the first shells
    share = scipy.ndimage.uniform_filter1d(share, AVERAGED, mode="nearest")
    looked_at = curve.frequency <= 1 / finest
    departed = np.flatnonzero(looked_at & (share < DEPARTED))
    return float(1 / curve.frequency[departed[0]]) if departed.size else None
