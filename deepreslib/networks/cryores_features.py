"""The inputs of CryoRes' network: features of each place of a map, and a summary of the whole map.

A place is a voxel of a coarse grid (``spectra.GRID``). Its features are the local spectrum and the density around it,
smoothed over two distances: that of the local spectrum itself, and a wider one, about the reach of the windows of a
local FSC. These already include the surroundings, so the network needs no neighbouring places: it takes each place
alone. Spectra smoothed by 22 Å were tried too: they improved nothing on simulated maps, and misled the network on the
experimental map of beta-galactosidase.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy.ndimage

from deepreslib.fourier import spectra
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Shape
from deepreslib.networks.cryores_region import Region

_Values = TypeVar("_Values", float, FloatArray)

FLOOR = -4.0
"""log10 of the smallest amplitude, in units of the reference. Smaller amplitudes, and those of bands beyond the Nyquist
frequency, come out as about this."""

WIDER = 9.0
"""SD of the wider smoothing of the local spectrum, Å."""

SOFT = 4.0
"""Å, SD of the Gaussian that softens the edges of the zones whose spectra are taken as a whole."""

DENSITY_SMOOTHING = (2.5, 5.0, 12.0)
"""SD of each smoothing of the density, Å."""

INSIDE, OUTSIDE = (10, 50, 90, 98), (10, 50, 90)
"""Percentiles of each band's energy that the summary holds: over the molecule, found roughly, and over each of the two
zones around it (``cryores_region``)."""

EVENNESS_INSIDE, EVENNESS_OUTSIDE = (10, 50, 90), (50,)
"""Percentiles of each band's evenness that the summary holds: over the molecule and over the farther zone."""

SAMPLED = 30_000
"""Percentiles are taken of about this many places of each zone, evenly spaced."""

KNOWN = (0.03, 0.15)
"""A zone around the molecule is known to the degree to which its size, in units of the molecule's, has risen from the
first number to the second. As far as the farther zone is not known, the low numbers of the nearer one stand in its
place; as far as that is not known either, those of an empty map do."""

_BANDS, _PAIRS = len(spectra.BANDS), len(spectra.BANDS) - spectra.APART
_SHELLS = len(spectra.SHELLS)
_AT_ONCE = 1 << 25
_AMPLITUDES = (len(INSIDE) + 2 * len(OUTSIDE)) * _BANDS
_WHOLE = _AMPLITUDES + (len(EVENNESS_INSIDE) + len(EVENNESS_OUTSIDE)) * _BANDS
_RADIAL = _WHOLE + 2 * _BANDS + _PAIRS

_KINDS = (_BANDS, _BANDS, _BANDS, _BANDS, _PAIRS, len(DENSITY_SMOOTHING) + 1)

FEATURES = sum(_KINDS)
"""Number of features of a place."""

FEATURE_KINDS = tuple(slice(stop - size, stop) for size, stop in zip(_KINDS, np.cumsum(_KINDS), strict=True))
"""The features of each kind, in this order: energy and evenness of the bands, wider energy, wider evenness, concurrence
of pairs of bands, density."""

FEATURE_AMPLITUDES = (FEATURE_KINDS[0], FEATURE_KINDS[2])
"""The features that are logarithms of amplitudes of the bands: the energy and the wider energy."""

SUMMARY = _RADIAL + 2 * _SHELLS + 5
"""Number of numbers in a map summary."""

SUMMARY_PERCENTILES = slice(0, _AMPLITUDES)
"""The part of a map summary that holds percentiles of each band's amplitude in each zone, as logarithms."""

SUMMARY_NOISE = slice((len(INSIDE) + len(OUTSIDE) + 1) * _BANDS, (len(INSIDE) + len(OUTSIDE) + 2) * _BANDS)
"""The part that holds the median of each band's amplitude in the farther zone: that of the noise, if there is any."""

SUMMARY_AMPLITUDES = slice(_WHOLE, _WHOLE + _BANDS)
"""The part that holds each band's amplitude in the molecule, as logarithms."""

