"""Masks: by threshold, automatic, dilated, with a soft edge."""

import math

import numpy as np
import pytest
from scipy import ndimage

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, read_map
from deepreslib.maps.masks import automatic_mask, dilate, soft_edge, threshold_mask

VOXEL = 2.0


def distances(shape, centre):
    """Distance of every voxel from a centre, both in voxels."""
    grids = np.indices(shape).astype(float)
    return np.sqrt(sum((grid - place) ** 2 for grid, place in zip(grids, centre, strict=True)))


@pytest.fixture(scope="module")
def molecule():
    """Two touching balls, 18 and 12 Å in radius, filled with rough density; (density, inside)."""
    shape = (44, 40, 48)
    inside = (distances(shape, (20, 20, 18)) <= 9) | (distances(shape, (20, 22, 32)) <= 6)
    rough = np.random.default_rng(1).uniform(0.2, 1.8, shape)
    return (ndimage.gaussian_filter(inside * rough, 0.8)).astype(np.float32), inside


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


def assert_fits(mask, inside):
    """The mask holds the molecule, but for a voxel at its surface, and reaches at most 2.5 voxels beyond it."""
    assert not (mask & ~dilate(inside, 2.5)).any()
    assert not (~mask & ~dilate(~inside, 1)).any()
    assert overlap(mask, inside) > 0.7


def noisy(density, seed=0):
    return density + np.random.default_rng(seed).normal(0, 0.5 * density.std(), density.shape).astype(np.float32)


def found_in(data, voxel=VOXEL):
    return automatic_mask(DensityMap(np.ascontiguousarray(data, dtype=np.float32), (voxel,) * 3))


def test_threshold_takes_maps_and_arrays():
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for given in (data, DensityMap(data, (1.0, 1.0, 1.0))):
        mask = threshold_mask(given, 20)
        assert mask.dtype == bool
        assert np.argwhere(mask).tolist() == [[1, 2, 1], [1, 2, 2], [1, 2, 3]]


@pytest.mark.parametrize(("threshold", "words"), [(23, "no voxel above 23"), (-1, "every voxel above -1")])
def test_useless_thresholds_are_refused(threshold, words):
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    with pytest.raises(InputError, match=f"some.mrc has {words}"):
        threshold_mask(DensityMap(data, (1.0, 1.0, 1.0), path="some.mrc"), threshold)


@pytest.mark.parametrize("add_noise", [False, True], ids=["clean", "noise"])
def test_automatic_mask_finds_the_molecule(molecule, add_noise):
    density, inside = molecule
    mask, threshold = found_in(noisy(density) if add_noise else density)
    assert mask.dtype == bool
    assert_fits(mask, inside)
    assert 0 < threshold < density.max()


def test_automatic_mask_does_not_depend_on_scale_and_offset(molecule):
    data = noisy(molecule[0])
    mask, threshold = found_in(data)
    for scale, offset in ((1000, 0), (1e-4, 0), (3, 50)):
        other, other_threshold = found_in(data * scale + offset)
        assert overlap(other, mask) > 0.999
        assert other_threshold == pytest.approx(threshold * scale + offset, rel=1e-3)


@pytest.mark.parametrize("padding_noise", [0, 0.5], ids=["zeros", "noise"])
def test_automatic_mask_does_not_depend_on_padding(molecule, padding_noise):
    density, inside = molecule
    pad, data = 30, noisy(density)
    padded = np.random.default_rng(5).normal(0, padding_noise * density.std(), np.pad(data, pad).shape)
    padded[pad:-pad, pad:-pad, pad:-pad] = data
    assert np.pad(inside, pad).mean() < 0.005
    assert overlap(found_in(padded)[0], np.pad(found_in(data)[0], pad)) > 0.97


def test_automatic_mask_of_a_tight_box(molecule):
    density, inside = molecule
    box = (slice(9, 32), slice(9, 32), slice(7, 40))
    mask, _ = found_in(noisy(density)[box])
    assert inside[box].mean() > 0.2
    assert_fits(mask, inside[box])


