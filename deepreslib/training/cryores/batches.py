"""Batches of CryoRes' examples, as its network takes them."""

from collections.abc import Generator, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.training.cryores import augmentation
from deepreslib.training.cryores.examples import Examples
from deepreslib.training.loop import Batch

PLACES = 128
"""Places of an example that a step uses, drawn at random from those that the example has."""

Named: TypeAlias = dict[str, FloatArray]
"""Arrays by the names of the network's inputs or outputs."""


def shuffled_batches(
    examples: Examples, batch: int, seed: int, first: int, outputs: Iterable[str], members: Iterable[int]
) -> Generator[Batch, None, None]:
    """Batches of examples in random order, with other B factors and with kinds of features hidden at random.

    A batch holds the first views of its examples and then, in the same order, their second views. Each view gets a B
    factor of its own.

    Args:
        examples: what is trained on.
        batch: maps of a batch, two for each example; fewer if there are fewer.
        seed: of the training.
        first: number of examples used in earlier runs; like the seed it decides the order.
        outputs: names of the outputs that each member is trained on.
        members: the members' numbers.

    Yields:
        (inputs, targets, examples used so far).
    """
    rng = np.random.default_rng([seed, first])
    outputs, members = list(outputs), list(members)
    used, batch = 0, min(max(batch // 2, 1), len(examples))
    while True:
        order = rng.permutation(len(examples))
        for start in range(0, len(examples) - batch + 1, batch):
            places = rng.choice(examples.features.shape[2], PLACES, replace=False)
            used += batch
            inputs, targets = inputs_and_targets(examples, order[start : start + batch], places)
            inputs["features"], inputs["summary"] = augmentation.draw_b_factors(
                inputs["features"], inputs["summary"], targets["baseline"][:, 0], rng
            )
            inputs["features"] = augmentation.hide_kinds(inputs["features"], rng)
            of_members = {f"{name}_{member}": targets[name] for member in members for name in outputs}
            yield inputs, of_members, used


def inputs_and_targets(
    examples: Examples, chosen: IntArray, places: IntArray | slice, views: Sequence[int] = (0, 1)
) -> tuple[Named, Named]:
    """Inputs and targets of the network for some examples and some of their places.

    Args:
        examples: n of them.
        chosen: numbers of the examples, (batch,).
        places: numbers of the places, or a slice.
        views: numbers of the views, one after the other.

    Returns:
        (inputs, targets) of batch × views maps: ``features`` (maps, places, 1, 1, features) and ``summary`` (maps,
        numbers); ``baseline`` (maps, 1), ``local``, ``absolute`` and ``mask`` (maps, places, 1, 1, 2), where the last
        axis ends with a weight; ``absolute`` has a third number, 1 for places that both views show.
    """

    def of_views(array: FloatArray) -> FloatArray:
        return np.concatenate([array[chosen, view] for view in views])

    features, labels = (
        of_views(array)[:, places, None, None].astype(np.float32) for array in (examples.features, examples.labels)
    )
    baseline = of_views(examples.baseline)[:, None]
    shared = np.tile(examples.shared[chosen], (len(views), 1))[:, places, None, None, None].astype(np.float32)
    relative = np.concatenate([labels[..., :1] - baseline[..., None, None, None], labels[..., 1:2]], axis=-1)
    inputs = {"features": features, "summary": of_views(examples.summary)}
    absolute = np.concatenate([labels[..., :2], shared], axis=-1)
    return inputs, {"baseline": baseline, "local": relative, "absolute": absolute, "mask": labels[..., 2:]}
