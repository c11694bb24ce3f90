"""The training loop that all programs share: time or steps, learning rate, checkpoints, history.

The loop handles no network itself. It calls a ``Program`` to take a step, to validate and to save; the program alone
decides how many networks and optimisers it has (``single_network.py`` is the base of programs with one).
"""

import contextlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypedDict

import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import write_json
from deepreslib.networks import store
from deepreslib.networks.store import Card

STATE = "state.json"
"""The file of a checkpoint that the loop writes itself; it is written last, and names the folder of the others."""

CHECKPOINT = "checkpoint-{steps}"
"""The folder of a checkpoint's other files, after so many steps. Each checkpoint has one of its own, so that network,
optimiser and state always belong together, whenever the training is stopped."""

_BESIDE = "."
"""Where earlier versions kept networks and optimisers: beside the state."""

_MEND = f"copy the folder again, or remove {STATE} to begin anew."

PERIOD = (10.0, 300.0)
"""Seconds from one checkpoint to the next, at least and at most; else a twenty-fifth of the training. Without a limit
of time, the most."""

WARM_UP = 0.03
"""Share of the training over which the learning rate rises."""

Batch: TypeAlias = tuple[Any, Any, int]
"""Inputs, targets, and the number of scenes or examples used so far in this run."""

Report: TypeAlias = Callable[[str], None]
"""A function that is called with each line of progress."""


class State(TypedDict):
    """Where a training is.

    Attributes:
        seconds: time spent in steps and validation so far, over all runs.
        scenes: scenes or examples used so far.
        steps: steps so far.
        history: one row for each validation: minutes, steps, loss, and the program's figures.
        checkpoint: the folder of networks and optimisers, in the training's folder.
    """

    seconds: float
    scenes: int
    steps: int
    history: list[dict[str, Any]]
    checkpoint: str


@dataclass(frozen=True, kw_only=True)
class LoopOptions:
    """The options that every training program has; see ``deepres train --help``.

    Attributes:
        structures: folder of the structures to train on.
        validation: folder of the structures to validate on.
        folder: where checkpoints and the model folder's files are written.
        batch: windows or examples of a step.
        rate: the greatest learning rate.
        preset: a name among the network's presets.
        minutes: training time in all; None for no limit.
        steps: number of steps after which training ends, if the minutes are not over before; None for no limit. At
            least one of ``minutes`` and ``steps`` is given.
        patience: number of validations in a row without a lower loss after which training ends before that; None to go
            on.
        start: model folder whose weights the training begins with; None for new, random weights.
        seed: of all random numbers.
        workers: processes that simulate; 0 simulates in this one, in turn with the training.
        shared_folder: where a program keeps what it makes once for all stages of a recipe (see ``stages.py``), such as
            examples; None for ``folder``.
        command: the command line, for the model card.
    """

    structures: str
    validation: str
    folder: str
    batch: int
    rate: float
    preset: str = "compact"
    minutes: float | None = None
    steps: int | None = None
    patience: int | None = None
    start: str | None = None
    seed: int = 1
    workers: int = 0
    shared_folder: str | None = None
    command: str = ""

    def __post_init__(self) -> None:
        """Refuses a training without end."""
        if not self.minutes and not self.steps:
            raise ValueError("a training needs minutes or steps")


class Program(Protocol):
    """What a training program must have so that the loop can run it.

    The loop calls ``restore`` if there is a checkpoint, or else ``begin``; then ``validate``, if that was not done
    before; then ``step`` with each of ``batches``, and every few minutes and at the end ``validate`` and ``save``; and
    ``card`` when the training has ended.
    """

    def begin(self) -> None:
        """Makes networks and optimisers for a training that has no checkpoint."""

    def restore(self, folder: str) -> bool:
        """Puts networks and optimisers back into the state that ``save`` has written.

        Args:
            folder: of the checkpoint.

        Returns:
            Whether there was a checkpoint.
        """

    def save(self, folder: str) -> None:
        """Writes the state of networks and optimisers.

        Args:
            folder: of the checkpoint; it exists.
        """

    def batches(self, first: int) -> Generator[Batch, None, None]:
        """Batches without end; the loop closes the generator.

        Args:
            first: number of scenes or examples that were used in earlier runs.

        Yields:
            (inputs, targets, scenes or examples used so far in this run).
        """

    def step(self, inputs: Any, targets: Any, rate: float) -> float:
        """Takes one step of training, with all networks that are trained.

        Args:
            inputs: of a batch.
            targets: of the same batch.
            rate: the learning rate.

        Returns:
            The loss.
        """

    def validate(self) -> dict[str, float]:
        """Figures that measure how well the networks do on unseen structures: name → value."""

    def card(self, state: State) -> Card:
        """The model card of the trained networks.

        Args:
            state: where the training ended.

        Returns:
            The content of the card.
        """


def run(program: Program, options: LoopOptions, report: Report = print) -> Card:
    """Trains until the minutes (or steps, if given) are spent, going on from a checkpoint if there is one.

    Args:
        program: what is trained.
        options: its options.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the training of the checkpoint has already taken all the minutes, and its model has been written;
            or the checkpoint cannot be read.
    """
    state = _begin(program, options.folder)
    stands_still = _stands_still(state, options)
    if _progress(state, options) >= 1 or stands_still:
        if _has_model(options.folder, state):
            more = "--patience" if stands_still else "--minutes"
            raise InputError(
                f"{options.folder}: already trained for {state['seconds'] / 60:.1f} minutes; give more {more} to go on."
            )
        return program.card(state)
    os.makedirs(options.folder, exist_ok=True)
    if not state["history"]:
        _note(program, state, None, report)
    first, before = state["scenes"], state["seconds"]
    batches = program.batches(first)
    period = min(max(0.04 * 60 * options.minutes, PERIOD[0]), PERIOD[1]) if options.minutes else PERIOD[1]
    losses: list[float] = []
    started, due = time.monotonic(), period
    with contextlib.closing(batches):
        for inputs, targets, used in batches:
            losses.append(program.step(inputs, targets, _rate(state, options)))
            elapsed = time.monotonic() - started
            state["seconds"], state["scenes"], state["steps"] = before + elapsed, first + used, state["steps"] + 1
            finished = _progress(state, options) >= 1
            if finished or elapsed > due:
                _note(program, state, float(np.mean(losses)), report)
                _save(program, state, options.folder)
                losses, due = [], time.monotonic() - started + period
            if finished or _stands_still(state, options):
                break
    return program.card(state)


