"""Parts of a resampled map against the whole of it."""

import itertools

import numpy as np
import pytest

from deepreslib.fourier.parts import ResampledParts
from deepreslib.fourier.resampling import (
    needed_between,
    needed_voxels,
    resampled_axes,
    sample_back,
    sample_between,
    to_voxel_size,
)


@pytest.mark.parametrize("voxel_size", [0.6, 1.0, 1.37, (2.9, 1.0, 0.7)])
def test_parts_are_those_of_the_resampled_map(voxel_size):
    data = np.random.default_rng(0).standard_normal((37, 40, 29)).astype(np.float32)
    whole, reached = to_voxel_size(data, voxel_size, 1.0)
    axes = resampled_axes(data.shape, voxel_size, 1.0)
    assert tuple(axis.length for axis in axes) == whole.shape
    assert tuple(axis.reached for axis in axes) == reached
    reader = ResampledParts(data, axes)
    halves = [((0, count // 2), (count // 3, count)) for count in whole.shape]
    for ends in itertools.product(*halves):
        part = reader.read(ends)
        np.testing.assert_allclose(part, whole[tuple(slice(*pair) for pair in ends)], atol=1e-5)


def test_voxels_of_a_part_lie_where_they_lie_in_the_whole_map():
    mask = np.random.default_rng(0).random((20, 24, 22)) > 0.7
    axes = resampled_axes(mask.shape, 1.3, 1.0)
    reached, shape = [axis.reached for axis in axes], [axis.length for axis in axes]
    values = np.random.default_rng(1).random(shape).astype(np.float32)
    box, first = (slice(3, 15), slice(8, 24), slice(0, 9)), (2, 7, 0)
    between = [a.between(s.start, s.stop).counted_from(f) for a, s, f in zip(axes, box, first, strict=True)]
    there = tuple(slice(start, None) for start in first)
    found = sample_between(values[there], mask[box], between)
    np.testing.assert_array_equal(found, sample_back(values, mask, 1.3, reached)[box])
    only_box = np.zeros_like(mask)
    only_box[box] = mask[box]
    expected = needed_voxels(only_box, 1.3, reached, shape)
    np.testing.assert_array_equal(needed_between(mask[box], between, values[there].shape), expected[there])
