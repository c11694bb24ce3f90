"""Masks: by threshold, found automatically, dilated, with a soft edge."""

import math

import numpy as np
from scipy import ndimage
from scipy.stats import median_abs_deviation
from skimage.filters import threshold_otsu

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray, Triple
from deepreslib.maps.boxes import box_around
from deepreslib.maps.density_map import DensityMap
from deepreslib.maps.scaling import plainly_scaled

_SMOOTHING = 8.0
_FULL_WIDTH = 2 * math.sqrt(2 * math.log(2))
_SOLVENT_SHELL = (12.0, 25.0)
_SOLVENT_SDS = 4.0
_MOLECULE_FRACTION = 0.3
_SMALLEST_PART = 0.05
_LARGEST_HOLE = 4000.0


def threshold_mask(density_map: DensityMap | FloatArray, threshold: float) -> BoolArray:
    """The voxels whose density is above a threshold.

    Args:
        density_map: the map, or its values (z, y, x).
        threshold: in the map's units.

    Returns:
        Boolean array, (z, y, x).

    Raises:
        InputError: if no voxel is above the threshold, or every voxel is.
    """
    if isinstance(density_map, DensityMap):
        data, name = density_map.data, density_map.name
    else:
        data, name = density_map, "the map"
    mask = data > threshold
    if not mask.any():
        raise InputError(
            f"{name} has no voxel above {threshold:g}, its highest is {data.max():g}; lower the threshold."
        )
    if mask.all():
        raise InputError(
            f"{name} has every voxel above {threshold:g}, its lowest is {data.min():g}; raise the threshold."
        )
    return mask


def automatic_mask(density_map: DensityMap) -> tuple[BoolArray, float]:
    """Find the molecule.

    The map is smoothed by a Gaussian 8 Å wide (full width at half height), so that noise and side chains matter
    little. Otsu's threshold among the voxels clearly above the solvent gives the molecule's core and its level; a
    shell 12 to 25 Å around the core gives the solvent's level and noise, whatever fills the box farther out. The
    threshold lies at 30 % of the way from solvent to molecule, but at least 4 noise SDs above the solvent. Parts
    smaller than 5 % of the largest are dropped, and holes up to 4000 Å³ filled (a capsid stays hollow).

    Nothing here depends on the map's scale or offset.

    Args:
        density_map: the map.

    Returns:
        Boolean array, (z, y, x), and the threshold that was applied to the smoothed map.

    Raises:
        InputError: if nothing stands out of the solvent.
    """
    sizes = density_map.voxel_size
    (density_map,), level, unit = plainly_scaled(density_map)
    smooth = ndimage.gaussian_filter(
        density_map.data, [_SMOOTHING / _FULL_WIDTH / size for size in sizes], mode="nearest", truncate=3
    )
    threshold = _molecule_threshold(smooth, sizes)
    if not smooth.max() > threshold:
        raise InputError(f"{density_map.name} shows no molecule that stands out of its solvent; give a mask.")
    voxel_volume = math.prod(sizes)
    mask = _without_small_parts(smooth > threshold)
    return _without_small_holes(mask, _LARGEST_HOLE / voxel_volume), level + unit * threshold


def dilate(mask: BoolArray, voxels: float) -> BoolArray:
    """A mask grown by a ball of the given radius in voxels.

    Args:
        mask: boolean, (z, y, x).
        voxels: radius; 1 adds the voxels that share a face.

    Returns:
        Boolean array of the same shape.
    """
    grown = np.zeros(mask.shape, dtype=bool)
    if mask.any():
        around = box_around(mask, math.ceil(voxels))
        squares, distances = _squared_distances(mask[around], voxels)
        _look_up(distances <= voxels, squares, grown[around])
    return grown


