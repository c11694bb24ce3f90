"""CryoRes networks: global resolution, local resolution and molecular mask from the local spectrum of one map.

CryoRes (Dang 2023, slides "Network inference") describes the outputs, the labels and the losses of its network, but
not its inner layers; the layers here are ours.

Both presets have the same inputs and outputs. Inputs, float32, computed by ``deepreslib.networks.cryores_features``:

- ``features``: (batch, z, y, x, ``FEATURES``), the local spectrum and the density at places of a map. Each place is
  taken alone, so the places may be listed in any order and need not fill a box. Only ``baseline`` and ``level``
  depend on all places: they use a mean over the places that the network takes for the molecule.
- ``summary``: (batch, ``SUMMARY``), the map summary: numbers that describe the whole map.

Outputs, a dict:

- ``baseline``: (batch, 2), the global resolution, Å, and its deviation, Å.
- ``local``: (batch, z, y, x, 2), the local resolution minus the global one, Å, and the deviation of the local
  resolution, Å.
- ``level``: (batch, 1), Å, the part of ``local`` that is the same at all places of a map. A map that is predicted in
  parts has one ``level`` for each part, which the estimator replaces by that of the whole map.
- ``mask``: (batch, z, y, x, 1), the logit of the probability that the place belongs to the molecule.
- ``strangeness``: (batch, 1), how unlike the maps of the training the map is (see ``strangeness``).
"""

import math
from dataclasses import dataclass
from typing import Any, TypedDict

import keras
from keras import layers, ops

from deepreslib.fourier.spectra import BANDS
from deepreslib.networks.cryores_features import (
    FEATURE_AMPLITUDES,
    FEATURES,
    SUMMARY,
    SUMMARY_NOISE,
    unscaled,
)
from deepreslib.networks.quiet import quiet
from deepreslib.networks.strangeness import Strangeness
from deepreslib.networks.tensors import KerasLayer, KerasModel, Tensor, TensorShape
from deepreslib.networks.unsharpened import Unsharpened


@dataclass(frozen=True)
class CryoResConfig:
    """The sizes of a CryoRes network.

    Attributes:
        members: number of networks that are trained side by side and whose predictions are combined.
        summary: widths of the layers that condense the map summary.
        trunk: widths of the layers at each place that all outputs share.
        heads: width of the hidden layer of each output.
        dropout: share of values that training drops after each layer of the summary and before each further layer of
            the trunk.
    """

    members: int
    summary: list[int]
    trunk: list[int]
    heads: int
    dropout: float


class _Preset(TypedDict):
    description: str
    config: dict[str, Any]


_CONFIG = {"summary": [192, 128], "trunk": [256, 256], "heads": 128, "dropout": 0.1}
PRESETS: dict[str, _Preset] = {
    "published": {
        "description": "the losses and optimiser of the slides (squared, logarithmic, cross entropy; SGD)",
        "config": {"members": 1, **_CONFIG},
    },
    "compact": {
        "description": "two perceptrons, their predictions combined, on each place's spectra at two distances, also in "
        "units of the map's noise, and the map summary; losses: error of a map, correlation within it, likelihoods",
        "config": {"members": 2, **_CONFIG},
    },
}
"""Each preset's description, and its configuration: the fields of ``CryoResConfig``, which the model card repeats."""

HEADS = ("baseline", "level", "local", "mask")
"""The outputs. Each member has outputs of the same names with the member's number added, such as ``baseline_1``."""

RATIO_LIMITS = (-2.0, 7.0)
"""Natural logarithms of the signal-to-noise ratio; ratios beyond these limits are set to them."""

FALLS = ((0.7, 1.5), (0.7, 4.0), (1.8, 1.5), (1.8, 4.0), (3.0, 1.5), (3.0, 4.0))
"""Soft thresholds on the natural logarithm of the signal-to-noise ratio, as pairs (middle, width): a band counts half
at the middle, and its count rises linearly from 0 to 1 over the width."""

_TO_RATIO = 2 * math.log(10) * (unscaled(1.0) - unscaled(0.0))


