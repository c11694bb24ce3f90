"""Whether a map whose outside is still, because it was masked or simulated, shows noise within its mask.

Three things are measured: how strong the map is in the rim between the molecule and the mask's edge; whether its finest
detail lies where the density is, as in a simulated map, or everywhere, as noise does; and whether the noise in the
molecule is white. None depends on the map's scale or offset.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy import ndimage, stats

from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple
from deepreslib.fourier.filters import frequencies

RIM = (3.0, 6.0)
"""Å from the molecule: where noise is looked for in a masked map."""

FLAT = 1e-4
"""Voxels around which the map changes by less than this share of the molecule's SD are outside the mask."""

EDGE = 2.0
"""Voxels; so near to the mask's edge the rim is not looked at."""

FEWEST = 200
"""Voxels; fewer tell nothing."""

STRONG = 1e-2
"""The finest detail is that of the last shells with more than this share of the strongest shell's power."""

FINE = 0.75
"""The shells from this share of the last one's frequency on hold the finest detail."""

COARSE = 5.0
"""Å, full width at half height of the Gaussian that leaves the density without its detail."""

WHITE_BANDS = ((0.42, 0.5), (0.55, 0.65), (0.65, 0.8))
"""Bands, 1/voxel, in which the molecule's power is compared; the last two lie beyond Nyquist's frequency."""

_SHELLS = 48
_EDGE = 6.0
_FULL_WIDTH = 2 * math.sqrt(2 * math.log(2))


@dataclass(frozen=True)
class Rim:
    """What shows noise within a mask.

    Attributes:
        deviation: SD within ``RIM``, divided by that of the molecule; None if the mask leaves no rim.
        below: share of its power, measured from the level of what lies farther out, that lies below this level: about
            a half of noise, none of density without noise and ripples; 0 if the mask leaves no rim.
        following: rank correlation between the strength of the finest detail and the density, in the molecule: 1 where
            all detail is the molecule's; None if there is too little of it.
        unevenness: the greatest power of the molecule in ``WHITE_BANDS`` divided by the least; 1 for white noise.
        whiteness: share of the molecule's variance that noise as strong as the weakest of these bands would have.
    """

    deviation: float | None
    below: float
    following: float | None
    unevenness: float
    whiteness: float


def measure_rim(data: FloatArray, molecule: BoolArray, voxel_size: Triple) -> Rim:
    """Measures what shows noise within a mask.

    Args:
        data: (z, y, x), the molecule and its surroundings.
        molecule: bool (z, y, x), not empty.
        voxel_size: Å (z, y, x).
    """
    spread = float(data[molecule].std()) or 1.0
    change = ndimage.maximum_filter(data, 3, mode="nearest") - ndimage.minimum_filter(data, 3, mode="nearest")
    flat = change <= FLAT * spread
    inward = ndimage.distance_transform_edt(~flat) if flat.any() else np.full(data.shape, np.inf)
    outward = ndimage.distance_transform_edt(~molecule, voxel_size)
    rim = (outward > RIM[0]) & (outward <= RIM[1]) & (inward >= EDGE)
    enough = np.count_nonzero(rim) >= FEWEST
    deviation = float(data[rim].std()) / spread if enough else None
    outside = outward > RIM[1]
    heights = data[rim] - np.median(data[outside if outside.any() else rim]) if enough else np.zeros(1)
    below = float(np.square(heights[heights < 0]).sum() / (np.square(heights).sum() or 1.0))
    power, counts = _power(data, molecule, voxel_size)
    bands = [power[round(low * _SHELLS) : round(high * _SHELLS)] for low, high in WHITE_BANDS]
    means = [float(band.mean()) for band in bands]
    unevenness = max(means) / min(means) if min(means) > 0 else math.inf
    whiteness = min(means) * float(counts.sum()) / (float((power * counts)[1:].sum()) or 1.0)
    following = _following(data, molecule, inward, power, voxel_size)
    return Rim(deviation, below, following, unevenness, whiteness)


def _power(data: FloatArray, molecule: BoolArray, voxel_size: Triple) -> tuple[FloatArray, FloatArray]:
    """The molecule's mean power in shells of 1/``_SHELLS`` per voxel up to the corners, and their sizes."""
    soft = np.clip(ndimage.distance_transform_edt(molecule, voxel_size) / _EDGE, 0, 1)
    spectrum = scipy.fft.rfftn((data - np.average(data, weights=soft)) * soft)
    shells = np.rint(frequencies(data.shape, 1.0) * _SHELLS).astype(int).ravel()
    counts = np.bincount(shells)
    return np.bincount(shells, np.square(np.abs(spectrum)).ravel()) / np.maximum(counts, 1), counts.astype(float)


def _following(
    data: FloatArray, molecule: BoolArray, inward: FloatArray, power: FloatArray, voxel_size: Triple
) -> float | None:
    """``Rim.following``, of the voxels of the molecule that are not at the mask's edge."""
    strong = power[: _SHELLS // 2 + 1] > STRONG * power[1 : _SHELLS // 2 + 1].max()
    if not strong.any():
        return None
    last = max(float(np.flatnonzero(strong)[-1]), 1.0) / _SHELLS
    inside = molecule & (inward >= min(0.6 / last, 4.0))
    if np.count_nonzero(inside) < FEWEST:
        return None
    shape = [scipy.fft.next_fast_len(count + 2, real=True) for count in data.shape]
    padded = np.pad(data, [(0, wide - count) for wide, count in zip(shape, data.shape, strict=True)], mode="edge")
    frequency = frequencies(shape, 1.0)
    band = (frequency >= FINE * last) & (frequency < last + 0.5 / _SHELLS)
    z, y, x = (slice(count) for count in data.shape)
    fine = scipy.fft.irfftn(scipy.fft.rfftn(padded) * band, shape)[z, y, x]
    strength = ndimage.gaussian_filter(np.square(fine), 0.5 / last)
    density = ndimage.gaussian_filter(data, [COARSE / _FULL_WIDTH / size for size in voxel_size])
    return float(stats.spearmanr(strength[inside], density[inside])[0])
