"""Fixed features of a cube of 64³ voxels: its radial spectrum and six moments, computed by the Keras backend.

The amplitudes of a map that Gaussian atoms make fall as exp(-R² f²), so the logarithms of its radial spectrum hold the
resolution R in plain sight, and their floor holds the noise.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.fourier.shells import mirror_counts
from deepreslib.networks.mapclass_card import EDGE
from deepreslib.networks.tensors import Tensor, TensorShape

SHELLS = EDGE // 2 + 1
"""Shells of the radial spectrum, each a cycle per cube wide, from the mean to Nyquist's frequency."""

PERCENTILES = (50, 90, 99)

SPARSE = 2
"""Percentiles are taken of every second voxel along each axis: to sort all of them takes as long as all the rest."""

COUNT = SHELLS + 3 + len(PERCENTILES)
"""Features of a cube: the spectrum, then mean, SD, skewness and percentiles."""

FLOOR = 1e-4
"""Added to the mean power of a shell of a cube that is scaled to 0 … 1. A molecule's first shell has about 1e8, and
the rounding of 32 bits, in which backends differ, leaves less than 1e-6."""


@keras.saving.register_keras_serializable("deepres")
class CubeFeatures(layers.Layer):
    """Features of cubes that are scaled to 0 … 1.

    The Fourier transform is done by matrix products, which all backends have, without complex numbers.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._cosine, self._sine = (values.astype(np.float32) for values in _waves())
        self._mirrored = mirror_counts(SHELLS, EDGE).astype(np.float32)[:, None]
        self._shells = _shells()
        counted = np.broadcast_to(self._mirrored, (EDGE, SHELLS, EDGE)).ravel()
        self._counts = np.bincount(self._shells, counted, SHELLS + 1)[:SHELLS].astype(np.float32)

    def call(self, cube: Tensor) -> Tensor:
        """Features of cubes.

        Args:
            cube: (batch, 64, 64, 64, 1).

        Returns:
            (batch, ``COUNT``): for each shell the decimal logarithm of the root mean square amplitude, less that of the
            first shell; then the moments.
        """
        values = cube[..., 0]
        return ops.concatenate([self._spectrum(values), _moments(values)], axis=-1)

    def compute_output_shape(self, cube_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return cube_shape[0], COUNT

    def _spectrum(self, values: Tensor) -> Tensor:
        half = self._cosine[:, :SHELLS], self._sine[:, :SHELLS]
        real, imaginary = (ops.matmul(values, waves) for waves in half)  # along x
        for axes in ((0, 1, 3, 2), (0, 3, 2, 1)):  # along y, then along z
            real, imaginary = (ops.transpose(part, axes) for part in (real, imaginary))
            real, imaginary = (
                ops.matmul(real, self._cosine) - ops.matmul(imaginary, self._sine),
                ops.matmul(real, self._sine) + ops.matmul(imaginary, self._cosine),
            )
        power = (ops.square(real) + ops.square(imaginary)) * self._mirrored
        power = ops.reshape(power, (-1, len(self._shells)))
        sums = ops.segment_sum(ops.transpose(power), self._shells, num_segments=SHELLS + 1)[:SHELLS]
        logarithm = ops.log(ops.transpose(sums) / self._counts + FLOOR) / (2 * math.log(10))
        return logarithm - logarithm[:, 1:2]


def _moments(values: Tensor) -> Tensor:
    """Mean, SD, skewness and percentiles (batch, 6) of cubes (batch, z, y, x)."""
    flat = ops.reshape(values, (-1, EDGE**3))
    mean = ops.mean(flat, axis=1, keepdims=True)
    away = flat - mean
    deviation = ops.sqrt(ops.mean(ops.square(away), axis=1, keepdims=True) + 1e-12)
    skewness = ops.mean(ops.square(away) * away, axis=1, keepdims=True) / deviation**3
    few = ops.reshape(values[:, ::SPARSE, ::SPARSE, ::SPARSE], (-1, (EDGE // SPARSE) ** 3))
    ordered = ops.sort(few, axis=1)
    places = [round(share / 100 * ((EDGE // SPARSE) ** 3 - 1)) for share in PERCENTILES]
    return ops.concatenate([mean, deviation, skewness, *(ordered[:, n : n + 1] for n in places)], axis=-1)


def _waves() -> tuple[FloatArray, FloatArray]:
    """Cosines and sines (place, frequency) of the discrete Fourier transform."""
    angle = -2 * np.pi / EDGE * (np.outer(np.arange(EDGE), np.arange(EDGE)) % EDGE)
    return np.cos(angle), np.sin(angle)


def _shells() -> IntArray:
    """The shell of each Fourier coefficient of half of Fourier space, int32 (coefficients,).

    The coefficients are in the order in which ``CubeFeatures`` computes them, with x, the halved axis, in the middle;
    coefficients beyond Nyquist's frequency have the number ``SHELLS``.
    """
    frequency = np.abs(np.fft.fftfreq(EDGE, 1 / EDGE))
    half = np.arange(SHELLS)
    squares = frequency[:, None, None] ** 2 + half[None, :, None] ** 2 + frequency[None, None, :] ** 2
    return np.minimum(np.rint(np.sqrt(squares)), SHELLS).astype(np.int32).ravel()
