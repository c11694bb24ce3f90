"""The training programs of the networks that tell the class of each voxel, for any Keras backend."""

import os
from collections.abc import Generator
from dataclasses import dataclass

import keras
import numpy as np

from deepreslib.errors import InputError
from deepreslib.networks import store, voxelclass
from deepreslib.networks.class_labels import HEADS
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.tensors import KerasModel
from deepreslib.networks.voxelclass_card import CLASSES, COMPACT, EDGES, load_voxel_classes
from deepreslib.networks.voxelclass_compact import begin_with
from deepreslib.training import loop
from deepreslib.training.cryores.program import VALIDATION_SEED
from deepreslib.training.single_network import SingleNetworkProgram, load_start, model_card
from deepreslib.training.structures import find_structures
from deepreslib.training.voxelclass import batches, cubes, examples, losses, validation
from deepreslib.training.voxelclass.presets import PRESETS

VALIDATION_EXAMPLES, VALIDATION_MAPS = 120, 24
"""Maps of unseen structures: examples of the compact network, and maps that are cut into cubes."""

CURVE = (125, 250, 500, 1000, 2000, 4000)
"""Numbers of maps of the learning curve."""

MOST_CUBES = 2000
"""Cubes of unseen structures that are looked at, at most about, evenly spaced."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """The options of ``deepres train voxelclass``; see its ``--help``.

    Attributes:
        examples: number of maps to simulate.
        labels: the method whose classes a published network learns; None for the compact one, which learns both.
        trunk: folder of the CryoRes network with whose trunk a new compact network begins; None for the shipped one.
        learning_curve: steps of the networks that are trained on 125, 250, 500 maps and so on to see what more maps
            bring; None for no such networks.
    """

    examples: int
    labels: str | None = None
    trunk: str | None = None
    learning_curve: int | None = None


class CompactProgram(SingleNetworkProgram):
    """Trains the compact network on examples that are simulated beforehand; see ``loop.Program``."""

    def __init__(self, options: Options) -> None:
        """Finds the structures and makes the examples that are missing.

        Args:
            options: of the training.

        Raises:
            InputError: the folders hold no structure, or the network to begin with cannot be used.
        """
        self.options, self.preset, self.recipe = options, PRESETS[options.preset], examples.ModerateMixture()
        self._start = load_start(options, load_voxel_classes)
        if self._start is not None and (options.trunk or options.learning_curve):
            raise InputError("--trunk and --learning-curve are for new networks; leave them out, or --start.")
        trunk = options.trunk or store.shipped_folder("cryores")
        self._trunk = load_cryores(trunk) if self._start is None else None
        self.paths, unseen_paths = find_structures(options.structures), find_structures(options.validation)
        folder, workers = os.path.join(options.shared_folder or options.folder, "examples"), options.workers
        unseen = examples.make(unseen_paths, self.recipe, VALIDATION_SEED, VALIDATION_EXAMPLES, folder, workers)
        files = examples.make(self.paths, self.recipe, options.seed, options.examples, folder, workers)
        self.validation, self.examples = examples.load(unseen), examples.load(files)
        keras.utils.set_random_seed(options.seed)

    def make_network(self) -> KerasModel:
        """The network of the options' start, or a new one with CryoRes' trunk."""
        if self._start is not None:
            return self._start.network
        assert self._trunk is not None
        network = voxelclass.build(self.options.preset)
        try:
            begin_with(self._trunk.network, network)
        except ValueError as error:
            raise InputError(f"{self._trunk.path}: the trunk of this network has other sizes; give another.") from error
        return network

    def compile(self) -> None:
        """Compiles the network as its preset defines."""
        self._compile(self.network)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of examples; see ``loop.Program``."""
        return batches.shuffled_batches(self.examples, self.options.batch, self.options.seed, first)

    def validate(self) -> dict[str, float]:
        """Shares of right classes on examples of unseen structures."""
        return validation.figures(self.network, self.validation)

    def card(self, state: loop.State) -> store.Card:
        """The model card, with the figures from before the calibration."""
        data = {"structures": len(self.paths), "examples": len(self.examples), "recipe": self.recipe.as_dict()}
        trunk = {} if self._trunk is None else {"trunk": self._trunk.sha256}
        return model_card(self.options, state, _system(self.options, HEADS) | trunk, data)

    def finish(self, card: store.Card, report: loop.Report) -> None:
        """Calibrates the network and puts into the card what is known when the training has ended.

        Args:
            card: the model card.
            report: called with each line of the learning curve.
        """
        validation.calibrate(self.network, self.validation)
        card["metrics"] = self.validate()
        card["centres"] = validation.centres(self.examples)
        if self.options.learning_curve:
            card["learning_curve"] = [
                self._train_briefly(count, report) for count in CURVE if count <= len(self.examples)
            ]

    def _train_briefly(self, count: int, report: loop.Report) -> dict[str, float]:
        """The figures of a network that is trained on the first so many examples, for the learning curve's steps."""
        steps, seed = self.options.learning_curve or 0, self.options.seed
        keras.utils.set_random_seed(seed)
        network = self.make_network()
        self._compile(network)
        found = batches.shuffled_batches(self.examples.first(count), self.options.batch, seed, 0)
        for step, (inputs, targets, _) in zip(range(steps), found, strict=False):
            network.optimizer.learning_rate = loop.learning_rate(self.options.rate, (step + 1) / steps)
            network.train_on_batch(inputs, targets)
        row = {"maps": count, **validation.figures(network, self.validation)}
        report("learning curve: " + "  ".join(f"{key} {value}" for key, value in row.items()))
        return row

    def _compile(self, network: KerasModel) -> None:
        network.compile(self.preset.make_optimiser(self.options.rate), dict.fromkeys(HEADS, losses.ordered_loss))


