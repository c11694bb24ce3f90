"""The training program of the DeepRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax).

Of the compact network only the perceptron has weights to train, so the features of a window are computed once and kept
instead of the window.
"""

from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from deepreslib.networks import deepres as networks
from deepreslib.networks import store
from deepreslib.networks.deepres_card import SCHEMES, StoredDeepRes, load_deepres
from deepreslib.networks.ranges import RANGES
from deepreslib.networks.tensors import KerasModel
from deepreslib.training import loop
from deepreslib.training.deepres import calibration, scenes, stream, validation
from deepreslib.training.deepres.presets import PRESETS
from deepreslib.training.single_network import SingleNetworkProgram, load_start, model_card
from deepreslib.training.structures import drawn_shares, find_structures

NUCLEIC_WEIGHTS = {"low": (1.5, 3.0), "high": (3.0, 10.0)}
"""How often a complex with nucleic acid, and nucleic acid alone, is drawn for a range, relative to a protein. Of our
training structures one in fifteen is nucleic acid alone. For the high range, where nucleic acid differs most from
protein, these weights make it one in three."""

ADAPTED = 24
"""Scenes whose features set the standardisation of a new network."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """The options of ``deepres train deepres``; see its ``--help``.

    Attributes:
        range_name: ``low`` or ``high``.
    """

    range_name: str


class DeepResProgram(SingleNetworkProgram):
    """Trains a DeepRes network on windows of maps that are simulated on the way; see ``loop.Program``."""

    def __init__(self, options: Options) -> None:
        """Finds the structures and makes the windows for the validation.

        Args:
            options: of the training.

        Raises:
            InputError: the folders hold no structure, or the network to begin with cannot be used.
        """
        keras.utils.set_random_seed(options.seed)
        self.options = options
        self.preset, self.resolution_range = PRESETS[options.preset], RANGES[options.range_name]
        self._first_network = self.preset.make_network(self.resolution_range)
        start = load_start(options, lambda path: load_deepres(path, options.range_name))
        if start is not None:
            store.transfer_weights(start.network, self._first_network)
        self.recipe = scenes.SceneRecipe(self.resolution_range)
        self.paths = find_structures(options.structures)
        self._shares = drawn_shares(self.paths, *NUCLEIC_WEIGHTS[options.range_name])
        self._prepare = self.preset.make_preparation()
        sets = validation.validation_sets(find_structures(options.validation), self.recipe)
        self._validation = {name: (self._prepare(windows), labels) for name, (windows, labels) in sets.items()}

    def make_network(self) -> KerasModel:
        """The network of the options' start, or a new one, with its standardisation if it has one."""
        if self.preset.standardised and not self.options.start:
            source = self._scenes()
            networks.adapt(
                self._first_network, np.concatenate([self._prepare(next(source)[0]) for _ in range(ADAPTED)])
            )
        return self._first_network

    def compile(self) -> None:
        """Compiles the network as its preset defines."""
        self.network.compile(self.preset.make_optimiser(self.options.rate), self.preset.loss)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of windows, prepared for the network, with their true resolutions; see ``loop.Program``."""
        prepared = ((self._prepare(windows), labels) for windows, labels in self._scenes(first, self.options.workers))
        seed = self.options.seed + first
        return stream.batches(prepared, self.options.batch, self.preset.buffer, seed, self.preset.uses)

    def validate(self) -> dict[str, float]:
        """Errors on windows of unseen structures."""
        return validation.figures(self.network, self._validation)

    def card(self, state: loop.State) -> store.Card:
        """The model card, without the calibration."""
        system = {
            "name": f"deepres-{self.options.range_name}-{self.options.preset}",
            "network": "deepres",
            "preset": self.options.preset,
            "range": self.options.range_name,
            "config": networks.PRESETS[self.options.preset]["config"],
        }
        data = {
            "structures": len(self.paths),
            "scenes": state["scenes"],
            "recipe": {k: v for k, v in self.recipe.__dict__.items() if k != "resolution_range"},
        }
        return model_card(self.options, state, system, data)

    def whole_network(self) -> KerasModel:
        """The network as it is used: with its features, and without the optimiser's variables."""
        network = networks.build(self.options.preset, self.resolution_range)
        store.transfer_weights(self.network, network)
        return network

    def _scenes(self, first: int = 0, workers: int = 0) -> Generator[Any, None, None]:
        return stream.scene_stream(self.paths, self._shares, self.recipe, self.options.seed, first, workers)


def train(options: Options, report: loop.Report = print) -> store.Card:
    """Trains until the minutes (or steps, if given) are spent, going on from a checkpoint if there is one.

    Writes checkpoints on the way and at the end a model folder (weights and card) into ``options.folder``.

    Args:
        options: of the training.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the folders hold no structure, the network to begin with cannot be used, or the training of the
            checkpoint has already taken all the minutes.
    """
    program = DeepResProgram(options)
    card = loop.run(program, options, report)
    network = program.whole_network()
    if SCHEMES[options.preset].deviations:
        model = StoredDeepRes(network, card, options.folder)
        factors = calibration.calibrate(model, find_structures(options.validation))
        card["calibration"] = factors and asdict(factors)
    store.save(network, options.folder, card)
    return card
