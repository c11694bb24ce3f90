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

DRIFT_WEIGHT = 1.0
"""Weight of the drift from one view of a map to the other, in ``baseline_loss`` and ``local_loss``."""

FINE = 6.0
"""Å; errors of maps coarser than this count less, in proportion."""

EVEN = 0.2
"""Å, SD of the local resolution over a map whose correlation counts half."""


def baseline_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The ``laplace_loss`` of the global resolution, and its drift.

    Args:
        truth: (batch, 1), Å; the first half of the batch are first views, the second half second views.
        predicted: (batch, 2), global resolution and deviation, Å.

    Returns:
        A number.
    """
    likelihood = laplace_loss(truth[:, 0], predicted, ops.ones_like(truth[:, 0]))
    return likelihood + DRIFT_WEIGHT * drift(truth[:, 0], predicted[:, 0], ops.ones_like(truth[:, 0]))


def drift(truth: Tensor, predicted: Tensor, weight: Tensor) -> Tensor:
    """How far the error changes from one view of the same half maps to the other.

    Two views differ in what cannot be known from a map and does not matter: B factor, margin, mask, a filter beyond the
    resolution. A network that answers by these has other errors for the two views. Where a view's own label differs,
    as that of a map filtered coarser does, the answer may differ by as much.

    Args:
        truth: (batch, ...), Å; first views, then in the same order second views.
        predicted: of that shape, Å.
        weight: of that shape, 1 where both views have the same place and 0 elsewhere.

    Returns:
        The mean absolute change, Å; of coarse maps in proportion less.
    """
    half = truth.shape[0] // 2 if truth.shape[0] else ops.shape(truth)[0] // 2
    error = predicted - truth
    change = ops.abs(error[:half] - error[half:]) * (FINE / ops.maximum(truth[:half], FINE))
    both = weight[:half] * weight[half:]
    return ops.sum(change * both) / ops.maximum(ops.sum(both), 1.0)


def local_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The loss of the local resolution: each map's error, the correlation within it, drift, and the likelihood.

    The likelihood trains the deviations alone; the other terms train the resolutions.

    Args:
        truth: (batch, z, y, x, 3), local resolution, Å, weight, and whether both views have the place.
        predicted: (batch, z, y, x, 2), local resolution and deviation, Å.

    Returns:
        A number.
    """
    centre = ops.stop_gradient(predicted[..., :1])
    likelihood = laplace_loss(truth[..., 0], ops.concatenate([centre, predicted[..., 1:]], axis=-1), truth[..., 1])
    disagreement = AGREEMENT_WEIGHT * (1 - agreement(truth, predicted))
    changes = DRIFT_WEIGHT * drift(truth[..., 0], predicted[..., 0], truth[..., 1] * truth[..., 2])
    return ERROR_WEIGHT * map_error(truth, predicted) + disagreement + changes + likelihood


def map_error(truth: Tensor, predicted: Tensor) -> Tensor:
    """Mean over maps of the root mean square error of their places: the error that the slides report.

    A network trained on the likelihood alone gives up on what is hard to predict, which within a map are its coarse
    places: maps of 9 Å and coarser were predicted too fine, and too even.

    Args:
        truth: (batch, z, y, x, ...), local resolution, Å, and weight.
        predicted: (batch, z, y, x, ...), the last axis beginning with the local resolution, Å.

    Returns:
        A number, Å; of maps coarser than ``FINE`` in proportion less.
    """
    weight = truth[..., 1]
    count = ops.maximum(ops.sum(weight, axis=(1, 2, 3)), 1.0)
    square = ops.sum(ops.square(truth[..., 0] - predicted[..., 0]) * weight, axis=(1, 2, 3)) / count
    mean = ops.sum(truth[..., 0] * weight, axis=(1, 2, 3)) / count
    return ops.mean(ops.sqrt(square + LEAST_ERROR**2) * (FINE / ops.maximum(mean, FINE)))


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
