"""How well a network tells the classes of places of unseen structures, and the calibration of its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.special

from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray
from deepreslib.networks.class_labels import HEADS
from deepreslib.networks.tensors import KerasModel
from deepreslib.networks.voxelclass_card import CENTRES, CLASSES, class_numbers
from deepreslib.training.voxelclass.batches import inputs_and_targets
from deepreslib.training.voxelclass.examples import LabelledExamples

MASKED = ("masked", "masked tightly", "hard zero", "zone", "zone of a part", "flattened solvent")
"""Kinds of views without the noise around the molecule that the two methods compare with."""

RELIABILITY_BINS = 10
"""Equal bins of probability over which the expected calibration error is taken."""

_SHARPNESSES = (0.2, 3.0)
_LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class Judged:
    """What a network says of places, and the truth.

    Attributes:
        probabilities: (places, 10).
        truth: (places,), the number of the true class.
        maps: (places,), the number of each place's map.
    """

    probabilities: FloatArray
    truth: IntArray
    maps: IntArray

    def of(self, chosen: BoolArray) -> "Judged":
        """Some of the places, bool (places,)."""
        return Judged(self.probabilities[chosen], self.truth[chosen], self.maps[chosen])


def judged(network: KerasModel, examples: LabelledExamples) -> dict[str, Judged]:
    """What a network says of both views of examples; first views, then second ones.

    Args:
        network: the Keras model.
        examples: of unseen structures.

    Returns:
        Label → answers at the places where its method assigns a resolution.
    """
    inputs, targets = inputs_and_targets(examples, np.arange(len(examples)), slice(None))
    outputs = network.predict(inputs, batch_size=64, verbose=0)
    found = {}
    for label in HEADS:
        resolution, weight = np.moveaxis(targets[label][:, :, 0, 0], -1, 0)
        known = weight > 0
        maps = np.broadcast_to(np.arange(len(known))[:, None], known.shape)
        probabilities = np.asarray(outputs[label])[:, :, 0, 0][known].astype(np.float64)
        found[label] = Judged(probabilities, class_numbers(resolution[known]), maps[known])
    return found


def figures(network: KerasModel, examples: LabelledExamples) -> dict[str, float]:
    """How well a network does on examples of unseen structures.

    Args:
        network: the Keras model.
        examples: of unseen structures.

    Returns:
        For each label what ``scores`` gives, such as ``exact_monores``, and the same of masked maps alone, such as
        ``exact_monores_masked``.
    """
    masked = masked_maps(examples.inputs.kinds)
    values: dict[str, float] = {}
    for label, found in judged(network, examples).items():
        for name, part in ((label, found), (f"{label}_masked", found.of(masked[found.maps]))):
            if len(part.truth):
                values |= {f"{score}_{name}": value for score, value in scores(part).items()}
    return values


def scores(found: Judged) -> dict[str, float]:
    """How right answers are, each a mean over maps, without unit.

    Args:
        found: answers and truth of at least one place.

    Returns:
        ``exact``, the share of places whose most probable class is the true one; ``near``, the share of those that
        are off by one class at most; ``common`` and ``common_near``, the same if every place had its map's commonest
        class, told by the truth; ``ece``, the expected calibration error (over all places).
    """
    predicted = found.probabilities.argmax(axis=1)
    commonest = commonest_classes(found)
    shares = {
        "exact": predicted == found.truth,
        "near": np.abs(predicted - found.truth) <= 1,
        "common": commonest == found.truth,
        "common_near": np.abs(commonest - found.truth) <= 1,
    }
    values = {name: mean_over_maps(right, found.maps) for name, right in shares.items()}
    values["ece"] = calibration_error(found.probabilities.max(axis=1), predicted == found.truth)
    return {name: round(value, 4) for name, value in values.items()}


def mean_over_maps(values: Array, maps: IntArray) -> float:
    """The mean over maps of the mean of each map's values.

    Args:
        values: (n,).
        maps: (n,), the number of each value's map.
    """
    _, numbers, counts = np.unique(maps, return_inverse=True, return_counts=True)
    return float(np.mean(np.bincount(numbers, values) / counts))


def commonest_classes(found: Judged) -> IntArray:
    """For each place (n,) the commonest true class of its map."""
    _, numbers = np.unique(found.maps, return_inverse=True)
    counts = np.zeros((numbers.max() + 1, CLASSES), int)
    np.add.at(counts, (numbers, found.truth), 1)
    return counts.argmax(axis=1)[numbers]


def calibration_error(probability: FloatArray, right: BoolArray) -> float:
    """How far probabilities are from shares, on average: the expected calibration error (Guo et al. 2017).

    Args:
        probability: (n,), of the most probable class.
        right: bool (n,), whether it is the true one.
    """
    bins = np.minimum((probability * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    counts, hits, sums = (np.bincount(bins, weights, RELIABILITY_BINS) for weights in (None, right, probability))
    return float(np.abs(hits - sums).sum() / max(counts.sum(), 1))


def calibrate(network: KerasModel, examples: LabelledExamples) -> None:
    """Sets the sharpness of each head to that of the greatest likelihood on unseen structures.

    Args:
        network: the Keras model; the ``sharpness`` of its ``OrderedClasses`` is changed.
        examples: of unseen structures.
    """
    for label, found in judged(network, examples).items():
        if not len(found.truth):
            continue
        sharpness = network.get_layer(label).sharpness
        sharpness.assign(sharpness * best_sharpness(found))


def best_sharpness(found: Judged) -> float:
    """The factor of the logits under which the true classes are most likely; all maps count alike.

    Args:
        found: answers and truth of at least one place.
    """
    reached = np.clip(np.cumsum(found.probabilities, axis=1)[:, :-1], _LEAST, 1 - _LEAST)
    logits = np.log(reached / (1 - reached))
    places, counts = np.arange(len(found.truth)), np.bincount(found.maps)[found.maps]

    def surprise(factor: float) -> float:
        ends = np.pad(scipy.special.expit(factor * logits), ((0, 0), (1, 1)), constant_values=(0, 1))
        return float(-np.sum(np.log(np.diff(ends, axis=1)[places, found.truth] + _LEAST) / counts))

    return float(scipy.optimize.minimize_scalar(surprise, bounds=_SHARPNESSES, method="bounded").x)


def centres(examples: LabelledExamples) -> dict[str, list[float]]:
    """The resolution that stands for each class by each label: the mean of that class's places, or the usual one.

    Args:
        examples: of the training.

    Returns:
        Label → ten resolutions, Å.
    """
    found = {}
    for number, label in enumerate(HEADS):
        resolution = examples.resolution[..., number]
        resolution = resolution[resolution > 0].astype(np.float64)
        classes = class_numbers(resolution)
        counts, sums = (np.bincount(classes, weights, CLASSES) for weights in (None, resolution))
        usual = np.array(CENTRES)
        found[label] = np.round(np.where(counts > 0, sums / np.maximum(counts, 1), usual), 3).tolist()
    return found


def masked_maps(kinds: Array, masked: Sequence[str] = MASKED) -> BoolArray:
    """Which views of examples have no noise around the molecule: first views, then second ones.

    Args:
        kinds: str (n, 4), see ``Examples``.
        masked: names of such kinds.

    Returns:
        bool (2 n,).
    """
    return np.concatenate([np.isin(kinds[:, 2 + view], masked) for view in (0, 1)])
