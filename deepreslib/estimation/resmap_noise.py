"""What ResMap analyses: the map and its noise, whitened, of one map or of two half maps, with little memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.errors import InputError
from deepreslib.estimation.result import HalfMaps
from deepreslib.estimation.solvent_noise import solvent_noise
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, IntArray, Triple
from deepreslib.fourier.slabs import backward, forward, slabs, unit_factor
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, noise_spectrum, whiten_coefficients
from deepreslib.maps import DensityMap
from deepreslib.maps.boxes import box_around

FEWEST = 500
"""Least number of voxels of noise."""

MARGIN = 3.0
"""Å; noise outside the mask is taken from beyond this distance, as density does not end at the mask."""

SAME = 1e-5
"""Half maps whose difference has less than this fraction of their mean's SD are the same."""


@dataclass(frozen=True)
class Whitened:
    """A map and its noise, divided by the noise's amplitude.

    Attributes:
        data: float32 (z, y, x), the map in ``box``.
        box: the part of the map that the windows around the mask's voxels reach.
        noise: float32 (z, y, x), in another box.
        room: int (z, y, x), in that box: how many voxels around each (itself counted) are noise in every direction.
        level: a lower limit for the noise's variance: the one it would have if it filled all frequencies as it fills
            its band.
        spectrum: the noise's before it was whitened.
    """

    data: FloatArray
    box: Box
    noise: FloatArray
    room: IntArray
    level: float
    spectrum: NoiseSpectrum


def one_map(
    density_map: DensityMap, mask: BoolArray, reach: int, voxel: float, lowest: float, workers: int
) -> Whitened:
    """What is analysed of one map, whose noise is in its surroundings.

    Args:
        density_map: the map.
        mask: bool (z, y, x).
        reach: voxels from the centre of the largest window to its end.
        voxel: Å.
        lowest: 1/Å, the lowest frequency whose power is measured.
        workers: threads of the Fourier transforms.

    Raises:
        InputError: if the map shows no noise outside the mask.
    """
    solvent = solvent_noise(density_map, mask, _ellipsoid)
    noise, inside = solvent.noise, mask[solvent.box]
    for plane, noisy in zip(density_map.data[solvent.box], noise, strict=True):
        noisy &= plane != 0
    room = _room_for_noise(noise, inside, density_map.voxel_size)
    data = density_map.data[solvent.box] * np.float32(unit_factor(density_map.data))
    surroundings = data[room > 0]
    if len(surroundings) < FEWEST:
        raise InputError(
            f"{density_map.name} has no noise outside the mask to compare with, or hardly any; give half maps, or a "
            "map that is not masked in a box with room around the molecule."
        )
    mean = surroundings.mean()
    del surroundings
    spectrum = measure_noise(data, voxel, lowest, _soft(room), workers)
    data -= mean
    coefficients, shape = forward(data.__getitem__, data.shape, workers), data.shape
    del data
    whiten_coefficients(coefficients, shape, voxel, spectrum)
    whitened = backward(coefficients, shape, workers)
    part = box_around(inside, reach)
    z, y, x = (slice(a.start + b.start, a.start + b.stop) for a, b in zip(solvent.box, part, strict=True))
    return Whitened(whitened[part], (z, y, x), whitened, room, 1.0, spectrum)


def two_halves(half_maps: HalfMaps, mask: BoolArray, reach: int, voxel: float, lowest: float, workers: int) -> Whitened:
    """What is analysed of half maps: their mean, and half their difference as noise; arguments as in ``one_map``."""
    half1, half2 = (half.data for half in half_maps)
    shape = half1.shape
    scale = np.float32(0.5 * unit_factor(half1, half2))

    def difference(slab: slice) -> FloatArray:
        return (half1[slab] - half2[slab]) * scale

    def middle(slab: slice) -> FloatArray:
        return (half1[slab] + half2[slab]) * scale

    (mean, sd), (middle_mean, middle_sd) = (_moments(planes, shape) for planes in (difference, middle))
    if sd < SAME * middle_sd:
        raise InputError(
            f"the half maps {half_maps[0].name} and {half_maps[1].name} are the same and show no noise; give the two "
            "of independent halves of the particles."
        )
    coefficients = forward(lambda slab: difference(slab) - mean, shape, workers)
    spectrum = noise_spectrum(coefficients, shape, voxel, lowest, math.prod(shape))
    coefficients[0, 0, 0] = mean * math.prod(shape)
    whiten_coefficients(coefficients, shape, voxel, spectrum)
    noise = backward(coefficients, shape, workers)
    del coefficients

    region = half1 != half2
    inside = region & mask
    region = inside if np.count_nonzero(inside) >= FEWEST else region
    level = np.square(noise[region]).mean() / np.mean([np.square(plane).mean(dtype=float) for plane in noise])

    coefficients = forward(lambda slab: middle(slab) - middle_mean, shape, workers)
    whiten_coefficients(coefficients, shape, voxel, spectrum)
    part = box_around(mask, reach)
    data = backward(coefficients, shape, workers, part)
    room = region * np.int16(min(max(shape), np.iinfo(np.int16).max))
    return Whitened(data, part, noise, room, level, spectrum)


def _moments(planes: Callable[[slice], FloatArray], shape: Sequence[int]) -> tuple[np.float32, float]:
    """Mean and SD of a map (z, y, x) that is made some planes at a time."""
    count = math.prod(shape)
    mean = sum(planes(slab).sum(dtype=float) for slab in slabs(shape)) / count
    square = sum(np.square(planes(slab) - mean, dtype=float).sum() for slab in slabs(shape)) / count
    return np.float32(mean), math.sqrt(square)


def _ellipsoid(shape: Sequence[int]) -> BoolArray:
    """What touches all faces of a box from within; bool (z, y, x)."""
    axes = np.ogrid[tuple(slice(-1, 1, n * 1j) for n in shape)]
    within: BoolArray = sum(np.square(axis, dtype=np.float32) for axis in axes) < 1
    return within


def _room_for_noise(noise: BoolArray, mask: BoolArray, voxel_size: Triple) -> IntArray:
    """How many voxels around each voxel, in every direction, are noise: int16 (z, y, x).

    Args:
        noise: bool (z, y, x), where the map shows noise; what lies within ``MARGIN`` of the mask does not count.
        mask: bool (z, y, x).
        voxel_size: Å (z, y, x).
    """
    margin = math.ceil(MARGIN / min(voxel_size))
    from_mask = scipy.ndimage.distance_transform_cdt(~mask, metric="chessboard").astype(np.int16)
    from_mask -= np.int16(margin)
    room: IntArray = scipy.ndimage.distance_transform_cdt(noise, metric="chessboard").astype(np.int16)
    np.minimum(room, np.maximum(from_mask, 0, out=from_mask), out=room)
    return room


def _soft(room: IntArray, edge: int = 8) -> FloatArray:
    """Weights (float32) that rise as half a cosine from 0 where there is no room for noise to 1 where there is much."""
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge + 1, dtype=np.float32) / edge)
    weights: FloatArray = rise[np.minimum(room, edge)]
    return weights
