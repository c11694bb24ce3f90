"""Tails of sums of chi-squares against exact formulas, and false discoveries against their promise."""

import numpy as np
import pytest
from scipy import stats

from deepreslib.estimation.significance import log_survival, threshold


@pytest.mark.parametrize("freedoms", [1, 2, 6, 20])
@pytest.mark.parametrize("weight", [0.3, 1.0, 4.0])
def test_equal_weights_are_a_chi_square(freedoms, weight):
    values = weight * freedoms * np.array([0.5, 1.5, 3.0, 10.0, 40.0])
    exact = stats.chi2.logsf(values / weight, freedoms)
    np.testing.assert_allclose(log_survival(values, np.full(freedoms, weight)), exact, atol=0.11)


def test_pairs_of_weights_are_a_hypoexponential():
    """Each pair is an exponential of mean 2 w; the sum of two of them has a survival in closed form."""
    small, large = 2 * 0.5, 2 * 1.5
    values = np.array([1.0, 5.0, 20.0, 60.0, 200.0])
    exact = (large * np.exp(-values / large) - small * np.exp(-values / small)) / (large - small)
    np.testing.assert_allclose(log_survival(values, np.array([0.5, 0.5, 1.5, 1.5])), np.log(exact), atol=0.1)


def test_the_tail_falls_and_keeps_the_shape():
    values = np.geomspace(0.5, 400, 60).reshape(3, 20)
    logarithms = log_survival(values, np.array([1.0, 0.5, 0.25]))
    assert logarithms.shape == values.shape
    assert (np.diff(logarithms.ravel()) < 0).all()


def rule(values, p_value, freedoms):
    """Benjamini & Yekutieli (2001) spelled out: the number of discoveries among chi-squares."""
    p_values = np.sort(stats.chi2.sf(values, freedoms))
    harmonic = sum(1 / k for k in range(1, len(values) + 1))
    passed = [k for k, p in enumerate(p_values, 1) if p <= k * p_value / (len(values) * harmonic)]
    return max(passed, default=0)


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_lets_through_as_many_as_the_rule(seed):
    rng = np.random.default_rng(seed)
    values = rng.chisquare(4, 3000).astype(np.float32)
    values[:200] += rng.uniform(10, 60, 200).astype(np.float32)
    expected = rule(values, 0.05, 4)
    count = np.count_nonzero(values > threshold(values, np.ones(4), 0.05))
    assert 100 < expected < 200
    assert count == pytest.approx(expected, abs=3)


def test_noise_alone_passes_nothing():
    thresholds = [threshold(np.random.default_rng(s).chisquare(3, 2000), np.ones(3), 0.05) for s in range(20)]
    assert sum(np.isfinite(thresholds)) <= 2


def test_a_lower_rate_asks_for_more():
    values = np.random.default_rng(1).chisquare(4, 3000)
    values[:300] += 30
    strict, lenient = (threshold(values, np.ones(4), rate) for rate in (0.001, 0.1))
    assert strict > lenient
