"""The losses of the networks for local sharpening, for any Keras backend.

Keras hands a loss one array of truth; ``truth`` says what each loss finds in it. Gains are predicted as logarithms.
"""

from keras import ops

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.networks.tensors import Tensor

LOG_GAINS = (-12.0, 8.0)
"""Logarithms of gains are taken for at least and at most these while a network learns."""


GROUP = 60
"""Windows of one map that are looked at together by ``map_loss``."""

SCALE_WEIGHT = 1e-2
"""Weight of the squared logarithm of the ratio of the variances in ``map_loss``."""

WINDOW_WEIGHT = 0.3
"""Weight of whole windows in ``density_loss``."""

SPREAD_WEIGHT = 0.1
"""Weight of the variance of the logarithms of a map's gains in ``density_loss``."""

_LEAST = 1e-6


def gains_of(predicted: Tensor) -> Tensor:
    """Gains from their predicted logarithms, of any shape."""
    return ops.exp(ops.clip(predicted, *LOG_GAINS))


def window_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The squared difference of the scaled window from the model's, less what no gain can change.

    Σ over known shells of g² P - 2 g C, where P is the map's power and C what it has in common with the model, both
    divided by the model's power in all shells. For each shell it is least at g = C / P.

    Args:
        truth: (batch, 3 × 13), P, C, and 1 for shells that are known.
        predicted: (batch, 13), logarithms of the gains g.

    Returns:
        (batch,).
    """
    power, common, known = (truth[:, part * SHELLS : (part + 1) * SHELLS] for part in range(3))
    gains = gains_of(predicted)
    return ops.sum(known * (gains * gains * power - 2 * gains * common), axis=1)


def centre_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The squared difference of the scaled map from the model at the voxels around a window's centre.

    Args:
        truth: (batch, voxels × 15): of each voxel the 13 shells of the map, the model, and 1 if the voxel counts.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch,), the sum over the voxels that count divided by the number of voxels.
    """
    voxels = ops.reshape(truth, (-1, truth.shape[1] // (SHELLS + 2), SHELLS + 2))
    scaled = ops.sum(voxels[:, :, :SHELLS] * gains_of(predicted)[:, None], axis=2)
    return ops.mean(voxels[:, :, SHELLS + 1] * ops.square(scaled - voxels[:, :, SHELLS]), axis=1)


def map_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """How far a scaled map is from following its model in the mask: 1 less their correlation.

    What the others measure hangs on the scale of a map and on the level of its solvent, which nobody sees. So that
    gains have a scale at all, the logarithm of the ratio of the SDs of both is kept near 0, with little weight.

    Args:
        truth: (batch, voxels × 15), as ``centre_loss`` takes it; ``GROUP`` windows of one map follow each other.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    voxels = ops.reshape(truth, (-1, truth.shape[1] // (SHELLS + 2), SHELLS + 2))
    scaled = ops.sum(voxels[:, :, :SHELLS] * gains_of(predicted)[:, None], axis=2)
    scaled, model, counts = (
        ops.reshape(values, (-1, GROUP * voxels.shape[1]))
        for values in (scaled, voxels[:, :, SHELLS], voxels[:, :, SHELLS + 1])
    )
    total = ops.maximum(ops.sum(counts, axis=1, keepdims=True), 1.0)
    scaled, model = (
        counts * (values - ops.sum(counts * values, axis=1, keepdims=True) / total) for values in (scaled, model)
    )
    power, wanted = (ops.sum(ops.square(values), axis=1) + _LEAST for values in (scaled, model))
    correlation = ops.sum(scaled * model, axis=1) / ops.sqrt(power * wanted)
    return 1 - correlation + SCALE_WEIGHT * ops.square(ops.log(power / wanted))


def windows_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """How far the scaled windows of a map, whole, are from following their models: 1 less their correlation.

    Each window counts as much as any other, however strong its model is. Their common scale does not matter.

    Args:
        truth: as ``window_loss`` takes it; ``GROUP`` windows of one map follow each other.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    power, common, known = (truth[:, part * SHELLS : (part + 1) * SHELLS] for part in range(3))
    gains = known * gains_of(predicted)
    powers, commons = (
        ops.sum(ops.reshape(values, (-1, GROUP * SHELLS)), axis=1)
        for values in (ops.square(gains) * power, gains * common)
    )
    return 1 - commons / ops.sqrt(GROUP * (powers + _LEAST))


def density_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """``map_loss``, and with less weight ``windows_loss`` and the spread of the gains.

    The first alone leaves it nearly open how strong a part is that hardly counts in a map's correlation, such as one
    that is badly resolved; the second does not, as it looks at each window by itself. Of gains that are equally good
    those are wanted that differ least from place to place, as differences change phases: so the variance of their
    logarithms within a map counts too.

    Args:
        truth: (batch, voxels × 15 + 3 × 13), that of both.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    windows = truth.shape[1] - 3 * SHELLS
    known, logarithms = (
        ops.reshape(values, (-1, GROUP, SHELLS)) for values in (truth[:, -SHELLS:], ops.clip(predicted, *LOG_GAINS))
    )
    spread = ops.sum(ops.mean(known, axis=1) * ops.var(logarithms, axis=1), axis=1) / SHELLS
    of_windows = windows_loss(truth[:, windows:], predicted)
    return map_loss(truth[:, :windows], predicted) + WINDOW_WEIGHT * of_windows + SPREAD_WEIGHT * spread


def profile_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """The mean squared error of the logarithm of a profile over the shells that count.

    Args:
        truth: (batch, 2 × 13), the logarithm, and 1 for shells that count.
        predicted: (batch, 13).

    Returns:
        (batch,).
    """
    wanted, counts = truth[:, :SHELLS], truth[:, SHELLS:]
    return ops.sum(counts * ops.square(predicted - wanted), axis=1) / SHELLS
