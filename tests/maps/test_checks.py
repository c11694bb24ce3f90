"""Refusals of maps, masks and half maps that cannot be used."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import small_maps
from hypothesis import given
from hypothesis import strategies as st
from properties import masks, quick, random_values, shapes, voxel_sizes

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, GridHeader, automatic_mask, read_map
from deepreslib.maps.checks import (
    axes_warnings,
    check_estimable,
    check_half_maps,
    check_mask,
    check_same_grid,
    mask_warnings,
)


@pytest.fixture
def density():
    data = np.random.default_rng(0).normal(size=(10, 12, 14)).astype(np.float32)
    return DensityMap(data, (2.0, 2.0, 2.0), (5.0, 6.0, 7.0), "density.mrc")


@pytest.fixture
def mask(density):
    data = np.zeros_like(density.data)
    data[3:6, 4:8, 5:9] = 1
    return DensityMap(data, density.voxel_size, density.origin, "mask.mrc")


def refusal(check, *arguments, words):
    with pytest.raises(InputError) as caught:
        check(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


def test_good_map_passes(density):
    check_estimable(density, window=20.0, coarsest=13.0)


@pytest.mark.parametrize("quantity", ["resolution", "mask", "b-factor", "other words"])
def test_what_its_header_calls_no_density_is_refused(density, quantity):
    words = ["density.mrc", f"a map of the {quantity}"]
    refusal(check_estimable, replace(density, quantity=quantity), words=words)


@pytest.mark.parametrize("quantity", ["", "density", "half map"])
def test_what_its_header_calls_density_passes(density, quantity):
    check_estimable(replace(density, quantity=quantity))


def test_crystal_map_is_refused(shared_data):
    refusal(check_estimable, read_map(shared_data / "maps" / "emd_3001.map"), words=["emd_3001.map", "not orthogonal"])


@pytest.mark.parametrize("sizes", [(2.0, 2.0, 2.019), (1.985, 2.0, 2.0)])
def test_anisotropy_below_one_percent_passes(density, sizes):
    check_estimable(replace(density, voxel_size=sizes))


@pytest.mark.parametrize("sizes", [(2.0, 2.0, 2.021), (1.5, 2.0, 2.0)])
def test_anisotropy_is_refused_with_the_sizes_in_xyz(density, sizes):
    in_xyz = " × ".join(f"{size:g}" for size in sizes[::-1])
    refusal(check_estimable, replace(density, voxel_size=sizes), words=["density.mrc", "anisotropic", in_xyz])


def test_skew_cell_is_refused(density):
    skew = replace(density, header=GridHeader(cell_angles=(90.0, 94.3, 90.0)))
    refusal(check_estimable, skew, words=["density.mrc", "not orthogonal", "94.3"])


def test_constant_map_is_refused(density):
    refusal(check_estimable, density.like(np.full_like(density.data, 3.5)), words=["density.mrc", "constant", "3.5"])


def test_masks_are_no_densities(density, mask):
    soft = np.clip(np.indices(mask.data.shape)[0] - 3.5, 0, 1)
    for values in (mask.data, 255 * mask.data, 1 - mask.data, soft):
        refusal(check_estimable, mask.like(values), words=["mask.mrc is a mask", "--mask"])
    check_estimable(density.like((density.data - density.data.min()) / np.ptp(density.data)))


def test_map_smaller_than_a_window_is_refused(density):
    check_estimable(density, window=20.0)
    refusal(check_estimable, density, 20.5, words=["density.mrc", "too small", "28 × 24 × 20 Å", "20.5 Å"])


def test_map_coarser_than_the_range_is_refused(density):
    coarse = replace(density, voxel_size=(6.4,) * 3)
    check_estimable(coarse, None, 13.0)
    refusal(check_estimable, replace(density, voxel_size=(6.5,) * 3), None, 13.0, words=["density.mrc", "too coarse"])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_values_are_refused(density, bad):
    data = density.data.copy()
    data[1, 2, 3] = bad
    refusal(check_estimable, density.like(data), words=["density.mrc", "1 NaN or infinite"])


@pytest.mark.parametrize("size", [0.0, 60.0, np.nan])
def test_absurd_voxel_size_is_refused(density, size):
    refusal(check_estimable, replace(density, voxel_size=(size,) * 3), words=["density.mrc", "--voxel-size"])


def test_binary_mask(density, mask):
    inside = check_mask(mask, density)
    assert inside.dtype == bool
    np.testing.assert_array_equal(inside, mask.data == 1)


def test_soft_mask_is_cut_at_one_half(density, mask):
    data = np.zeros_like(mask.data)
    data[5, 5, 4:9] = (0.2, 0.5, 0.51, 0.9, 1.0)
    assert np.argwhere(check_mask(mask.like(data), density)).tolist() == [[5, 5, 6], [5, 5, 7], [5, 5, 8]]


def test_empty_mask_is_refused(density, mask):
    refusal(check_mask, mask.like(mask.data * 0), density, words=["mask.mrc", "empty"])
    refusal(check_mask, mask.like(mask.data * 0.4), density, words=["mask.mrc", "empty", "0.4"])


def test_mask_of_another_shape_is_refused_with_both_shapes(density, mask):
    other = replace(mask, data=mask.data[:-1])
    refusal(check_mask, other, density, words=["mask.mrc", "density.mrc", "14 × 12 × 9", "14 × 12 × 10"])


def test_mask_of_another_sampling_is_refused(density, mask):
    check_mask(replace(mask, voxel_size=(2.0, 2.0, 2.01)), density)
    refusal(check_mask, replace(mask, voxel_size=(2.0, 2.0, 2.1)), density, words=["mask.mrc", "2.1 × 2 × 2", "2 Å"])


def test_mask_whose_voxel_size_was_never_set_is_judged_by_shape(density, mask):
    unset = replace(mask, voxel_size=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0))
    np.testing.assert_array_equal(check_mask(unset, density), mask.data == 1)


ORDERS = [(1, 2, 3), (3, 2, 1), (2, 1, 3), (1, 3, 2), (2, 3, 1), (3, 1, 2)]


def in_order(data, order):
    """A map of cubic shape whose file has its axes in this order."""
    return DensityMap(np.ascontiguousarray(data, np.float32), (2.0,) * 3, header=GridHeader(axis_order=order))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wrong", ORDERS)
def test_only_a_wrong_order_of_axes_is_warned_about(order, wrong):
    """The right header names any order; the wrong one another than the file was written in."""
    rng = np.random.default_rng(4)
    inside = np.zeros((16, 16, 16))
    inside[2:7, 5:9, 8:15] = 1
    density = in_order(rng.standard_normal(inside.shape) * (0.1 + inside) + inside, (1, 2, 3))
    assert axes_warnings(in_order(inside, order), density) == ()
    assert axes_warnings(density, in_order(inside, order)) == ()
    file = inside.transpose(np.argsort(GridHeader(axis_order=(1, 2, 3)).file_to_zyx))
    read_wrongly = in_order(file.transpose(GridHeader(axis_order=wrong).file_to_zyx), wrong)
    found = axes_warnings(read_wrongly, density)
    assert len(found) == (wrong != (1, 2, 3))
    assert all("MAPC" in sentence for sentence in found)


def test_equal_half_maps_pass(density):
    close = replace(density, voxel_size=(2.0001, 2.0, 2.0), origin=(5.1, 6.0, 7.0), path="half2.mrc")
    check_half_maps(density, close)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": np.zeros((10, 12, 15), np.float32)}, ["shape", "14 × 12 × 10", "15 × 12 × 10"]),
        ({"voxel_size": (2.01, 2.01, 2.01)}, ["voxel size", "2 and 2.01 Å"]),
        ({"origin": (5.0, 6.0, 9.0)}, ["origin", "(7 × 6 × 5)", "(9 × 6 × 5)"]),
    ],
)
def test_half_maps_that_differ_are_refused(density, change, words):
    half2 = replace(density, path="half2.mrc", **change)
    refusal(check_half_maps, density, half2, words=["density.mrc", "half2.mrc", *words])


def test_maps_on_one_grid_pass_wherever_they_lie(density):
    check_same_grid(replace(density, voxel_size=(2.0, 2.0, 2.019), origin=(0.0, 0.0, 0.0)), density)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": np.zeros((10, 12, 15), np.float32)}, ["15 × 12 × 10", "14 × 12 × 10"]),
        ({"voxel_size": (2.03, 2.03, 2.03)}, ["voxel size of 2.03 Å", "of 2 Å"]),
    ],
)
def test_maps_on_other_grids_are_refused(density, change, words):
    other = replace(density, path="other.mrc", **change)
    refusal(check_same_grid, other, density, words=["density.mrc", "other.mrc", *words])


origins = st.tuples(*[st.floats(-1000, 1000, allow_subnormal=False)] * 3)


@quick
@given(shapes(2, 6), voxel_sizes(0.1, 40.0), origins, origins, st.floats(-0.0099, 0.0099, allow_subnormal=False))
def test_any_map_within_a_percent_is_on_the_same_grid(shape, voxel_size, origin, other_origin, difference):
    reference = DensityMap(random_values(shape), voxel_size, origin)
    other = DensityMap(random_values(shape, 1), tuple((1 + difference) * size for size in voxel_size), other_origin)
    check_same_grid(other, reference)


@quick
@given(shapes(2, 6), voxel_sizes(0.1, 40.0), st.integers(0, 2), st.sampled_from([0.5, 0.98, 1.02, 3.0]), st.booleans())
def test_any_map_off_the_grid_is_refused(shape, voxel_size, axis, factor, is_shape_other):
    reference = DensityMap(random_values(shape), voxel_size, path="density.mrc")
    if is_shape_other:
        other_shape = tuple(count + (number == axis) for number, count in enumerate(shape))
        other = replace(reference, data=random_values(other_shape), path="other.mrc")
    else:
        sizes = tuple(size * (factor if number == axis else 1) for number, size in enumerate(voxel_size))
        other = replace(reference, voxel_size=sizes, path="other.mrc")
    refusal(check_same_grid, other, reference, words=["density.mrc", "other.mrc"])
    refusal(check_half_maps, other, reference, words=["density.mrc", "other.mrc"])
    if other.voxel_size != (1.0, 1.0, 1.0) or is_shape_other:
        refusal(check_mask, other, reference, words=["density.mrc", "other.mrc"])


@quick
@given(masks(most=8, empty=True), voxel_sizes(0.1, 40.0), st.floats(0.5625, 5.0, width=32))
def test_any_mask_that_is_not_empty_is_read_as_it_is(inside, voxel_size, value):
    density = DensityMap(random_values(inside.shape) + 10 * inside, voxel_size, path="density.mrc")
    mask = DensityMap(np.where(inside, np.float32(value), np.float32(0.5)), voxel_size, path="mask.mrc")
    if inside.all():
        refusal(check_mask, mask, density, words=["mask.mrc", "covers the whole box"])
    elif inside.any():
        np.testing.assert_array_equal(check_mask(mask, density), inside)
    else:
        refusal(check_mask, mask, density, words=["mask.mrc", "empty"])


def ball(shape=(40, 44, 48), centre=(20, 22, 24), radius=12.0):
    """Distance (voxels) from the centre of a ball, less its radius: negative inside."""
    z, y, x = np.indices(shape)
    return np.sqrt((z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) - radius


def in_noise(depth, noise=0.3, voxel_size=2.0):
    """A map whose molecule is where ``depth`` is negative, in noise."""
    inside = depth < 0
    data = inside * (1 + random_values(depth.shape, 1)) + noise * random_values(depth.shape)
    return DensityMap(data.astype(np.float32), (voxel_size,) * 3, path="density.mrc")


def like(density, data):
    return replace(density, data=np.asarray(data, dtype=np.float32), path="mask.mrc")


SHAPES = {
    "ball": ball(),
    "hollow": np.abs(ball(radius=14.0)) - 4,
    "helix through two faces": np.hypot(*(np.indices((40, 44, 48))[1:] - np.array([22, 24])[:, None, None, None])) - 10,
    "off centre": ball(centre=(6, 8, 9)),
    "crop that reaches all faces": ball(radius=28.0),
    "membrane": np.abs(np.indices((40, 44, 48))[0] - 20.0) - 8,
    "crop with a channel": 6 - ball(radius=0.0),
}
"""Right masks: shape → negative inside."""


@pytest.mark.parametrize("noise", [0.01, 0.3, 1.5])
@pytest.mark.parametrize("name", SHAPES)
def test_right_masks_pass_without_a_word(name, noise):
    density = in_noise(SHAPES[name], noise)
    soft = np.clip(0.5 - SHAPES[name] / 6, 0, 1)
    for values in (SHAPES[name] < 0, soft, 255 * (SHAPES[name] < 0)):
        inside = check_mask(like(density, values), density)
        np.testing.assert_array_equal(inside, values > 0.5)
        share = inside.mean()
        assert len(mask_warnings(like(density, values), density)) == (share > 0.9), share


@pytest.mark.parametrize("contrast", [1, -1])
@pytest.mark.parametrize("noise", [0.01, 0.3, 1.5])
@pytest.mark.parametrize("name", ["ball", "hollow", "helix through two faces", "off centre"])
def test_inverted_masks_are_refused_with_the_mend(name, noise, contrast):
    if contrast < 0 and noise > 1:
        return  # solvent as varied as the molecule, and brighter: it could be a molecule that fills the box
    density = in_noise(SHAPES[name], noise)
    density = density.like(contrast * density.data)
    for values in (SHAPES[name] > 0, np.clip(0.5 + SHAPES[name] / 6, 0, 1)):
        refusal(check_mask, like(density, values), density, words=["mask.mrc is inverted", "1 minus the mask"])


def test_a_right_mask_of_inverted_density_is_not_called_inverted():
    density = in_noise(SHAPES["ball"])
    check_mask(like(density, SHAPES["ball"] < 0), density.like(-density.data))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.ones((40, 44, 48)), "it is 1 everywhere"),
        (1 + (SHAPES["ball"] < 0), "its values go from 1 to 2"),
        (np.where(SHAPES["ball"] < 0, 1.0, 0.6), "its values go from 0.6 to 1"),
    ],
)
def test_a_mask_without_outside_is_refused(values, word):
    density = in_noise(SHAPES["ball"])
    refusal(check_mask, like(density, values), density, words=["mask.mrc covers the whole box", word])


def test_masks_of_nearly_nothing_or_nearly_all_are_warned_about():
    density = in_noise(SHAPES["ball"])
    few = np.zeros(density.data.shape)
    few[20, 20, 20:30] = 1
    (sentence,) = mask_warnings(like(density, few), density)
    assert sentence.startswith("the mask mask.mrc covers only 10 voxels, 80 Å³ and 0.012 % of the box")
    most = np.ones(density.data.shape)
    most[0] = 0
    check_mask(like(density, most), density)
    (sentence,) = mask_warnings(like(density, most), density)
    assert sentence.startswith("the mask mask.mrc covers 97.5 % of the box")


def test_a_mask_that_lies_elsewhere_is_warned_about_with_both_places():
    density = replace(in_noise(SHAPES["ball"]), origin=(10.0, 0.0, -30.0))
    mask = like(density, SHAPES["ball"] < 0)
    for origin in ((10.0, 0.0, -30.0), (11.9, 1.9, -31.9), (0.0, 0.0, 0.0)):
        assert mask_warnings(replace(mask, origin=origin), density) == ()
    (sentence,) = mask_warnings(replace(mask, origin=(10.0, 4.5, -30.0)), density)
    assert "begins at (-30, 4.5, 10) Å" in sentence
    assert "density.mrc at (-30, 0, 10) Å" in sentence
    elsewhere = replace(mask, origin=(20.0, 20.0, 20.0))
    assert len(mask_warnings(elsewhere, replace(density, origin=(0.0, 0.0, 0.0)))) == 1


@pytest.mark.parametrize("name", ["1kc6", "2gaf", "4qln"])
def test_the_masks_of_the_references(shared_data, name):
    folder = shared_data / "reference" / name
    density, mask = read_map(folder / "half1.mrc.gz"), read_map(folder / "mask.mrc.gz")
    check_mask(mask, density)
    assert mask_warnings(mask, density) == ()
    refusal(check_mask, mask.like(1 - mask.data), density, words=["is inverted"])
    refusal(check_mask, mask.like(1 - mask.data), density.like(-density.data), words=["is inverted"])


def test_masks_found_in_experimental_maps(shared_data):
    for path in sorted((shared_data / "maps" / "experimental").glob("*.mrc.gz")):
        density = read_map(path)
        mask = density.like(automatic_mask(density)[0])
        check_mask(mask, density)
        assert mask_warnings(mask, density) == ()
        refusal(check_mask, mask.like(1 - mask.data), density, words=["is inverted"])


@pytest.mark.parametrize("scale", [3, 40])
def test_a_density_in_place_of_a_mask_is_warned_about(scale):
    data = small_maps.noisy().data
    density_map = small_maps.density_map(data)
    for values in (data * scale / data.max(), np.maximum(data, 0) * scale / data.max()):
        (sentence,) = mask_warnings(small_maps.density_map(values), density_map)
        assert "looks like a density" in sentence
        assert "--mask-threshold" in sentence


@pytest.mark.parametrize("level", [1, 2, 127, 255])
@pytest.mark.parametrize("outside", [0, -1])
def test_masks_of_any_level_soft_or_resampled_are_no_densities(level, outside):
    inside = (np.linalg.norm(np.indices((48,) * 3) - 23.5, axis=0) < 13) * 1.0
    soft = scipy.ndimage.gaussian_filter(inside, 2)
    ringing = scipy.ndimage.zoom(scipy.ndimage.zoom(inside, 0.5, order=1), 2, order=5)
    density_map = small_maps.noisy()
    for values in (inside, soft, np.clip(2 * soft, 0, 1), ringing):
        mask = small_maps.density_map(outside + (level - outside) * values)
        assert not [sentence for sentence in mask_warnings(mask, density_map) if "a density" in sentence]
