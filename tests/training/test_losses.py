"""The losses that training programs share."""

import numpy as np
import pytest

from deepreslib.training import losses


def test_laplace_loss_against_its_formula():
    truth, weight = np.array([[4.0, 5.0, 6.0]], np.float32), np.array([[1.0, 1.0, 0.0]], np.float32)
    half_interval = -np.log(1 - 0.6827)
    predicted = np.array([[[4.5, 0.5 * half_interval], [4.0, 2.0 * half_interval], [0.0, 1.0]]], np.float32)
    terms = [np.sqrt(0.5) * (np.log(0.5) + 1.0), np.sqrt(2.0) * (np.log(2.0) + 0.5)]
    assert float(losses.laplace_loss(truth, predicted, weight)) == pytest.approx(np.mean(terms), rel=1e-5)


def test_most_likely_deviation_holds_68_percent():
    errors = np.random.default_rng(0).laplace(size=200_000).astype(np.float32)
    deviations = np.linspace(0.8, 1.6, 33)
    values = []
    for deviation in deviations:
        predicted = np.tile(np.array([0, deviation], np.float32), (len(errors), 1))
        loss = float(losses.laplace_loss(errors, predicted, np.ones_like(errors)))
        values.append(loss / np.sqrt(deviation))  # the weight is a constant for the gradient
    best = deviations[np.argmin(values)]
    assert np.mean(np.abs(errors) < best) == pytest.approx(0.6827, abs=0.01)
