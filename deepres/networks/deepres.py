"""DeepRes networks: local resolution at the centre of a 13 × 13 × 13 window.

Contract of both presets: the input is one window or many, float32, (batch, z, y, x, 1), each of unit L2 norm, at the
range's voxel size (1.0 or 0.5 Å); the output is the resolution at the window's centre, Å.

- ``published``: the layers of Ramírez-Aportela et al. 2019, section 2.2, as Xmipp distributes them; one window in,
  one number out, (batch, 13, 13, 13, 1) → (batch, 1).
- ``compact``: fully convolutional with a receptive field of exactly 13 voxels; any box of at least 13 voxels in,
  (batch, z, y, x, 1) → (batch, z - 12, y - 12, x - 12, 2): resolution and its predicted SD, Å, for each window. The
  box itself need not be normalised: the spatial layers have no biases and are followed by ReLU, so they are
  positively homogeneous, and dividing their output by the L2 norm of each window equals normalising the window.
"""

import itertools

import keras
from keras import layers, ops

from deepres.ranges import WINDOW

PRESETS = {
    "published": {
        "description": "Conv3D(32, 13³) – Dropout – Dense 512 – Dropout – Dense 1 (Ramírez-Aportela et al. 2019)",
        "config": {"filters": 32, "dense": 512, "dropout": 0.25},
    },
    "compact": {
        "description": "six 3³ convolutions without biases, window norm, logarithm, three 1³ convolutions; mean and SD",
        "config": {"spatial": [16, 32, 32, 32, 48, 48], "pointwise": [64, 64]},
    },
}


@keras.saving.register_keras_serializable("deepres")
class WindowNormalisation(layers.Layer):
    """Divides features by the root mean square of the window that they come from.

    Inputs: features (batch, z - 12, y - 12, x - 12, channels) and the box (batch, z, y, x, 1) that they were computed
    from. An empty window (norm 0) gives features 0.
    """

    def call(self, features, box):
        energy = ops.square(box)
        for kernel in ((WINDOW, 1, 1), (1, WINDOW, 1), (1, 1, WINDOW)):
            energy = ops.conv(energy, ops.full((*kernel, 1, 1), 1.0 / WINDOW, dtype=energy.dtype))
        return features * ops.rsqrt(energy + 1e-20)

    def compute_output_shape(self, features_shape, box_shape):
        return features_shape


@keras.saving.register_keras_serializable("deepres")
class ContrastStart(keras.initializers.Initializer):
    """Random first filters that sum to zero but for every eighth: they see contrast, not the mean density.

    Windows inside a molecule at low resolution are almost constant, and what tells 8 from 10 Å is in the little that
    is not; filters that start blind to the mean learn it several times as fast (RMSE after 200 steps, see
    docs/training.rst).
    """

    def __call__(self, shape, dtype=None):
        kernel = keras.random.normal(shape, dtype=dtype)
        blind = ops.cast(ops.arange(shape[-1]) % 8 != 0, kernel.dtype)
        kernel = kernel - blind * ops.mean(kernel, axis=(0, 1, 2), keepdims=True)
        gain = 0.5 + 1.5 * blind
        return gain * kernel / ops.sqrt(ops.sum(ops.square(kernel), axis=(0, 1, 2), keepdims=True))


@keras.saving.register_keras_serializable("deepres")
class Logarithm(layers.Layer):
    """log of features ≥ 0 that span orders of magnitude, brought to about -1 … 1."""

    def call(self, features):
        return 0.3 * (ops.log(features + 1e-3) + 2.0)

    def compute_output_shape(self, features_shape):
        return features_shape


@keras.saving.register_keras_serializable("deepres")
class ResolutionAndDeviation(layers.Layer):
    """Two raw channels to resolution (Å) and its standard deviation (Å, positive), scaled by the range's ends."""

    def __init__(self, low, high, **options):
        super().__init__(**options)
        self.low, self.high = low, high

    def call(self, raw):
        half = (self.high - self.low) / 2
        resolution = self.low + half + half * raw[..., :1]
        deviation = half * ops.softplus(raw[..., 1:] - 2.0) + 1e-3
        return ops.concatenate([resolution, deviation], axis=-1)

    def compute_output_shape(self, raw_shape):
        return raw_shape

    def get_config(self):
        return super().get_config() | {"low": self.low, "high": self.high}


def build(preset, resolution_range):
    """The untrained Keras model of a preset (``published`` or ``compact``) for a ``ResolutionRange``."""
    config = PRESETS[preset]["config"]
    return {"published": published, "compact": compact}[preset](resolution_range, **config)


def published(resolution_range, filters, dense, dropout):
    """The network of the paper, section 2.2 (36,067,009 weights with its numbers)."""
    return keras.Sequential(
        [
            layers.Input((WINDOW, WINDOW, WINDOW, 1), name="window"),
            layers.Conv3D(filters, WINDOW, padding="same", activation="relu", name="conv"),
            layers.Dropout(dropout, name="conv_dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(dense, activation="relu", name="dense"),
            layers.Dropout(dropout, name="dense_dropout"),
            layers.Dense(1, name="resolution"),
        ],
        name=f"deepres_{resolution_range.name}_published",
    )


def compact(resolution_range, spatial, pointwise):
    """The network we ship; ``spatial`` must make a receptive field of 13: six 3³ layers."""
    if 1 + 2 * len(spatial) != WINDOW:
        raise ValueError(f"{len(spatial)} layers of 3³ see {1 + 2 * len(spatial)} voxels, not {WINDOW}")
    box = layers.Input((None, None, None, 1), name="box")
    features = box
    for number, width in enumerate(spatial, 1):
        start = "he_normal" if number > 1 else ContrastStart()
        features = layers.Conv3D(
            width, 3, use_bias=False, activation="relu", kernel_initializer=start, name=f"spatial_{number}"
        )(features)
    features = WindowNormalisation(name="window_normalisation")(features, box)
    features = Logarithm(name="logarithm")(features)
    for number, width in enumerate(pointwise, 1):
        features = layers.Conv3D(width, 1, activation="relu", name=f"pointwise_{number}")(features)
    start = keras.initializers.Constant([0.0, 2.0])  # the middle of the range, and a SD of about a third of it
    raw = layers.Conv3D(2, 1, kernel_initializer="zeros", bias_initializer=start, name="raw")(features)
    output = ResolutionAndDeviation(resolution_range.low, resolution_range.high, name="resolution")(raw)
    return keras.Model(box, output, name=f"deepres_{resolution_range.name}_compact")


def multiply_adds_per_voxel(spatial, pointwise):
    """Multiply-adds that the compact network spends on a voxel of a large box."""
    spatial_cost = sum(27 * a * b for a, b in itertools.pairwise([1, *spatial]))
    widths = [spatial[-1], *pointwise, 2]
    return spatial_cost + 3 * WINDOW + sum(a * b for a, b in itertools.pairwise(widths))
