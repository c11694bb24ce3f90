"""How the network of each preset of DeepRes is trained: network, windows, loss, optimiser, batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import deepres as networks
from deepreslib.networks.ranges import ResolutionRange
from deepreslib.networks.tensors import KerasModel, Tensor
from deepreslib.training.deepres import losses

Preparation: TypeAlias = Callable[[FloatArray], FloatArray]
"""A function from windows (n, 13, 13, 13, 1) to the inputs of the network that is trained, float32 (n, ...)."""


@dataclass(frozen=True)
class Preset:
    """How the network of a preset is trained.

    Attributes:
        make_network: function of the resolution range; gives the network that is trained: the whole network, or the
            part of it that has weights.
        make_preparation: function without arguments; gives the ``Preparation`` of windows.
        standardised: whether the network has a standardisation, which is set from examples before a new network is
            trained.
        loss: function of truth and prediction.
        make_optimiser: function of the learning rate.
        batch: windows of a step, unless the options give another number.
        rate: the greatest learning rate, unless the options give another one.
        buffer: number of windows in the buffer from which batches are drawn.
        uses: how many times a window is drawn on average.
    """

    make_network: Callable[[ResolutionRange], KerasModel]
    make_preparation: Callable[[], Preparation]
    standardised: bool
    loss: Callable[[Tensor, Tensor], Tensor]
    make_optimiser: Callable[[float], Any]
    batch: int
    rate: float
    buffer: int
    uses: int


def _published_network(resolution_range: ResolutionRange) -> KerasModel:
    return networks.build("published", resolution_range)


def _perceptron(resolution_range: ResolutionRange) -> KerasModel:
    return networks.perceptron(resolution_range, **networks.PRESETS["compact"]["config"])


def _feature_preparation() -> Preparation:
    """The fixed features of windows: they are computed once, as only the perceptron behind them is trained."""
    network = networks.features()

    def features(windows: FloatArray) -> FloatArray:
        if not len(windows):  # a scene without a molecule, which Keras cannot take
            return np.empty((0, network.output_shape[-1]), np.float32)
        return np.asarray(network.predict_on_batch(windows))[:, 0, 0, 0]

    return features


def _unit_preparation() -> Preparation:
    """Windows of unit L2 norm."""

    def unit_windows(windows: FloatArray) -> FloatArray:
        norm = np.sqrt(np.sum(np.square(windows), axis=(1, 2, 3, 4), keepdims=True))
        return windows / np.maximum(norm, 1e-12)

    return unit_windows


def _adam(rate: float) -> Any:
    return keras.optimizers.Adam(rate, clipnorm=1.0)


PRESETS = {
    "compact": Preset(
        make_network=_perceptron,
        make_preparation=_feature_preparation,
        standardised=True,
        loss=losses.window_loss,
        make_optimiser=_adam,
        batch=1024,
        rate=2e-3,
        buffer=500_000,
        uses=16,  # making a window costs more than a step with it
    ),
    "published": Preset(
        make_network=_published_network,
        make_preparation=_unit_preparation,
        standardised=False,
        loss=losses.squared_loss,
        make_optimiser=_adam,
        batch=256,
        rate=1e-4,
        buffer=20_000,
        uses=1,
    ),
}
