"""The program that trains CryoRes: what is trained, and that it learns."""

import keras
import numpy as np
import pytest

from deepreslib.networks import cryores as networks
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.training.cryores import program as training


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_absolute_resolution_is_baseline_and_relative_and_does_not_move_the_baseline():
    network = training.training_network(networks.build("compact"))
    rng = np.random.default_rng(0)
    inputs = {
        "features": rng.standard_normal((1, 2, 2, 2, networks.FEATURES)).astype(np.float32),
        "summary": rng.standard_normal((1, networks.SUMMARY)).astype(np.float32),
    }
    outputs = network.predict(inputs, verbose=0)
    for member in (1, 2):
        baseline, local, absolute = (outputs[f"{name}_{member}"] for name in ("baseline", "local", "absolute"))
        np.testing.assert_allclose(absolute[..., 0], local[..., 0] + baseline[:, 0], rtol=1e-5)
        np.testing.assert_array_equal(absolute[..., 1], local[..., 1])
    head = network.get_layer("baseline_raw_1")
    before = [np.array(value) for value in head.get_weights()]
    lone = keras.Model(network.input, network.output["absolute_1"])
    lone.compile("sgd", "mse")
    lone.fit(inputs, np.zeros((1, 2, 2, 2, 2), np.float32), verbose=0)
    for one, other in zip(before, head.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("one_scene")
def test_training_learns_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "VALIDATION_EXAMPLES", 1)
    monkeypatch.setattr(training, "find_structures", lambda folder: ["a structure"])
    options = {"structures": "a", "validation": "b", "folder": str(tmp_path), "batch": 4, "rate": 1e-3}
    options |= {"examples": 2, "usual": 0}
    card = training.train(training.Options(minutes=5, steps=200, **options), report=lambda line: None)
    first, last = card["history"][0], card["history"][-1]
    assert last["rmse_local"] < 0.7 * first["rmse_local"]
    assert last["iou_mask"] > 0.5
    assert 0.55 < card["metrics"]["within_sd"] < 0.8  # calibrated
    assert card["data"]["examples"] == 2
    again = training.train(training.Options(minutes=5, steps=210, **options), report=lambda line: None)
    assert again["steps"] == 210
    loaded = load_cryores(tmp_path)
    assert loaded.network.count_params() == networks.build("compact").count_params()


@pytest.mark.usefixtures("one_scene")
def test_the_stages_of_a_recipe_share_their_examples(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "VALIDATION_EXAMPLES", 1)
    monkeypatch.setattr(training, "find_structures", lambda folder: ["a structure"])
    for number, count in enumerate((2, 3)):
        folder = tmp_path / f"stage-{number}"
        options = training.Options(
            structures="a", validation="b", folder=str(folder), shared_folder=str(tmp_path), batch=2, rate=1e-3,
            examples=count, usual=1, steps=1,
        )  # fmt: skip
        assert len(training.CryoResProgram(options).examples) == count + 1
        assert not folder.exists()
    seed = training.VALIDATION_SEED
    names = {f"example_{seed}_000000.npz", *(f"example_1_00000{number}.npz" for number in range(3))}
    names.add(f"example_{training.USUAL_SEEDS + 1}_000000.npz")
    assert {path.name for path in (tmp_path / "examples").iterdir()} == names
