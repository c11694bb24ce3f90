"""Batches of windows: their order, hidden shells, and which windows each network is shown."""

from dataclasses import replace

import numpy as np
import pytest

from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale import batches


@pytest.fixture(scope="module")
def two_maps(windows):
    """The windows of the ball, as if they were of two maps."""
    return replace(windows, maps=(np.arange(len(windows)) % 2).astype(np.int32))


def taken(source, count):
    return [next(source) for _ in range(count)]


def test_the_order_depends_on_seed_and_place_alone(windows):
    def first(seed, used):
        order = batches.Order(32)
        source = batches.shuffled(windows, np.arange(400), batches.for_contrast, order, seed, used)
        return taken(source, 2)[1][0]["profile"]

    np.testing.assert_array_equal(first(1, 0), first(1, 0))
    assert not np.array_equal(first(1, 0), first(2, 0))
    assert not np.array_equal(first(1, 0), first(1, 32))


def test_every_window_is_shown_once_before_any_is_shown_again(windows):
    order = batches.Order(100, hides=False)
    found = taken(batches.shuffled(windows, np.arange(400), batches.for_contrast, order, 1, 0), 4)
    shown = np.concatenate([inputs["profile"] for inputs, _, _ in found])
    np.testing.assert_array_equal(np.sort(shown[:, 2]), np.sort(windows.profiles[:, 2]))
    assert [used for _, _, used in found] == [100, 200, 300, 400]


def test_groups_are_of_one_map_each(two_maps):
    def prepare(chosen):
        return {}, chosen.maps

    source = batches.shuffled(two_maps, np.arange(400), prepare, batches.Order(60, group=30), 1, 0)
    drawn = np.concatenate([maps.reshape(2, 30) for _, maps, _ in taken(source, 6)])
    assert (drawn == drawn[:, :1]).all()
    assert set(drawn[:, 0]) == {0, 1}


def test_small_sets_make_small_batches(windows):
    order = batches.Order(1000, group=30)
    _, truth, used = next(batches.shuffled(windows, np.arange(70), batches.for_density, order, 1, 0))
    assert (len(truth), used) == (60, 60)


def test_some_windows_lose_their_last_shells():
    known = np.ones((2000, SHELLS), bool)
    batches.hide_last(known, np.random.default_rng(0))
    assert known[:, : batches.FIRST_HIDDEN].all()
    counts = known.sum(axis=1)
    assert np.mean(counts < SHELLS) == pytest.approx(batches.HIDDEN, abs=0.02)
    assert set(counts) == {*range(batches.FIRST_HIDDEN, SHELLS + 1)}
    for row, count in zip(known, counts, strict=True):
        assert row[:count].all()


def test_hidden_shells_are_missing_in_the_map_too(windows):
    chosen = windows.chosen(np.arange(10))
    chosen.known[:, 8:] = False
    inputs, truth = batches.for_density(chosen)[0], batches.map_truth(chosen)
    voxels = truth.reshape(10, 15, SHELLS + 2)
    assert not voxels[..., 8:SHELLS].any()
    assert not inputs["known"][:, 8:].any()
    np.testing.assert_array_equal(voxels[..., :8], windows.filtered[:10, :, :8].astype(np.float32))


def test_voxels_count_in_the_mask_alone(windows):
    truth = batches.map_truth(windows)
    counts = truth.reshape(len(windows), 15, SHELLS + 2)[..., -1]
    assert not counts[~windows.inside].any()
    np.testing.assert_array_equal(counts[windows.inside], windows.within[windows.inside])


def test_windows_of_the_published_networks_are_neither_faint_nor_filtered(windows):
    faint = replace(windows, given=windows.given - np.float32(20))
    assert not batches.without_faint(faint).any()
    filtered = replace(windows, given_known=np.tile(np.arange(SHELLS) < 9, (len(windows), 1)))
    assert not batches.without_faint(filtered).any()
    assert batches.without_faint(windows)[windows.inside].any()
    held = batches.for_published(filtered)[0]["profile"]
    np.testing.assert_array_equal(held[:, 9:], np.repeat(held[:, 8:9], 4, axis=1))
