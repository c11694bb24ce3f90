"""The parts of a map: what they cover, what they read, how much memory they need."""

import numpy as np
import pytest

from deepreslib.estimation import deepres, deepres_parts, fusion
from deepreslib.fourier.resampling import needed_voxels, resample, resampled_axes


@pytest.fixture
def mask():
    mask = np.random.default_rng(0).random((34, 40, 29)) > 0.97
    mask[5:20, 8:30, 3:25] = True
    mask[:, 36:] = False
    return mask


@pytest.mark.parametrize("voxel_size", [0.8, 1.0, 1.4])
def test_parts_cover_the_mask_once_and_hold_what_the_whole_map_holds(mask, voxel_size):
    data = np.random.default_rng(1).standard_normal(mask.shape).astype(np.float32)
    axes = resampled_axes(mask.shape, voxel_size, 1.0)
    whole = resample(data, axes)
    needed = needed_voxels(mask, voxel_size, [axis.reached for axis in axes], whole.shape)
    windows = fusion.asked_windows(needed)
    times = np.zeros(mask.shape, int)
    parts = deepres_parts.Parts(data, mask, axes, 12)
    assert len(parts) > 8
    for part in parts:
        times[part.box] += 1
        assert mask[part.box].any()
        assert part.needed.any()
        assert part.scale == pytest.approx(1 / data.std(), rel=1e-4)
        ends = [axis.between(side.start, side.stop) for axis, side in zip(axes, part.box, strict=True)]
        first = [int(a.lower[0] - b.lower[0]) for a, b in zip(ends, part.between, strict=True)]
        assert all(start % 2 == 0 for start in first)
        there = tuple(slice(start, start + count) for start, count in zip(first, part.data.shape, strict=True))
        np.testing.assert_allclose(part.data, whole[there], atol=1e-5)
        assert (needed[there] | ~part.needed).all()
        for place in np.argwhere(part.windows) + np.array(first) // 2:
            assert windows[tuple(place)]
    assert (times[mask] == 1).all()
    assert times.max() == 1


def test_the_standard_deviation_is_that_of_all_planes():
    data = 1e3 + np.random.default_rng(0).standard_normal((10, 20, 30)).astype(np.float32)
    assert deepres_parts.standard_deviation(data) == pytest.approx(data.std(dtype=float))


def test_parts_need_less_memory_than_the_whole():
    axes = resampled_axes((512,) * 3, 1.06, 0.5)
    assert deepres_parts.needed_memory((512,) * 3, axes, deepres.EDGE) < 2.5e9
    assert deepres_parts.needed_memory((512,) * 3, axes, None) > 10e9
