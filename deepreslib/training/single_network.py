"""The common part of the training programs of one network with one optimiser: steps, checkpoints, start, card."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import keras
import numpy as np

from deepreslib.errors import InputError
from deepreslib.networks import running, store
from deepreslib.networks.tensors import KerasModel
from deepreslib.training import checkpoints
from deepreslib.training.loop import Batch, LoopOptions, State

_Stored = TypeVar("_Stored", bound=store.StoredModel)


class SingleNetworkProgram(ABC):
    """A ``loop.Program`` of one Keras network; a class derived from it defines the network and its training data.

    Attributes:
        network: the Keras model that is trained, compiled; it exists once ``begin`` or ``restore`` was called.
    """

    network: KerasModel

    @abstractmethod
    def make_network(self) -> KerasModel:
        """The network to begin with, not compiled."""

    @abstractmethod
    def compile(self) -> None:
        """Compiles ``network`` with its loss and its optimiser."""

    @abstractmethod
    def batches(self, first: int) -> Generator[Batch, None, None]:
        """See ``loop.Program``."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """See ``loop.Program``."""

    @abstractmethod
    def card(self, state: State) -> store.Card:
        """See ``loop.Program``; ``model_card`` makes most of it."""

    def begin(self) -> None:
        """Makes and compiles the network to begin with."""
        self.network = self.make_network()
        self.compile()

    def restore(self, folder: str) -> bool:
        """Puts network and optimiser back into the state of the checkpoint in a folder, if there is one."""
        network = checkpoints.load_network(folder)
        if network is None:
            return False
        self.network = network
        self.compile()
        checkpoints.restore_optimiser(network, folder)
        return True

    def save(self, folder: str) -> None:
        """Writes network and optimiser into a folder."""
        checkpoints.save(self.network, folder)

    def step(self, inputs: Any, targets: Any, rate: float) -> float:
        """Takes one step and returns the loss."""
        self.network.optimizer.learning_rate = rate
        return float(np.ravel(self.network.train_on_batch(inputs, targets))[0])


def load_start(options: LoopOptions, load: Callable[[str], _Stored]) -> _Stored | None:
    """The trained network that a training begins with.

    Args:
        options: of the training.
        load: function that loads the network of a model folder.

    Returns:
        The network with its card; None if the training begins with a new one.

    Raises:
        InputError: it cannot be loaded, or is of another preset.
    """
    if not options.start:
        return None
    model = load(options.start)
    if model.preset != options.preset:
        raise InputError(f"{options.start}: a {model.preset} network; choose --preset {model.preset}.")
    return model


def model_card(options: LoopOptions, state: State, system: store.Card, data: store.Card) -> store.Card:
    """The model card of a trained network.

    Args:
        options: of the training.
        state: where it ended.
        system: what the network is: name, network, preset, config, and what else its card needs.
        data: what it was trained on.

    Returns:
        The content of the card.
    """
    return {
        **system,
        "data": data,
        "command": options.command,
        "start": options.start and store.read_card(options.start)["sha256"],
        "seed": options.seed,
        "date": datetime.date.today().isoformat(),
        "backend": f"{running.backend()}, keras {keras.__version__}",
        "minutes": round(state["seconds"] / 60, 1),
        "steps": state["steps"],
        "metrics": {k: v for k, v in state["history"][-1].items() if k not in ("minutes", "steps", "loss")},
        "history": state["history"],
    }
