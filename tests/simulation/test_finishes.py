"""What people do to maps: each step against its formula, and the truth that it leaves."""

import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.simulation.finishes import Region, Treatment, filter_limit, treated
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.regridding import Resampling

VOXEL_SIZE = 1.5
MASK = np.zeros((36, 36, 36), bool)
MASK[10:26, 10:26, 10:26] = True
LOCAL = np.where(MASK, 4.0, 0.0).astype(np.float32)
LOCAL[10:18][MASK[10:18]] = 8.0
ATOMS = np.array([[15.0, 15.0, 15.0], [30.0, 30.0, 30.0]])


@pytest.fixture(scope="module")
def mean():
    noise = filters.shaped_noise(MASK.shape, np.random.default_rng(0)) * np.float32(0.3)
    return filters.low_pass(noise + MASK, VOXEL_SIZE, 4.0)


def treat(mean, **steps):
    return treated(mean, VOXEL_SIZE, MASK, LOCAL, ATOMS, Treatment(**steps))


def test_nothing_done(mean):
    result = treat(mean)
    np.testing.assert_allclose(result.data, mean, atol=1e-6)
    np.testing.assert_array_equal(result.mask, MASK)
    np.testing.assert_array_equal(result.local_resolution, LOCAL)
    assert (result.limit, result.voxel_size, result.offset) == (2 * VOXEL_SIZE, VOXEL_SIZE, 0)


def test_a_coarser_filter_makes_the_truth_coarser(mean):
    finish = Finish(low_pass=7.0, low_pass_width=0.02)
    result = treat(mean, finish=finish)
    frequency = np.array([1 / result.limit])
    assert filters.raised_cosine(frequency, 7.0, VOXEL_SIZE, 0.02) == pytest.approx(0.5, abs=1e-3)
    assert 6.0 < result.limit < 7.0
    values = result.local_resolution[MASK]
    assert set(np.round(values, 3)) == {np.round(np.float32(result.limit), 3), np.float32(8.0)}


def test_a_finer_filter_leaves_the_truth(mean):
    assert filter_limit(Finish(low_pass=3.5), VOXEL_SIZE) < 4
    np.testing.assert_array_equal(treat(mean, finish=Finish(low_pass=3.5)).local_resolution, LOCAL)


def test_hard_zero_and_flattened_solvent(mean):
    zero = treat(mean, region=Region(growth=3.0))
    outside = zero.data == 0
    assert not (outside & MASK).any()
    assert outside.mean() > 0.6
    flat = treat(mean, region=Region(growth=3.0, flattened=True))
    assert np.ptp(flat.data[outside]) < 1e-6
    assert flat.data[outside][0] == pytest.approx(mean[outside].mean(), abs=1e-5)
    np.testing.assert_allclose(flat.data[MASK], mean[MASK], atol=1e-6)


@pytest.mark.parametrize("edge", [0.0, 3.0])
def test_zones_keep_what_is_near_the_atoms_and_so_does_the_truth(mean, edge):
    result = treat(mean, region=Region(zone=4.0, edge=edge))
    z, y, x = np.indices(MASK.shape) * VOXEL_SIZE
    distance = np.min([np.sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) for a, b, c in ATOMS], axis=0)
    kept = result.data != 0
    assert kept[distance < 3.9].all()
    assert not kept[distance > 4.1 + edge].any()
    np.testing.assert_array_equal(result.local_resolution > 0, result.mask)
    assert not (result.mask & ~MASK).any()
    assert not result.mask[distance > 4.1 + 0.6 * edge].any()
    assert result.mask.any()


def test_negative_and_low_values_are_cut(mean):
    negative = treat(mean, cut=0.0)
    np.testing.assert_allclose(negative.data, np.maximum(mean, 0), atol=1e-6)
    level = 0.3 * mean[MASK].mean()
    low = treat(mean, cut=0.3, cut_to_level=True)
    assert low.data.min() == pytest.approx(level, rel=1e-4)
    gone = treat(mean, cut=0.3)
    assert gone.data.min() == 0
    np.testing.assert_allclose(gone.data[mean > level + 1e-4], mean[mean > level + 1e-4], atol=1e-6)


def test_filtered_by_the_local_resolution(mean):
    result = treat(mean, local=1.0)
    coarse = filters.low_pass(mean, VOXEL_SIZE, 8.0, 0.05)
    inner = (slice(12, 15), slice(14, 22), slice(14, 22))
    assert abs(result.data[inner] - coarse[inner]).mean() < 0.3 * abs(mean[inner] - coarse[inner]).mean()
    assert 3.0 < result.limit < 4.0


def test_other_voxels_make_the_truth_coarser(mean):
    there = treat(mean, resampling=Resampling("fourier", 1.5))
    assert there.voxel_size == pytest.approx(2.25)
    assert there.limit == pytest.approx(4.5)
    assert there.data.shape == there.mask.shape == (24, 24, 24)
    assert there.local_resolution[there.mask].min() == pytest.approx(4.5)
    assert there.mask.sum() * 1.5**3 == pytest.approx(MASK.sum(), rel=0.2)
    back = treat(mean, resampling=Resampling("trilinear", 1.5, 0.3, back=True))
    assert (back.voxel_size, back.limit) == (VOXEL_SIZE, 4.5)
    np.testing.assert_array_equal(back.mask, MASK)
