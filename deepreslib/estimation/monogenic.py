"""The monogenic amplitude of a map at any frequency (Felsberg & Sommer 2001; in 3D: Vilas et al. 2018).

Arrays are (z, y, x); frequencies are in 1/pixel.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import ComplexArray, FloatArray, IntArray
from deepreslib.fourier.slabs import backward, backward_planes, forward, radii, slabs

LARGE = 1 << 25
"""Voxels; of larger maps the Riesz transforms are not stored."""

_SLAB_VOXELS = 1 << 18
_FIELDS = 4


class MonogenicSignal:
    """A map and its three Riesz transforms, ready for the amplitude of the detail beyond any frequency.

    A high-passed field is the field of all frequencies, which is stored, less the low-passed one. The low-passed fields
    have few Fourier coefficients, and so has the low-passed amplitude. Only these few are transformed along z and y;
    what needs every voxel is done slab by slab, in threads. Five copies of the map are stored, and three more are
    needed for an amplitude. Of maps of more than ``LARGE`` voxels the fields are not stored but computed each time,
    which takes three copies in all and more time.

    Args:
        data: float32 (z, y, x); its mean is left out.
        riesz_factor: the Riesz transforms' transfer function is this factor × frequency component / frequency.
        workers: threads.
        factor: the map is multiplied by it first.
    """

    def __init__(self, data: FloatArray, riesz_factor: complex = -1j, workers: int = 1, factor: float = 1.0) -> None:
        self.shape = data.shape
        self._riesz_factor = np.complex64(riesz_factor)
        self._workers = workers
        mean, scale = np.float32(data.mean(dtype=float)), np.float32(factor)
        self._spectrum = forward(lambda slab: scale * (data[slab] - mean), self.shape, workers)
        self._fields: list[FloatArray] | None = None
        if data.size <= LARGE:
            self._fields = [backward(self._filtered(field), self.shape, workers) for field in range(_FIELDS)]

    def total_amplitude(self) -> FloatArray:
        """The amplitude of all frequencies; float32 (z, y, x)."""
        energy = np.zeros(self.shape, np.float32)
        for number in range(_FIELDS):
            self._add_square(energy, self._field_planes(number))
        return np.sqrt(energy, out=energy)

    def amplitude(self, frequency: float, high_pass_edge: float = 0.02, low_pass_edge: float = 0.02) -> FloatArray:
        """The amplitude of the map high-passed at a frequency; the amplitude itself is low-passed at that frequency.

        Both filters are raised cosines: at the frequency the high-pass ends its rise and the low-pass begins its fall.

        Args:
            frequency: between 0 and 0.5.
            high_pass_edge: width of the rise.
            low_pass_edge: width of the fall, cut at 0.5.

        Returns:
            float32 (z, y, x).
        """
        energy = np.zeros(self.shape, np.float32)
        for number in range(_FIELDS):
            self._add_square(energy, self._high_passed(number, frequency, high_pass_edge))

        end = min(frequency + low_pass_edge, 0.5)
        indices = self._coefficients(end)
        spectrum = np.empty((*self.shape[:2], len(indices[2])), np.complex64)

        def transform(slab: slice) -> None:
            spectrum[slab] = scipy.fft.rfft(np.sqrt(energy[slab]))[..., indices[2]]

        self._for_slabs(transform)
        for axis in (1, 0):
            spectrum = scipy.fft.fft(spectrum, axis=axis, workers=self._workers, overwrite_x=True)
            if len(indices[axis]) < self.shape[axis]:
                spectrum = spectrum.take(indices[axis], axis)
        self._multiply(spectrum, indices, lambda distance: 1 - _rise(distance, frequency, end))
        spectrum = self._inverse_zy(spectrum, indices)

        def restore(slab: slice) -> None:
            energy[slab] = scipy.fft.irfft(spectrum[slab], self.shape[2])

        self._for_slabs(restore)
        return energy

    def _field_planes(self, number: int) -> Callable[[slice], FloatArray]:
        """A function that gives planes of a field of all frequencies."""
        if self._fields is not None:
            return self._fields[number].__getitem__
        return backward_planes(self._filtered(number), self.shape[2], self._workers)

    def _high_passed(self, number: int, frequency: float, edge: float) -> Callable[[slice], FloatArray]:
        """A function that gives planes of a high-passed field, of either sign."""
        start = max(frequency - edge, 0)
        if self._fields is None:
            spectrum = self._filtered(number, lambda distance: _rise(distance, start, frequency))
            return backward_planes(spectrum, self.shape[2], self._workers)
        indices = self._coefficients(frequency)
        low = self._spectrum[np.ix_(*indices)]
        self._multiply(low, indices, lambda distance: 1 - _rise(distance, start, frequency))
        self._turn(low, number, indices)
        low, field = self._inverse_zy(low, indices), self._fields[number]

        def planes(slab: slice) -> FloatArray:
            high = scipy.fft.irfft(low[slab], self.shape[2])
            high -= field[slab]
            return high

        return planes

    def _add_square(self, energy: FloatArray, planes: Callable[[slice], FloatArray]) -> None:
        """Adds the square of a field to the energy, in place."""

        def add(slab: slice) -> None:
            values = planes(slab)
            energy[slab] += values * values

        self._for_slabs(add)

    def _filtered(self, number: int, weights: Callable[[FloatArray], FloatArray] | None = None) -> ComplexArray:
        """A new array of the coefficients of a field, times weights that depend on the frequency."""
        spectrum = self._spectrum.copy()
        if weights is not None:
            self._multiply(spectrum, None, weights)
        self._turn(spectrum, number, None)
        return spectrum

    def _multiply(
        self,
        spectrum: ComplexArray,
        indices: Sequence[IntArray] | None,
        weights: Callable[[FloatArray], FloatArray],
    ) -> None:
        """Multiplies coefficients by weights that depend on the frequency, in place."""
        for plane, distance, _ in self._planes(spectrum, indices):
            plane *= weights(distance)

    def _turn(self, spectrum: ComplexArray, number: int, indices: Sequence[IntArray] | None) -> None:
        """Makes the coefficients of a field of the map's, in place: 0 is the map, 1 to 3 the transforms along x, y, z.

        At Nyquist's frequency of an even number of voxels a coefficient stands for the component +0.5 and for -0.5,
        whose Riesz transforms cancel. Along x ``irfftn`` leaves them out by itself; it must be done along all axes.
        """
        if number:
            for plane, distance, axes in self._planes(spectrum, indices):
                axis = axes[_FIELDS - 1 - number]
                plane *= self._riesz_factor / np.where(distance > 0, distance, np.float32(1))
                plane *= np.where(np.abs(axis) < 0.5, axis, np.float32(0))

    def _planes(
        self, spectrum: ComplexArray, indices: Sequence[IntArray] | None
    ) -> Iterator[tuple[ComplexArray, FloatArray, tuple[FloatArray, FloatArray, FloatArray]]]:
        """Coefficients plane by plane, their frequencies, and these frequencies' components along z, y and x."""
        axes = [axis.astype(np.float32) for axis in self._all_frequencies()]
        if indices is not None:
            axes = [axis[numbers] for axis, numbers in zip(axes, indices, strict=True)]
        y, x = axes[1][:, None], axes[2][None]
        for plane, z in zip(spectrum, axes[0], strict=True):
            yield plane, np.sqrt(z * z + y * y + x * x), (z, y, x)

    def _inverse_zy(self, spectrum: ComplexArray, indices: Sequence[IntArray]) -> ComplexArray:
        """Some coefficients in real space along z and y, complex64, (z, y, some x); they are overwritten."""
        for axis in (0, 1):
            if len(indices[axis]) < self.shape[axis]:
                shape = list(spectrum.shape)
                shape[axis] = self.shape[axis]
                padded = np.zeros(shape, np.complex64)
                padded[(slice(None),) * axis + (indices[axis],)] = spectrum
                spectrum = padded
                del padded
            spectrum = scipy.fft.ifft(spectrum, axis=axis, workers=self._workers, overwrite_x=True)
        return spectrum

    def _coefficients(self, highest: float) -> list[IntArray]:
        """Indices in z, y and x of the coefficients of ``rfftn`` with components up to a frequency."""
        return [np.flatnonzero(np.abs(axis) <= highest + 1e-6) for axis in self._all_frequencies()]

    def _all_frequencies(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Frequencies of ``rfftn`` along z, y and x."""
        nz, ny, nx = self.shape
        return np.fft.fftfreq(nz), np.fft.fftfreq(ny), np.fft.rfftfreq(nx)

    def _for_slabs(self, work: Callable[[slice], None]) -> None:
        """Does some work on all slabs of the map, in threads."""
        with ThreadPoolExecutor(self._workers) as pool:
            list(pool.map(work, slabs(self.shape, _SLAB_VOXELS)))


def gaussian(data: FloatArray, sigma: float, workers: int = 1) -> FloatArray:
    """A map whose spectrum is multiplied by exp(-(pi sigma frequency)²).

    Args:
        data: float32 (z, y, x), taken as periodic.
        sigma: voxels; the Gaussian's standard deviation in real space is sigma / sqrt(2).
        workers: threads.

    Returns:
        float32 (z, y, x).
    """
    spectrum = forward(data.__getitem__, data.shape, workers)
    for plane, distance in zip(spectrum, radii(data.shape, (1.0, 1.0, 1.0)), strict=True):
        plane *= np.exp(-np.square(np.float32(np.pi * sigma) * distance))
    return backward(spectrum, data.shape, workers)


def _rise(distance: FloatArray, start: float, end: float) -> FloatArray:
    """Half a cosine from 0 at ``start`` to 1 at ``end``; float32 of ``distance``'s shape."""
    position = np.clip((distance - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.float32(0.5) - np.float32(0.5) * np.cos(np.float32(np.pi) * position)