def soft_edge(mask: BoolArray, width: float) -> FloatArray:
    """A mask that falls from 1 inside to 0 at ``width`` voxels outside, as half a cosine wave.

    Args:
        mask: boolean, (z, y, x).
        width: voxels, more than 0.

    Returns:
        float32 array of the same shape, 1 in the mask.
    """
    soft = np.zeros(mask.shape, dtype=np.float32)
    if mask.any():
        around = box_around(mask, math.ceil(width))
        squares, distances = _squared_distances(mask[around], width)
        values = 0.5 + 0.5 * np.cos(np.pi * np.minimum(distances, width) / width)
        _look_up(values.astype(np.float32), squares, soft[around])
    return soft


def _squared_distances(mask: BoolArray, reach: float) -> tuple[IntArray, FloatArray]:
    """The distance of each voxel to a mask, as far as it matters.

    SciPy's transform, which finds all, takes three times as long, and 60 bytes a voxel. The square of a distance is the
    least sum of three squares, one for each axis, so axis after axis is eroded by a parabola.

    Args:
        mask: bool (z, y, x).
        reach: voxels; beyond it only that a distance is greater is right.

    Returns:
        The squares of the distances, small unsigned integers (z, y, x); and the distances that belong to squares from 0
        on, float64.
    """
    farther = int(reach**2) + 2
    parabola = -np.square(np.arange(-math.ceil(reach), math.ceil(reach) + 1))
    squares = np.full(mask.shape, farther, np.min_scalar_type(farther - int(parabola.min())))
    squares[mask] = 0
    for axis in range(3):
        squares = ndimage.grey_erosion(squares, structure=np.moveaxis(parabola[:, None, None], 0, axis), mode="nearest")
    return squares, np.sqrt(np.arange(farther + 1))


def _look_up(values: Array, numbers: IntArray, found: Array) -> None:
    """Puts the values of whole numbers where these are, section by section, as NumPy takes 8 bytes a voxel for it."""
    for section, into in zip(numbers, found, strict=True):
        into[...] = values[section]


def _molecule_threshold(smooth: FloatArray, sizes: Triple) -> float:
    rough_solvent, top = np.median(smooth), smooth.max()
    clearly_above = smooth[smooth > rough_solvent + 0.1 * (top - rough_solvent)]
    if not clearly_above.size or clearly_above.min() == clearly_above.max():
        return float(top)
    core = smooth > threshold_otsu(clearly_above)
    near, far = (_box_dilated(core, distance, sizes) for distance in _SOLVENT_SHELL)
    shell = smooth[far & ~near]
    if not shell.size:
        shell = smooth[~core]
    solvent = np.median(shell)
    noise = median_abs_deviation(shell, axis=None, scale="normal")
    molecule = np.median(smooth[core])
    return float(solvent + max(_SOLVENT_SDS * noise, _MOLECULE_FRACTION * (molecule - solvent)))


def _box_dilated(mask: BoolArray, distance: float, sizes: Triple) -> BoolArray:
    return ndimage.maximum_filter(mask, [2 * math.ceil(distance / size) + 1 for size in sizes], mode="constant")


def _without_small_parts(mask: BoolArray) -> BoolArray:
    labels, volumes = _components(mask)
    volumes[0] = 0
    return (volumes >= _SMALLEST_PART * volumes.max())[labels]


def _without_small_holes(mask: BoolArray, largest: float) -> BoolArray:
    labels, volumes = _components(~mask)
    is_hole = volumes <= largest
    for axis in range(3):
        for side in (0, -1):
            is_hole[labels.take(side, axis)] = False
    is_hole[0] = False
    return mask | is_hole[labels]


def _components(mask: BoolArray) -> tuple[IntArray, IntArray]:
    """Labels of the connected parts and the voxels of each label, counted by section to save memory."""
    labels, count = ndimage.label(mask)
    volumes = np.zeros(count + 1, dtype=int)
    for section in labels:
        volumes += np.bincount(section.ravel(), minlength=count + 1)
    return labels, volumes
