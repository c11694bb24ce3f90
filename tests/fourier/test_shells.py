"""Radial shells against sums over the whole Fourier transform."""

import numpy as np
from hypothesis import given
from properties import quick, random_values, shapes, voxel_sizes

from deepreslib.fourier.shells import add_in_shells, mean_in_shells, mirror_counts, shell_numbers, sums_in_shells


def radii(shape, sizes):
    """Radius of every coefficient of the whole transform in widths of a shell, and that width in 1/Å."""
    width = 1 / max(count * size for count, size in zip(shape, sizes, strict=True))
    axes = np.meshgrid(*(np.fft.fftfreq(n, size) / width for n, size in zip(shape, sizes, strict=True)), indexing="ij")
    return np.sqrt(sum(axis**2 for axis in axes)), width


def test_mirror_images_are_counted_where_they_are_left_out():
    assert mirror_counts(4, 6).tolist() == [1, 2, 2, 1]
    assert mirror_counts(4, 7).tolist() == [1, 2, 2, 2]


def test_shells_are_numbered_by_the_nearest_radius():
    planes = list(shell_numbers(np.array([0.0, 3.0]), np.array([0.0, 4.0]), np.array([0.0, 0.4, 12.0])))
    assert np.array(planes).tolist() == [[[0, 0, 12], [4, 4, 13]], [[3, 3, 12], [5, 5, 13]]]


def test_quantities_are_added_up_plane_by_plane():
    shells = [np.array([[0, 1], [1, 3]]), np.array([[1, 1], [0, 3]])]
    planes = [(np.ones((2, 2)), np.array([[1, 2], [3, 4]])), (np.ones((2, 2)), np.array([[5, 6], [7, 8]]))]
    assert add_in_shells(planes, shells, 4).tolist() == [[2, 4, 0, 2], [8, 16, 0, 12]]


@quick
@given(shapes(4, 13), voxel_sizes(0.5, 3.0))
def test_sums_count_every_coefficient_of_the_whole_transform(shape, sizes):
    power = np.square(np.abs(np.fft.fftn(random_values(shape))))
    planes = ((plane,) for plane in power[:, :, : shape[2] // 2 + 1])
    frequency, count, (total,) = sums_in_shells(shape, sizes, planes)
    radius, width = radii(shape, sizes)
    np.testing.assert_allclose(frequency, width * np.arange(len(frequency)))
    assert -1e-5 <= 0.5 / max(sizes) / width - (len(frequency) - 1) < 1
    off_border = abs(radius % 1 - 0.5) > 1e-6  # how a radius midway between two shells is rounded does not matter
    if off_border.all():
        shell = np.rint(radius).astype(int)
        np.testing.assert_array_equal(count, [(shell == number).sum() for number in range(len(count))])
        np.testing.assert_allclose(total, [power[shell == number].sum() for number in range(len(count))], rtol=1e-6)


@quick
@given(shapes(4, 13), voxel_sizes(0.5, 3.0))
def test_the_mean_in_shells_of_a_function_of_the_radius_is_that_function(shape, sizes):
    radius, width = radii(shape, sizes)
    power = np.rint(radius[:, :, : shape[2] // 2 + 1]).astype(np.float32)
    shell_width, means = mean_in_shells(iter(power), shape, sizes)
    assert shell_width == width
    filled = means > 0
    off_border = abs(radius % 1 - 0.5) > 1e-4
    if off_border.all():
        np.testing.assert_allclose(means[filled], np.arange(len(means))[filled])
