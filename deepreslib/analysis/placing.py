"""Where a structure that lies beside a map would fit it: the shift that lays its atoms upon the map's mask."""

import numpy as np
from scipy import ndimage, signal
from scipy.spatial import cKDTree

from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import DensityMap

LARGEST_EDGE = 64
"""Voxels, the longest edge of the coarse grid on which shifts are tried."""

BLUR = 4.0
"""Å; the mask is blurred by so much, since it is wider than the structure: the middle of what fits is sought."""

REACH = 10.0
"""Å; a part of the mask that is farther from every atom is not filled by the structure."""

FILLED = 0.3
"""A structure that fills a smaller share of the mask fits it in too many places."""

_MOST_OUTLIERS = 0.2


def fitting_origin(resolution: DensityMap, positions: FloatArray) -> FloatArray | None:
    """The origin of a map with which a structure, as it is turned, would lie upon the map's mask best.

    The atoms are counted on a coarse grid and correlated with the mask at every shift.

    Args:
        resolution: Å, 0 outside the mask.
        positions: (n, 3), Å, x y z.

    Returns:
        (3,), Å, z y x, to 0.1 Å; it may be 1 or 2 Å off, and the structure may be another's. None where no shift can be
        told: the mask fills the box, the atoms are scattered wider than the map, or they fill little of the mask.
    """
    sizes = np.array(resolution.voxel_size)
    lengths = np.array(resolution.data.shape) * sizes
    times = np.maximum(np.rint(lengths.max() / LARGEST_EDGE / sizes), 1).astype(int)
    coarse = times * sizes
    mask = resolution.data[tuple(slice(None, None, step) for step in times)] > 0
    known = np.asarray(positions, float)[np.isfinite(positions).all(axis=1)][:, ::-1]
    atoms = known[(np.abs(known - np.median(known, axis=0)) <= lengths).all(axis=1)] if len(known) else known
    if mask.all() or not mask.any() or len(atoms) < max((1 - _MOST_OUTLIERS) * len(positions), 1):
        return None

    lowest = atoms.min(axis=0)
    places = np.rint((atoms - lowest) / coarse).astype(int)
    counts = np.zeros(places.max(axis=0) + 1)
    np.add.at(counts, tuple(places.T), 1)
    soft = ndimage.gaussian_filter(mask.astype(float), BLUR / coarse, mode="constant")
    overlap = signal.correlate(soft, counts, method="fft")
    peak = np.unravel_index(overlap.argmax(), overlap.shape)
    lag = np.array([_top(overlap, peak, axis) for axis in range(3)]) - (np.array(counts.shape) - 1)
    origin = np.round(lowest - lag * coarse, 1)

    distances, _ = cKDTree(atoms - origin).query(np.argwhere(mask) * coarse, distance_upper_bound=REACH)
    return origin if np.isfinite(distances).mean() >= FILLED else None


def _top(values: FloatArray, peak: tuple[np.intp, ...], axis: int) -> float:
    """The place of the highest value along an axis, in parts of a voxel, by a parabola through three values."""
    line = values[tuple(slice(None) if each == axis else place for each, place in enumerate(peak))]
    place = int(peak[axis])
    if not 0 < place < len(line) - 1:
        return place
    before, top, after = line[place - 1 : place + 2]
    curvature = before - 2 * top + after
    return place + (0.5 * (before - after) / curvature if curvature < 0 else 0.0)
