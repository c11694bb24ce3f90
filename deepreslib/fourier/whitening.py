"""Pre-whitening: the radial spectrum of the noise and the filter that makes it flat, found without a manual step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import ComplexArray, FloatArray, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.shells import mean_in_shells
from deepreslib.fourier.slabs import backward, forward, radii

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
        total, mean = noise.size, noise.mean()
        coefficients = forward(lambda slab: noise[slab] - mean, noise.shape, workers)
    else:
        total = np.square(weights).sum(dtype=float)
        mean = np.average(noise, weights=weights).astype(np.float32)
        coefficients = forward(lambda slab: (noise[slab] - mean) * weights[slab], noise.shape, workers)
    return noise_spectrum(coefficients, noise.shape, voxel_size, lowest, total)


def noise_spectrum(
    coefficients: ComplexArray, shape: Sequence[int], voxel_size: VoxelSize, lowest: float, total: float
) -> NoiseSpectrum:
    """The radial power spectrum of noise from its Fourier coefficients.

    Args:
        coefficients: ``rfftn`` of the noise, its mean left out, complex (z, y, x // 2 + 1).
        shape: its shape (z, y, x).
        voxel_size: Å, a number or a (z, y, x) triple.
        lowest: 1/Å, as in ``measure_noise``.
        total: the sum of the squares of the weights by which the noise was multiplied, or the number of voxels.

    Returns:
        The spectrum.
    """
    planes = (np.square(plane.real) + np.square(plane.imag) for plane in coefficients)
    width, power = mean_in_shells(planes, shape, voxel_size)
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
    coefficients = forward(data.__getitem__, data.shape, workers)
    whiten_coefficients(coefficients, data.shape, voxel_size, spectrum)
    return backward(coefficients, data.shape, workers)


def whiten_coefficients(
    coefficients: ComplexArray, shape: Sequence[int], voxel_size: VoxelSize, spectrum: NoiseSpectrum
) -> None:
    """Divides the Fourier coefficients of a map by the noise's amplitude, in place.

    Args:
        coefficients: ``rfftn`` of the map, complex (z, y, x // 2 + 1).
        shape: of the map (z, y, x).
        voxel_size: Å, a number or a (z, y, x) triple.
        spectrum: of the noise.
    """
    for plane, frequency in zip(coefficients, radii(shape, voxel_triple(voxel_size)), strict=True):
        plane *= spectrum.gain(frequency)
