"""The ratio of two half maps' amplitudes: what was applied is found, and undone."""

import half_map_pairs
import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.fourier.fsc import shell_sums
from deepreslib.maps.half_map_amplitudes import amplitude_ratio, cut_off, matched

SIZE = half_map_pairs.VOXEL_SIZE


@pytest.fixture(scope="module")
def halves():
    return [half.data for half in half_map_pairs.pair()]


def ratio_to(halves, data):
    return amplitude_ratio(shell_sums(halves[0], data, SIZE, workers=1))


def test_right_pairs_have_the_ratio_1(halves):
    ratio = ratio_to(halves, halves[1])
    assert ratio.is_right
    assert ratio.scale == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("scale", [0.01, 1.2, 40.0])
def test_a_scale_is_found(halves, scale):
    ratio = ratio_to(halves, (scale * halves[1]).astype(np.float32))
    assert not ratio.is_right
    assert ratio.is_scale
    assert ratio.scale == pytest.approx(1 / scale, rel=0.02)


@pytest.mark.parametrize("b_factor", [-100, -30, 60, 200])
def test_a_b_factor_is_found(halves, b_factor):
    changed = half_map_pairs.sharpened(halves[1], b_factor)
    ratio = ratio_to(halves, changed)
    assert not ratio.is_scale
    frequency = np.linspace(0.02, ratio.finest, 9)
    np.testing.assert_allclose(ratio.logarithm(frequency), b_factor * frequency**2 / 4, atol=0.06)
    undone = filters.low_pass(matched(changed, SIZE, ratio, 1) - halves[1], SIZE, 1 / ratio.finest)
    assert undone.std() < 0.05 * filters.low_pass(halves[1], SIZE, 1 / ratio.finest).std()


def test_beyond_the_resolution_the_ratio_stays(halves):
    ratio = ratio_to(halves, half_map_pairs.sharpened(halves[1], -100))
    assert ratio.logarithm(np.array(2 * ratio.finest)) == pytest.approx(ratio.logarithm(np.array(ratio.finest)))


def test_noise_has_no_ratio():
    one, two = (np.random.default_rng(seed).standard_normal((32,) * 3).astype(np.float32) for seed in (0, 1))
    sums = shell_sums(one, two, SIZE, workers=1)
    assert amplitude_ratio(sums) is None or amplitude_ratio(sums).is_right


def test_a_low_pass_of_one_map_is_found(halves):
    filtered = filters.low_pass(halves[1], SIZE, 8)
    first, second = cut_off(shell_sums(halves[0], filtered, SIZE, workers=1))
    assert first is None
    assert 6.5 < second < 8.5
    both = filters.low_pass(halves[0], SIZE, 8)
    assert cut_off(shell_sums(both, filtered, SIZE, workers=1)) == (None, None)
    assert cut_off(shell_sums(*halves, SIZE, workers=1)) == (None, None)
    sharpened = half_map_pairs.sharpened(halves[1], 300)
    assert cut_off(shell_sums(halves[0], sharpened, SIZE, workers=1)) == (None, None)
