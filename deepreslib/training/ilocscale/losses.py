"""The losses of the networks for local sharpening, for any Keras backend.

Keras hands a loss one array of truth; ``truth`` says what each loss finds in it. Gains are predicted as logarithms.
"""

from keras import ops

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.networks.tensors import Tensor

LOG_GAINS = (-12.0, 8.0)
"""Logarithms of gains are taken for at least and at most these while a network learns."""


GROUP = 60
"""Windows of one map that are looked at together."""

SCALE_WEIGHT = 1e-2
"""Weight of the squared logarithm of the ratio of the variances in ``map_loss``."""

WINDOW_WEIGHT, FALL_WEIGHT, SPREAD_WEIGHT = 1.0, 0.1, 0.2
"""Weights of the other losses in ``density_loss``."""

_LEAST = 1e-6


def gains_of(predicted: Tensor) -> Tensor:
    """Gains from their predicted logarithms, of any shape."""
    return ops.exp(ops.clip(predicted, *LOG_GAINS))


def map_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """How far a scaled map is from following its model in the mask: 1 less their correlation.

    A squared difference would hang on the scale of a map and on the level of its solvent, which nobody sees. So that
    gains have a scale at all, the logarithm of the ratio of the SDs of both is kept near 0, with little weight.

    Args:
        truth: (batch, voxels × 15): of each voxel around a window's centre the 13 shells of the map, the model, and 1
            if the voxel counts; ``GROUP`` windows of one map follow each other.
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
        truth: (batch, 3 × 13): the map's power by shell and what it has in common with the model, both divided by the
            model's power in all shells, and 1 for shells that are known; ``GROUP`` windows of one map follow each
            other.
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


def fall_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """1 less the correlation of the B factors of the scaled windows of a map with those of their models.

    Args:
        truth: (batch, 13 + 2): what the logarithms of a profile are multiplied by to give its B factor, and the B
            factors of the window's profile and of the model's; ``GROUP`` windows of one map follow each other.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    applied = ops.sum(truth[:, :SHELLS] * ops.clip(predicted, *LOG_GAINS), axis=1)
    one, other = (ops.reshape(values, (-1, GROUP)) for values in (truth[:, SHELLS] + applied, truth[:, SHELLS + 1]))
    one, other = (values - ops.mean(values, axis=1, keepdims=True) for values in (one, other))
    scale = ops.sum(ops.square(one), axis=1) * ops.sum(ops.square(other), axis=1)
    return 1 - ops.sum(one * other, axis=1) / ops.sqrt(scale + _LEAST)


def spread_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """How much the gains of a map differ from place to place: the variance of their logarithms, mean of the shells.

    Args:
        truth: as ``windows_loss`` takes it.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    known, logarithms = (
        ops.reshape(values, (-1, GROUP, SHELLS)) for values in (truth[:, 2 * SHELLS :], ops.clip(predicted, *LOG_GAINS))
    )
    return ops.sum(ops.mean(known, axis=1) * ops.var(logarithms, axis=1), axis=1) / SHELLS


def density_loss(truth: Tensor, predicted: Tensor) -> Tensor:
    """``map_loss``, and with less weight ``windows_loss``, ``fall_loss`` and ``spread_loss``.

    The first alone leaves it nearly open how strong a part is that hardly counts in a map's correlation, such as one
    that is badly resolved; the next two do not. And of gains that are equally good those are wanted that differ least
    from place to place, as differences change phases.

    Args:
        truth: (batch, voxels × 15 + 3 × 13 + 15), that of all.
        predicted: (batch, 13), logarithms of the gains.

    Returns:
        (batch / ``GROUP``,), of each map.
    """
    fall = truth.shape[1] - (SHELLS + 2)
    windows = fall - 3 * SHELLS
    of_map, of_windows, of_fall = truth[:, :windows], truth[:, windows:fall], truth[:, fall:]
    return (
        map_loss(of_map, predicted)
        + WINDOW_WEIGHT * windows_loss(of_windows, predicted)
        + FALL_WEIGHT * fall_loss(of_fall, predicted)
        + SPREAD_WEIGHT * spread_loss(of_windows, predicted)
    )
