"""How the network of each preset of CryoRes is trained: losses, their weights, optimiser, batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras

from deepreslib.networks.tensors import Tensor
from deepreslib.training.cryores import losses

Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Preset:
    """How the network of a preset is trained.

    Attributes:
        losses: the name of an output → its loss, with which each member's output of that name is trained. The outputs
            are those of the network, and ``absolute`` (see ``program.training_network``).
        weights: the name of an output → the weight of its loss.
        make_optimiser: function of the learning rate.
        batch: examples of a step, unless the options give another number.
        rate: the greatest learning rate, unless the options give another one.
    """

    losses: dict[str, Loss]
    weights: dict[str, float]
    make_optimiser: Callable[[float], Any]
    batch: int
    rate: float


RELATIVE_WEIGHT = 1.0
"""The weight of the relative local resolution's loss, which the slides call lambda; they give no value."""

WEIGHT_DECAY = 0.01


def _momentum(rate: float) -> Any:
    return keras.optimizers.SGD(rate, momentum=0.8)


def _adam(rate: float) -> Any:
    return keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)


PRESETS = {
    "compact": Preset(
        losses={"baseline": losses.baseline_loss, "absolute": losses.local_loss, "mask": losses.mask_loss},
        weights={"baseline": 2.0, "absolute": 1.0, "mask": 16.0},
        make_optimiser=_adam,
        batch=32,
        rate=2e-3,
    ),
    "published": Preset(
        losses={
            "baseline": losses.baseline_squared_loss,
            "local": losses.relative_logarithmic_loss,
            "mask": losses.mask_loss,
        },
        weights={"baseline": 1.0, "local": RELATIVE_WEIGHT, "mask": 1.0},
        make_optimiser=_momentum,
        batch=32,
        rate=1e-7,
    ),
}
