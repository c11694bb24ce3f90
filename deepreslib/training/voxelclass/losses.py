"""The losses of the networks that tell the class of each voxel, for any Keras backend."""

import keras
from keras import ops

from deepreslib.networks.tensors import Tensor
from deepreslib.networks.voxelclass_card import CENTRES, EDGES
from deepreslib.training.cryores.losses import agreement

ENTROPY_WEIGHT = 0.3
"""Weight of the cross entropy; the squared differences of the cumulative distributions have weight 1."""

AGREEMENT_WEIGHT = 0.5
"""Weight of the correlation within maps, without which each map's commonest class is a strong lazy answer."""

_LEAST = 1e-6


def ordered_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The loss of ten classes in order.

    For each place the squared differences of the cumulative distributions (Epstein 1969, *A scoring system for
    probability forecasts of ranked categories*), by which class 3 is nearer to 4 than to 9, and the cross entropy; and
    for each map how well the expected resolution follows the true one within it.

    Args:
        truth: (batch, z, y, x, 2), resolution, Å, and weight.
        predicted: (batch, z, y, x, 10), probabilities.

    Returns:
        A number: the mean over the maps that have places of a weight, each of which is the mean over its places.
    """
    weight = truth[..., 1]
    reached = ops.cast(truth[..., :1] <= ops.convert_to_tensor(EDGES, truth.dtype), predicted.dtype)
    squares = ops.sum(ops.square(ops.cumsum(predicted, axis=-1)[..., :-1] - reached), axis=-1)
    nothing, all_of_it = ops.zeros_like(reached[..., :1]), ops.ones_like(reached[..., :1])
    classes = ops.concatenate([reached, all_of_it], axis=-1) - ops.concatenate([nothing, reached], axis=-1)
    entropy = -ops.log(ops.sum(classes * predicted, axis=-1) + _LEAST)
    places = ops.sum(weight, axis=(1, 2, 3))
    of_maps = ops.sum((squares + ENTROPY_WEIGHT * entropy) * weight, axis=(1, 2, 3)) / ops.maximum(places, 1.0)
    loss = ops.sum(of_maps) / ops.maximum(ops.sum(ops.cast(places > 0, of_maps.dtype)), 1.0)
    return loss + AGREEMENT_WEIGHT * (1 - within_maps(truth, predicted))


def within_maps(truth: Tensor, predicted: Tensor) -> Tensor:
    """The correlation of the expected resolution with the true one within maps, see ``cryores.losses.agreement``.

    Args:
        truth: (batch, z, y, x, 2), resolution, Å, and weight.
        predicted: (batch, z, y, x, 10), probabilities.

    Returns:
        A number, -1 to 1.
    """
    centres = ops.convert_to_tensor(CENTRES, predicted.dtype)
    expected = ops.sum(predicted * centres, axis=-1, keepdims=True)
    resolution = ops.clip(truth[..., :1], CENTRES[0], CENTRES[-1])
    return agreement(ops.concatenate([resolution, truth[..., 1:]], axis=-1), expected)


def class_loss(classes: Tensor, predicted: Tensor) -> Tensor:
    """The cross entropy of ten classes at all voxels, background too, as published.

    Args:
        classes: (batch, 16, 16, 16), the number of the class.
        predicted: (batch, 16, 16, 16, 10), probabilities.

    Returns:
        A number.
    """
    return ops.mean(keras.losses.sparse_categorical_crossentropy(classes, predicted))
