"""Networks for the class of a whole map: high (finer than 5 Å), medium (5 to 10 Å) or low (coarser than 10 Å).

All presets take cubes of 64³ voxels of 1 Å, float32, scaled to 0 … 1: (batch, 64, 64, 64, 1).

- ``dnn`` and ``cnn3d``: the dense network and the convolutional one of Avramov et al. 2019, section 3.2, layer by
  layer. They predict three logits, high, medium and low: (batch, 3).
- ``compact``: fixed features of the cube (``mapclass_features``), standardised, and perceptrons. The classes are rungs
  of one ladder, so it predicts where on the ladder the map is: (batch, 2), the natural logarithm of the resolution on
  the Gaussian scale, Å, and its deviation. Class probabilities are the shares of that distribution between borders
  (``mapclass_card``), so any borders will do.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import keras
from keras import layers, ops

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import mapclass_features
from deepreslib.networks.mapclass_card import CLASSES, EDGE
from deepreslib.networks.quiet import quiet
from deepreslib.networks.tensors import KerasModel, Tensor, TensorShape

STANDARD = "standard"
"""Name of the compact network's layer that standardises features."""

START = (1.6, -1.0)
"""What a new compact network predicts of any map, before the deviation is made positive: about 5 Å, give or take a
third."""


class _Preset(TypedDict):
    description: str
    config: dict[str, Any]


PRESETS: dict[str, _Preset] = {
    "dnn": {
        "description": "Dense 1000 – Dense 100 – Dense 3 (Avramov et al. 2019)",
        "config": {"voxels": EDGE, "hidden": [1000, 100]},
    },
    "cnn3d": {
        "description": "Conv3D(32, 7³) – Conv3D(64, 5³) – Conv3D(128, 5³), each with max pooling – Dense 1024 – "
        "Dense 3 (Avramov et al. 2019)",
        "config": {"voxels": EDGE, "filters": [32, 64, 128], "dense": 1024, "dropout": 0.4},
    },
    "compact": {
        "description": "radial spectrum and moments; two perceptrons of two layers; logarithm of the resolution and "
        "its deviation",
        "config": {"members": 2, "hidden": [64, 32]},
    },
}
"""Each preset's description, and its configuration: arguments of the function that has the preset's name. The model
card repeats the configuration."""


