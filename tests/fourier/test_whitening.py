"""Noise spectra and whitening against noise of a known spectrum."""

import numpy as np
import pytest
from properties import random_values

from deepreslib.fourier import filters
from deepreslib.fourier.whitening import NoiseSpectrum, measure_noise, whiten

SHAPE = (48, 44, 40)
VOXEL_SIZE = 1.5


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
