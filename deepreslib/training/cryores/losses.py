"""The losses that CryoRes' networks are trained with, for any Keras backend.

``truth`` and ``predicted`` are those of one output (see ``deepreslib.networks.cryores``). Where ``truth`` has two
channels, the second one is a weight, 1 where the first is known and 0 elsewhere.
"""

import numpy as np
from keras import ops

from deepreslib.networks.tensors import Tensor
from deepreslib.training.losses import laplace_loss

AGREEMENT_WEIGHT = 10.0
"""Weight of the correlation within maps in ``local_loss``; the likelihood has weight 1."""

ERROR_WEIGHT = 2.0
"""Weight of the error of a map in ``local_loss``."""

LEAST_ERROR = 0.03
"""Å; errors of a map that are smaller than this hardly count."""

EVEN = 0.2
"""Å, SD of the local resolution over a map whose correlation counts half."""


def baseline_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The ``laplace_loss`` of the global resolution.

    Args:
        truth: (batch, 1), Å.
        predicted: (batch, 2), global resolution and deviation, Å.

    Returns:
        A number.
    """
    return laplace_loss(truth[:, 0], predicted, ops.ones_like(truth[:, 0]))


def local_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The loss of the local resolution: each map's error, the correlation within it, and the likelihood.

    The likelihood trains the deviations alone; the other two terms train the resolutions.

    Args:
        truth: (batch, z, y, x, 2), local resolution, Å, and weight.
        predicted: (batch, z, y, x, 2), local resolution and deviation, Å.

    Returns:
        A number.
    """
    centre = ops.stop_gradient(predicted[..., :1])
    likelihood = laplace_loss(truth[..., 0], ops.concatenate([centre, predicted[..., 1:]], axis=-1), truth[..., 1])
    disagreement = AGREEMENT_WEIGHT * (1 - agreement(truth, predicted))
    return ERROR_WEIGHT * map_error(truth, predicted) + disagreement + likelihood


def map_error(truth: Tensor, predicted: Tensor) -> Tensor:
    """Mean over maps of the root mean square error of their places: the error that the slides report.

    A network trained on the likelihood alone gives up on what is hard to predict, which within a map are its coarse
    places: maps of 9 Å and coarser were predicted too fine, and too even.

    Args:
        truth: (batch, z, y, x, 2), local resolution, Å, and weight.
        predicted: (batch, z, y, x, ...), the last axis beginning with the local resolution, Å.

    Returns:
        A number, Å.
    """
    weight = truth[..., 1]
    count = ops.maximum(ops.sum(weight, axis=(1, 2, 3)), 1.0)
    square = ops.sum(ops.square(truth[..., 0] - predicted[..., 0]) * weight, axis=(1, 2, 3)) / count
    return ops.mean(ops.sqrt(square + LEAST_ERROR**2))


def agreement(truth: Tensor, predicted: Tensor) -> Tensor:
    """Mean correlation of truth and prediction over the places of a map.

    The likelihood mostly rewards right differences between maps, as maps differ more than the places of one map do. The
    correlation within maps rewards only right differences between the places of a map. Maps whose resolution is nearly
    the same everywhere count little.

    Args:
        truth: (batch, z, y, x, 2), local resolution, Å, and weight.
        predicted: (batch, z, y, x, ...), the last axis beginning with the local resolution, Å.

    Returns:
        A number, -1 to 1.
    """
    weight = truth[..., 1]
    count = ops.maximum(ops.sum(weight, axis=(1, 2, 3), keepdims=True), 1.0)

    def centred(values: Tensor) -> Tensor:
        return (values - ops.sum(values * weight, axis=(1, 2, 3), keepdims=True) / count) * weight

    def mean(values: Tensor) -> Tensor:
        return ops.sum(values, axis=(1, 2, 3)) / count[:, 0, 0, 0]

    true, prediction = centred(truth[..., 0]), centred(predicted[..., 0])
    variance, least = mean(ops.square(true)), 1e-4
    correlation = mean(true * prediction) / ops.sqrt((variance + least) * (mean(ops.square(prediction)) + least))
    deviation = ops.sqrt(variance)
    share = deviation / (deviation + EVEN)
    return ops.sum(correlation * share) / ops.maximum(ops.sum(share), 1e-3)


def mask_loss(truth: Tensor, logits: Tensor) -> Tensor:
    """The cross entropy of the mask.

    Args:
        truth: (..., 2), occupancy by the molecule, 0 to 1, and weight.
        logits: (..., 1), of the probability.

    Returns:
        A number.
    """
    entropy = ops.binary_crossentropy(truth[..., :1], logits, from_logits=True)
    return ops.sum(entropy * truth[..., 1:]) / ops.maximum(ops.sum(truth[..., 1:]), 1.0)


def baseline_squared_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The mean squared error of the global resolution (slides).

    Args:
        truth: (batch, 1), Å.
        predicted: (batch, 2), global resolution and deviation, Å; the deviation is not used.

    Returns:
        A number, Å².
    """
    return ops.mean(ops.square(truth[:, 0] - predicted[:, 0]))


def relative_logarithmic_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The mean logarithm (10) of 1 Å plus the error of the relative local resolution (slides).

    Args:
        truth: (..., 2), local resolution minus the global one, Å, and weight.
        predicted: (..., 2), the same and its deviation, Å; the deviation is not used.

    Returns:
        A number.
    """
    error = ops.log(ops.abs(truth[..., 0] - predicted[..., 0]) + 1.0) / np.log(10.0)
    return ops.sum(error * truth[..., 1]) / ops.maximum(ops.sum(truth[..., 1]), 1.0)
