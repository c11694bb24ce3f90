"""How each network for local sharpening is trained: windows, loss, optimiser, batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from deepreslib.fourier.arrays import BoolArray
from deepreslib.training.ilocscale import batches, losses
from deepreslib.training.ilocscale.batches import Prepare
from deepreslib.training.ilocscale.examples import LabelledWindows

DECAY = 1e-4
"""Weight decay of the compact networks."""


@dataclass(frozen=True)
class Preset:
    """How a network is trained.

    Attributes:
        network: name among the presets of ``networks.ilocscale``.
        aim: what it is trained for (``networks.ilocscale_card.AIMS``).
        prepare: makes inputs and truth of windows.
        usable: tells which windows it is trained on.
        loss: of the network, for Keras.
        make_optimiser: function of the learning rate.
        batch: windows of a step, unless the options give another number.
        rate: the greatest learning rate, unless the options give another one.
        steps: after which the training ends, unless the options give another number.
        share: of the minutes, where all networks are trained.
        group: so many windows of one map follow each other in a batch.
        most: windows, evenly spaced, that it is trained on at most; None for all.
    """

    network: str
    aim: str
    prepare: Prepare
    usable: Callable[[LabelledWindows], BoolArray]
    loss: Any
    make_optimiser: Callable[[float], Any]
    batch: int
    rate: float
    steps: int
    share: float
    group: int = 1
    most: int | None = None


def _decaying(rate: float) -> Any:
    return keras.optimizers.AdamW(rate, weight_decay=DECAY, clipnorm=1.0)


def _adam(rate: float) -> Any:
    return keras.optimizers.Adam(rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7)


EPOCHS, THESIS_BATCH, THESIS_WINDOWS = 15, 3, 20_000
"""Of the thesis: epochs and batch. How many windows it had it does not say."""

PRESETS = {
    "density": Preset(
        network="compact",
        aim="density",
        prepare=batches.for_density,
        usable=batches.in_mask,
        loss=losses.density_loss,
        make_optimiser=_decaying,
        batch=4 * losses.GROUP,
        rate=3e-3,
        steps=12_000,
        share=0.3,
        group=losses.GROUP,
    ),
    "contrast": Preset(
        network="compact",
        aim="contrast",
        prepare=batches.for_contrast,
        usable=batches.with_model,
        loss="mse",
        make_optimiser=_decaying,
        batch=256,
        rate=3e-3,
        steps=15_000,
        share=0.2,
    ),
    "published": Preset(
        network="published",
        aim="contrast",
        prepare=batches.for_published,
        usable=batches.without_faint,
        loss={"linear": "mse", "prelu": "mse"},
        make_optimiser=_adam,
        batch=THESIS_BATCH,
        rate=0.01,
        steps=EPOCHS * THESIS_WINDOWS // THESIS_BATCH,
        share=0.5,
        most=THESIS_WINDOWS,
    ),
}
