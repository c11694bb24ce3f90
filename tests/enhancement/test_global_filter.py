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
