"""Cubes of the published U-Nets: how maps are cut, classes, files, batches."""

import itertools

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.training.voxelclass import cubes


def test_maps_are_padded_to_a_power_of_two_and_cut():
    array = np.arange(33 * 20 * 16).reshape(33, 20, 16) + 1
    found = cubes.cut(array)
    assert found.shape == (64, 16, 16, 16)  # 64³
    np.testing.assert_array_equal(found[0], array[:16, :16, :16])
    np.testing.assert_array_equal(found[4, :, :4], array[:16, 16:20, :16])
    np.testing.assert_array_equal(found[32, 0, :, :], array[32, :16, :16])
    assert found.sum() == array.sum()
    assert cubes.cut(array[:16, :3]).shape == (1, 16, 16, 16)


def test_cubes_hold_scaled_values_and_classes_within_the_mask(ball, known_methods):
    found = cubes.of_halves(ball)
    assert set(found) == {"fsc", "monores", "resmap"}
    one = found["resmap"]
    assert one.inside.sum() == ball.mask.sum()
    assert ((one.data > 0) <= one.inside).all()
    assert one.data.any(axis=(1, 2, 3)).all()
    assert (one.classes[~one.inside] == 0).all()
    assert set(np.unique(one.classes[one.inside])) == {4, 9}  # 6 Å is in (5, 6]; what is not assigned is the last
    local = ball.local_resolution[ball.mask]
    counts = np.bincount(found["fsc"].classes[one.inside], minlength=10)
    ends = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]
    expected = [np.count_nonzero((local > low) & (local <= high)) for low, high in itertools.pairwise(ends)]
    np.testing.assert_array_equal(counts, expected)
    lowest, highest = ball.mean.min(), ball.mean.max()
    expected = ((ball.mean - lowest) / (highest - lowest))[ball.mask]
    np.testing.assert_allclose(np.sort(one.data[one.inside]), np.sort(expected), atol=1e-3)


def test_files_are_kept_and_loaded_by_label(ball, scene, known_methods, tmp_path, monkeypatch):
    monkeypatch.setattr(cubes.scenes, "make_scene", lambda path, recipe, seed: scene)
    paths = cubes.make(["a structure"], 4, 2, tmp_path)
    monkeypatch.setattr(cubes.scenes, "make_scene", None)
    assert cubes.make(["a structure"], 4, 2, tmp_path) == paths
    found, whole = cubes.load(paths, "monores"), cubes.of_halves(ball)["monores"]
    assert len(found) == 2 * len(whole)
    np.testing.assert_array_equal(np.unique(found.maps), [0, 1])
    np.testing.assert_array_equal(found.classes[: len(whole)], whole.classes)
    np.savez(tmp_path / "none.npz", nothing=np.zeros(1))
    with pytest.raises(InputError, match="resmap assigns a resolution to none of the 1 maps"):
        cubes.load([tmp_path / "none.npz"], "resmap")


def test_batches_go_through_all_cubes(ball, known_methods):
    found = cubes.of_halves(ball)["fsc"]
    source = cubes.shuffled_batches(found, 5, seed=1, first=0)
    used, seen = 0, []
    while used < len(found) - 5:
        data, classes, used = next(source)
        assert data.shape == (5, 16, 16, 16, 1)
        assert classes.shape == (5, 16, 16, 16)
        seen += data.sum(axis=(1, 2, 3, 4)).tolist()
    assert len(np.unique(np.round(seen, 3))) == len(seen)
