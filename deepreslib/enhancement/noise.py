"""Whether a map shows its noise, how strong it is beyond the map's resolution, and whether two maps show the same.

``shows_noise`` looks at the distances from a mask at which the sharpening check compares; ``analysis/map_kind.py``
needs no mask, and ``estimation/solvent_noise.py`` picks the voxels of noise.

Arrays are (z, y, x); resolutions are in Å.
"""

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.fourier import filters, fsc
from deepreslib.fourier.arrays import BoolArray, ComplexArray, FloatArray
from deepreslib.maps import DensityMap, masks
from deepreslib.maps.boxes import box_around

DETAIL = 10.0
"""Å; details are finer than this, or than twice the resolution of a map whose resolution is coarser than 5 Å."""

FLAT = 1e-4
"""Voxels that differ from the most common value outside the mask by less than this share of the SD in the mask are
flat: nothing was measured there."""

SURROUNDINGS = (((6.0, 10.0), 0.5), ((10.0, 20.0), 0.9))
"""Distances from the mask, Å, and the share of flat voxels there beyond which the map was masked. Around a molecule in
the circle that refinement programs leave, at least one fifth of the voxels is not flat; an edge that was made soft does
not reach so far."""

LEAST_COARSE = 4.0
"""Measured: 15 and more of simulated maps that are sharpened rightly; at most 2.2 of maps that were sharpened until
rounding left nothing else."""

LOOKED_AT = 1_000_000
"""Voxels, about, among which the most common value is sought."""

SOFT_EDGE = 7.0
"""Å, width of the soft edge that the mask gets before maps are compared."""


def shows_noise(density_map: DensityMap, mask: BoolArray) -> bool:
    """Whether there is noise around the molecule to compare it with, or the map was masked there.

    Args:
        density_map: the map.
        mask: bool (z, y, x).

    Returns:
        False if nearly all voxels near the mask are flat (see ``FLAT`` and ``SURROUNDINGS``).
    """
    data = density_map.data
    outside = data[~mask]
    if not len(outside):
        return False
    values, counts = np.unique(outside[:: max(len(outside) // LOOKED_AT, 1)], return_counts=True)
    common = float(values[counts.argmax()])
    reach = [int(np.ceil(SURROUNDINGS[-1][0][1] / size)) for size in density_map.voxel_size]
    box = box_around(mask, reach)
    distance = scipy.ndimage.distance_transform_edt(~mask[box], sampling=density_map.voxel_size)
    flat = np.abs(data[box] - np.float32(common)) <= FLAT * data[mask].std(dtype=float)
    around = [(flat[(near < distance) & (distance <= far)], most) for (near, far), most in SURROUNDINGS]
    return all(part.mean() <= most for part, most in around if part.size)


def strength_beyond(density_map: DensityMap, mask: BoolArray, resolution: float) -> float:
    """How strong a map is beyond its resolution, compared with its details.

    Both parts are looked at in space, since the Fourier transform of a masked map would carry strong parts over into
    weak ones.

    Args:
        density_map: the map.
        mask: bool (z, y, x), where both are looked at.
        resolution: Å.

    Returns:
        SD in the mask of what lies beyond the edge of the low-pass filter at the resolution, divided by the SD in the
        mask of what lies between ``DETAIL`` and the resolution. 0 of a map that is low-pass filtered there; it grows
        with every B factor that sharpens the map.
    """
    shape, voxel_size = density_map.data.shape, density_map.voxel_size
    frequency = filters.frequencies(shape, voxel_size)
    spectrum = scipy.fft.rfftn(density_map.data, workers=-1)
    edge = filters.RAISED_COSINE / max(voxel_size)
    limit = np.float32(1 / resolution)
    details = (frequency > np.float32(1 / max(DETAIL, 2 * resolution))) & (frequency <= limit)
    strengths = [_sd(spectrum, part, mask) for part in (frequency > limit + np.float32(edge), details)]
    return strengths[0] / max(strengths[1], 1e-30) if strengths[0] > 0 else 0.0


def shows_molecule(density_map: DensityMap, resolution: float) -> bool:
    """Whether a map has a molecule's coarse features, or noise alone, which is as strong at all frequencies.

    Args:
        density_map: the map.
        resolution: Å, of the map.

    Returns:
        True if its mean power beyond 15 Å (1.5 times ``DETAIL``) is more than ``LEAST_COARSE`` times that of its
        details.
    """
    frequency = filters.frequencies(density_map.data.shape, density_map.voxel_size)
    power = np.square(np.abs(scipy.fft.rfftn(density_map.data, workers=-1)), dtype=float)
    coarsest = np.float32(1 / max(DETAIL, 2 * resolution))
    coarse = (frequency > 0) & (frequency < coarsest / np.float32(1.5))
    details = (frequency > coarsest) & (frequency <= np.float32(1 / resolution))
    return bool(power[coarse].mean() > LEAST_COARSE * power[details].mean())


def agreement(map1: DensityMap, map2: DensityMap, mask: BoolArray, resolution: float) -> float:
    """Whether two maps, however they are sharpened, show the same molecule at the same place.

    Args:
        map1: a map.
        map2: another, on the same grid.
        mask: bool (z, y, x).
        resolution: Å, of the maps.

    Returns:
        The mean FSC of both maps in the softened mask over the frequencies up to half the resolution's; -1 to 1. What
        is beyond them is filtered away first: the mask would carry it over, and of a sharpened map it is most.
    """
    soft = masks.soft_edge(mask, SOFT_EDGE / min(map1.voxel_size))
    coarse1, coarse2 = (filters.low_pass(each.data, each.voxel_size, 2 * resolution) for each in (map1, map2))
    sums = fsc.shell_sums(coarse1, coarse2, map1.voxel_size, soft)
    power = np.sqrt(sums.power1 * sums.power2)
    compared = (sums.frequency > 0) & (sums.frequency <= max(0.5 / resolution, sums.frequency[1])) & (power > 0)
    if not compared.any():
        return 0.0
    return float(np.average(sums.cross[compared] / power[compared], weights=sums.count[compared]))


def _sd(spectrum: ComplexArray, part: BoolArray, mask: BoolArray) -> float:
    """SD in the mask of the map whose Fourier coefficients are those of a part of a spectrum."""
    passed: FloatArray = scipy.fft.irfftn(spectrum * part, mask.shape, overwrite_x=True, workers=-1)
    return float(passed[mask].std(dtype=float))
