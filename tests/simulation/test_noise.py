"""Noise of reconstruction: its spectrum, its strength by the FSC's formula, its spherical mask."""

import numpy as np
import pytest

from deepreslib.fourier import filters
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


def test_a_bump_multiplies_the_amplitude_around_its_centre():
    frequency = np.array([0.0, 0.2, 0.275, 0.5])
    plain = ReconstructionNoise(slope=0.5, rise=0.2)
    bumpy = ReconstructionNoise(slope=0.5, rise=0.2, bump=3.0, bump_centre=0.4, bump_width=0.15)
    ratio = bumpy.amplitude(frequency, 1.0, 100.0) / plain.amplitude(frequency, 1.0, 100.0)
    np.testing.assert_allclose(ratio, 1 + 3 * np.exp(-0.5 * np.array([0.4, 0, 0.15, 0.6]) ** 2 / 0.15**2))


@pytest.mark.parametrize(
    ("recipe", "held"),
    [
        (ReconstructionNoise(), False),
        (ReconstructionNoise(slope=0.0, rise=0.0), False),
        (ReconstructionNoise(slope=2.0, rise=1.0, excess=9.0), False),
        (ReconstructionNoise(slope=-1.0), True),
        (ReconstructionNoise(rise=-0.1), True),
        (ReconstructionNoise(rise=3.0), True),
        (ReconstructionNoise(bump=1.0), True),
    ],
)
def test_noise_is_held_below_the_signal_unless_it_grows_moderately(recipe, held):
    assert recipe.held is held


FREQUENCY = np.arange(1, 100) / 200
SPECTRA = {
    "white": np.ones(99),
    "growing": FREQUENCY**2,
    "falling": FREQUENCY**-2,
    "steep": FREQUENCY**-5,
    "bump": 1 + 400 * np.exp(-0.5 * ((FREQUENCY - 0.12) / 0.04) ** 2),
}


@pytest.mark.parametrize("resolution", [3.0, 6.0])
@pytest.mark.parametrize("spectrum", SPECTRA)
def test_held_noise_of_any_spectrum_lets_the_fsc_fall_at_the_resolution_and_not_before(spectrum, resolution):
    signal, level = np.exp(-5 * (resolution * FREQUENCY) ** 2), SPECTRA[spectrum]
    power = level * noise.held_factors(signal, level, FREQUENCY, resolution) ** 2
    fsc = signal / (signal + power)
    fallen = np.flatnonzero(fsc < 0.143)[0]
    assert 1 / FREQUENCY[fallen] == pytest.approx(resolution, rel=0.05)
    below = FREQUENCY * resolution < 0.98
    assert (fsc >= 0.9 * noise.least_fsc(FREQUENCY * resolution))[below].all()
    assert fsc[FREQUENCY * resolution < 0.4].min() > 0.85


def test_noise_that_is_low_enough_is_only_multiplied():
    signal, level = np.exp(-80 * FREQUENCY**2), FREQUENCY
    factors = noise.held_factors(signal, level, FREQUENCY, 4.0)
    np.testing.assert_allclose(factors[FREQUENCY < 0.2], factors[-1], rtol=1e-12)
    assert factors[-1] == pytest.approx(noise.factor(signal, level, FREQUENCY, 4.0), rel=0.02)


def test_the_least_fsc_goes_from_the_cutoff_to_its_top():
    np.testing.assert_allclose(
        noise.least_fsc(np.array([0, 0.4, 0.7, 1.0, 1.5])), [0.9, 0.9, (0.9 + 0.143) / 2, 0.143, 0.143]
    )


def test_the_power_of_masked_noise_is_what_is_measured_of_it():
    shape, rng = (24, 20, 18), np.random.default_rng(0)
    weights = ReconstructionNoise(slope=-3.0, rise=2.0).weights(shape, 1.0)
    mask = np.zeros(shape, np.float32)
    mask[6:17, 5:12, 4:13] = 1
    expected = noise.masked_power(weights, mask)
    measured = np.zeros_like(expected)
    for _ in range(300):
        masked = filters.transfer(rng.standard_normal(shape, np.float32), weights) * mask
        measured += np.square(np.abs(np.fft.rfftn(masked))) / 300
    ratio = measured / expected
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    assert ratio.std() < 0.12


def test_the_power_of_white_noise_in_a_mask_is_the_sum_of_its_squares():
    mask = np.random.default_rng(1).random((8, 10, 12)).astype(np.float32)
    power = noise.masked_power(np.ones((8, 10, 7), np.float32), mask)
    np.testing.assert_allclose(power, np.square(mask).sum(), rtol=1e-4)
