"""The training program of the class of a map: improvement, resuming, card, recipe."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.commands import main
from deepreslib.networks import mapclass, store
from deepreslib.networks.mapclass_card import load_map_classes
from deepreslib.training import loop
from deepreslib.training.mapclass import molecules, presets, validation
from deepreslib.training.mapclass import program as training
from deepreslib.training.mapclass.recipes import RECIPES
from deepreslib.training.stages import Recipe, Stage


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    for split in ("train", "val"):
        (folder / split).mkdir()
        write_structure(folder / split / f"{split}.pdb", chains="ABCDEFGH", residues=8 if split == "train" else 9)
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Few maps of small molecules, and small networks."""
    monkeypatch.setattr(molecules, "FEWEST", 60)
    for name, preset in presets.PRESETS.items():
        recipe = replace(preset.recipe, variants=3)
        monkeypatch.setitem(training.PRESETS, name, replace(preset, recipe=recipe, buffer=30, uses=200))
    monkeypatch.setattr(validation, "SCENES", 2)
    monkeypatch.setattr(training, "ADAPTED", 2)
    config = mapclass.PRESETS["cnn3d"]["config"] | {"filters": [2, 2, 2], "dense": 4}
    monkeypatch.setitem(mapclass.PRESETS["cnn3d"], "config", config)


def train(folders, steps, preset="compact", *options):
    command = ["train", "mapclass", "--preset", preset, "--structures", str(folders / "train"), "--minutes", "9"]
    return main([*command, "--steps", str(steps), "--batch", "8", "-o", str(folders / preset), *options])


def test_training_improves_resumes_and_leaves_a_usable_model(folders, quick, capsys):
    assert train(folders, 200) == 0
    folder = folders / "compact"
    first = json.loads((folder / loop.STATE).read_text())
    assert first["history"][-1]["rmse_clean"] < 0.5 * first["history"][0]["rmse_clean"]
    assert train(folders, 202) == 0
    second = json.loads((folder / loop.STATE).read_text())
    assert (second["steps"], second["history"][: len(first["history"])]) == (202, first["history"])
    capsys.readouterr()
    assert train(folders, 202) == 2
    assert "more --minutes" in capsys.readouterr().err

    model = load_map_classes(str(folder))
    assert (model.card["scale"], model.card["data"]["molecules"]) == ("Gaussian", 1)
    assert model.decisions.at((5, 10)) == (4.9, 10.1)
    assert np.min(model.calibration.factor) > 0
    resolution, deviation = model.predict(np.random.default_rng(0).random((2, 64, 64, 64), np.float32))
    assert np.isfinite(resolution).all()
    assert (deviation > 0).all()


def test_the_published_networks_are_trained_on_three_classes(folders, quick):
    assert train(folders, 3, "cnn3d") == 0
    model = load_map_classes(str(folders / "cnn3d"))
    assert (model.preset, model.has_ladder) == ("cnn3d", False)
    assert model.card["data"]["recipe"]["levels"] == [2.5, 7.5, 12.5]
    assert set(model.card["metrics"]) == {"right_clean"}
    assert "decisions" not in model.card


def test_a_recipe_leaves_one_model_and_training_starts_from_it(folders, quick, monkeypatch, tmp_path):
    options = {"preset": "compact", "batch": 8, "rate": 1e-3}
    monkeypatch.setitem(RECIPES, "shipped", Recipe("", [Stage(6, options)]))
    command = ["train", "mapclass", "--recipe", "shipped", "--structures", str(folders / "train")]
    assert main([*command, "-o", str(tmp_path / "model")]) == 0
    card = store.read_card(tmp_path / "model")
    assert (card["recipe"], card["steps"], card["start"]) == ("shipped", 6, None)
    assert train(folders, 1, "compact", "--start", str(tmp_path / "model"), "-o", str(tmp_path / "more")) == 0
    assert store.read_card(tmp_path / "more")["start"] == card["sha256"]


def test_calibrated_deviations_hold_their_share():
    rng = np.random.default_rng(4)
    truth = np.exp(rng.uniform(np.log(1.3), np.log(17), 4000))
    errors = rng.laplace(0, 0.05, len(truth))
    members = np.stack([np.log(truth) + errors, np.full(len(truth), 0.02)], axis=-1)[:, None].repeat(2, 1)

    class Network:
        def predict(self, inputs, verbose):
            return inputs

    fitted = validation.calibrate(Network(), {"clean": (members, truth)})
    resolution = np.exp(members[:, 0, 0])
    deviation = 0.02 * resolution * fitted.factors(resolution, 0.02 * resolution)
    assert np.mean(np.abs(resolution - truth) < deviation) == pytest.approx(0.6827, abs=0.03)


def test_folders_without_fitting_molecules_are_refused(tmp_path, capsys):
    write_structure(tmp_path / "small.pdb")
    command = ["train", "mapclass", "--structures", str(tmp_path), "--validation", str(tmp_path), "--minutes", "1"]
    assert main([*command, "-o", str(tmp_path / "model")]) == 2
    assert "give a folder of other structures" in capsys.readouterr().err
