"""Fourier filters of maps: raised-cosine low-pass, B factor, phase randomisation, shaped noise.

Arrays are (z, y, x); voxel sizes are one number or a (z, y, x) triple in Å; resolutions are in Å.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from deepreslib.fourier.arrays import Array, FloatArray, VoxelSize
from deepreslib.fourier.grid import voxel_triple

RAISED_COSINE = 0.02
"""Width of the low-pass filters' edge in 1/pixel (Ramírez-Aportela et al. 2019, section 2.1)."""


def frequencies(shape: Sequence[int], voxel_size: VoxelSize) -> FloatArray:
    """Spatial frequency of every coefficient of ``rfftn``, in 1/Å.

    Args:
        shape: the map's shape (z, y, x).
        voxel_size: Å, a number or a (z, y, x) triple.

    Returns:
        float32 array of shape (z, y, x // 2 + 1).
    """
    (nz, ny, nx), (dz, dy, dx) = shape, voxel_triple(voxel_size)
    z = np.fft.fftfreq(nz, dz).astype(np.float32)[:, None, None]
    y = np.fft.fftfreq(ny, dy).astype(np.float32)[None, :, None]
    x = np.fft.rfftfreq(nx, dx).astype(np.float32)[None, None, :]
    return np.sqrt(z * z + y * y + x * x)


def raised_cosine(
    frequency: npt.ArrayLike, resolution: float, voxel_size: VoxelSize, width: float = RAISED_COSINE
) -> FloatArray:
    """Transfer function of the low-pass filter of Xmipp and the DeepRes paper.

    It is 1 up to 1/resolution and falls as half a cosine to 0 at 1/resolution + width/voxel_size.

    Args:
        frequency: 1/Å, any shape.
        resolution: where the fall begins, Å.
        voxel_size: Å; the width is counted in its inverse (of the coarsest axis if it is a triple).
        width: 1/pixel.

    Returns:
        float32 array of ``frequency``'s shape.
    """
    edge = width / max(voxel_triple(voxel_size))
    position = np.clip((np.asarray(frequency, np.float32) - np.float32(1.0 / resolution)) / np.float32(edge), 0, 1)
    return (0.5 + 0.5 * np.cos(np.pi * position)).astype(np.float32)


def transfer(data: npt.ArrayLike, weights: Array) -> FloatArray:
    """The map whose Fourier coefficients are multiplied by weights.

    Args:
        data: the map (z, y, x).
        weights: of any shape that broadcasts to ``rfftn``'s.

    Returns:
        float32 (z, y, x).
    """
    data = np.asarray(data, np.float32)
    spectrum = scipy.fft.rfftn(data)
    spectrum *= weights
    return scipy.fft.irfftn(spectrum, data.shape, overwrite_x=True)


def low_pass(data: FloatArray, voxel_size: VoxelSize, resolution: float, width: float = RAISED_COSINE) -> FloatArray:
    """The map low-pass filtered at a resolution (see ``raised_cosine``).

    Args:
        data: the map (z, y, x).
        voxel_size: Å.
        resolution: where the filter begins to fall, Å.
        width: of its fall, 1/pixel.

    Returns:
        float32 (z, y, x).
    """
    return transfer(data, raised_cosine(frequencies(data.shape, voxel_size), resolution, voxel_size, width))


def b_factor_weights(frequency: npt.ArrayLike, b_factor: float) -> FloatArray:
    """exp(-B s² / 4): positive B blurs, negative B sharpens (Rosenthal & Henderson 2003).

    The exponent is clipped at ±40, beyond which float32 products overflow.

    Args:
        frequency: s, 1/Å, any shape.
        b_factor: B, Å².

    Returns:
        float32 array of ``frequency``'s shape.
    """
    exponent = -0.25 * np.float32(b_factor) * np.square(frequency, dtype=np.float32)
    return np.exp(np.clip(exponent, -40, 40))


def apply_b_factor(data: FloatArray, voxel_size: VoxelSize, b_factor: float) -> FloatArray:
    """The map with a B factor applied: positive blurs, negative sharpens.

    Args:
        data: the map (z, y, x).
        voxel_size: Å.
        b_factor: Å².

    Returns:
        float32 (z, y, x).
    """
    return transfer(data, b_factor_weights(frequencies(data.shape, voxel_size), b_factor))


def randomise_phases(data: FloatArray, voxel_size: VoxelSize, beyond: float, rng: np.random.Generator) -> FloatArray:
    """The map with random phases beyond a resolution, amplitudes untouched (DeepRes paper, section 3.1).

    Args:
        data: the map (z, y, x).
        voxel_size: Å.
        beyond: phases of frequencies above 1/beyond are replaced, Å.
        rng: the random generator; the phases are those of a white-noise map, so the result is real.

    Returns:
        float32 (z, y, x).
    """
    spectrum = scipy.fft.rfftn(np.asarray(data, np.float32))
    noise = scipy.fft.rfftn(rng.standard_normal(data.shape, np.float32))
    noise *= np.abs(spectrum) / np.maximum(np.abs(noise), np.finfo(np.float32).tiny)
    spectrum = np.where(frequencies(data.shape, voxel_size) > 1.0 / beyond, noise, spectrum)
    return scipy.fft.irfftn(spectrum, data.shape, overwrite_x=True)


def shaped_noise(shape: Sequence[int], rng: np.random.Generator, weights: Array | None = None) -> FloatArray:
    """Gaussian noise of mean 0 and SD 1.

    Args:
        shape: (z, y, x).
        rng: the random generator.
        weights: factors that shape its spectrum, of ``rfftn``'s shape; None for white noise.

    Returns:
        float32 of ``shape``.
    """
    noise: FloatArray = rng.standard_normal(tuple(shape), np.float32)
    if weights is not None:
        noise = transfer(noise, weights)
        noise /= noise.std()
    return noise
