"""The filter bank against the exact filter of each voxel, and what is done where there is no resolution."""

import numpy as np
import pytest

from deepreslib.fourier import filters, local_filter

VOXEL_SIZE = 1.2


def noise(seed, shape=(40, 36, 45)):
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def resolutions(shape=(40, 36, 45), levels=30):
    """A smooth field from 3 to 9 Å in steps, and 0 in a corner."""
    smooth = filters.low_pass(noise(1, shape), VOXEL_SIZE, 20.0)
    field = np.clip(0.5 + smooth / (4 * smooth.std()), 0, 1)
    field = (3 + 6 * np.rint(field * levels) / levels).astype(np.float32)
    field[:10, :10, :10] = 0
    return field


def exact(data, resolution, outside, b_factor=0.0):
    result = np.zeros_like(data)
    for value in np.unique(resolution):
        blurred = filters.apply_b_factor(data, VOXEL_SIZE, b_factor)
        filtered = filters.low_pass(blurred, VOXEL_SIZE, float(value) or outside)
        result[resolution == value] = filtered[resolution == value]
    return result


@pytest.mark.parametrize(
    ("own", "b_factor", "outside", "greatest"),
    [(0.0, 0.0, 12.0, 0.07), (100.0, 0.0, 12.0, 0.05), (100.0, -100.0, 12.0, 0.07), (0.0, 80.0, 4.0, 0.05)],
)
def test_the_bank_is_the_exact_filter_of_each_voxel(own, b_factor, outside, greatest):
    """White noise is the hardest case: all of the filters' edges have the same power."""
    data, resolution = filters.apply_b_factor(noise(0), VOXEL_SIZE, own), resolutions()
    got = local_filter.low_pass_locally(data, VOXEL_SIZE, resolution, outside, b_factor)
    expected = exact(data, resolution, outside, b_factor)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() < greatest * expected.std()
    assert (got - expected).std() < 0.01 * expected.std()


def test_longer_steps_are_worse_as_the_square_of_their_length():
    data, resolution = noise(0), resolutions()
    expected = exact(data, resolution, 9.0)
    errors = [
        (local_filter.low_pass_locally(data, VOXEL_SIZE, resolution, 9.0, step=step) - expected).std()
        for step in (0.25, 0.5)
    ]
    assert errors[1] / errors[0] == pytest.approx(4, rel=0.25)


def test_the_bank_is_even_in_frequency_and_holds_both_ends():
    cutoffs = local_filter.bank(3.0, 9.0, VOXEL_SIZE)
    assert cutoffs[0] == pytest.approx(1 / 9)
    assert cutoffs[-1] == pytest.approx(1 / 3)
    np.testing.assert_allclose(np.diff(cutoffs, 2), 0, atol=1e-12)
    step = local_filter.STEP * filters.RAISED_COSINE / VOXEL_SIZE
    assert 0.9 * step < np.diff(cutoffs).max() <= step
    assert len(local_filter.bank(4.0, 4.0, 1.0)) == 1


def test_one_resolution_is_one_filter():
    data = noise(2)
    got = local_filter.low_pass_locally(data, VOXEL_SIZE, np.full(data.shape, 4.5))
    np.testing.assert_allclose(got, filters.low_pass(data, VOXEL_SIZE, 4.5), atol=1e-5)


def test_voxels_without_a_resolution_get_the_coarsest():
    data, resolution = noise(3), resolutions()
    got = local_filter.low_pass_locally(data, VOXEL_SIZE, resolution)
    coarsest = float(resolution.max())
    expected = filters.low_pass(data, VOXEL_SIZE, coarsest)
    np.testing.assert_allclose(got[:10, :10, :10], expected[:10, :10, :10], atol=1e-5)
    np.testing.assert_array_equal(got, local_filter.low_pass_locally(data, VOXEL_SIZE, resolution, outside=coarsest))


def test_resolutions_beyond_what_the_grid_holds_change_nothing():
    data = noise(4)
    got = local_filter.low_pass_locally(data, VOXEL_SIZE, np.full(data.shape, 0.1))
    np.testing.assert_allclose(got, data, atol=1e-5)


def test_filters_that_no_voxel_needs_are_left_out(monkeypatch):
    transforms = []
    original = local_filter.slabs.backward_planes
    monkeypatch.setattr(local_filter.slabs, "backward_planes", lambda *args: transforms.append(1) or original(*args))
    data = noise(5)
    resolution = np.where(np.arange(45) < 20, 3.0, 9.0) * np.ones(data.shape)
    got = local_filter.low_pass_locally(data, VOXEL_SIZE, resolution)
    assert len(transforms) <= 3 < len(local_filter.bank(3.0, 9.0, VOXEL_SIZE))
    np.testing.assert_allclose(got, exact(data, resolution, 9.0), atol=1e-4)


@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_wrong_resolutions_are_refused(wrong):
    data = noise(6, (8, 8, 8))
    resolution = np.full(data.shape, 4.0)
    resolution[0, 0, 0] = wrong
    with pytest.raises(ValueError, match="below 0 or no number"):
        local_filter.low_pass_locally(data, 1.0, resolution)
    with pytest.raises(ValueError, match="below 0 or no number"):
        local_filter.low_pass_locally(data, 1.0, np.full(data.shape, 4.0), outside=wrong)


def test_no_resolution_at_all_and_other_shapes_are_refused():
    data = noise(6, (8, 8, 8))
    with pytest.raises(ValueError, match="no voxel has a local resolution"):
        local_filter.low_pass_locally(data, 1.0, np.zeros(data.shape))
    with pytest.raises(ValueError, match="they differ"):
        local_filter.low_pass_locally(data, 1.0, np.zeros((8, 8, 9)))
    np.testing.assert_allclose(
        local_filter.low_pass_locally(data, 1.0, np.zeros(data.shape), outside=5.0),
        filters.low_pass(data, 1.0, 5.0),
        atol=1e-5,
    )
