"""Figures of gains on windows of unseen structures."""

import numpy as np
import pytest

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import batches, losses, validation


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
    _, truth = batches.for_windows(windows)
    inside = windows.inside
    tried = [
        np.mean(np.asarray(losses.window_loss(truth[inside], (gains + np.float32(shift))[inside])))
        for shift in np.linspace(-3, 3, 121)
    ]
    assert validation.window_losses(windows, gains)[0] == pytest.approx(min(tried), rel=2e-3)


def test_the_best_single_gains_are_the_best_of_all_windows(windows):
    one = validation.best_single(windows)
    _, truth = batches.for_windows(windows.chosen(windows.inside))
    least = np.mean(np.asarray(losses.window_loss(truth, np.tile(one, (len(truth), 1)))))
    for shell in range(SHELLS):
        moved = np.tile(one, (len(truth), 1))
        moved[:, shell] += 0.2
        assert np.mean(np.asarray(losses.window_loss(truth, moved))) > least


def test_profile_errors_are_of_windows_in_the_mask(windows):
    predicted = windows.target.copy()
    predicted[:, 3] += 0.5
    predicted[~windows.inside] += 100
    found = validation.profile_figures(windows, predicted)
    assert found["bias"] == pytest.approx(0.5, abs=1e-3)
    assert found["rms"] == pytest.approx(0.5 / np.sqrt(SHELLS), abs=1e-3)