class CubeProgram(SingleNetworkProgram):
    """Trains a published U-Net on cubes of maps that are simulated beforehand; see ``loop.Program``."""

    def __init__(self, options: Options) -> None:
        """Finds the structures and makes the cubes that are missing.

        Args:
            options: of the training.

        Raises:
            InputError: no labels are named, the folders hold no structure, or the network to begin with cannot be used.
        """
        if options.labels is None:
            raise InputError("a U-Net learns the classes of one method; give --labels fsc, monores or resmap.")
        self.options, self.preset, self.labels = options, PRESETS[options.preset], options.labels
        self._start = load_start(options, load_voxel_classes)
        if self._start is not None and self._start.labels != (self.labels,):
            raise InputError(f"{options.start}: a network of other labels; give --labels {self._start.labels[0]}.")
        self.paths, unseen_paths = find_structures(options.structures), find_structures(options.validation)
        folder, workers = os.path.join(options.shared_folder or options.folder, "examples"), options.workers
        unseen = cubes.make(unseen_paths, VALIDATION_SEED, VALIDATION_MAPS, folder, workers)
        files = cubes.make(self.paths, options.seed, options.examples, folder, workers)
        self.validation, self.cubes = cubes.load(unseen, self.labels), cubes.load(files, self.labels)
        keras.utils.set_random_seed(options.seed)

    def make_network(self) -> KerasModel:
        """The network of the options' start, or a new one."""
        return voxelclass.build(self.options.preset) if self._start is None else self._start.network

    def compile(self) -> None:
        """Compiles the network as its preset defines."""
        self.network.compile(self.preset.make_optimiser(self.options.rate), losses.class_loss)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of cubes; see ``loop.Program``."""
        return cubes.shuffled_batches(self.cubes, self.options.batch, self.options.seed, first)

    def validate(self) -> dict[str, float]:
        """Shares of right classes on cubes of unseen structures."""
        return cube_figures(self.network, self.validation)

    def card(self, state: loop.State) -> store.Card:
        """The model card."""
        data = {
            "structures": len(self.paths),
            "maps": len(np.unique(self.cubes.maps)),
            "cubes": len(self.cubes),
            "recipe": cubes.RECIPE.as_dict(),
        }
        return model_card(self.options, state, _system(self.options, (self.labels,)), data)


def cube_figures(network: KerasModel, unseen: cubes.Cubes) -> dict[str, float]:
    """How well a U-Net does on cubes of unseen structures.

    Args:
        network: the Keras model.
        unseen: the cubes.

    Returns:
        What ``validation.scores`` gives for voxels of the mask; and ``exact_published``, the share of all voxels,
        background too, whose class is right, as it was published.
    """
    few = slice(None, None, max(len(unseen) // MOST_CUBES, 1))
    data, classes, inside = (array[few] for array in (unseen.data, unseen.classes, unseen.inside))
    predicted = np.asarray(network.predict(data[..., None].astype(np.float32), batch_size=32, verbose=0))
    maps = np.broadcast_to(unseen.maps[few][:, None, None, None], inside.shape)
    found = validation.Judged(predicted[inside], classes[inside].astype(int), maps[inside])
    return validation.scores(found) | {"exact_published": round(float(np.mean(predicted.argmax(-1) == classes)), 4)}


def _system(options: Options, labels: tuple[str, ...]) -> store.Card:
    """What a card says of the network."""
    return {
        "name": "-".join(["voxelclass", options.preset, *([] if options.labels is None else [options.labels])]),
        "network": "voxelclass",
        "preset": options.preset,
        "labels": list(labels),
        "classes": CLASSES,
        "edges": list(EDGES),
        "config": voxelclass.PRESETS[options.preset]["config"],
    }


def train(options: Options, report: loop.Report = print) -> store.Card:
    """Makes the examples that are missing, then trains until the minutes are spent (see ``loop.run``).

    Writes examples and checkpoints on the way, and at the end a model folder, into ``options.folder``.

    Args:
        options: of the training.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the options do not belong together, the folders hold no structure, a network to begin with cannot be
            used, or the training of the checkpoint has already taken all the minutes.
    """
    if options.preset != COMPACT:
        refused = {"--trunk": options.trunk, "--learning-curve": options.learning_curve}
        for name, value in refused.items():
            if value is not None:
                raise InputError(f"{name} means nothing to preset {options.preset}; leave it out.")
        program: CompactProgram | CubeProgram = CubeProgram(options)
    elif options.labels is not None:
        raise InputError("the compact network learns the classes of monores and of resmap at once; leave --labels out.")
    else:
        program = CompactProgram(options)
    card = loop.run(program, options, report)
    if isinstance(program, CompactProgram):
        program.finish(card, report)
    network = voxelclass.build(options.preset)
    store.transfer_weights(program.network, network)
    store.save(network, options.folder, card)
    return card
