"""Batches of examples, as the compact network of the class of each voxel takes them."""

from collections.abc import Generator, Sequence

import numpy as np

from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.networks.class_labels import HEADS
from deepreslib.training.cryores import augmentation
from deepreslib.training.cryores.batches import PLACES, Named
from deepreslib.training.cryores.batches import inputs_and_targets as cryores_inputs
from deepreslib.training.loop import Batch
from deepreslib.training.voxelclass.examples import LabelledExamples

HIDDEN = (0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.0)
"""Shares of the examples in which each kind of features is hidden (``augmentation.hide_kinds``): fewer than for
CryoRes, as MonoRes and ResMap compare amplitudes with noise, and the amplitudes must be seen."""


def shuffled_batches(examples: LabelledExamples, batch: int, seed: int, first: int) -> Generator[Batch, None, None]:
    """Batches of examples in random order, with kinds of features hidden at random.

    Args:
        examples: what is trained on.
        batch: maps of a batch, two for each example; fewer if there are fewer.
        seed: of the training.
        first: number of examples used in earlier runs; like the seed it decides the order.

    Yields:
        (inputs, targets, examples used so far).
    """
    rng = np.random.default_rng([seed, first])
    used, batch = 0, min(max(batch // 2, 1), len(examples))
    while True:
        order = rng.permutation(len(examples))
        for start in range(0, len(examples) - batch + 1, batch):
            places = rng.choice(examples.resolution.shape[2], PLACES, replace=False)
            used += batch
            inputs, targets = inputs_and_targets(examples, order[start : start + batch], places)
            inputs["features"] = augmentation.hide_kinds(inputs["features"], rng, HIDDEN)
            yield inputs, targets, used


def inputs_and_targets(
    examples: LabelledExamples, chosen: IntArray, places: IntArray | slice, views: Sequence[int] = (0, 1)
) -> tuple[Named, Named]:
    """Inputs and targets of the network for some examples and some of their places.

    Args:
        examples: n of them.
        chosen: numbers of the examples, (batch,).
        places: numbers of the places, or a slice.
        views: numbers of the views, one after the other.

    Returns:
        (inputs, targets) of batch × views maps: ``features`` (maps, places, 1, 1, features) and ``summary`` (maps,
        numbers); each of ``HEADS`` (maps, places, 1, 1, 2), resolution, Å, and weight, 1 where the method assigns one.
    """
    inputs, _ = cryores_inputs(examples.inputs, chosen, places, views)
    resolution: FloatArray = np.concatenate([examples.resolution[chosen, view] for view in views])[
        :, places, None, None
    ]
    pairs = np.stack([resolution, resolution > 0], axis=-1).astype(np.float32)
    return inputs, {label: pairs[..., number, :] for number, label in enumerate(HEADS)}
