"""Pre-whitening: the radial spectrum of the noise and the filter that makes it flat, found without a manual step."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.fourier.filters import frequencies

SMOOTHING = 2.0
"""SD in shells of the smoothing of the noise's log power."""

EMPTY = 1e-6
"""Shells with less than this part of the strongest shell's noise power are taken as cut off by a low-pass filter."""


@dataclass(frozen=True)
class NoiseSpectrum:
    """Power of the noise in shells of spatial frequency.

    Attributes:
        width: a shell's width, 1/Å; shell k is centred at k × width.
        power: float64 (shells,), smoothed, per voxel (white noise of variance v has power v); the last shell is at
            Nyquist. Held constant below the lowest frequency that it was asked for and where it is empty.
        finest: Å; beyond 1/finest the map has no noise, hence no signal either: it was low-pass filtered.
    """

    width: float
    power: np.ndarray
    finest: float

    def gain(self, frequency):
        """What whitens Fourier coefficients of these frequencies (1/Å, any shape); constant beyond Nyquist."""
        amplitude = np.sqrt(self.power)
        return (1.0 / np.interp(frequency, self.width * np.arange(len(amplitude)), amplitude)).astype(np.float32)


def measure_noise(noise, voxel_size, lowest, weights=None, workers=None):
    """The radial power spectrum of noise.

    The original program fits a parabola to the log spectrum from 10 Å on and lets the user move that elbow. Here the
    log power of every shell is measured and smoothed, so that any shape of spectrum is followed and nothing is left
    to be set.

    Args:
        noise: float32 (z, y, x), the noise alone (half the halves' difference), or a map of which ``weights`` picks
            the noise; not constant.
        voxel_size: Å, a number or a (z, y, x) triple.
        lowest: 1/Å; shells below it are too few coefficients to be trusted and get the power found there.
        weights: float32 (z, y, x), soft mask of the noise; None for the whole volume.
        workers: threads of the Fourier transform.

    Returns:
        a ``NoiseSpectrum``.
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
    width, power = _shells(power, noise.shape, voxel_size)
    power /= total

    first = min(max(1, round(lowest / width)), len(power) - 1)
    strongest = power[first:].max()
    last = max(int(np.flatnonzero(power >= EMPTY * strongest)[-1]), first)
    logarithm = np.log(np.maximum(power[first : last + 1], EMPTY * strongest))
    logarithm = scipy.ndimage.gaussian_filter1d(logarithm, SMOOTHING, mode="nearest")
    logarithm = np.pad(logarithm, (first, len(power) - 1 - last), mode="edge")
    return NoiseSpectrum(width, np.exp(logarithm), 1.0 / (width * last))


def whiten(data, voxel_size, spectrum, workers=None):
    """A map (float32, z, y, x) divided by the noise's amplitude: its noise becomes white, of variance 1."""
    gain = spectrum.gain(frequencies(data.shape, voxel_size))
    coefficients = scipy.fft.rfftn(data, workers=workers)
    coefficients *= gain
    return scipy.fft.irfftn(coefficients, data.shape, workers=workers, overwrite_x=True)


def _shells(power, shape, voxel_size):
    """Width of the shells (1/Å) and the mean over each, up to Nyquist, of ``rfftn``'s squared amplitudes."""
    sizes = np.broadcast_to(np.asarray(voxel_size, float), 3)
    width = 1.0 / max(n * size for n, size in zip(shape, sizes, strict=True))
    nyquist = round(0.5 / max(sizes) / width)
    shell = np.minimum(np.rint(frequencies(shape, voxel_size) / np.float32(width)), nyquist + 1).astype(np.int32)
    twice = np.full(power.shape[2], 2.0, np.float32)
    twice[0] = 1.0
    if shape[2] % 2 == 0:
        twice[-1] = 1.0
    count = np.bincount(shell.ravel(), np.broadcast_to(twice, power.shape).ravel(), nyquist + 2)
    total = np.bincount(shell.ravel(), (power * twice).ravel(), nyquist + 2)
    return width, total[: nyquist + 1] / np.maximum(count[: nyquist + 1], 1)
