"""The training program of the DeepRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax).

Of the compact network only the perceptron has weights to train, so the features of a window are computed once and
kept instead of the window.
"""

from dataclasses import asdict, dataclass, replace

import keras
import numpy as np
from keras import ops

from deepreslib.errors import InputError
from deepreslib.networks import deepres as networks
from deepreslib.networks import store
from deepreslib.networks.ranges import RANGES
from deepreslib.training import loop
from deepreslib.training.deepres import calibration, scenes, stream
from deepreslib.training.losses import laplace_loss
from deepreslib.training.structures import drawn_shares, find_structures

VALIDATION_SEED = 20190822
VALIDATION_SCENES = 32
VALIDATION_WINDOWS = 16
"""Windows of each map validated on."""

BUFFER = {"compact": 500_000, "published": 20_000}
"""Windows among which batches are drawn."""

USES = {"compact": 16, "published": 1}
"""How many times a window is drawn: making one costs more than a step of the compact network with it."""

NUCLEIC_WEIGHTS = {"low": (1.5, 3.0), "high": (3.0, 10.0)}
"""How often a complex with nucleic acid, and nucleic acid alone, is drawn for a range, relative to a protein. Of our
training structures one in fifteen is nucleic acid alone; for the high range, where it differs most, this makes it one
in three."""

ADAPTED = 24
"""Scenes whose features set the compact network's standardisation."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """What ``deepres train deepres`` is told; see its ``--help``."""

    range_name: str


def likelihood(truth, predicted):
    """``laplace_loss`` of truth (n, 1) and prediction (n, 2)."""
    return laplace_loss(truth[..., 0], predicted, ops.ones_like(truth[..., 0]))


def squared_error(truth, predicted):
    """Mean squared error in Å² of the published network's single output."""
    return ops.mean(ops.square(truth[..., 0] - predicted[..., 0]))


def train(options, report=print):
    """Trains until the minutes (or steps, if given) are spent, going on from a checkpoint if there is one.

    Writes checkpoints on the way and at the end a model folder (weights and card) into ``options.folder``.

    Args:
        options: an ``Options``.
        report: called with each line of progress.

    Returns:
        the model card.

    Raises:
        InputError: the folders hold no structure, or the checkpoint has all the minutes already.
    """
    keras.utils.set_random_seed(options.seed)
    first_network = _first_network(options)
    recipe = scenes.SceneRecipe(RANGES[options.range_name])
    paths = find_structures(options.structures)
    probabilities = drawn_shares(paths, *NUCLEIC_WEIGHTS[options.range_name])
    prepare = _preparation(options.preset)
    sets = validation_sets(find_structures(options.validation), recipe)
    validation = {name: (prepare(windows), labels) for name, (windows, labels) in sets.items()}

    def compile_network(network):
        loss = likelihood if options.preset == "compact" else squared_error
        network.compile(keras.optimizers.Adam(options.rate, clipnorm=1.0), loss)

    def make_batches(first):
        source = stream.scene_stream(paths, probabilities, recipe, options.seed, first, options.workers)
        prepared = ((prepare(windows), labels) for windows, labels in source)
        buffer, uses = BUFFER[options.preset], USES[options.preset]
        return stream.batches(prepared, options.batch, buffer, options.seed + first, uses)

    def make_network():
        if options.preset == "compact" and not options.start:
            source = stream.scene_stream(paths, probabilities, recipe, options.seed)
            networks.adapt(first_network, np.concatenate([prepare(next(source)[0]) for _ in range(ADAPTED)]))
        return first_network

    network, state = loop.run(
        options,
        make_network,
        compile_network,
        make_batches,
        lambda network: _figures(network, validation),
        report,
    )
    card = {
        "name": f"deepres-{options.range_name}-{options.preset}",
        "network": "deepres",
        "preset": options.preset,
        "range": options.range_name,
        "config": networks.PRESETS[options.preset]["config"],
        "data": {
            "structures": len(paths),
            "scenes": state["scenes"],
            "recipe": {k: v for k, v in recipe.__dict__.items() if k != "resolution_range"},
        },
        **loop.card(options, state),
    }
    bare = networks.build(options.preset, RANGES[options.range_name])  # without the optimiser's variables
    networks.transfer(network, bare)
    if options.preset == "compact":
        model = store.StoredModel(bare, "compact", RANGES[options.range_name], card["name"], options.folder, "")
        found = calibration.calibrate(model, find_structures(options.validation))
        card["calibration"] = found and asdict(found)
    store.save(bare, options.folder, card)
    return card


def _first_network(options):
    """What is trained, new or as it is in a model folder: the published network or the compact one's perceptron."""
    resolution_range = RANGES[options.range_name]
    if options.preset == "published":
        network = networks.build("published", resolution_range)
    else:
        network = networks.perceptron(resolution_range, **networks.PRESETS["compact"]["config"])
    if options.start:
        model = store.load_deepres(options.start, options.range_name)
        if model.preset != options.preset:
            raise InputError(f"{options.start}: a {model.preset} network; choose --preset {model.preset}.")
        networks.transfer(model.network, network)
    return network


def _preparation(preset):
    """Function that makes of windows (n, 13, 13, 13, 1) what is trained on: features, or windows of unit L2 norm."""
    if preset == "compact":
        features = networks.features()

        def described(windows):
            if not len(windows):  # a scene without a molecule, which Keras cannot take
                return np.empty((0, features.output_shape[-1]), np.float32)
            return np.asarray(features.predict_on_batch(windows))[:, 0, 0, 0]

        return described

    def normalised(windows):
        norm = np.sqrt(np.sum(np.square(windows), axis=(1, 2, 3, 4), keepdims=True))
        return windows / np.maximum(norm, 1e-12)

    return normalised


def validation_sets(paths, recipe):
    """Fixed windows of unseen structures: without noise, and with white noise of half the density's SD."""
    sets = {}
    for name, noise in (("clean", 0.0), ("noisy", 0.5)):
        chosen = replace(scenes.plain_recipe(recipe, noise), windows=VALIDATION_WINDOWS)
        made = [
            scenes.make_scene(paths[i % len(paths)], chosen, [VALIDATION_SEED, i]) for i in range(VALIDATION_SCENES)
        ]
        sets[name] = tuple(np.concatenate(parts) for parts in zip(*made, strict=True))
    return sets


def _figures(network, validation):
    """RMSE in Å of each validation set, and the share of windows within one predicted SD."""
    figures = {}
    for name, (inputs, truth) in validation.items():
        predicted = network.predict(inputs, batch_size=256, verbose=0)
        error = predicted[:, 0] - truth[:, 0]
        figures[f"rmse_{name}"] = round(float(np.sqrt(np.mean(np.square(error)))), 4)
        if predicted.shape[-1] == 2:
            figures[f"within_sd_{name}"] = round(float((np.abs(error) < predicted[:, 1]).mean()), 4)
    return figures
