"""The grid of a map and of its Fourier transform: voxel sizes, lengths that are transformed fast, cropped spectra.

Arrays and triples are (z, y, x). The transform of real values, ``rfftn``, holds the coefficients of one half of all
frequencies along x; those of the other half are their complex conjugates.
"""

import math
from collections.abc import Sequence

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import ComplexArray, IntArray, Triple, VoxelSize


def voxel_triple(voxel_size: VoxelSize) -> Triple:
    """The voxel size along each axis.

    Args:
        voxel_size: Å, one number or (z, y, x).

    Returns:
        Three floats (z, y, x), Å.
    """
    z, y, x = np.broadcast_to(np.asarray(voxel_size, float), 3).tolist()
    return z, y, x


def fast_length(count: int) -> int:
    """The next number of voxels, ``count`` or more, whose Fourier transform is fast.

    Args:
        count: voxels along an axis.

    Returns:
        A number without large prime factors.
    """
    return int(scipy.fft.next_fast_len(int(count), real=True))


def lowest_coefficients(count: int, new_count: int) -> IntArray:
    """Where the lowest frequencies stand along an axis of a full Fourier transform.

    Args:
        count: coefficients along the axis.
        new_count: how many of them remain.

    Returns:
        int (new_count,), their indices, in the order of a transform of ``new_count`` coefficients.
    """
    return np.r_[0 : (new_count + 1) // 2, count - new_count // 2 : count]


def crop_spectrum(spectrum: ComplexArray, shape: Sequence[int], new_shape: Sequence[int]) -> ComplexArray:
    """The low-frequency part of a map's spectrum: that of the map on a coarser grid, whose values keep their scale.

    Args:
        spectrum: ``rfftn`` of the map, complex (z, y, x // 2 + 1).
        shape: the map's shape.
        new_shape: the coarser grid's shape, no longer along any axis.

    Returns:
        ``rfftn`` of the map on the coarser grid.
    """
    for axis in (0, 1):
        spectrum = np.take(spectrum, lowest_coefficients(shape[axis], new_shape[axis]), axis=axis)
    spectrum = spectrum[:, :, : new_shape[2] // 2 + 1]
    return spectrum * np.float32(math.prod(new_shape) / math.prod(shape))


def fit_spectrum(spectrum: ComplexArray, axis: int, old: int, new: int) -> ComplexArray:
    """Crop or zero-pad a spectrum along one axis of real voxels; the voxels' values keep their scale.

    A coefficient at Nyquist's frequency of the shorter length stands for two of the longer one, which share it.

    Args:
        spectrum: ``rfft`` along the axis, complex (z, y, x).
        axis: its number.
        old: voxels that were transformed along it.
        new: voxels along it afterwards.

    Returns:
        complex64, ``new // 2 + 1`` coefficients along the axis.
    """
    common = min(old, new)
    shape = list(spectrum.shape)
    shape[axis] = new // 2 + 1
    fitted = np.zeros(shape, dtype=np.complex64)
    lowest = (slice(None),) * axis + (slice(common // 2 + 1),)
    fitted[lowest] = spectrum[lowest]
    if common % 2 == 0 and old != new:
        nyquist = (slice(None),) * axis + (common // 2,)
        fitted[nyquist] *= 2 if new < old else 0.5
    fitted *= np.float32(new / old)
    return fitted
