"""The training loop: it runs any program, also one of two networks, and goes on from checkpoints."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from deepreslib.errors import InputError
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
        fit.compile(keras.optimizers.Adam(0.1), "mse")
        error.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")

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


def test_two_networks_with_two_optimisers_learn_and_are_kept(tmp_path):
    program, lines = TwoNetworks(), []
    card = loop.run(program, options(tmp_path, 60), report=lines.append)
    assert card["history"][-1]["rmse"] < 0.5 * card["history"][0]["rmse"]
    assert len(lines) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "error_checkpoint.keras",
        "error_optimiser.npz",
        "fit_checkpoint.keras",
        "fit_optimiser.npz",
        "state.json",
    ]
    restored = TwoNetworks()
    assert restored.restore(str(tmp_path))
    variables = [[v for network in p.networks for v in network.optimizer.variables] for p in (program, restored)]
    for one, other in zip(*variables, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_a_training_in_two_runs_is_one_training(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_rate", lambda state, options: 0.1)  # the rate follows the steps of a run
    whole, first, second = TwoNetworks(), TwoNetworks(), TwoNetworks()
    loop.run(whole, options(tmp_path / "whole", 10), report=lambda line: None)
    loop.run(first, options(tmp_path / "parts", 4), report=lambda line: None)
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


def test_a_finished_training_is_refused(tmp_path):
    loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)
    with pytest.raises(InputError, match=r"already trained for 0\.0 minutes; give more --minutes"):
        loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)


def test_without_the_program_s_files_it_begins_anew(tmp_path):
    loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)
    (tmp_path / "fit_checkpoint.keras").unlink()
    assert loop.run(TwoNetworks(), options(tmp_path, 2), report=lambda line: None)["steps"] == 2
