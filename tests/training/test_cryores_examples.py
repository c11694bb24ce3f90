"""Training examples of CryoRes: labels on the coarse grid, files; the losses; the training program."""

import keras
import numpy as np
import pytest

from deepres import spectra
from deepres.networks import cryores as networks
from deepres.networks import store
from deepres.training import cryores as training
from deepres.training import cryores_examples as examples
from deepres.training.cryores_recipe import SceneRecipe
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
    both = examples.joined([one, other])
    assert len(both) == 2
    np.testing.assert_array_equal(both.features[1], other.features[0])


def test_losses_against_their_formulas():
    truth = np.zeros((1, 1, 1, 2, 2), np.float32)
    truth[..., 1] = [1, 0]
    predicted = np.full((1, 1, 1, 2, 2), 9.0, np.float32)
    assert float(training._relative_logarithm(truth, predicted)) == pytest.approx(1.0, rel=1e-5)
    assert float(training._baseline_squared(np.array([[2.0]]), np.array([[5.0, 1.0]]))) == pytest.approx(9.0)
    logits = np.array([[0.0], [5.0]], np.float32)
    weighted = np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)
    assert float(training._cross_entropy(weighted, logits)) == pytest.approx(np.log(2), rel=1e-5)


def test_map_error_is_the_mean_of_the_maps_root_mean_squares():
    truth, found = np.zeros((2, 3, 1, 1, 2), np.float32), np.ones((2, 3, 1, 1, 2), np.float32)
    truth[0, :, 0, 0] = [[4, 1], [2, 1], [7, 0]]
    truth[1, :, 0, 0] = [[1, 1], [1, 1], [5, 1]]
    assert float(training.map_error(truth, found)) == pytest.approx((5**0.5 + (16 / 3) ** 0.5) / 2, rel=1e-3)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_absolute_resolution_is_baseline_and_relative_and_does_not_move_the_baseline():
    network = training.trainable(networks.build("compact"))
    random = np.random.default_rng(0)
    inputs = {
        "features": random.standard_normal((1, 2, 2, 2, networks.FEATURES)).astype(np.float32),
        "summary": random.standard_normal((1, networks.SUMMARY)).astype(np.float32),
    }
    found = network.predict(inputs, verbose=0)
    for member in (1, 2):
        baseline, local, absolute = (found[f"{name}_{member}"] for name in ("baseline", "local", "absolute"))
        np.testing.assert_allclose(absolute[..., 0], local[..., 0] + baseline[:, 0], rtol=1e-5)
        np.testing.assert_array_equal(absolute[..., 1], local[..., 1])
    head = network.get_layer("baseline_raw_1")
    before = [np.array(value) for value in head.get_weights()]
    lone = keras.Model(network.input, network.output["absolute_1"])
    lone.compile("sgd", "mse")
    lone.fit(inputs, np.zeros((1, 2, 2, 2, 2), np.float32), verbose=0)
    for one, other in zip(before, head.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def one_scene(scene, monkeypatch):
    """Every structure gives this scene."""
    monkeypatch.setattr(examples.cryores_scenes, "make_scene", lambda path, recipe, seed: scene)
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    return scene


def test_made_examples_are_kept(one_scene, tmp_path, monkeypatch):
    paths = examples.make(["a structure"], None, 3, 2, tmp_path)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["example_3_000000.npz", "example_3_000001.npz"]
    stored = examples.load(paths)
    assert len(stored) == 2
    expected = examples.from_scene(one_scene, np.random.default_rng(0)).summary[0]
    np.testing.assert_array_equal(stored.summary[-1], expected)
    assert stored.baseline[0] == one_scene.global_resolution
    monkeypatch.setattr(examples.cryores_scenes, "make_scene", None)
    assert examples.make(["a structure"], None, 3, 2, tmp_path) == paths


def test_one_example_in_eight_is_coarse_and_late_ones_are_masked(scene, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1.0])
    monkeypatch.setattr(examples, "MASKED_FROM", 12)
    monkeypatch.setattr(examples.cryores_scenes, "make_scene", lambda path, recipe, seed: asked.append(recipe) or scene)
    examples.make(["a structure"], SceneRecipe(), 3, 16, tmp_path)
    assert [number for number, recipe in enumerate(asked) if recipe.resolution == examples.COARSE] == [7, 15]
    assert {recipe.resolution for recipe in asked} == {SceneRecipe().resolution, examples.COARSE}
    assert [recipe.masked for recipe in asked] == [SceneRecipe().masked] * 12 + [1.0] * 4


@pytest.mark.usefixtures("one_scene")
def test_training_learns_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "VALIDATION_EXAMPLES", 1)
    monkeypatch.setattr(training, "find_structures", lambda folder: ["a structure"])
    told = {"structures": "a", "validation": "b", "folder": str(tmp_path), "batch": 4, "rate": 1e-3, "examples": 2}
    card = training.train(training.Options(minutes=5, steps=200, **told), report=lambda line: None)
    first, last = card["history"][0], card["history"][-1]
    assert last["rmse_local"] < 0.7 * first["rmse_local"]
    assert last["iou_mask"] > 0.5
    assert 0.55 < card["metrics"]["within_sd"] < 0.8  # calibrated
    assert card["data"]["examples"] == 2
    again = training.train(training.Options(minutes=5, steps=210, **told), report=lambda line: None)
    assert again["steps"] == 210
    loaded = store.load_cryores(tmp_path)
    assert loaded.network.count_params() == networks.build("compact").count_params()


def test_agreement_is_the_correlation_within_maps():
    random = np.random.default_rng(0)
    truth = np.stack([random.normal(5, 2, (3, 7, 1, 1)), random.random((3, 7, 1, 1)) > 0.3], axis=-1)
    found = random.normal(0, 1, (3, 7, 1, 1, 2)) + truth
    expected, shares = [], []
    for true, prediction in zip(truth[:, :, 0, 0], found[:, :, 0, 0], strict=True):
        known = true[:, 1] > 0
        expected.append(np.corrcoef(true[known, 0], prediction[known, 0])[0, 1])
        deviation = true[known, 0].std()
        shares.append(deviation / (deviation + training.EVEN))
    truth, found = truth.astype(np.float32), found.astype(np.float32)
    agreed = float(training.agreement(truth, found))
    assert agreed == pytest.approx(np.average(expected, weights=shares), abs=1e-3)
    moved = found + np.array([3, -1, 8], np.float32)[:, None, None, None, None]
    assert float(training.agreement(truth, moved)) == pytest.approx(agreed, abs=1e-3)
