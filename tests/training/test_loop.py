"""The training loop: it runs any program, also one of two networks, and goes on from checkpoints."""

import dataclasses
import functools
import json
import os
import shutil

import keras
import numpy as np
import pytest
from keras import layers

from deepreslib.errors import InputError
from deepreslib.networks import store
from deepreslib.training import checkpoints, loop


class TwoNetworks:
    """One network turns x into 2 x + 1, the other turns that into the first one's errors; each has its optimiser."""

    PREFIXES = ("fit_", "error_")

    def __init__(self):
        self.rates = []

    def begin(self):
        keras.utils.set_random_seed(3)
        self.networks = [keras.Sequential([layers.Input((1,)), layers.Dense(1)]) for _ in self.PREFIXES]
        self._compile()

    def _compile(self):
        fit, error = self.networks
        fit.compile(keras.optimizers.Adam(0.1), "mse", jit_compile=False)  # which takes longer than it saves here
        error.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", jit_compile=False)

    def restore(self, folder):
        networks = [checkpoints.load_network(folder, prefix) for prefix in self.PREFIXES]
        if None in networks:
            return False
        self.networks = networks
        self._compile()
        for network, prefix in zip(networks, self.PREFIXES, strict=True):
            checkpoints.restore_optimiser(network, folder, prefix)
        return True

    def save(self, folder):
        for network, prefix in zip(self.networks, self.PREFIXES, strict=True):
            checkpoints.save(network, folder, prefix)

    def batches(self, first):
        used = 0
        while True:
            rng = np.random.default_rng(first + used)
            used += 1
            x = rng.uniform(-1, 1, (8, 1)).astype(np.float32)
            yield x, 2 * x + 1, used

    def step(self, inputs, targets, rate):
        self.rates.append(rate)
        fit, error = self.networks
        fit.optimizer.learning_rate, error.optimizer.learning_rate = rate, rate / 10
        loss = fit.train_on_batch(inputs, targets)
        return float(loss + error.train_on_batch(inputs, targets - fit.predict_on_batch(inputs)))

    def validate(self):
        x = np.linspace(-1, 1, 9, dtype=np.float32)[:, None]
        return {"rmse": round(float(np.sqrt(np.mean((self.networks[0].predict_on_batch(x) - 2 * x - 1) ** 2))), 4)}

    def card(self, state):
        return {"name": "two", "steps": state["steps"], "history": state["history"]}

    def weights(self):
        return [value for network in self.networks for value in network.get_weights()]


