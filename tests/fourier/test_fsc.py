"""The global FSC against formulas: identical maps, noise, a known signal-to-noise ratio, grids that are no cubes."""

import math

import numpy as np
import pytest

from deepreslib.fourier import filters, fsc

SHAPE = (48, 48, 48)


def noise(seed, shape=SHAPE):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_the_mean_of_half_maps_follows_the_truth_better_than_they_follow_each_other():
    signal, noise1, noise2 = np.random.default_rng(0).standard_normal((3, 200_000))
    of_halves = np.array([np.corrcoef(signal + noise1, signal + noise2)[0, 1], -0.2, 1.0])
    expected = np.corrcoef(signal, signal + (noise1 + noise2) / 2)[0, 1]
    assert fsc.truth_correlation(of_halves) == pytest.approx([expected, 0, 1], abs=0.01)


def test_identical_maps_correlate_everywhere_and_reach_twice_the_voxel_size():
    curve = fsc.global_fsc(noise(0), noise(0), 1.2)
    np.testing.assert_allclose(curve.correlation[1:], 1, atol=1e-5)
    assert len(curve.frequency) == 25
    assert curve.frequency[-1] == pytest.approx(1 / 2.4)
    assert curve.resolution() == pytest.approx(2.4)


def test_noise_correlates_nowhere_and_is_not_resolved():
    curve = fsc.global_fsc(noise(0), noise(1), 1.0)
    assert abs(curve.correlation[5:]).max() < 0.1
    assert curve.resolution(0.5) == math.inf


def test_the_expected_value_is_that_of_the_signal_to_noise_ratio():
    signal = noise(2)
    curve = fsc.global_fsc(signal + 0.5 * noise(3), signal + 0.5 * noise(4), 1.0)
    np.testing.assert_allclose(curve.correlation[8:].mean(), 1 / (1 + 0.25), atol=0.01)


def test_shells_are_sums_over_the_whole_transform():
    one, two = noise(5, (12, 10, 9)), noise(6, (12, 10, 9))
    sums = fsc.shell_sums(one, two, 1.0)
    a, b = (np.fft.fftn(data - data.mean(dtype=float)) for data in (one, two))
    z, y, x = np.meshgrid(*(np.fft.fftfreq(n) * 12 for n in one.shape), indexing="ij")
    shell = np.rint(np.sqrt(z**2 + y**2 + x**2)).astype(int)
    for number in range(7):
        np.testing.assert_allclose(sums.cross[number], (a * b.conj()).real[shell == number].sum(), atol=1e-2)
        np.testing.assert_allclose(sums.power1[number], (abs(a) ** 2)[shell == number].sum(), rtol=1e-4, atol=1e-3)
        assert sums.count[number] == (shell == number).sum()


@pytest.mark.parametrize("shape", [(48, 48, 48), (40, 56, 48)])
@pytest.mark.parametrize("resolution", [4, 6])
def test_a_map_cut_off_sharply_has_that_resolution_within_a_shell(shape, resolution):
    signal = filters.low_pass(noise(7, shape), 1.0, resolution, 1e-3)
    curve = fsc.global_fsc(signal + 0.01 * noise(8, shape), signal + 0.01 * noise(9, shape), 1.0)
    assert 1 / curve.resolution() == pytest.approx(1 / resolution, abs=1 / max(shape))


def test_the_fall_is_interpolated_and_the_first_one_counts():
    curve = fsc.ShellCorrelation(np.arange(6) / 20, np.array([1, 1, 0.9, 0.1, 0.9, 0.1]))
    assert curve.resolution(0.5) == pytest.approx(20 / 2.5)
    assert curve.resolution(0.3) == pytest.approx(20 / 2.75)
    assert curve.resolution(0.05) == pytest.approx(20 / 5)
    assert curve.resolution(1) == pytest.approx(20 / 1)
    np.testing.assert_allclose(curve.at([0.125, 9]), [0.5, 0.1])


def test_the_voxel_size_scales_the_frequencies():
    one, two = noise(1) + noise(2), noise(1) + noise(3)
    small, large = fsc.global_fsc(one, two, 1.0), fsc.global_fsc(one, two, (2.5, 2.5, 2.5))
    np.testing.assert_allclose(large.frequency, small.frequency / 2.5)
    np.testing.assert_array_equal(large.correlation, small.correlation)


def test_a_mask_leaves_out_what_is_around_it():
    mask = np.zeros(SHAPE, np.float32)
    mask[12:36, 12:36, 12:36] = 1
    inside = noise(1) * mask
    curve = fsc.global_fsc(inside + noise(2) * (1 - mask) + 3, inside + noise(3) * (1 - mask) + 5, 1.0, mask)
    np.testing.assert_allclose(curve.correlation[2:], 1, atol=1e-4)


def test_maps_of_unlike_shapes_are_a_mistake():
    with pytest.raises(ValueError, match="differ"):
        fsc.global_fsc(noise(0), noise(0)[1:], 1.0)
    with pytest.raises(ValueError, match="differ"):
        fsc.global_fsc(noise(0), noise(0), 1.0, noise(0)[1:])


def test_whether_a_curve_falls_below_a_cutoff():
    curve = fsc.ShellCorrelation(np.arange(4) / 20, np.array([0.0, 1, 0.6, 0.4]))
    assert curve.falls_below(0.5)
    assert not curve.falls_below(0.143)


def test_sums_of_spectra_are_those_of_their_maps():
    one, two = noise(4), noise(5)
    spectra = [np.fft.rfftn(data - data.mean()) for data in (one, two)]
    found, expected = fsc.sums_of_spectra(*spectra, one.shape, 1.5), fsc.shell_sums(one, two, 1.5)
    for name in ("frequency", "cross", "power1", "power2", "count"):
        np.testing.assert_allclose(getattr(found, name)[1:], getattr(expected, name)[1:], rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(expected.correlation(), fsc.global_fsc(one, two, 1.5).correlation)
