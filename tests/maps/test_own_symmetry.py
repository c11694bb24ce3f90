import numpy as np
import pytest

from deepreslib.maps import DensityMap
from deepreslib.maps.own_symmetry import own_turns, turned, with_own_symmetry

HALF_TURNS = [((0, 1, 2), axes) for axes in ((0, 1), (0, 2), (1, 2))]


def noise(shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def as_map(data):
    return DensityMap(np.ascontiguousarray(data), (1.0,) * 3)


@pytest.mark.parametrize("shape", [(9, 9, 9), (8, 10, 12), (7, 8, 8)])
def test_a_half_turn_leaves_the_centre_where_it_is(shape):
    data = np.zeros(shape, np.float32)
    centre = tuple(count // 2 for count in shape)
    data[centre] = 1
    data[centre[0] + 1, centre[1] + 2, centre[2] + 3] = 2
    found = turned(data, ((0, 1, 2), (1, 2)))
    assert found[centre] == 1
    assert found[centre[0] + 1, centre[1] - 2, centre[2] - 3] == 2


@pytest.mark.parametrize("edge", [20, 21, 150])
def test_the_turns_of_a_d2_map_are_found_and_its_mask_gets_them(edge):
    data = noise((edge,) * 3)
    data = data + turned(data, HALF_TURNS[0])
    data = data + turned(data, HALF_TURNS[1])
    turns = own_turns(as_map(data))
    assert len(turns) == 4
    assert set(turns) == {((0, 1, 2), ()), *HALF_TURNS}
    mask = data > 1
    mask[: edge // 3] ^= noise((edge // 3, edge, edge)) > 1.5
    found = with_own_symmetry(mask, as_map(data))
    assert not np.array_equal(mask, turned(mask, HALF_TURNS[0]))
    for turn in HALF_TURNS:
        np.testing.assert_array_equal(found, turned(found, turn))
    assert np.mean(found == (data > 1)) > np.mean(mask == (data > 1))


def test_a_map_with_a_fourfold_axis_has_four_turns():
    data = noise((24,) * 3)
    data = data + turned(data, ((0, 2, 1), (1,)))
    data = data + turned(data, HALF_TURNS[2])
    assert len(own_turns(as_map(data))) == 4


def test_without_symmetry_a_mask_stays_as_it_is():
    data = noise((16, 20, 20))
    mask = data > 0
    assert with_own_symmetry(mask, as_map(data)) is mask
