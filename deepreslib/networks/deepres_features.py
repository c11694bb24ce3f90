"""Fixed features of every 13 × 13 × 13 window of a box: Keras layers without trained weights.

What resolution does to a map is to make it smooth, and a window tells how smooth it is by how fast its energy falls
from one polynomial degree to the next: a window much smaller than the resolution is a polynomial of low degree to a
part in thousands, however little of a wave it holds, where a Fourier spectrum sees only the jump at the window's
edges. So the main features are the energies of the window in products of discrete Legendre polynomials.

Windows are ``STRIDE`` voxels apart, the first one at the box's first voxel. All inputs are boxes (batch, z, y, x, 1) of
at least 13 voxels, all outputs (batch, (z - 11) // 2, (y - 11) // 2, (x - 11) // 2, features), one row for each window.
Scaling the box changes none of them. ``means`` are those of ``PowerMeans``.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from deepreslib.networks.ranges import STRIDE, WINDOW

HIGHEST_SUM = 16
"""Products of polynomials whose degrees add up to more are grouped as if they added up to this."""

BANDS = 8
BAND_FILTER = 7
"""Edge of the filters of ``BandMoments``; their squares, cubes and fourth powers are averaged over the rest."""

MOMENTS = 6
"""Features of ``WindowMoments``."""

FAINT = 1e-8
"""Mean square, of that of the window, that is nothing."""


def legendre_basis(count=WINDOW):
    """Orthonormal discrete Legendre (Gram) polynomials on ``count`` points; float64 (degree, point)."""
    points = np.linspace(-1, 1, count)
    basis, triangle = np.linalg.qr(np.vander(points, increasing=True))
    return (basis * np.sign(np.diag(triangle))).T


def degree_groups():
    """Products of three polynomials, grouped by the sum of their degrees and the largest of them.

    Returns:
        float64 (13, 13, 13, groups): the share of a product in its group's mean; turning the cube changes nothing.
    """
    degrees = np.indices((WINDOW,) * 3).reshape(3, -1)
    keys = np.stack([np.minimum(degrees.sum(0), HIGHEST_SUM), degrees.max(0)])
    _, group, sizes = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    shares = np.zeros((degrees.shape[1], len(sizes)))
    shares[np.arange(len(shares)), group.ravel()] = 1 / sizes[group.ravel()]
    return shares.reshape((WINDOW,) * 3 + (-1,))


def band_filters():
    """Spherical filters that pass bands of frequency, of sum 0 but for the first; float64 (7, 7, 7, 1, bands)."""
    points = np.arange(BAND_FILTER) - BAND_FILTER // 2
    radius = np.sqrt(sum(np.square(axis) for axis in np.meshgrid(points, points, points)))
    taper = np.clip(1 - np.square(radius / (BAND_FILTER // 2 + 1)), 0, 1) ** 3
    filters = np.stack([np.sinc(2 * q * radius) * taper for q in np.linspace(0, 0.65, BANDS)], axis=-1)
    sums = filters.sum((0, 1, 2))
    filters[..., 1:] -= filters[..., :1] * (sums[1:] / sums[0])
    return (filters / np.sqrt(np.square(filters).sum((0, 1, 2))))[..., None, :]


def sliding(rows, count):
    """Matrix that multiplies an axis's every run of values, ``STRIDE`` apart, with rows of weights.

    Args:
        rows: float32 (rows, run).
        count: values along the axis.

    Returns:
        (rows, runs, count): row r of run i has its weights at the values 2 i, 2 i + 1, ... and 0 at the others.
    """
    run = rows.shape[1]
    start = STRIDE * ops.arange((count - run) // STRIDE + 1, dtype="int32")
    place = ops.arange(count, dtype="int32") - start[:, None]
    weights = ops.convert_to_tensor(np.pad(rows, ((0, 0), (0, 1))).astype(np.float32))
    return ops.take(weights, ops.where((place >= 0) & (place < run), place, run), axis=1)


def sliding_mean(data, weights):
    """Mean of data (batch, z, y, x, ...) over cubes of ``len(weights)`` voxels; the weights of each axis."""
    row = np.asarray(weights, np.float32)[None]
    for axis in (1, 2, 3):
        shape = ops.shape(data)
        matrix = sliding(row, shape[axis])[0]
        flat = ops.reshape(data, (math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])))
        data = ops.reshape(ops.matmul(matrix, flat), (*shape[:axis], -1, *shape[axis + 1 :]))
    return data


def _output_shape(box_shape, features):
    return (box_shape[0], *(n and (n - WINDOW) // STRIDE + 1 for n in box_shape[1:4]), features)


@keras.saving.register_keras_serializable("deepres")
class PowerMeans(layers.Layer):
    """Mean of the window's values, of their squares, a trace more than 0, and of their third and fourth powers."""

    def call(self, box):
        square = ops.square(box)
        means = [sliding_mean(power, np.full(WINDOW, 1 / WINDOW)) for power in (box, square, square * box, square**2)]
        means[1] = means[1] + 1e-20
        return ops.concatenate(means, axis=-1)

    def compute_output_shape(self, box_shape):
        return _output_shape(box_shape, 4)


