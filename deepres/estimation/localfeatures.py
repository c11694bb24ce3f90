"""What CryoRes' network sees of a map: its local spectrum, its density and a summary, all on one scale."""

from dataclasses import dataclass

import numpy as np

from deepres import spectra
from deepres.filters import voxel_triple
from deepres.networks.cryores import PERCENTILES

FLOOR = -4.0
"""Logarithm of amplitudes at which nothing is told apart any more; also that of bands beyond Nyquist's frequency."""

_NOISE_EVENNESS = float(np.sqrt(2 / np.pi))
_DENSITY_SMOOTHING = 2.5


@dataclass(frozen=True)
class LocalFeatures:
    """Inputs of the network for one map.

    Attributes:
        features: float32 (z, y, x, features) on the grid of ``spectra.GRID``, whose voxel (0, 0, 0) is the map's.
        summary: float32 (numbers,).
    """

    features: np.ndarray
    summary: np.ndarray


def local_features(data, voxel_size, workers=-1):
    """The network's inputs; they do not depend on the map's scale.

    Args:
        data: float32 (z, y, x), the map.
        voxel_size: Å, a number or (z, y, x).
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        ``LocalFeatures``.
    """
    sizes = voxel_triple(voxel_size)
    spectrum = spectra.local_spectrum(data, sizes, workers)
    reference = np.sqrt(np.percentile(spectrum.energy.sum(axis=-1), 99)) + 1e-20
    amplitude = 0.5 * np.log10(spectrum.energy / reference**2 + 10 ** (2 * FLOOR))
    density = spectra.smooth(np.asarray(data, np.float32), sizes, amplitude.shape[:3], _DENSITY_SMOOTHING)
    low, middle, high = np.percentile(density, (1, 50, 99.5))
    scale = max(high - middle, middle - low, 1e-20)
    features = np.concatenate(
        [
            1 + 0.5 * amplitude,
            5 * (spectrum.evenness - _NOISE_EVENNESS),
            ((density - middle) / scale)[..., None],
            np.clip(density / reference, -3, 3)[..., None],
        ],
        axis=-1,
        dtype=np.float32,
    )
    numbers = 1 + 0.5 * np.percentile(amplitude.reshape(-1, amplitude.shape[-1]), PERCENTILES, axis=0)
    extra = [2 * np.log(max(sizes)), np.log(np.prod(features.shape[:3], dtype=float)) - 10]
    return LocalFeatures(features, np.concatenate([numbers.ravel(), extra]).astype(np.float32))
