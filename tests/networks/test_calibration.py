"""Calibration of deviations: known factors found again, interpolation, the model card."""

import numpy as np
import pytest
from scipy.stats import norm

from deepreslib.networks import calibration

KNOTS = np.array([2.0, 6.0, 10.0])
GAUSSIAN = norm.cdf(1) - norm.cdf(-1)


def test_a_known_miscalibration_is_found():
    rng = np.random.default_rng(0)
    resolution = rng.uniform(2, 10, 40000)
    true = np.interp(resolution, KNOTS, [0.5, 1.0, 2.0])  # the deviation, predicted as 1
    error = np.abs(rng.standard_normal(len(resolution))) * true
    deviation = np.ones(len(error))
    fitted = calibration.fit(resolution, deviation, error, deviation, KNOTS)
    middle = [row[1] for row in fitted.factor]
    assert middle == pytest.approx([0.62, 1.1, 1.68], abs=0.12)  # a knot takes its neighbourhood's mean
    held = error < fitted.factors(resolution, deviation)
    assert held.mean() == pytest.approx(GAUSSIAN, abs=0.03)


def test_places_surer_than_others_have_factors_of_their_own():
    rng = np.random.default_rng(1)
    resolution, deviation = rng.uniform(2, 10, 40000), rng.choice([0.1, 0.2, 0.3], 40000)
    true = np.interp(deviation, [0.1, 0.2, 0.3], [0.05, 0.2, 0.6])
    error = np.abs(rng.standard_normal(len(resolution))) * true
    fitted = calibration.fit(resolution, deviation, error, np.ones(len(error)), KNOTS)
    assert fitted.typical == pytest.approx([0.2, 0.2, 0.2])
    np.testing.assert_allclose(fitted.factor, [[0.5, 1, 2]] * 3, rtol=0.06)
    for value in (0.1, 0.2, 0.3):
        held = (error < deviation * fitted.factors(resolution, deviation))[deviation == value]
        assert held.mean() == pytest.approx(GAUSSIAN, abs=0.03)


def test_each_knot_follows_its_own_errors():
    resolution, error = np.r_[np.full(100, 3.0), np.full(100, 9.0)], np.r_[np.full(100, 0.5), np.full(100, 2.0)]
    fitted = calibration.fit(resolution, np.ones(200), error, np.ones(200), np.array([3.0, 6.0, 9.0]))
    assert fitted.factor[0] == (0.5,) * 3  # that of all, where no deviation is relatively small or great
    assert fitted.factor[2] == (2.0,) * 3
    resolutions = np.array([1.0, 3.0, 9.0, 20.0])
    assert fitted.factors(resolutions, np.ones(4)) == pytest.approx([0.5, 0.5, 2.0, 2.0])
    assert fitted.factors(resolutions, np.array([0.01, 100, 0.01, 100])) == pytest.approx([0.5, 0.5, 2.0, 2.0])
    assert fitted.factors(resolutions, np.ones(4)).dtype == np.float32


def test_weights_count():
    error, weight = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 20.0])
    fitted = calibration.fit(np.full(3, 5.0), np.ones(3), error, weight, np.array([4.0, 6.0]))
    assert fitted.factor == ((3.0,) * 3,) * 2


def test_factor_is_the_weighted_quantile():
    ratio = np.random.default_rng(0).random(1000)
    assert calibration.factor(ratio, np.ones(1000)) == pytest.approx(np.quantile(ratio, 0.6827), abs=2e-3)
    assert calibration.factor(ratio, (ratio < 0.1).astype(float)) < 0.1


def test_the_card_keeps_it():
    assert calibration.Calibration.from_card({}) is None
    card = {"resolution": [2, 6], "typical": [0.2, 0.4], "relative": [0.5, 1.5], "factor": [[0.5, 0.7], [1.5, 1.7]]}
    fitted = calibration.Calibration.from_card({"calibration": card})
    assert fitted.factors(np.array([4.0]), np.array([0.3])) == pytest.approx(1.1)
