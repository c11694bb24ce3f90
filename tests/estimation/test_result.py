"""One map and two half maps are told apart, and refused where they are of no use."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import result
from deepreslib.maps import DensityMap


@pytest.fixture
def pair():
    return tuple(DensityMap(np.full((3, 3, 3), n, np.float32), (1.0,) * 3) for n in (1, 2))


def test_a_map_and_half_maps_are_told_apart(pair):
    half1, half2 = pair
    assert result.map_and_halves(half1) == (half1, None)
    for given in (pair, list(pair)):
        density_map, half_maps = result.map_and_halves(given)
        assert density_map is half1
        assert half_maps == (half1, half2)


def test_a_method_of_one_map_refuses_half_maps(pair):
    assert result.one_map(pair[0], "It") is pair[0]
    with pytest.raises(InputError, match="It looks at one map"):
        result.one_map(pair, "It")


def test_a_method_of_half_maps_refuses_one_map(pair):
    assert result.two_halves(pair, "It") == pair
    with pytest.raises(InputError, match="It compares half maps"):
        result.two_halves(pair[0], "It")
