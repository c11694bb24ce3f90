"""How the network of each preset is trained: optimiser, batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True)
class Preset:
    """How the network of a preset is trained.

    Attributes:
        make_optimiser: function of the learning rate.
        batch: maps (compact) or cubes of a step, unless the options give another number.
        rate: the greatest learning rate, unless the options give another one.
        examples: number of maps to simulate, unless the options give another one.
    """

    make_optimiser: Callable[[float], Any]
    batch: int
    rate: float
    examples: int


WEIGHT_DECAY = 0.01


def _decaying(rate: float) -> Any:
    return keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)


def _adam(rate: float) -> Any:
    return keras.optimizers.Adam(rate)


_PUBLISHED = Preset(_adam, batch=32, rate=1e-3, examples=200)

PRESETS = {
    "compact": Preset(_decaying, batch=32, rate=1e-3, examples=4000),
    "unet": _PUBLISHED,
    "unet-text": _PUBLISHED,
}
