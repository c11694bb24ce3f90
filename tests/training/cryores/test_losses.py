"""CryoRes' losses against their formulas."""

import numpy as np
import pytest

from deepreslib.training.cryores import losses


def test_losses_against_their_formulas():
    truth = np.zeros((1, 1, 1, 2, 2), np.float32)
    truth[..., 1] = [1, 0]
    predicted = np.full((1, 1, 1, 2, 2), 9.0, np.float32)
    assert float(losses.relative_logarithmic_loss(truth, predicted)) == pytest.approx(1.0, rel=1e-5)
    assert float(losses.baseline_squared_loss(np.array([[2.0]]), np.array([[5.0, 1.0]]))) == pytest.approx(9.0)
    logits = np.array([[0.0], [5.0]], np.float32)
    weighted = np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)
    assert float(losses.mask_loss(weighted, logits)) == pytest.approx(np.log(2), rel=1e-5)


def test_map_error_is_the_mean_of_the_maps_root_mean_squares():
    truth, predicted = np.zeros((2, 3, 1, 1, 2), np.float32), np.ones((2, 3, 1, 1, 2), np.float32)
    truth[0, :, 0, 0] = [[4, 1], [2, 1], [7, 0]]
    truth[1, :, 0, 0] = [[1, 1], [1, 1], [5, 1]]
    assert float(losses.map_error(truth, predicted)) == pytest.approx((5**0.5 + (16 / 3) ** 0.5) / 2, rel=1e-3)


def test_errors_of_coarse_maps_count_less():
    truth, predicted = np.ones((1, 3, 1, 1, 2), np.float32), np.ones((1, 3, 1, 1, 2), np.float32)
    truth[..., 0], predicted[..., 0] = 4 * losses.FINE, 4 * losses.FINE + 2
    assert float(losses.map_error(truth, predicted)) == pytest.approx(2 / 4, rel=1e-3)


def test_drift_is_the_change_of_the_error_between_views():
    truth = np.array([[4.0, 5.0], [4.0, 5.0], [4.0, 7.0], [12.0, 5.0]], np.float32)  # two examples, two views
    predicted = truth + np.array([[0.1, 1.0], [0.0, 2.0], [0.4, -1.0], [0.5, 9.0]], np.float32)
    weight = np.array([[1, 1], [1, 0], [1, 1], [1, 1]], np.float32)
    assert float(losses.drift(truth, predicted, weight)) == pytest.approx((0.3 + 2.0 + 0.5) / 3, rel=1e-5)
    coarse = np.full((2, 1), 2 * losses.FINE, np.float32)
    changed = coarse + np.array([[0.0], [1.0]], np.float32)
    assert float(losses.drift(coarse, changed, np.ones_like(coarse))) == pytest.approx(0.5, rel=1e-5)


def test_agreement_is_the_correlation_within_maps():
    rng = np.random.default_rng(0)
    truth = np.stack([rng.normal(5, 2, (3, 7, 1, 1)), rng.random((3, 7, 1, 1)) > 0.3], axis=-1)
    predicted = rng.normal(0, 1, (3, 7, 1, 1, 2)) + truth
    expected, shares = [], []
    for true, prediction in zip(truth[:, :, 0, 0], predicted[:, :, 0, 0], strict=True):
        known = true[:, 1] > 0
        expected.append(np.corrcoef(true[known, 0], prediction[known, 0])[0, 1])
        deviation = true[known, 0].std()
        shares.append(deviation / (deviation + losses.EVEN))
    truth, predicted = truth.astype(np.float32), predicted.astype(np.float32)
    agreed = float(losses.agreement(truth, predicted))
    assert agreed == pytest.approx(np.average(expected, weights=shares), abs=1e-3)
    moved = predicted + np.array([3, -1, 8], np.float32)[:, None, None, None, None]
    assert float(losses.agreement(truth, moved)) == pytest.approx(agreed, abs=1e-3)
