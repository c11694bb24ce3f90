"""The local spectrum of a map: at every place of a coarse grid, how strong the map is in each band of frequencies.

A band's energy is the smoothed square of the band-passed map. Its evenness is the smoothed magnitude of the
band-passed map divided by the root of the energy: sqrt(2 / pi) for Gaussian noise, and less for density, which is
sparse. Two half maps show by their correlation up to which frequency there is signal. A single map shows it by energy
and evenness: noise fills the whole box with one spectrum, and a molecule stands out of it up to its resolution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from deepreslib.fourier.arrays import Box, ComplexArray, FloatArray, IntArray, Shape, Triple, VoxelSize
from deepreslib.fourier.grid import fast_length, lowest_coefficients, voxel_triple
from deepreslib.fourier.shells import sums_in_shells

GRID = 3.0
"""Å, the coarse grid's voxel size."""

WIDE_GRID = 2 * GRID
"""Å, voxel size of the wide grid, which holds spectra that are smoothed further."""

BANDS = np.geomspace(1 / 48.0, 1 / 1.3, 22)
"""Frequencies at which the bands are centred, 1/Å; a band reaches from the centre of the band before it to the centre
of the band after it."""

SHELLS = np.geomspace(1 / 60.0, 1 / 1.3, 66)
"""Frequencies at which the whole map's spectrum is given, 1/Å."""

SMOOTHING = (4.0, 0.4)
"""SD of the smoothing of a band: the first number, in Å, or the second, in periods of the band's centre, whichever is
longer."""

NOISE_EVENNESS = math.sqrt(2 / math.pi)
"""Evenness of Gaussian noise."""

RATIO = float(BANDS[1] / BANDS[0])
"""The centre of a band divided by that of the band before it."""

APART = 2
"""Bands whose numbers differ by this share no frequency."""

_LEAST_ENERGY = 1e-12
_LEAST_WEIGHT = 1e-9
_PLANES = 32


