"""CryoRes networks: global resolution, local resolution and molecular mask from the local spectrum of one map.

CryoRes (Dang 2023, slides "Network inference") gives its heads, labels and losses, not its inner layers; the layers
here are ours under that contract.

Contract of both presets. Inputs, float32, made by ``deepreslib.networks.cryores_features``:

- ``features``: (batch, z, y, x, ``FEATURES``), local spectra and density of any number of places, which are looked at
  one by one, so they need be no box, but for the baseline and the level, which take their mean in the mask too;
- ``summary``: (batch, ``SUMMARY``), the whole map in numbers.

Outputs, a dict:

- ``baseline``: (batch, 2), global resolution, Å, and its deviation, Å (half the interval that holds 68 %);
- ``local``: (batch, z, y, x, 2), local resolution less the global one, Å, and the deviation of the local resolution;
- ``level``: (batch, 1), Å, what ``local`` is raised by at all places, so that parts of a map can be put together;
- ``mask``: (batch, z, y, x, 1), logit of the probability that the place belongs to the molecule.
"""

import math

import keras
from keras import layers, ops

from deepreslib.fourier.spectra import BANDS
from deepreslib.networks.cryores_features import (
    FEATURE_AMPLITUDES,
    FEATURES,
    PERCENTILES,
    SUMMARY,
    SUMMARY_PERCENTILES,
    unscaled,
)

_CONFIG = {"summary": [192, 128], "trunk": [256, 256], "heads": 128, "dropout": 0.1}
PRESETS = {
    "published": {
        "description": "the losses and optimiser of the slides (squared, logarithmic, cross entropy; SGD)",
        "config": {"members": 1, **_CONFIG},
    },
    "compact": {
        "description": "two perceptrons, asked together, on each place's spectra at two distances, also in units of "
        "the map's noise, and the map's summary; errors of each map, their order, likelihoods",
        "config": {"members": 2, **_CONFIG},
    },
}

HEADS = ("baseline", "level", "local", "mask")
"""The outputs. What one member of a network answers has the same names with its number: ``baseline_1``."""

BACKGROUND = 70
"""Percentile of a band's energy over the map that is taken for its noise."""

RATIO_LIMITS = (-2.0, 7.0)
"""Natural logarithms of signal to noise between which more or less means anything."""

FALLS = ((0.7, 1.5), (0.7, 4.0), (1.8, 1.5), (1.8, 4.0), (3.0, 1.5), (3.0, 4.0))
"""Where a band counts half, and from where to where it counts more and more: logarithms of signal to noise."""

_TO_RATIO = 2 * math.log(10) * (unscaled(1.0) - unscaled(0.0))


@keras.saving.register_keras_serializable("deepres")
class SignalToNoise(layers.Layer):
    """How far each band of a place stands out of the map's noise, and how many do: features, summary → (..., 48).

    It is what an estimator by thresholds looks at (MonoRes: Vilas et al. 2018, *MonoRes: automatic and accurate
    estimation of local resolution for electron microscopy maps*): the finest band in which there is more than noise.
    Of a masked map whose noise is cut away, all bands stand out; the summary tells which maps are such.
    """

    def call(self, features, summary):
        bands = len(BANDS)
        first = SUMMARY_PERCENTILES.start + PERCENTILES.index(BACKGROUND) * bands
        noise = ops.reshape(summary[:, first : first + bands], (-1, 1, 1, 1, bands))
        seen = []
        for amplitudes in FEATURE_AMPLITUDES:
            ratio = (features[..., amplitudes] - noise) * _TO_RATIO
            seen.append(ops.clip(ratio, *RATIO_LIMITS) / 4)
            for middle, width in FALLS:
                above = ops.clip((ratio - middle) / width + 0.5, 0.0, 1.0)
                seen.append(ops.sum(above, axis=-1, keepdims=True) / 4 - 1)
        return ops.concatenate(seen, axis=-1)

    def compute_output_shape(self, features_shape, summary_shape):
        return *features_shape[:-1], len(FEATURE_AMPLITUDES) * (len(BANDS) + len(FALLS))


@keras.saving.register_keras_serializable("deepres")
class MaskedMean(layers.Layer):
    """Mean over places weighted by the probability of the mask: (batch, z, y, x, c), logits → (batch, c)."""

    def call(self, places, logits):
        weight = ops.sigmoid(logits)
        total = ops.sum(places * weight, axis=(1, 2, 3))
        return total / (ops.sum(weight, axis=(1, 2, 3)) + 1.0)

    def compute_output_shape(self, places_shape, logits_shape):
        return places_shape[0], places_shape[-1]


@keras.saving.register_keras_serializable("deepres")
class CentreAndDeviation(layers.Layer):
    """Two raw channels to a centre, Å, and a deviation, Å, above 0."""

    def __init__(self, offset=0.0, scale=1.0, **options):
        super().__init__(**options)
        self.offset, self.scale = offset, scale

    def call(self, raw):
        centre = self.offset + self.scale * raw[..., :1]
        return ops.concatenate([centre, ops.softplus(raw[..., 1:]) + 1e-2], axis=-1)

    def compute_output_shape(self, raw_shape):
        return raw_shape

    def get_config(self):
        return super().get_config() | {"offset": self.offset, "scale": self.scale}