def has_ended(folder: str, steps: int | None, minutes: float | None = None) -> bool:
    """Whether a training of so many steps, or minutes, has ended in a folder, and its model has been written.

    Args:
        folder: of the training.
        steps: number of steps after which it ends; None for no limit.
        minutes: after which it ends; None for no limit.
    """
    try:
        state = _read_state(os.path.join(folder, STATE))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False  # the training says what is wrong
    by_steps = steps is not None and state["steps"] >= steps
    by_time = minutes is not None and state["seconds"] >= 60 * minutes
    return (by_steps or by_time) and _has_model(folder, state)


def _begin(program: Program, folder: str) -> State:
    """The state of the training: that of the checkpoint, if there is one."""
    path = os.path.join(folder, STATE)
    _remove_others(folder)
    if not os.path.exists(path):
        program.begin()
        return {"seconds": 0.0, "scenes": 0, "steps": 0, "history": [], "checkpoint": _BESIDE}
    try:
        state = _read_state(path)
        if program.restore(os.path.join(folder, state["checkpoint"])):
            return state
    except MemoryError:
        raise
    except Exception as error:  # whatever JSON, Keras, NumPy and zipfile raise for bytes that are something else
        raise InputError(f"{path}: its checkpoint is damaged, or of another version; {_MEND}") from error
    raise InputError(f"{path}: the files of its checkpoint are missing; {_MEND}")


def _read_state(path: str) -> State:
    """The state in a file; raises ``ValueError``, ``KeyError`` or ``TypeError`` if there is none in it."""
    with open(path, encoding="utf-8") as stream:
        state: State = {"checkpoint": _BESIDE} | json.load(stream)
    numbers = [state["seconds"], state["scenes"], state["steps"]]
    if not all(math.isfinite(number) and number >= 0 for number in numbers) or not isinstance(state["history"], list):
        raise ValueError("not the state of a training")
    if state["checkpoint"] not in (_BESIDE, CHECKPOINT.format(steps=state["steps"])):
        raise ValueError("not the checkpoint of this state")
    return state


def _save(program: Program, state: State, folder: str) -> None:
    """Writes a checkpoint; until its state is written, the last one counts."""
    state["checkpoint"] = CHECKPOINT.format(steps=state["steps"])
    place = os.path.join(folder, state["checkpoint"])
    os.makedirs(place, exist_ok=True)
    try:
        program.save(place)
        write_json(os.path.join(folder, STATE), state)
    finally:
        _remove_others(folder)


def _remove_others(folder: str) -> None:
    """Removes the folders of older checkpoints, and of those that were never finished."""
    path = os.path.join(folder, STATE)
    try:
        kept = _read_state(path)["checkpoint"] if os.path.exists(path) else _BESIDE
        names = os.listdir(folder)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return  # there is nothing yet, or nobody can say which of them counts
    for name in names:
        if re.fullmatch(CHECKPOINT.format(steps=r"\d+"), name) and name != kept:
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _has_model(folder: str, state: State) -> bool:
    """Whether the model folder holds the network that the training ended with, and not an older one or a mixture."""
    try:
        card = store.read_card(folder)
        return card.get("steps") == state["steps"] and card.get("sha256") == store.sha256(
            os.path.join(folder, store.WEIGHTS_FILE)
        )
    except (InputError, OSError):
        return False


def _progress(state: State, options: LoopOptions) -> float:
    """The share of the training that is done, by time or by steps."""
    by_steps = state["steps"] / options.steps if options.steps else 0.0
    by_time = state["seconds"] / (60 * options.minutes) if options.minutes else 0.0
    return max(by_time, by_steps)


def _stands_still(state: State, options: LoopOptions) -> bool:
    """Whether the loss has not become lower for as many validations as the patience allows."""
    losses = [row["loss"] for row in state["history"] if row["loss"] is not None]
    if options.patience is None or len(losses) <= options.patience:
        return False
    return min(losses[-options.patience :]) >= min(losses[: -options.patience])


def _rate(state: State, options: LoopOptions) -> float:
    """The learning rate at a state of the training."""
    return learning_rate(options.rate, _progress(state, options))


def learning_rate(greatest: float, progress: float) -> float:
    """The learning rate: it rises at first, then falls as a cosine to a hundredth.

    Args:
        greatest: the greatest rate.
        progress: the share of the training that is done, 0 to 1.
    """
    rise = min(1.0, 0.05 + progress / WARM_UP)
    fall = 0.5 * (1 + math.cos(math.pi * progress))
    return greatest * rise * (0.01 + 0.99 * fall)


def _note(program: Program, state: State, loss: float | None, report: Report) -> None:
    """Adds a row to the history and reports it."""
    row = {"minutes": round(state["seconds"] / 60, 2), "steps": state["steps"], "loss": loss, **program.validate()}
    state["history"].append(row)
    report("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))