@keras.saving.register_keras_serializable("deepres")
class PolynomialSpectrum(layers.Layer):
    """Mean square of the window's coefficients in each of ``degree_groups``, over the window's mean square."""

    def __init__(self, **options):
        super().__init__(**options)
        self._basis = legendre_basis().astype(np.float32)
        self._groups = degree_groups().astype(np.float32).transpose(0, 2, 1, 3).reshape(WINDOW**3, -1).T  # z, x, y

    def call(self, box, means):
        basis, groups = (ops.convert_to_tensor(each) for each in (self._basis, self._groups))
        batch, depth, height, width, _ = ops.shape(box)
        _, planes, rows, columns, _ = ops.shape(means)
        along_x, along_y = (ops.reshape(sliding(self._basis, count), (-1, count)) for count in (width, height))
        products = ops.matmul(ops.swapaxes(box[..., 0], 0, 1), ops.transpose(along_x))
        products = ops.reshape(products, (depth, batch, height, WINDOW, columns))  # the x degrees before the columns
        products = ops.matmul(along_y, ops.transpose(products, (0, 3, 1, 2, 4)))
        products = ops.reshape(products, (depth, WINDOW, batch, WINDOW, rows, columns))  # x degrees, batch, y degrees
        products = ops.reshape(ops.swapaxes(products, 2, 3), (depth, WINDOW**2 * batch * rows * columns))

        def energies(plane):
            """Of a plane of windows, whose products would all at once take 10 kB a window."""
            run = ops.slice(products, (STRIDE * plane, 0), (WINDOW, WINDOW**2 * batch * rows * columns))
            coefficients = ops.reshape(ops.matmul(basis, run), (WINDOW**3, batch * rows * columns))
            return ops.matmul(groups, ops.square(coefficients))

        found = ops.map(energies, ops.arange(planes, dtype="int32"))
        found = ops.transpose(ops.reshape(found, (planes, -1, batch, rows, columns)), (2, 0, 3, 4, 1))
        return found / means[..., 1:2]

    def compute_output_shape(self, box_shape, means_shape):
        return _output_shape(box_shape, self._groups.shape[0])


@keras.saving.register_keras_serializable("deepres")
class WindowMoments(layers.Layer):
    """Mean, middle, least, greatest, mean third and fourth power of the window's values over their root mean square."""

    def call(self, box, means):
        scale = ops.rsqrt(means[..., 1:2])
        middle = box[(slice(None), *(slice(WINDOW // 2, -(WINDOW // 2), STRIDE),) * 3)]
        values = ops.concatenate([means[..., :1], middle, -_greatest(-box), _greatest(box)], axis=-1)
        return ops.concatenate([values * scale, means[..., 2:3] * scale**3, means[..., 3:] * scale**4], axis=-1)

    def compute_output_shape(self, box_shape, means_shape):
        return _output_shape(box_shape, MOMENTS)


def _greatest(box):
    """Greatest value of each window; along one axis after the other, the others as channels, which is fast."""
    batch, depth, height, width, _ = ops.shape(box)
    found = ops.max_pool(ops.reshape(box, (batch, depth, height * width)), WINDOW, STRIDE)
    planes = ops.shape(found)[1]
    found = ops.max_pool(ops.reshape(found, (batch * planes, height, width)), WINDOW, STRIDE)
    found = ops.swapaxes(ops.max_pool(ops.swapaxes(found, 1, 2), WINDOW, STRIDE), 1, 2)
    return ops.reshape(found, (batch, planes, *ops.shape(found)[1:], 1))


@keras.saving.register_keras_serializable("deepres")
class BandMoments(layers.Layer):
    """Skewness and kurtosis of the window in ``band_filters``' bands.

    Density of atoms is skewed at every frequency and noise is not, nor is density whose phases are random: these tell
    signal from power.
    """

    def __init__(self, **options):
        super().__init__(**options)
        half = np.moveaxis(band_filters()[BAND_FILTER // 2 :, ..., 0, :], 0, 2)  # the other planes are the same
        pair = [np.pad(half, ((0, 0), columns, (0, 0), (0, 0))) for columns in ((0, 1), (1, 0))]
        self._filters = np.concatenate(pair, axis=-1).astype(np.float32)  # (y, x, plane, column and band)

    def call(self, box, means):
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

    def _filtered(self, box):
        """The box in each band, with a column too many if its width is odd.

        Planes as far above as below a plane are added first, as their filters are alike; two columns are made at once,
        as processors work on 16 results at a time.
        """
        batch, depth, height, width, _ = ops.shape(box)
        half, kept = BAND_FILTER // 2, depth - BAND_FILTER + 1
        box = ops.concatenate([box, ops.zeros((batch, depth, height, width % 2, 1))], axis=3)
        planes = [box[:, half : half + kept]]
        for apart in range(1, half + 1):
            above, below = half - apart, half + apart
            planes.append(box[:, above : above + kept] + box[:, below : below + kept])
        planes = ops.reshape(ops.concatenate(planes, axis=-1), (batch * kept, height, width + width % 2, half + 1))
        bands = ops.conv(planes, ops.convert_to_tensor(self._filters), strides=(1, 2))
        return ops.reshape(bands, (batch, kept, height - BAND_FILTER + 1, -1, BANDS))

    def compute_output_shape(self, box_shape, means_shape):
        return _output_shape(box_shape, 2 * BANDS)


COUNT = degree_groups().shape[-1] + MOMENTS + 2 * BANDS
"""Features that the three layers give together."""


def multiply_adds():
    """Multiply-adds that products with polynomials, groups, filters and means take for a window of a large box."""
    lines, planes, voxels = STRIDE**2, STRIDE, STRIDE**3
    polynomials = lines * WINDOW**2 + planes * WINDOW**3 + WINDOW**4
    filters = voxels * (BAND_FILTER // 2 + 1) * BAND_FILTER**2 * BANDS
    means = (lines + planes + 1) * (4 * WINDOW + 3 * BANDS * (WINDOW - BAND_FILTER + 1))
    return polynomials + degree_groups().size + filters + means
