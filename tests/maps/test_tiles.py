"""Tiles cover what is needed, and only once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import masks, quick, random_values

from deepreslib.maps.tiles import tiles


@pytest.mark.parametrize("edge", [3, 7, 40])
def test_every_needed_voxel_is_in_exactly_one_tile(edge):
    rng = np.random.default_rng(edge)
    needed = rng.random((17, 20, 9)) > 0.9
    count = np.zeros(needed.shape, int)
    for tile in tiles(needed, edge, 2):
        count[tile.crop] += 1
        assert all(s.stop - s.start <= edge for s in tile.crop)
        assert needed[tile.crop].any()
    assert (count[needed] == 1).all()
    assert count.max() == 1


def test_nothing_needed_gives_no_tile():
    assert tiles(np.zeros((4, 4, 4), bool), 2, 1) == []


def test_tiles_read_their_overlap_and_zeros_beyond_the_border():
    volume = np.random.default_rng(0).standard_normal((6, 7, 8)).astype(np.float32)
    needed = np.zeros(volume.shape, bool)
    needed[0, 3, 7] = True
    (tile,) = tiles(needed, 4, 2)
    np.testing.assert_array_equal(tile.read(volume), np.pad(volume, 2)[0:5, 3:8, 7:12])


def test_tiles_of_every_second_voxel_read_their_overlap():
    volume = np.random.default_rng(0).standard_normal((9, 10, 11)).astype(np.float32)
    needed = np.zeros((5, 5, 6), bool)
    needed[0, 2, 3:6] = True
    (tile,) = tiles(needed, 4, 3, stride=2)
    np.testing.assert_array_equal(tile.read(volume), np.pad(volume, 3)[0:7, 4:11, 6:17])


def test_sparse_volumes_cost_little_more_than_what_is_needed():
    needed = np.zeros((128, 128, 128), bool)
    z, y, x = np.indices(needed.shape) - 64
    needed[np.abs(np.sqrt(z**2 + y**2 + x**2) - 50) < 6] = True
    computed = sum(np.prod([s.stop - s.start for s in tile.crop]) for tile in tiles(needed, 64, 6))
    one_tile = np.prod(np.ptp(np.argwhere(needed), axis=0) + 1)
    assert needed.sum() <= computed < 0.6 * one_tile


@quick
@given(masks(most=14, empty=True), st.integers(1, 16), st.integers(0, 3), st.integers(1, 3))
def test_any_mask_is_covered_once_by_tiles_that_read_what_they_need(needed, edge, overlap, stride):
    volume = random_values([stride * (count - 1) + 1 for count in needed.shape])
    padded = np.pad(volume, overlap)
    count = np.zeros(needed.shape, int)
    for tile in tiles(needed, edge, overlap, stride):
        count[tile.crop] += 1
        assert needed[tile.crop].any()
        assert all(side.stop - side.start <= edge for side in tile.crop)
        around = tuple(slice(side.start * stride, (side.stop - 1) * stride + 1 + 2 * overlap) for side in tile.crop)
        np.testing.assert_array_equal(tile.read(volume), padded[around])
    assert (count[needed] == 1).all()
    assert count.max() <= 1
