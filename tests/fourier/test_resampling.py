"""Resampling of maps and sampling back, against waves, ramps and geometry."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import masks, quick, random_values, shapes, voxel_sizes

from deepreslib.fourier.resampling import clip_resolution, needed_voxels, sample_back, to_shape, to_voxel_size


class Waves:
    """A constant and plane waves, as a function of position; along each axis of a box at most ``highest`` periods."""

    def __init__(self, extent, highest=4, offset=3.0):
        rng = np.random.default_rng(0)
        periods = rng.integers(-highest, highest + 1, (10, 3))
        self.frequencies = periods / np.array(extent)
        self.phases = rng.uniform(0, 6, 10)
        self.offset = offset

    def on_grid(self, shape, voxel_size):
        z, y, x = (np.arange(count) * size for count, size in zip(shape, voxel_size, strict=True))
        position = z[:, None, None], y[:, None], x
        total = np.full(shape, self.offset)
        for frequency, phase in zip(self.frequencies, self.phases, strict=True):
            total += np.cos(2 * np.pi * sum(f * p for f, p in zip(frequency, position, strict=True)) + phase)
        return total.astype(np.float32)


def ramp(shape, voxel_size):
    """A linear function of position in Å; trilinear interpolation must reproduce it exactly."""
    z, y, x = np.indices(shape) * np.array(voxel_size).reshape(3, 1, 1, 1)
    return (1 + 0.5 * z - 0.25 * y + 0.125 * x).astype(np.float32)


@pytest.mark.parametrize("target", [0.7, 1.0, 1.2, 1.8], ids=lambda target: f"to {target} Å")
@pytest.mark.parametrize(
    ("shape", "voxel_size"),
    [
        ((60, 60, 60), (1.4, 1.4, 1.4)),
        ((55, 55, 55), (1.4, 1.4, 1.4)),
        ((50, 55, 64), (1.5, 1.5, 1.5)),
        ((51, 50, 60), (1.2, 1.5, 0.9)),
    ],
    ids=["even", "odd", "not cubic", "anisotropic"],
)
def test_waves_stay_the_same_function_of_position(shape, voxel_size, target):
    extent = tuple(count * size for count, size in zip(shape, voxel_size, strict=True))
    waves = Waves(extent)
    resampled, reached = to_voxel_size(waves.on_grid(shape, voxel_size), voxel_size, target)
    assert resampled.dtype == np.float32
    assert resampled.flags.c_contiguous
    assert reached == pytest.approx((target,) * 3, rel=0.01)
    assert np.multiply(resampled.shape, reached) == pytest.approx(extent)
    np.testing.assert_allclose(resampled, waves.on_grid(resampled.shape, reached), atol=1e-4)


def test_finer_and_back_is_the_same_map():
    data = np.random.default_rng(0).normal(size=(40, 45, 50)).astype(np.float32)
    fine, reached = to_voxel_size(data, 2.0, 1.3)
    back, again = to_voxel_size(fine, reached, 2.0)
    assert again == pytest.approx((2.0, 2.0, 2.0))
    np.testing.assert_allclose(back, data, atol=1e-5)


@pytest.mark.parametrize("shape", [(40, 40, 40), (45, 45, 45)])
def test_coarser_map_loses_only_what_is_beyond_its_nyquist_limit(shape):
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    coarse, reached = to_voxel_size(data, 1.0, 1.6)
    new = coarse.shape[0]
    assert reached == pytest.approx((shape[0] / new,) * 3)
    below_nyquist = np.abs(np.fft.fftfreq(shape[0], 1 / shape[0])) < new / 2
    before = np.fft.fftn(data)[np.ix_(below_nyquist, below_nyquist, below_nyquist)] / data.size
    below_nyquist = np.abs(np.fft.fftfreq(new, 1 / new)) < new / 2
    after = np.fft.fftn(coarse)[np.ix_(below_nyquist, below_nyquist, below_nyquist)] / coarse.size
    np.testing.assert_allclose(after, before, atol=1e-7)


@pytest.mark.parametrize("phase", [0.0, 0.7])
@pytest.mark.parametrize(("count", "target"), [(60, 2.0), (50, 0.5)], ids=["cropped to", "padded from"])
def test_wave_at_the_nyquist_limit_keeps_its_sampled_values(count, target, phase):
    limit = min(count, round(count / target)) // 2
    z = np.arange(count)
    data = np.zeros((count, 50, 50), np.float32) + np.cos(2 * np.pi * limit * z / count + phase)[:, None, None]
    resampled, reached = to_voxel_size(data.astype(np.float32), (1.0, target, target), target)
    place = np.arange(len(resampled)) * reached[0]
    shared = np.isclose(place, np.round(place))
    np.testing.assert_allclose(resampled[shared, 3, 4], data[np.round(place[shared]).astype(int), 3, 4], atol=1e-5)


def test_map_at_the_target_is_returned_untouched():
    data = np.random.default_rng(0).normal(size=(31, 37, 41)).astype(np.float32)
    same, reached = to_voxel_size(data, (1.0, 1.005, 0.995), 1.0)
    assert same is data
    assert reached == (1.0, 1.005, 0.995)


@pytest.mark.parametrize("count", [13, 14, 17, 23, 67, 83, 97, 127])
@pytest.mark.parametrize("voxel_size", [0.61, 1.37, 2.9])
def test_small_and_prime_boxes_reach_the_target_and_keep_their_extent(count, voxel_size):
    shape = (count, 20, 16)
    extent = count * voxel_size

    def bump(z):
        return 5 + np.exp(-0.5 * ((z - extent / 2) / (extent / 14 + 1.2 * voxel_size)) ** 2)

    along_z = bump(np.arange(count) * voxel_size)
    data = np.broadcast_to(along_z[:, None, None], shape).astype(np.float32)
    resampled, reached = to_voxel_size(data, (voxel_size, 1.0, 1.0), 1.0)
    assert reached[0] == pytest.approx(1.0, rel=0.01)
    assert resampled.shape[1:] == (20, 16)
    assert -1e-9 <= resampled.shape[0] * reached[0] - extent < reached[0]
    expected = bump(np.arange(resampled.shape[0]) * reached[0])
    np.testing.assert_allclose(resampled[:, 7, 8], expected, atol=0.02)


def test_constant_map_stays_constant():
    resampled, _ = to_voxel_size(np.full((23, 67, 40), 7.5, np.float32), 1.3, 0.9)
    np.testing.assert_allclose(resampled, 7.5, rtol=1e-5)


def test_resampling_needs_little_more_than_input_and_output():
    data = np.random.default_rng(0).normal(size=(128, 128, 128)).astype(np.float32)
    tracemalloc.start()
    resampled, _ = to_voxel_size(data, 1.0, 0.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert resampled.shape == (256, 256, 256)
    slabs = 5 * 4 * 2**22
    assert peak < 1.6 * resampled.nbytes + slabs


GRIDS = [(1.4, 1.0), (0.7, 1.0), (1.0, 1.0), (3.54, 1.0)]


@pytest.fixture(params=GRIDS, ids=[f"{size} Å" for size, _ in GRIDS])
def grids(request):
    """(shape, voxel size, new shape, reached) as resampling makes them."""
    shape, size = (30, 36, 40), request.param[0]
    resampled, reached = to_voxel_size(np.zeros(shape, np.float32), size, request.param[1])
    return shape, (size,) * 3, resampled.shape, reached


def test_sampling_back_is_exact_for_a_linear_function(grids):
    shape, voxel_size, new_shape, reached = grids
    mask = np.random.default_rng(0).random(shape) < 0.3
    limit = np.multiply(np.subtract(new_shape, 1), reached)
    position = np.indices(shape) * np.reshape(voxel_size, (3, 1, 1, 1))
    mask &= (position <= limit.reshape(3, 1, 1, 1)).all(axis=0)
    sampled = sample_back(ramp(new_shape, reached), mask, voxel_size, reached)
    assert sampled.dtype == np.float32
    np.testing.assert_allclose(sampled[mask], ramp(shape, voxel_size)[mask], atol=1e-4)
    assert (sampled[~mask] == 0).all()


def test_only_needed_voxels_are_looked_at(grids):
    shape, voxel_size, new_shape, reached = grids
    rng = np.random.default_rng(0)
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(rng.integers(0, shape, (40, 3)).T)] = True
    mask[-1, -1, -1] = mask[0, 0, 0] = True
    needed = needed_voxels(mask, voxel_size, reached, new_shape)
    assert needed.shape == new_shape
    assert needed.dtype == bool
    values = ramp(new_shape, reached)
    values[~needed] = np.nan
    sampled = sample_back(values, mask, voxel_size, reached)
    assert np.isfinite(sampled[mask]).all()
    assert (sampled[~mask] == 0).all()


def test_needed_voxels_are_the_corners_around_a_voxel():
    mask = np.zeros((10, 10, 10), dtype=bool)
    mask[3, 4, 5] = True
    needed = needed_voxels(mask, 1.5, 1.0, (15, 15, 15))
    assert np.argwhere(needed).tolist() == [[z, 6, x] for z in (4, 5) for x in (7, 8)]


def test_nothing_is_needed_without_a_mask():
    assert not needed_voxels(np.zeros((10, 10, 10), dtype=bool), 1.5, 1.0, (15, 15, 15)).any()


def test_far_edge_repeats_its_value_and_does_not_wrap():
    values = np.zeros((5, 5, 5), np.float32)
    values[-1] = 1.0
    values[0] = 100.0
    mask = np.ones((10, 5, 5), dtype=bool)
    sampled = sample_back(values, mask, (0.5, 1.0, 1.0), 1.0)
    np.testing.assert_allclose(sampled[-3:, 2, 2], [0.5, 1.0, 1.0])


def test_there_and_back_returns_a_smooth_map():
    shape, voxel_size = (40, 44, 50), (1.5, 1.5, 1.5)
    data = Waves(np.multiply(shape, voxel_size), highest=1).on_grid(shape, voxel_size)
    fine, reached = to_voxel_size(data, voxel_size, 0.5)
    mask = np.zeros(shape, dtype=bool)
    mask[5:35, 5:40, 5:45] = True
    back = sample_back(fine, mask, voxel_size, reached)
    np.testing.assert_allclose(back[mask], data[mask], atol=5e-3)


@pytest.mark.parametrize("shape", [(48, 45, 40), (20, 22, 25), (33, 60, 50)])
def test_to_another_number_of_voxels_on_the_same_box(shape):
    old, extent = (40, 44, 50), (60.0, 66.0, 75.0)
    waves = Waves(extent)
    data = waves.on_grid(old, np.divide(extent, old)).astype(np.float32)
    there = to_shape(data, shape)
    assert (there.dtype, there.shape) == (np.float32, shape)
    np.testing.assert_allclose(there, waves.on_grid(shape, np.divide(extent, shape)), atol=1e-4)


def test_the_same_number_of_voxels_is_the_same_map():
    data = np.random.default_rng(0).standard_normal((5, 6, 7)).astype(np.float32)
    assert to_shape(data, data.shape) is data


def test_resolution_is_clipped_inside_and_zero_outside():
    values = np.array([[[1.0, 5.0, 8.0, 12.0, 20.0, np.nan]]], np.float32)
    mask = np.array([[[True, True, True, True, True, False]]])
    clipped = clip_resolution(values, mask, 2.5, 13.0, 1.0)
    assert clipped.dtype == np.float32
    assert clipped.tolist() == [[[2.5, 5.0, 8.0, 12.0, 13.0, 0.0]]]
    assert values[0, 0, 0] == 1.0


def test_resolution_is_never_finer_than_twice_the_voxel_size():
    mask = np.ones((1, 1, 2), dtype=bool)
    clipped = clip_resolution(np.array([[[1.0, 9.0]]], np.float32), mask, 2.5, 13.0, (3.52, 3.53, 3.54))
    assert float(clipped[0, 0, 0]) >= 2 * 3.54
    assert clipped[0, 0, 0] == pytest.approx(7.08)
    with pytest.raises(ValueError, match="between 14 and 13"):
        clip_resolution(clipped, mask, 2.5, 13.0, 7.0)


@quick
@given(shapes(4, 24), shapes(0, 20), st.integers(0, 1000))
def test_any_map_is_the_same_after_more_voxels_and_back(shape, added, seed):
    data = random_values(shape, seed)
    there = to_shape(data, tuple(np.add(shape, added)))
    assert there.shape == tuple(np.add(shape, added))
    np.testing.assert_allclose(to_shape(there, shape), data, atol=1e-4)


@quick
@given(masks(least=12, most=30, empty=True), voxel_sizes(0.6, 3.5), st.floats(0.5, 3.0))
def test_any_mask_is_sampled_from_the_needed_voxels_alone(mask, voxel_size, target):
    resampled, reached = to_voxel_size(np.full(mask.shape, 2.5, np.float32), voxel_size, target)
    assert reached == pytest.approx((target,) * 3, rel=0.0101)
    rest = np.multiply(resampled.shape, reached) - np.multiply(mask.shape, voxel_size)
    assert (rest >= -1e-6).all()
    assert (rest < np.add(reached, 1e-6)).all()
    needed = needed_voxels(mask, voxel_size, reached, resampled.shape)
    assert needed.any() == mask.any()
    sampled = sample_back(np.where(needed, resampled, np.nan), mask, voxel_size, reached)
    np.testing.assert_allclose(sampled[mask], 2.5, rtol=1e-4)
    assert (sampled[~mask] == 0).all()
