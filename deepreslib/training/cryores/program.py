"""The training program of the CryoRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax)."""

import os
from collections.abc import Generator
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from deepreslib.networks import cryores as networks
from deepreslib.networks import store
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.cryores_features import FEATURES
from deepreslib.networks.tensors import KerasModel
from deepreslib.training import loop
from deepreslib.training.cryores import augmentation, batches, examples, unseen, validation
from deepreslib.training.cryores.kinds import COMMON_VIEWS, Mixture, usual
from deepreslib.training.cryores.presets import PRESETS, Preset
from deepreslib.training.single_network import SingleNetworkProgram, load_start, model_card
from deepreslib.training.structures import find_structures

VALIDATION_SEED = 20230525
VALIDATION_EXAMPLES = 240

USUAL_SEEDS = 1_000_000
"""The examples of usual maps have the training's seed and this."""

BRIEF = 2500
"""Steps of the networks that are trained without some kinds of maps (``unseen``)."""

_OTHER_B_FACTORS = 1


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """The options of ``deepres train cryores``; see its ``--help``.

    Attributes:
        examples: number of half-map pairs of all kinds to simulate.
        usual: number of further ones, of whole molecules as most maps show them (``kinds.usual``).
    """

    examples: int
    usual: int


class CryoResProgram(SingleNetworkProgram):
    """Trains a CryoRes network on examples that are simulated beforehand; see ``loop.Program``."""

    def __init__(self, options: Options) -> None:
        """Finds the structures and makes the examples that are missing.

        Args:
            options: of the training.

        Raises:
            InputError: the folders hold no structure, or the network to begin with cannot be used.
        """
        self.options, self.preset, self.recipe = options, PRESETS[options.preset], Mixture()
        self._start = load_start(options, load_cryores)
        self.paths, unseen_paths = find_structures(options.structures), find_structures(options.validation)
        folder = os.path.join(options.shared_folder or options.folder, "examples")
        unseen_files = examples.make(
            unseen_paths, self.recipe, VALIDATION_SEED, VALIDATION_EXAMPLES, folder, options.workers
        )
        files = examples.make(self.paths, self.recipe, options.seed, options.examples, folder, options.workers)
        seed = options.seed + USUAL_SEEDS
        files += examples.make(self.paths, usual(), seed, options.usual, folder, options.workers)
        self.validation, self.examples = examples.load(unseen_files), examples.load(files)
        keras.utils.set_random_seed(options.seed)

    def make_network(self) -> KerasModel:
        """The ``training_network`` of the options' start, or of a new one."""
        return training_network(networks.build(self.options.preset) if self._start is None else self._start.network)

    def compile(self) -> None:
        """Compiles the network as its preset defines; only the members' outputs are trained, not their combination."""
        compile_network(self.network, self.preset, self.options.rate)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of examples; see ``loop.Program``."""
        members = networks.member_outputs(self.network)
        return batches.shuffled_batches(
            self.examples, self.options.batch, self.options.seed, first, self.preset.losses, members
        )

    def validate(self) -> dict[str, float]:
        """Errors on examples of unseen structures."""
        return validation.figures(self.network, self.validation)

    def finish(self, card: store.Card) -> None:
        """Does what is done when the training has ended.

        Tells the network which summaries are usual, calibrates its deviations, and puts into the card the figures after
        that and how deviations grow on maps that are unlike those of the training.

        Args:
            card: the model card.
        """
        fit_strangeness(self.network, self.examples, self.options.seed)
        validation.calibrate(self.network, self.validation)
        card["metrics"] = self.validate()
        widening = unseen.of_all_groups(self._train_briefly, self.examples, self.validation, self.options.folder)
        if widening:
            card["reliability"] = widening

    def _train_briefly(self, seen: examples.Examples) -> KerasModel:
        """A network of one member, trained on examples for ``BRIEF`` steps, that knows which summaries are usual."""
        config = networks.CryoResConfig(**networks.PRESETS[self.options.preset]["config"])
        network = training_network(networks.network(replace(config, members=1)))
        compile_network(network, self.preset, self.options.rate)
        members = networks.member_outputs(network)
        found = batches.shuffled_batches(seen, self.options.batch, self.options.seed, 0, self.preset.losses, members)
        for step, (inputs, targets, _) in zip(range(BRIEF), found, strict=False):
            network.optimizer.learning_rate = loop.learning_rate(self.options.rate, (step + 1) / BRIEF)
            network.train_on_batch(inputs, targets)
        fit_strangeness(network, seen, self.options.seed)
        return network

    def card(self, state: loop.State) -> store.Card:
        """The model card, with the figures from before the calibration."""
        system = {
            "name": f"cryores-{self.options.preset}",
            "network": "cryores",
            "preset": self.options.preset,
            "config": networks.PRESETS[self.options.preset]["config"],
        }
        data = {
            "structures": len(self.paths),
            "examples": self.options.examples,
            "usual": self.options.usual,
            "recipe": {**self.recipe.as_dict(), "usual": COMMON_VIEWS},
        }
        return model_card(self.options, state, system, data)


def compile_network(network: KerasModel, preset: Preset, rate: float) -> None:
    """Compiles a ``training_network`` as a preset defines.

    Args:
        network: the Keras model.
        preset: losses, their weights and the optimiser.
        rate: the learning rate.
    """
    heads = {name: _head(name) for name in network.output}
    network.compile(
        preset.make_optimiser(rate),
        {name: preset.losses.get(head) for name, head in heads.items()},
        loss_weights={name: preset.weights.get(head, 0.0) for name, head in heads.items()},
    )


def fit_strangeness(network: KerasModel, seen: examples.Examples, seed: int) -> None:
    """Tells a network which map summaries are usual: those of examples, and the same with other B factors.

    Args:
        network: the Keras model.
        seen: the examples.
        seed: of the B factors.
    """
    rng = np.random.default_rng([seed, _OTHER_B_FACTORS])
    summaries, resolutions = (
        np.concatenate([array[:, view] for view in (0, 1)]) for array in (seen.summary, seen.baseline)
    )
    nothing = np.zeros((len(summaries), 1, 1, 1, FEATURES), np.float32)
    _, others = augmentation.draw_b_factors(nothing, summaries, resolutions, rng)
    unsharpened = network.get_layer("unsharpened")
    seen_by_layer = [ops.convert_to_numpy(unsharpened(nothing, given)[1]) for given in (summaries, others)]
    network.get_layer("strangeness").fit(np.concatenate(seen_by_layer))


def training_network(network: KerasModel) -> KerasModel:
    """A network with further outputs, which are trained.

    These are each member's own outputs, such as ``local_2``, and its absolute local resolution, ``absolute_2``: the
    local resolution relative to the global one, plus the member's global resolution. An error of the absolute local
    resolution does not change the global resolution, which gets no gradient from it.

    Args:
        network: the Keras model.

    Returns:
        A Keras model of the same layers.
    """
    outputs = dict(network.output)
    for number, heads in networks.member_outputs(network).items():
        baseline = ops.stop_gradient(heads["baseline"][:, :1])
        absolute = networks.Raised(name=f"absolute_{number}")(heads["local"], baseline)
        outputs |= {f"{name}_{number}": output for name, output in heads.items()} | {f"absolute_{number}": absolute}
    return keras.Model(network.input, outputs)


def _head(output: str) -> str:
    """The name of a member's output without its number, ``local`` of ``local_2``; '' for outputs of no member."""
    head, _, member = output.partition("_")
    return head if member else ""


def train(options: Options, report: loop.Report = print) -> store.Card:
    """Makes the examples that are missing, then trains until the minutes are spent (see ``loop.run``).

    Writes examples and checkpoints on the way, and at the end a model folder, into ``options.folder``.

    Args:
        options: of the training.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the folders hold no structure, the network to begin with cannot be used, or the training of the
            checkpoint has already taken all the minutes.
    """
    program = CryoResProgram(options)
    card = loop.run(program, options, report)
    program.finish(card)
    network = networks.build(options.preset)
    store.transfer_weights(program.network, network)
    store.save(network, options.folder, card)
    return card