@dataclass(frozen=True)
class LocalSpectrum:
    """Energies on the coarse grid, which begins at the map's voxel (0, 0, 0).

    Attributes:
        energy: float32 (z, y, x, bands), in squared units of the map; 0 in bands beyond the map's Nyquist frequency.
        evenness: float32 (z, y, x, bands), 0 to 1.
    """

    energy: FloatArray
    evenness: FloatArray

    def wider(self, smoothing: float) -> "WideSpectrum":
        """The same spectrum smoothed further.

        Args:
            smoothing: SD of the Gaussian, Å.

        Returns:
            The spectrum on the wide grid.
        """
        shape, bands = self.energy.shape[:3], self.energy.shape[3]
        z, y, x = (gaussians(count, GRID, count // 2 + 1, smoothing, WIDE_GRID) for count in shape)
        energy = np.empty((len(z), len(y), len(x), bands), np.float32)
        evenness, concurrence = np.full_like(energy, NOISE_EVENNESS), np.zeros_like(energy[..., APART:])
        scale = np.float32(1 / max(float(self.energy.max()), 1e-30))  # squares of energies leave float32's range
        for band in range(bands):  # one after the other, which takes less memory
            here = np.ascontiguousarray(self.energy[..., band])
            energy[..., band] = wide = _along_axes(z, y, x, here)
            magnitude = _along_axes(z, y, x, self.evenness[..., band] * np.sqrt(here))
            evenness[..., band] = np.divide(magnitude, np.sqrt(wide), out=evenness[..., band], where=wide > 0)
            if band >= APART:
                products = _along_axes(z, y, x, scale * here * (scale * self.energy[..., band - APART]))
                expected = scale * wide * (scale * energy[..., band - APART])
                ratio = np.ones_like(products)
                np.divide(products, expected, out=ratio, where=(expected > 1e-30) & (products > 1e-30))
                concurrence[..., band - APART] = np.log10(ratio)
        return WideSpectrum(energy, evenness, concurrence)


@dataclass(frozen=True)
class WideSpectrum:
    """A local spectrum smoothed further, on the wide grid, which begins at the map's voxel (0, 0, 0).

    Attributes:
        energy: float32 (z, y, x, bands).
        evenness: float32 (z, y, x, bands), smoothed magnitude over the root of the energy.
        concurrence: float32 (z, y, x, bands - 2), whether bands are strong at the same places: log10 of (the mean
            product of two bands' energies / the product of their means). The two bands share no frequency, so it is 0
            for noise.
    """

    energy: FloatArray
    evenness: FloatArray
    concurrence: FloatArray

    def planes(self, chosen: slice | Sequence[int] | IntArray, shape: Sequence[int]) -> tuple[FloatArray, ...]:
        """Energy, evenness and concurrence on planes of the coarse grid, interpolated linearly.

        Args:
            chosen: planes along z, a slice or indices.
            shape: the coarse grid's (z, y, x).

        Returns:
            Three float32 arrays (planes, y, x, bands).
        """
        z, y, x = (_linear(count, wide) for count, wide in zip(shape, self.energy.shape[:3], strict=True))
        z = z[chosen]
        used = z.any(axis=0)
        everything = self.energy, self.evenness, self.concurrence
        return tuple(_along(z[:, used], y, x, values[used]) for values in everything)


def coarse_shape(shape: Sequence[int], voxel_size: VoxelSize) -> Shape:
    """The shape of the coarse grid that covers a map.

    Args:
        shape: the map's (z, y, x).
        voxel_size: Å, a number or (z, y, x).

    Returns:
        (z, y, x).
    """
    sizes = voxel_triple(voxel_size)
    z, y, x = (math.ceil((n - 1) * size / GRID) + 1 for n, size in zip(shape, sizes, strict=True))
    return z, y, x


def band_weights(frequency: npt.ArrayLike, band: int) -> FloatArray:
    """The transfer function of a band: 1 at its centre, falling as a squared cosine of log frequency; all sum to 1.

    Args:
        frequency: 1/Å, any shape.
        band: number of the band.

    Returns:
        float32 array of ``frequency``'s shape.
    """
    with np.errstate(divide="ignore"):
        position = np.log(np.asarray(frequency, np.float32) / np.float32(BANDS[band])) / np.float32(math.log(RATIO))
    return np.square(np.cos(np.pi / 2 * np.clip(position, -1, 1))).astype(np.float32)


def local_spectrum(
    data: FloatArray, voxel_size: VoxelSize, workers: int | None = -1, valid: Box | None = None
) -> LocalSpectrum:
    """The local spectrum of a map; it takes the memory of about three maps besides ``data``.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å, a number or (z, y, x).
        workers: threads of the Fourier transforms, -1 for all.
        valid: the voxels that count; the others only lead the map smoothly to its opposite face, as the Fourier
            transform repeats it. None for all.

    Returns:
        The spectrum on the coarse grid, which begins at the first voxel that counts.
    """
    sizes = voxel_triple(voxel_size)
    valid = whole(data.shape) if valid is None else valid
    coarse = coarse_shape(box_shape(valid), sizes)
    spectrum = scipy.fft.rfftn(np.asarray(data, np.float32), workers=workers)
    energy = np.zeros((*coarse, len(BANDS)), np.float32)
    evenness = np.full((*coarse, len(BANDS)), NOISE_EVENNESS, np.float32)
    greatest = 0.0
    for band in filled_bands(sizes):
        magnitude, square = _local_moments(spectrum, data.shape, sizes, band, valid, workers)
        greatest = max(greatest, float(square.max()))
        filled = square > _LEAST_ENERGY * max(greatest, _LEAST_ENERGY)
        energy[..., band] = square
        np.divide(magnitude, np.sqrt(square), out=evenness[..., band], where=filled)
    return LocalSpectrum(energy, evenness)


def radial_energy(data: FloatArray, voxel_size: VoxelSize, weight: float, workers: int | None = -1) -> FloatArray:
    """The mean energy of a map in each unit of the logarithm of the frequency.

    Between the map's own shells the logarithm of the power is interpolated linearly.

    Args:
        data: float32 (z, y, x), the map, perhaps multiplied by a soft mask.
        voxel_size: Å, a number or (z, y, x).
        weight: sum of the squared mask over the voxels; their number if there is none.
        workers: threads of the Fourier transform, -1 for all.

    Returns:
        float64 (shells,), at ``SHELLS``; 0 beyond the map's Nyquist frequency.
    """
    sizes = voxel_triple(voxel_size)
    spectrum = scipy.fft.rfftn(data, workers=workers)
    frequency, count, (power,) = sums_in_shells(data.shape, sizes, ((np.square(np.abs(plane)),) for plane in spectrum))
    filled = np.flatnonzero(count[1:]) + 1
    logarithm = np.log(power[filled] / count[filled] + 1e-300)
    density = np.exp(np.interp(SHELLS, frequency[filled], logarithm)) / data.size
    within = 0.5 / max(sizes) >= SHELLS
    return np.where(within, density * 4 * math.pi * SHELLS**3 * math.prod(sizes) * data.size / max(weight, 1e-20), 0.0)


def whole(shape: Sequence[int]) -> Box:
    """The box that holds all voxels of a shape (z, y, x)."""
    z, y, x = (slice(0, count) for count in shape)
    return z, y, x


def box_shape(box: Box) -> Shape:
    """The (z, y, x) of a box."""
    z, y, x = (side.stop - side.start for side in box)
    return z, y, x


def band_grid(shape: Sequence[int], sizes: Triple, band: int) -> tuple[Shape, Triple]:
    """The grid on which a band-passed map is squared: just fine enough for its square.

    Args:
        shape: the map's (z, y, x).
        sizes: its voxel size, Å (z, y, x).
        band: number of the band.

    Returns:
        (shape, voxel size), (z, y, x).
    """
    # The square reaches twice the band's highest frequency, and must not alias to what the smoothing passes.
    target = 1 / (2 * 1.05 * BANDS[band] * RATIO + 0.15)
    z, y, x = (min(n, fast_length(math.ceil(n * size / target))) for n, size in zip(shape, sizes, strict=True))
    new_z, new_y, new_x = (n * size / m for n, m, size in zip(shape, (z, y, x), sizes, strict=True))
    return (z, y, x), (new_z, new_y, new_x)


def band_smoothing(band: int) -> float:
    """SD of the smoothing of a band, Å."""
    return max(SMOOTHING[0], SMOOTHING[1] / float(BANDS[band]))


def band_gaussians(
    new_shape: Shape, new_sizes: Triple, band: int, sizes: Triple, valid: Box
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The weights that smooth a band along each axis.

    Args:
        new_shape: the band's grid (z, y, x).
        new_sizes: its voxel size, Å (z, y, x).
        band: number of the band.
        sizes: the map's voxel size, Å (z, y, x).
        valid: the map's voxels that count.

    Returns:
        For each axis float32 (places, voxels of the band's grid).
    """
    z, y, x = (
        gaussians(count, new, places, band_smoothing(band), valid=(side.start * size, (side.stop - 1) * size))
        for count, new, places, size, side in zip(
            new_shape, new_sizes, coarse_shape(box_shape(valid), sizes), sizes, valid, strict=True
        )
    )
    return z, y, x


def filled_bands(sizes: Triple) -> range:
    """The bands that are not wholly beyond the Nyquist frequency of a voxel size, Å (z, y, x)."""
    return range(sum(float(centre) / RATIO < 0.5 / max(sizes) for centre in BANDS))


def smooth(data: FloatArray, voxel_size: Triple, coarse: Shape, smoothing: float) -> FloatArray:
    """Values averaged by a Gaussian around each place of the coarse grid, near the border by its part within the map.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å (z, y, x).
        coarse: the coarse grid's shape.
        smoothing: the Gaussian's SD, Å.

    Returns:
        float32 of the coarse grid's shape.
    """
    for axis in (2, 1, 0):  # the last first, so that the large array is read in order
        weights = gaussians(data.shape[axis], voxel_size[axis], coarse[axis], smoothing)
        data = np.moveaxis(np.tensordot(data, weights, axes=([axis], [1])), -1, axis)
    return np.ascontiguousarray(data)


def _along_axes(z: FloatArray, y: FloatArray, x: FloatArray, values: FloatArray) -> FloatArray:
    """Values (z, y, x) with a matrix (to, from) applied along each axis."""
    return y @ ((z @ values.reshape(len(values), -1)).reshape(len(z), *values.shape[1:]) @ x.T)


def _along(z: FloatArray, y: FloatArray, x: FloatArray, values: FloatArray) -> FloatArray:
    """Values (z, y, x, bands) with a matrix (to, from) applied along each of the first three axes."""
    bands = np.ascontiguousarray(np.moveaxis(values, -1, 0))
    count, _, *plane = bands.shape
    bands = (z @ bands.reshape(count, len(z[0]), -1)).reshape(count, len(z), *plane)
    return np.ascontiguousarray(np.moveaxis(y @ (bands @ x.T), 0, -1))


def _linear(count: int, wide: int) -> FloatArray:
    """float32 (count, wide): linear interpolation at the places of the coarse grid between those of the wide one."""
    offset = np.arange(count)[:, None] * (GRID / WIDE_GRID) - np.arange(wide)
    return np.maximum(1 - abs(offset), 0).astype(np.float32)


def gaussians(
    count: int,
    size: float,
    places: int,
    smoothing: float,
    spacing: float = GRID,
    valid: tuple[float, float] = (0.0, math.inf),
) -> FloatArray:
    """Weights that smooth along an axis.

    Args:
        count: voxels along it.
        size: of a voxel, Å.
        places: Gaussians along it; the first is centred at the first voxel that counts.
        smoothing: their SD, Å.
        spacing: distance from one to the next, Å.
        valid: Å from the first voxel, the first and last position that count; voxels beyond have no weight.

    Returns:
        float32 (places, count); rows sum to 1.
    """
    first, last = valid
    position = size * np.arange(count)
    distance = first + spacing * np.arange(places)[:, None] - position
    weights = np.exp(-0.5 * np.square(distance / smoothing))
    weights[weights < _LEAST_WEIGHT] = 0  # processors are slow with numbers that are almost 0
    weights[:, (position < first - size / 2) | (position > last + size / 2)] = 0
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _local_moments(
    spectrum: ComplexArray, shape: Sequence[int], sizes: Triple, band: int, valid: Box, workers: int | None
) -> tuple[FloatArray, FloatArray]:
    """Smoothed magnitude and smoothed square of the band-passed map, on the coarse grid."""
    coarse = coarse_shape(box_shape(valid), sizes)
    new_shape, new_sizes = band_grid(shape, sizes, band)
    planes = _band_planes(spectrum, shape, new_shape, new_sizes, band, workers)
    z, y, x = band_gaussians(new_shape, new_sizes, band, sizes, valid)
    moments = np.empty((2, len(planes), len(y), len(x)), np.float32)
    for start in range(0, len(planes), _PLANES):  # some planes at once, which takes less memory
        part = slice(start, start + _PLANES)
        passed = scipy.fft.irfft(planes[part], new_shape[2], workers=workers)
        moments[0, part] = y @ (np.abs(passed, out=passed) @ x.T)
        moments[1, part] = y @ (np.square(passed, out=passed) @ x.T)
    magnitude, square = ((z @ moment.reshape(len(planes), -1)).reshape(coarse) for moment in moments)
    return magnitude, square


def _band_planes(
    spectrum: ComplexArray, shape: Sequence[int], new_shape: Shape, new_sizes: Triple, band: int, workers: int | None
) -> ComplexArray:
    """The band-passed map on its grid, of which the transform along x is still to be inverted."""
    z, y, x = (np.fft.fftfreq(m, size).astype(np.float32) for m, size in zip(new_shape, new_sizes, strict=True))
    columns = new_shape[2] // 2 + 1
    across = np.square(y)[:, None] + np.square(x[:columns])
    rows = lowest_coefficients(shape[1], new_shape[1])
    scale = np.float32(math.prod(new_shape) / math.prod(shape))
    part = np.zeros((*new_shape[:2], columns), spectrum.dtype)
    # Plane by plane, as whole arrays of weights would take more memory than the map.
    for plane, height, source in zip(part, z, lowest_coefficients(shape[0], new_shape[0]), strict=True):
        if abs(height) < BANDS[band] * RATIO:
            weights = scale * band_weights(np.sqrt(across + np.square(height)), band)
            np.multiply(spectrum[source, rows, :columns], weights, out=plane)
    return scipy.fft.ifftn(part, axes=(0, 1), workers=workers, overwrite_x=True)
