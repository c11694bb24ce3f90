"""Small maps made for tests: atoms in a ball, in solvent with or without the noise of a reconstruction."""

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

VOXEL = 2.0
"""Å."""


def atoms(edge=48, radius=13.0, blur=1.2, seed=0):
    """Density of carbon-like atoms at random places of a ball, SD 1 within it: float32 (z, y, x).

    Args:
        edge: voxels.
        radius: of the ball, voxels.
        blur: SD of each atom, voxels.
        seed: of the places.
    """
    rng = np.random.default_rng(seed)
    distance = np.linalg.norm(np.indices((edge,) * 3) - (edge - 1) / 2, axis=0)
    places = (rng.random(distance.shape) < 0.15) & (distance < radius)
    density = scipy.ndimage.gaussian_filter(places.astype(np.float32), blur)
    return density / density[distance < radius].std()


def reconstruction_noise(shape, seed=1):
    """Noise whose amplitude falls towards Nyquist's frequency, beyond which it is 0; SD 1: float32 (z, y, x)."""
    white = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    frequency = filters.frequencies(shape, VOXEL)
    shaped = np.exp(-20 * frequency**2) * (frequency <= 0.5 / VOXEL)
    noise = scipy.fft.irfftn(scipy.fft.rfftn(white) * shaped, shape)
    return (noise / noise.std()).astype(np.float32)


def density_map(data):
    """A map of such values, without a file."""
    return DensityMap(np.ascontiguousarray(data, np.float32), (VOXEL,) * 3)


def noisy(level=0.3, **settings):
    """A molecule in solvent with the noise of a reconstruction of this SD."""
    density = atoms(**settings)
    return density_map(density + level * reconstruction_noise(density.shape))
