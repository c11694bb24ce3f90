"""Training examples of CryoRes: labels on the coarse grid, files."""

import numpy as np
import pytest

from deepreslib.fourier import spectra
from deepreslib.networks import cryores as networks
from deepreslib.training.cryores import examples
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.scenes import Scene


def test_labels_follow_the_scene(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    local, known, occupancy, anywhere = (example.labels[0, :, n].astype(float) for n in range(4))
    assert example.features.shape == (1, examples.KNOWN + examples.ANYWHERE, networks.FEATURES)
    assert (anywhere == np.r_[np.zeros(examples.KNOWN), np.ones(examples.ANYWHERE)]).all()
    assert known[: examples.KNOWN].all()
    assert 4 + 0.1 * 8 - 0.1 < local[known > 0].min() < local[known > 0].max() < 4 + 0.1 * 32 + 0.1
    assert local[known > 0].std() > 0.3
    assert (local[known == 0] == 0).all()
    assert occupancy.max() <= 1.001
    share = scene.mask.sum() * 1.5**3 / np.prod([3.0 * n for n in spectra.coarse_shape(scene.mask.shape, 1.5)])
    assert (occupancy > 0.5)[anywhere > 0].mean() == pytest.approx(share, abs=0.12)


def test_features_and_labels_are_of_the_same_places(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    features, occupancy = example.features[0].astype(float), example.labels[0, :, 2].astype(float)
    assert features[occupancy > 0.9, 8].mean() > features[occupancy < 0.05, 8].mean() + 0.2


def test_joined_examples_keep_their_order(scene):
    one, other = (examples.from_scene(scene, np.random.default_rng(seed)) for seed in (1, 2))
    both = examples.join([one, other])
    assert len(both) == 2
    np.testing.assert_array_equal(both.features[1], other.features[0])


def test_made_examples_are_kept(one_scene, tmp_path, monkeypatch):
    paths = examples.make(["a structure"], None, 3, 2, tmp_path)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["example_3_000000.npz", "example_3_000001.npz"]
    stored = examples.load(paths)
    assert len(stored) == 2
    expected = examples.from_scene(one_scene, np.random.default_rng(0)).summary[0]
    np.testing.assert_array_equal(stored.summary[-1], expected)
    assert stored.baseline[0] == one_scene.global_resolution
    monkeypatch.setattr(examples.scenes, "make_scene", None)
    assert examples.make(["a structure"], None, 3, 2, tmp_path) == paths


def test_one_example_in_eight_is_coarse_and_late_ones_are_masked(scene, tmp_path, monkeypatch):
    recipes = []
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1.0])
    monkeypatch.setattr(examples, "MASKED_FROM", 12)
    monkeypatch.setattr(
        examples.scenes, "make_scene", lambda path, recipe, seed: recipes.append(recipe) or Scene("ball", (scene,), {})
    )
    examples.make(["a structure"], SceneRecipe(), 3, 16, tmp_path)
    assert [number for number, recipe in enumerate(recipes) if recipe.resolution == examples.COARSE] == [7, 15]
    assert {recipe.resolution for recipe in recipes} == {SceneRecipe().resolution, examples.COARSE}
    assert [recipe.masked for recipe in recipes] == [SceneRecipe().masked] * 12 + [1.0] * 4
