"""How well a CryoRes network does on examples that it is not trained on, and the calibration of its deviations."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import calibration
from deepreslib.networks.tensors import KerasModel
from deepreslib.training.cryores.batches import inputs_and_targets
from deepreslib.training.cryores.examples import Examples


@dataclass(frozen=True, eq=False)
class _Predictions:
    """What the network predicts for examples, and its errors; Å.

    Attributes:
        relative: (examples, places), predicted local resolution minus the global one.
        local_error: (examples, places), absolute.
        local_deviation: (examples, places).
        baseline_error: (examples,), absolute.
        baseline_deviation: (examples,).
        mask: (examples, places), logits.
    """

    relative: FloatArray
    local_error: FloatArray
    local_deviation: FloatArray
    baseline_error: FloatArray
    baseline_deviation: FloatArray
    mask: FloatArray


def _predictions(network: KerasModel, examples: Examples) -> _Predictions:
    inputs, _ = inputs_and_targets(examples, np.arange(len(examples)), slice(None))
    outputs = {name: np.asarray(value) for name, value in network.predict(inputs, batch_size=64, verbose=0).items()}
    local, baseline = outputs["local"][:, :, 0, 0], outputs["baseline"]
    return _Predictions(
        relative=local[..., 0],
        local_error=np.abs(local[..., 0] + baseline[:, :1] - examples.labels[..., 0]),
        local_deviation=local[..., 1],
        baseline_error=np.abs(baseline[:, 0] - examples.baseline),
        baseline_deviation=baseline[:, 1],
        mask=outputs["mask"][:, :, 0, 0, 0],
    )


def calibrate(network: KerasModel, examples: Examples) -> None:
    """Scales the deviations so that they hold 68.27 % of the errors of unseen structures.

    A network that is trained for long predicts deviations that are right for the examples it was trained on, and too
    small for others. All maps count alike, and so do all places of a map.

    Args:
        network: the Keras model; the ``factor`` of its ``Consensus`` layers is changed.
        examples: of unseen structures.
    """
    predictions = _predictions(network, examples)
    known = examples.labels[..., 1] > 0
    share = np.broadcast_to(1 / np.maximum(known.sum(axis=1, keepdims=True), 1), known.shape)
    local_ratio = predictions.local_error[known] / predictions.local_deviation[known]
    baseline_ratio = predictions.baseline_error / predictions.baseline_deviation
    for name, ratio, weight in (
        ("local", local_ratio, share[known]),
        ("baseline", baseline_ratio, np.ones(len(examples))),
    ):
        factor = network.get_layer(name).factor
        factor.assign(factor * calibration.factor(ratio, weight))


def figures(network: KerasModel, examples: Examples) -> dict[str, float]:
    """How well a network does on examples of unseen structures.

    Args:
        network: the Keras model.
        examples: of unseen structures.

    Returns:
        ``rmse_local``, Å, mean over maps of the RMSE of their places; ``rank_local``, median over maps of the rank
        correlation; ``within_sd``, the share of places whose error is smaller than the deviation, mean over maps;
        ``error_global``, Å, mean absolute error of the global resolution; ``iou_mask``, intersection over union of the
        mask.
    """
    predictions = _predictions(network, examples)
    _, known, occupancy, anywhere = (examples.labels[..., n].astype(float) for n in range(4))
    share = np.maximum(known.sum(axis=1), 1)
    error, deviation = predictions.local_error, predictions.local_deviation
    within = np.sum((error < deviation) * known, axis=1) / share
    inside, true = predictions.mask > 0, occupancy > 0.5
    labels = examples.labels[..., 0].astype(float)
    pairs = [(p[k], t[k]) for p, t, k in zip(predictions.relative, labels, known > 0, strict=True) if k.any()]
    ranks = [spearmanr(relative, truth).statistic for relative, truth in pairs if np.ptp(truth) > 0]
    values = {
        "rmse_local": np.mean(np.sqrt(np.sum(error**2 * known, axis=1) / share)),
        "rank_local": np.median(ranks or [0.0]),
        "within_sd": np.mean(within[known.any(axis=1)]),
        "error_global": np.mean(predictions.baseline_error),
        "iou_mask": np.sum((inside & true) * anywhere) / max(np.sum((inside | true) * anywhere), 1),
    }
    return {name: round(float(value), 4) for name, value in values.items()}
