"""Training examples of CryoRes: labels on the coarse grid, files, cuts; and the losses."""

import numpy as np
import pytest

from deepres.networks import cryores as networks
from deepres.training import cryores as training
from deepres.training import cryores_examples as examples
from deepres.training.cryores_scenes import Scene


@pytest.fixture(scope="module")
def scene():
    random = np.random.default_rng(0)
    shape = (40, 44, 36)
    z, y, x = np.indices(shape)
    mask = (z - 20) ** 2 + (y - 22) ** 2 + (x - 18) ** 2 < 12**2
    local = np.where(mask, 4 + 0.1 * z, 0).astype(np.float32)
    data = (random.standard_normal(shape) * (0.2 + mask)).astype(np.float32)
    return Scene("ball", data, 1.5, local, mask, 4.5, {})


def test_labels_follow_the_scene(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    local, known, occupancy = (example.labels[..., n].astype(float) for n in range(3))
    assert example.features.shape[:3] == local.shape
    places = np.argwhere(known > 0)
    np.testing.assert_allclose(local[known > 0], 4 + 0.1 * places[:, 0] * 2, atol=0.15)
    assert occupancy.max() <= 1.001
    true = scene.mask.sum() * 1.5**3
    assert (occupancy > 0.5).sum() * 27 == pytest.approx(true, rel=0.1)


def test_cut_pads_turns_and_keeps_places_together(scene):
    example = examples.from_scene(scene, np.random.default_rng(1))
    features, labels = examples.cut(example, 32)
    assert features.shape == (32, 32, 32, networks.FEATURES)
    assert labels[..., 1].sum() == example.labels[..., 1].sum()
    random = np.random.default_rng(2)
    for _ in range(4):
        features, labels = examples.cut(example, 16, random)
        assert features.shape[:3] == labels.shape[:3] == (16, 16, 16)
        inside, outside = labels[..., 2] > 0.9, labels[..., 2] < 0.05
        energies = features[..., 8]
        assert energies[inside].mean() > energies[outside].mean() + 0.2


def test_losses_against_their_formulas():
    truth = np.zeros((1, 1, 1, 2, 2), np.float32)
    truth[..., 1] = [1, 0]
    predicted = np.full((1, 1, 1, 2, 2), 9.0, np.float32)
    assert float(training._relative_logarithm(truth, predicted)) == pytest.approx(1.0, rel=1e-5)
    assert float(training._baseline_squared(np.array([[2.0]]), np.array([[5.0, 1.0]]))) == pytest.approx(9.0)
    logits = np.array([[0.0]], np.float32)
    assert float(training._cross_entropy(np.array([[1.0]], np.float32), logits)) == pytest.approx(np.log(2), rel=1e-5)


def test_absolute_resolution_is_baseline_and_relative():
    layer = training.AbsoluteResolution()
    baseline, local = np.array([[4.0, 0.3]], np.float32), np.full((1, 2, 2, 2, 2), 0.5, np.float32)
    found = np.asarray(layer(baseline, local))
    assert (found[..., 0] == 4.5).all()
    assert (found[..., 1] == 0.5).all()


def test_made_examples_are_kept(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(examples.cryores_scenes, "make_scene", lambda path, recipe, seed: scene)
    paths = examples.make(["a structure"], None, 3, 2, tmp_path)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["example_3_000000.npz", "example_3_000001.npz"]
    example, stored = examples.from_scene(scene, np.random.default_rng(0)), examples.load(paths[0])
    np.testing.assert_array_equal(stored.features, example.features)
    assert stored.baseline == example.baseline
    monkeypatch.setattr(examples.cryores_scenes, "make_scene", None)
    assert examples.make(["a structure"], None, 3, 2, tmp_path) == paths
