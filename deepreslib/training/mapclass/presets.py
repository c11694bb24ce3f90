"""How the network of each preset is trained: network, inputs, maps, loss, optimiser, batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import mapclass as networks
from deepreslib.networks.tensors import KerasModel, Tensor
from deepreslib.training.mapclass import losses, scenes

CubePreparation: TypeAlias = Callable[[FloatArray], FloatArray]
"""A function from cubes (n, 64, 64, 64, 1) to the inputs of the network that is trained, (n, ...)."""

FEATURES_AT_ONCE = 16
"""Cubes whose features are computed together."""


@dataclass(frozen=True)
class Preset:
    """How the network of a preset is trained.

    Attributes:
        make_network: function without arguments; gives the network that is trained: the whole network, or the part of
            it that has weights.
        make_preparation: function without arguments; gives the ``CubePreparation`` of cubes.
        recipe: how maps are made.
        standardised: whether the network has a standardisation, which is set from examples before a new network is
            trained.
        loss: function of truth and prediction.
        make_optimiser: function of the learning rate.
        batch: maps of a step, unless the options give another number.
        rate: the greatest learning rate, unless the options give another one.
        buffer: number of maps in the buffer from which batches are drawn.
        uses: how many times a map is drawn on average.
        patience: validations without a lower loss after which training ends, unless the options give another number;
            None to go on.
    """

    make_network: Callable[[], KerasModel]
    make_preparation: Callable[[], CubePreparation]
    recipe: scenes.CubeRecipe
    standardised: bool
    loss: Callable[[Tensor, Tensor], Tensor]
    make_optimiser: Callable[[float], Any]
    batch: int
    rate: float
    buffer: int
    uses: int
    patience: int | None = None


def _feature_preparation() -> CubePreparation:
    """The fixed features of cubes: they are computed once, as only the perceptrons behind them are trained."""
    network = networks.features()

    def features(cubes: FloatArray) -> FloatArray:
        parts = [cubes[n : n + FEATURES_AT_ONCE] for n in range(0, len(cubes), FEATURES_AT_ONCE)]
        return np.concatenate([np.asarray(network.predict_on_batch(part)) for part in parts])

    return features


def _plain_preparation() -> CubePreparation:
    """The cubes themselves, in half the memory."""
    return lambda cubes: cubes.astype(np.float16)


def _perceptrons() -> KerasModel:
    return networks.perceptrons(**networks.PRESETS["compact"]["config"])


def _adam(rate: float) -> Any:
    return keras.optimizers.Adam(rate, clipnorm=1.0)


def _descent(rate: float) -> Any:
    return keras.optimizers.SGD(rate)


def _published(name: str, batch: int, patience: int | None = None) -> Preset:
    """A network of Avramov et al. 2019."""
    return Preset(
        make_network=lambda: networks.build(name),
        make_preparation=_plain_preparation,
        recipe=scenes.PUBLISHED,
        standardised=False,
        loss=losses.class_loss,
        make_optimiser=_descent,
        batch=batch,
        rate=0.01,
        buffer=1500,
        uses=8,  # making a map takes a tenth of a second
        patience=patience,
    )


PRESETS = {
    "compact": Preset(
        make_network=_perceptrons,
        make_preparation=_feature_preparation,
        recipe=scenes.CubeRecipe(),
        standardised=True,
        loss=losses.ladder_loss,
        make_optimiser=_adam,
        batch=64,
        rate=3e-3,
        buffer=10_000,
        uses=512,
    ),
    "dnn": _published("dnn", 150, patience=50),
    "cnn3d": _published("cnn3d", 75),
}
