"""Our network for the class of each voxel: ten classes as MonoRes and as ResMap give them to a map with its noise.

Inputs are those of CryoRes (``networks.cryores``): ``features`` (batch, z, y, x, ``FEATURES``) and ``summary`` (batch,
``SUMMARY``), float32. Each place is taken alone.

Outputs, a dict: ``monores`` and ``resmap``, each (batch, z, y, x, 10), probabilities of the classes.

CryoRes' trunk, whose layers have the same names so that they can begin with trained weights, sees a map without what a
B factor changes. But both methods follow B factors: MonoRes compares all detail finer than a frequency with the noise
finer than it, so that a map sharpened by -60 Å² may come out at 15 Å instead of 6. So the heads, one for each label,
also see these ratios (``FinerDetail``) and the map summary as they are, with the voxel size, at which ResMap's tests
begin. The classes of a head are rungs of a ladder: it predicts nine logits, which never fall, of the probabilities that
a place belongs to a class or to a finer one (McCullagh 1980, *Regression models for ordinal data*). So no probability
is negative, and 3 is nearer to 4 than to 9.
"""

import math
from dataclasses import dataclass

import keras
from keras import layers, ops

from deepreslib.fourier.spectra import BANDS
from deepreslib.networks import cryores
from deepreslib.networks.class_labels import HEADS
from deepreslib.networks.cryores import RATIO_LIMITS
from deepreslib.networks.cryores_features import FEATURE_AMPLITUDES, FEATURES, SUMMARY, SUMMARY_NOISE, unscaled
from deepreslib.networks.tensors import KerasModel, Tensor, TensorShape
from deepreslib.networks.unsharpened import Unsharpened
from deepreslib.networks.voxelclass_card import CLASSES


@dataclass(frozen=True)
class CompactConfig:
    """The sizes of the network.

    Attributes:
        summary: widths of the layers that condense the map summary.
        trunk: widths of the layers at each place that all heads share.
        heads: width of the hidden layer of each head.
        dropout: share of values that training drops after each layer of the summary and before each further layer.
    """

    summary: list[int]
    trunk: list[int]
    heads: int
    dropout: float


@keras.saving.register_keras_serializable("deepres")
class FinerDetail(layers.Layer):
    """How far all detail finer than each band stands out of the map's noise there, as MonoRes compares them."""

    def call(self, features: Tensor, summary: Tensor) -> Tensor:
        """The ratios of each place.

        Args:
            features: (batch, z, y, x, ``FEATURES``).
            summary: (batch, ``SUMMARY``).

        Returns:
            (batch, z, y, x, 2 × bands): for the energies and for the wider energies, the logarithm of the ratio of the
            energy of each band and of all finer ones to that of the noise; limited and scaled.
        """
        noise = _finer(summary[:, SUMMARY_NOISE])[:, None, None, None]
        parts = [_finer(features[..., amplitudes]) - noise for amplitudes in FEATURE_AMPLITUDES]
        return ops.clip(ops.concatenate(parts, axis=-1), *RATIO_LIMITS) / 4

    def compute_output_shape(self, features_shape: TensorShape, summary_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return *features_shape[:-1], len(FEATURE_AMPLITUDES) * len(BANDS)


@keras.saving.register_keras_serializable("deepres")
class OrderedClasses(layers.Layer):
    """Probabilities of classes in order, from nine raw channels.

    The logits are multiplied by ``sharpness``, which is 1 during training and is set by the calibration when training
    has ended.
    """

    def build(self, raw_shape: TensorShape) -> None:
        """Adds the sharpness."""
        self.sharpness = self.add_weight(name="sharpness", shape=(), initializer="ones", trainable=False)

    def call(self, raw: Tensor) -> Tensor:
        """Probabilities (..., 10) from raw channels (..., 9): the first logit, and how far each next one lies above."""
        logits = ops.concatenate([raw[..., :1], ops.softplus(raw[..., 1:])], axis=-1)
        reached = ops.sigmoid(self.sharpness * ops.cumsum(logits, axis=-1))
        nothing, all_of_it = ops.zeros_like(reached[..., :1]), ops.ones_like(reached[..., :1])
        shares = ops.concatenate([reached, all_of_it], axis=-1) - ops.concatenate([nothing, reached], axis=-1)
        return ops.maximum(shares, 0.0)  # rounding may make one fall by a unit in the last place

    def compute_output_shape(self, raw_shape: TensorShape) -> TensorShape:
        """The shape of the output."""
        return *raw_shape[:-1], CLASSES


def compact(config: CompactConfig) -> KerasModel:
    """The network.

    Args:
        config: the sizes.

    Returns:
        The Keras model; inputs and outputs as the module describes them.
    """
    features = layers.Input((None, None, None, FEATURES), name="features")
    numbers = layers.Input((SUMMARY,), name="summary")
    plain, whole = Unsharpened(name="unsharpened")(features, numbers)
    place, _ = cryores.trunk(plain, whole, 1, _as_member(config))
    described = layers.Concatenate()([layers.Dropout(config.dropout)(place), FinerDetail()(features, numbers)])
    outputs = {}
    for label in HEADS:
        shift = layers.Dense(config.heads, use_bias=False, name=f"{label}_summary")(numbers)
        hidden = layers.Dense(config.heads, name=f"{label}_hidden")(described)
        hidden = layers.Add()([hidden, layers.Reshape((1, 1, 1, config.heads))(shift)])
        raw = layers.Dense(CLASSES - 1, name=f"{label}_raw")(layers.Activation("relu")(hidden))
        outputs[label] = OrderedClasses(name=label)(raw)
    return keras.Model({"features": features, "summary": numbers}, outputs, name="voxelclass_compact")


def begin_with(trained: KerasModel, network: KerasModel) -> None:
    """Gives the trunk the weights of a CryoRes network's first member.

    Args:
        trained: the CryoRes network.
        network: the network, of which the heads stay as they are.

    Raises:
        ValueError: their sizes differ.
    """
    for layer in network.layers:
        if layer.weights and not layer.name.startswith(HEADS):
            layer.set_weights(trained.get_layer(layer.name).get_weights())


def _finer(amplitudes: Tensor) -> Tensor:
    """Of scaled amplitudes (..., bands) the natural logarithm of the energy of each band and of all finer ones."""
    energies = ops.exp(2 * math.log(10) * unscaled(amplitudes))
    return ops.log(ops.flip(ops.cumsum(ops.flip(energies, axis=-1), axis=-1), axis=-1))


def _as_member(config: CompactConfig) -> cryores.CryoResConfig:
    """The sizes of the CryoRes member whose trunk it is."""
    return cryores.CryoResConfig(1, config.summary, config.trunk, config.heads, config.dropout)