@keras.saving.register_keras_serializable("deepres")
class Combined(layers.Layer):
    """The predictions of all members as one: the mean of the centres, and a deviation that grows if they disagree."""

    def call(self, members: Tensor) -> Tensor:
        """Centre and deviation (batch, 2) from those of the members (batch, members, 2)."""
        centre = ops.mean(members[..., 0], axis=1)
        spread = ops.mean(ops.square(members[..., 0] - centre[:, None]), axis=1)
        deviation = ops.sqrt(ops.square(ops.mean(members[..., 1], axis=1)) + spread)
        return ops.stack([centre, deviation], axis=-1)

    def compute_output_shape(self, members_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return members_shape[0], 2


@keras.saving.register_keras_serializable("deepres")
class LogarithmAndDeviation(layers.Layer):
    """Turns two raw channels into the centre of a distribution, and its deviation, above 0."""

    def call(self, raw: Tensor) -> Tensor:
        """Centre and deviation from the raw channels, both (batch, 2)."""
        return ops.concatenate([raw[:, :1], ops.softplus(raw[:, 1:]) + 1e-4], axis=-1)

    def compute_output_shape(self, raw_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return raw_shape


@quiet()
def build(preset: str, **changes: Any) -> KerasModel:
    """The untrained Keras model of a preset.

    Args:
        preset: ``dnn``, ``cnn3d`` or ``compact``.
        **changes: of the preset's configuration, such as ``voxels=16`` of a ``dnn`` for small cubes.

    Returns:
        The Keras model; its weights are random.
    """
    make: dict[str, Callable[..., KerasModel]] = {"dnn": dnn, "cnn3d": cnn3d, "compact": compact}
    return make[preset](**{**PRESETS[preset]["config"], **changes})


def dnn(voxels: int, hidden: Sequence[int]) -> KerasModel:
    """The dense network of Avramov et al. 2019.

    Args:
        voxels: edge of the cube.
        hidden: widths of the hidden layers.

    Returns:
        The Keras model; it has 262,245,403 weights with the paper's numbers.
    """
    cube = layers.Input((voxels, voxels, voxels, 1), name="cube")
    values = layers.Flatten(name="flatten")(cube)
    for number, width in enumerate(hidden, 1):
        values = layers.Dense(width, activation="relu", name=f"dense_{number}")(values)
    return keras.Model(cube, layers.Dense(len(CLASSES), name="logits")(values), name="mapclass_dnn")


def cnn3d(voxels: int, filters: Sequence[int], dense: int, dropout: float) -> KerasModel:
    """The convolutional network of Avramov et al. 2019.

    Args:
        voxels: edge of the cube, a multiple of 8.
        filters: of the three convolutions, of kernels of 7³, 5³ and 5³.
        dense: width of the hidden layer.
        dropout: share of values that training drops after it.

    Returns:
        The Keras model; it has 68,404,163 weights with the paper's numbers.
    """
    cube = layers.Input((voxels, voxels, voxels, 1), name="cube")
    values = cube
    rows = zip(filters, (7, 5, 5), ("elu", "elu", "relu"), strict=True)
    for number, (count, kernel, activation) in enumerate(rows, 1):
        values = layers.Conv3D(count, kernel, padding="same", activation=activation, name=f"conv_{number}")(values)
        values = layers.MaxPooling3D(2, name=f"pool_{number}")(values)
    values = layers.Dense(dense, activation="tanh", name="dense")(layers.Flatten(name="flatten")(values))
    values = layers.Dropout(dropout, name="dropout")(values)
    return keras.Model(cube, layers.Dense(len(CLASSES), name="logits")(values), name="mapclass_cnn3d")


def compact(members: int, hidden: Sequence[int]) -> KerasModel:
    """The network that comes with the package: ``features`` of the cube, ``perceptrons``, and their mean.

    Args:
        members: number of perceptrons.
        hidden: widths of their hidden layers.

    Returns:
        The Keras model.
    """
    cube = layers.Input((EDGE, EDGE, EDGE, 1), name="cube")
    output = _perceptrons(mapclass_features.CubeFeatures(name="features")(cube), members, hidden)
    return keras.Model(cube, Combined(name="combined")(output), name="mapclass_compact")


def features() -> KerasModel:
    """The part of the compact network that has no weights to train: (batch, 64, 64, 64, 1) → (batch, features)."""
    cube = layers.Input((EDGE, EDGE, EDGE, 1), name="cube")
    return keras.Model(cube, mapclass_features.CubeFeatures(name="features")(cube), name="mapclass_features")


def perceptrons(members: int, hidden: Sequence[int]) -> KerasModel:
    """The part of the compact network that is trained: (batch, features) → (batch, members, 2).

    Args:
        members: number of perceptrons.
        hidden: widths of their hidden layers.

    Returns:
        The Keras model. Its layers have the names of the compact network's, so ``store.transfer_weights`` works
        between the two.
    """
    inputs = layers.Input((mapclass_features.COUNT,), name="numbers")
    return keras.Model(inputs, _perceptrons(inputs, members, hidden), name="mapclass_perceptrons")


def adapt(network: KerasModel, examples: FloatArray) -> None:
    """Sets the standardisation of ``perceptrons`` to the mean and variance of examples.

    Args:
        network: the perceptrons.
        examples: (n, features), features of cubes.
    """
    network.get_layer(STANDARD).adapt(examples)


def _perceptrons(inputs: Tensor, members: int, hidden: Sequence[int]) -> Tensor:
    standard = layers.Normalization(name=STANDARD)(inputs)
    start = keras.initializers.Constant(START)
    outputs = []
    for member in range(1, members + 1):
        values = standard
        for number, width in enumerate(hidden, 1):
            values = layers.Dense(width, activation="gelu", name=f"hidden_{member}_{number}")(values)
        raw = layers.Dense(2, kernel_initializer="zeros", bias_initializer=start, name=f"raw_{member}")(values)
        outputs.append(LogarithmAndDeviation(name=f"resolution_{member}")(raw))
    return Members(name="members")(outputs)


@keras.saving.register_keras_serializable("deepres")
class Members(layers.Layer):
    """The predictions of all members side by side."""

    def call(self, outputs: Sequence[Tensor]) -> Tensor:
        """(batch, members, 2) from a list of (batch, 2)."""
        return ops.stack(outputs, axis=1)

    def compute_output_shape(self, shapes: Sequence[TensorShape]) -> TensorShape:
        """The shape of the output."""
        return shapes[0][0], len(shapes), 2
