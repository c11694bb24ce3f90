"""The inputs of CryoRes' network cell by cell, for maps whose features at all places would take too much memory.

The features of a place need numbers of the whole map, so all cells are computed twice: first for these numbers, then
for the network.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepreslib.fourier.arrays import FloatArray, IntArray, Shape
from deepreslib.fourier.spectra import APART, BANDS
from deepreslib.fourier.spectrum_cells import SpectrumCells
from deepreslib.networks.cryores_features import (
    DENSITY_SMOOTHING,
    SAMPLED,
    WIDER,
    LocalFeatures,
    Means,
    Zone,
    assembled,
    density_channels,
    density_levels,
    known_share,
    radial_energies,
    relative_concurrence,
    summary_numbers,
)
from deepreslib.networks.cryores_region import Region

PLACES_READ = 3_000_000
"""Places of a cell and its margin, at most about."""

MARGIN = 22
"""Places read on each side of a cell: as far as the wider smoothing reaches."""


@dataclass(frozen=True)
class Cell:
    """Places that reach through the whole map along x; the first of each axis is even.

    Attributes:
        z: the places along z.
        y: along y.
    """

    z: slice
    y: slice


@dataclass(frozen=True, eq=False)
class _Measured:
    """A cell as it is before the numbers of the whole map are known.

    Attributes:
        features: of the cell with its margin, in the map's units.
        smoothed: for each of ``DENSITY_SMOOTHING`` the density there.
        z: where the cell's own places are in it, along z.
        y: along y.
    """

    features: LocalFeatures
    smoothed: list[FloatArray]
    z: slice
    y: slice


class FeatureCells:
    """The network's inputs for one map.

    Attributes:
        shape: the coarse grid's (z, y, x).
        cells: all cells, which together have all places.
        summary: float32 (``SUMMARY``,), the map summary.
        thinned: float32 (1, 1, places, ``FEATURES``), the features of places all over the map.
    """

    def __init__(self, region: Region, workers: int, pooled: int, places: int = PLACES_READ) -> None:
        """Computes the numbers of the whole map.

        Args:
            region: the part of the map that is looked at.
            workers: threads of the Fourier transforms, -1 for all.
            pooled: about how many places ``thinned`` has.
            places: about how many places are read for a cell, at most.
        """
        self._region, self._radial = region, radial_energies(region, workers)
        self._spectra = SpectrumCells(region.data, region.sizes, workers, region.valid)
        self.shape: Shape = self._spectra.places
        across = math.isqrt(places // self.shape[2])
        edge = max(across - 2 * MARGIN, 8) // 2 * 2
        sides = [[slice(n, min(n + edge, count)) for n in range(0, count, edge)] for count in self.shape[:2]]
        self.cells = [Cell(z, y) for z, y in itertools.product(*sides)]
        self._survey(pooled)

    def features(self, cell: Cell, places: int) -> Iterator[FloatArray]:
        """The features of a cell's places and of those one beyond its ends, which interpolation needs.

        Args:
            cell: one of ``cells``.
            places: about how many places are given at once, in whole planes.

        Returns:
            For some planes after the others float32 (planes, y, x, ``FEATURES``).
        """
        measured = self._measure(cell, beyond=1)
        inputs = measured.features
        density = density_channels(
            [channel[measured.z, measured.y] for channel in measured.smoothed], self._levels, self.reference
        )
        step = max(places // math.prod(density.shape[1:3]), 1)
        for start in range(0, len(density), step):
            channels = density[start : start + step]
            planes = slice(measured.z.start + start, measured.z.start + start + len(channels))
            wide = inputs.wide.planes(planes, inputs.shape)
            values = inputs.spectrum.energy[planes], inputs.spectrum.evenness[planes], *wide
            yield assembled([array[:, measured.y] for array in values], channels, self.reference)

    def _measure(self, cell: Cell, beyond: int = 0) -> _Measured:
        """Computes a cell with its margin, and so many places beyond its ends as places of the cell."""
        (z, inner_z), (y, inner_y) = (
            _widened(side, beyond, count) for side, count in zip((cell.z, cell.y), self.shape, strict=False)
        )
        spectrum = self._spectra.spectrum(z, y)
        smoothed = [self._spectra.smooth(z, y, smoothing) for smoothing in DENSITY_SMOOTHING]
        density = np.broadcast_to(np.float32(0), (*spectrum.energy.shape[:3], len(DENSITY_SMOOTHING) + 1))
        features = LocalFeatures(np.zeros(0, np.float32), spectrum, spectrum.wider(WIDER), density, 1.0)
        return _Measured(features, smoothed, inner_z, inner_y)

    def _survey(self, pooled: int) -> None:
        """Computes what depends on all places."""
        count, bands = math.prod(self.shape), len(BANDS)
        zones = self._region.core, self._region.near, self._region.far
        steps = [max(int(zone.sum()) // SAMPLED, 1) for zone in zones]
        seen = [0, 0, 0]
        found: tuple[list[list[FloatArray]], ...] = ([], [], [])
        levels: list[tuple[list[FloatArray], list[FloatArray]]] = []
        power, magnitude, together = np.zeros(bands), np.zeros(bands), np.zeros(bands - APART)
        thinned: list[tuple[list[FloatArray], list[FloatArray]]] = []
        step, places, pairs = math.ceil((count / pooled) ** (1 / 3)), 0, 0
        for cell in self.cells:
            measured = self._measure(cell)
            z, y, inputs = measured.z, measured.y, measured.features
            energy, evenness = inputs.spectrum.energy[z, y], inputs.spectrum.evenness[z, y]
            for number, zone in enumerate(zones):
                here = np.flatnonzero(zone[cell.z, cell.y])
                chosen = here[-seen[number] % steps[number] :: steps[number]]
                seen[number] += len(here)
                found[number].append([array.reshape(-1, bands)[chosen] for array in (energy, evenness)])
            inside, outside = (zone[cell.z, cell.y] for zone in (zones[0], zones[2]))
            channels = [channel[z, y] for channel in measured.smoothed]
            levels.append(([channel[inside] for channel in channels], [channel[outside] for channel in channels]))

            for band in range(bands):  # one after the other, which takes less memory
                here = energy[..., band][inside]
                power[band] += here.sum(dtype=float)
                magnitude[band] += float(evenness[..., band][inside] @ np.sqrt(here).astype(float))
            places += int(inside.sum())
            coarse = inside[::2, ::2, ::2]
            wide = tuple(slice(s.start // 2, s.start // 2 + n) for s, n in zip((z, y), coarse.shape, strict=False))
            concurrence = inputs.wide.concurrence[wide][:, :, : coarse.shape[2]][coarse]
            pairs += len(concurrence)
            together = together + relative_concurrence(concurrence).sum(axis=0, dtype=float)
            thinned += self._thinned(measured, cell, step)

        means = Means(power / max(places, 1), magnitude / max(places, 1))
        self.reference, known = means.reference, known_share(self._region, self._region.far)
        self._levels = []
        for channel in range(len(DENSITY_SMOOTHING)):
            within, beyond = (np.concatenate([level[zone][channel] for level in levels]) for zone in (0, 1))
            self._levels.append(density_levels(within, beyond, known))
        spectra = [Zone(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True))) for parts in found]
        self.summary = summary_numbers(spectra, means, together / max(pairs, 1), self._radial, self._region)
        values = [np.concatenate(arrays) for arrays in zip(*(here for here, _ in thinned), strict=True)]
        smoothed = [np.concatenate(arrays) for arrays in zip(*(here for _, here in thinned), strict=True)]
        density = density_channels(smoothed, self._levels, self.reference)
        self.thinned = assembled(values, density, self.reference)[None, None]

    @staticmethod
    def _thinned(measured: _Measured, cell: Cell, step: int) -> list[tuple[list[FloatArray], list[FloatArray]]]:
        """What every ``step``-th place along each axis has, of the places in a cell: measures and smoothed density."""

        def chosen(side: slice, inner: slice) -> IntArray:
            numbers = np.arange(side.start, side.stop)
            return np.flatnonzero(numbers % step == step // 2) + inner.start

        inputs, z = measured.features, chosen(cell.z, measured.z)
        y, x = chosen(cell.y, measured.y), np.arange(step // 2, inputs.shape[2], step)
        found = []
        for plane in z.tolist():
            wide = inputs.wide.planes([plane], inputs.shape)
            values = inputs.spectrum.energy[[plane]], inputs.spectrum.evenness[[plane]], *wide
            here = [array[0][np.ix_(y, x)].reshape(len(y) * len(x), array.shape[-1]) for array in values]
            found.append((here, [channel[plane][np.ix_(y, x)].ravel() for channel in measured.smoothed]))
        return found


def _widened(side: slice, beyond: int, count: int) -> tuple[slice, slice]:
    """A cell's side with its margin, among ``count`` places, and where its own places and those beyond are in it."""
    start, stop = max(side.start - MARGIN, 0), min(side.stop + beyond + MARGIN, count)
    return slice(start, stop), slice(side.start - start, min(side.stop + beyond, count) - start)
