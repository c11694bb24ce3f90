"""The losses of the networks for local sharpening: where they are least, and what they do not count."""

import numpy as np
import pytest
from keras import ops

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import batches, losses, validation


def value(loss, truth, predicted):
    return ops.convert_to_numpy(loss(ops.convert_to_tensor(truth), ops.convert_to_tensor(predicted)))


def test_the_window_loss_is_least_where_gains_are_common_power_by_power():
    rng = np.random.default_rng(0)
    power, common = (rng.uniform(0.1, 2, (20, SHELLS)).astype(np.float32) for _ in range(2))
    truth = np.concatenate([power, common, np.ones_like(power)], axis=1)
    best = np.log(common / power)
    least = value(losses.window_loss, truth, best)
    np.testing.assert_allclose(least, -(common**2 / power).sum(axis=1), rtol=1e-5)
    for shell in range(SHELLS):
        for step in (-0.1, 0.1):
            moved = best.copy()
            moved[:, shell] += step
            assert (value(losses.window_loss, truth, moved) > least).all()


def test_the_window_loss_is_the_squared_difference_of_the_scaled_window(windows):
    """Less the model's power in all shells, and divided by it."""
    chosen = windows.chosen(windows.strength > 0.5)
    _, truth = batches.for_windows(chosen)
    gains = np.full((len(chosen), SHELLS), np.log(0.7), np.float32)
    expected = 0.49 * chosen.power.sum(axis=1) - 1.4 * chosen.common.sum(axis=1)
    np.testing.assert_allclose(value(losses.window_loss, truth, gains), expected, rtol=1e-4)


def test_the_centre_loss_is_the_squared_difference_at_voxels_that_count():
    rng = np.random.default_rng(1)
    shells, model = rng.standard_normal((4, 3, SHELLS)), rng.standard_normal((4, 3, 1))
    counts = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]], float)[..., None]
    truth = np.concatenate([shells, model, counts], axis=2).reshape(4, -1).astype(np.float32)
    gains = rng.normal(0, 0.3, (4, SHELLS)).astype(np.float32)
    differences = (shells * np.exp(gains)[:, None]).sum(axis=2) - model[..., 0]
    expected = (counts[..., 0] * differences**2).sum(axis=1) / 3
    np.testing.assert_allclose(value(losses.centre_loss, truth, gains), expected, rtol=1e-4)


def test_the_map_loss_is_one_less_the_correlation(monkeypatch, windows):
    monkeypatch.setattr(losses, "GROUP", 50)
    monkeypatch.setattr(losses, "SCALE_WEIGHT", 0.0)
    chosen = windows.chosen(np.arange(100))
    _, truth = batches.for_density(chosen)
    gains = np.random.default_rng(2).normal(0, 0.5, (100, SHELLS)).astype(np.float32)
    found = value(losses.map_loss, truth, gains)
    for number in range(2):
        part = np.arange(50) + 50 * number
        assert found[number] == pytest.approx(
            1 - validation.correlations(chosen.chosen(part), gains[part])[0], abs=1e-4
        )


def test_the_map_loss_does_not_hang_on_the_level_and_hardly_on_the_scale(monkeypatch, windows):
    monkeypatch.setattr(losses, "GROUP", 100)
    _, truth = batches.for_density(windows.chosen(np.arange(100)))
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


def test_the_profile_loss_leaves_out_what_does_not_count():
    wanted = np.tile(np.arange(SHELLS, dtype=np.float32), (2, 1))
    counts = np.ones_like(wanted)
    counts[1, 5:] = 0
    truth = np.concatenate([wanted, counts], axis=1)
    predicted = wanted + 2
    predicted[:, 5:] += 1
    expected = [(5 * 4 + 8 * 9) / SHELLS, 5 * 4 / SHELLS]
    np.testing.assert_allclose(value(losses.profile_loss, truth, predicted), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", [losses.window_loss, losses.centre_loss, losses.map_loss])
def test_gains_beyond_all_measure_are_finite(loss, windows, monkeypatch):
    monkeypatch.setattr(losses, "GROUP", 10)
    prepare = batches.for_windows if loss is losses.window_loss else batches.for_density
    _, truth = prepare(windows.chosen(np.arange(10)))
    for size in (-1e4, 1e4):
        assert np.isfinite(value(loss, truth, np.full((10, SHELLS), size, np.float32))).all()
