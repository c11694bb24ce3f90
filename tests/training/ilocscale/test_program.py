"""The training program for local sharpening: that networks learn, go on, leave usable folders, and refuse."""

import json
from dataclasses import replace

import numpy as np
import pytest
import synthetic_profiles

from deepreslib.commands import main
from deepreslib.networks import ilocscale, store
from deepreslib.networks.ilocscale_card import load_gains
from deepreslib.training import loop
from deepreslib.training.ilocscale import batches, examples, presets
from deepreslib.training.ilocscale import program as training


@pytest.fixture(scope="module")
def few_maps(make_ball):
    """Few maps, all of balls of noise."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(training, "VALIDATION_MAPS", 1)
        patched.setattr(examples, "make_map", lambda path, recipe, seed: make_ball(seed[:2]))
        patched.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
        yield


@pytest.fixture
def quick(few_maps, tmp_path):
    """A folder with structures, as the options name it."""
    return with_structures(tmp_path)


@pytest.fixture(scope="module")
def trained(few_maps, tmp_path_factory):
    """A folder in which all networks were trained for some steps."""
    folder = with_structures(tmp_path_factory.mktemp("trained"))
    assert command(folder, "--steps", "50") == 0
    return folder


def with_structures(folder):
    (folder / "structures").mkdir()
    (folder / "structures" / "one.pdb").write_text("END\n", encoding="utf-8")
    return folder


def command(folder, *words):
    structures = str(folder / "structures")
    fixed = ["--structures", structures, "--validation", structures, "--maps", "2", "--minutes", "9"]
    return main(["train", "ilocscale", *fixed, "-o", str(folder / "out"), *words])


def test_one_command_trains_all_networks(trained):
    for name, preset in presets.PRESETS.items():
        model = load_gains(str(trained / "out" / name), preset.network, preset.aim)
        assert (model.name, model.card["steps"], model.card["data"]["maps"]) == (f"ilocscale-{name}", 50, 2)
        assert (np.array(model.limits[0]) <= model.limits[1]).all()
        first, last = model.card["history"][0], model.card["history"][-1]
        better = "correlation" if name == "density" else "rms"
        assert (last[better] > first[better]) == (name == "density")
    assert len(list((trained / "out" / "examples").iterdir())) == 3


@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_gains_are_those_that_the_stored_network_gives(name, trained):
    preset, structures, folder = presets.PRESETS[name], str(trained / "structures"), trained / "out"
    options = training.Options(
        structures=structures,
        validation=structures,
        folder=str(folder),
        batch=1,
        rate=0.1,
        preset=name,
        minutes=1,
        maps=2,
    )
    program = training.GainsProgram(options, training.make_data(options))
    assert program.restore(str(next((folder / name).glob("checkpoint-*"))))
    windows = program.data.unseen.examples
    model = load_gains(str(folder / name), preset.network, preset.aim)
    profiles = windows.given if model.standard == "box" else windows.profiles
    known = windows.given_known[0] if model.standard == "box" else windows.known[0]
    found = model.log_gains(profiles, windows.usual[0], known, 3.0)
    expected = np.clip(program.log_gains(windows), *model.limits)
    np.testing.assert_allclose(found[:, known], expected[:, known], atol=1e-3)


def test_trainings_that_have_ended_go_on_only_if_asked_to(trained, capsys):
    assert command(trained, "--steps", "50") == 2
    assert "all networks are trained there; give more --minutes" in capsys.readouterr().err
    state = trained / "out" / "density" / loop.STATE
    before = json.loads(state.read_text())
    assert command(trained, "--steps", "52") == 0
    assert json.loads(state.read_text())["history"][: len(before["history"])] == before["history"]
    assert store.read_card(trained / "out" / "published")["steps"] == 52


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


def errors_of(folder, pairs, steps, batch=64):
    """The errors of the linear network for pairs of profiles, those to learn and unseen ones."""
    options = training.Options(
        structures="",
        validation="",
        folder=str(folder),
        batch=batch,
        rate=0.02,
        preset="published",
        minutes=99,
        maps=1,
        steps=steps,
    )
    program = training.GainsProgram(options, synthetic_profiles.data(*pairs))
    loop.run(program, options, lambda line: None)
    given, wanted = pairs[1]
    return np.asarray(program.network.predict_on_batch({"profile": given})["linear"]) - wanted


@pytest.fixture
def synthetic(monkeypatch):
    """Pairs of profiles of atoms at random, whose B factor is to be halved; no penalty, no profile is too faint."""
    monkeypatch.setattr(batches, "FAINTEST_POINT", -100.0)
    monkeypatch.setitem(ilocscale.PRESETS["published"]["config"], "penalty", 0.0)
    rng = np.random.default_rng(0)
    return synthetic_profiles.log_profiles(2000, rng), synthetic_profiles.log_profiles(300, rng)


def test_halved_b_factors_are_learnt_and_noise_leaves_no_bias(synthetic, tmp_path):
    rng = np.random.default_rng(1)
    noisy = [(given + rng.standard_normal(given.shape, np.float32), wanted) for given, wanted in synthetic]
    plain, worse = errors_of(tmp_path / "plain", synthetic, 600), errors_of(tmp_path / "noisy", noisy, 300)
    assert np.sqrt(np.square(plain).mean()) < 0.1
    assert np.abs(plain.mean(axis=0)).max() < 0.02
    assert np.sqrt(np.square(worse).mean()) > 2 * np.sqrt(np.square(plain).mean())
    assert np.abs(worse.mean(axis=0)).max() < 0.15


@pytest.mark.endurance
def test_halved_b_factors_are_learnt_to_a_fiftieth(synthetic, tmp_path):
    """As in the thesis, figure 4.4a; it took 15 epochs of 50,000 profiles."""
    errors = errors_of(tmp_path, synthetic, 12_000)
    assert np.sqrt(np.square(errors).mean()) < 0.02
