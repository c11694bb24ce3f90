"""DeepRes networks: local resolution at the centre of a 13 × 13 × 13 window.

Both presets take the density, float32, at the range's voxel size (1.0 or 0.5 Å), and predict the resolution at the
centre of each window, Å.

- ``published``: the layers of Ramírez-Aportela et al. 2019, section 2.2, as Xmipp distributes them. It takes single
  windows of unit L2 norm: (batch, 13, 13, 13, 1) → (batch, 1), the resolution.
- ``compact``: fixed features of the window (``deepres_features``), their logarithms, standardised, and a perceptron. It
  takes a box of at least 13 voxels along each axis and predicts all its windows at once, which are 2 voxels apart:
  (batch, z, y, x, 1) → (batch, (z - 11) // 2, (y - 11) // 2, (x - 11) // 2, 2), the resolution and its deviation, Å.
  The box need not be normalised: multiplying it by a number changes nothing.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import keras
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import deepres_features
from deepreslib.networks.quiet import quiet
from deepreslib.networks.ranges import WINDOW, ResolutionRange
from deepreslib.networks.tensors import KerasModel, Tensor, TensorShape

STANDARD = "standard"
"""Name of the compact network's layer that standardises features."""


class _Preset(TypedDict):
    description: str
    config: dict[str, Any]


PRESETS: dict[str, _Preset] = {
    "published": {
        "description": "Conv3D(32, 13³) – Dropout – Dense 512 – Dropout – Dense 1 (Ramírez-Aportela et al. 2019)",
        "config": {"filters": 32, "dense": 512, "dropout": 0.25},
    },
    "compact": {
        "description": "energies by polynomial degree, moments; logarithm, perceptron of two layers; mean and SD",
        "config": {"hidden": [256, 128]},
    },
}
"""Each preset's description, and its configuration: arguments of the function that has the preset's name. The model
card repeats the configuration."""


@keras.saving.register_keras_serializable("deepres")
class Logarithm(layers.Layer):
    """Natural logarithm of energies, which are at least 0 and span orders of magnitude."""

    def call(self, features: Tensor) -> Tensor:
        """The logarithms, of the features' shape."""
        return ops.log(features + deepres_features.FAINT)

    def compute_output_shape(self, features_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return features_shape


@keras.saving.register_keras_serializable("deepres")
class ResolutionAndDeviation(layers.Layer):
    """Turns two raw channels into a resolution, Å, and its deviation, Å, above 0, both scaled by the range."""

    def __init__(self, low: float, high: float, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def call(self, raw: Tensor) -> Tensor:
        """Resolution and deviation from the raw channels, both (..., 2)."""
        half = (self.high - self.low) / 2
        resolution = self.low + half + half * raw[..., :1]
        deviation = half * ops.softplus(raw[..., 1:] - 2.0) + 1e-3
        return ops.concatenate([resolution, deviation], axis=-1)

    def compute_output_shape(self, raw_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return raw_shape

    def get_config(self) -> dict[str, Any]:
        """What Keras stores to make the layer again."""
        return super().get_config() | {"low": self.low, "high": self.high}


@quiet()
def build(preset: str, resolution_range: ResolutionRange) -> KerasModel:
    """The untrained Keras model of a preset.

    Args:
        preset: ``published`` or ``compact``.
        resolution_range: the range that it is to be trained for.

    Returns:
        The Keras model; its weights are random.
    """
    make: dict[str, Callable[..., KerasModel]] = {"published": published, "compact": compact}
    return make[preset](resolution_range, **PRESETS[preset]["config"])


def published(resolution_range: ResolutionRange, filters: int, dense: int, dropout: float) -> KerasModel:
    """The network of Ramírez-Aportela et al. 2019, section 2.2.

    Args:
        resolution_range: the range that it is to be trained for; only its name is used.
        filters: number of filters of the convolution, each as large as the window.
        dense: width of the hidden layer.
        dropout: share of values that training drops after the convolution and after the hidden layer.

    Returns:
        The Keras model; it has 36,067,009 weights with the paper's numbers.
    """
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


def compact(resolution_range: ResolutionRange, hidden: Sequence[int]) -> KerasModel:
    """The network that comes with the package: ``features`` of the windows of a box, then ``perceptron``.

    Args:
        resolution_range: what it is to be trained for.
        hidden: widths of the perceptron's hidden layers.

    Returns:
        The Keras model.
    """
    box = layers.Input((None, None, None, 1), name="box")
    output = _perceptron(_features(box), resolution_range, hidden)
    return keras.Model(box, output, name=f"deepres_{resolution_range.name}_compact")


def features() -> KerasModel:
    """The part of the compact network that has no weights to train: (batch, z, y, x, 1) → (..., features)."""
    box = layers.Input((None, None, None, 1), name="box")
    return keras.Model(box, _features(box), name="deepres_features")


def perceptron(resolution_range: ResolutionRange, hidden: Sequence[int]) -> KerasModel:
    """The part of the compact network that is trained: (batch, features) → (batch, 2).

    Args:
        resolution_range: what it is to be trained for.
        hidden: widths of the hidden layers.

    Returns:
        The Keras model. Its layers have the names of the compact network's, so ``store.transfer_weights`` works
        between the two.
    """
    inputs = layers.Input((deepres_features.COUNT,), name="features")
    outputs = _perceptron(inputs, resolution_range, hidden)
    return keras.Model(inputs, outputs, name=f"perceptron_{resolution_range.name}")


def adapt(network: KerasModel, examples: FloatArray) -> None:
    """Sets the standardisation of a ``perceptron`` to the mean and variance of examples.

    Args:
        network: the perceptron.
        examples: (n, features), features of windows.
    """
    network.get_layer(STANDARD).adapt(examples)


def _features(box: Tensor) -> Tensor:
    means = deepres_features.PowerMeans(name="power_means")(box)
    energies = deepres_features.PolynomialSpectrum(name="polynomial_spectrum")(box, means)
    moments = deepres_features.WindowMoments(name="window_moments")(box, means)
    bands = deepres_features.BandMoments(name="band_moments")(box, means)
    return layers.Concatenate(name="features")([Logarithm(name="logarithm")(energies), moments, bands])


def _perceptron(inputs: Tensor, resolution_range: ResolutionRange, hidden: Sequence[int]) -> Tensor:
    values = layers.Normalization(name=STANDARD)(inputs)
    for number, width in enumerate(hidden, 1):
        values = layers.Dense(width, activation="relu", name=f"hidden_{number}")(values)
    start = keras.initializers.Constant([0.0, 2.0])  # the middle of the range, and a deviation of about a third of it
    raw = layers.Dense(2, kernel_initializer="zeros", bias_initializer=start, name="raw")(values)
    return ResolutionAndDeviation(resolution_range.low, resolution_range.high, name="resolution")(raw)


def multiply_adds(hidden: Sequence[int]) -> int:
    """Multiply-adds that the compact network takes for a window of a large box.

    Args:
        hidden: widths of the perceptron's hidden layers.

    Returns:
        Their number.
    """
    widths = [deepres_features.COUNT, *hidden, 2]
    return deepres_features.multiply_adds() + sum(a * b for a, b in itertools.pairwise(widths))
