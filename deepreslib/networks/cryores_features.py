"""The inputs of CryoRes' network: features of each place of a map, and a summary of the whole map.

A place is a voxel of a coarse grid (``spectra.GRID``). Its features are the local spectrum and the density around it,
smoothed over two distances: that of the local spectrum itself, and a wider one, about the reach of the windows of a
local FSC. These already include the surroundings, so the network needs no neighbouring places: it takes each place
alone. Spectra smoothed by 22 Å were tried too: they improved nothing on simulated maps, and misled the network on the
experimental map of beta-galactosidase.
"""

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
        wide_energy, wide_evenness, concurrence = self.wide.planes(chosen, self.shape)
        features = [
            scaled(_logarithm(self.spectrum.energy[chosen], self.reference)),
            _relative_evenness(self.spectrum.evenness[chosen]),
            scaled(_logarithm(wide_energy, self.reference)),
            _relative_evenness(wide_evenness),
            _relative_concurrence(concurrence),
            self.density[chosen],
        ]
        return np.concatenate(features, axis=-1, dtype=np.float32)


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
    density = _densities(np.asarray(data, np.float32), sizes, spectra.coarse_shape(data.shape, sizes), reference)
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


def _relative_concurrence(concurrence: FloatArray) -> FloatArray:
    return np.clip(3 * concurrence, -1, 4)


def _densities(data: FloatArray, sizes: Triple, shape: Shape, reference: float) -> FloatArray:
    """The density at each place, (z, y, x, 4).

    Channels 0, 2 and 3: the density at each smoothing, less its median, divided by the greater distance from there to
    the percentiles 1 and 99.5. Channel 1: the first smoothing in units of the reference, limited to ±3.
    """
    channels = []
    for smoothing in DENSITY_SMOOTHING:
        density = spectra.smooth(data, sizes, shape, smoothing)
        low, middle, high = np.percentile(density, (1, 50, 99.5))
        channels.append((density - middle) / max(high - middle, middle - low, 1e-20))
        if smoothing == DENSITY_SMOOTHING[0]:
            channels.append(np.clip(density / reference, -3, 3))
    return np.stack(channels, axis=-1)


def _percentiles(spectrum: spectra.LocalSpectrum, reference: float) -> FloatArray:
    """Percentiles of amplitude and evenness over the map, band by band, scaled as the features are."""
    energy, evenness = (values.reshape(-1, values.shape[-1]) for values in (spectrum.energy, spectrum.evenness))
    step = max(len(energy) // SAMPLED, 1)
    energy, evenness = (np.ascontiguousarray(values[::step].T) for values in (energy, evenness))
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
    magnitude = weight @ (evenness * np.sqrt(energy))
    even = np.divide(magnitude, np.sqrt(power), out=np.full(bands, spectra.NOISE_EVENNESS), where=power > 0)
    coarse = weight.reshape(shape)[::2, ::2, ::2]  # the places of the wide grid
    concurrence = concurrence[tuple(map(slice, coarse.shape))]
    together = _relative_concurrence(concurrence).reshape(coarse.size, -1)
    return np.concatenate(
        [
            scaled(_logarithm(power, reference)),
            _relative_evenness(even),
            np.average(together, axis=0, weights=coarse.ravel() + 1e-20),
            scaled(_logarithm(spectrum.radial, reference)),
            [2 * np.log(max(sizes)), np.log(np.prod(shape, dtype=float)) - 10],
        ]
    )
