"""CryoRes networks: global resolution, local resolution and molecular mask from the local spectrum of one map.

CryoRes (Dang 2023, slides "Network inference") gives its heads, labels and losses, not its inner layers; the layers
here are ours under that contract.

Contract of both presets. Inputs, float32, made by ``deepres.estimation.localfeatures``:

- ``features``: (batch, z, y, x, ``FEATURES``), local spectra and density of any number of places, which are looked at
  one by one, so they need be no box, but for the global resolution, which takes their mean in the mask too;
- ``summary``: (batch, ``SUMMARY``), the whole map in numbers.

Outputs, a dict:

- ``baseline``: (batch, 2), global resolution, Å, and its deviation, Å (half the interval that holds 68 %);
- ``local``: (batch, z, y, x, 2), local resolution less the global one, Å, and the deviation of the local resolution;
- ``mask``: (batch, z, y, x, 1), logit of the probability that the place belongs to the molecule.
"""

import keras
from keras import layers, ops

from deepres.estimation.localfeatures import FEATURES, SUMMARY

_CONFIG = {"summary": [192, 128], "trunk": [256, 256], "heads": 128, "dropout": 0.1}
PRESETS = {
    "published": {
        "description": "the losses and optimiser of the slides (squared, logarithmic, cross entropy; SGD)",
        "config": _CONFIG,
    },
    "compact": {
        "description": "a perceptron on each place's spectra at three distances and the map's summary; likelihoods",
        "config": _CONFIG,
    },
}


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
    """Two raw channels to a centre, Å, and a deviation, Å, above 0; its ``factor`` is set when training has ended."""

    def __init__(self, offset=0.0, scale=1.0, **options):
        super().__init__(**options)
        self.offset, self.scale = offset, scale

    def build(self, raw_shape):
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones", trainable=False)

    def call(self, raw):
        centre = self.offset + self.scale * raw[..., :1]
        return ops.concatenate([centre, self.factor * (ops.softplus(raw[..., 1:]) + 1e-2)], axis=-1)

    def compute_output_shape(self, raw_shape):
        return raw_shape

    def get_config(self):
        return super().get_config() | {"offset": self.offset, "scale": self.scale}


def build(preset):
    """The untrained Keras model of a preset."""
    config = PRESETS[preset]["config"]
    return network(**config, name=f"cryores_{preset}")


def network(summary, trunk, heads, dropout, name="cryores"):
    """The trunk's first layer takes the map's summary, condensed, and a place's features; three heads follow.

    Args:
        summary: widths of the layers that condense the summary.
        trunk: widths of the layers all heads of a place share.
        heads: width of each head's layer.
        dropout: share of what is dropped in training, of the summary's layers and the trunk's.
    """
    features = layers.Input((None, None, None, FEATURES), name="features")
    numbers = layers.Input((SUMMARY,), name="summary")
    whole = numbers
    for depth, width in enumerate(summary, 1):
        whole = layers.Dense(width, activation="relu", name=f"summary_{depth}")(whole)
        whole = layers.Dropout(dropout, name=f"summary_dropout_{depth}")(whole)

    shift = layers.Dense(trunk[0], use_bias=False, name="trunk_summary")(whole)
    shift = layers.Reshape((1, 1, 1, trunk[0]), name="trunk_shift")(shift)
    place = layers.Add(name="trunk_shifted")([layers.Dense(trunk[0], name="trunk_1")(features), shift])
    place = layers.Activation("relu", name="trunk_relu")(place)
    for depth, width in enumerate(trunk[1:], 2):
        place = layers.Dropout(dropout, name=f"trunk_dropout_{depth}")(place)
        place = layers.Dense(width, activation="relu", name=f"trunk_{depth}")(place)

    local = layers.Dense(2, name="local_raw")(layers.Dense(heads, activation="relu", name="local_1")(place))
    mask = layers.Dense(1, name="mask")(layers.Dense(heads, activation="relu", name="mask_1")(place))
    both = layers.Concatenate(name="baseline_inputs")([MaskedMean(name="pooled")(place, mask), whole])
    baseline = layers.Dense(2, name="baseline_raw")(layers.Dense(heads, activation="relu", name="baseline_1")(both))
    outputs = {
        "baseline": CentreAndDeviation(5.5, 2.5, name="baseline")(baseline),
        "local": CentreAndDeviation(name="local")(local),
        "mask": mask,
    }
    return keras.Model({"features": features, "summary": numbers}, outputs, name=name)
