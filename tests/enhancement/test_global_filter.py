import numpy as np
import pytest
from window_gains import molecule

from deepreslib.enhancement.global_filter import GlobalFilter
from deepreslib.maps import DensityMap


def test_a_weight_of_its_own_multiplies_the_map_and_leaves_the_b_factor():
    data, mask = molecule(64, 22)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (1.0,) * 3)
    plain, halved = (
        GlobalFilter(density_map, mask, 3.0, weight=lambda frequency, value=value: np.full_like(frequency, value))
        for value in (1, 0.5)
    )
    assert not plain.warnings
    assert halved.b_factor == pytest.approx(plain.b_factor, rel=1e-4)
    expected = 0.5 * plain.of(density_map)
    assert halved.of(density_map) == pytest.approx(expected, abs=1e-4 * expected.std())


def test_a_part_of_the_map_is_filtered_as_the_whole():
    data, mask = molecule(64, 22)
    density_map = DensityMap(np.ascontiguousarray(data, np.float32), (1.0,) * 3)
    whole_filter = GlobalFilter(density_map, mask, 3.0)
    box = slice(3, 60), slice(0, 20), slice(40, 64)
    assert np.array_equal(whole_filter.of(density_map, box), whole_filter.of(density_map)[box])
