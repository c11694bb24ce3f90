"""Whether two maps show the same details: on balls of a few voxels, which all look alike at low resolution."""

import numpy as np
import pytest

from deepreslib.enhancement.details import FEWEST, Details
from deepreslib.enhancement.noise import agreement
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

GRIDS = [(24, 8, 1.25, 3.0), (24, 8, 1.25, 4.0), (24, 6, 2.0, 5.0), (24, 8, 1.5, 8.0), (40, 11, 1.25, 4.0)]
"""Edge and radius, voxels; voxel size and resolution, Å."""


def ball(edge, radius):
    return sum((c - edge // 2) ** 2 for c in np.indices((edge,) * 3)) < radius**2


def made(grid, seed=0):
    """A ball with details, and noise."""
    edge, radius, size, limit = grid
    rng = np.random.default_rng(seed)
    details = 1 + filters.low_pass(rng.standard_normal((edge,) * 3), size, limit)
    data = details * masks.soft_edge(ball(edge, radius), 2) + 0.1 * rng.standard_normal((edge,) * 3)
    return DensityMap(data.astype(np.float32), (size,) * 3, path="mean.mrc")


@pytest.fixture(params=GRIDS, ids=lambda grid: "-".join(f"{number:g}" for number in grid))
def grid(request):
    return request.param


def details(grid):
    return Details(made(grid), ball(*grid[:2]), grid[3])


@pytest.mark.parametrize("b_factor", [100, 0, -100, -200, -400])
def test_a_map_that_was_sharpened_by_a_b_factor_is_the_same(grid, b_factor):
    found = details(grid).likeness(Sharpening(made(grid), grid[3]).by(b_factor).data)
    assert found.alike
    assert found.sure
    assert found.correlation > 0.95


def test_a_map_that_was_masked_scaled_or_filtered_is_the_same(grid):
    data, (edge, radius, size, limit) = made(grid).data, grid
    soft = masks.soft_edge(ball(edge, radius), 3)
    coarse = filters.low_pass(data, size, max(8, 1.7 * limit))
    for changed in (data * soft, 100 * data - 7, np.round(data * 40), coarse * soft, -1e-20 * -data):
        assert details(grid).likeness(changed.astype(np.float32)).alike
        assert details(grid).other_pose(changed.astype(np.float32)) is None


def test_where_there_are_no_details_none_are_missed(grid):
    edge, _, size, limit = grid
    found = details(grid).likeness(filters.low_pass(made(grid).data, size, max(14, 4 * limit)))
    assert found.count < FEWEST
    assert found.alike
    assert not Details(made(grid), ball(edge, 3), 3 * edge).likeness(made(grid).data).correlation


@pytest.mark.parametrize("axes", [(2,), (0,), (1,), (0, 1, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_mirror_image_is_named(grid, axes, seed):
    """Though at low resolution it looks the same: by more than the agreement that other maps may not have."""
    right = made(grid, seed)
    mirrored = np.flip(right.data, axes)
    names = " and ".join("zyx"[axis] for axis in axes[::-1])
    found = Details(right, ball(*grid[:2]), grid[3])
    assert found.other_pose(mirrored) == f"mirrored along {names}"
    assert not found.likeness(mirrored).sure
    if axes == (2,):
        assert agreement(right.like(mirrored), right, ball(*grid[:2]), grid[3]) > 0.5


def test_a_shift_is_named(grid):
    size = grid[2]
    moved = np.roll(made(grid).data, (2, -3), (2, 0))
    assert details(grid).other_pose(moved) == f"moved by {2 * size:.3g}, 0, {-3 * size:.3g} Å along x, y, z"


def test_another_molecule_of_the_same_form_is_not_alike(grid):
    for other in (made(grid, seed=5).data, made(grid).data.T):
        assert not details(grid).likeness(other).alike
        assert details(grid).other_pose(other) is None
