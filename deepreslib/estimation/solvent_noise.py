"""Where a single map shows the noise of its solvent; a map that shows none is refused.

Maps are often masked, padded or cut out of larger ones: then some or all of what lies outside the molecule is one
value, or nearly so if the map was filtered afterwards. A method that compares the molecule with that finds detail
everywhere. All thresholds are relative to the density's standard deviation in the mask. They were chosen on
experimental maps, and on the same maps masked, padded and filtered in many ways. Unlike ``analysis/map_kind.py``,
which names the kind of the whole map, this picks voxels, and asks for enough of them far from a mask that is given. In
a masked map noise counts only with ``ROOM``: nearer to the molecule it is stronger, and in a narrow rim most of it is
near (EMD-5168 in a soft mask: 10.6 Å instead of 8.7 by all of the rim, 8.3 by what has room).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps import DensityMap
from deepreslib.maps.boxes import box_around

FLAT = 1e-4
"""Voxels around which the map changes by less than this fraction of the density's SD are flat: they show no noise."""

NEGLIGIBLE = 0.01
"""If no more than this share of the solvent is flat, the map counts as one that was not masked."""

RIM = 2
"""Voxels; noise so near to flat voxels is left out, as it fades there."""

MARGIN = 3.0
"""Å; nearer to the mask there is density, which is not judged as noise."""

ROOM = 8.0, 6
"""Å and voxels, whichever is more: noise of a masked map counts beyond this distance from the molecule."""

LEAST_NOISE = 1000
"""Voxels of noise that a masked map must show at least."""

FADED = 0.7
"""Where a soft mask ends the noise fades. If the noise with ``ROOM`` is weaker than this share of all noise, none of it
is far enough from the mask's edge."""

BALL = 0.4
"""If the sphere of the box without its rim is not flat and holds this share of all noise, the map was padded or masked
by a sphere, and all of the sphere is used, as in a map that was not; else what is not flat and has ``ROOM``."""

EVEN = 4.0, 0.02
"""Noise is even in space, what a filter leaves around a masked map is not. Percentile 90 of the local RMS may be so
many times percentile 10 if the median is this fraction of the density's SD; more if it is more, as its square root."""

CUT_OFF = 0.2
"""If a greater share of the noise has its lowest value, the map was cut off at a density: below 0.0001 in maps with
noise, also rounded to 8 bits, 0.5 in those cut off at the solvent's level, more at a higher one."""

_WINDOW = 2
_SAMPLES = 20000
_FEWEST_SAMPLES = 200
_PLANES = 16


@dataclass(frozen=True)
class NoiseRegion:
    """Where a map shows noise.

    Attributes:
        box: the part of the map to be analysed: all of it, or what is left without a flat rim.
        noise: bool (z, y, x) in that box, the voxels outside the mask, within the sphere, that show noise.
    """

    box: Box
    noise: BoolArray


def solvent_noise(
    density_map: DensityMap, mask: BoolArray, sphere: Callable[[Sequence[int]], BoolArray]
) -> NoiseRegion:
    """Where a map shows the noise of its solvent.

    Args:
        density_map: the map.
        mask: bool (z, y, x), the molecule.
        sphere: makes a sphere in a box of some shape, bool (z, y, x), in which noise is looked for.

    Returns:
        The box to analyse and the voxels of noise in it. In a map of which nothing is flat they are the whole box and
        all voxels of the sphere outside the mask.

    Raises:
        InputError: if the map shows hardly any noise, because it was masked, or only a half of it, because it was cut
            off at a density.
    """
    whole = slice(0, mask.shape[0]), slice(0, mask.shape[1]), slice(0, mask.shape[2])
    data, name = density_map.data, density_map.name
    scale = float(data[mask].std(dtype=float))
    noise = sphere(mask.shape) & ~mask
    flat = flat_voxels(data, FLAT * scale)
    box = whole
    if np.count_nonzero(flat & noise) > NEGLIGIBLE * np.count_nonzero(noise):
        share = 100 * np.count_nonzero(flat & ~mask) / np.count_nonzero(~mask)
        box = _without_rim(data, flat, mask, FLAT * scale)
        data, mask, flat = data[box], mask[box], flat[box]
        ball, outside = sphere(mask.shape) & ~mask, noise[box] & ~mask & ~grown(flat, RIM)
        margin, room = MARGIN / min(density_map.voxel_size), max(ROOM[0] / min(density_map.voxel_size), ROOM[1])
        core = outside & ~grown(mask, round(room))
        enough = np.count_nonzero(core) >= LEAST_NOISE
        if enough:
            all_noise = np.median(_local_rms(data, outside & ~grown(mask, round(margin))))
            enough = np.median(_local_rms(data, core)) >= FADED * all_noise
        if not enough:
            raise InputError(
                f"{name} has no noise outside the mask ({share:.0f} % of the voxels outside are one value); "
                "give the map before it was masked, or half maps, or use --method deepres or cryores."
            )
        _check_even(data, outside & ~grown(mask, round(margin)), scale, name)
        was_padded = np.count_nonzero(flat & ball) <= NEGLIGIBLE * np.count_nonzero(ball) and np.count_nonzero(
            ball
        ) > BALL * np.count_nonzero(outside)
        noise = ball if was_padded else core
    far = noise & ~grown(mask, round(MARGIN / min(density_map.voxel_size)))
    _check_both_sides(data[far], name)
    _check_even(data, far, scale, name)
    return NoiseRegion(box, noise)


