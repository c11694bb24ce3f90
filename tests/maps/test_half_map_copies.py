"""Whether two maps are one map, and what rounding does to them."""

import half_map_pairs
import numpy as np
import pytest

from deepreslib.maps import half_map_copies
from deepreslib.maps.half_map_copies import likeness, rounding_variance


def noise(seed, shape=(20, 22, 26)):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_means_and_deviations_are_those_of_numpy():
    one, two = noise(0) + 3, 5 * noise(1)
    found = likeness(one, two)
    assert (found.mean1, found.mean2) == pytest.approx((one.mean(dtype=float), two.mean(dtype=float)))
    assert (found.sd1, found.sd2) == pytest.approx((one.std(dtype=float), two.std(dtype=float)))
    assert found.difference == pytest.approx(1 - np.corrcoef(one.ravel(), two.ravel())[0, 1] ** 2, abs=1e-9)


def test_the_difference_is_the_share_of_added_noise():
    one = noise(0)
    assert likeness(one, 4 * one + 0.04 * noise(1) + 2).difference == pytest.approx(1e-4, rel=0.05)


def test_a_copy_in_some_blocks_is_seen():
    one, two = noise(0, (32, 32, 32)), noise(1, (32, 32, 32))
    assert not likeness(one, two).is_copy
    two[:16, :16] = 3 * one[:16, :16] + 1
    found = likeness(one, two)
    assert found.same_blocks == pytest.approx(0.25)
    assert found.is_copy


def test_a_single_voxel_at_the_rim_of_a_mask_makes_no_copy():
    rim = np.zeros((32, 32, 32), bool)
    rim[::4, ::4, ::4] = True
    one, two = (np.where(rim, noise(seed, rim.shape), 0) for seed in (0, 1))
    assert not likeness(one, two).is_copy


def test_masks_that_differ_are_seen():
    one, two = noise(0, (32, 32, 32)), noise(1, (32, 32, 32))
    masked = one.copy()
    masked[:8] = 0
    assert likeness(masked, two).masked == (True, False)
    assert likeness(two, masked).masked == (False, True)
    assert likeness(masked, np.where(masked == 0, 0, two)).masked == (False, False)
    other = two.copy()
    other[-8:] = 0.5
    assert likeness(masked, other).masked == (True, True)


def test_solvent_rounded_to_nothing_is_no_mask():
    one, two = (np.rint(0.3 * noise(seed, (32, 32, 32))) for seed in (0, 1))
    assert likeness(one, two).masked == (False, False)


@pytest.mark.parametrize("step", [1.0, 0.037])
def test_the_rounding_of_even_steps(step):
    data = (step * np.rint(30 * noise(3))).astype(np.float32)
    assert rounding_variance(data) == pytest.approx(step**2 / 12, rel=1e-3)


def test_the_rounding_of_16_bit_floats():
    exact = noise(4).astype(float)
    rounded = exact.astype(np.float16)
    assert rounding_variance(rounded.astype(np.float32)) == pytest.approx(np.var(exact - rounded), rel=0.1)


def test_the_same_array_is_the_same_file():
    one, two = half_map_pairs.pair(edge=16)
    assert half_map_copies.same_file(one, one.like(one.data))
    assert not half_map_copies.same_file(one, two)