@keras.saving.register_keras_serializable("deepres")
class SignalToNoise(layers.Layer):
    """How far each band of a place stands out of the map's noise, and how many bands do.

    Estimators that test resolutions look at the same thing: the finest band in which there is more than noise (MonoRes:
    Vilas et al. 2018, *MonoRes: automatic and accurate estimation of local resolution for electron microscopy maps*).
    In a map whose noise was masked away every band stands out; by the map summary the network can recognise such maps.
    """

    def call(self, features: Tensor, summary: Tensor) -> Tensor:
        """The ratios and counts of each place.

        Args:
            features: (batch, z, y, x, ``FEATURES``).
            summary: (batch, ``SUMMARY``).

        Returns:
            (batch, z, y, x, 56): for the energies and for the wider energies, the logarithm of the signal-to-noise
            ratio of each band, and for each of ``FALLS`` the number of bands above it; scaled.
        """
        bands = len(BANDS)
        noise = ops.reshape(summary[:, SUMMARY_NOISE], (-1, 1, 1, 1, bands))
        parts = []
        for amplitudes in FEATURE_AMPLITUDES:
            ratio = (features[..., amplitudes] - noise) * _TO_RATIO
            parts.append(ops.clip(ratio, *RATIO_LIMITS) / 4)
            for middle, width in FALLS:
                above = ops.clip((ratio - middle) / width + 0.5, 0.0, 1.0)
                parts.append(ops.sum(above, axis=-1, keepdims=True) / 4 - 1)
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, features_shape: TensorShape, summary_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return *features_shape[:-1], len(FEATURE_AMPLITUDES) * (len(BANDS) + len(FALLS))


