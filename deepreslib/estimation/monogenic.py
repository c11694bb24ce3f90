"""The monogenic amplitude of a map at any frequency (Felsberg & Sommer 2001; in 3D: Vilas et al. 2018).

Arrays are (z, y, x); frequencies are in 1/pixel.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import Array, ComplexArray, FloatArray, IntArray
from deepreslib.fourier.filters import frequencies

_SLAB_VOXELS = 1 << 18


class MonogenicSignal:
    """A map and its three Riesz transforms, ready for the amplitude of the detail beyond any frequency.

    A high-passed field is the field of all frequencies, which is stored, less the low-passed one. The low-passed fields
    have few Fourier coefficients, and so has the low-passed amplitude. Only these few are transformed along z and y;
    what needs every voxel is done slab by slab, in threads. Five copies of the map are stored.

    Args:
        data: float32 (z, y, x); its mean is left out.
        riesz_factor: the Riesz transforms' transfer function is this factor × frequency component / frequency.
        workers: threads.
    """

    def __init__(self, data: FloatArray, riesz_factor: complex = -1j, workers: int = 1) -> None:
        self.shape = data.shape
        self._riesz_factor = riesz_factor
        self._workers = workers
        self._spectrum = scipy.fft.rfftn(data - np.float32(data.mean(dtype=float)), workers=workers)
        self._fields = [
            scipy.fft.irfftn(field, self.shape, workers=workers, overwrite_x=True)
            for field in self._riesz(self._spectrum, *self._frequencies())
        ]

    def total_amplitude(self) -> FloatArray:
        """The amplitude of all frequencies; float32 (z, y, x)."""
        return np.sqrt(sum(np.square(field) for field in self._fields))

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
        low_passed = self._low_passed(frequency, high_pass_edge)
        end = min(frequency + low_pass_edge, 0.5)
        indices = self._coefficients(end)
        spectrum = np.empty((*self.shape[:2], len(indices[2])), np.complex64)

        def transform(slab: slice) -> None:
            energy: Array | int = 0
            for field, low in zip(self._fields, low_passed, strict=True):
                high = scipy.fft.irfft(low[slab], self.shape[2])
                high -= field[slab]
                high *= high
                energy += high
            spectrum[slab] = scipy.fft.rfft(np.sqrt(energy))[..., indices[2]]

        self._for_slabs(transform)
        for axis in (1, 0):
            spectrum = scipy.fft.fft(spectrum, axis=axis, workers=self._workers).take(indices[axis], axis)
        spectrum *= 1 - _rise(self._frequencies(indices)[0], frequency, end)
        spectrum = self._inverse_zy(spectrum, indices)
        result = np.empty(self.shape, np.float32)

        def restore(slab: slice) -> None:
            result[slab] = scipy.fft.irfft(spectrum[slab], self.shape[2])

        self._for_slabs(restore)
        return result

    def _low_passed(self, frequency: float, edge: float) -> list[ComplexArray]:
        """What a high-pass filter takes away from each field.

        It is in real space along z and y and in Fourier space along x: complex64 (z, y, some x).
        """
        indices = self._coefficients(frequency)
        distance, axes = self._frequencies(indices)
        spectrum = self._spectrum[np.ix_(*indices)]
        spectrum *= 1 - _rise(distance, max(frequency - edge, 0), frequency)
        return [self._inverse_zy(field, indices) for field in self._riesz(spectrum, distance, axes)]

    def _riesz(self, spectrum: ComplexArray, distance: FloatArray, axes: Sequence[FloatArray]) -> Iterator[Array]:
        """Spectra of the map and of its Riesz transforms along x, y and z, new arrays, one at a time.

        At Nyquist's frequency of an even number of voxels a coefficient stands for the component +0.5 and for -0.5,
        whose Riesz transforms cancel. Along x ``irfftn`` leaves them out by itself; it must be done along all axes.
        """
        yield spectrum.copy()
        over_distance: Array = spectrum * (self._riesz_factor / np.where(distance > 0, distance, 1))
        for axis in reversed(axes):
            yield over_distance * np.where(np.abs(axis) < 0.5, axis, 0)

    def _inverse_zy(self, spectrum: ComplexArray, indices: Sequence[IntArray]) -> ComplexArray:
        """Some coefficients in real space along z and y, complex64, (z, y, some x)."""
        for axis in (0, 1):
            shape = list(spectrum.shape)
            shape[axis] = self.shape[axis]
            padded = np.zeros(shape, np.complex64)
            padded[(slice(None),) * axis + (indices[axis],)] = spectrum
            spectrum = scipy.fft.ifft(padded, axis=axis, workers=self._workers, overwrite_x=True)
        return spectrum

    def _coefficients(self, highest: float) -> list[IntArray]:
        """Indices in z, y and x of the coefficients of ``rfftn`` with components up to a frequency."""
        return [np.flatnonzero(np.abs(axis) <= highest + 1e-6) for axis in self._all_frequencies()]

    def _frequencies(
        self, indices: Sequence[IntArray | slice] = (slice(None),) * 3
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray, FloatArray]]:
        """Frequency of some coefficients, float32, and their components along z, y and x, which broadcast."""
        axes = self._all_frequencies()
        z, y, x = np.ix_(*(axis[numbers].astype(np.float32) for axis, numbers in zip(axes, indices, strict=True)))
        return np.sqrt(z * z + y * y + x * x), (z, y, x)

    def _all_frequencies(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Frequencies of ``rfftn`` along z, y and x."""
        nz, ny, nx = self.shape
        return np.fft.fftfreq(nz), np.fft.fftfreq(ny), np.fft.rfftfreq(nx)

    def _for_slabs(self, work: Callable[[slice], None]) -> None:
        """Does some work on all slabs of the map, in threads."""
        thickness = max(1, _SLAB_VOXELS // (self.shape[1] * self.shape[2]))
        slabs = [slice(start, start + thickness) for start in range(0, self.shape[0], thickness)]
        with ThreadPoolExecutor(self._workers) as pool:
            list(pool.map(work, slabs))


def gaussian(data: FloatArray, sigma: float, workers: int = 1) -> FloatArray:
    """A map whose spectrum is multiplied by exp(-(pi sigma frequency)²).

    Args:
        data: float32 (z, y, x), taken as periodic.
        sigma: voxels; the Gaussian's standard deviation in real space is sigma / sqrt(2).
        workers: threads.

    Returns:
        float32 (z, y, x).
    """
    spectrum = scipy.fft.rfftn(data, workers=workers)
    spectrum *= np.exp(-np.square(np.float32(np.pi * sigma) * frequencies(data.shape, 1.0)))
    return scipy.fft.irfftn(spectrum, data.shape, workers=workers, overwrite_x=True)


def _rise(distance: FloatArray, start: float, end: float) -> FloatArray:
    """Half a cosine from 0 at ``start`` to 1 at ``end``; float32 of ``distance``'s shape."""
    position = np.clip((distance - np.float32(start)) / np.float32(end - start), 0, 1)
    return np.float32(0.5) - np.float32(0.5) * np.cos(np.float32(np.pi) * position)
