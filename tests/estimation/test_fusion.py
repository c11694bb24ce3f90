"""Fusion of the answers of windows: which are asked, formulas, borders, slabs."""

import numpy as np
import pytest

from deepreslib.estimation import fusion
from deepreslib.networks.ranges import STRIDE


@pytest.fixture
def answers():
    """(resolution, deviation, asked, needed) of a volume of odd and even edges."""
    rng = np.random.default_rng(0)
    needed = rng.random((21, 16, 18)) > 0.8
    asked = fusion.asked_windows(needed)
    resolution = rng.uniform(2, 12, asked.shape).astype(np.float32)
    return resolution, rng.uniform(0.05, 0.8, asked.shape).astype(np.float32), asked, needed


def beside(window):
    """The voxels at a window's centre or next to it."""
    return tuple(slice(max(STRIDE * i - 1, 0), STRIDE * i + 2) for i in window)


@pytest.mark.parametrize("shape", [(17, 18, 19), (1, 2, 3)])
@pytest.mark.parametrize("share", [0.5, 0.02])
def test_windows_at_needed_voxels_are_asked_and_beside_lonely_ones(shape, share):
    needed = np.random.default_rng(1).random(shape) < share
    asked = fusion.asked_windows(needed)
    assert asked.shape == tuple((n + 1) // 2 for n in shape)
    known, centred = np.zeros(shape, bool), needed[::STRIDE, ::STRIDE, ::STRIDE]
    for window in np.argwhere(centred):
        known[beside(window)] = True
    for window in np.ndindex(asked.shape):
        assert asked[window] == (centred[window] or (needed & ~known)[beside(window)].any())


def test_weighted_mean_at_voxels(answers):
    resolution, deviation, asked, needed = answers
    found, spread = fusion.fuse(*answers)
    for at in np.argwhere(needed)[::40]:
        apart = STRIDE * np.indices(asked.shape).T - at
        kernel = np.exp(-np.square(apart.astype(float)) / (2 * fusion.SMOOTHING**2)).prod(-1).T
        kernel *= (np.abs(apart) <= fusion.REACH).all(-1).T
        weight = kernel * asked / deviation
        assert found[tuple(at)] == pytest.approx((weight * resolution).sum() / weight.sum(), rel=1e-5)
        assert spread[tuple(at)] == pytest.approx((weight * deviation).sum() / weight.sum(), rel=1e-5)


def test_only_asked_windows_count(answers):
    resolution, deviation, asked, needed = answers
    other = np.where(asked, resolution, 99).astype(np.float32), np.where(asked, deviation, 0).astype(np.float32)
    for one, two in zip(fusion.fuse(*answers), fusion.fuse(*other, asked, needed), strict=True):
        np.testing.assert_array_equal(one, two)


def test_needed_voxels_get_values_and_no_others(answers):
    for values in fusion.fuse(*answers):
        np.testing.assert_array_equal(values > 0, answers[-1])


def test_what_all_windows_agree_on_stays(answers):
    _, deviation, asked, needed = answers
    found, _ = fusion.fuse(np.full_like(deviation, 4.5), deviation, asked, needed)
    np.testing.assert_allclose(found[needed], 4.5, rtol=1e-5)


def test_sure_answers_count_more():
    asked, needed = np.ones((6, 6, 6), bool), np.ones((11, 11, 11), bool)
    resolution, deviation = np.full(asked.shape, 3, np.float32), np.full(asked.shape, 0.1, np.float32)
    resolution[3:], deviation[3:] = 9, 0.4
    found, _ = fusion.fuse(resolution, deviation, asked, needed)
    middle = found[:, 5, 5]
    assert (np.diff(middle) >= 0).all()
    assert 3 < middle[5] < 6  # half-way between the windows that disagree


@pytest.mark.parametrize("planes", [1, 3, 7])
def test_slabs_make_no_difference(answers, monkeypatch, planes):
    whole = fusion.fuse(*answers)
    monkeypatch.setattr(fusion, "_PLANES", planes)
    for one, two in zip(whole, fusion.fuse(*answers), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5)


def test_nothing_needed():
    empty = np.zeros((3, 3, 3), np.float32)
    for found in fusion.fuse(empty, empty, empty > 0, np.zeros((5, 5, 5), bool)):
        assert found.shape == (5, 5, 5)
        assert not found.any()
