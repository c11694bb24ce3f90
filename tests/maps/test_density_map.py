"""The grid of a map, and other values on it."""

import numpy as np
import pytest
from mrc_files import values

from deepreslib.maps import DensityMap, GridHeader
from deepreslib.maps.density_map import format_triple


def test_like_keeps_the_grid_and_forgets_what_the_values_were():
    density = DensityMap(
        values(), (2.0, 2.0, 2.0), (1.0, 2.0, 3.0), "map.mrc", GridHeader(space_group=4), "mask", ("a note",)
    )
    other = density.like(2 * np.asfortranarray(values(dtype="f8")))
    assert other.data.dtype == np.float32
    np.testing.assert_array_equal(other.data, 2 * density.data)
    assert (other.voxel_size, other.origin, other.header) == (density.voxel_size, density.origin, density.header)
    assert (other.path, other.quantity, other.notes) == ("map.mrc", "", ())
    with pytest.raises(ValueError, match=r"\(4, 6, 7\).*\(5, 6, 7\)"):
        density.like(values()[1:])


def test_triples_are_shown_as_xyz():
    assert format_triple((3.0, 2.0, 1.0)) == "1 × 2 × 3"
    assert format_triple((3.54, 3.54, 3.54)) == "3.54"
