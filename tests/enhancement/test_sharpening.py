"""A sharpened map is the product of its filters."""

import numpy as np
import pytest

from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap


def test_sharpening_is_the_filters_product():
    data = np.random.default_rng(1).standard_normal((20, 22, 24)).astype(np.float32)
    density_map = DensityMap(data, (1.1,) * 3)
    found = Sharpening(density_map, 4.0).by(-80)
    expected = filters.low_pass(filters.apply_b_factor(data, 1.1, -80), 1.1, 4.0)
    np.testing.assert_allclose(found.data, expected, atol=3e-3 * expected.std())
    with pytest.raises(InputError, match=r"finer than twice the voxel size of the map, 2\.2 Å"):
        Sharpening(density_map, 2.0)
