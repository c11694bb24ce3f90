"""The losses that CryoRes' network is trained by, of either preset, for any Keras backend."""

import numpy as np
from keras import ops

from deepreslib.training.losses import laplace_loss

AGREEMENT_WEIGHT = 10.0
"""Of the correlation within maps, against the likelihood."""

ERROR_WEIGHT = 2.0
"""Of a map's error, likewise."""

LEAST_ERROR = 0.03
"""Å; a map's error this small is as good as none."""

EVEN = 0.2
"""Å, SD of the local resolution over a map at which its correlation counts half."""

RELATIVE_WEIGHT = 1.0
"""The slides' lambda, which they do not give."""


def _baseline_likelihood(truth, predicted):
    return laplace_loss(truth[:, 0], predicted, ops.ones_like(truth[:, 0]))


def _local_error(truth, predicted):
    """Each map's error, how alike its places are ordered, and the likelihood of the deviations alone."""
    centre = ops.stop_gradient(predicted[..., :1])
    likelihood = laplace_loss(truth[..., 0], ops.concatenate([centre, predicted[..., 1:]], axis=-1), truth[..., 1])
    disagreement = AGREEMENT_WEIGHT * (1 - agreement(truth, predicted))
    return ERROR_WEIGHT * map_error(truth, predicted) + disagreement + likelihood


def map_error(truth, predicted):
    """Mean over maps of the root mean square error of their places, Å: the slides' measure.

    A likelihood gives up what is hard, and within a map that is what is coarse: maps of 9 Å and coarser came out too
    fine, and their places too much alike.

    Args:
        truth, predicted: as of :func:`agreement`.
    """
    weight = truth[..., 1]
    count = ops.maximum(ops.sum(weight, axis=(1, 2, 3)), 1.0)
    square = ops.sum(ops.square(truth[..., 0] - predicted[..., 0]) * weight, axis=(1, 2, 3)) / count
    return ops.mean(ops.sqrt(square + LEAST_ERROR**2))


def agreement(truth, predicted):
    """Mean correlation of truth and prediction over the places of a map; maps alike everywhere count little.

    A likelihood cares for differences between maps, which are greater than those between places of one; this is told
    nothing but the places apart.

    Args:
        truth: (batch, z, y, x, 2): Å, and its weight, 1 or 0.
        predicted: (batch, z, y, x, ...), the last axis beginning with the centre, Å.
    """
    weight = truth[..., 1]
    count = ops.maximum(ops.sum(weight, axis=(1, 2, 3), keepdims=True), 1.0)

    def centred(values):
        return (values - ops.sum(values * weight, axis=(1, 2, 3), keepdims=True) / count) * weight

    def mean(values):
        return ops.sum(values, axis=(1, 2, 3)) / count[:, 0, 0, 0]

    true, found = centred(truth[..., 0]), centred(predicted[..., 0])
    variance, least = mean(ops.square(true)), 1e-4
    correlation = mean(true * found) / ops.sqrt((variance + least) * (mean(ops.square(found)) + least))
    deviation = ops.sqrt(variance)
    share = deviation / (deviation + EVEN)
    return ops.sum(correlation * share) / ops.maximum(ops.sum(share), 1e-3)


def _cross_entropy(truth, logits):
    entropy = ops.binary_crossentropy(truth[..., :1], logits, from_logits=True)
    return ops.sum(entropy * truth[..., 1:]) / ops.maximum(ops.sum(truth[..., 1:]), 1.0)


def _baseline_squared(truth, predicted):
    return ops.mean(ops.square(truth[:, 0] - predicted[:, 0]))


def _relative_logarithm(truth, predicted):
    error = ops.log(ops.abs(truth[..., 0] - predicted[..., 0]) + 1.0) / np.log(10.0)
    return ops.sum(error * truth[..., 1]) / ops.maximum(ops.sum(truth[..., 1]), 1.0)


LOSSES = {
    "published": {"baseline": _baseline_squared, "local": _relative_logarithm, "mask": _cross_entropy},
    "compact": {"baseline": _baseline_likelihood, "absolute": _local_error, "mask": _cross_entropy},
}

WEIGHTS = {
    "published": {"baseline": 1.0, "local": RELATIVE_WEIGHT, "mask": 1.0},
    "compact": {"baseline": 2.0, "absolute": 1.0, "mask": 16.0},
}