SUMMARY_RADIAL = slice(_RADIAL, _RADIAL + 2 * _SHELLS)
"""The part that holds the amplitude of each shell of the spectrum of the molecule and of its surroundings, as
logarithms."""


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """The inputs of the network for one map, on the coarse grid, which begins at the first voxel of the region's box.

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


def local_features(region: Region, workers: int = -1) -> LocalFeatures:
    """The network's inputs; multiplying the map by a number does not change them.

    Args:
        region: the part of the map that is looked at.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        A ``LocalFeatures``.
    """
    radial = radial_energies(region, workers)
    spectrum = spectra.local_spectrum(region.data, region.sizes, workers, region.valid)
    wide = spectrum.wider(WIDER)
    values, shape = region.data[region.valid], region.places
    smoothed = [spectra.smooth(values, region.sizes, shape, smoothing) for smoothing in DENSITY_SMOOTHING]

    zones, core = [], np.flatnonzero(region.core)
    for zone in (region.core, region.near, region.far):
        places = np.flatnonzero(zone)
        places = places[:: max(len(places) // SAMPLED, 1)]
        zones.append(Zone(*(array.reshape(-1, _BANDS)[places] for array in (spectrum.energy, spectrum.evenness))))
    means = Means.of(spectrum.energy.reshape(-1, _BANDS)[core], spectrum.evenness.reshape(-1, _BANDS)[core])
    together = _mean_concurrence(wide, region.core)
    known = known_share(region, region.far)
    levels = [density_levels(channel[region.core], channel[region.far], known) for channel in smoothed]
    numbers = summary_numbers(zones, means, together, radial, region)
    density = density_channels(smoothed, levels, means.reference)
    return LocalFeatures(numbers, spectrum, wide, density, means.reference)


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


@dataclass(frozen=True, eq=False)
class Zone:
    """The spectra of some places of a zone.

    Attributes:
        energy: (places, bands).
        evenness: (places, bands).
    """

    energy: FloatArray
    evenness: FloatArray


@dataclass(frozen=True, eq=False)
class Means:
    """Mean spectra over the molecule.

    Attributes:
        power: (bands,), mean energy.
        magnitude: (bands,), mean smoothed magnitude.
    """

    power: FloatArray
    magnitude: FloatArray

    @classmethod
    def of(cls, energy: FloatArray, evenness: FloatArray) -> "Means":
        """The means over places (places, bands)."""
        if not len(energy):
            return cls(np.zeros(_BANDS), np.zeros(_BANDS))
        magnitude = [float((evenness[:, band] * np.sqrt(energy[:, band])).mean(dtype=float)) for band in range(_BANDS)]
        return cls(energy.mean(axis=0, dtype=float), np.array(magnitude))

    @property
    def reference(self) -> float:
        """The root of the mean energy of all bands: the amplitude that is the unit of all amplitudes."""
        return float(np.sqrt(self.power.sum())) + 1e-20


def known_share(region: Region, zone: BoolArray) -> float:
    """How well a zone around the molecule is known, 0 to 1."""
    low, high = KNOWN
    return float(np.clip((zone.sum() / max(region.core.sum(), 1) - low) / (high - low), 0, 1))


def density_levels(inside: FloatArray, outside: FloatArray, known: float) -> tuple[float, float]:
    """Two levels of smoothed density, which scale it: that of the surroundings and a high one of the molecule.

    Args:
        inside: (n,), smoothed density at places of the molecule.
        outside: (m,), at places of the farther zone.
        known: how well that zone is known, 0 to 1; otherwise the low density of the molecule is taken.

    Returns:
        The levels.
    """
    if not len(inside):
        return 0.0, 0.0
    low, high = np.percentile(inside, (5, 99)).tolist()
    return (known * float(np.median(outside)) + (1 - known) * low if len(outside) else low), high


def density_channels(
    smoothed: Sequence[FloatArray], levels: Sequence[tuple[float, float]], reference: float
) -> FloatArray:
    """The density at places, (..., 4).

    Channels 0, 2 and 3: the density at each smoothing, less the level of the surroundings, in units of the high level's
    distance from there. Channel 1: the first smoothing less that level in units of the reference. All are limited.

    Args:
        smoothed: for each of ``DENSITY_SMOOTHING`` the density (...).
        levels: of each the whole map's ``density_levels``.
        reference: the amplitude that is the unit of all amplitudes.

    Returns:
        float32 (..., 4).
    """
    channels = []
    for density, (low, high) in zip(smoothed, levels, strict=True):
        channels.append((density - np.float32(low)) / np.float32(max(high - low, 1e-20)))
    channels.insert(1, (smoothed[0] - np.float32(levels[0][0])) / np.float32(reference))
    return np.clip(np.stack(channels, axis=-1), -3, 3)


def summary_numbers(
    zones: Sequence[Zone], means: Means, together: FloatArray, radial: Sequence[FloatArray], region: Region
) -> FloatArray:
    """The map summary.

    Args:
        zones: of the molecule and the two zones around it.
        means: over the molecule.
        together: (pairs,), mean relative concurrence over it.
        radial: the spectra of the molecule and of its surroundings, each (shells,).
        region: the part of the map that is looked at.

    Returns:
        float32 (``SUMMARY``,).
    """
    inside, near, far = zones
    unit, nearer, farther = means.reference, known_share(region, region.near), known_share(region, region.far)

    def amplitudes(zone: Zone, percentiles: Sequence[int], instead: float | FloatArray, known: float) -> FloatArray:
        if not len(zone.energy):
            return np.full((len(percentiles), _BANDS), instead)
        return known * np.percentile(_logarithm(zone.energy, unit), percentiles, axis=0) + (1 - known) * instead

    around = amplitudes(near, OUTSIDE, FLOOR, nearer)
    beyond = amplitudes(far, OUTSIDE, around[0], farther)
    numbers = [scaled(values).ravel() for values in (amplitudes(inside, INSIDE, FLOOR, 1.0), around, beyond)]
    for zone, percentiles, known in ((inside, EVENNESS_INSIDE, 1.0), (far, EVENNESS_OUTSIDE, farther)):
        evenness = np.full((len(percentiles), _BANDS), spectra.NOISE_EVENNESS)
        if len(zone.evenness):
            evenness = known * np.percentile(zone.evenness, percentiles, axis=0) + (1 - known) * evenness
        numbers.append(_relative_evenness(evenness).ravel())
    even = np.full(_BANDS, spectra.NOISE_EVENNESS)
    np.divide(means.magnitude, np.sqrt(means.power), out=even, where=means.power > 0)
    numbers += [scaled(_logarithm(means.power, unit)), _relative_evenness(even), together]
    numbers += [scaled(_logarithm(spectrum, unit)) for spectrum in radial]
    size = np.log(max(region.core.sum(), 1)) - 7
    numbers.append(np.array([2 * np.log(max(region.sizes)), size, nearer, farther, region.open_faces / 3]))
    return np.concatenate(numbers).astype(np.float32)


def radial_energies(region: Region, workers: int = -1) -> tuple[FloatArray, FloatArray]:
    """The spectra of the molecule and of its surroundings, each in a soft mask, (shells,).

    Args:
        region: the part of the map that is looked at.
        workers: threads of the Fourier transforms, -1 for all.
    """

    def softened(zone: BoolArray) -> FloatArray:
        soft: FloatArray = scipy.ndimage.gaussian_filter(zone.astype(np.float32), SOFT / spectra.GRID, mode="nearest")
        for axis, count in enumerate(soft.shape):  # 0 at the faces, which the Fourier transform takes for neighbours
            distance = spectra.GRID * np.minimum(np.arange(count), np.arange(count)[::-1])
            ramp = np.clip(distance / (2 * SOFT), 0, 1).astype(np.float32)
            soft *= ramp.reshape([-1 if other == axis else 1 for other in range(3)])
        return soft

    around = softened(region.near | region.far) * ~region.core  # nothing of the molecule
    return _radial(region, softened(region.core), workers), _radial(region, around, workers)


def _radial(region: Region, mask: FloatArray, workers: int) -> FloatArray:
    """The spectrum of a region (shells,) in a soft mask (z, y, x) on the coarse grid."""
    part = region.data[region.valid].copy()
    along_z, along_y, along_x = (
        _linear(count, size, places) for count, size, places in zip(part.shape, region.sizes, mask.shape, strict=True)
    )
    planes = np.tensordot(along_z, mask, axes=1)
    soft = [along_y @ plane @ along_x.T for plane in planes] if part.size <= _AT_ONCE else None

    def masks() -> Iterable[FloatArray]:  # made anew for a large map, which takes less memory
        return (along_y @ plane @ along_x.T for plane in planes) if soft is None else soft

    total = squares = product = 0.0
    for plane, weights in zip(part, masks(), strict=True):
        total += float(weights.sum(dtype=float))
        squares += float(np.square(weights).sum(dtype=float))
        product += float((plane * weights).sum(dtype=float))
    if squares < 1:
        return np.zeros(_SHELLS)
    for plane, weights in zip(part, masks(), strict=True):
        plane -= np.float32(product / total)
        plane *= weights
    return spectra.radial_energy(part, region.sizes, squares, workers)


def _linear(count: int, size: float, places: int) -> FloatArray:
    """float32 (count, places): linear interpolation at voxels between the places of the coarse grid."""
    offset = np.arange(count)[:, None] * (size / spectra.GRID) - np.arange(places)
    return np.maximum(1 - abs(offset), 0).astype(np.float32)


def _mean_concurrence(wide: spectra.WideSpectrum, core: BoolArray) -> FloatArray:
    """Mean concurrence over the molecule, as the network gets it, (pairs,)."""
    here = core[::2, ::2, ::2]  # the places of the wide grid
    z, y, x = here.shape
    concurrence = wide.concurrence[:z, :y, :x][here]
    if not len(concurrence):
        return np.zeros(_PAIRS)
    return relative_concurrence(concurrence).mean(axis=0, dtype=float)
