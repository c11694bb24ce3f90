"""CryoRes networks: global resolution, local resolution and molecular mask from the local spectrum of one map.

CryoRes (Dang 2023, slides "Network inference") gives its heads, labels and losses, not its inner layers; the layers
here are ours under that contract.

Contract of both presets. Inputs, float32, made by ``deepres.estimation.localfeatures``:

- ``features``: (batch, z, y, x, ``FEATURES``), the local spectrum and the density on a grid of 3 Å; z, y and x are
  multiples of ``MULTIPLE``;
- ``summary``: (batch, ``SUMMARY``), the whole map in numbers.

Outputs, a dict:

- ``baseline``: (batch, 2), global resolution, Å, and its deviation, Å (half the interval that holds 68 %);
- ``local``: (batch, z, y, x, 2), local resolution less the global one, Å, and the deviation of the local resolution;
- ``mask``: (batch, z, y, x, 1), logit of the probability that the voxel belongs to the molecule.
"""

import keras
from keras import layers, ops

from deepres.spectra import BANDS

PERCENTILES = (2, 10, 50, 90, 99)
"""Percentiles of each band's energy that tell of the whole map."""

FEATURES = 2 * len(BANDS) + 2
SUMMARY = len(PERCENTILES) * len(BANDS) + 2
MULTIPLE = 4

PRESETS = {
    "published": {
        "description": "the losses and optimiser of the slides (squared, logarithmic, cross entropy; SGD)",
        "config": {"widths": [48, 48, 96], "summary": 64},
    },
    "compact": {
        "description": "U-Net of three levels on local spectra, with the map's summary at every level; likelihoods",
        "config": {"widths": [48, 48, 96], "summary": 64},
    },
}


@keras.saving.register_keras_serializable("deepres")
class MaskedMean(layers.Layer):
    """Mean of features weighted by the probability of the mask: (batch, z, y, x, c), logits → (batch, c)."""

    def call(self, features, logits):
        weight = ops.sigmoid(logits)
        total = ops.sum(features * weight, axis=(1, 2, 3))
        return total / (ops.sum(weight, axis=(1, 2, 3)) + 1.0)

    def compute_output_shape(self, features_shape, logits_shape):
        return features_shape[0], features_shape[-1]


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


def build(preset):
    """The untrained Keras model of a preset."""
    config = PRESETS[preset]["config"]
    return network(**config, name=f"cryores_{preset}")


def network(widths, summary, name="cryores"):
    """A U-Net; ``widths`` are the channels of its levels, ``summary`` those of the map's summary.

    Its first level looks at single voxels, which hold a local spectrum each; the coarser ones look around. That costs
    a third of 3³ convolutions everywhere.
    """
    features = layers.Input((None, None, None, FEATURES), name="features")
    numbers = layers.Input((SUMMARY,), name="summary")
    whole = layers.Dense(summary, activation="relu", name="summary_1")(numbers)
    whole = layers.Dense(summary, activation="relu", name="summary_2")(whole)

    level, passed = features, []
    for depth, width in enumerate(widths):
        if depth:
            level = layers.AveragePooling3D(2, name=f"down_{depth}")(level)
        level = _block(level, whole, width, (3, 3) if depth else (1, 1), f"encode_{depth}")
        passed.append(level)
    for depth in reversed(range(len(widths) - 1)):
        level = layers.UpSampling3D(2, name=f"up_{depth}")(level)
        level = layers.Concatenate(name=f"join_{depth}")([level, passed[depth]])
        level = _block(level, whole, widths[depth], (1, 3) if depth else (1, 1), f"decode_{depth}")

    logits = layers.Conv3D(1, 1, name="mask")(level)
    pooled = MaskedMean(name="pooled")(level, logits)
    head = layers.Concatenate(name="baseline_inputs")([pooled, whole])
    head = layers.Dense(64, activation="relu", name="baseline_1")(head)
    raw = layers.Dense(2, name="baseline_raw")(head)
    baseline = CentreAndDeviation(5.5, 2.5, name="baseline")(raw)

    local = layers.Conv3D(widths[0], 1, activation="relu", name="local_1")(level)
    local = CentreAndDeviation(name="local")(layers.Conv3D(2, 1, name="local_raw")(local))
    outputs = {"baseline": baseline, "local": local, "mask": logits}
    return keras.Model({"features": features, "summary": numbers}, outputs, name=name)


def _block(level, whole, width, kernels, name):
    """Two convolutions; the summary shifts every voxel alike after the first."""
    level = layers.Conv3D(width, kernels[0], padding="same", kernel_initializer="he_normal", name=f"{name}_1")(level)
    shift = layers.Dense(width, use_bias=False, name=f"{name}_summary")(whole)
    level = layers.Add(name=f"{name}_shifted")([level, layers.Reshape((1, 1, 1, width), name=f"{name}_shift")(shift)])
    level = layers.Activation("relu", name=f"{name}_relu")(level)
    return layers.Conv3D(
        width, kernels[1], padding="same", activation="relu", kernel_initializer="he_normal", name=f"{name}_2"
    )(level)
