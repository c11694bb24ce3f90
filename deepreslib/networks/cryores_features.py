"""The inputs of CryoRes' network: features of each place of a map, and a summary of the whole map.

A place is a voxel of a coarse grid (``spectra.GRID``). Its features are the local spectrum and the density around it,
smoothed over two distances: that of the local spectrum itself, and a wider one, about the reach of the windows of a
local FSC. These already include the surroundings, so the network needs no neighbouring places: it takes each place
alone. Spectra smoothed by 22 Å were tried too: they improved nothing on simulated maps, and misled the network on the
experimental map of beta-galactosidase.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from deepreslib.fourier import spectra
from deepreslib.fourier.arrays import Array, FloatArray, IntArray, Shape, Triple, VoxelSize
from deepreslib.fourier.grid import voxel_triple

_Values = TypeVar("_Values", float, FloatArray)

FLOOR = -4.0
"""log10 of the smallest amplitude, in units of the reference. Smaller amplitudes, and those of bands beyond the Nyquist
frequency, come out as about this."""

WIDER = 9.0
"""SD of the wider smoothing of the local spectrum, Å."""

DENSITY_SMOOTHING = (2.5, 5.0, 12.0)
"""SD of each smoothing of the density, Å."""

PERCENTILES = (2, 10, 30, 50, 70, 90, 99)
"""Percentiles over the map of each band's energy that the summary holds."""

EVENNESS_PERCENTILES = (10, 50, 90)
"""Percentiles over the map of each band's evenness that the summary holds."""

SAMPLED = 30_000
"""Percentiles are taken of about this many places, evenly spaced in the map."""

_BANDS, _PAIRS = len(spectra.BANDS), len(spectra.BANDS) - spectra.APART
_WIDE = 2 * _BANDS + _PAIRS
_WHOLE = (len(PERCENTILES) + len(EVENNESS_PERCENTILES)) * _BANDS
_RADIAL = _WHOLE + _WIDE

_KINDS = (_BANDS, _BANDS, _BANDS, _BANDS, _PAIRS, len(DENSITY_SMOOTHING) + 1)

FEATURES = sum(_KINDS)
"""Number of features of a place."""

FEATURE_KINDS = tuple(slice(stop - size, stop) for size, stop in zip(_KINDS, np.cumsum(_KINDS), strict=True))
"""The features of each kind, in this order: energy and evenness of the bands, wider energy, wider evenness, concurrence
of pairs of bands, density."""

FEATURE_AMPLITUDES = (FEATURE_KINDS[0], FEATURE_KINDS[2])
"""The features that are logarithms of amplitudes of the bands: the energy and the wider energy."""

SUMMARY = _RADIAL + len(spectra.SHELLS) + 2
"""Number of numbers in a map summary."""

SUMMARY_PERCENTILES = slice(0, len(PERCENTILES) * _BANDS)
"""The part of a map summary that holds percentiles of each band's amplitude over the map, as logarithms."""

SUMMARY_AMPLITUDES = slice(_WHOLE, _WHOLE + _BANDS)
"""The part that holds each band's amplitude in the molecule, as logarithms."""

SUMMARY_RADIAL = slice(_RADIAL, _RADIAL + len(spectra.SHELLS))
"""The part that holds the amplitude of each shell of the whole map's spectrum, as logarithms."""


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """The inputs of the network for one map, on the coarse grid, which begins at the map's voxel (0, 0, 0).

    Attributes:
        summary: float32 (``SUMMARY``,), the map summary.
        spectrum: the map's ``LocalSpectrum``.
        wide: the map's ``WideSpectrum``.
        density: float32 (z, y, x, 4), the smoothed density in four channels.
        reference: the amplitude that is the unit of all amplitudes.
    """

    summary: FloatArray
    spectrum: spectra.LocalSpectrum
    wide: spectra.WideSpectrum
    density: FloatArray
    reference: float

    @property
    def shape(self) -> Shape:
        """The coarse grid's (z, y, x)."""
        depth, height, width, _ = self.density.shape
        return depth, height, width

    def planes(self, chosen: slice | list[int] | IntArray = slice(None)) -> FloatArray:
        """The features of some planes; those of all planes at once take much memory.

        Args:
            chosen: planes along z, a slice or indices.

        Returns:
            float32 (planes, y, x, ``FEATURES``).
        """
        measured = self.spectrum.energy[chosen], self.spectrum.evenness[chosen], *self.wide.planes(chosen, self.shape)
        return assembled(measured, self.density[chosen], self.reference)


