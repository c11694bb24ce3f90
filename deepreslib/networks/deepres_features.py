"""Fixed features of every 13 × 13 × 13 window of a box: Keras layers without trained weights.

A map at low resolution is smooth. How smooth a window is shows in how fast its energy falls from one polynomial degree
to the next: a window much smaller than the resolution equals a polynomial of low degree to a part in thousands, even if
it holds only a small part of a wave. A Fourier spectrum would be dominated by the jump at the window's edges. So the
main features are the energies of the window in products of discrete Legendre polynomials.

Windows are ``STRIDE`` voxels apart along each axis, the first one at the box's first voxel. All inputs named ``box``
are (batch, z, y, x, 1), at least 13 voxels along each axis. All outputs are (batch, (z - 11) // 2, (y - 11) // 2,
(x - 11) // 2, features), with the features of one window along the last axis. Multiplying the box by a number changes
no feature. ``means`` is the output of ``PowerMeans``.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks.ranges import STRIDE, WINDOW
from deepreslib.networks.tensors import Tensor, TensorShape

HIGHEST_SUM = 16
"""Products of polynomials whose degrees add up to more are grouped as if they added up to this."""

BANDS = 8
"""Bands of frequency of ``BandMoments``."""

BAND_FILTER = 7
"""Edge of the filters of ``BandMoments``, voxels. Powers of the filtered window are averaged over the places where the
filter fits into the window."""

MOMENTS = 6
"""Number of features of ``WindowMoments``."""

FAINT = 1e-8
"""A band's mean square that is far smaller than this share of the window's mean square counts as 0."""


def legendre_basis(count: int = WINDOW) -> FloatArray:
    """Orthonormal discrete Legendre (Gram) polynomials.

    Args:
        count: points on which they are orthonormal.

    Returns:
        float64 (degree, point).
    """
    points = np.linspace(-1, 1, count)
    basis, triangle = np.linalg.qr(np.vander(points, increasing=True))
    return (basis * np.sign(np.diag(triangle))).T


def degree_groups() -> FloatArray:
    """Products of three polynomials, grouped by the sum of their degrees and the largest of them.

    Returns:
        float64 (13, 13, 13, groups): the share of a product in its group's mean. Turning the window by 90° does not
        change these means.
    """
    degrees = np.indices((WINDOW,) * 3).reshape(3, -1)
    keys = np.stack([np.minimum(degrees.sum(0), HIGHEST_SUM), degrees.max(0)])
    _, group, sizes = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    shares = np.zeros((degrees.shape[1], len(sizes)))
    shares[np.arange(len(shares)), group.ravel()] = 1 / sizes[group.ravel()]
    return shares.reshape((WINDOW,) * 3 + (-1,))


def band_filters() -> FloatArray:
    """Spherical filters that pass bands of frequency.

    Returns:
        float64 (7, 7, 7, 1, bands); each filter but the first has the sum 0.
    """
    points = np.arange(BAND_FILTER) - BAND_FILTER // 2
    radius = np.sqrt(sum(np.square(axis) for axis in np.meshgrid(points, points, points)))
    taper = np.clip(1 - np.square(radius / (BAND_FILTER // 2 + 1)), 0, 1) ** 3
    filters = np.stack([np.sinc(2 * q * radius) * taper for q in np.linspace(0, 0.65, BANDS)], axis=-1)
    sums = filters.sum((0, 1, 2))
    filters[..., 1:] -= filters[..., :1] * (sums[1:] / sums[0])
    return (filters / np.sqrt(np.square(filters).sum((0, 1, 2))))[..., None, :]


def sliding(rows: FloatArray, count: int) -> Tensor:
    """A matrix that multiplies runs of values along an axis with rows of weights; runs are ``STRIDE`` apart.

    Args:
        rows: float32 (rows, run), the weights.
        count: values along the axis.

    Returns:
        (rows, runs, count): row r of run i has its weights at the values 2 i, 2 i + 1, ... and 0 at the others.
    """
    run = rows.shape[1]
    start = STRIDE * ops.arange((count - run) // STRIDE + 1, dtype="int32")
    place = ops.arange(count, dtype="int32") - start[:, None]
    weights = ops.convert_to_tensor(np.pad(rows, ((0, 0), (0, 1))).astype(np.float32))
    return ops.take(weights, ops.where((place >= 0) & (place < run), place, run), axis=1)


def sliding_mean(data: Tensor, weights: FloatArray) -> Tensor:
    """Weighted means over cubes, ``STRIDE`` voxels apart.

    Args:
        data: (batch, z, y, x, ...).
        weights: (edge,), along each axis of the cube; a voxel's weight is the product of three.

    Returns:
        (batch, cubes along z, along y, along x, ...).
    """
    row = np.asarray(weights, np.float32)[None]
    for axis in (1, 2, 3):
        shape = ops.shape(data)
        matrix = sliding(row, shape[axis])[0]
        flat = ops.reshape(data, (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])))
        data = ops.reshape(ops.matmul(matrix, flat), (*shape[:axis], -1, *shape[axis + 1 :]))
    return data


def _output_shape(box_shape: TensorShape, features: int) -> TensorShape:
    return (box_shape[0], *(n and (n - WINDOW) // STRIDE + 1 for n in box_shape[1:4]), features)


@keras.saving.register_keras_serializable("deepres")
class PowerMeans(layers.Layer):
    """Means of the window's values and of their second, third and fourth powers; the second is always above 0."""

    def call(self, box: Tensor) -> Tensor:
        """The four means of each window."""
        square = ops.square(box)
        means = [sliding_mean(power, np.full(WINDOW, 1 / WINDOW)) for power in (box, square, square * box, square**2)]
        means[1] = means[1] + 1e-20
        return ops.concatenate(means, axis=-1)

    def compute_output_shape(self, box_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return _output_shape(box_shape, 4)


@keras.saving.register_keras_serializable("deepres")
class PolynomialSpectrum(layers.Layer):
    """Mean square of the window's polynomial coefficients in each of ``degree_groups``, over its mean square."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._basis = legendre_basis().astype(np.float32)
        self._groups = degree_groups().astype(np.float32).transpose(0, 2, 1, 3).reshape(WINDOW**3, -1).T  # z, x, y

    def call(self, box: Tensor, means: Tensor) -> Tensor:
        """The energy of each group in each window."""
        basis, groups = (ops.convert_to_tensor(values) for values in (self._basis, self._groups))
        batch, depth, height, width, _ = ops.shape(box)
        _, planes, rows, columns, _ = ops.shape(means)
        along_x, along_y = (ops.reshape(sliding(self._basis, count), (-1, count)) for count in (width, height))
        lines = ops.reshape(ops.swapaxes(box[..., 0], 0, 1), (depth * batch * height, width))
        products = ops.matmul(lines, ops.transpose(along_x))
        products = ops.reshape(products, (depth, batch, height, WINDOW, columns))  # the x degrees before the columns
        products = ops.matmul(along_y, ops.transpose(products, (0, 3, 1, 2, 4)))
        products = ops.reshape(products, (depth, WINDOW, batch, WINDOW, rows, columns))  # x degrees, batch, y degrees
        products = ops.reshape(ops.swapaxes(products, 2, 3), (depth, WINDOW**2 * batch * rows * columns))

        def energies(plane: Tensor) -> Tensor:
            """Energies of a plane of windows; the products of all planes at once would take 10 kB a window."""
            run = ops.slice(products, (STRIDE * plane, 0), (WINDOW, WINDOW**2 * batch * rows * columns))
            coefficients = ops.reshape(ops.matmul(basis, run), (WINDOW**3, batch * rows * columns))
            return ops.matmul(groups, ops.square(coefficients))

        energy = ops.map(energies, ops.arange(planes, dtype="int32"))
        energy = ops.transpose(ops.reshape(energy, (planes, -1, batch, rows, columns)), (2, 0, 3, 4, 1))
        return energy / means[..., 1:2]

    def compute_output_shape(self, box_shape: TensorShape, means_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return _output_shape(box_shape, self._groups.shape[0])


@keras.saving.register_keras_serializable("deepres")
class WindowMoments(layers.Layer):
    """Moments and extremes of the window's values, in units of their root mean square.

    These are the mean, the value in the middle, the least and the greatest value, and the means of the third and fourth
    powers.
    """

    def call(self, box: Tensor, means: Tensor) -> Tensor:
        """The six features of each window."""
        scale = ops.rsqrt(means[..., 1:2])
        centres = slice(WINDOW // 2, -(WINDOW // 2), STRIDE)
        middle = box[:, centres, centres, centres]
        values = ops.concatenate([means[..., :1], middle, -_greatest(-box), _greatest(box)], axis=-1)
        return ops.concatenate([values * scale, means[..., 2:3] * scale**3, means[..., 3:] * scale**4], axis=-1)

    def compute_output_shape(self, box_shape: TensorShape, means_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return _output_shape(box_shape, MOMENTS)


def _greatest(box: Tensor) -> Tensor:
    """The greatest value of each window, found along one axis after the other with the others as channels: fast."""
    batch, depth, height, width, _ = ops.shape(box)
    values = ops.max_pool(ops.reshape(box, (batch, depth, height * width)), WINDOW, STRIDE)
    planes = ops.shape(values)[1]
    values = ops.max_pool(ops.reshape(values, (batch * planes, height, width)), WINDOW, STRIDE)
    values = ops.swapaxes(ops.max_pool(ops.swapaxes(values, 1, 2), WINDOW, STRIDE), 1, 2)
    return ops.reshape(values, (batch, planes, *ops.shape(values)[1:], 1))


@keras.saving.register_keras_serializable("deepres")
class BandMoments(layers.Layer):
    """Skewness and kurtosis of the window in each band of ``band_filters``.

    The density of atoms is skewed at every frequency; noise is not, and density with random phases is not either. So
    these features distinguish signal from mere power.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        half = np.moveaxis(band_filters()[BAND_FILTER // 2 :, ..., 0, :], 0, 2)  # the other planes are the same
        pair = [np.pad(half, ((0, 0), columns, (0, 0), (0, 0))) for columns in ((0, 1), (1, 0))]
        self._filters = np.concatenate(pair, axis=-1).astype(np.float32)  # (y, x, plane, column and band)

    def call(self, box: Tensor, means: Tensor) -> Tensor:
        """Skewness, then kurtosis, of each band in each window."""
        count = WINDOW - BAND_FILTER + 1
        weights = np.square(np.sin(np.pi * np.arange(1, count + 1) / (count + 1)))
        weights /= weights.sum()
        bands = self._filtered(box)
        squares = ops.square(bands)
        second, third, fourth = (
            sliding_mean(power, weights) for power in (squares, squares * bands, ops.square(squares))
        )
        variance = second + FAINT * means[..., 1:2]
        return ops.concatenate([third / (variance * ops.sqrt(variance)), ops.sqrt(fourth) / variance], axis=-1)

    def _filtered(self, box: Tensor) -> Tensor:
        """The box in each band, with one extra column if its width is odd.

        The planes equally far above and below a plane are added before they are filtered, as their filters are alike.
        Two columns are computed together, as processors work on 16 results at a time.
        """
        batch, depth, height, width, _ = ops.shape(box)
        half, count = BAND_FILTER // 2, depth - BAND_FILTER + 1
        box = ops.concatenate([box, ops.zeros((batch, depth, height, width % 2, 1))], axis=3)
        planes = [box[:, half : half + count]]
        for apart in range(1, half + 1):
            above, below = half - apart, half + apart
            planes.append(box[:, above : above + count] + box[:, below : below + count])
        planes = ops.reshape(ops.concatenate(planes, axis=-1), (batch * count, height, width + width % 2, half + 1))
        bands = ops.conv(planes, ops.convert_to_tensor(self._filters), strides=(1, 2))
        return ops.reshape(bands, (batch, count, height - BAND_FILTER + 1, -1, BANDS))

    def compute_output_shape(self, box_shape: TensorShape, means_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return _output_shape(box_shape, 2 * BANDS)


COUNT = degree_groups().shape[-1] + MOMENTS + 2 * BANDS
"""Number of features of a window: those of the three layers together."""


def multiply_adds() -> int:
    """Multiply-adds for the features of a window of a large box: with polynomials, groups, filters and means.

    Returns:
        Their number.
    """
    lines, planes, voxels = STRIDE**2, STRIDE, STRIDE**3
    polynomials = lines * WINDOW**2 + planes * WINDOW**3 + WINDOW**4
    filters = voxels * (BAND_FILTER // 2 + 1) * BAND_FILTER**2 * BANDS
    means = (lines + planes + 1) * (4 * WINDOW + 3 * BANDS * (WINDOW - BAND_FILTER + 1))
    return polynomials + degree_groups().size + filters + means
