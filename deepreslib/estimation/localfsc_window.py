"""What the fast local FSC needs of its window: the shells' responses, and the matrices that smooth and interpolate.

The module :mod:`deepreslib.estimation.localfsc` says how they are used.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import FloatArray, IntArray

_SAMPLES_A_WINDOW = 10
"""Number of places along a window's edge at which smoothed products are sampled."""


def window(offset: npt.ArrayLike, box: int) -> FloatArray:
    """The Hann window at offsets (voxels) from its centre; it is box - 1 voxels wide, as that of blocres."""
    position = np.clip(np.asarray(offset, float) / (box - 1), -0.5, 0.5)
    return np.cos(np.pi * position) ** 2


def responses(shape: tuple[int, ...], box: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Radial responses (factors of amplitudes), tabulated over frequency.

    A shell's squared response is its triangle convolved with the window's power spectrum. In real space that is the
    product of the triangle's transform and the window's autocorrelation, which is averaged over directions.

    Args:
        shape: of the maps.
        box: edge of the window, voxels.

    Returns:
        The response of the window's local mean, float32 (frequencies,); those of shells 3 to ``box``, float32
        (box - 2, frequencies); the table's index for every coefficient of ``rfftn``, int16.
    """
    fineness = 32 * box
    place = np.rint(filters.frequencies(shape, 1 / fineness)).astype(np.int16)
    frequency = np.arange(place.max() + 1) / fineness
    distance = np.arange(0, 2 * box, 0.25)
    waves = distance[:, None] ** 2 * np.sinc(2 * distance[:, None] * frequency)

    profile = window(np.arange(-box, box + 1), box)
    autocorrelation = np.correlate(profile, profile, "full")[2 * box :]
    mean = _spherical_mean(distance, profile[box:]) @ waves
    triangles = np.maximum(1 - abs(2 * box * frequency - np.arange(3, box + 1)[:, None]), 0)
    kernels = (triangles * frequency**2) @ np.sinc(2 * distance[:, None] * frequency).T
    powers = (kernels * _spherical_mean(distance, autocorrelation)) @ waves
    band_passes = np.sqrt(np.maximum(powers, 0) / powers.max())
    return (mean / mean[0]).astype(np.float32), band_passes.astype(np.float32), place


def _spherical_mean(distance: FloatArray, profile: FloatArray) -> FloatArray:
    """Mean over directions of profile(z) profile(y) profile(x) at each distance; profile at 0, 1, 2, ... voxels."""
    count = 1000
    z = (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (1 + 5**0.5)
    across = np.sqrt(1 - z * z)
    directions = np.abs([z, across * np.sin(angle), across * np.cos(angle)])
    values = np.interp(distance[:, None, None] * directions, np.arange(len(profile)), profile, right=0)
    return values.prod(axis=1).mean(axis=1)


def sampling_matrices(
    inside_shape: tuple[int, ...], shape: tuple[int, ...], box: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Matrices along z, y and x: of smoothing by the squared window onto a coarse grid, and of interpolation from it.

    Args:
        inside_shape: shape of the array to interpolate to, which begins ``box`` voxels from the corner of the array
            that is smoothed.
        shape: of the array that is smoothed.
        box: edge of the window, voxels.

    Returns:
        Two lists of three float32 matrices (to, from).
    """
    step = max(box / _SAMPLES_A_WINDOW, 1)
    smoothing, interpolation = [], []
    for count, length in zip(inside_shape, shape, strict=True):
        places = np.arange(-1, np.ceil((count - 1) / step) + 2)
        smoothing.append(window(np.arange(length) - box - step * places[:, None], box) ** 2)
        interpolation.append(_cubic(np.arange(count)[:, None] / step - places))
    return [m.astype(np.float32) for m in smoothing], [m.astype(np.float32) for m in interpolation]


def _cubic(offset: FloatArray) -> FloatArray:
    """Weight of a sample in cubic convolution (Keys 1981) at an offset in samples."""
    x = abs(offset)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0))


def along_axes(matrices: Sequence[FloatArray], values: FloatArray) -> FloatArray:
    """Values (z, y, x) with a matrix (to, from) applied along each axis."""
    z, y, x = matrices
    return np.tensordot(z, y @ (values @ x.T), 1)
