"""Losses that more than one training program uses, for any Keras backend."""

import math

from keras import ops

from deepreslib.networks.calibration import GAUSSIAN_SHARE

LAPLACE_DEVIATION = -math.log(1 - GAUSSIAN_SHARE)
"""Half the interval around the centre of a Laplace distribution of width 1 that holds as much as a Gaussian's SD."""


def laplace_loss(truth, predicted, weight):
    """Mean negative log likelihood of Laplace distributions, each weighted by the square root of its width.

    The most likely centre of a Laplace distribution is the median of what an input may be, which a minority of others
    that look alike does not move; a Gaussian's mean is. The weight by width (a constant for the gradient) keeps what
    is hard from being given up (Seitzer et al. 2022, there for a Gaussian's variance, beta = 0.5).

    Args:
        truth: Å, any shape.
        predicted: the same shape and a last axis of 2: centre and deviation, Å: half the interval that holds 68.27 %
            of the distribution.
        weight: of truth's shape.
    """
    width = predicted[..., 1] / LAPLACE_DEVIATION
    error = ops.abs(truth - predicted[..., 0]) / width
    loss = (ops.log(width) + error) * ops.sqrt(ops.stop_gradient(width))
    return ops.sum(loss * weight) / ops.maximum(ops.sum(weight), 1.0)