def test_automatic_mask_drops_dust_and_fills_small_holes_only(molecule):
    density, _ = molecule
    data = density.copy()
    data[3:5, 3:5, 3:5] = 3 * density.max()
    data[19:22, 19:22, 17:20] = -5 * density.max()
    mask, threshold = found_in(data)
    smooth = ndimage.gaussian_filter(data, 8 / 2.3548 / VOXEL, mode="nearest", truncate=3)
    assert smooth[3:5, 3:5, 3:5].max() > threshold
    assert smooth[20, 20, 18] < threshold
    assert not mask[:8, :8, :8].any()
    assert mask[20, 20, 18]


def test_automatic_mask_leaves_a_capsid_hollow():
    radius = distances((48, 48, 48), (24, 24, 24))
    shell = (radius > 13) & (radius <= 20)
    mask, _ = found_in(noisy(shell.astype(np.float32)))
    assert_fits(mask, shell)
    assert not mask[radius < 9].any()


def test_automatic_mask_fills_a_pocket_but_not_one_open_at_the_box_edge():
    radius = distances((40, 40, 40), (20, 20, 20))
    shell = ((radius > 5.5) & (radius <= 14)).astype(np.float32)
    assert found_in(shell)[0][20, 20, 20]
    assert not found_in(shell[20:])[0][0, 20, 20]


@pytest.mark.parametrize("pad", [0, 30])
def test_automatic_mask_stays_above_noise_that_smoothing_leaves(molecule, pad):
    density, inside = molecule
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=density.shape), 2)
    noise *= density.std() / noise.std()
    _, threshold = found_in(np.pad(density + noise, pad))
    solvent = ndimage.gaussian_filter(noise, 8 / 2.3548 / VOXEL)[~dilate(inside, 6)]
    assert threshold > solvent.mean() + 2 * solvent.std()


def test_automatic_mask_of_a_real_map_agrees_with_the_published_one(shared_data):
    density = read_map(shared_data / "maps" / "betagal.mrc")
    mask, threshold = automatic_mask(density)
    assert overlap(mask, density.data > 0.02) > 0.93
    assert threshold == pytest.approx(0.03, abs=0.01)


def test_nothing_to_find_is_refused():
    with pytest.raises(InputError, match="no molecule"):
        found_in(np.ones((16, 16, 16)))


@pytest.mark.parametrize("radius", [1, 1.5, 3])
def test_dilation_is_by_a_ball(radius):
    shape = (11, 12, 13)
    mask = np.zeros(shape, dtype=bool)
    mask[5, 6, 7] = True
    np.testing.assert_array_equal(dilate(mask, radius), distances(shape, (5, 6, 7)) <= radius)


def test_dilation_at_the_box_edge_does_not_wrap():
    mask = np.zeros((6, 6, 6), dtype=bool)
    mask[0, 0, 0] = True
    grown = dilate(mask, 2)
    assert grown[2, 0, 0]
    assert not grown[-1].any()
    assert not dilate(np.zeros((6, 6, 6), dtype=bool), 2).any()


def test_soft_edge_is_half_a_cosine():
    shape = (15, 15, 15)
    mask = distances(shape, (7, 7, 7)) <= 2
    soft = soft_edge(mask, 4)
    assert soft.dtype == np.float32
    assert (soft[mask] == 1).all()
    expected = 0.5 + 0.5 * np.cos(np.pi * np.arange(5) / 4)
    np.testing.assert_allclose(soft[7, 7, 9:14], expected, atol=1e-6)
    assert soft[7, 7, 14] == 0
    assert soft[0, 0, 0] == 0


@pytest.mark.parametrize("reach", [0.5, 1, math.sqrt(3), 2.3, 4, 20])
def test_edges_are_those_of_exact_distances(reach):
    mask = np.random.default_rng(4).random((31, 14, 15)) < 0.002
    mask[12:25] = False
    distance = ndimage.distance_transform_edt(~mask)
    np.testing.assert_array_equal(dilate(mask, reach), distance <= reach)
    soft = 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, reach) / reach)
    np.testing.assert_allclose(soft_edge(mask, reach), soft, atol=1e-6)
