"""The two resolution ranges, as the paper gives them."""

import pytest

from deepreslib.networks.ranges import RANGES, WINDOW


def test_the_ranges_are_the_papers():
    """Section 2.1: 2.5-13 Å at 1 Å/px and 1.5-6 Å at 0.5 Å/px, in windows of 13 voxels."""
    assert WINDOW == 13
    assert {name: (r.low, r.high, r.voxel_size) for name, r in RANGES.items()} == {
        "low": (2.5, 13.0, 1.0),
        "high": (1.5, 6.0, 0.5),
    }


@pytest.mark.parametrize(("name", "edge", "text"), [("low", 13.0, "2.5–13 Å"), ("high", 6.5, "1.5–6 Å")])
def test_a_range_knows_its_name_its_window_and_its_ends(name, edge, text):
    resolution_range = RANGES[name]
    assert resolution_range.name == name
    assert resolution_range.window == edge
    assert resolution_range.text == text


@pytest.mark.parametrize("name", RANGES)
def test_no_range_asks_for_more_than_its_sampling_carries(name):
    assert RANGES[name].low >= 2 * RANGES[name].voxel_size
