"""Pairs of half maps of a made-up molecule, and what can go wrong with them."""

import numpy as np
from scipy import ndimage

from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

VOXEL_SIZE = (1.5, 1.5, 1.5)


def molecule(edge: int = 64, radius: float = 20.0, seed: int = 1) -> np.ndarray:
    """A ball of smooth random density, which has no symmetry; float32 (edge, edge, edge)."""
    rng = np.random.default_rng(seed)
    distance = np.linalg.norm(np.indices((edge,) * 3) - edge // 2, axis=0)
    texture = ndimage.gaussian_filter(rng.standard_normal((edge,) * 3), 1.5)
    return np.where(distance < radius, 10 * texture + 1, 0).astype(np.float32)


def pair(noise: float = 0.3, edge: int = 64) -> tuple[DensityMap, DensityMap]:
    """Two half maps of the molecule with white noise of their own."""
    rng = np.random.default_rng(2)
    signal = molecule(edge)
    half1, half2 = (
        DensityMap(
            (signal + noise * rng.standard_normal(signal.shape)).astype(np.float32), VOXEL_SIZE, path=f"half{i}.mrc"
        )
        for i in (1, 2)
    )
    return half1, half2


def shifted(data: np.ndarray, voxels: float) -> np.ndarray:
    """A map moved along y by a fraction of a voxel."""
    moved = np.fft.ifftn(ndimage.fourier_shift(np.fft.fftn(data), (0, voxels, 0))).real
    return moved.astype(np.float32)


def sharpened(data: np.ndarray, b_factor: float) -> np.ndarray:
    """A map to which a B factor (Å²) is applied."""
    return filters.apply_b_factor(data, VOXEL_SIZE, b_factor)
