"""Calibration of deviations: known factors found again, interpolation, the model card."""

import numpy as np
import pytest
from scipy.stats import norm

from deepres.networks import calibration


def test_a_known_miscalibration_is_found():
    random = np.random.default_rng(0)
    resolution = random.uniform(2, 10, 40000)
    true = np.interp(resolution, [2, 6, 10], [0.5, 1.0, 2.0])  # the deviation, predicted as 1
    ratio = np.abs(random.standard_normal(len(resolution))) * true
    found = calibration.fit(resolution, ratio, np.ones(len(ratio)), np.array([2.0, 6.0, 10.0]))
    assert found.factor == pytest.approx([0.62, 1.1, 1.68], abs=0.12)  # a knot takes its neighbourhood's mean
    held = ratio < found.factors(resolution)
    assert held.mean() == pytest.approx(norm.cdf(1) - norm.cdf(-1), abs=0.03)


def test_each_knot_follows_its_own_errors():
    resolution, ratio = np.r_[np.full(100, 3.0), np.full(100, 9.0)], np.r_[np.full(100, 0.5), np.full(100, 2.0)]
    found = calibration.fit(resolution, ratio, np.ones(200), np.array([3.0, 6.0, 9.0]))
    assert found.factor[0] == 0.5
    assert found.factor[2] == 2.0
    assert found.factors(np.array([1.0, 3.0, 9.0, 20.0])) == pytest.approx([0.5, 0.5, 2.0, 2.0])
    assert found.factors(np.array([3.0])).dtype == np.float32


def test_weights_count():
    ratio, weight = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 20.0])
    assert calibration.fit(np.full(3, 5.0), ratio, weight, np.array([4.0, 6.0])).factor == (3.0, 3.0)


def test_factor_is_the_weighted_quantile():
    ratio = np.random.default_rng(0).random(1000)
    assert calibration.factor(ratio, np.ones(1000)) == pytest.approx(np.quantile(ratio, 0.6827), abs=2e-3)
    assert calibration.factor(ratio, (ratio < 0.1).astype(float)) < 0.1


def test_the_card_keeps_it():
    assert calibration.Calibration.from_card({}) is None
    found = calibration.Calibration.from_card({"calibration": {"resolution": [2, 6], "factor": [0.5, 1.5]}})
    assert found.factors(4.0) == pytest.approx(1.0)
