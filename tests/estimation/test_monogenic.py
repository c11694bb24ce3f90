"""The monogenic amplitude of plane waves, which is their height everywhere, and of what filters leave of them."""

import numpy as np
import pytest

from deepreslib.estimation import monogenic
from deepreslib.estimation.monogenic import MonogenicSignal, gaussian

SHAPE = (24, 20, 30)
WAVES = [(3, 0, 0), (0, 4, 0), (0, 0, 5), (2, 3, 4), (-3, 2, 6)]
"""Periods of a wave in the box along z, y and x."""


def wave(periods, height=2.0, phase=0.7, offset=5.0):
    """A plane wave on an offset, and its frequency in 1/pixel."""
    z, y, x = np.indices(SHAPE) / np.array(SHAPE).reshape(3, 1, 1, 1)
    angle = 2 * np.pi * (periods[0] * z + periods[1] * y + periods[2] * x) + phase
    frequency = np.linalg.norm(np.array(periods) / np.array(SHAPE))
    return (height * np.cos(angle) + offset).astype(np.float32), float(frequency)


@pytest.mark.parametrize("periods", WAVES)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_waves_amplitude_is_its_height_everywhere(periods, workers):
    data, _ = wave(periods)
    np.testing.assert_allclose(MonogenicSignal(data, workers=workers).total_amplitude(), 2.0, rtol=1e-4)


def test_the_factor_weighs_the_transforms():
    """With the factor 0 only the map is left: its absolute value."""
    data, _ = wave((2, 3, 4), offset=0.0)
    np.testing.assert_allclose(MonogenicSignal(data, 0.0).total_amplitude(), np.abs(data), atol=1e-5)


@pytest.mark.parametrize("periods", WAVES)
def test_detail_beyond_a_frequency_is_kept_and_the_rest_is_gone(periods):
    data, frequency = wave(periods)
    signal = MonogenicSignal(data, workers=2)
    np.testing.assert_allclose(signal.amplitude(frequency - 0.03), 2.0, rtol=1e-3)
    np.testing.assert_allclose(signal.amplitude(frequency + 0.03), 0.0, atol=1e-4)


def test_half_way_up_the_rise_half_of_the_wave_passes():
    data, frequency = wave((2, 3, 4))
    amplitude = MonogenicSignal(data).amplitude(frequency + 0.01, high_pass_edge=0.02)
    np.testing.assert_allclose(amplitude, 1.0, rtol=1e-3)


def test_the_amplitude_itself_is_low_passed():
    """The amplitude of two waves beats; a beat too fast for the second filter is left out and its mean is kept."""
    one, frequency = wave((0, 0, 5), offset=0.0)
    two, _ = wave((0, 0, 11), offset=0.0)
    signal = MonogenicSignal(one + two)
    beating = signal.total_amplitude()
    smooth = signal.amplitude(frequency - 0.03, low_pass_edge=0.01)
    assert np.ptp(beating) > 2.7
    assert np.ptp(smooth) < 0.01
    assert smooth.mean() == pytest.approx(beating.mean(), rel=1e-4)


@pytest.mark.parametrize("shape", [(24, 20, 30), (15, 16, 17), (9, 8, 200)])
def test_workers_and_shapes_change_nothing(shape):
    data = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    one, three = (MonogenicSignal(data, workers=workers).amplitude(0.2) for workers in (1, 3))
    assert one.shape == shape
    assert one.dtype == np.float32
    np.testing.assert_allclose(one, three, atol=1e-5)


@pytest.mark.parametrize("periods", WAVES)
def test_a_gaussian_damps_a_wave_as_its_formula_says(periods):
    data, frequency = wave(periods)
    damped = gaussian(data, 1.7) - 5.0
    np.testing.assert_allclose(damped, (data - 5.0) * np.exp(-((np.pi * 1.7 * frequency) ** 2)), atol=1e-4)


@pytest.mark.parametrize("shape", [(12, 10, 14), (12, 11, 14), (9, 11, 13)])
@pytest.mark.parametrize("order", [(2, 1, 0), (0, 2, 1), (1, 2, 0)])
def test_the_order_of_the_axes_changes_nothing_in_white_noise(shape, order):
    """White noise fills the planes of Nyquist's frequency, where +0.5 and -0.5 are one coefficient."""
    data = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    one, other = MonogenicSignal(data), MonogenicSignal(np.ascontiguousarray(data.transpose(order)))
    np.testing.assert_allclose(other.total_amplitude(), one.total_amplitude().transpose(order), atol=1e-5)
    np.testing.assert_allclose(other.amplitude(0.3), one.amplitude(0.3).transpose(order), atol=1e-5)


def test_a_wave_at_nyquist_along_one_axis_is_turned_along_the_others_only():
    """cos(pi z) cos(a x): the transform along z is 0, that along x is its share × cos(pi z) sin(a x)."""
    z, _, x = np.indices((8, 8, 16))
    angle = 2 * np.pi * 3 * x / 16
    data = (np.cos(np.pi * z) * np.cos(angle)).astype(np.float32)
    part = (3 / 16) / np.hypot(3 / 16, 0.5)
    expected = np.sqrt(np.square(np.cos(angle)) + np.square(part * np.sin(angle)))
    np.testing.assert_allclose(MonogenicSignal(data).total_amplitude(), expected, atol=1e-5)


def test_fields_that_are_not_stored_give_the_same_amplitudes(monkeypatch):
    data = np.random.default_rng(0).standard_normal((15, 16, 18)).astype(np.float32)
    stored = MonogenicSignal(data)
    monkeypatch.setattr(monogenic, "LARGE", 100)
    computed = MonogenicSignal(data, workers=2)
    np.testing.assert_allclose(computed.total_amplitude(), stored.total_amplitude(), atol=1e-5)
    for frequency in (0.05, 0.3, 0.49):
        np.testing.assert_allclose(computed.amplitude(frequency), stored.amplitude(frequency), atol=1e-5)
