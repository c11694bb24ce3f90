"""The local spectrum of a map: at every place of a coarse grid, how strong the map is in each band of frequencies.

A band's energy is the smoothed square of the band-passed map; its evenness is the smoothed magnitude over the root of
the energy, which is sqrt(2 / pi) for Gaussian noise and less for density, which is sparse. What half maps tell by
correlation, one map tells by these: noise fills the whole box with one spectrum, a molecule stands out of it up to
its resolution.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepres.filters import frequencies, voxel_triple

GRID = 3.0
"""Å, the coarse grid's voxel size."""

BANDS = np.geomspace(1 / 24.0, 1 / 1.3, 18)
"""Frequencies at which the bands are centred, 1/Å; each reaches from the centre before to the centre after."""

SMOOTHING = (4.0, 0.4)
"""SD of the smoothing: at least so many Å, and at least so many periods of the band's centre."""

_RATIO = float(BANDS[1] / BANDS[0])
_LEAST_ENERGY = 1e-12


@dataclass(frozen=True)
class LocalSpectrum:
    """Energies on the coarse grid, whose voxel (0, 0, 0) is the map's.

    Attributes:
        energy: float32 (z, y, x, bands), in squared units of the map; 0 in bands beyond the map's Nyquist frequency.
        evenness: float32 (z, y, x, bands), 0 to 1.
        voxel_size: Å, ``GRID``.
    """

    energy: np.ndarray
    evenness: np.ndarray
    voxel_size: float = GRID


def coarse_shape(shape, voxel_size):
    """The coarse grid that covers a map: (z, y, x)."""
    return tuple(math.ceil((n - 1) * size / GRID) + 1 for n, size in zip(shape, voxel_triple(voxel_size), strict=True))


def band_weights(frequency, band):
    """The pass of a band: 1 at its centre, falling as a squared cosine of the logarithm; all bands sum to 1.

    Args:
        frequency: 1/Å, any shape.
        band: number of the band.
    """
    with np.errstate(divide="ignore"):
        position = np.log(np.asarray(frequency, np.float32) / np.float32(BANDS[band])) / np.float32(math.log(_RATIO))
    return np.square(np.cos(np.pi / 2 * np.clip(position, -1, 1))).astype(np.float32)


def local_spectrum(data, voxel_size, workers=-1):
    """The local spectrum of a map.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å, a number or (z, y, x).
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        a ``LocalSpectrum``. Needs the memory of about four maps.
    """
    sizes = voxel_triple(voxel_size)
    coarse = coarse_shape(data.shape, sizes)
    spectrum = scipy.fft.rfftn(np.asarray(data, np.float32), workers=workers)
    energy = np.zeros((*coarse, len(BANDS)), np.float32)
    evenness = np.full((*coarse, len(BANDS)), math.sqrt(2 / math.pi), np.float32)
    for band, centre in enumerate(BANDS):
        if centre / _RATIO >= 0.5 / max(sizes):
            break
        passed, new_sizes = _band_passed(spectrum, data.shape, sizes, band, workers)
        smoothing = max(SMOOTHING[0], SMOOTHING[1] / centre)
        magnitude = smooth(np.abs(passed), new_sizes, coarse, smoothing)
        energy[..., band] = smooth(np.square(passed, out=passed), new_sizes, coarse, smoothing)
        found = energy[..., band] > _LEAST_ENERGY * max(float(energy.max()), _LEAST_ENERGY)
        evenness[found, band] = magnitude[found] / np.sqrt(energy[found, band])
    return LocalSpectrum(energy, evenness)


def smooth(data, voxel_size, coarse, smoothing):
    """Values averaged by a Gaussian around each place of the coarse grid, near the border by what there is of it.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å (z, y, x).
        coarse: the coarse grid's shape.
        smoothing: the Gaussian's SD, Å.
    """
    for axis in (2, 1, 0):  # the last first, so that the large array is read in order
        weights = _gaussians(data.shape[axis], voxel_size[axis], coarse[axis], smoothing)
        data = np.moveaxis(np.tensordot(data, weights, axes=([axis], [1])), -1, axis)
    return np.ascontiguousarray(data)


def _gaussians(count, size, coarse, smoothing):
    """float32 (coarse, count): rows that sum to 1."""
    distance = GRID * np.arange(coarse)[:, None] - size * np.arange(count)
    weights = np.exp(-0.5 * np.square(distance / smoothing))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _band_passed(spectrum, shape, sizes, band, workers):
    """The band-passed map on a grid just fine enough for its square, and that grid's voxel size."""
    # its square reaches twice its highest frequency, and must not alias to what the smoothing passes
    target = 1 / (2 * 1.05 * BANDS[band] * _RATIO + 0.15)
    kept = [
        min(n, scipy.fft.next_fast_len(math.ceil(n * size / target), real=True))
        for n, size in zip(shape, sizes, strict=True)
    ]
    part = spectrum
    for axis, (n, m) in enumerate(zip(shape[:2], kept[:2], strict=True)):
        if m < n:
            upper = (m + 1) // 2
            rows = np.r_[0:upper, n - (m - upper) : n]
            part = np.take(part, rows, axis=axis)
    part = part[..., : kept[2] // 2 + 1]
    new_sizes = tuple(n * size / m for n, m, size in zip(shape, kept, sizes, strict=True))
    part = part * band_weights(frequencies(tuple(kept), new_sizes), band)
    scale = np.float32(math.prod(kept) / math.prod(shape))
    passed = scipy.fft.irfftn(part, kept, workers=workers, overwrite_x=True)
    return passed * scale, new_sizes
