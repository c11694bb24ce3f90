"""Scenes for CryoRes: repeatable, within the recipe, stored without loss that matters."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.fourier import resampling
from deepreslib.training.cryores import scenes as program
from deepreslib.training.cryores.placing import box_size
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.structures import find_structures

SMALL = SceneRecipe(resolution=(5.0, 10.0), largest_box=48, binned=0.0)
FINE = replace(SMALL, sampling=(4.0, 5.5), cropped=0.0, binned_voxel_size=9.0)


def one_view(path, recipe, seed):
    """The one view of a scene of the older recipe, with the scene's name and settings beside its arrays."""
    scene = program.make_scene(path, recipe, seed)
    (view,) = scene.views
    return SimpleNamespace(name=scene.name, settings=scene.settings, **vars(view))


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    """144 atoms, 36 Å × 44 Å × 0 Å."""
    return write_structure(tmp_path_factory.mktemp("structures") / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)


@pytest.fixture(scope="module")
def scenes(structure):
    return [one_view(structure, SMALL, [1, number]) for number in range(6)]


def touches_the_border(mask):
    return any(mask.take([0, -1], axis).any() for axis in range(3))


def assert_same(one, other, rtol=0.0):
    assert one.name == other.name
    assert one.settings == other.settings
    np.testing.assert_array_equal(one.mask, other.mask)
    np.testing.assert_allclose(one.data, other.data, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(one.local_resolution, other.local_resolution, rtol=rtol)
    assert (one.voxel_size, one.global_resolution) == (other.voxel_size, other.global_resolution)


def test_map_and_labels_share_a_grid(scenes):
    for scene in scenes:
        assert scene.data.shape == scene.mask.shape == scene.local_resolution.shape
        assert scene.data.dtype == scene.local_resolution.dtype == np.float32
        assert scene.data.std() == pytest.approx(1.0, abs=1e-3)
        assert scene.mask.any()
        np.testing.assert_array_equal(scene.local_resolution > 0, scene.mask)
        assert (scene.local_resolution[scene.mask] >= 2 * scene.voxel_size).all()
        assert max(scene.data.shape) <= 49
        assert 5.0 <= scene.settings["resolution"] <= 10.0
        assert scene.settings["resolution"] / scene.voxel_size >= 2.09
        assert 0.6 <= scene.voxel_size <= 3.5


def test_a_scene_depends_on_its_seed_alone(structure, scenes):
    assert_same(one_view(structure, SMALL, [1, 0]), scenes[0])
    assert scenes[0].global_resolution != scenes[1].global_resolution


def test_large_molecules_are_cut_to_fit(structure):
    tight = replace(SMALL, resolution=(5.0, 5.0), voxel_size=(1.0, 1.1), largest_box=40)
    scene = one_view(structure, tight, [2])
    assert scene.settings["atoms"] < scene.settings["of"] == 144
    assert max(scene.data.shape) <= 40
    assert not touches_the_border(scene.mask)


def test_cropped_maps_are_no_cubes_and_hold_the_molecule(structure):
    cropped = one_view(structure, replace(SMALL, cropped=1.0), [4])
    whole = one_view(structure, replace(SMALL, cropped=0.0), [4])
    assert len(set(cropped.data.shape)) > 1
    assert cropped.mask.sum() == whole.mask.sum()
    assert cropped.data.size < whole.data.size


def test_binned_maps_are_the_same_on_coarser_voxels(structure):
    plain, binned = (one_view(structure, replace(FINE, binned=share, binning=(1.2, 1.2)), [6]) for share in (0.0, 1.0))
    assert binned.settings == plain.settings
    assert binned.voxel_size > plain.voxel_size
    assert binned.global_resolution == 2 * binned.voxel_size == pytest.approx(1.2 * plain.global_resolution, rel=0.05)
    cropped = resampling.to_shape(plain.data, binned.data.shape)
    assert np.corrcoef(cropped.ravel(), binned.data.ravel())[0, 1] == pytest.approx(1.0, abs=1e-5)
    volumes = [scene.mask.sum() * scene.voxel_size**3 for scene in (plain, binned)]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.05)
    finest, truth = 2 * binned.voxel_size, plain.local_resolution[plain.mask]
    assert binned.local_resolution[binned.mask].min() == pytest.approx(max(truth.min(), finest), rel=1e-3)
    expected = np.maximum(truth, finest)
    assert np.median(binned.local_resolution[binned.mask]) == pytest.approx(np.median(expected), rel=0.03)


