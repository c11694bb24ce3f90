"""Training examples of CryoRes: labels on the coarse grid, files."""

import numpy as np
import pytest

from deepreslib.networks import cryores as networks
from deepreslib.training.cryores import examples


def test_labels_follow_the_scene(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    local, known, occupancy, anywhere = (example.labels[0, 0, :, n].astype(float) for n in range(4))
    assert example.features.shape == (1, 2, examples.KNOWN + examples.ANYWHERE, networks.FEATURES)
    assert (anywhere == np.r_[np.zeros(examples.KNOWN), np.ones(examples.ANYWHERE)]).all()
    assert known[: examples.KNOWN].all()
    assert 4 + 0.1 * 8 - 0.1 < local[known > 0].min() < local[known > 0].max() < 4 + 0.1 * 32 + 0.1
    assert local[known > 0].std() > 0.3
    assert (local[known == 0] == 0).all()
    assert occupancy.max() <= 1.001
    share = scene.views[0].mask.mean()
    assert (occupancy > 0.5)[anywhere > 0].mean() == pytest.approx(share, abs=0.12)
    assert list(example.kinds[0]) == ["ball", "none", "plain", "crop"]


def test_both_views_are_looked_at_in_the_same_places(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    shared = example.shared[0]
    assert shared[: examples.KNOWN].all()
    assert not shared[examples.KNOWN :].any()
    one, other = example.labels[0, :, shared[:].nonzero()[0], 0].astype(float).T
    np.testing.assert_allclose(one, other, atol=0.35)  # the grids differ by up to half a place
    assert np.corrcoef(one, other)[0, 1] > 0.98


def test_features_and_labels_are_of_the_same_places(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    features, occupancy = example.features[0].astype(float), example.labels[0, ..., 2].astype(float)
    for view in (0, 1):
        here, inside = features[view], occupancy[view]
        assert here[inside > 0.9, 12].mean() > here[inside < 0.05, 12].mean() + 0.2


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
    assert (stored.baseline[0] == one_scene.views[0].global_resolution).all()
    monkeypatch.setattr(examples.scenes, "make_scene", None)
    assert examples.make(["a structure"], None, 3, 2, tmp_path) == paths
