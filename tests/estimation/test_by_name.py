"""Estimation by a method's name: maps and paths, one map or half maps, the mask, and what is refused."""

import mrcfile
import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import localfsc, resmap
from deepreslib.estimation.by_name import estimate
from deepreslib.maps import DensityMap, automatic_mask, write_map


@pytest.fixture(scope="module")
def halves():
    """A noisy ball in two half maps."""
    rng = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((28, 28, 28)) - 14, axis=0)
    signal = np.where(distance < 8, 10 + rng.standard_normal(distance.shape), 0)
    return tuple(
        DensityMap((signal + 0.3 * rng.standard_normal(signal.shape)).astype(np.float32), (1.5,) * 3) for _ in range(2)
    )


@pytest.fixture(scope="module")
def mask():
    return np.linalg.norm(np.indices((28, 28, 28)) - 14, axis=0) < 7


def test_it_gives_what_the_method_gives(halves, mask):
    by_name = estimate(halves, mask, method="localfsc", cutoff=0.143)
    np.testing.assert_array_equal(by_name.resolution, localfsc.estimate(halves, mask, cutoff=0.143).resolution)


def test_paths_are_read(halves, mask, tmp_path):
    map_path, mask_path = tmp_path / "map.mrc", tmp_path / "mask.mrc"
    write_map(map_path, halves[0])
    write_map(mask_path, halves[0].like(mask.astype(np.float32)))
    by_name = estimate(str(map_path), mask_path, method="resmap")
    np.testing.assert_array_equal(by_name.resolution, resmap.estimate(halves[0], mask).resolution)


def test_without_a_mask_one_is_made_from_the_density(halves):
    made, _ = automatic_mask(halves[0].like(np.mean([half.data for half in halves], axis=0)))
    resolution = estimate(halves, method="localfsc").resolution
    np.testing.assert_array_equal(resolution > 0, made)


def test_unknown_methods_are_refused_and_the_known_ones_named(halves):
    for name in ("blocres", "fusion", "by_name", "no.such"):
        with pytest.raises(InputError, match="choose one of ") as refusal:
            estimate(halves[0], method=name)
        methods = set(str(refusal.value).partition("choose one of ")[2].rstrip(".").split(", "))
        assert methods >= {"cryores", "deepres", "localfsc", "monores", "resmap"}
        assert methods.isdisjoint({"fusion", "by_name"})


def test_three_maps_are_no_pair(halves):
    with pytest.raises(InputError, match="3 maps"):
        estimate([*halves, halves[0]], method="localfsc")


def test_half_maps_that_are_one_map_are_refused(halves, mask, tmp_path):
    path = tmp_path / "half.mrc"
    write_map(path, halves[0])
    for pair in ((halves[0], halves[0]), (halves[0], halves[1].like(5 * halves[0].data + 1)), (path, path)):
        with pytest.raises(InputError, match="give two half maps reconstructed independently"):
            estimate(pair, mask, method="localfsc")


def test_half_maps_of_another_scale_are_matched_and_said(halves, mask):
    right = estimate(halves, mask, method="localfsc")
    assert not [sentence for sentence in right.warnings if "half map" in sentence]
    matched = estimate((halves[0], halves[1].like(4 * halves[1].data)), mask, method="localfsc")
    assert "the second half map has another scale than the first half map" in matched.warnings[0]
    np.testing.assert_allclose(matched.resolution, right.resolution, atol=0.05)


def test_what_is_strange_about_a_file_or_a_mask_is_said(halves, mask, tmp_path):
    path = tmp_path / "half.mrc"
    with mrcfile.new(path, halves[0].data) as file:
        file.voxel_size = 1.5
        file.header.mz = 1
    tiny = np.zeros_like(mask)
    tiny[14, 14, 13:15] = True
    far = DensityMap(mask.astype(np.float32), (1.5,) * 3, (100.0, 0.0, 0.0), "far.mrc")
    for given in (path, (path, halves[1])):
        warnings = estimate(given, mask, method="resmap").warnings
        assert [sentence for sentence in warnings if "MZ = 1" in sentence]
    assert "covers only 2 voxels" in estimate(halves, tiny, method="resmap").warnings[0]
    assert "the mask far.mrc begins at" in estimate(halves, far, method="resmap").warnings[0]


def test_capital_letters_of_a_method_do_not_matter(halves, mask):
    right = estimate(halves, mask, method="localfsc")
    np.testing.assert_array_equal(estimate(halves, mask, method="LocalFSC").resolution, right.resolution)


def test_an_array_is_no_map(halves):
    for given in (halves[0].data, None):
        with pytest.raises(InputError, match="an array has no voxel size"):
            estimate(given)
