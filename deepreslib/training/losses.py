"""Losses that more than one training program uses, for any Keras backend."""

import math

from keras import ops

from deepreslib.networks.calibration import GAUSSIAN_SHARE
from deepreslib.networks.tensors import Tensor

LAPLACE_DEVIATION = -math.log(1 - GAUSSIAN_SHARE)
"""Half the width of the interval around the centre of a Laplace distribution, of width 1, that holds
``GAUSSIAN_SHARE`` of it."""


def laplace_loss(truth: Tensor, predicted: Tensor, weight: Tensor) -> Tensor:
    """Mean negative log likelihood of Laplace distributions, each weighted by the square root of its width.

    Inputs that look alike may have different true values. The centre with the greatest likelihood is the median of
    these values. A few inputs with very different values do not move the median; they would move the mean, which is the
    most likely centre of a Gaussian. The weight by width (a constant for the gradient) keeps the network from giving up
    on inputs that are hard to predict (Seitzer et al. 2022, *On the pitfalls of heteroscedastic uncertainty
    estimation*; there for a Gaussian's variance, with beta = 0.5).

    Args:
        truth: Å, any shape.
        predicted: the same shape and a last axis of 2: centre and deviation, Å; the deviation is half the interval that
            holds 68.27 % of the distribution.
        weight: of truth's shape.

    Returns:
        A number.
    """
    width = predicted[..., 1] / LAPLACE_DEVIATION
    error = ops.abs(truth - predicted[..., 0]) / width
    loss = (ops.log(width) + error) * ops.sqrt(ops.stop_gradient(width))
    return ops.sum(loss * weight) / ops.maximum(ops.sum(weight), 1.0)
