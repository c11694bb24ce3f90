"""The training loop that all programs share: time or steps, learning rate, checkpoints, history."""

import contextlib
import datetime
import json
import math
import os
import time
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from deepreslib.errors import InputError
from deepreslib.files import write_aside, write_json
from deepreslib.networks import store

CHECKPOINT = "checkpoint.keras"
STATE = "state.json"
WARM_UP = 0.03
"""Share of the training over which the learning rate rises."""


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """What every ``deepres train`` program is told; see its ``--help``."""

    structures: str
    validation: str
    minutes: float
    folder: str
    batch: int
    rate: float
    preset: str = "compact"
    steps: int | None = None
    start: str | None = None
    seed: int = 1
    workers: int = 0
    command: str = ""


def run(options, make_network, compile_network, make_batches, evaluate, report=print):
    """Trains until the minutes (or steps, if given) are spent, going on from a checkpoint if there is one.

    Args:
        options: a ``LoopOptions``.
        make_network: function without arguments; called if there is no checkpoint.
        compile_network: function of the network.
        make_batches: function of the number of the first scene; gives a generator of (inputs, targets, scenes used).
        evaluate: function of the network that returns a dict of figures.
        report: called with each line of progress.

    Returns:
        (network, state): state is a dict with ``seconds``, ``scenes``, ``steps`` and ``history``.

    Raises:
        InputError: the checkpoint has all the minutes already.
    """
    network, state = _begin(options, make_network, compile_network)
    if _progress(state, options) >= 1:
        raise InputError(
            f"{options.folder}: already trained for {state['seconds'] / 60:.1f} minutes; give more --minutes to go on."
        )
    os.makedirs(options.folder, exist_ok=True)
    if not state["history"]:
        _note(network, state, None, evaluate, report)
    first, before = state["scenes"], state["seconds"]
    batches = make_batches(first)
    period = min(max(0.04 * 60 * options.minutes, 10.0), 300.0)
    losses, started, due = [], time.monotonic(), period
    with contextlib.closing(batches):
        for inputs, targets, used in batches:
            network.optimizer.learning_rate = _rate(state, options)
            losses.append(float(np.ravel(network.train_on_batch(inputs, targets))[0]))
            elapsed = time.monotonic() - started
            state |= {"seconds": before + elapsed, "scenes": first + used, "steps": state["steps"] + 1}
            finished = _progress(state, options) >= 1
            if finished or elapsed > due:
                _note(network, state, float(np.mean(losses)), evaluate, report)
                _checkpoint(network, state, options.folder)
                losses, due = [], time.monotonic() - started + period
            if finished:
                break
    return network, state


def card(options, state):
    """What every model card says of a training."""
    return {
        "command": options.command,
        "start": options.start and store.read_card(options.start)["sha256"],
        "seed": options.seed,
        "date": datetime.date.today().isoformat(),
        "backend": f"{keras.backend.backend()}, keras {keras.__version__}",
        "minutes": round(state["seconds"] / 60, 1),
        "steps": state["steps"],
        "metrics": {k: v for k, v in state["history"][-1].items() if k not in ("minutes", "steps", "loss")},
        "history": state["history"],
    }


def _begin(options, make_network, compile_network):
    """The network, new or from the checkpoint, compiled, and the training's state."""
    checkpoint = os.path.join(options.folder, CHECKPOINT)
    if not os.path.exists(checkpoint):
        network = make_network()
        compile_network(network)
        return network, {"seconds": 0.0, "scenes": 0, "steps": 0, "history": []}
    network = keras.models.load_model(checkpoint, compile=False)
    with open(os.path.join(options.folder, STATE)) as source:
        state = json.load(source)
    compile_network(network)
    network.optimizer.build(network.trainable_variables)
    with np.load(_optimiser_path(options.folder)) as values:
        for variable, key in zip(network.optimizer.variables, sorted(values.files), strict=True):
            variable.assign(values[key])
    return network, state


def _progress(state, options):
    """The share of the training that is done, by time or by steps."""
    by_steps = state["steps"] / options.steps if options.steps else 0.0
    return max(state["seconds"] / (60 * options.minutes), by_steps)


def _rate(state, options):
    """The learning rate: it rises at first, then falls as a cosine to a hundredth."""
    progress = _progress(state, options)
    rise = min(1.0, 0.05 + progress / WARM_UP)
    fall = 0.5 * (1 + math.cos(math.pi * progress))
    return options.rate * rise * (0.01 + 0.99 * fall)


def _note(network, state, loss, evaluate, report):
    """Adds a row to the history and reports it."""
    row = {"minutes": round(state["seconds"] / 60, 2), "steps": state["steps"], "loss": loss, **evaluate(network)}
    state["history"].append(row)
    report("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))


def _optimiser_path(folder):
    return os.path.join(folder, "optimiser.npz")


def _checkpoint(network, state, folder):
    """Network, optimiser and state, each written aside and renamed."""
    with write_aside(os.path.join(folder, CHECKPOINT)) as temporary:
        network.save(temporary)
    variables = {f"{i:04d}": ops.convert_to_numpy(v) for i, v in enumerate(network.optimizer.variables)}
    with write_aside(_optimiser_path(folder)) as temporary:
        np.savez(temporary, **variables)
    write_json(os.path.join(folder, STATE), state)
