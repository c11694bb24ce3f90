"""How well a CryoRes network does on examples that it is not trained on, and the calibration of its deviations."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import calibration
from deepreslib.networks.tensors import KerasModel
from deepreslib.training.cryores.batches import inputs_and_targets
from deepreslib.training.cryores.examples import Examples

FINE = 7.0
"""Å; maps finer than this are also judged apart."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What the network predicts for both views of examples, and the truth; first views, then second ones; Å.

    Attributes:
        relative: (maps, places), predicted local resolution minus the global one.
        local_error: (maps, places), signed.
        local_deviation: (maps, places).
        baseline_error: (maps,), signed.
        baseline_deviation: (maps,).
        mask: (maps, places), logits.
        labels: (maps, places, 4), see ``Examples``.
        baseline: (maps,), the true global resolution.
        strangeness: (maps,), how unlike the maps of the training a map is.
    """

    relative: FloatArray
    local_error: FloatArray
    local_deviation: FloatArray
    baseline_error: FloatArray
    baseline_deviation: FloatArray
    mask: FloatArray
    labels: FloatArray
    baseline: FloatArray
    strangeness: FloatArray


def judged(network: KerasModel, examples: Examples) -> Judged:
    """What a network predicts for examples, and the truth.

    Args:
        network: the Keras model.
        examples: of unseen structures.

    Returns:
        The predictions, errors and labels of all views.
    """
    inputs, _ = inputs_and_targets(examples, np.arange(len(examples)), slice(None))
    outputs = {name: np.asarray(value) for name, value in network.predict(inputs, batch_size=64, verbose=0).items()}
    local, baseline = outputs["local"][:, :, 0, 0], outputs["baseline"]
    labels = np.concatenate([examples.labels[:, view].astype(float) for view in (0, 1)])
    truth = np.concatenate([examples.baseline[:, view] for view in (0, 1)])
    return Judged(
        relative=local[..., 0],
        local_error=local[..., 0] + baseline[:, :1] - labels[..., 0],
        local_deviation=local[..., 1],
        baseline_error=baseline[:, 0] - truth,
        baseline_deviation=baseline[:, 1],
        mask=outputs["mask"][:, :, 0, 0, 0],
        labels=labels,
        baseline=truth,
        strangeness=outputs["strangeness"][:, 0],
    )


def calibrate(network: KerasModel, examples: Examples) -> None:
    """Scales the deviations so that they hold 68.27 % of the errors of unseen structures.

    A network that is trained for long predicts deviations that are right for the examples it was trained on, and too
    small for others. All maps count alike, and so do all places of a map.

    Args:
        network: the Keras model; the ``factor`` of its ``Consensus`` layers is changed.
        examples: of unseen structures.
    """
    found = judged(network, examples)
    known = found.labels[..., 1] > 0
    share = np.broadcast_to(1 / np.maximum(known.sum(axis=1, keepdims=True), 1), known.shape)
    local_ratio = np.abs(found.local_error[known]) / found.local_deviation[known]
    baseline_ratio = np.abs(found.baseline_error) / found.baseline_deviation
    for name, ratio, weight in (
        ("local", local_ratio, share[known]),
        ("baseline", baseline_ratio, np.ones(len(found.baseline))),
    ):
        factor = network.get_layer(name).factor
        factor.assign(factor * calibration.factor(ratio, weight))


def figures(network: KerasModel, examples: Examples) -> dict[str, float]:
    """How well a network does on examples of unseen structures.

    Args:
        network: the Keras model.
        examples: of unseen structures.

    Returns:
        ``rmse_local``, Å, mean over maps of the RMSE of their places, and ``rmse_fine``, of maps finer than ``FINE``;
        ``rank_local``, median over maps of the rank correlation; ``within_sd``, the share of places whose error is
        smaller than the deviation, mean over maps; ``error_global`` and ``error_fine``, Å, mean absolute error of the
        global resolution; ``within_global``, the share of maps whose global error is smaller than the deviation;
        ``drift``, Å, mean absolute change of the global error between the two views; ``iou_mask``, intersection over
        union of the mask.
    """
    found = judged(network, examples)
    _, known, occupancy, anywhere = np.moveaxis(found.labels, -1, 0)
    share = np.maximum(known.sum(axis=1), 1)
    within = np.sum((np.abs(found.local_error) < found.local_deviation) * known, axis=1) / share
    inside, true, fine = found.mask > 0, occupancy > 0.5, found.baseline < FINE
    pairs = zip(found.relative, found.labels[..., 0], known > 0, strict=True)
    ranks = [spearmanr(value[k], truth[k]).statistic for value, truth, k in pairs if k.any() and np.ptp(truth[k]) > 0]
    rmse, error = np.sqrt(np.sum(found.local_error**2 * known, axis=1) / share), np.abs(found.baseline_error)
    first, second = np.split(found.baseline_error, 2)
    values = {
        "rmse_local": np.mean(rmse),
        "rmse_fine": np.mean(rmse[fine]) if fine.any() else np.nan,
        "rank_local": np.median(ranks or [0.0]),
        "within_sd": np.mean(within[known.any(axis=1)]),
        "error_global": np.mean(error),
        "error_fine": np.mean(error[fine]) if fine.any() else np.nan,
        "within_global": np.mean(error < found.baseline_deviation),
        "drift": np.mean(np.abs(first - second)),
        "iou_mask": np.sum((inside & true) * anywhere) / max(np.sum((inside | true) * anywhere), 1),
    }
    return {name: round(float(value), 4) for name, value in values.items() if np.isfinite(value)}