def options(folder, steps, minutes=5.0):
    return loop.LoopOptions(
        structures="", validation="", minutes=minutes, folder=str(folder), batch=8, rate=0.1, steps=steps
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Function that trains at one rate for so many steps, once; gives the program and its folder, to be left alone."""

    @functools.cache
    def train(steps):
        folder, program = tmp_path_factory.mktemp("trained"), TwoNetworks()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "_rate", at_one_rate)
            loop.run(program, options(folder, steps), report=lambda line: None)
        return program, folder

    return train


def at_one_rate(state, options):
    """The rate of a run follows its steps, so that those of two runs are another training."""
    return 0.1


def test_two_networks_with_two_optimisers_learn_and_are_kept(tmp_path):
    program, lines = TwoNetworks(), []
    card = loop.run(program, options(tmp_path, 60), report=lines.append)
    assert card["history"][-1]["rmse"] < 0.5 * card["history"][0]["rmse"]
    assert len(lines) == 2
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == [
        "checkpoint-60/error_checkpoint.keras",
        "checkpoint-60/error_optimiser.npz",
        "checkpoint-60/fit_checkpoint.keras",
        "checkpoint-60/fit_optimiser.npz",
        "state.json",
    ]
    restored = TwoNetworks()
    assert restored.restore(str(tmp_path / "checkpoint-60"))
    variables = [[v for network in p.networks for v in network.optimizer.variables] for p in (program, restored)]
    for one, other in zip(*variables, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_a_training_in_two_runs_is_one_training(tmp_path, monkeypatch, trained):
    monkeypatch.setattr(loop, "_rate", at_one_rate)
    (whole, _), second = trained(10), TwoNetworks()
    shutil.copytree(trained(4)[1], tmp_path / "parts")
    before = json.loads((tmp_path / "parts" / loop.STATE).read_text())
    card = loop.run(second, options(tmp_path / "parts", 10), report=lambda line: None)
    after = json.loads((tmp_path / "parts" / loop.STATE).read_text())
    assert (before["scenes"], after["scenes"], card["steps"]) == (4, 10, 10)
    assert after["history"][: len(before["history"])] == before["history"]
    for one, other in zip(whole.weights(), second.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_rate_rises_then_falls_as_a_cosine(tmp_path):
    program = TwoNetworks()
    loop.run(program, options(tmp_path, 100, minutes=1e5), report=lambda line: None)
    progress = np.arange(100) / 100
    rise = np.minimum(1, 0.05 + progress / loop.WARM_UP)
    expected = 0.1 * rise * (0.01 + 0.99 * np.square(np.cos(np.pi * progress / 2)))
    np.testing.assert_allclose(program.rates, expected, rtol=1e-4)


def test_a_training_without_minutes_ends_with_its_steps_and_one_without_end_is_refused(tmp_path):
    assert loop.run(TwoNetworks(), options(tmp_path, 3, minutes=None), report=lambda line: None)["steps"] == 3
    with pytest.raises(ValueError, match="minutes or steps"):
        options(tmp_path, None, minutes=None)


def write_model(folder, card):
    """A model folder as the programs write it after the loop."""
    (folder / store.WEIGHTS_FILE).write_bytes(b"weights")
    content = card | {"sha256": store.sha256(folder / store.WEIGHTS_FILE)}
    (folder / store.CARD_FILE).write_text(json.dumps(content))


def test_a_training_whose_loss_stands_still_ends(tmp_path, monkeypatch):
    class StandingStill(TwoNetworks):
        def step(self, inputs, targets, rate):
            super().step(inputs, targets, rate)
            return max(5.0 - len(self.rates), 2.0)

    monkeypatch.setattr(loop, "PERIOD", (0.0, 0.0))
    patient = dataclasses.replace(options(tmp_path, 50), patience=4)
    card = loop.run(StandingStill(), patient, report=lambda line: None)
    assert [row["loss"] for row in card["history"]][1:] == [4, 3, 2, 2, 2, 2, 2]
    write_model(tmp_path, card)
    with pytest.raises(InputError, match="give more --patience"):
        loop.run(StandingStill(), patient, report=lambda line: None)


def test_a_finished_training_is_refused(tmp_path):
    write_model(tmp_path, loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None))
    with pytest.raises(InputError, match=r"already trained for 0\.0 minutes; give more --minutes"):
        loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)


@pytest.mark.parametrize("spoil", ["no model", "an older model", "mixed files"])
def test_a_training_that_was_stopped_before_its_model_was_written_is_ended(tmp_path, spoil):
    program = TwoNetworks()
    card = loop.run(program, options(tmp_path, 2), report=lambda line: None)
    if spoil != "no model":
        write_model(tmp_path, card | {"steps": 1 if spoil == "an older model" else 2})
    if spoil == "mixed files":
        (tmp_path / store.WEIGHTS_FILE).write_bytes(b"older weights")
    again = TwoNetworks()
    assert loop.run(again, options(tmp_path, 2), report=lambda line: None) == card
    assert not again.rates
    for one, other in zip(program.weights(), again.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("file", ["checkpoint-2/fit_checkpoint.keras", "checkpoint-2/error_optimiser.npz", loop.STATE])
@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"{}", b'{"seconds": NaN}'])
def test_a_checkpoint_that_is_damaged_is_refused(tmp_path, trained, file, content):
    shutil.copytree(trained(2)[1], tmp_path, dirs_exist_ok=True)
    if content is None and file != loop.STATE:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_bytes(content or b"")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(InputError, match=r"state\.json: .*; copy the folder again, or remove state\.json"):
        loop.run(TwoNetworks(), options(tmp_path, 4), report=lambda line: None)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}


class Stopped(BaseException):
    """What ends a training."""


@pytest.mark.parametrize("moment", range(6))
def test_a_training_stopped_while_a_checkpoint_is_written_goes_on(tmp_path, monkeypatch, trained, moment):
    """Before the first file is renamed, after it, and so on; after the last, the state's, the new one counts."""
    monkeypatch.setattr(loop, "_rate", at_one_rate)
    (whole, _), program = trained(10), TwoNetworks()
    folder, replace, done = tmp_path / "parts", os.replace, []
    shutil.copytree(trained(4)[1], folder)

    def stop(old, new):
        if len(done) == moment:
            raise Stopped
        done.append(new)
        replace(old, new)
        if len(done) == moment == 5:
            raise Stopped

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(Stopped):
        loop.run(TwoNetworks(), options(folder, 7), report=lambda line: None)
    monkeypatch.setattr(os, "replace", replace)
    steps = json.loads((folder / loop.STATE).read_text())["steps"]
    assert steps == (7 if moment == 5 else 4)
    assert {path.name for path in folder.iterdir()} == {loop.STATE, f"checkpoint-{steps}"}
    assert loop.run(program, options(folder, 10), report=lambda line: None)["steps"] == 10
    for one, other in zip(whole.weights(), program.weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_of_an_earlier_version_goes_on(tmp_path):
    """It lay beside the state."""
    loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)
    for path in (tmp_path / "checkpoint-2").iterdir():
        path.rename(tmp_path / path.name)
    state = json.loads((tmp_path / loop.STATE).read_text())
    del state["checkpoint"]
    (tmp_path / loop.STATE).write_text(json.dumps(state))
    assert loop.run(TwoNetworks(), options(tmp_path, 4), report=lambda line: None)["steps"] == 4