def test_maps_that_would_become_too_coarse_are_not_binned(structure):
    recipe = replace(SMALL, binned=1.0, binned_voxel_size=2.0)
    scene = one_view(structure, recipe, [7])
    assert_same(scene, one_view(structure, replace(recipe, binned=0.0), [7]))


def test_shares_of_all_or_none(structure):
    none = dict.fromkeys(("sharpened", "masked", "belts", "spheres", "offset", "domains", "uneven", "flat"), 0.0)
    plain = one_view(structure, replace(SMALL, **none), [5]).settings
    full = one_view(structure, replace(SMALL, **dict.fromkeys(none, 1.0)), [5]).settings
    assert plain["belt"] is plain["noise"]["sphere"] is plain["finish"]["mask_growth"] is None
    assert plain["finish"]["b_factor"] == plain["noise"]["excess"] == plain["disorder"]["domain"] == 0
    assert full["finish"]["b_factor"] < 0 < full["noise"]["excess"]
    assert full["finish"]["fsc_weighted"] or full["finish"]["low_pass"]
    assert None not in (full["belt"], full["noise"]["sphere"], full["finish"]["mask_growth"])
    assert full["disorder"]["spread"] == 1.0 < plain["disorder"]["spread"]


def test_off_centre_molecules_are_off_centre_and_inside(structure):
    away = replace(SMALL, off_centre=1.0, padding=(0.6, 0.6), cropped=0.0)
    offsets = []
    for seed in range(4):
        scene = one_view(structure, away, [6, seed])
        middle = np.argwhere(scene.mask).mean(0) - scene.data.shape[0] // 2
        offsets.append(abs(middle).max() / scene.data.shape[0])
        assert not touches_the_border(scene.mask)
    assert max(offsets) > 0.12


def test_boxes_have_only_small_factors():
    assert [box_size(n) for n in (10, 33, 58, 126.5)] == [32, 33, 60, 128]


SPLIT_SEED = 20230526
SPLIT_RECIPE = SceneRecipe(binned=0.0, distal=(0.0, 1.0))
"""As in ``benchmarks/cryores_accuracy.py``."""

SPLIT = {
    0: ("1ak4", (44, 64, 34), 4.394008059757782, 65345.83349752426, 377.42930619132676, 11653),
    5: ("1dix", (104, 104, 104), 2.4135344759632376, 192525.1159515381, 1203.8539638033667, 70967),
}
"""Two scenes of the test split as they were before scenes had kinds: structure, shape, global resolution, sum of the
local resolutions, sum of some of the voxels, voxels of the mask."""

SHEET = ((29, 29, 29), 6.607666428353247, 1458.3509311676025, 408.2959450017661, 217)
"""The same of a small structure."""


def figures(view):
    some = view.data[::3, ::5, ::7].sum(dtype=float)
    return view.global_resolution, view.local_resolution.sum(dtype=float), some, np.count_nonzero(view.mask)


def test_a_scene_of_a_small_structure(tmp_path):
    sheet = write_structure(tmp_path / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)
    (view,) = program.make_scene(sheet, SceneRecipe(resolution=(5.0, 10.0), largest_box=48), [SPLIT_SEED, 3]).views
    assert view.data.shape == SHEET[0]
    assert figures(view) == pytest.approx(SHEET[1:], rel=1e-4)


@pytest.mark.parametrize("number", SPLIT)
def test_a_scene_of_the_test_split(shared_data, number):
    name, shape, *expected = SPLIT[number]
    path = find_structures(shared_data / "structures" / "test")[number]
    scene = program.make_scene(path, SPLIT_RECIPE, [SPLIT_SEED, number])
    (view,) = scene.views
    assert (scene.name, view.data.shape) == (name, shape)
    assert figures(view) == pytest.approx(tuple(expected), rel=1e-4)
