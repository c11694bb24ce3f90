"""Figures of gains on windows of unseen structures."""

import numpy as np
import pytest

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import validation


def squares(windows, log_gains):
    """The mean squared difference of scaled windows from their models, less the models' power and divided by it."""
    gains = np.exp(log_gains)
    return np.mean(np.sum(windows.known * (gains**2 * windows.power - 2 * gains * windows.common), axis=1))


def test_one_set_of_gains_has_share_0_and_fitted_gains_have_share_1(windows):
    unseen = validation.Unseen(windows, validation.best_single(windows))
    one = unseen.figures(np.broadcast_to(unseen.one, windows.profiles.shape))
    fitted = unseen.figures(validation.fitted_gains(windows))
    assert (one["correlation_share"], one["window_share"]) == (0, 0)
    assert (fitted["correlation_share"], fitted["window_share"]) == (1, 1)
    assert fitted["window"] < one["window"]
    assert one["gain"] == pytest.approx(one["correlation"] - unseen.flat.mean(), abs=1e-4)
    assert unseen.figures(np.zeros_like(windows.profiles))["gain"] == 0


def test_figures_do_not_hang_on_the_scale(windows):
    unseen = validation.Unseen(windows, validation.best_single(windows))
    gains = np.random.default_rng(0).normal(0, 0.5, windows.profiles.shape).astype(np.float32)
    one, other = unseen.figures(gains), unseen.figures(gains + np.float32(1.5))
    assert other == pytest.approx(one, abs=2e-4)


def test_window_losses_are_the_least_of_all_scales(windows):
    gains = np.random.default_rng(1).normal(0, 0.3, windows.profiles.shape).astype(np.float32)
    chosen = windows.chosen(windows.inside)
    tried = [squares(chosen, gains[windows.inside] + shift) for shift in np.linspace(-3, 3, 121)]
    assert validation.window_losses(windows, gains)[0] == pytest.approx(min(tried), rel=2e-3)


def test_the_best_single_gains_are_the_best_of_all_windows(windows):
    one = validation.best_single(windows)
    chosen = windows.chosen(windows.inside)
    least = squares(chosen, one)
    for step in (-0.2, 0.2):
        for shell in np.eye(SHELLS):
            assert squares(chosen, one + step * shell) > least


def test_profile_errors_are_of_windows_in_the_mask(windows):
    predicted = windows.target.copy()
    predicted[:, 3] += 0.5
    predicted[~windows.inside] += 100
    found = validation.profile_figures(windows, predicted)
    assert found["bias"] == pytest.approx(0.5, abs=1e-3)
    assert found["rms"] == pytest.approx(0.5 / np.sqrt(SHELLS), abs=1e-3)
