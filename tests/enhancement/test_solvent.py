import numpy as np
import pytest
from window_gains import molecule

from deepreslib.enhancement.solvent import Solvent, solvent_level
from deepreslib.maps import DensityMap, widened
from deepreslib.maps.boxes import box_around


def map_and_mask(solvent=3.0):
    density, mask = molecule(100, 11)
    data = np.where(mask, density, solvent).astype(np.float32)
    data[:5] = 50  # far away
    return DensityMap(data, (1.0,) * 3), mask


def test_the_level_is_that_of_the_solvent_near_by():
    density_map, mask = map_and_mask()
    assert solvent_level(density_map, mask) == 3


def test_without_solvent_it_is_the_mean():
    density_map, mask = map_and_mask()
    assert solvent_level(density_map, np.ones_like(mask)) == pytest.approx(density_map.data.mean(), rel=1e-5)


def test_a_part_of_the_map_around_the_mask_is_enough():
    density_map, mask = map_and_mask()
    density_map.data[:] += np.random.default_rng(0).standard_normal(mask.shape)
    part = widened(box_around(mask), 27, mask.shape)
    assert part[0].start > 0
    solvent = Solvent(mask, density_map.voxel_size)
    assert solvent.level(density_map.data[part], part) == solvent.level(density_map.data)
