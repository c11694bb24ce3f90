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

from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.profiles import SHELLS, SPACING, WINDOW
from deepreslib.enhancement.solvent import solvent_level
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Triple
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation, global_fsc
from deepreslib.maps import DensityMap, boxes, half_maps, masks
from deepreslib.maps.boxes import read_box

WINDOWS = 120
"""So many windows of the mask are looked at, or all if it has fewer voxels."""

SEED = 0
"""They are drawn at random, and always the same."""

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
        fsc_before: of the half maps, multiplied by the soft mask of the enhanced map; None if there are none.
        fsc_after: of the enhanced half maps; likewise.
    """

    correlation: float
    phases: PhaseChange
    fsc_before: ShellCorrelation | None = None
    fsc_after: ShellCorrelation | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: ``correlation``, ``phase_change`` and, with half maps, ``fsc_before`` and ``fsc_after``."""
        curves = {"fsc_before": self.fsc_before, "fsc_after": self.fsc_after}
        return {
            "correlation": round(self.correlation, 4),
            "phase_change": self.phases.as_dict(),
            **{name: half_maps.fsc_report(curve, masked=True) for name, curve in curves.items() if curve},
        }

    def fsc_sentence(self) -> str:
        """The FSC before and after, in words; '' without half maps."""
        if self.fsc_before is None or self.fsc_after is None:
            return ""
        before, after = (_in_words(curve) for curve in (self.fsc_before, self.fsc_after))
        return f"FSC {CUTOFF:g} of the half maps in the soft mask of the enhanced map: {before} before, {after} after"


def compare(
    before: DensityMap,
    after: FloatArray,
    mask: BoolArray,
    halves_before: tuple[DensityMap, DensityMap] | None = None,
    halves_after: tuple[FloatArray, FloatArray] | None = None,
    *,
    keeps_outside: bool = False,
    workers: int = -1,
) -> Changes:
    """Compares a map with what an enhancement made of it.

    An enhanced map fades beyond its mask, which alone changes phases and FSC. So the input is multiplied by the same
    soft mask first, and what is left is the work of the gains.

    Args:
        before: the map.
        after: float32, the enhanced map.
        mask: bool, not empty: where it was enhanced; it was given a soft edge of ``SOFT_EDGE``.
        halves_before: the half maps; None if there are none.
        halves_after: float32, the half maps after the same treatment.
        keeps_outside: whether the enhanced map keeps what surrounds the mask, and has no soft edge.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        What changed.
    """
    size = min(before.voxel_size)
    box = boxes.fast_box_around(mask, math.ceil(SOFT_EDGE / size))
    inside = mask[box]
    soft = masks.soft_edge(inside, SOFT_EDGE / size)
    level = solvent_level(before, mask)

    def input_part(data: FloatArray) -> FloatArray:
        part: FloatArray = (data[box] - np.float32(level)) * soft
        return part

    def enhanced_part(data: FloatArray) -> FloatArray:
        return data[box] * soft if keeps_outside else data[box]

    fsc_before = fsc_after = None
    if halves_before is not None and halves_after is not None:
        half1, half2 = (input_part(half.data) for half in halves_before)
        fsc_before = global_fsc(half1, half2, before.voxel_size, workers=workers)
        half1, half2 = (enhanced_part(half) for half in halves_after)
        fsc_after = global_fsc(half1, half2, before.voxel_size, workers=workers)
    one, other = input_part(before.data), enhanced_part(after)
    return Changes(
        correlation(one, other, inside), phase_change(one, other, inside, before.voxel_size), fsc_before, fsc_after
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

    Windows of 25 Å are cut out around voxels of the mask.

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
    shells = np.minimum(np.floor(radii * _LENGTH + 1e-6).astype(int), SHELLS)
    shells[radii > 0.5 / max(voxel_size)] = SHELLS
    shells = shells.ravel()
    copies = (np.where(np.arange(len(along_x)) == 0, 1.0, 2.0) * np.ones(radii.shape)).ravel()
    changes, weights = np.zeros(SHELLS + 1), np.zeros(SHELLS + 1)
    for centre in _drawn(mask).tolist():
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


def _drawn(mask: BoolArray) -> IntArray:
    """Voxels of a mask, drawn at random: int (up to ``WINDOWS``, 3)."""
    ends = np.cumsum([np.count_nonzero(plane) for plane in mask])
    count = int(ends[-1])
    numbers = np.sort(np.random.default_rng(SEED).choice(count, min(count, WINDOWS), replace=False))
    planes = np.searchsorted(ends, numbers, side="right")
    voxels = [np.argwhere(mask[z])[number - ends[z]] for z, number in zip(planes, numbers, strict=True)]
    return np.column_stack([planes, voxels])


def _in_words(curve: ShellCorrelation) -> str:
    """Where a curve falls to the cutoff."""
    resolution = curve.resolution()
    if math.isinf(resolution):
        return "nothing in common"
    return f"{resolution:.2f} Å" if curve.falls_below() else f"better than {resolution:.2f} Å"