def _without_rim(data: FloatArray, flat: BoolArray, mask: BoolArray, tolerance: float) -> Box:
    """The box of what is not flat, less its faces that are one value; it holds the mask.

    Args:
        data: float32 (z, y, x).
        flat: bool (z, y, x), its flat voxels.
        mask: bool (z, y, x), not empty.
        tolerance: faces that change by no more than this are one value.
    """
    sides = list(box_around(~flat | mask))
    for axis, molecule in enumerate(box_around(mask)):
        first, stop = sides[axis].start, sides[axis].stop
        while first < molecule.start and np.ptp(data.take(first, axis)) <= tolerance:
            first += 1
        while stop > molecule.stop and np.ptp(data.take(stop - 1, axis)) <= tolerance:
            stop -= 1
        sides[axis] = slice(first, stop)
    return sides[0], sides[1], sides[2]


def flat_voxels(data: FloatArray, tolerance: float) -> BoolArray:
    """The voxels around which a map hardly changes: all 27 values there are nearly the same.

    Args:
        data: float32 (z, y, x).
        tolerance: the greatest difference between two of the values.

    Returns:
        bool (z, y, x).
    """
    flat = np.empty(data.shape, bool)
    for start in range(0, len(data), _PLANES):
        first, stop = max(start - 1, 0), min(start + _PLANES, len(data))
        part = data[first : stop + 1]
        change = scipy.ndimage.maximum_filter(part, 3, mode="nearest")
        change -= scipy.ndimage.minimum_filter(part, 3, mode="nearest")
        flat[start:stop] = change[start - first : stop - first] <= tolerance
    return flat


def grown(mask: BoolArray, voxels: int) -> BoolArray:
    """A mask with all voxels that lie up to some voxels away from it along every axis.

    Args:
        mask: bool (z, y, x).
        voxels: how far.

    Returns:
        bool (z, y, x).
    """
    return scipy.ndimage.maximum_filter(mask, 2 * voxels + 1, mode="constant") if mask.any() else mask.copy()


def _check_both_sides(values: FloatArray, name: str) -> None:
    """Refuse noise that was cut off at a density, so that only its peaks are left.

    Args:
        values: (n,), of what should be noise.
        name: of the map, for the message.
    """
    share = float(np.mean(values == values.min())) if values.size else 0.0
    if share > CUT_OFF:
        raise InputError(
            f"{name} has no noise outside the mask but its peaks: it was cut off at a density, which {100 * share:.0f} "
            "% of the voxels there have; give the map before that, or half maps, or use --method deepres or cryores."
        )


def _check_even(data: FloatArray, noise: BoolArray, scale: float, name: str) -> None:
    """Refuse what a filter leaves around a masked map, or the rounding of its numbers, in place of noise.

    Args:
        data: float32 (z, y, x).
        noise: bool (z, y, x), where noise should be.
        scale: SD of the density in the mask.
        name: of the map, for the message.
    """
    rms = _local_rms(data, noise)
    if len(rms) < _FEWEST_SAMPLES:
        return
    low, median, high = np.percentile(rms, [10, 50, 90])
    if median > 0 and high <= EVEN[0] * np.sqrt(median / (EVEN[1] * scale)) * low:
        return
    raise InputError(
        f"{name} has no noise outside the mask (what is there, {median / scale:.1g} of the density's SD, looks like "
        "what a filter left of a masked map); give the map before it was masked, or half maps, or use --method deepres "
        "or cryores."
    )


def _local_rms(data: FloatArray, chosen: BoolArray) -> FloatArray:
    """The SD of a map around each chosen voxel, or a sample of them; those at the border are left out; float64 (n,)."""
    width = 2 * _WINDOW + 1
    if min(data.shape) < width:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(data, (width,) * 3)
    places = np.flatnonzero(chosen[(slice(_WINDOW, -_WINDOW),) * 3])
    if len(places) > _SAMPLES:
        places = np.sort(np.random.default_rng(0).choice(places, _SAMPLES, replace=False))
    return windows[np.unravel_index(places, windows.shape[:3])].reshape(-1, width**3).std(axis=1, dtype=float)
