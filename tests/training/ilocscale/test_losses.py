"""The losses of the networks for local sharpening: where they are least, and what they do not count."""

import numpy as np
import pytest
from keras import ops

from deepreslib.enhancement.gain_guards import b_factors
from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import batches, losses, validation


def value(loss, truth, predicted):
    return ops.convert_to_numpy(loss(ops.convert_to_tensor(truth), ops.convert_to_tensor(predicted)))


@pytest.fixture
def groups(monkeypatch):
    """Two maps of 50 windows: their windows' numbers."""
    monkeypatch.setattr(losses, "GROUP", 50)
    return [np.arange(50), np.arange(50, 100)]


def some_gains(count=100):
    return np.random.default_rng(2).normal(0, 0.5, (count, SHELLS)).astype(np.float32)


def test_the_windows_loss_is_one_less_the_correlation_of_whole_windows(groups, windows):
    """Of windows that are each divided by the SD of their model."""
    chosen, gains = windows.chosen(np.arange(100)), some_gains()
    found = value(losses.windows_loss, batches.windows_truth(chosen), gains)
    factors = np.exp(gains) * chosen.known
    power, common = (factors**2 * chosen.power).sum(axis=1), (factors * chosen.common).sum(axis=1)
    for number, part in enumerate(groups):
        expected = 1 - common[part].sum() / np.sqrt(power[part].sum() * len(part))
        assert found[number] == pytest.approx(expected, abs=1e-4)
    scaled = value(losses.windows_loss, batches.windows_truth(chosen), gains + np.float32(1))
    np.testing.assert_allclose(scaled, found, atol=1e-4)


def test_the_fall_loss_is_one_less_the_correlation_of_b_factors(groups, windows):
    chosen, gains = windows.chosen(np.arange(100)), some_gains()
    found = value(losses.fall_loss, batches.fall_truth(chosen), gains)
    held = batches.held_profiles(chosen.profiles, chosen.known)
    for number, part in enumerate(groups):
        seen = chosen.known[part[0]], float(chosen.resolution[part[0]])
        one, other = (b_factors(values[part], *seen) for values in (held + gains, chosen.target))
        assert found[number] == pytest.approx(1 - np.corrcoef(one, other)[0, 1], abs=1e-3)


def test_the_spread_loss_is_the_variance_of_the_gains_of_known_shells(groups, windows):
    chosen, gains = windows.chosen(np.arange(100)), some_gains()
    chosen.known[:, 8:] = False
    found = value(losses.spread_loss, batches.windows_truth(chosen), gains)
    expected = [gains[part, :8].var(axis=0).sum() / SHELLS for part in groups]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_density_loss_is_made_of_four(groups, windows):
    chosen, gains = windows.chosen(np.arange(100)), some_gains()
    parts = (
        (1, losses.map_loss, batches.map_truth),
        (losses.WINDOW_WEIGHT, losses.windows_loss, batches.windows_truth),
        (losses.FALL_WEIGHT, losses.fall_loss, batches.fall_truth),
        (losses.SPREAD_WEIGHT, losses.spread_loss, batches.windows_truth),
    )
    expected = sum(weight * value(loss, truth(chosen), gains) for weight, loss, truth in parts)
    found = value(losses.density_loss, batches.for_density(chosen)[1], gains)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_map_loss_is_one_less_the_correlation(groups, monkeypatch, windows):
    monkeypatch.setattr(losses, "SCALE_WEIGHT", 0.0)
    chosen = windows.chosen(np.arange(100))
    truth = batches.map_truth(chosen)
    gains = some_gains()
    found = value(losses.map_loss, truth, gains)
    for number, part in enumerate(groups):
        assert found[number] == pytest.approx(
            1 - validation.correlations(chosen.chosen(part), gains[part])[0], abs=1e-4
        )


def test_the_map_loss_does_not_hang_on_the_level_and_hardly_on_the_scale(monkeypatch, windows):
    monkeypatch.setattr(losses, "GROUP", 100)
    truth = batches.map_truth(windows.chosen(np.arange(100)))
    gains = np.zeros((100, SHELLS), np.float32)
    voxels = truth.reshape(100, 15, 15).copy()
    voxels[..., SHELLS] += 5
    raised = voxels.reshape(100, -1)
    np.testing.assert_allclose(value(losses.map_loss, raised, gains), value(losses.map_loss, truth, gains), atol=1e-4)
    monkeypatch.setattr(losses, "SCALE_WEIGHT", 0.0)
    scaled = value(losses.map_loss, truth, gains + np.float32(1))
    np.testing.assert_allclose(scaled, value(losses.map_loss, truth, gains), atol=1e-4)
    monkeypatch.setattr(losses, "SCALE_WEIGHT", 1.0)
    ends = [value(losses.map_loss, truth, gains + np.float32(step))[0] for step in (-3, 3)]
    assert min(ends) > scaled[0]


def test_gains_beyond_all_measure_are_finite(windows, monkeypatch):
    monkeypatch.setattr(losses, "GROUP", 10)
    _, truth = batches.for_density(windows.chosen(np.arange(10)))
    for size in (-1e4, 1e4):
        assert np.isfinite(value(losses.density_loss, truth, np.full((10, SHELLS), size, np.float32))).all()
