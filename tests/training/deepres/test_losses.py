"""DeepRes' losses against their formulas."""

import numpy as np
import pytest

from deepreslib.training.deepres import losses


def test_the_squared_loss_is_the_mean_squared_error():
    truth, predicted = np.array([[3.0], [5.0]], np.float32), np.array([[4.0], [8.0]], np.float32)
    assert float(losses.squared_loss(truth, predicted)) == pytest.approx((1 + 9) / 2)


def test_the_window_loss_is_the_likelihood_of_a_laplace_distribution():
    half_interval = -np.log(1 - 0.6827)
    truth = np.array([[4.0], [5.0]], np.float32)
    predicted = np.array([[4.5, 0.5 * half_interval], [4.0, 2.0 * half_interval]], np.float32)
    terms = [np.sqrt(0.5) * (np.log(0.5) + 1.0), np.sqrt(2.0) * (np.log(2.0) + 0.5)]
    assert float(losses.window_loss(truth, predicted)) == pytest.approx(np.mean(terms), rel=1e-5)
