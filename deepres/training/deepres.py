"""The training program of the DeepRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax)."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from deepres.errors import InputError
from deepres.networks import deepres as networks
from deepres.networks import store
from deepres.ranges import RANGES
from deepres.structures import find_structures, read_structure
from deepres.training import loop, scenes, stream

VALIDATION_SEED = 20190822
VALIDATION_SCENES = 32
VALIDATION_PATCHES = 512

BUFFER = 8192
"""Patches among which batches are drawn."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """What ``deepres train deepres`` is told; see its ``--help``."""

    range_name: str


def likelihood(truth, predicted):
    """``loop.laplace_likelihood`` of truth (..., 2), resolution and voxel weight, and prediction (..., 2)."""
    return loop.laplace_likelihood(truth[..., 0], predicted, truth[..., 1])


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
    recipe = scenes.SceneRecipe(RANGES[options.range_name])
    if options.preset == "published":
        recipe = scenes.SceneRecipe(RANGES[options.range_name], outputs=1)
    paths = find_structures(options.structures)
    probabilities = _probabilities(paths)
    validation = validation_sets(find_structures(options.validation), recipe)
    keras.utils.set_random_seed(options.seed)

    def compile_network(network):
        loss = likelihood if options.preset == "compact" else squared_error
        network.compile(keras.optimizers.Adam(options.rate, clipnorm=1.0), loss)

    def make_batches(first):
        source = stream.scene_stream(paths, probabilities, recipe, options.seed, first, options.workers)
        for patches, labels, used in stream.batches(source, options.batch, BUFFER, options.seed + first):
            yield *_prepared(options.preset, patches, labels), used

    network, state = loop.run(
        options,
        lambda: _first_network(options),
        compile_network,
        make_batches,
        lambda network: _figures(network, validation, options.preset),
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
    bare.set_weights(network.get_weights())
    store.save(bare, options.folder, card)
    return card


def _probabilities(paths):
    """Structures with nucleic acid are drawn twice as often: there are few of them."""
    weights = np.array([1.0 + 1.0 * (read_structure(path).nucleic.mean() > 0.1) for path in paths])
    return weights / weights.sum()


def _first_network(options):
    """The network to begin with: new, or that of a model folder."""
    if not options.start:
        return networks.build(options.preset, RANGES[options.range_name])
    model = store.load_deepres(options.start, options.range_name)
    if model.preset != options.preset:
        raise InputError(f"{options.start}: a {model.preset} network; choose --preset {model.preset}.")
    return model.network


def _prepared(preset, patches, labels):
    """A batch as the preset's network takes it: boxes, or windows of unit L2 norm."""
    if preset == "compact":
        return patches, labels
    norm = np.sqrt(np.sum(np.square(patches), axis=(1, 2, 3, 4), keepdims=True))
    return patches / np.maximum(norm, 1e-12), labels[:, 0, 0, 0, :]


def validation_sets(paths, recipe):
    """Fixed patches of unseen structures: without noise, and with white noise of half the density's SD."""
    sets = {}
    for name, noise in (("clean", 0.0), ("noisy", 0.5)):
        chosen = scenes.plain_recipe(recipe, noise)
        made = [
            scenes.make_scene(paths[i % len(paths)], chosen, [VALIDATION_SEED, i]) for i in range(VALIDATION_SCENES)
        ]
        patches = np.concatenate([m[0] for m in made if len(m[0])])
        labels = np.concatenate([m[1] for m in made if len(m[0])])
        spread = np.linspace(0, len(patches) - 1, VALIDATION_PATCHES).astype(int)
        sets[name] = patches[spread], labels[spread]
    return sets


def _figures(network, validation, preset):
    """RMSE in Å of each validation set, and the share of voxels within one predicted SD."""
    figures = {}
    for name, (patches, labels) in validation.items():
        inputs, truth = _prepared(preset, patches, labels)
        predicted = network.predict(inputs, batch_size=32, verbose=0)
        inside = truth[..., 1] > 0
        error = predicted[..., 0][inside] - truth[..., 0][inside]
        figures[f"rmse_{name}"] = round(float(np.sqrt(np.mean(np.square(error)))), 4)
        if preset == "compact":
            figures[f"within_sd_{name}"] = round(float((np.abs(error) < predicted[..., 1][inside]).mean()), 4)
    return figures
