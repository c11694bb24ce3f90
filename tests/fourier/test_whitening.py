"""Noise spectra and whitening against noise of a known spectrum."""

import numpy as np
import pytest
from properties import random_values

from deepreslib.fourier import filters
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, whiten

SHAPE = (48, 44, 40)
VOXEL_SIZE = 1.5
LOWEST = 0.05
"""1/Å, from where on the noise is measured."""


@pytest.fixture(scope="module")
def coloured():
    """Noise whose amplitude falls with the frequency s (1/Å) as exp(-6 s)."""
    weights = np.exp(-6 * filters.frequencies(SHAPE, VOXEL_SIZE))
    return filters.shaped_noise(SHAPE, np.random.default_rng(4), weights)


def test_white_noise_has_its_variance_as_power_in_every_shell():
    spectrum = measure_noise(3 * random_values(SHAPE), VOXEL_SIZE, 1 / 20)
    np.testing.assert_allclose(spectrum.power, 9, rtol=0.12)
    assert spectrum.width == pytest.approx(1 / (48 * VOXEL_SIZE))
    assert spectrum.finest == pytest.approx(2 * VOXEL_SIZE)


def test_coloured_noise_becomes_white():
    frequency = filters.frequencies(SHAPE, VOXEL_SIZE)
    noise = filters.transfer(random_values(SHAPE), 1 + 4 * np.exp(-150 * frequency**2))
    white = whiten(noise, VOXEL_SIZE, measure_noise(noise, VOXEL_SIZE, 1 / 30))
    np.testing.assert_allclose(measure_noise(white, VOXEL_SIZE, 1 / 30).power[5:], 1, atol=0.15)


def test_a_low_pass_filter_is_seen():
    noise = filters.low_pass(random_values(SHAPE), VOXEL_SIZE, 6.0, 1e-3)
    assert measure_noise(noise, VOXEL_SIZE, 1 / 30).finest == pytest.approx(6.0, rel=0.1)


def test_weights_pick_the_noise_out_of_a_map():
    weights = np.ones(SHAPE, np.float32)
    weights[:, :, 20:] = 0
    data = random_values(SHAPE)
    data[:, :, 20:] += 50
    np.testing.assert_allclose(measure_noise(data, VOXEL_SIZE, 1 / 20, weights).power.mean(), 1, atol=0.05)


def test_the_gain_is_the_inverse_amplitude_between_shells():
    spectrum = NoiseSpectrum(0.1, np.array([1.0, 4.0, 16.0]), 5.0)
    np.testing.assert_allclose(spectrum.gain(np.array([0.0, 0.05, 0.1, 0.2, 0.9])), [1, 1 / 1.5, 0.5, 0.25, 0.25])


def test_the_power_follows_the_shape_that_the_noise_was_given(coloured):
    spectrum = measure_noise(coloured, VOXEL_SIZE, LOWEST)
    frequency = spectrum.width * np.arange(len(spectrum.power))
    inner = slice(4, -4)
    slope = np.polyfit(frequency[inner], np.log(spectrum.power[inner]), 1)[0]
    assert slope == pytest.approx(-12.0, rel=0.05)


def test_the_power_grows_with_the_square_of_the_map(coloured):
    once, twice = (measure_noise(scale * coloured, VOXEL_SIZE, LOWEST).power for scale in (1, 2))
    np.testing.assert_allclose(twice, 4 * once, rtol=1e-5)


def test_below_the_lowest_frequency_the_power_is_held(coloured):
    spectrum = measure_noise(coloured, VOXEL_SIZE, LOWEST)
    first = round(LOWEST / spectrum.width)
    np.testing.assert_array_equal(spectrum.power[:first], spectrum.power[first])


def test_beyond_a_low_pass_filter_the_power_is_held():
    spectrum = measure_noise(filters.low_pass(random_values(SHAPE), VOXEL_SIZE, 6.0), VOXEL_SIZE, LOWEST)
    beyond = spectrum.width * np.arange(len(spectrum.power)) > 1 / spectrum.finest
    assert beyond.any()
    assert len(set(spectrum.power[beyond])) == 1


def test_whitening_multiplies_each_coefficient_by_the_gain():
    spectrum = NoiseSpectrum(0.05, np.array([4.0, 4.0, 1.0, 0.25, 0.25, 0.25, 0.25]), 2 * VOXEL_SIZE)
    data = random_values(SHAPE)
    before, after = np.fft.rfftn(data), np.fft.rfftn(whiten(data, VOXEL_SIZE, spectrum))
    frequency = filters.frequencies(SHAPE, VOXEL_SIZE)
    for low, high, gain in ((0.0, 0.05, 0.5), (0.15, 1.0, 2.0)):
        shells = (frequency >= low) & (frequency <= high)
        np.testing.assert_allclose(after[shells], gain * before[shells], atol=1e-3 * np.abs(before).max())