def local_features(data: Array, voxel_size: VoxelSize, workers: int = -1) -> LocalFeatures:
    """The network's inputs; multiplying the map by a number does not change them.

    Args:
        data: float32 (z, y, x), the map.
        voxel_size: Å, a number or (z, y, x).
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        A ``LocalFeatures``.
    """
    sizes = voxel_triple(voxel_size)
    spectrum = spectra.local_spectrum(data, sizes, workers)
    reference = float(np.sqrt(np.percentile(spectrum.energy.sum(axis=-1), 99))) + 1e-20
    wide = spectrum.wider(WIDER)
    values, shape = np.asarray(data, np.float32), spectra.coarse_shape(data.shape, sizes)
    smoothed = [spectra.smooth(values, sizes, shape, smoothing) for smoothing in DENSITY_SMOOTHING]
    density = density_channels(smoothed, [density_levels(channel) for channel in smoothed], reference)
    numbers = [_percentiles(spectrum, reference), _whole(spectrum, wide.concurrence, reference, sizes)]
    return LocalFeatures(np.concatenate(numbers).astype(np.float32), spectrum, wide, density, reference)


def scaled(amplitude: _Values) -> _Values:
    """Scales log10 amplitudes to the values that the network gets.

    Args:
        amplitude: log10 of amplitudes in units of the reference, any shape.

    Returns:
        The same shape.
    """
    return 1 + 0.5 * amplitude


def unscaled(value: _Values) -> _Values:
    """The log10 amplitudes that belong to the network's inputs: the inverse of ``scaled``.

    Args:
        value: values that the network gets, any shape.

    Returns:
        The same shape.
    """
    return 2 * (value - 1)


def _logarithm(energy: FloatArray, reference: float) -> FloatArray:
    """log10 of amplitudes in units of the reference, at least ``FLOOR``."""
    return 0.5 * np.log10(energy / reference**2 + 10 ** (2 * FLOOR))


def _relative_evenness(evenness: FloatArray) -> FloatArray:
    return 5 * (evenness - spectra.NOISE_EVENNESS)


def relative_concurrence(concurrence: FloatArray) -> FloatArray:
    """Concurrence as the network gets it."""
    return np.clip(3 * concurrence, -1, 4)


def assembled(measured: Sequence[FloatArray], density: FloatArray, reference: float) -> FloatArray:
    """The features of places.

    Args:
        measured: energy, evenness, wide energy, wide evenness and concurrence, each (..., bands).
        density: (..., 4), the smoothed density in four channels.
        reference: the amplitude that is the unit of all amplitudes.

    Returns:
        float32 (..., ``FEATURES``).
    """
    energy, evenness, wide_energy, wide_evenness, concurrence = measured
    features = [
        scaled(_logarithm(energy, reference)),
        _relative_evenness(evenness),
        scaled(_logarithm(wide_energy, reference)),
        _relative_evenness(wide_evenness),
        relative_concurrence(concurrence),
        density,
    ]
    return np.concatenate(features, axis=-1, dtype=np.float32)


def density_levels(density: FloatArray) -> tuple[float, float, float]:
    """The percentiles 1, 50 and 99.5 of smoothed density, which scale it."""
    low, middle, high = np.percentile(density, (1, 50, 99.5)).tolist()
    return low, middle, high


