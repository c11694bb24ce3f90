"""Examples of the class of each voxel: labels at the places that CryoRes is shown, files, moderate scenes."""

import numpy as np
import pytest

from deepreslib.networks.class_labels import HEADS
from deepreslib.training.cryores import kinds
from deepreslib.training.voxelclass import batches, examples


@pytest.fixture
def example(scene, known_methods):
    return examples.from_scene(scene, np.random.default_rng(1))


def test_labels_belong_to_the_same_places_as_inputs(example):
    monores, resmap = np.moveaxis(example.resolution[0], -1, 0)
    local, known = (example.inputs.labels[0, ..., n].astype(float) for n in (0, 1))
    both = (known > 0) & (monores > 0)
    assert both.sum() > 150
    np.testing.assert_allclose(monores[both], local[both], atol=0.25)  # both are 4 Å and 0.1 Å more a section
    assert set(np.unique(resmap)) == {0, 6}
    assert (monores[resmap > 0] < 6).all()
    assert monores[1].any()


def test_batches_hold_both_views_with_their_labels(example):
    inputs, targets = batches.inputs_and_targets(example, np.array([0]), slice(None))
    assert inputs["features"].shape[:2] == targets["monores"].shape[:2] == (2, example.resolution.shape[2])
    for number, label in enumerate(HEADS):
        np.testing.assert_array_equal(targets[label][:, :, 0, 0, 0], example.resolution[0, ..., number])
        np.testing.assert_array_equal(targets[label][..., 1], targets[label][..., 0] > 0)
    source = batches.shuffled_batches(example, 8, seed=1, first=0)
    (one, truth, used), (_, _, more) = next(source), next(source)
    assert one["features"].shape[:2] == truth["resmap"].shape[:2] == (2, batches.PLACES)
    assert (used, more) == (1, 2)


def test_made_examples_are_kept(scene, known_methods, tmp_path, monkeypatch):
    monkeypatch.setattr(examples.scenes, "make_scene", lambda path, recipe, seed: scene)
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    paths = examples.make(["a structure"], None, 3, 2, tmp_path)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["labelled_3_000000.npz", "labelled_3_000001.npz"]
    stored = examples.load(paths)
    assert len(stored) == 2
    expected = examples.from_scene(scene, np.random.default_rng([3, 1, 0]))
    assert stored.resolution.dtype == np.float32
    assert len(stored.first(1)) == len(stored.first(1).resolution) == 1
    assert stored.resolution.shape[1:] == expected.resolution.shape[1:]
    monkeypatch.setattr(examples.scenes, "make_scene", None)
    assert examples.make(["a structure"], None, 3, 2, tmp_path) == paths


def test_scenes_are_of_moderate_size_with_solvent_around():
    mixture, rng = examples.ModerateMixture(), np.random.default_rng(0)
    drawn = [mixture.draw_scene(rng) for _ in range(300)]
    assert {subject for subject, _, _ in drawn} == kinds.SUBJECTS.keys() - set(examples.LEFT_OUT)
    assert {recipe.layout for _, _, recipe in drawn} == {"whole", "ring"}
    for _, _, recipe in drawn:
        assert recipe.box[0] <= recipe.box[1] <= examples.LARGEST_BOX
        assert recipe.largest_box <= examples.LARGEST_BOX
    assert mixture.as_dict()["subjects"].keys() == kinds.SUBJECTS.keys() - set(examples.LEFT_OUT)
