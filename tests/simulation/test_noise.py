"""Noise of reconstruction: its spectrum, its strength by the FSC's formula, its spherical mask."""

import numpy as np
import pytest

from deepreslib.simulation import noise
from deepreslib.simulation.noise import ReconstructionNoise


def test_power_grows_as_the_slope_says():
    frequency = np.array([0.1, 0.2])
    low, high = ReconstructionNoise(slope=2.0, rise=0.0).amplitude(frequency, 1.0, 1e6) ** 2
    assert high / low == pytest.approx(4.0, rel=1e-3)
    low, high = ReconstructionNoise(slope=0.0, rise=0.7).amplitude(np.array([0.0, 0.5]), 1.0, 1e6)
    assert high / low == pytest.approx(np.exp(0.7))


def test_weights_are_the_amplitude_at_each_coefficient():
    recipe = ReconstructionNoise(slope=1.0, rise=0.5)
    weights = recipe.weights((20, 20, 20), 1.5)
    assert weights.shape == (20, 20, 11)
    assert weights[2, 0, 0] == pytest.approx(recipe.amplitude(2 / 30, 1.5, 30.0), rel=1e-5)


@pytest.mark.parametrize("resolution", [3.0, 6.0])
def test_the_factor_puts_the_fsc_at_the_cutoff(resolution):
    frequency = np.arange(1, 100) / 200
    signal, level = np.exp(-40 * frequency**2), 3.0 * frequency
    factor = noise.factor(signal, level, frequency, resolution)
    fsc = signal / (signal + factor**2 * level)
    assert 1 / np.interp(-0.143, -fsc, frequency) == pytest.approx(resolution, rel=0.02)


def test_the_fsc_does_not_fall_before_the_resolution_wanted():
    frequency = np.arange(1, 100) / 200
    signal = np.where(abs(frequency - 0.25) < 0.02, 0.1, 1.0)
    factor = noise.factor(signal, np.ones_like(signal), frequency, 3.0)
    fsc = signal / (signal + factor**2)
    assert (fsc[frequency <= 1 / 3.0] >= 0.142).all()


def test_the_sphere_is_1_inside_and_0_outside():
    sphere = ReconstructionNoise(sphere=0.8).sphere_mask((41, 41, 41))
    assert sphere[20, 20, 20] == sphere[20, 20, 35] == 1
    assert sphere[0, 0, 0] == sphere[20, 20, 0] == 0
    assert ReconstructionNoise().sphere_mask((4, 4, 4)) is None
