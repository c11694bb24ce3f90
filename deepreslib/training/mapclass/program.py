"""The training program of the networks that tell the class of a map, for any Keras backend."""

from collections.abc import Generator
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from deepreslib.networks import mapclass as networks
from deepreslib.networks import store
from deepreslib.networks.mapclass_card import LADDER, SCALE, load_map_classes
from deepreslib.networks.tensors import KerasModel
from deepreslib.training import loop
from deepreslib.training.deepres.stream import batches
from deepreslib.training.mapclass import stream, validation
from deepreslib.training.mapclass.molecules import find_molecules
from deepreslib.training.mapclass.presets import PRESETS
from deepreslib.training.single_network import SingleNetworkProgram, load_start, model_card
from deepreslib.training.structures import find_structures

ADAPTED = 16
"""Scenes whose features set the standardisation of a new network."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """The options of ``deepres train mapclass``; see its ``--help``."""


class MapClassProgram(SingleNetworkProgram):
    """Trains a network on maps of Gaussian atoms that are made on the way; see ``loop.Program``."""

    def __init__(self, options: Options) -> None:
        """Finds the molecules and makes the maps for the validation.

        Args:
            options: of the training.

        Raises:
            InputError: the folders hold no molecule of a fitting size, or the network to begin with cannot be used.
        """
        keras.utils.set_random_seed(options.seed)
        self.options, self.preset = options, PRESETS[options.preset]
        self._first_network = self.preset.make_network()
        start = load_start(options, load_map_classes)
        if start is not None:
            store.transfer_weights(start.network, self._first_network)
        self.molecules = find_molecules(find_structures(options.structures))
        self._prepare = self.preset.make_preparation()
        unseen = find_molecules(find_structures(options.validation))
        self.validation = validation.validation_sets(unseen, self.preset.recipe, self._prepare)

    def make_network(self) -> KerasModel:
        """The network of the options' start, or a new one, with its standardisation if it has one."""
        if self.preset.standardised and not self.options.start:
            source = self._scenes()
            networks.adapt(self._first_network, np.concatenate([next(source)[0] for _ in range(ADAPTED)]))
        return self._first_network

    def compile(self) -> None:
        """Compiles the network as its preset defines."""
        self.network.compile(self.preset.make_optimiser(self.options.rate), self.preset.loss)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of maps, prepared for the network, with their resolutions; see ``loop.Program``."""
        seed = self.options.seed + first
        scenes = self._scenes(first, self.options.workers)
        return batches(scenes, self.options.batch, self.preset.buffer, seed, self.preset.uses)

    def validate(self) -> dict[str, float]:
        """Errors on maps of unseen structures."""
        return validation.figures(self.network, self.validation)

    def card(self, state: loop.State) -> store.Card:
        """The model card, without the calibration."""
        system = {
            "name": f"mapclass-{self.options.preset}",
            "network": "mapclass",
            "preset": self.options.preset,
            "scale": SCALE,
            "config": networks.PRESETS[self.options.preset]["config"],
        }
        data = {
            "structures": len(self.molecules),
            "molecules": sum(map(len, self.molecules)),
            "scenes": state["scenes"],
            "recipe": asdict(self.preset.recipe),
        }
        return model_card(self.options, state, system, data)

    def whole_network(self) -> KerasModel:
        """The network as it is used: with its features, and without the optimiser's variables."""
        if self.options.preset != LADDER:
            return self.network
        network = networks.build(self.options.preset)
        store.transfer_weights(self.network, network)
        return network

    def _scenes(self, first: int = 0, workers: int = 0) -> Generator[Any, None, None]:
        scenes = stream.scene_stream(self.molecules, self.preset.recipe, self.options.seed, first, workers)
        return ((self._prepare(cubes), resolutions[:, None]) for cubes, resolutions in scenes)


def train(options: Options, report: loop.Report = print) -> store.Card:
    """Trains until the minutes (or steps, if given) are spent, going on from a checkpoint if there is one.

    Writes checkpoints on the way and at the end a model folder (weights and card) into ``options.folder``.

    Args:
        options: of the training.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the folders hold no fitting molecule, the network to begin with cannot be used, or the training of
            the checkpoint has already taken all the minutes.
    """
    program = MapClassProgram(options)
    card = loop.run(program, options, report)
    if options.preset == LADDER:
        card["decisions"] = [list(pair) for pair in validation.DECISIONS.items()]
        card["calibration"] = asdict(validation.calibrate(program.network, program.validation))
    store.save(program.whole_network(), options.folder, card)
    return card
