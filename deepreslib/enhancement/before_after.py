"""What an enhancement did to a map: how far its phases changed, how it correlates with the input, and the FSC.

Methods that scale amplitudes keep the phases if the same is done everywhere. Where their gains differ from place to
place, the phases of a window's Fourier coefficients change a little: this tells how much, shell by shell.

Arrays are (z, y, x).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from deepreslib.enhancement.profiles import SHELLS, SPACING, WINDOW
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Triple
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation
from deepreslib.maps import DensityMap, half_maps
from deepreslib.maps.boxes import read_box

WINDOWS = 120
"""So many windows of the mask are looked at, or all if it has fewer voxels."""

_LENGTH = WINDOW * SPACING


@dataclass(frozen=True, eq=False)
class PhaseChange:
    """How far the phases of windows changed.

    Attributes:
        frequency: float64 (shells,), 1/Å, the middle of each shell; those of a profile's points, without the first.
        radians: float64 (shells,), the mean absolute change, coefficients weighted by both amplitudes; NaN where there
            are none.
    """

    frequency: FloatArray
    radians: FloatArray

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        known = [None if math.isnan(value) else round(float(value), 4) for value in self.radians]
        return {"frequency": [round(float(value), 4) for value in self.frequency], "radians": known}


@dataclass(frozen=True, eq=False)
class Changes:
    """What an enhancement did.

    Attributes:
        correlation: of the enhanced map with the input, within the mask.
        phases: how far they changed.
        fsc_before: of the half maps within the mask, its edge made soft; None if there are none.
        fsc_after: of the enhanced half maps; likewise.
    """

    correlation: float
    phases: PhaseChange
    fsc_before: ShellCorrelation | None = None
    fsc_after: ShellCorrelation | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: ``correlation``, ``phase_change`` and, if there are half maps, ``fsc`` and ``fsc_after``."""
        curves = {"fsc": self.fsc_before, "fsc_after": self.fsc_after}
        return {
            "correlation": round(self.correlation, 4),
            "phase_change": self.phases.as_dict(),
            **{name: half_maps.fsc_report(curve, masked=True) for name, curve in curves.items() if curve},
        }

    def fsc_sentence(self) -> str:
        """The FSC before and after, in words; '' without half maps."""
        if self.fsc_before is None or self.fsc_after is None:
            return ""
        before, after = self.fsc_before.resolution(), self.fsc_after.resolution()
        return f"FSC {CUTOFF:g} of the half maps within the mask: {before:.2f} Å before, {after:.2f} Å after"


def compare(
    before: DensityMap,
    after: DensityMap,
    mask: BoolArray,
    half_maps_after: tuple[FloatArray, FloatArray] | None = None,
    fsc_before: ShellCorrelation | None = None,
    workers: int = -1,
) -> Changes:
    """Compares a map with what an enhancement made of it.

    Args:
        before: the map.
        after: the enhanced map, on the same grid.
        mask: bool, not empty: where it was enhanced.
        half_maps_after: float32, the half maps after the same treatment; None if there are none.
        fsc_before: of the half maps as they were, within the mask.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        What changed.
    """
    fsc_after = None
    if half_maps_after is not None:
        one, two = (after.like(data) for data in half_maps_after)
        fsc_after = half_maps.masked_fsc(one, two, mask, workers)
    return Changes(
        correlation(before.data, after.data, mask),
        phase_change(before.data, after.data, mask, before.voxel_size),
        fsc_before,
        fsc_after,
    )


def correlation(one: FloatArray, other: FloatArray, mask: BoolArray) -> float:
    """The correlation of two maps within a mask.

    Args:
        one: a map.
        other: another on the same grid.
        mask: bool.

    Returns:
        -1 to 1; 0 if one of them has no variance there.
    """
    values = np.array([one[mask], other[mask]], np.float64)
    values -= values.mean(axis=1, keepdims=True)
    scale = math.sqrt(float(np.prod(np.square(values).sum(axis=1))))
    return float(values[0] @ values[1] / scale) if scale > 0 else 0.0


def phase_change(one: FloatArray, other: FloatArray, mask: BoolArray, voxel_size: Triple) -> PhaseChange:
    """How far the phases of windows differ between two maps.

    Windows of 25 Å are cut out around voxels of the mask, those that hold most of it first, as where a map fades
    beyond its mask the fading changes phases too.

    Args:
        one: a map.
        other: another on the same grid.
        mask: bool.
        voxel_size: Å.

    Returns:
        The change in the shells of a profile.
    """
    edges = [2 * round(0.5 * (_LENGTH / size - 1)) + 1 for size in voxel_size]
    frequencies = [scipy.fft.fftfreq(edge, size) for edge, size in zip(edges, voxel_size, strict=True)]
    along_z, along_y, along_x = frequencies
    along_x = along_x[: edges[2] // 2 + 1]
    radii = np.sqrt(along_z[:, None, None] ** 2 + along_y[:, None] ** 2 + along_x**2)
    shells = np.minimum(np.floor(radii * _LENGTH + 1e-6).astype(int), SHELLS).ravel()
    copies = (np.where(np.arange(len(along_x)) == 0, 1.0, 2.0) * np.ones(radii.shape)).ravel()
    changes, weights = np.zeros(SHELLS + 1), np.zeros(SHELLS + 1)
    for centre in _centres(mask, edges):
        ends = [(place - edge // 2, place - edge // 2 + edge) for place, edge in zip(centre, edges, strict=True)]
        first, second = (scipy.fft.rfftn(read_box(data, ends).astype(np.float64)).ravel() for data in (one, other))
        product = second * first.conj()
        weight = copies * np.abs(product)
        changes += np.bincount(shells, weight * np.abs(np.angle(product)), SHELLS + 1)
        weights += np.bincount(shells, weight, SHELLS + 1)
    known = weights[1:SHELLS] > 0
    radians = np.full(SHELLS - 1, np.nan)
    np.divide(changes[1:SHELLS], weights[1:SHELLS], out=radians, where=known)
    return PhaseChange((np.arange(1, SHELLS) + 0.5) / _LENGTH, radians)


def _centres(mask: BoolArray, edges: list[int]) -> IntArray:
    """Voxels of the mask, spread over it, whose windows hold most of it: int (windows, 3)."""
    voxels = np.argwhere(mask)
    voxels = voxels[:: max(len(voxels) // (4 * WINDOWS), 1)]
    shares = []
    for place in voxels.tolist():
        box = tuple(slice(max(at - edge // 2, 0), at - edge // 2 + edge) for at, edge in zip(place, edges, strict=True))
        shares.append(np.count_nonzero(mask[box]))
    return voxels[np.argsort(shares, kind="stable")[::-1][:WINDOWS]]
