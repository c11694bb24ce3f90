"""The training program for local sharpening: that networks learn, go on, leave usable folders, and refuse."""

import json
from dataclasses import replace

import numpy as np
import pytest
import synthetic_profiles

from deepreslib.commands import main
from deepreslib.networks import ilocscale, store
from deepreslib.networks.ilocscale_card import SHELLS, load_gains
from deepreslib.training import loop
from deepreslib.training.ilocscale import batches, examples, presets
from deepreslib.training.ilocscale import program as training


@pytest.fixture
def quick(monkeypatch, tmp_path, make_ball):
    """Few maps, all of balls of noise; the folder that the options name holds structures."""
    monkeypatch.setattr(training, "VALIDATION_MAPS", 1)
    monkeypatch.setattr(examples, "make_map", lambda path, recipe, seed: make_ball(seed[:2]))
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    (tmp_path / "structures").mkdir()
    (tmp_path / "structures" / "one.pdb").write_text("END\n", encoding="utf-8")
    return tmp_path


def command(folder, *words):
    structures = str(folder / "structures")
    fixed = ["--structures", structures, "--validation", structures, "--maps", "2", "--minutes", "9"]
    return main(["train", "ilocscale", *fixed, "-o", str(folder / "out"), *words])


def test_one_command_trains_all_networks_and_goes_on(quick, capsys):
    assert command(quick, "--steps", "60") == 0
    for name, preset in presets.PRESETS.items():
        folder = quick / "out" / name
        model = load_gains(str(folder), preset.network, preset.aim)
        assert (model.name, model.card["steps"], model.card["data"]["maps"]) == (f"ilocscale-{name}", 60, 2)
        assert (np.array(model.limits[0]) <= model.limits[1]).all()
        first, last = model.card["history"][0], model.card["history"][-1]
        better = "correlation" if name == "density" else "rms"
        assert (last[better] > first[better]) == (name == "density")
    assert len(list((quick / "out" / "examples").iterdir())) == 3

    capsys.readouterr()
    assert command(quick, "--steps", "60") == 2
    assert "all networks are trained there; give more --minutes" in capsys.readouterr().err
    before = json.loads((quick / "out" / "density" / loop.STATE).read_text())
    assert command(quick, "--steps", "62") == 0
    after = json.loads((quick / "out" / "density" / loop.STATE).read_text())
    assert after["history"][: len(before["history"])] == before["history"]
    assert store.read_card(quick / "out" / "published")["steps"] == 62


def test_a_training_that_was_stopped_passes_over_what_has_ended(quick, monkeypatch):
    class Stopped(BaseException):
        pass

    def stop(windows):
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setitem(presets.PRESETS, "contrast", replace(presets.PRESETS["contrast"], usable=stop))
        with pytest.raises(Stopped):
            command(quick, "--steps", "2")
    sha256 = store.read_card(quick / "out" / "density")["sha256"]
    assert not (quick / "out" / "contrast" / store.CARD_FILE).exists()
    assert command(quick, "--steps", "2") == 0
    assert store.read_card(quick / "out" / "density")["sha256"] == sha256
    assert store.read_card(quick / "out" / "published")["steps"] == 2


def test_one_network_is_trained_into_the_folder_itself(quick):
    assert command(quick, "--preset", "contrast", "--steps", "3", "--batch", "8") == 0
    card = store.read_card(quick / "out")
    assert (card["preset"], card["aim"], card["start"]) == ("compact", "contrast", None)
    words = ["--preset", "contrast", "--steps", "3", "--start", str(quick / "out"), "-o", str(quick / "more")]
    assert command(quick, *words) == 0
    assert store.read_card(quick / "more")["start"] == card["sha256"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--start there", "--start is for one network"),
        ("--preset density --start there", "there is no such model"),
        ("--preset compact", "ilocscale has no preset compact; choose all, density, contrast or published"),
        ("--labels fsc", "--labels means nothing to train ilocscale"),
    ],
)
def test_options_that_cannot_be_are_refused(words, message, quick, capsys):
    assert command(quick, *words.split()) == 2
    assert message in capsys.readouterr().err
    assert not (quick / "out" / store.CARD_FILE).exists()


def test_the_gains_are_those_that_the_stored_network_gives(quick):
    """The program's gains of windows, and what the same network gives once it is stored."""
    assert command(quick, "--steps", "40") == 0
    for name, preset in presets.PRESETS.items():
        options = training.Options(
            structures=str(quick / "structures"), validation=str(quick / "structures"), folder=str(quick / "out"),
            batch=0, rate=0, preset=name, minutes=1, maps=2,
        )  # fmt: skip
        options = training.of_preset(options, name, alone=True)
        program = training.GainsProgram(options, training.make_data(options))
        assert program.restore(str(next((quick / "out" / name).glob("checkpoint-*"))))
        windows = program.data.unseen.examples
        model = load_gains(str(quick / "out" / name), preset.network, preset.aim)
        shift = windows.to_box[:, None] if model.standard == "box" else 0
        found = model.log_gains(windows.profiles + shift, np.ones(SHELLS, bool), 3.0) + shift
        low, high = model.limits
        expected = np.clip(program.log_gains(windows) - shift, low, high) + shift
        np.testing.assert_allclose(found, expected, atol=1e-3, err_msg=name)


def test_the_thesis_synthetic_profiles_are_learnt(monkeypatch, tmp_path):
    """Atoms at random, whose B factor is to be halved: the linear network is right to 0.02, and unbiased by noise."""
    monkeypatch.setattr(batches, "FAINTEST_POINT", -100.0)
    monkeypatch.setitem(ilocscale.PRESETS["published"]["config"], "penalty", 0.0)
    rng = np.random.default_rng(0)
    pairs = synthetic_profiles.log_profiles(3000, rng), synthetic_profiles.log_profiles(300, rng)
    noisy = tuple((given + rng.standard_normal(given.shape, np.float32), wanted) for given, wanted in pairs)
    errors = {}
    for name, (known, unseen) in {"plain": pairs, "noisy": noisy}.items():
        options = training.Options(
            structures="", validation="", folder=str(tmp_path / name), batch=64, rate=0.01, preset="published",
            minutes=9, steps=2500 if name == "plain" else 800, maps=1,
        )  # fmt: skip
        program = training.GainsProgram(options, synthetic_profiles.data(known, unseen))
        loop.run(program, options, lambda line: None)
        predicted = program.network.predict_on_batch({"profile": unseen[0]})
        errors[name] = np.asarray(predicted["linear"]) - unseen[1]
    assert np.sqrt(np.square(errors["plain"]).mean()) < 0.02
    assert np.sqrt(np.square(errors["noisy"]).mean()) > 0.1
    assert np.abs(errors["noisy"].mean(axis=0)).max() < 0.1
