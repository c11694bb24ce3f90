"""Networks for local sharpening: from the profile of a window of a map they tell how to scale the window's shells.

A profile has 13 points, the natural logarithm of the mean magnitude in the shells of a window of 25³ voxels of 1 Å
(``enhancement.profiles``). All presets take ``profile`` (batch, 13), float32. What to standardise a map to before, and
what gains follow from an output, says ``ilocscale_card``.

- ``published``: the two networks of Bot 2023 (thesis, TU Delft, *iLocScale*), layer by layer. Both predict the
  logarithm of the profile that a model of the molecule would have there: a dict of ``linear`` and ``prelu``, each
  (batch, 13).
- ``compact``, ours: one perceptron. It also takes ``known`` (batch, 13), 1 for shells of which voxels and low-pass
  filter have left something, 0 for the others; and what is usual in the window's map, ``usual`` and ``spread``, both
  (batch, 13), mean and SD of the profiles of all windows in the mask. It predicts 13 numbers, (batch, 13): logarithms
  of gains (aim ``density``) or of the model's profile (aim ``contrast``), as it was trained.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

import keras
from keras import layers, ops

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.networks.quiet import quiet
from deepreslib.networks.tensors import KerasModel, Tensor, TensorShape

STANDARD = "standard"
"""Name of the compact network's layer that standardises profiles."""

FARTHEST = 5.0
"""SDs; a standardised point of a profile that lies farther off is taken for one that lies so far."""

PRELU_LAYERS = 2
"""So many layers of the published network ``prelu`` are followed by a PReLU."""


class _Preset(TypedDict):
    description: str
    config: dict[str, Any]


PRESETS: dict[str, _Preset] = {
    "compact": {
        "description": "Dense 48, GELU, twice, and Dense 13, of a standardised profile and what is usual in its map",
        "config": {"hidden": [48, 48]},
    },
    "published": {
        "description": "five linear Dense layers of 13, and the same with PReLU after each of the first two (Bot 2023)",
        "config": {"depth": 5, "penalty": 0.01},
    },
}
"""Each preset's description, and its configuration: arguments of the function that has the preset's name. The model
card repeats the configuration."""


@keras.saving.register_keras_serializable("deepres")
class StandardShells(layers.Layer):
    """A profile and what is usual in its map, standardised point by point; unknown shells have no influence.

    An unknown point gets the value of the last known one. Of what is usual point 0 is left out: it is the mean above
    the solvent's level, which hangs on how much solvent there is.

    Attributes:
        mean: of each point, (13,).
        deviation: SD of each point, (13,).
    """

    def build(
        self, profile_shape: TensorShape, known_shape: TensorShape, usual_shape: TensorShape, spread_shape: TensorShape
    ) -> None:
        """Adds mean and deviation."""
        self.mean = self.add_weight(name="mean", shape=(SHELLS,), initializer="zeros", trainable=False)
        self.deviation = self.add_weight(name="deviation", shape=(SHELLS,), initializer="ones", trainable=False)

    def call(self, profile: Tensor, known: Tensor, usual: Tensor, spread: Tensor) -> Tensor:
        """The standardised profile, what is usual, and its spread: (batch, 13 + 2 × 12)."""
        parts = [(profile - self.mean) / self.deviation, (usual - self.mean) / self.deviation, spread / self.deviation]
        ends = known - ops.concatenate([known[:, 1:], ops.zeros_like(known[:, :1])], axis=-1)
        held = []
        for part in parts:
            points = ops.clip(part, -FARTHEST, FARTHEST)
            last = ops.sum(points * ends, axis=-1, keepdims=True)
            held.append(points * known + last * (1 - known))
        return ops.concatenate([held[0], held[1][:, 1:], held[2][:, 1:]], axis=-1)

    def compute_output_shape(
        self, profile_shape: TensorShape, known_shape: TensorShape, usual_shape: TensorShape, spread_shape: TensorShape
    ) -> TensorShape:
        """The shape of the output."""
        return profile_shape[0], 3 * SHELLS - 2


@quiet()
def build(preset: str, **changes: Any) -> KerasModel:
    """The untrained Keras model of a preset.

    Args:
        preset: ``compact`` or ``published``.
        **changes: of the preset's configuration, such as ``hidden=[8]``.

    Returns:
        The Keras model; its weights are random.
    """
    make: dict[str, Callable[..., KerasModel]] = {"compact": compact, "published": published}
    return make[preset](**{**PRESETS[preset]["config"], **changes})


def compact(hidden: Sequence[int]) -> KerasModel:
    """The network that comes with the package.

    Args:
        hidden: widths of the hidden layers.

    Returns:
        The Keras model; it predicts nearly the same for all profiles, its last layer's bias, before it is trained.
    """
    inputs = {name: layers.Input((SHELLS,), name=name) for name in ("profile", "known", "usual", "spread")}
    values = StandardShells(name=STANDARD)(*inputs.values())
    for number, width in enumerate(hidden, 1):
        values = layers.Dense(width, activation="gelu", name=f"hidden_{number}")(values)
    start = keras.initializers.RandomNormal(stddev=0.01)
    output = layers.Dense(SHELLS, kernel_initializer=start, name="output")(values)
    return keras.Model(inputs, output, name="ilocscale_compact")


def published(depth: int, penalty: float) -> KerasModel:
    """The two networks of Bot 2023, side by side.

    Args:
        depth: Dense layers of each.
        penalty: weight of the sums of the kernels' magnitudes and of their squares in the loss (L1 and L2).

    Returns:
        The Keras model; with the thesis' numbers ``linear`` has 910 weights and ``prelu`` 936.
    """
    profile = layers.Input((SHELLS,), name="profile")
    outputs = {}
    for kind in ("linear", "prelu"):
        values = profile
        for number in range(1, depth + 1):
            name = kind if number == depth else f"{kind}_{number}"
            values = layers.Dense(SHELLS, kernel_regularizer=keras.regularizers.L1L2(penalty, penalty), name=name)(
                values
            )
            if kind == "prelu" and number <= PRELU_LAYERS:
                values = layers.PReLU(name=f"prelu_{number}_slope")(values)
        outputs[kind] = values
    return keras.Model({"profile": profile}, outputs, name="ilocscale_published")


def adapt(network: KerasModel, profiles: FloatArray, known: BoolArray) -> None:
    """Sets the standardisation of a compact network to the mean and SD of the points that are known.

    Args:
        network: the Keras model.
        profiles: float32 (n, 13).
        known: bool (n, 13).
    """
    counts = known.sum(axis=0).clip(1)
    mean = (profiles * known).sum(axis=0, dtype=float) / counts
    deviation = (((profiles - mean) * known) ** 2).sum(axis=0, dtype=float) / counts
    network.get_layer(STANDARD).set_weights([mean, (deviation**0.5).clip(1e-3)])


def begin_at(network: KerasModel, output: FloatArray) -> None:
    """Lets a new compact network predict the same of every profile, about.

    Args:
        network: the Keras model.
        output: (13,), what it predicts.
    """
    layer = network.get_layer("output")
    kernel, _ = layer.get_weights()
    layer.set_weights([kernel, output])
