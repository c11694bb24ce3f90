"""Fourier transforms of large maps with little memory besides the coefficients.

``scipy.fft.rfftn`` of a map less its mean needs a copy of the map beside the coefficients, and ``irfftn`` a copy of the
coefficients beside the map. Here the axis x is transformed some planes at a time, the other two in place.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import Box, ComplexArray, FloatArray

SLAB_VOXELS = 1 << 22
"""Voxels that are transformed along x at a time."""


def slabs(shape: Sequence[int], voxels: int = SLAB_VOXELS) -> list[slice]:
    """Planes that are worked on at a time.

    Args:
        shape: of an array (z, y, x).
        voxels: about so many at a time.

    Returns:
        Slices of z.
    """
    thickness = max(1, voxels // (shape[1] * shape[2]))
    return [slice(start, min(start + thickness, shape[0])) for start in range(0, shape[0], thickness)]


def unit_factor(*maps: FloatArray) -> float:
    """A power of two that brings the values of maps near 1, so that their squares stay in float32's range.

    Multiplied by it, values keep all their digits.

    Args:
        maps: float32.
    """
    greatest = max(max(float(data.max()), -float(data.min())) for data in maps)
    exponent = int(np.clip(np.frexp(greatest)[1], -126, 126))
    return 2.0**-exponent


def forward(planes: Callable[[slice], FloatArray], shape: Sequence[int], workers: int | None = None) -> ComplexArray:
    """``rfftn`` of a map that is made some planes at a time.

    Args:
        planes: gives the values of a slice of z, float32 (some z, y, x).
        shape: of the map (z, y, x).
        workers: threads.

    Returns:
        complex64 (z, y, x // 2 + 1).
    """
    spectrum = np.empty((shape[0], shape[1], shape[2] // 2 + 1), np.complex64)
    for slab in slabs(shape):
        spectrum[slab] = scipy.fft.rfft(planes(slab), workers=workers)
    return scipy.fft.fftn(spectrum, axes=(1, 0), workers=workers, overwrite_x=True)


def backward_planes(spectrum: ComplexArray, count: int, workers: int | None = None) -> Callable[[slice], FloatArray]:
    """``irfftn``, some planes at a time; the coefficients are overwritten.

    Args:
        spectrum: complex64 (z, y, x // 2 + 1).
        count: voxels along x.
        workers: threads.

    Returns:
        A function that gives the map's values in a slice of z, float32 (some z, y, x).
    """
    lines = scipy.fft.ifftn(spectrum, axes=(0, 1), workers=workers, overwrite_x=True)
    return lambda slab: scipy.fft.irfft(lines[slab], count, workers=workers)


def backward(
    spectrum: ComplexArray, shape: Sequence[int], workers: int | None = None, box: Box | None = None
) -> FloatArray:
    """``irfftn`` of coefficients, which are overwritten.

    Args:
        spectrum: complex64 (z, y, x // 2 + 1).
        shape: of the map (z, y, x).
        workers: threads.
        box: the part of the map that is wanted; None for all of it.

    Returns:
        float32 (z, y, x).
    """
    z, y, x = box or (slice(0, shape[0]), slice(0, shape[1]), slice(0, shape[2]))
    lengths = [side.stop - side.start for side in (z, y, x)]
    planes = backward_planes(spectrum, shape[2], workers)
    values = np.empty(lengths, np.float32)
    for slab in slabs((lengths[0], *shape[1:])):
        values[slab] = planes(slice(z.start + slab.start, z.start + slab.stop))[:, y, x]
    return values


def radii(shape: Sequence[int], sizes: Sequence[float]) -> Iterator[FloatArray]:
    """``filters.frequencies``, plane by plane.

    Args:
        shape: of the map (z, y, x).
        sizes: voxel size (z, y, x), Å.

    Yields:
        float32 (y, x // 2 + 1), 1/Å, for each coefficient along z.
    """
    z, y = (np.fft.fftfreq(n, size).astype(np.float32) for n, size in zip(shape[:2], sizes[:2], strict=True))
    x = np.fft.rfftfreq(shape[2], sizes[2]).astype(np.float32)
    for height in z:
        yield np.sqrt(height * height + (y * y)[:, None] + x * x)
