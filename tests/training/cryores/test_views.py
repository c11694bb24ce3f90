"""Scenes of many kinds: two views of the same half maps, with labels that are true of each."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.fourier import filters
from deepreslib.training.cryores import kinds
from deepreslib.training.cryores.scenes import COARSEST, make_scene
from deepreslib.training.cryores.wide_recipe import LARGEST_BOX, SMALLEST_BOX

MEDIUM = {"bands": ((4.5, 7.0, 1.0),), "box": (40, 56), "largest_box": 64}


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    """A block of 144 atoms."""
    return write_structure(tmp_path_factory.mktemp("structures") / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Scenes of small boxes; subjects and experiments keep their other changes."""
    for name, kind in kinds.SUBJECTS.items():
        changes = {**kind.changes, **MEDIUM, "longest": 60.0}
        if "bands" in kind.changes:
            changes["bands"] = ((8.0, 10.0, 1.0),)
        monkeypatch.setitem(kinds.SUBJECTS, name, kinds.Kind(kind.share, changes))


def assert_sound(view):
    assert view.data.shape == view.mask.shape == view.local_resolution.shape
    assert view.data.dtype == view.local_resolution.dtype == np.float32
    assert np.isfinite(view.data).all()
    assert view.data.std() == pytest.approx(1.0, abs=1e-3)
    assert view.mask.any()
    np.testing.assert_array_equal(view.local_resolution > 0, view.mask)
    assert view.local_resolution[view.mask].min() >= 2 * view.voxel_size * (1 - 1e-5)
    assert 2 * view.voxel_size <= view.global_resolution <= 40
    assert min(view.data.shape) >= SMALLEST_BOX
    assert max(view.data.shape) <= LARGEST_BOX
    assert min(view.data.shape) * view.voxel_size > 30


@pytest.mark.parametrize("name", kinds.names())
def test_every_kind_makes_sound_views(structure, name):
    scene = make_scene(structure, kinds.only(name), [3])
    assert len(scene.views) == 1
    assert name in (scene.settings["subject"], scene.settings["experiment"], scene.settings["views"][0]["kind"])
    assert_sound(scene.views[0])
    assert scene.settings["global_resolution"] <= COARSEST


def test_two_views_show_the_same_places(structure):
    """Where both views show the molecule, their true local resolution is the same, up to what each can show."""
    compared = 0
    for number in range(12):
        scene = make_scene(structure, kinds.Mixture({"whole molecule": 1.0}), [4, number])
        one, two = scene.views
        assert_sound(one)
        assert_sound(two)
        places = np.argwhere(one.mask)
        other = (places * one.voxel_size + np.subtract(one.offset, two.offset)) / two.voxel_size
        nearest = np.rint(other).astype(int)
        exact = (abs(other - nearest) < 0.01).all(1) & ((nearest >= 0) & (nearest < two.data.shape)).all(1)
        places, nearest = places[exact], nearest[exact]
        shared = two.mask[tuple(nearest.T)]
        first, second = one.local_resolution[tuple(places[shared].T)], two.local_resolution[tuple(nearest[shared].T)]
        limits = [view["limit"] for view in scene.settings["views"]]
        if one.voxel_size == two.voxel_size and shared.any():
            floor = max(limits) * (1 + 1e-4)
            finer = np.maximum(first, floor), np.maximum(second, floor)
            np.testing.assert_allclose(*finer, rtol=1e-3)
            compared += 1
    assert compared > 4


def test_a_scene_depends_on_its_seed_alone(structure):
    first, again, other = (make_scene(structure, kinds.Mixture(), [5, number]) for number in (0, 0, 1))
    assert first.settings == again.settings != other.settings
    for one, two in zip(first.views, again.views, strict=True):
        np.testing.assert_array_equal(one.data, two.data)
        assert (one.offset, one.global_resolution) == (two.offset, two.global_resolution)


def test_filaments_and_crystals_have_no_margin(structure):
    for name in ("filament", "crystal"):
        scene = make_scene(structure, kinds.only(name), [6])
        mask = scene.views[0].mask
        faces = [mask.take(side, axis).any() for axis in range(3) for side in (0, -1)]
        assert sum(faces) >= (2 if name == "filament" else 4)
        assert scene.settings["rim"] > 0


def test_a_crop_through_the_molecule_cuts_it(structure):
    scene = make_scene(structure, kinds.only("crop through"), [7])
    view, drawn = scene.views[0], scene.settings["views"][0]
    assert drawn["extent"] == "through"
    z, y, x = (
        slice(before, side - after) for side, (before, after) in zip(view.data.shape, drawn["rims"], strict=True)
    )
    mask = view.mask[z, y, x]
    assert max(mask.shape) < scene.settings["box"]
    assert any(mask.take(side, axis).any() for axis in range(3) for side in (0, -1))


def test_a_box_through_the_molecule_may_be_sharpened_afterwards(structure):
    """The same box with and without differs by the B factor alone, which is applied to the box as it is."""
    with pytest.MonkeyPatch.context() as patch:
        views = []
        for share in (1e-9, 1.0):
            changes = {**kinds.VIEW_KINDS["crop through"].changes, "afterwards": share, "rims": 0.0}
            patch.setitem(kinds.VIEW_KINDS, "crop through", kinds.Kind(1.0, changes))
            scene = make_scene(structure, kinds.only("crop through"), [7])
            views.append((scene.views[0], scene.settings["views"][0]["afterwards"]))
    (plain, none), (changed, b_factor) = views
    assert (none, -60 <= b_factor <= 120, b_factor != 0) == (0.0, True, True)
    expected = filters.apply_b_factor(plain.data, plain.voxel_size, b_factor)
    np.testing.assert_allclose(changed.data, expected / expected.std(), atol=1e-3)
    assert changed.global_resolution == plain.global_resolution


def test_a_coarser_filter_is_in_the_label(structure):
    for number in range(3):
        scene = make_scene(structure, kinds.only("filtered coarser"), [8, number])
        limit = scene.settings["views"][0]["limit"]
        expected = max(scene.settings["global_resolution"], limit)
        assert scene.views[0].global_resolution == pytest.approx(expected, rel=1e-6)
