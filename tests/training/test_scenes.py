"""Training data: labels, repeatability, shapes; the effective resolution against its definition."""

import itertools

import numpy as np
import pytest
from test_structures import write_structure

from deepres import filters
from deepres.ranges import RANGES
from deepres.training import scenes, stream


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    return write_structure(tmp_path_factory.mktemp("structures") / "big.pdb", chains="ABCDEFGHIJKL", residues=12)


def small(recipe):
    return scenes.replace(recipe, variants=4, patches=3)


@pytest.mark.parametrize("range_name", ["low", "high"])
def test_patches_and_labels_fit(structure, range_name):
    recipe = small(scenes.SceneRecipe(RANGES[range_name]))
    patches, labels = scenes.make_scene(structure, recipe, [1, 2])
    assert patches.shape == (12, 14, 14, 14, 1)
    assert labels.shape == (12, 2, 2, 2, 2)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(patches), axis=(1, 2, 3, 4))), 1.0, rtol=1e-4)
    assert set(np.unique(labels[..., 1])) <= {0.0, 1.0}
    assert (labels[:, 1, 1, 1, 1] == 1).all()
    assert np.isfinite(labels).all()


def test_a_scene_depends_on_its_seed_alone(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    one, other = (scenes.make_scene(structure, recipe, [7, 8]) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(one[0], scenes.make_scene(structure, recipe, [7, 9])[0])


def test_plain_scenes_are_band_limited_at_their_label(structure):
    recipe = small(scenes.plain_recipe(scenes.SceneRecipe(RANGES["low"], outputs=52)))
    patches, labels = scenes.make_scene(structure, scenes.replace(recipe, patches=1), [3])
    for patch, label in zip(patches[..., 0], labels, strict=True):
        resolution = label[0, 0, 0, 0]
        assert 2.5 <= resolution <= 13
        power = np.square(
            np.abs(np.fft.rfftn(patch * np.hanning(64)[:, None, None] * np.hanning(64)[:, None] * np.hanning(64)))
        )
        beyond = filters.frequencies(patch.shape, 1.0) > 1 / resolution + 0.02 + 0.05
        assert power[beyond].sum() < 1e-3 * power.sum()


@pytest.mark.parametrize("voxel_size", [0.5, 1.0])
def test_effective_resolution_of_blurred_and_sharpened_maps(voxel_size):
    def effective(b_factor, resolution=4.0):
        return scenes.effective_resolution(resolution, b_factor, voxel_size)

    assert effective(0.0) == 4.0
    assert effective(1e-3) == pytest.approx(4.0, abs=0.02)
    series = [effective(b) for b in (-100, -50, 1e-3, 50, 100, 200)]
    assert all(a < b for a, b in itertools.pairwise(series))
    assert effective(300.0, 2.1) == pytest.approx(np.sqrt(300 / 3), rel=0.15 / voxel_size)


def test_the_stream_is_the_same_with_and_without_workers(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    made = []
    for workers in (0, 1):
        source = stream.scene_stream([structure], [1.0], recipe, 5, first=2, workers=workers)
        made.append([next(source) for _ in range(2)])
        source.close()
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_batches_use_every_patch_once_in_another_order():
    source = ((np.arange(10 * i, 10 * i + 10.0), np.arange(10 * i, 10 * i + 10.0)) for i in range(8))
    drawn = [b for b, labels, _ in stream.batches(source, 5, 20, seed=0) if np.array_equal(b, labels)]
    values = np.concatenate(drawn)
    assert len(values) == len(set(values)) >= 60
    assert not np.array_equal(values, np.sort(values))
