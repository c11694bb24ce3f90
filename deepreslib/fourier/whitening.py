"""Pre-whitening: the radial spectrum of the noise and the filter that makes it flat, found without a manual step."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.fourier.arrays import FloatArray, VoxelSize
from deepreslib.fourier.filters import frequencies
from deepreslib.fourier.shells import mean_in_shells

SMOOTHING = 2.0
"""SD in shells of the smoothing of the noise's log power."""

EMPTY = 1e-6
"""Shells with less than this share of the strongest shell's noise power count as cut off by a low-pass filter."""


@dataclass(frozen=True)
class NoiseSpectrum:
    """Power of the noise in shells of spatial frequency.

    Attributes:
        width: a shell's width, 1/Å; shell k is centred at k × width.
        power: float64 (shells,), smoothed, per voxel (white noise of variance v has power v); the last shell is at
            Nyquist. It is constant below the lowest frequency that was measured, and where the map has no noise.
        finest: Å; beyond 1/finest the map has no noise, hence no signal either: it was low-pass filtered.
    """

    width: float
    power: FloatArray
    finest: float

    def gain(self, frequency: float | FloatArray) -> FloatArray:
        """Factors that whiten Fourier coefficients; constant beyond Nyquist.

        Args:
            frequency: of the coefficients, 1/Å, any shape.

        Returns:
            float32 of ``frequency``'s shape.
        """
        amplitude = np.sqrt(self.power)
        return (1.0 / np.interp(frequency, self.width * np.arange(len(amplitude)), amplitude)).astype(np.float32)


def measure_noise(
    noise: FloatArray,
    voxel_size: VoxelSize,
    lowest: float,
    weights: FloatArray | None = None,
    workers: int | None = None,
) -> NoiseSpectrum:
    """The radial power spectrum of noise.

    The original program of ResMap fits a parabola to the log spectrum from 10 Å on and lets the user move that elbow
    frequency. Here the log power of every shell is measured and smoothed, so that any shape of spectrum is followed and
    the user need not set anything.

    Args:
        noise: float32 (z, y, x), the noise alone (half the halves' difference), or a map whose noise is where
            ``weights`` is above 0; not constant.
        voxel_size: Å, a number or a (z, y, x) triple.
        lowest: 1/Å; shells below it have too few coefficients to be trusted and get the power of the shell at it.
        weights: float32 (z, y, x), soft mask of the noise; None for the whole volume.
        workers: threads of the Fourier transform.

    Returns:
        The spectrum.
    """
    if weights is None:
        total = noise.size
        noise = noise - noise.mean()
    else:
        total = np.square(weights).sum(dtype=float)
        noise = (noise - np.average(noise, weights=weights).astype(np.float32)) * weights
    spectrum = scipy.fft.rfftn(noise, workers=workers)
    power = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    del spectrum
    width, power = mean_in_shells(power, noise.shape, voxel_size)
    power /= total

    first = min(max(1, round(lowest / width)), len(power) - 1)
    strongest = power[first:].max()
    last = max(int(np.flatnonzero(power >= EMPTY * strongest)[-1]), first)
    logarithm = np.log(np.maximum(power[first : last + 1], EMPTY * strongest))
    logarithm = scipy.ndimage.gaussian_filter1d(logarithm, SMOOTHING, mode="nearest")
    logarithm = np.pad(logarithm, (first, len(power) - 1 - last), mode="edge")
    return NoiseSpectrum(width, np.exp(logarithm), 1.0 / (width * last))


def whiten(data: FloatArray, voxel_size: VoxelSize, spectrum: NoiseSpectrum, workers: int | None = None) -> FloatArray:
    """A map divided by the noise's amplitude: its noise becomes white, of variance 1.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å, a number or a (z, y, x) triple.
        spectrum: of the noise.
        workers: threads of the Fourier transform.

    Returns:
        float32 (z, y, x).
    """
    gain = spectrum.gain(frequencies(data.shape, voxel_size))
    coefficients = scipy.fft.rfftn(data, workers=workers)
    coefficients *= gain
    return scipy.fft.irfftn(coefficients, data.shape, workers=workers, overwrite_x=True)
