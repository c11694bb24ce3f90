"""Fourier filters of maps: raised-cosine low-pass, B factor, phase randomisation, shaped noise.

Arrays are (z, y, x); voxel sizes are one number or a (z, y, x) triple in Å; resolutions are in Å.
"""

import numpy as np
import scipy.fft

RAISED_COSINE = 0.02
"""Width of the low-pass filters' edge in 1/pixel (Ramírez-Aportela et al. 2019, section 2.1)."""


def voxel_triple(voxel_size):
    """The voxel size as a (z, y, x) triple of floats in Å."""
    return tuple(np.broadcast_to(np.asarray(voxel_size, float), 3).tolist())


def frequencies(shape, voxel_size):
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


def raised_cosine(frequency, resolution, voxel_size, width=RAISED_COSINE):
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


def transfer(data, weights):
    """The map whose Fourier coefficients are multiplied by ``weights`` (broadcast to ``rfftn``'s shape)."""
    spectrum = scipy.fft.rfftn(np.asarray(data, np.float32))
    spectrum *= weights
    return scipy.fft.irfftn(spectrum, data.shape, overwrite_x=True)


def low_pass(data, voxel_size, resolution, width=RAISED_COSINE):
    """The map low-pass filtered at a resolution (see ``raised_cosine``)."""
    return transfer(data, raised_cosine(frequencies(data.shape, voxel_size), resolution, voxel_size, width))


def b_factor_weights(frequency, b_factor):
    """exp(-B s² / 4): positive B blurs, negative B sharpens (Rosenthal & Henderson 2003).

    Args:
        frequency: s, 1/Å.
        b_factor: B, Å².

    The exponent is clipped at ±40, beyond which float32 products overflow.
    """
    exponent = -0.25 * np.float32(b_factor) * np.square(frequency, dtype=np.float32)
    return np.exp(np.clip(exponent, -40, 40))


def apply_b_factor(data, voxel_size, b_factor):
    """The map with a B factor (Å²) applied: positive blurs, negative sharpens."""
    return transfer(data, b_factor_weights(frequencies(data.shape, voxel_size), b_factor))


def randomise_phases(data, voxel_size, beyond, random):
    """The map with random phases beyond a resolution, amplitudes untouched (DeepRes paper, section 3.1).

    Args:
        data: the map (z, y, x).
        voxel_size: Å.
        beyond: phases of frequencies above 1/beyond are replaced, Å.
        random: ``numpy.random.Generator``; the phases are those of a white-noise map, so the result is real.
    """
    spectrum = scipy.fft.rfftn(np.asarray(data, np.float32))
    noise = scipy.fft.rfftn(random.standard_normal(data.shape, np.float32))
    noise *= np.abs(spectrum) / np.maximum(np.abs(noise), np.finfo(np.float32).tiny)
    spectrum = np.where(frequencies(data.shape, voxel_size) > 1.0 / beyond, noise, spectrum)
    return scipy.fft.irfftn(spectrum, data.shape, overwrite_x=True)


def shaped_noise(shape, random, weights=None):
    """Gaussian noise of mean 0 and SD 1, its spectrum shaped by ``weights`` (``rfftn``'s shape) if given."""
    noise = random.standard_normal(shape, np.float32)
    if weights is not None:
        noise = transfer(noise, weights)
        noise /= noise.std()
    return noise
