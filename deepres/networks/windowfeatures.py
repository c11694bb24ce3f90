"""Fixed features of every 13 × 13 × 13 window of a box: Keras layers without trained weights.

What resolution does to a map is to make it smooth, and a window tells how smooth it is by how fast its energy falls
from one polynomial degree to the next: a window much smaller than the resolution is a polynomial of low degree to a
part in thousands, however little of a wave it holds, where a Fourier spectrum sees only the jump at the window's
edges. So the main features are the energies of the window in products of discrete Legendre polynomials.

All inputs are boxes (batch, z, y, x, 1) of at least 13 voxels, all outputs (batch, z - 12, y - 12, x - 12, features),
one row for each window. Scaling the box changes none of them.
"""


import keras
import numpy as np
from keras import layers, ops

from deepres.ranges import WINDOW

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


def transformed(data, axis, basis):
    """Products of every run of values along an axis with each row of a matrix, as a new first axis."""
    length = basis.shape[1]
    before = (slice(None),) * axis
    runs = ops.stack([data[(*before, slice(start, start - length + 1 or None))] for start in range(length)])
    products = ops.matmul(basis, ops.reshape(runs, (length, -1)))
    return ops.reshape(products, (-1, *ops.shape(runs)[1:]))


def sliding_mean(data, weights):
    """Mean of data (batch, z, y, x, ...) over all cubes of ``len(weights)`` voxels; the weights of each axis."""
    row = np.asarray(weights, np.float32)[None]
    for axis in (1, 2, 3):
        data = transformed(data, axis, row)[0]
    return data


def _output_shape(box_shape, features):
    return (box_shape[0], *(n and n - WINDOW + 1 for n in box_shape[1:4]), features)


def mean_square(box):
    """Mean square of each window, (batch, z - 12, y - 12, x - 12, 1); a trace more than 0."""
    return sliding_mean(ops.square(box), np.full(WINDOW, 1 / WINDOW)) + 1e-20


@keras.saving.register_keras_serializable("deepres")
class PolynomialSpectrum(layers.Layer):
    """Mean square of the window's coefficients in each of ``degree_groups``, over the window's mean square."""

    def __init__(self, **options):
        super().__init__(**options)
        self._basis = legendre_basis().astype(np.float32)
        self._groups = degree_groups().astype(np.float32).reshape(WINDOW, WINDOW**2, -1)

    def call(self, box):
        along_x = transformed(box[..., 0], 3, self._basis)
        groups = ops.convert_to_tensor(self._groups)
        mean = mean_square(box)

        def add(degree, energies):
            """Adds the products whose polynomial along x is of a degree; all at once would need 13 times the memory."""
            along_y = transformed(along_x[degree], 2, self._basis)
            along_z = transformed(along_y, 2, self._basis)
            power = ops.reshape(ops.square(along_z), (WINDOW**2, -1))
            return energies + ops.matmul(ops.transpose(groups[degree]), power)

        nothing = ops.matmul(ops.zeros((groups.shape[-1], 1)), ops.reshape(mean, (1, -1)))
        energies = ops.fori_loop(0, WINDOW, add, nothing)
        return ops.reshape(ops.transpose(energies), (*ops.shape(mean)[:4], -1)) / mean

    def compute_output_shape(self, box_shape):
        return _output_shape(box_shape, self._groups.shape[-1])


@keras.saving.register_keras_serializable("deepres")
class WindowMoments(layers.Layer):
    """Mean, middle, least, greatest, mean third and fourth power of the window's values over their root mean square."""

    def call(self, box):
        scale = ops.rsqrt(mean_square(box))
        powers = sliding_mean(ops.concatenate([box, box**3, box**4], axis=-1), np.full(WINDOW, 1 / WINDOW))
        middle = box[(slice(None), *(slice(WINDOW // 2, -(WINDOW // 2)),) * 3)]
        values = ops.concatenate([powers[..., :1], middle, -_greatest(-box), _greatest(box)], axis=-1)
        return ops.concatenate([values * scale, powers[..., 1:2] * scale**3, powers[..., 2:] * scale**4], axis=-1)

    def compute_output_shape(self, box_shape):
        return _output_shape(box_shape, MOMENTS)


def _greatest(box):
    """Greatest value of each window; the reach of a maximum doubles from step to step."""
    for axis in (1, 2, 3):
        before, reach = (slice(None),) * axis, 1
        while reach < WINDOW:
            step = min(reach, WINDOW - reach)
            box = ops.maximum(box[(*before, slice(-step))], box[(*before, slice(step, None))])
            reach += step
    return box


@keras.saving.register_keras_serializable("deepres")
class BandMoments(layers.Layer):
    """Skewness and kurtosis of the window in ``band_filters``' bands.

    Density of atoms is skewed at every frequency and noise is not, nor is density whose phases are random: these tell
    signal from power.
    """

    def __init__(self, **options):
        super().__init__(**options)
        planes = np.moveaxis(band_filters(), 0, -2)  # (y, x, 1, plane, band)
        self._filters = planes.reshape(BAND_FILTER, BAND_FILTER, 1, -1).astype(np.float32)

    def call(self, box):
        count = WINDOW - BAND_FILTER + 1
        weights = np.square(np.sin(np.pi * np.arange(1, count + 1) / (count + 1)))
        weights /= weights.sum()
        bands = self._filtered(box)
        squares = ops.square(bands)
        powers = ops.concatenate([squares, squares * bands, ops.square(squares)], axis=-1)
        second, third, fourth = ops.split(sliding_mean(powers, weights), 3, axis=-1)
        variance = second + FAINT * mean_square(box)
        return ops.concatenate([third / (variance * ops.sqrt(variance)), ops.sqrt(fourth) / variance], axis=-1)

    def _filtered(self, box):
        """The box in each band: planes filtered, then added up, as processors are slow at convolving volumes."""
        batch, depth, height, width, _ = ops.shape(box)
        planes = ops.conv(ops.reshape(box, (-1, height, width, 1)), ops.convert_to_tensor(self._filters))
        lost = BAND_FILTER - 1
        planes = ops.reshape(planes, (batch, depth, height - lost, width - lost, BAND_FILTER, BANDS))
        return sum(planes[:, start : depth - lost + start, :, :, start] for start in range(BAND_FILTER))

    def compute_output_shape(self, box_shape):
        return _output_shape(box_shape, 2 * BANDS)


COUNT = degree_groups().shape[-1] + MOMENTS + 2 * BANDS
"""Features that the three layers give together."""


def multiply_adds_per_voxel():
    """Multiply-adds that the matrix products of ``PolynomialSpectrum`` spend on a voxel of a large box."""
    return sum(WINDOW**power for power in (2, 3, 4)) + degree_groups().size
