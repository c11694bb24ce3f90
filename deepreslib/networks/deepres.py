"""DeepRes networks: local resolution at the centre of a 13 × 13 × 13 window.

Contract of both presets: the input is one window or many, float32, (batch, z, y, x, 1), each of unit L2 norm, at the
range's voxel size (1.0 or 0.5 Å); the output is the resolution at the window's centre, Å.

- ``published``: the layers of Ramírez-Aportela et al. 2019, section 2.2, as Xmipp distributes them; one window in,
  one number out, (batch, 13, 13, 13, 1) → (batch, 1).
- ``compact``: fixed features of the window (``windowfeatures``), their logarithms, standardised, and a perceptron; all
  windows of a box at once that are 2 voxels apart along each axis. Any box of at least 13 voxels in,
  (batch, z, y, x, 1) → (batch, (z - 11) // 2, (y - 11) // 2, (x - 11) // 2, 2): resolution and its predicted SD, Å, for
  each window. The box need not be normalised: scaling it changes nothing.
"""

import itertools

import keras
from keras import layers, ops

from deepreslib.networks import deepres_features
from deepreslib.networks.ranges import WINDOW

STANDARD = "standard"
"""Name of the compact network's layer that standardises features."""

PRESETS = {
    "published": {
        "description": "Conv3D(32, 13³) – Dropout – Dense 512 – Dropout – Dense 1 (Ramírez-Aportela et al. 2019)",
        "config": {"filters": 32, "dense": 512, "dropout": 0.25},
    },
    "compact": {
        "description": "energies by polynomial degree, moments; logarithm, perceptron of two layers; mean and SD",
        "config": {"hidden": [256, 128]},
    },
}


@keras.saving.register_keras_serializable("deepres")
class Logarithm(layers.Layer):
    """log of energies ≥ 0 that span orders of magnitude."""

    def call(self, features):
        return ops.log(features + deepres_features.FAINT)

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


def compact(resolution_range, hidden):
    """The network we ship: ``features`` of the windows of a box, then ``perceptron``."""
    box = layers.Input((None, None, None, 1), name="box")
    output = _perceptron(_features(box), resolution_range, hidden)
    return keras.Model(box, output, name=f"deepres_{resolution_range.name}_compact")


def features():
    """The part of the compact network without trained weights: (batch, z, y, x, 1) → (..., features)."""
    box = layers.Input((None, None, None, 1), name="box")
    return keras.Model(box, _features(box), name="deepres_features")


def perceptron(resolution_range, hidden):
    """The part of the compact network that is trained, with its weights: (batch, features) → (batch, 2)."""
    given = layers.Input((deepres_features.COUNT,), name="features")
    return keras.Model(given, _perceptron(given, resolution_range, hidden), name=f"perceptron_{resolution_range.name}")


def adapt(network, examples):
    """Sets the standardisation of a ``perceptron`` to the mean and variance of example features (n, features)."""
    network.get_layer(STANDARD).adapt(examples)


def transfer(source, target):
    """Gives a network the weights of another that has the same ones, as compact network and perceptron have."""
    target.set_weights(source.get_weights())
    for layer in target.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()  # it computes with values derived from its weights


def _features(box):
    means = deepres_features.PowerMeans(name="power_means")(box)
    energies = deepres_features.PolynomialSpectrum(name="polynomial_spectrum")(box, means)
    moments = deepres_features.WindowMoments(name="window_moments")(box, means)
    bands = deepres_features.BandMoments(name="band_moments")(box, means)
    return layers.Concatenate(name="features")([Logarithm(name="logarithm")(energies), moments, bands])


def _perceptron(given, resolution_range, hidden):
    found = layers.Normalization(name=STANDARD)(given)
    for number, width in enumerate(hidden, 1):
        found = layers.Dense(width, activation="relu", name=f"hidden_{number}")(found)
    start = keras.initializers.Constant([0.0, 2.0])  # the middle of the range, and a SD of about a third of it
    raw = layers.Dense(2, kernel_initializer="zeros", bias_initializer=start, name="raw")(found)
    return ResolutionAndDeviation(resolution_range.low, resolution_range.high, name="resolution")(raw)


def multiply_adds(hidden):
    """Multiply-adds that the compact network takes for a window of a large box."""
    widths = [deepres_features.COUNT, *hidden, 2]
    return deepres_features.multiply_adds() + sum(a * b for a, b in itertools.pairwise(widths))
