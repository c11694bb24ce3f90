"""What CryoRes' network sees of a map: local spectra and density around each place, and a summary of the whole.

Everything is looked at from two distances: in the local spectrum itself, and smoothed further, about as far as the
windows of a local FSC reach. So a place needs no neighbours, and the network works on each alone. Smoothed yet further,
by 22 Å, spectra told no more of simulated maps and misled on the experimental one of beta-galactosidase.
"""

from dataclasses import dataclass

import numpy as np

from deepreslib.fourier import spectra
from deepreslib.fourier.grid import voxel_triple

FLOOR = -4.0
"""Logarithm of amplitudes at which nothing is told apart any more; also that of bands beyond Nyquist's frequency."""

WIDER = 9.0
"""SD of the further smoothing of the local spectrum, Å."""

DENSITY_SMOOTHING = (2.5, 5.0, 12.0)
"""SD of the smoothing of the density, Å."""

PERCENTILES = (2, 10, 30, 50, 70, 90, 99)
"""Percentiles over the map of each band's energy."""

EVENNESS_PERCENTILES = (10, 50, 90)
"""Percentiles over the map of each band's evenness."""

SAMPLED = 30_000
"""Percentiles are taken of about so many places, evenly spread."""

_BANDS, _PAIRS = len(spectra.BANDS), len(spectra.BANDS) - spectra.APART
_WIDE = 2 * _BANDS + _PAIRS
_WHOLE = (len(PERCENTILES) + len(EVENNESS_PERCENTILES)) * _BANDS
_RADIAL = _WHOLE + _WIDE

_KINDS = (_BANDS, _BANDS, _BANDS, _BANDS, _PAIRS, len(DENSITY_SMOOTHING) + 1)

FEATURES = sum(_KINDS)
"""Features of a place: energy and evenness of the bands, both and concurrence of the wider bands; density."""

FEATURE_KINDS = tuple(slice(stop - size, stop) for size, stop in zip(_KINDS, np.cumsum(_KINDS), strict=True))
"""Features of one kind, in the order of ``FEATURES``."""

FEATURE_AMPLITUDES = (FEATURE_KINDS[0], FEATURE_KINDS[2])
"""Features that are amplitudes of the bands, as logarithms: the energy, and the wider one."""

SUMMARY = _RADIAL + len(spectra.SHELLS) + 2
"""Numbers of a map's summary."""

SUMMARY_PERCENTILES = slice(0, len(PERCENTILES) * _BANDS)
SUMMARY_AMPLITUDES = slice(_WHOLE, _WHOLE + _BANDS)
SUMMARY_RADIAL = slice(_RADIAL, _RADIAL + len(spectra.SHELLS))
"""Numbers of the summary that are amplitudes, as logarithms: percentiles of each band over the map, the molecule's of
each band, and the radial spectrum's of each shell."""


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Inputs of the network for one map, on the grid of ``spectra.GRID``, whose voxel (0, 0, 0) is the map's.

    Attributes:
        summary: float32 (numbers,), the whole map.
        spectrum: the map's ``LocalSpectrum``.
        wide: the ``WideSpectrum``.
        density: float32 (z, y, x, 4).
        reference: amplitude that others are told in units of.
    """

    summary: np.ndarray
    spectrum: spectra.LocalSpectrum
    wide: spectra.WideSpectrum
    density: np.ndarray
    reference: float

    @property
    def shape(self):
        """The grid's (z, y, x)."""
        return self.density.shape[:3]

    def planes(self, chosen=slice(None)):
        """Features of planes along z, a slice or indices: float32 (planes, y, x, features). All at once are large."""
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
    reference = float(np.sqrt(np.percentile(spectrum.energy.sum(axis=-1), 99))) + 1e-20
    wide = spectrum.wider(WIDER)
    density = _densities(np.asarray(data, np.float32), sizes, spectrum.energy.shape[:3], reference)
    numbers = [_percentiles(spectrum, reference), _whole(spectrum, wide.concurrence, reference, sizes)]
    return LocalFeatures(np.concatenate(numbers).astype(np.float32), spectrum, wide, density, reference)


def scaled(amplitude):
    """Logarithms (10) of amplitudes as the network is given them."""
    return 1 + 0.5 * amplitude


def unscaled(value):
    """Logarithms (10) of amplitudes from what the network is given."""
    return 2 * (value - 1)


def _logarithm(energy, reference):
    """Logarithm (10) of amplitudes in units of the reference, at least ``FLOOR``."""
    return 0.5 * np.log10(energy / reference**2 + 10 ** (2 * FLOOR))


def _relative_evenness(evenness):
    return 5 * (evenness - spectra.NOISE_EVENNESS)


def _relative_concurrence(concurrence):
    return np.clip(3 * concurrence, -1, 4)


def _densities(data, sizes, shape, reference):
    """The density (z, y, x, 4): at three smoothings between the map's extremes, and the first in units of its power."""
    found = []
    for smoothing in DENSITY_SMOOTHING:
        density = spectra.smooth(data, sizes, shape, smoothing)
        low, middle, high = np.percentile(density, (1, 50, 99.5))
        found.append((density - middle) / max(high - middle, middle - low, 1e-20))
        if smoothing == DENSITY_SMOOTHING[0]:
            found.append(np.clip(density / reference, -3, 3))
    return np.stack(found, axis=-1)


def _percentiles(spectrum, reference):
    """Percentiles of amplitudes and evenness over the map, band by band, on the features' scales."""
    energy, evenness = (each.reshape(-1, each.shape[-1]) for each in (spectrum.energy, spectrum.evenness))
    step = max(len(energy) // SAMPLED, 1)
    energy, evenness = (np.ascontiguousarray(each[::step].T) for each in (energy, evenness))
    amplitude = np.percentile(_logarithm(energy, reference), PERCENTILES, axis=1)
    evenness = np.percentile(evenness, EVENNESS_PERCENTILES, axis=1)
    return np.concatenate([scaled(amplitude).ravel(), _relative_evenness(evenness).ravel()])


def _whole(spectrum, concurrence, reference, sizes):
    """Means over the molecule, roughly: each place weighted by its energy; the radial spectrum; voxel and box."""
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
