"""Half maps belong together: a pair is looked at as a whole before anything is estimated from it.

Two half maps are independent reconstructions of one molecule. They must not be one map twice, must lie upon each other,
and must have the same amplitudes. What cannot be used is refused; what can be mended (scale, offset, B factor) is, and
said; what is only likely is said. Right pairs pass unchanged, to the last bit.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, Shape
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation, ShellSums, global_fsc, sums_of_spectra
from deepreslib.maps import half_map_amplitudes, half_map_copies, half_map_poses, masks
from deepreslib.maps.boxes import fast_box_around
from deepreslib.maps.checks import check_half_maps
from deepreslib.maps.density_map import DensityMap
from deepreslib.maps.half_map_copies import Likeness
from deepreslib.maps.half_map_poses import Alignment, CoarseMap

SOFT_MASK = (3.0, 7.0)
"""Å; the mask of the global FSC is widened by the first number and gets a soft edge as wide as the second."""

_MEND = "give two half maps reconstructed independently."
_NEEDED = 14
"""Bytes of memory for each voxel of a half map that :func:`examine` takes."""
_ONE_REFINEMENT = "give the two half maps of one refinement."
_INVERTED = (0.4, 0.7)
_POSE_SDS = (5.0, 8.0)
_POSE_STANDS_OUT = 0.75
_CLEAR = 0.5
_SHIFT_SDS = 8.0
_SHIFT_VOXELS = (0.2, 0.5)
_AFTER_SHIFT = (0.3, 0.7)
_SOLVENT_SEEN = 0.4
_SOLVENT_SEEN_FINE = 0.35
_UNRELATED = 0.25
_LOW = 0.8
_LOW_FINE = 0.6
_MOST_CONSTANT = 0.6
_CHANCE_SDS = 2.0
_CHANCE_SDS_OF_ALL = 3.0
_LOW_WITHOUT_SOLVENT = 0.1
_NOTHING = 0.06
_LEAST_WAVES = 1.5
_OFFSET_SDS = 0.1
_MEAN_AND_HALF = (0.62, 0.8)
_EVEN_SLOPE = 0.05
_OUTER = 3


@dataclass(frozen=True, eq=False)
class HalfMapPair:
    """Two half maps that may be used.

    Attributes:
        half1: the first, as it was given.
        half2: the second; as it was given, or matched to the first in scale, offset and amplitudes.
        fsc: of the whole boxes, without a mask.
        warnings: sentences that the user should read.
    """

    half1: DensityMap
    half2: DensityMap
    fsc: ShellCorrelation
    warnings: tuple[str, ...] = ()

    @property
    def maps(self) -> tuple[DensityMap, DensityMap]:
        """Both half maps."""
        return self.half1, self.half2

    @property
    def mean(self) -> DensityMap:
        """Their mean, the full map."""
        total = self.half1.data + self.half2.data
        total *= np.float32(0.5)
        return self.half1.like(total)


def examine(half1: DensityMap, half2: DensityMap, workers: int = -1) -> HalfMapPair:
    """Look at two half maps: refuse the pair, or give it ready to use.

    It takes the memory of about three maps besides the two.

    Args:
        half1: one half map, finite and not constant (see ``checks.check_estimable``).
        half2: the other.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        The pair, its FSC, and what the user should know. The second map is matched to the first if their scales,
        offsets or amplitudes differ.

    Raises:
        InputError: the maps differ in their grid; are one map twice, or a map and its half; are mirrored, shifted,
            turned or inverted against each other; or have nothing in common.
    """
    check_half_maps(half1, half2)
    memory.check(_NEEDED * half1.data.size, f"comparing {half1.name} with its other half")
    one, two = names = _names(half1, half2)
    if half_map_copies.same_file(half1, half2):
        raise InputError(f"{one} and {two} are one and the same; {_MEND}")
    likeness = half_map_copies.likeness(half1.data, half2.data)
    if likeness.difference < half_map_copies.SAME:
        raise InputError(f"{one} and {two} hold the same values, but for scale and offset perhaps; {_MEND}")
    if likeness.is_copy:
        raise InputError(f"{one} and {two} hold the same values in a part of the box; {_MEND}")
    sums, coarse = _spectra(half1, half2, likeness, workers)
    if half_map_copies.same_but_for_rounding(half1.data, half2.data, sums):
        raise InputError(
            f"{one} and {two} are the same map, filtered or rounded differently: their FSC is 1 at all frequencies; "
            f"{_MEND}"
        )
    _refuse_full_map(sums, names)
    corners = half_map_copies.corner_correlation(half1.data, half2.data, half1.voxel_size)
    if corners > half_map_copies.SAME_CORNERS:
        raise InputError(
            f"{one} and {two} are the same map, filtered or with some noise added: even in the corners of the box, "
            f"where half maps have noise of their own, they correlate by {corners:.2f}; {_MEND}"
        )
    alignment = half_map_poses.align(*coarse, half1.voxel_size, likeness.constant)
    warnings = [*_faults_of_pose(alignment, likeness, half1, names), *_masks_differ(likeness, names)]
    matched, sentences = half2, list[str]()
    if not any(likeness.masked):  # different masks alone make different amplitudes
        matched, sentences = _matched(half2, likeness, sums, names, alignment.filled, workers)
    curve = ShellCorrelation(sums.frequency, sums.correlation())
    return HalfMapPair(half1, matched, curve, (*warnings, *sentences))


def masked_fsc(half1: DensityMap, half2: DensityMap, mask: BoolArray, workers: int = -1) -> ShellCorrelation:
    """The FSC of two half maps within a mask that is widened by 3 Å and gets a soft edge of 7 Å.

    Only the mask's box is transformed. The mask's own correlation is not corrected for.

    Args:
        half1: one half map.
        half2: the other.
        mask: bool (z, y, x), not empty.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        The curve.
    """
    size = min(half1.voxel_size)
    grown, edge = (width / size for width in SOFT_MASK)
    box = fast_box_around(mask, math.ceil(grown + max(edge, 1.0)))
    soft = masks.soft_edge(masks.dilate(mask[box], grown), max(edge, 1.0))
    one, two = (_normalised(half.data[box]) for half in (half1, half2))
    return global_fsc(one, two, half1.voxel_size, soft, workers)


def fsc_report(curve: ShellCorrelation, masked: bool) -> dict[str, Any]:
    """What a JSON report holds about a global FSC.

    Args:
        curve: the FSC.
        masked: whether it was computed within a mask.

    Returns:
        Lists of frequencies, 1/Å, and correlations; the resolutions, Å, or None where the curve never falls below the
        cutoff or is below it from the beginning; whether it is masked.
    """
    report: dict[str, Any] = {
        "frequency": [round(float(value), 6) for value in curve.frequency],
        "correlation": [round(float(value), 5) for value in curve.correlation],
    }
    for cutoff in (CUTOFF, 0.5):
        resolution = curve.resolution(cutoff)
        measured = curve.falls_below(cutoff) and math.isfinite(resolution)
        report[f"resolution_{cutoff:g}"] = round(resolution, 3) if measured else None
    return report | {"masked": masked}


def fsc_line(curve: ShellCorrelation, masked: bool) -> str:
    """A line about a global FSC, to be printed.

    Args:
        curve: the FSC.
        masked: whether it was computed within a mask.
    """
    where = "within the mask, its edge made soft" if masked else "of the whole boxes, without a mask"
    figures = ", ".join(f"{cutoff:g} at {_in_words(curve, cutoff)}" for cutoff in (CUTOFF, 0.5))
    return f"FSC of the half maps {where}: {figures}"


def _in_words(curve: ShellCorrelation, cutoff: float) -> str:
    resolution = curve.resolution(cutoff)
    if math.isinf(resolution):
        return "no frequency (it is lower from the beginning)"
    return (
        f"{resolution:.2f} Å" if curve.falls_below(cutoff) else f"better than {resolution:.2f} Å (twice the voxel size)"
    )


def _names(half1: DensityMap, half2: DensityMap) -> tuple[str, str]:
    """What the maps are called in sentences."""
    return half1.path or "the first half map", half2.path or "the second half map"


def _spectra(
    half1: DensityMap, half2: DensityMap, likeness: Likeness, workers: int
) -> tuple[ShellSums, tuple[CoarseMap, CoarseMap]]:
    """Sums over the shells of both maps' spectra, and the spectra's coarse parts."""
    scales = (likeness.mean1, likeness.sd1), (likeness.mean2, likeness.sd2)
    shape: Shape = half1.data.shape  # type: ignore[assignment]
    one, two = (
        scipy.fft.rfftn(_normalised(half.data, mean, sd), workers=workers, overwrite_x=True)
        for half, (mean, sd) in zip((half1, half2), scales, strict=True)
    )
    sums = sums_of_spectra(one, two, shape, half1.voxel_size)
    coarse1, coarse2 = (CoarseMap(spectrum, shape, half1.voxel_size) for spectrum in (one, two))
    sums = ShellSums(
        sums.frequency,
        sums.cross * (likeness.sd1 * likeness.sd2),
        sums.power1 * likeness.sd1**2,
        sums.power2 * likeness.sd2**2,
        sums.count,
    )
    return sums, (coarse1, coarse2)


def _normalised(data: FloatArray, mean: float | None = None, sd: float | None = None) -> FloatArray:
    """The map less its mean, divided by its SD or its extreme: squares of it may leave the range of float32."""
    mean = float(data.mean(dtype=float)) if mean is None else mean
    sd = max(float(data.max()) - mean, mean - float(data.min())) or 1.0 if sd is None else sd
    normalised = np.empty(data.shape, np.float32)
    for plane, values in zip(normalised, data, strict=True):
        plane[...] = (values.astype(float) - mean) / sd
    return normalised


def _refuse_full_map(sums: ShellSums, names: tuple[str, str]) -> None:
    """Refuse a full map beside one of its halves.

    A full map is (h1 + h2) / 2. Its noise is half that of h1, so the FSC of the two never falls below the root of a
    half, and h1 is the full map and more noise: in each shell it has the full map's amplitude times one slope. From h1
    to the full map the slope falls as noise gains on the signal; where it does not, as when both are white, nothing can
    be told.
    """
    fsc = sums.correlation()
    outer = fsc[-max(len(fsc) // _OUTER, 1) :]
    if len(fsc) < 2 * _OUTER or not _MEAN_AND_HALF[0] < outer.mean() < _MEAN_AND_HALF[1] or fsc[1:].min() < _CLEAR:
        return
    usable = (sums.power1 > 0) & (sums.power2 > 0) & (sums.count > 0)
    usable[:2] = False
    slopes = [sums.cross[usable] / power[usable] for power in (sums.power1, sums.power2)]
    spreads = [float(slope.std() / abs(slope.mean())) for slope in slopes]
    for (even, uneven), (full, half) in ((spreads, names), (spreads[::-1], names[::-1])):
        if even < _EVEN_SLOPE and uneven > 2 * _EVEN_SLOPE:
            raise InputError(
                f"{full} looks like the full map to which {half} belongs: they have half of their noise in common; "
                f"{_MEND}"
            )


def _faults_of_pose(
    alignment: Alignment, likeness: Likeness, half1: DensityMap, names: tuple[str, str]
) -> Iterator[str]:
    """Sentences about half maps that do not lie upon each other; what is certain is refused."""
    one, two = names
    low, expected = alignment.low.value, alignment.low.expected
    if low < -max(_INVERTED[0], _INVERTED[1] * expected):
        raise InputError(
            f"{one} and {two} have opposite contrast (correlation {low:.2f} at low resolution): the density of one of "
            "them is inverted; multiply that one by -1."
        )
    best, given = alignment.best, alignment.given
    gain = (best.correlation - given.correlation) / best.noise if best.noise > 0 else 0.0
    strong = best.correlation > max(_POSE_SDS[1] * best.noise, alignment.peak) and gain > _POSE_SDS[0]
    if strong and (best.correlation > _CLEAR or alignment.second.correlation < _POSE_STANDS_OUT * best.correlation):
        hand = "are of opposite hand" if best.other_hand else "do not lie upon each other"
        if best.axes != given.axes:
            hand = "have their axes in another order"
        sentence = (
            f"{one} and {two} {hand}: they correlate by {given.correlation:.2f} as they are, and by "
            f"{best.correlation:.2f} when {best}"
        )
        if gain > _POSE_SDS[1]:
            raise InputError(f"{sentence}; {_ONE_REFINEMENT}")
        yield f"{sentence}; check them, the result may be worthless."
        return
    distance, voxel = math.hypot(*alignment.shift), min(half1.voxel_size)
    after = alignment.correlation_shifted
    aligned = after > max(_AFTER_SHIFT[0], _AFTER_SHIFT[1] * expected)
    clear = alignment.peak > _CLEAR or (
        alignment.peak > _POSE_SDS[1] * given.noise and alignment.peak - given.correlation > _POSE_SDS[0] * given.noise
    )
    if aligned and clear and distance > max(_SHIFT_SDS * alignment.shift_error, _SHIFT_VOXELS[0] * voxel):
        z, y, x = (0.0 + round(part, 1) for part in alignment.shift)
        sentence = f"{two} is shifted against {one} by {x:.1f}, {y:.1f}, {z:.1f} Å along x, y, z"
        if distance > _SHIFT_VOXELS[1] * voxel:
            raise InputError(f"{sentence}; shift it back, or {_ONE_REFINEMENT}")
        yield f"{sentence}; fine detail will look worse than it is."
        return
    yield from _low_correlation(alignment, likeness, names)


def _low_correlation(alignment: Alignment, likeness: Likeness, names: tuple[str, str]) -> Iterator[str]:
    """A sentence about half maps that correlate too little at low resolution; those that do not at all are refused."""
    both = " and ".join(names)
    causes = "other molecules, another orientation, hand or origin"
    low, fine = alignment.low, alignment.fine
    what = (
        "correlate by {:.2f} from {} Å, where their noise would let half maps of one molecule correlate by about {:.2f}"
    )
    if low.expected > _SOLVENT_SEEN:
        sentence = f"{both} {what.format(low.value, '40 to 20', min(low.expected, 0.99))}"
        if low.value + _CHANCE_SDS * low.error < _UNRELATED * low.expected:
            raise InputError(f"{sentence}: they do not belong together ({causes}?); {_ONE_REFINEMENT}")
        if low.value + _CHANCE_SDS * low.error < _LOW * low.expected:
            yield f"{sentence}: perhaps they do not belong together ({causes}?); the result may be worthless."
            return
    by_chance = low.value < _NOTHING and alignment.given.correlation < _CHANCE_SDS_OF_ALL * alignment.given.noise
    if (
        low.expected <= _SOLVENT_SEEN
        and alignment.waves > _LEAST_WAVES
        and (by_chance or low.value + _CHANCE_SDS * low.error < _LOW_WITHOUT_SOLVENT)
    ):
        yield (
            f"{both} hardly correlate at low resolution ({low.value:.2f} from 40 to 20 Å): they do not belong together "
            f"({causes}?), or hold little but noise; the result may be worthless."
        )
    elif (
        fine.expected > _SOLVENT_SEEN_FINE
        and fine.value + _CHANCE_SDS * fine.error < _LOW_FINE * fine.expected
        and likeness.constant.mean() < _MOST_CONSTANT
    ):
        yield (
            f"{both} {what.format(fine.value, '20 to 10', min(fine.expected, 0.99))}: perhaps they do not belong "
            f"together ({causes}?); the result may be worthless."
        )


def _masks_differ(likeness: Likeness, names: tuple[str, str]) -> Iterator[str]:
    """A sentence about half maps of which one is masked, or both by different masks."""
    first, second = likeness.masked
    if first and second:
        yield f"{names[0]} and {names[1]} are masked by different masks; mask both alike, or neither."
    elif first or second:
        masked, other = names if first else names[::-1]
        yield f"{masked} is masked and {other} is not; mask both alike, or neither."


def _matched(
    half2: DensityMap,
    likeness: Likeness,
    sums: ShellSums,
    names: tuple[str, str],
    filled: float,
    workers: int,
) -> tuple[DensityMap, list[str]]:
    """The second half map with the first one's scale, offset and amplitudes, and what was done."""
    one, two = names
    sentences = []
    cuts = half_map_amplitudes.cut_off(sums)
    for cut, filtered, other in zip(cuts, names, names[::-1], strict=True):
        if cut is not None:
            sentences.append(
                f"{filtered} has nothing finer than about {cut:.1f} Å and {other} has: one of them was low-pass "
                "filtered; give both unfiltered."
            )
    coarsest = max((1.2 * cut for cut in cuts if cut is not None), default=None)
    ratio = half_map_amplitudes.amplitude_ratio(sums, coarsest, filled)
    data, factor = half2.data, 1.0
    if ratio is not None and not ratio.is_right:
        data = half_map_amplitudes.matched(data, half2.voxel_size, ratio, workers)
        start, stop = ratio.ends
        factor = ratio.scale if ratio.is_scale else start
        if ratio.is_scale:
            sentences.append(f"{two} has another scale than {one}: it was multiplied by {ratio.scale:.4g} to match.")
        else:
            sentences.append(
                f"{two} has other amplitudes than {one}, as if sharpened or blurred by a B factor: it was filtered to "
                f"match, by a factor of {start:.3g} at the lowest frequency to {stop:.3g} at {1 / ratio.finest:.1f} Å."
            )
    offset = likeness.mean1 - factor * likeness.mean2
    if ratio is not None and abs(offset) > _OFFSET_SDS * likeness.sd1:
        data = data + np.float32(offset)
        sentences.append(f"{two} has another offset than {one}: {offset:.4g} was added to match.")
    return half2 if data is half2.data else half2.like(data), sentences
