"""The training program: loss, improvement, resuming, card."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.commands import main
from deepreslib.estimation import deepres as estimation
from deepreslib.networks import store
from deepreslib.networks.deepres_card import load_deepres
from deepreslib.networks.ranges import RANGES
from deepreslib.training import loop
from deepreslib.training.deepres import calibration, scenes, validation
from deepreslib.training.deepres import program as training
from deepreslib.training.deepres.recipes import RECIPES
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
    """Small and simple scenes and a small buffer, so that a minute of training shows."""
    for name, preset in training.PRESETS.items():
        monkeypatch.setitem(training.PRESETS, name, replace(preset, buffer=24))
    monkeypatch.setattr(validation, "SCENES", 6)
    monkeypatch.setattr(validation, "WINDOWS", 3)
    monkeypatch.setattr(training, "ADAPTED", 2)
    monkeypatch.setattr(calibration, "SCENES", 3)
    simple = {"variants": 8, "windows": 3, "noisy": 0, "blurred": 0, "scrambled": 0, "regional": 0}
    recipe = scenes.SceneRecipe
    monkeypatch.setattr(scenes, "SceneRecipe", lambda *a, **k: recipe(*a, **(k | simple)))


def train(folders, steps, preset="compact", *options):
    command = ["train", "deepres", "--range", "high", "--preset", preset, "--structures", str(folders / "train")]
    command += ["--minutes", "5", "--steps", str(steps), "--batch", "8", "-o", str(folders / preset)]
    return main([*command, *options])


def test_training_improves_resumes_and_leaves_a_usable_model(folders, quick, capsys):
    assert train(folders, 150) == 0
    folder = folders / "compact"
    first = json.loads((folder / loop.STATE).read_text())
    assert first["history"][-1]["rmse_clean"] < first["history"][0]["rmse_clean"]
    assert train(folders, 152) == 0
    second = json.loads((folder / loop.STATE).read_text())
    assert second["steps"] > first["steps"]
    assert second["scenes"] > first["scenes"]
    assert second["history"][: len(first["history"])] == first["history"]
    capsys.readouterr()
    assert train(folders, 152) == 2
    assert "more --minutes" in capsys.readouterr().err

    card = store.read_card(folder)
    assert card["steps"] == second["steps"]
    assert card["metrics"]["rmse_clean"] == second["history"][-1]["rmse_clean"]
    model = load_deepres(str(folder), "high")
    data = np.random.default_rng(0).standard_normal((14, 14, 14)).astype(np.float32)
    resolution, deviation = estimation.predict(model, data, np.ones(data.shape, bool))
    assert np.isfinite(resolution).all()
    assert (deviation > 0).all()
    assert model.calibration.resolution == tuple(np.linspace(1.5, 6, calibration.KNOTS))
    assert np.min(model.calibration.factor) > 0


def test_training_starts_from_a_model(folders, quick, tmp_path):
    start = store.shipped_folder("deepres", "high")
    assert train(folders, 1, "compact", "--start", start, "-o", str(tmp_path)) == 0
    card = store.read_card(tmp_path)
    assert card["start"] == store.read_card(start)["sha256"]
    before, after = (load_deepres(str(folder), "high").network.get_weights() for folder in (start, tmp_path))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=0.01)


def test_a_recipe_leaves_one_model_that_can_be_used(folders, quick, monkeypatch, tmp_path, capsys):
    options = {"range_name": "high", "preset": "compact", "batch": 8, "rate": 1e-3}
    monkeypatch.setitem(RECIPES, "shipped-high", Recipe("", [Stage(6, options), Stage(4, options, seed=1)]))
    command = ["train", "deepres", "--recipe", "shipped-high", "--structures", str(folders / "train")]
    assert main([*command, "-o", str(tmp_path / "model")]) == 0
    card = store.read_card(tmp_path / "model")
    assert (card["recipe"], card["steps"], card["start"], card["range"]) == ("shipped-high", 10, None, "high")
    assert "calibration" in card
    assert card["command"].startswith("deepres train deepres --recipe shipped-high")
    first, last = (load_deepres(str(tmp_path / "model" / name), "high") for name in ("stage-1", "."))
    assert store.read_card(tmp_path / "model" / "stage-2")["start"] == first.sha256
    assert last.sha256 == card["stages"][1]["sha256"] != first.sha256
    capsys.readouterr()
    assert main([*command, "-o", str(tmp_path / "model")]) == 2
    assert "--recipe shipped-high has ended there" in capsys.readouterr().err


def test_a_start_of_another_range_is_refused(folders, tmp_path, capsys):
    start = store.shipped_folder("deepres", "low")
    assert train(folders, 1, "compact", "--start", start, "-o", str(tmp_path / "model")) == 2
    assert "--range low" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_a_start_of_another_preset_is_refused(folders, tmp_path, capsys):
    start = store.shipped_folder("deepres", "high")
    assert train(folders, 1, "published", "--start", start, "-o", str(tmp_path / "model")) == 2
    assert "--preset compact" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_folders_without_structures_are_refused(tmp_path, capsys):
    command = ["train", "deepres", "--range", "low", "--structures", str(tmp_path), "--minutes", "1"]
    assert main([*command, "-o", str(tmp_path / "model")]) == 2
    assert "no PDB or mmCIF file" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_calibrated_deviations_hold_their_share(folders, monkeypatch):
    """On the very maps the calibration was found on; maps of one structure are more alike than a molecule's parts."""
    monkeypatch.setattr(calibration, "SCENES", 4)
    model = estimation.load_model("high")
    paths = [str(folders / "val" / "val.pdb")]
    fitted = calibration.calibrate(model, paths)
    held, weights = [], []
    for number in range(4):
        for resolution, deviation, truth, weight in calibration._scene(model, paths[0], number):
            calibrated = deviation * fitted.factors(resolution, deviation)
            held.append(np.abs(estimation.soften_ends(resolution, calibrated, RANGES["high"]) - truth) < calibrated)
            weights.append(weight)
    share = np.average(np.concatenate(held), weights=np.concatenate(weights))
    assert share == pytest.approx(0.6827, abs=0.1)