def density_channels(
    smoothed: Sequence[FloatArray], levels: Sequence[tuple[float, float, float]], reference: float
) -> FloatArray:
    """The density at places, (..., 4).

    Channels 0, 2 and 3: the density at each smoothing, less its median, divided by the greater distance from there to
    the percentiles 1 and 99.5. Channel 1: the first smoothing in units of the reference, limited to ±3.

    Args:
        smoothed: for each of ``DENSITY_SMOOTHING`` the density (...).
        levels: of each the whole map's ``density_levels``.
        reference: the amplitude that is the unit of all amplitudes.

    Returns:
        float32 (..., 4).
    """
    channels = []
    for density, (low, middle, high) in zip(smoothed, levels, strict=True):
        channels.append((density - np.float32(middle)) / np.float32(max(high - middle, middle - low, 1e-20)))
    channels.insert(1, np.clip(smoothed[0] / np.float32(reference), -3, 3))
    return np.stack(channels, axis=-1)


def _percentiles(spectrum: spectra.LocalSpectrum, reference: float) -> FloatArray:
    """Percentiles of amplitude and evenness over the map, band by band, scaled as the features are."""
    energy, evenness = (values.reshape(-1, values.shape[-1]) for values in (spectrum.energy, spectrum.evenness))
    step = max(len(energy) // SAMPLED, 1)
    energy, evenness = (np.ascontiguousarray(values[::step].T) for values in (energy, evenness))
    return percentile_numbers(energy, evenness, reference)


def percentile_numbers(energy: FloatArray, evenness: FloatArray, reference: float) -> FloatArray:
    """The part of the summary that holds percentiles.

    Args:
        energy: (bands, places), of places all over the map.
        evenness: of that shape.
        reference: the amplitude that is the unit of all amplitudes.

    Returns:
        The numbers, scaled as the features are.
    """
    amplitude = np.percentile(_logarithm(energy, reference), PERCENTILES, axis=1)
    evenness = np.percentile(evenness, EVENNESS_PERCENTILES, axis=1)
    return np.concatenate([scaled(amplitude).ravel(), _relative_evenness(evenness).ravel()])


def _whole(spectrum: spectra.LocalSpectrum, concurrence: FloatArray, reference: float, sizes: Triple) -> FloatArray:
    """The rest of the map summary: means over the molecule, the radial spectrum, the voxel size and the box.

    The molecule is found only roughly, by weighting each place with its energy.
    """
    bands, shape = spectrum.energy.shape[-1], spectrum.energy.shape[:3]
    energy, evenness = spectrum.energy.reshape(-1, bands), spectrum.evenness.reshape(-1, bands)
    weight = energy.sum(axis=-1)
    weight /= max(weight.sum(dtype=float), 1e-20)
    power = weight @ energy
    # One band after the other, which takes less memory.
    magnitude = np.array([weight @ (evenness[:, band] * np.sqrt(energy[:, band])) for band in range(bands)])
    coarse = weight.reshape(shape)[::2, ::2, ::2]  # the places of the wide grid
    concurrence = concurrence[tuple(map(slice, coarse.shape))]
    together = relative_concurrence(concurrence).reshape(coarse.size, -1)
    together = np.average(together, axis=0, weights=coarse.ravel() + 1e-20)
    return molecule_numbers(power, magnitude, together, spectrum.radial, reference, shape, sizes)


def molecule_numbers(
    power: FloatArray,
    magnitude: FloatArray,
    together: FloatArray,
    radial: FloatArray,
    reference: float,
    shape: Sequence[int],
    sizes: Triple,
) -> FloatArray:
    """The rest of the map summary: means over the molecule, the radial spectrum, the voxel size and the box.

    Args:
        power: (bands,), mean energy over the molecule.
        magnitude: (bands,), mean smoothed magnitude over it.
        together: (pairs,), mean relative concurrence over it.
        radial: (shells,), the whole map's spectrum.
        reference: the amplitude that is the unit of all amplitudes.
        shape: the coarse grid's (z, y, x).
        sizes: the map's voxel size, Å (z, y, x).

    Returns:
        The numbers.
    """
    even = np.divide(magnitude, np.sqrt(power), out=np.full(len(power), spectra.NOISE_EVENNESS), where=power > 0)
    return np.concatenate(
        [
            scaled(_logarithm(power, reference)),
            _relative_evenness(even),
            together,
            scaled(_logarithm(radial, reference)),
            [2 * np.log(max(sizes)), np.log(np.prod(shape, dtype=float)) - 10],
        ]
    )
