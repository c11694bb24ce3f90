"""The losses that DeepRes' networks are trained with, for any Keras backend."""

from keras import ops

from deepreslib.networks.tensors import Tensor
from deepreslib.training.losses import laplace_loss


def window_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The ``laplace_loss`` of a network that predicts deviations; all windows count alike.

    Args:
        truth: (n, 1), Å.
        predicted: (n, 2), resolution and deviation, Å.

    Returns:
        A number.
    """
    return laplace_loss(truth[..., 0], predicted, ops.ones_like(truth[..., 0]))


def squared_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The mean squared error of a network that predicts the resolution alone.

    Args:
        truth: (n, 1), Å.
        predicted: (n, 1), Å.

    Returns:
        A number, Å².
    """
    return ops.mean(ops.square(truth[..., 0] - predicted[..., 0]))