@keras.saving.register_keras_serializable("deepres")
class Raised(layers.Layer):
    """Centre and deviation at each place, the centre raised by a number of the whole map: (batch, ...), (batch, 1)."""

    def call(self, local, number):
        whole = ops.reshape(number, (-1, 1, 1, 1, 1))
        return ops.concatenate([local[..., :1] + whole, local[..., 1:]], axis=-1)

    def compute_output_shape(self, local_shape, number_shape):
        return local_shape


@keras.saving.register_keras_serializable("deepres")
class Consensus(layers.Layer):
    """What the members say together: the mean of their centres, and a deviation from theirs and how far they disagree.

    The deviation is that of a mixture in equal parts (Lakshminarayanan et al. 2017, *Simple and scalable predictive
    uncertainty estimation using deep ensembles*) times ``factor``, which is set when training has ended.
    """

    def build(self, answers_shape):
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones", trainable=False)

    def call(self, answers):
        answers = ops.stack(answers)
        centre = ops.mean(answers[..., :1], axis=0)
        variance = ops.mean(ops.square(answers[..., 1:]) + ops.square(answers[..., :1] - centre), axis=0)
        return ops.concatenate([centre, self.factor * ops.sqrt(variance)], axis=-1)

    def compute_output_shape(self, answers_shape):
        return answers_shape[0]


def build(preset):
    """The untrained Keras model of a preset."""
    config = PRESETS[preset]["config"]
    return network(**config, name=f"cryores_{preset}")


def network(members, summary, trunk, heads, dropout, name="cryores"):
    """Members that are trained side by side and answer together.

    Args:
        members: how many.
        summary: widths of the layers that condense the summary.
        trunk: widths of the layers all heads of a place share.
        heads: width of each head's layer.
        dropout: share of what is dropped in training, of the summary's layers and the trunk's.
    """
    features = layers.Input((None, None, None, FEATURES), name="features")
    numbers = layers.Input((SUMMARY,), name="summary")
    answers = [_member(features, numbers, number, summary, trunk, heads, dropout) for number in range(1, members + 1)]
    together = {head: [answer[head] for answer in answers] for head in HEADS}
    outputs = {
        "baseline": Consensus(name="baseline")(together["baseline"]),
        "level": layers.Average(name="level")(together["level"]),
        "local": Consensus(name="local")(together["local"]),
        "mask": layers.Average(name="mask")(together["mask"]),
    }
    return keras.Model({"features": features, "summary": numbers}, outputs, name=name)


def member_answers(network):
    """Each member's answers, by name, as symbolic tensors to train: ``baseline_1``, ``local_1``, ``mask_1`` ..."""
    names = {layer.name for layer in network.layers}
    numbers = [number for number in range(1, len(names)) if f"baseline_{number}" in names]
    return [{head: network.get_layer(f"{head}_{number}").output for head in HEADS} for number in numbers]


def _member(features, numbers, number, summary, trunk, heads, dropout):
    """One member's baseline, local resolution and mask.

    The trunk's first layer takes the map's summary, condensed, and a place's features, as they are and in units of the
    map's noise. Heads on the trunk tell a
    place's local resolution and whether it belongs to the mask; heads on the trunk's mean in the mask tell the
    baseline, and how far the local resolution is from it on the whole.
    """

    def dense(name, width, activation="relu", use_bias=True):
        return layers.Dense(width, activation, use_bias, name=f"{name}_{number}")

    whole = numbers
    for depth, width in enumerate(summary, 1):
        whole = layers.Dropout(dropout)(dense(f"summary{depth}", width)(whole))
    shift = layers.Reshape((1, 1, 1, trunk[0]))(dense("trunk_summary", trunk[0], None, use_bias=False)(whole))
    seen = layers.Concatenate()([features, SignalToNoise()(features, numbers)])
    place = layers.Add()([dense("trunk1", trunk[0], None)(seen), shift])
    place = layers.Activation("relu")(place)
    for depth, width in enumerate(trunk[1:], 2):
        place = dense(f"trunk{depth}", width)(layers.Dropout(dropout)(place))

    local = CentreAndDeviation()(dense("local_raw", 2, None)(dense("local_hidden", heads)(place)))
    mask = dense("mask", 1, None)(dense("mask_hidden", heads)(place))
    both = layers.Concatenate()([MaskedMean()(place, mask), whole])
    baseline = dense("baseline_raw", 2, None)(dense("baseline_hidden", heads)(both))
    level = dense("level", 1, None)(dense("level_hidden", heads)(both))
    return {
        "baseline": CentreAndDeviation(5.5, 2.5, name=f"baseline_{number}")(baseline),
        "level": level,
        "local": Raised(name=f"local_{number}")(local, level),
        "mask": mask,
    }
