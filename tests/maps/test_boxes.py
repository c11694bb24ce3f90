"""Boxes around masks: by hand, and as properties of any mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import masks, quick, random_values

from deepreslib.fourier.grid import fast_length
from deepreslib.maps.boxes import box_around, fast_box_around, read_box, smallest_box, widened


def edges(box):
    return [(side.start, side.stop) for side in box]


@pytest.fixture
def mask():
    inside = np.zeros((20, 30, 40), bool)
    inside[4, 10, 39] = inside[7, 12, 20] = True
    return inside


def test_the_smallest_box_holds_first_and_last_voxel(mask):
    assert edges(smallest_box(mask)) == [(4, 8), (10, 13), (20, 40)]


def test_an_empty_mask_has_no_box():
    empty = np.zeros((3, 4, 5), bool)
    assert smallest_box(empty) is None
    with pytest.raises(ValueError, match="empty mask"):
        box_around(empty, 2)
    with pytest.raises(ValueError, match="empty mask"):
        fast_box_around(empty, 2)


@pytest.mark.parametrize(
    ("margin", "expected"),
    [
        (0, [(4, 8), (10, 13), (20, 40)]),
        (3, [(1, 11), (7, 16), (17, 40)]),
        ((5, 1, 50), [(0, 13), (9, 14), (0, 40)]),
        (np.array([2, 0, 1]), [(2, 10), (10, 13), (19, 40)]),
    ],
)
def test_a_margin_goes_as_far_as_the_map(mask, margin, expected):
    assert edges(box_around(mask, margin)) == expected


def test_a_box_is_widened_within_the_map():
    box = (slice(0, 2), slice(3, 4), slice(5, 9))
    assert edges(widened(box, 1, (10, 10, 10))) == [(0, 3), (2, 5), (4, 10)]


def test_a_box_is_lengthened_to_be_transformed_fast():
    mask = np.zeros((64, 64, 13), bool)
    mask[20:27, 55:62, 6] = True
    # 7 voxels and 2 on each side are 11, which 12 follows; at the far border the box is moved inwards
    assert edges(fast_box_around(mask, 2)) == [(18, 30), (52, 64), (4, 9)]
    assert edges(fast_box_around(mask, 6))[2] == (0, 13)  # 13 would become 15, more than there are


def test_a_box_beyond_the_border_reads_zeros():
    volume = random_values((6, 7, 8))
    values = read_box(volume, [(-2, 3), (3, 9), (2, 4)])
    np.testing.assert_array_equal(values, np.pad(volume, 2)[0:5, 5:11, 4:6])
    values[:] = 1
    assert not (volume == 1).any()


@quick
@given(masks(), st.integers(0, 4))
def test_the_box_holds_the_mask_and_touches_it_on_every_side(mask, margin):
    box = smallest_box(mask)
    assert mask[box].sum() == mask.sum()
    for axis in range(3):
        planes = mask[box].any(axis=tuple(other for other in range(3) if other != axis))
        assert planes[0]
        assert planes[-1]
    for side, wide, count in zip(box, box_around(mask, margin), mask.shape, strict=True):
        assert (wide.start, wide.stop) == (max(side.start - margin, 0), min(side.stop + margin, count))


@quick
@given(masks(), st.integers(0, 4))
def test_a_fast_box_lies_in_the_map_and_holds_the_mask_and_its_margin(mask, margin):
    for fast, wide, count in zip(fast_box_around(mask, margin), box_around(mask, margin), mask.shape, strict=True):
        assert 0 <= fast.start <= wide.start
        assert wide.stop <= fast.stop <= count
        length = fast.stop - fast.start
        assert length == count or fast_length(length) == length


@quick
@given(masks(), st.integers(0, 5), st.integers(0, 5))
def test_reading_a_box_is_cutting_it_out_of_a_padded_map(mask, before, after):
    volume = random_values(mask.shape)
    box = smallest_box(mask)
    ends = [(side.start - before, side.stop + after) for side in box]
    cut = tuple(slice(side.start + 5 - before, side.stop + 5 + after) for side in box)
    np.testing.assert_array_equal(read_box(volume, ends), np.pad(volume, 5)[cut])