@keras.saving.register_keras_serializable("deepres")
class MaskedMean(layers.Layer):
    """Mean of values over places, each place weighted by the probability that it belongs to the molecule."""

    def call(self, places: Tensor, logits: Tensor) -> Tensor:
        """The weighted mean.

        Args:
            places: (batch, z, y, x, channels), the values.
            logits: (batch, z, y, x, 1), of the probability.

        Returns:
            (batch, channels).
        """
        weight = ops.sigmoid(logits)
        total = ops.sum(places * weight, axis=(1, 2, 3))
        return total / (ops.sum(weight, axis=(1, 2, 3)) + 1.0)

    def compute_output_shape(self, places_shape: TensorShape, logits_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return places_shape[0], places_shape[-1]


@keras.saving.register_keras_serializable("deepres")
class CentreAndDeviation(layers.Layer):
    """Turns two raw channels into a centre, Å, and a deviation, Å, which is above 0."""

    def __init__(self, middle: float | None = None, **options: Any) -> None:
        """Keeps the options.

        Args:
            middle: Å, the centre of a raw channel of 0, which then is the centre's logarithm, and the other channel is
                of the deviation's share of the centre; None for a centre that may be below 0.
            options: of a Keras layer.
        """
        super().__init__(**options)
        self.middle = middle

    def call(self, raw: Tensor) -> Tensor:
        """Centre and deviation from the raw channels, both (..., 2)."""
        deviation = ops.softplus(raw[..., 1:])
        if self.middle is None:
            return ops.concatenate([raw[..., :1], deviation + 1e-2], axis=-1)
        centre = self.middle * ops.exp(ops.clip(raw[..., :1] / 2, -3, 3))
        return ops.concatenate([centre, (deviation / 4 + 2e-3) * centre], axis=-1)

    def compute_output_shape(self, raw_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return raw_shape

    def get_config(self) -> dict[str, Any]:
        """What Keras stores to make the layer again."""
        return super().get_config() | {"middle": self.middle}


@keras.saving.register_keras_serializable("deepres")
class Raised(layers.Layer):
    """Adds a number of the whole map to the centres of all its places."""

    def call(self, local: Tensor, number: Tensor) -> Tensor:
        """The raised centres, and the deviations as they are.

        Args:
            local: (batch, z, y, x, 2), centre and deviation, Å.
            number: (batch, 1), Å.

        Returns:
            (batch, z, y, x, 2).
        """
        whole = ops.reshape(number, (-1, 1, 1, 1, 1))
        return ops.concatenate([local[..., :1] + whole, local[..., 1:]], axis=-1)

    def compute_output_shape(self, local_shape: TensorShape, number_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return local_shape


@keras.saving.register_keras_serializable("deepres")
class Consensus(layers.Layer):
    """Combines the members' predictions: the mean of their centres, and one deviation.

    The deviation is that of a mixture of the members in equal parts, so it grows where the members disagree
    (Lakshminarayanan et al. 2017, *Simple and scalable predictive uncertainty estimation using deep ensembles*). It is
    multiplied by ``factor``, which is 1 during training and is set by the calibration when training has ended.
    """

    def build(self, answers_shape: TensorShape) -> None:
        """Adds the factor."""
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones", trainable=False)

    def call(self, answers: list[Tensor]) -> Tensor:
        """Centre and deviation (..., 2), Å, from those of each member."""
        stacked = ops.stack(answers)
        centre = ops.mean(stacked[..., :1], axis=0)
        variance = ops.mean(ops.square(stacked[..., 1:]) + ops.square(stacked[..., :1] - centre), axis=0)
        return ops.concatenate([centre, self.factor * ops.sqrt(variance)], axis=-1)

    def compute_output_shape(self, answers_shape: list[TensorShape]) -> TensorShape:
        """The shape of the output."""
        return answers_shape[0]


@quiet()
def build(preset: str) -> KerasModel:
    """The untrained Keras model of a preset.

    Args:
        preset: a name among ``PRESETS``.

    Returns:
        The Keras model; its weights are random.
    """
    return network(CryoResConfig(**PRESETS[preset]["config"]), name=f"cryores_{preset}")


def network(config: CryoResConfig, name: str = "cryores") -> KerasModel:
    """Members that are trained side by side, and the combination of their predictions.

    Args:
        config: the sizes.
        name: of the Keras model.

    Returns:
        The Keras model; inputs and outputs as the module describes them.
    """
    features = layers.Input((None, None, None, FEATURES), name="features")
    numbers = layers.Input((SUMMARY,), name="summary")
    plain, whole = Unsharpened(name="unsharpened")(features, numbers)
    members = [_member(plain, whole, number, config) for number in range(1, config.members + 1)]
    answers = {head: [member[head] for member in members] for head in HEADS}
    outputs = {
        "baseline": Consensus(name="baseline")(answers["baseline"]),
        "level": layers.Average(name="level")(answers["level"]),
        "local": Consensus(name="local")(answers["local"]),
        "mask": layers.Average(name="mask")(answers["mask"]),
        "strangeness": Strangeness(name="strangeness")(whole),
    }
    return keras.Model({"features": features, "summary": numbers}, outputs, name=name)


def member_outputs(network: KerasModel) -> dict[int, dict[str, Tensor]]:
    """The outputs of each member of a network; these are the outputs that are trained.

    Args:
        network: the Keras model.

    Returns:
        The member's number → the name of each of ``HEADS`` → a symbolic tensor, shaped as the network's output.
    """
    names = {layer.name for layer in network.layers}
    numbers = [number for number in range(1, len(names)) if f"baseline_{number}" in names]
    return {number: {head: network.get_layer(f"{head}_{number}").output for head in HEADS} for number in numbers}


def _member(features: Tensor, numbers: Tensor, number: int, config: CryoResConfig) -> dict[str, Tensor]:
    """One member of a network; ``features`` and ``numbers`` are those of ``Unsharpened``.

    The trunk is a perceptron at each place. Its first layer takes the place's features, as they are and in units of
    the map's noise, together with the condensed map summary. From the trunk follow the place's local resolution and
    whether the place belongs to the molecule. From the trunk's mean over the molecule follow ``baseline``
    and ``level``.

    Args:
        features: the network's input of that name.
        numbers: the map summary, the network's other input.
        number: of the member, from 1; added to the names of its layers.
        config: the sizes.

    Returns:
        The name of each of ``HEADS`` → a symbolic tensor.
    """

    def dense(name: str, width: int, activation: str | None = "relu", use_bias: bool = True) -> KerasLayer:
        return layers.Dense(width, activation, use_bias, name=f"{name}_{number}")

    whole = numbers
    for depth, width in enumerate(config.summary, 1):
        whole = layers.Dropout(config.dropout)(dense(f"summary{depth}", width)(whole))
    first, *further = config.trunk
    shift = layers.Reshape((1, 1, 1, first))(dense("trunk_summary", first, None, use_bias=False)(whole))
    described = layers.Concatenate()([features, SignalToNoise()(features, numbers)])
    place = layers.Add()([dense("trunk1", first, None)(described), shift])
    place = layers.Activation("relu")(place)
    for depth, width in enumerate(further, 2):
        place = dense(f"trunk{depth}", width)(layers.Dropout(config.dropout)(place))

    local = CentreAndDeviation()(dense("local_raw", 2, None)(dense("local_hidden", config.heads)(place)))
    mask = dense("mask", 1, None)(dense("mask_hidden", config.heads)(place))
    both = layers.Concatenate()([MaskedMean()(place, mask), whole])
    baseline = dense("baseline_raw", 2, None)(dense("baseline_hidden", config.heads)(both))
    level = dense("level", 1, None)(dense("level_hidden", config.heads)(both))
    return {
        "baseline": CentreAndDeviation(5.0, name=f"baseline_{number}")(baseline),
        "level": level,
        "local": Raised(name=f"local_{number}")(local, level),
        "mask": mask,
    }
