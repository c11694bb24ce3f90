"""Fusion of the answers of overlapping windows: formulas, borders, slabs."""

import numpy as np
import pytest

from deepres.estimation import fusion


def fused(resolution, deviation, needed):
    found = resolution.copy(), deviation.copy()
    fusion.fuse(*found, needed)
    return found


@pytest.fixture
def answers():
    random = np.random.default_rng(0)
    resolution = random.uniform(2, 12, (20, 16, 18)).astype(np.float32)
    deviation = random.uniform(0.05, 0.8, resolution.shape).astype(np.float32)
    return resolution, deviation, random.random(resolution.shape) > 0.4


def test_weighted_mean_at_a_voxel(answers):
    resolution, deviation, needed = answers
    found, spread = fused(resolution, deviation, needed)
    at = tuple(np.argwhere(needed)[len(np.argwhere(needed)) // 2])
    offsets = np.indices(needed.shape).T - np.array(at)
    kernel = np.exp(-np.square(offsets.astype(float)) / (2 * fusion.SMOOTHING**2)).prod(-1).T
    kernel *= (np.abs(offsets) <= fusion._REACH).all(-1).T
    weight = kernel * needed / deviation
    assert found[at] == pytest.approx((weight * resolution).sum() / weight.sum(), rel=1e-5)
    assert spread[at] == pytest.approx((weight * deviation).sum() / weight.sum(), rel=1e-5)


def test_only_needed_answers_count(answers):
    resolution, deviation, needed = answers
    other = np.where(needed, resolution, 99).astype(np.float32), np.where(needed, deviation, 0).astype(np.float32)
    for one, two in zip(fused(resolution, deviation, needed), fused(*other, needed), strict=True):
        np.testing.assert_array_equal(one[needed], two[needed])


def test_the_rest_is_left_alone(answers):
    needed = answers[2]
    for one, two in zip(fused(*answers), answers[:2], strict=True):
        np.testing.assert_array_equal(one[~needed], two[~needed])
        assert (one[needed] != two[needed]).all()


def test_what_all_windows_agree_on_stays(answers):
    _, deviation, needed = answers
    found, _ = fused(np.full_like(deviation, 4.5), deviation, needed)
    np.testing.assert_allclose(found[needed], 4.5, rtol=1e-5)


def test_sure_answers_count_more(answers):
    needed = np.ones((9, 9, 9), bool)
    resolution, deviation = np.full(needed.shape, 3, np.float32), np.full(needed.shape, 0.1, np.float32)
    resolution[5:], deviation[5:] = 9, 0.4
    found, _ = fused(resolution, deviation, needed)
    assert 3 < found[4, 4, 4] < found[5, 4, 4] < 9
    assert found[4, 4, 4] - 3 < 9 - found[5, 4, 4]


@pytest.mark.parametrize("planes", [1, 3, 7])
def test_slabs_make_no_difference(answers, monkeypatch, planes):
    whole = fused(*answers)
    monkeypatch.setattr(fusion, "_PLANES", planes)
    for one, two in zip(whole, fused(*answers), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)


def test_nothing_needed():
    empty = np.zeros((5, 5, 5), np.float32)
    for found in fused(empty, empty, empty > 0):
        assert not found.any()
