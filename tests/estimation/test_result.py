"""One map and two half maps are told apart, scaled, averaged, and refused where they are of no use."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import result
from deepreslib.maps import DensityMap


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    return tuple(DensityMap(rng.standard_normal((9, 9, 9)).astype(np.float32), (1.0,) * 3) for _ in range(2))


def test_a_map_and_half_maps_are_told_apart(pair):
    half1, half2 = pair
    assert result.map_and_halves(half1) == (half1, None)
    for given in (pair, list(pair)):
        density_map, half_maps = result.map_and_halves(given)
        assert density_map is half1
        assert half_maps == (half1, half2)


def test_a_method_of_one_map_looks_at_the_mean_of_half_maps(pair):
    assert result.one_map(pair[0]) is pair[0]
    np.testing.assert_allclose(result.one_map(pair).data, (pair[0].data + pair[1].data) / 2, atol=1e-6)


def test_the_mean_of_huge_half_maps_does_not_overflow(pair):
    huge = [half.like(np.clip(half.data, -3, 3) * np.float32(1e38)) for half in pair]
    mean = result.mean_map(*huge).data
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(mean, huge[0].data / 2 + huge[1].data / 2, rtol=1e-6)


@pytest.mark.parametrize(("scale", "offset"), [(1e-38, 0), (1e37, -1e38), (1e-3, 5)])
def test_maps_of_any_scale_are_brought_to_a_plain_one_together(pair, scale, offset):
    odd = [half.like(half.data.astype(np.float64) * scale + offset) for half in pair]
    _, (half1, half2) = result.map_and_halves(odd)
    unit = half1.data.std() / pair[0].data.std()
    assert scale == 1e-3 or half1.data.std() == pytest.approx(1, abs=1e-3)
    for found, half in ((half1, pair[0]), (half2, pair[1])):
        np.testing.assert_allclose(found.data / unit, half.data + (found.data / unit - half.data).mean(), atol=3e-3)
    assert abs(np.median(half1.data) / unit) < 0.6


def test_grids_of_the_mean_must_agree(pair):
    other = DensityMap(pair[1].data[:8], (1.0,) * 3)
    with pytest.raises(InputError, match="differ in shape"):
        result.one_map((pair[0], other))


def test_a_method_of_half_maps_refuses_one_map(pair):
    assert result.two_halves(pair, "It") == pair
    with pytest.raises(InputError, match="It compares half maps"):
        result.two_halves(pair[0], "It")
