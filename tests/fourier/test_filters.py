"""Filters against their formulas."""

import numpy as np
import pytest

from deepreslib.fourier import filters


def plane_wave(shape, voxel_size, index):
    """A cosine with ``index`` periods along each axis, and its frequency in 1/Å."""
    axes = np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij")
    phase = sum(2 * np.pi * i * a for i, a in zip(index, axes, strict=True))
    frequency = np.sqrt(sum((i / (n * voxel_size)) ** 2 for i, n in zip(index, shape, strict=True)))
    return np.cos(phase).astype(np.float32), frequency


def test_frequencies_are_those_of_the_fourier_coefficients():
    frequency = filters.frequencies((4, 6, 5), (2.0, 1.0, 0.5))
    assert frequency.shape == (4, 6, 3)
    assert frequency[0, 0, 1] == pytest.approx(1 / (5 * 0.5))
    assert frequency[2, 0, 0] == pytest.approx(0.5 / 2.0)
    assert frequency[1, 3, 2] == pytest.approx(np.sqrt((1 / 8) ** 2 + 0.5**2 + (2 / 2.5) ** 2))


@pytest.mark.parametrize(
    ("frequency", "passed"), [(0.0, 1.0), (0.2, 1.0), (0.21, 0.5), (0.205, 0.8535534), (0.22, 0.0), (0.4, 0.0)]
)
def test_raised_cosine_falls_over_its_width(frequency, passed):
    assert filters.raised_cosine(frequency, 5.0, 1.0, 0.02) == pytest.approx(passed, abs=1e-4)


def test_raised_cosine_counts_its_width_in_pixels():
    assert filters.raised_cosine(0.22, 5.0, 0.5, 0.02) == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("index", [(2, 1, 0), (0, 3, 4), (5, 5, 5)])
def test_low_pass_scales_a_plane_wave_by_the_transfer_function(index):
    wave, frequency = plane_wave((24, 20, 18), 1.5, index)
    expected = wave * filters.raised_cosine(frequency, 9.0, 1.5)
    np.testing.assert_allclose(filters.low_pass(wave, 1.5, 9.0), expected, atol=1e-5)


@pytest.mark.parametrize("b_factor", [-50.0, 120.0])
def test_b_factor_scales_a_plane_wave_by_its_gaussian(b_factor):
    wave, frequency = plane_wave((16, 16, 16), 1.0, (1, 2, 3))
    expected = wave * np.exp(-b_factor * frequency**2 / 4)
    np.testing.assert_allclose(filters.apply_b_factor(wave, 1.0, b_factor), expected, rtol=1e-4, atol=1e-5)


def test_randomised_phases_keep_amplitudes_and_the_low_frequencies():
    rng = np.random.default_rng(3)
    data = rng.standard_normal((20, 21, 22)).astype(np.float32)
    changed = filters.randomise_phases(data, 1.0, 5.0, rng)
    before, after = np.fft.rfftn(data), np.fft.rfftn(changed)
    low = filters.frequencies(data.shape, 1.0) <= 0.2
    np.testing.assert_allclose(after[low], before[low], atol=2e-3)
    np.testing.assert_allclose(np.abs(after), np.abs(before), rtol=1e-2, atol=2e-2)
    agreement = np.real(before[~low] * np.conj(after[~low])).sum() / np.square(np.abs(before[~low])).sum()
    assert abs(agreement) < 0.1


def test_shaped_noise_has_unit_deviation_and_the_given_spectrum():
    shape = (32, 32, 32)
    weights = filters.raised_cosine(filters.frequencies(shape, 1.0), 8.0, 1.0)
    noise = filters.shaped_noise(shape, np.random.default_rng(0), weights)
    assert noise.std() == pytest.approx(1.0, abs=1e-5)
    power = np.square(np.abs(np.fft.rfftn(noise)))
    assert power[weights == 0].sum() < 1e-6 * power.sum()
