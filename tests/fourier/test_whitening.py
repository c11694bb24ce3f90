"""The noise's spectrum and the filter that flattens it, on noises whose power is known."""

import itertools

import numpy as np
import pytest

from deepreslib.fourier.filters import frequencies, low_pass, shaped_noise
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, whiten

SHAPE, VOXEL_SIZE = (48, 40, 44), 1.5
LOWEST = 0.05


@pytest.fixture(scope="module")
def white():
    return 3.0 * np.random.default_rng(3).standard_normal(SHAPE, np.float32)


@pytest.fixture(scope="module")
def coloured():
    """Noise whose amplitude falls with the frequency s (1/Å) as exp(-6 s)."""
    weights = np.exp(-6 * frequencies(SHAPE, VOXEL_SIZE))
    return shaped_noise(SHAPE, np.random.default_rng(4), weights)


def shell_means(power, shape, voxel_size, edges):
    """Mean of a power (``rfftn``'s shape) between frequencies, 1/Å."""
    frequency = frequencies(shape, voxel_size)
    return np.array([power[(frequency >= a) & (frequency < b)].mean() for a, b in itertools.pairwise(edges)])


def test_white_noise_has_its_variance_at_every_frequency(white):
    spectrum = measure_noise(white, VOXEL_SIZE, LOWEST)
    np.testing.assert_allclose(spectrum.power, 9.0, rtol=0.08)
    assert spectrum.width == pytest.approx(1 / (48 * VOXEL_SIZE))
    assert spectrum.finest == pytest.approx(2 * VOXEL_SIZE, rel=0.05)


def test_a_window_measures_what_the_whole_measures(white):
    window = np.zeros(SHAPE, np.float32)
    window[4:44, 4:36, 4:40] = 1.0
    loud = np.where(window > 0, white, 50.0).astype(np.float32)
    np.testing.assert_allclose(measure_noise(loud, VOXEL_SIZE, LOWEST, window).power, 9.0, rtol=0.15)


def test_the_power_follows_the_shape_that_the_noise_was_given(coloured):
    spectrum = measure_noise(coloured, VOXEL_SIZE, LOWEST)
    frequency = spectrum.width * np.arange(len(spectrum.power))
    inner = slice(4, -4)
    slope = np.polyfit(frequency[inner], np.log(spectrum.power[inner]), 1)[0]
    assert slope == pytest.approx(-12.0, rel=0.05)


def test_below_the_lowest_frequency_the_power_is_held(coloured):
    spectrum = measure_noise(coloured, VOXEL_SIZE, LOWEST)
    first = round(LOWEST / spectrum.width)
    np.testing.assert_array_equal(spectrum.power[:first], spectrum.power[first])


def test_whitened_noise_is_flat_and_of_variance_one(coloured):
    result = whiten(coloured, VOXEL_SIZE, measure_noise(coloured, VOXEL_SIZE, LOWEST))
    power = np.abs(np.fft.rfftn(result)) ** 2 / result.size
    edges = np.linspace(LOWEST + 0.02, 0.5 / VOXEL_SIZE, 7)
    np.testing.assert_allclose(shell_means(power, SHAPE, VOXEL_SIZE, edges), 1.0, rtol=0.1)


def test_whitening_multiplies_each_coefficient_by_the_gain(white):
    spectrum = NoiseSpectrum(0.05, np.array([4.0, 4.0, 1.0, 0.25, 0.25, 0.25, 0.25]), 2 * VOXEL_SIZE)
    before, after = np.fft.rfftn(white), np.fft.rfftn(whiten(white, VOXEL_SIZE, spectrum))
    frequency = frequencies(SHAPE, VOXEL_SIZE)
    for low, high, gain in ((0.0, 0.05, 0.5), (0.15, 0.3, 2.0), (0.31, 1.0, 2.0)):
        chosen = (frequency >= low) & (frequency <= high)
        np.testing.assert_allclose(after[chosen], gain * before[chosen], atol=0.02 * np.abs(before).max())
    assert spectrum.gain(np.array([0.1], np.float32)) == pytest.approx(1.0)


def test_the_gain_grows_linearly_in_amplitude_between_shells():
    spectrum = NoiseSpectrum(0.1, np.array([1.0, 9.0]), 5.0)
    np.testing.assert_allclose(spectrum.gain(np.array([0.0, 0.05, 0.1, 0.4])), [1, 1 / 2, 1 / 3, 1 / 3], rtol=1e-6)


def test_a_low_pass_filter_is_noticed_and_not_boosted(white):
    spectrum = measure_noise(low_pass(white, VOXEL_SIZE, 6.0), VOXEL_SIZE, LOWEST)
    assert 1 / (1 / 6.0 + 0.02 / VOXEL_SIZE) - 0.3 < spectrum.finest < 6.0
    beyond = spectrum.width * np.arange(len(spectrum.power)) > 1 / spectrum.finest
    assert len(set(spectrum.power[beyond])) == 1


def test_the_scale_of_the_map_is_that_of_the_amplitude(coloured):
    once, twice = (measure_noise(k * coloured, VOXEL_SIZE, LOWEST).power for k in (1, 2))
    np.testing.assert_allclose(twice, 4 * once, rtol=1e-5)
