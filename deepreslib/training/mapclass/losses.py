"""The losses of the networks that tell the class of a map, for any Keras backend."""

import keras
from keras import ops

from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.networks.tensors import Tensor
from deepreslib.training.losses import laplace_loss


def ladder_loss(resolution: Tensor, predicted: Tensor) -> Tensor:
    """The ``laplace_loss`` of the logarithm of the resolution, of all members alike.

    Args:
        resolution: (batch, 1), Å.
        predicted: (batch, members, 2), logarithm of the resolution and its deviation.

    Returns:
        A number.
    """
    truth = ops.log(resolution) + ops.zeros_like(predicted[..., 0])
    return laplace_loss(truth, predicted, ops.ones_like(truth))


def class_loss(resolution: Tensor, logits: Tensor) -> Tensor:
    """The cross entropy of the classes high, medium and low.

    Args:
        resolution: (batch, 1), Å; the borders themselves belong to medium.
        logits: (batch, 3).

    Returns:
        A number.
    """
    first, second = BORDERS
    classes = ops.cast(resolution >= first, "int32") + ops.cast(resolution > second, "int32")
    return ops.mean(keras.losses.sparse_categorical_crossentropy(classes, logits, from_logits=True))
