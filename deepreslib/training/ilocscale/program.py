"""The training program of the networks for local sharpening, for any Keras backend."""

import os
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import ilocscale, store
from deepreslib.networks.ilocscale_card import SHELLS, load_gains, merge
from deepreslib.networks.tensors import KerasModel
from deepreslib.training import loop
from deepreslib.training.cryores.program import VALIDATION_SEED
from deepreslib.training.ilocscale import batches, examples, validation
from deepreslib.training.ilocscale.examples import LabelledWindows
from deepreslib.training.ilocscale.maps import MapRecipe
from deepreslib.training.ilocscale.presets import PRESETS
from deepreslib.training.single_network import SingleNetworkProgram, model_card
from deepreslib.training.structures import find_structures

VALIDATION_MAPS = 60
"""Maps of unseen structures."""

SEEN = (0.1, 99.9)
"""Percentiles of the gains of the training's windows; gains are held within them when the network is used."""

AT_ONCE = 8192
"""Windows that a network takes at once."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """The options of ``deepres train ilocscale``; see its ``--help``.

    Attributes:
        maps: number of maps to simulate.
    """

    maps: int


@dataclass(frozen=True, eq=False)
class Data:
    """What all networks are trained on and judged by.

    Attributes:
        recipe: how maps are drawn.
        structures: number of structures to train on.
        maps: number of maps to train on.
        training: their windows.
        unseen: windows of unseen structures.
    """

    recipe: MapRecipe
    structures: int
    maps: int
    training: LabelledWindows
    unseen: validation.Unseen


def make_data(options: Options) -> Data:
    """Finds the structures, and makes the windows that are missing.

    Args:
        options: of the training.

    Returns:
        The data.

    Raises:
        InputError: the folders hold no structure.
    """
    recipe, workers = MapRecipe(), options.workers
    paths, unseen_paths = find_structures(options.structures), find_structures(options.validation)
    folder = os.path.join(options.shared_folder or options.folder, "examples")
    unseen = examples.make(unseen_paths, recipe, VALIDATION_SEED, VALIDATION_MAPS, folder, workers)
    files = examples.make(paths, recipe, options.seed, options.maps, folder, workers)
    training = examples.load(files)
    single = validation.best_single(training)
    return Data(recipe, len(paths), len(files), training, validation.Unseen(examples.load(unseen), single))


class GainsProgram(SingleNetworkProgram):
    """Trains one network for local sharpening on windows that are made beforehand; see ``loop.Program``."""

    def __init__(self, options: Options, data: Data) -> None:
        """Looks at the windows.

        Args:
            options: of the training; their preset is a name among ``presets.PRESETS``.
            data: the windows.

        Raises:
            InputError: no window can be used, or the network to begin with cannot.
        """
        self.options, self.preset, self.data = options, PRESETS[options.preset], data
        start, preset = options.start, self.preset
        self._start = None if start is None else load_gains(start, preset.network, preset.aim)
        numbers = np.flatnonzero(preset.usable(data.training))
        if not len(numbers):
            raise InputError(f"{options.structures}: none of its windows can be used; simulate more --maps.")
        spacing = 1 if preset.most is None else max(len(numbers) // preset.most, 1)
        self.numbers = numbers[::spacing]
        keras.utils.set_random_seed(options.seed)

    def make_network(self) -> KerasModel:
        """The network of the options' start, or a new one."""
        if self._start is not None:
            return self._start.network
        network = ilocscale.build(self.preset.network)
        if self.preset.network == "compact":
            used = self.data.training.chosen(self.numbers)
            ilocscale.adapt(network, used.profiles, used.known)
            ilocscale.begin_at(network, self._usual(used))
        return network

    def compile(self) -> None:
        """Compiles the network as its preset defines."""
        self.network.compile(self.preset.make_optimiser(self.options.rate), self.preset.loss)

    def batches(self, first: int) -> Generator[loop.Batch, None, None]:
        """Batches of windows; see ``loop.Program``."""
        order = batches.Order(self.options.batch, self.preset.group, hides=self.preset.network == "compact")
        return batches.shuffled(self.data.training, self.numbers, self.preset.prepare, order, self.options.seed, first)

    def validate(self) -> dict[str, float]:
        """Figures on windows of unseen structures: see ``validation``; of predicted profiles their errors too."""
        unseen = self.data.unseen
        gains = self.log_gains(unseen.examples)
        found = unseen.figures(gains)
        if self.preset.aim == "density":
            return found
        errors = validation.profile_figures(unseen.examples, gains + self._profiles(unseen.examples))
        if self.preset.network == "published":  # its gains are of the map as it was given
            return errors
        return errors | {name: found[name] for name in ("correlation", "gain", "least")}

    def card(self, state: loop.State) -> store.Card:
        """The model card."""
        system = {
            "name": f"ilocscale-{self.options.preset}",
            "network": "ilocscale",
            "preset": self.preset.network,
            "aim": self.preset.aim,
            "config": ilocscale.PRESETS[self.preset.network]["config"],
            "gains": self._gains_seen(),
        }
        unseen = self.data.unseen
        data = {
            "structures": self.data.structures,
            "maps": self.data.maps,
            "windows": len(self.numbers),
            "recipe": asdict(self.data.recipe),
            "flat": round(float(unseen.flat.mean()), 4),
            "one_and_fitted": {name: [round(end, 4) for end in ends] for name, ends in unseen.ends.items()},
        }
        return model_card(self.options, state, system, data)

    def log_gains(self, windows: LabelledWindows) -> FloatArray:
        """The gains of windows as the network predicts them, not yet limited.

        Args:
            windows: n of them.

        Returns:
            float32 (n, 13), logarithms of the gains of the map as the network wants it.
        """
        inputs, _ = self.preset.prepare(windows)
        outputs: Any = self.network.predict(inputs, batch_size=AT_ONCE, verbose=0)
        if self.preset.aim == "density":
            return np.asarray(outputs)
        if self.preset.network == "compact":
            return np.asarray(outputs) - self._profiles(windows)
        linear, prelu = (np.asarray(outputs[kind]) for kind in ("linear", "prelu"))
        merged = np.empty_like(linear)
        for number in np.unique(windows.maps):
            chosen = windows.maps == number
            known, resolution = windows.given_known[chosen][0], float(windows.resolution[chosen][0])
            merged[chosen] = merge(linear[chosen], prelu[chosen], inputs["profile"][chosen], known, resolution)
        return merged - self._profiles(windows)

    def _profiles(self, windows: LabelledWindows) -> FloatArray:
        """The profiles from which predicted profiles differ by the gains: unknown points are held at the last known."""
        if self.preset.network == "published":
            return batches.given_profiles(windows)
        return batches.held_profiles(windows.profiles, windows.known)

    def _usual(self, used: LabelledWindows) -> FloatArray:
        """What a new network predicts of all windows."""
        return self.data.unseen.one if self.preset.aim == "density" else used.target.mean(axis=0)

    def _gains_seen(self) -> list[list[float]]:
        """The least and the greatest logarithm of a gain of each shell, of the map as the network wants it."""
        windows = self.data.training.chosen(self.numbers[:: max(len(self.numbers) // 50_000, 1)])
        gains = self.log_gains(windows)
        known = windows.given_known if self.preset.network == "published" else windows.known
        limits = np.zeros((2, SHELLS))
        for shell in range(SHELLS):
            seen = gains[known[:, shell], shell]
            limits[:, shell] = np.percentile(seen, SEEN) if len(seen) else limits[:, max(shell - 1, 0)]
        return [[round(float(end), 3) for end in ends] for ends in limits]


def train(options: Options, data: Data | None = None, report: loop.Report = print) -> store.Card:
    """Trains one network until its steps are done or the minutes are spent (see ``loop.run``).

    Writes windows and checkpoints on the way, and at the end a model folder, into ``options.folder``.

    Args:
        options: of the training.
        data: windows; None to make them first.
        report: called with each line of progress.

    Returns:
        The model card.

    Raises:
        InputError: the folders hold no structure, the network to begin with cannot be used, or the training of the
            checkpoint has already taken all the minutes.
    """
    program = GainsProgram(options, make_data(options) if data is None else data)
    card = loop.run(program, options, report)
    network = ilocscale.build(program.preset.network)
    store.transfer_weights(program.network, network)
    store.save(network, options.folder, card)
    return card


def train_all(options: Options, report: loop.Report = print) -> None:
    """Trains all networks, one after the other, each in its folder: ``density``, ``contrast``, ``published``.

    The minutes are shared out among them. Networks whose training has ended are passed over.

    Args:
        options: of all; their preset is not used, and a batch or a rate of 0 stands for the preset's own.
        report: called with each line of progress.

    Raises:
        InputError: as ``train``; or all trainings have ended.
    """
    if options.start is not None:
        raise InputError("--start is for one network; name it by --preset, or leave --start out.")
    parts = [of_preset(options, name) for name in PRESETS]
    left = [part for part in parts if not loop.has_ended(part.folder, part.steps, part.minutes)]
    if not left:
        raise InputError(f"{options.folder}: all networks are trained there; give more --minutes to go on.")
    data = make_data(options)
    for part in left:
        report(f"{part.preset}: {part.steps} steps at most")
        train(part, data, report)


def of_preset(options: Options, name: str, alone: bool = False) -> Options:
    """The options of one network.

    Args:
        options: of all; a batch or a rate of 0 stands for the preset's own.
        name: of the preset.
        alone: whether no other network is trained, so that all minutes and the output folder itself are for it.

    Returns:
        The options.
    """
    preset = PRESETS[name]
    own = replace(
        options,
        preset=name,
        batch=options.batch or preset.batch,
        rate=options.rate or preset.rate,
        steps=options.steps or preset.steps,
    )
    if alone:
        return own
    minutes = None if options.minutes is None else options.minutes * preset.share
    return replace(own, minutes=minutes, folder=os.path.join(options.folder, name), shared_folder=options.folder)
