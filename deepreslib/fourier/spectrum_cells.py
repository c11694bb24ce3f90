"""The local spectrum of a map cell by cell, for maps whose spectrum at all places would take too much memory.

A band-passed map is the inverse Fourier transform of a part of the map's transform. Along z and y this transform is a
matrix product, which can be made for a few planes and rows alone. So a cell has the same spectrum as in the whole map.
"""

import math

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import Box, ComplexArray, FloatArray, IntArray, Shape, Triple, VoxelSize
from deepreslib.fourier.grid import lowest_coefficients, voxel_triple
from deepreslib.fourier.slabs import slabs
from deepreslib.fourier.spectra import (
    BANDS,
    NOISE_EVENNESS,
    RATIO,
    LocalSpectrum,
    band_gaussians,
    band_grid,
    band_weights,
    box_shape,
    coarse_shape,
    filled_bands,
    gaussians,
    whole,
)

_LEAST_ENERGY = 1e-12
_AT_ONCE = 1 << 22


class SpectrumCells:
    """Computes the local spectrum of a map in cells of the coarse grid, which reach through the whole map along x.

    Attributes:
        places: the coarse grid's shape.
    """

    def __init__(
        self, data: FloatArray, voxel_size: VoxelSize, workers: int | None = -1, valid: Box | None = None
    ) -> None:
        """Transforms the map, which takes the memory of another map for as long as the object lives.

        Args:
            data: float32 (z, y, x).
            voxel_size: Å, a number or (z, y, x).
            workers: threads of the Fourier transforms, -1 for all.
            valid: the voxels that count, as in ``spectra.local_spectrum``; None for all.
        """
        self._valid = whole(data.shape) if valid is None else valid
        self._data, self._shape, self._workers = data[self._valid], data.shape, workers
        self._sizes = voxel_triple(voxel_size)
        self._spectrum = scipy.fft.rfftn(data, workers=workers)
        mean = sum(float(plane.sum(dtype=float)) for plane in data) / data.size
        self._variance = sum(float(np.square(plane - mean, dtype=float).sum()) for plane in data) / data.size
        self.places: Shape = coarse_shape(box_shape(self._valid), self._sizes)

    def spectrum(self, z: slice, y: slice) -> LocalSpectrum:
        """The local spectrum of a cell.

        Args:
            z: its places along z.
            y: along y.

        Returns:
            The spectrum at its places.
        """
        shape = (z.stop - z.start, y.stop - y.start, self.places[2], len(BANDS))
        energy, evenness = np.zeros(shape, np.float32), np.full(shape, NOISE_EVENNESS, np.float32)
        for band in filled_bands(self._sizes):
            magnitude, energy[..., band] = self._moments(band, z, y)
            filled = energy[..., band] > _LEAST_ENERGY * self._variance
            evenness[filled, band] = magnitude[filled] / np.sqrt(energy[filled, band])
        return LocalSpectrum(energy, evenness)

    def smooth(self, z: slice, y: slice, smoothing: float) -> FloatArray:
        """The density of a cell smoothed by a Gaussian.

        Args:
            z: its places along z.
            y: along y.
            smoothing: the Gaussian's SD, Å.

        Returns:
            float32 (z, y, x), at its places.
        """
        along_z, along_y, along_x = (
            gaussians(count, size, places, smoothing)
            for count, size, places in zip(self._data.shape, self._sizes, self.places, strict=True)
        )
        along_z, planes = _used(along_z[z])
        along_y, rows = _used(along_y[y])
        return _smoothed(self._data[planes, rows], along_z, along_y, along_x)

    def _moments(self, band: int, z: slice, y: slice) -> tuple[FloatArray, FloatArray]:
        """Smoothed magnitude and smoothed square of the band-passed map at the places of a cell."""
        shape, sizes = band_grid(self._shape, self._sizes, band)
        weights = band_gaussians(shape, sizes, band, self._sizes, self._valid)
        (along_z, planes), (along_y, rows) = _used(weights[0][z]), _used(weights[1][y])
        passed = self._passed(band, shape, sizes, planes, rows)
        magnitude = _smoothed(np.abs(passed, out=passed), along_z, along_y, weights[2])
        return magnitude, _smoothed(np.square(passed, out=passed), along_z, along_y, weights[2])

    def _passed(self, band: int, shape: Shape, sizes: Triple, planes: slice, rows: slice) -> FloatArray:
        """Some planes and rows of the band-passed map on its grid."""
        end = float(BANDS[band]) * RATIO
        z_source, z, z_waves = _axis(self._shape[0], shape[0], sizes[0], end, planes)
        y_source, y, y_waves = _axis(self._shape[1], shape[1], sizes[1], end, rows)
        x = np.fft.rfftfreq(shape[2], sizes[2]).astype(np.float32)
        x = x[x < end]
        scale = np.float32(math.prod(shape) / math.prod(self._shape))
        partly = np.empty((len(z_waves), len(y), len(x)), np.complex64)
        step = max(_AT_ONCE // (len(z) * len(x)), 1)
        for start in range(0, len(y), step):
            part = slice(start, start + step)
            frequency = np.sqrt(np.square(z)[:, None, None] + np.square(y[part])[:, None] + np.square(x))
            chosen = self._spectrum[z_source[:, None], y_source[part], : len(x)]
            chosen *= scale * band_weights(frequency, band)
            partly[:, part] = (z_waves @ chosen.reshape(len(z), -1)).reshape(len(z_waves), -1, len(x))
        lines: ComplexArray = y_waves @ partly
        del partly
        passed = np.empty((*lines.shape[:2], shape[2]), np.float32)
        for slab in slabs(passed.shape):  # some planes at once, which takes less memory
            passed[slab] = scipy.fft.irfft(lines[slab], shape[2], workers=self._workers)
        return passed


def _axis(count: int, new: int, size: float, end: float, chosen: slice) -> tuple[IntArray, FloatArray, ComplexArray]:
    """The coefficients of a band along an axis.

    Args:
        count: voxels of the map along it.
        new: voxels of the band's grid.
        size: of these, Å.
        end: the band's highest frequency, 1/Å.
        chosen: voxels of the band's grid.

    Returns:
        where the coefficients are in the map's transform; their frequencies, float32, 1/Å; and the matrix of the
        inverse transform, complex64 (chosen voxels, coefficients).
    """
    frequency = np.fft.fftfreq(new, size).astype(np.float32)
    inside = np.flatnonzero(abs(frequency) < end)
    turns = np.outer(np.arange(chosen.start, chosen.stop), inside) % new / new
    waves = (np.exp(2j * np.pi * turns) / new).astype(np.complex64)
    return lowest_coefficients(count, new)[inside], frequency[inside], waves


def _used(weights: FloatArray) -> tuple[FloatArray, slice]:
    """The columns of weights (places, voxels) that are not 0, and which they are."""
    used = np.flatnonzero(weights.any(axis=0))
    span = slice(int(used[0]), int(used[-1]) + 1)
    return weights[:, span], span


def _smoothed(values: FloatArray, z: FloatArray, y: FloatArray, x: FloatArray) -> FloatArray:
    """Values (z, y, x) with weights (places, voxels) applied along each axis."""
    along_x = y @ (values @ x.T)
    return (z @ along_x.reshape(len(values), -1)).reshape(len(z), len(y), len(x))
