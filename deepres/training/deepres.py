"""The training program of the DeepRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax)."""

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

from deepres.errors import InputError
from deepres.files import write_aside
from deepres.networks import deepres as networks
from deepres.networks import store
from deepres.ranges import RANGES
from deepres.structures import find_structures, read_structure
from deepres.training import scenes, stream

CHECKPOINT = "checkpoint.keras"
STATE = "state.json"
WARM_UP = 0.03
"""Share of the training over which the learning rate rises."""

VALIDATION_SEED = 20190822
VALIDATION_SCENES = 32
VALIDATION_PATCHES = 128
BUFFERS = {"compact": 2048, "published": 8192}
"""Patches among which batches are drawn."""


@dataclass(frozen=True)
class Options:
    """What ``deepres train deepres`` is told; see its ``--help``."""

    range_name: str
    preset: str
    structures: str
    validation: str
    minutes: float
    folder: str
    steps: int | None = None
    start: str | None = None
    seed: int = 1
    batch: int = 32
    rate: float = 1.5e-3
    workers: int = 0
    command: str = ""


def gaussian_likelihood(truth, predicted):
    """Mean negative log likelihood of Gaussians, each voxel weighted by the square root of its variance.

    The weight (a constant for the gradient) keeps voxels of large predicted variance from being given up
    (Seitzer et al. 2022, beta = 0.5).

    Args:
        truth: (..., 2): resolution, Å, and voxel weight.
        predicted: (..., 2): resolution and SD, Å.
    """
    deviation = predicted[..., 1]
    error = (truth[..., 0] - predicted[..., 0]) / deviation
    loss = (ops.log(deviation) + 0.5 * ops.square(error)) * ops.stop_gradient(deviation)
    return ops.sum(loss * truth[..., 1]) / ops.maximum(ops.sum(truth[..., 1]), 1.0)


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
        recipe = scenes.SceneRecipe(RANGES[options.range_name], outputs=1, patches=24)
    paths = find_structures(options.structures)
    probabilities = _probabilities(paths)
    held_out = find_structures(options.validation)
    keras.utils.set_random_seed(options.seed)
    network, state = _start(options)
    if _progress(state, options) >= 1:
        raise InputError(
            f"{options.folder}: already trained for {state['seconds'] / 60:.1f} minutes; give more --minutes to go on."
        )
    os.makedirs(options.folder, exist_ok=True)
    validation = validation_sets(held_out, recipe)
    if not state["history"]:
        _evaluate(network, validation, state, report)
    first, before = state["scenes"], state["seconds"]
    source = stream.scene_stream(paths, probabilities, recipe, options.seed, first, options.workers)
    batches = stream.batches(source, options.batch, BUFFERS[options.preset], options.seed + first)
    period = min(max(0.04 * 60 * options.minutes, 10.0), 300.0)
    losses, started, due = [], time.monotonic(), period
    with contextlib.closing(source):
        for patches, labels, used in batches:
            network.optimizer.learning_rate = _rate(state, options)
            losses.append(float(network.train_on_batch(*_prepared(options.preset, patches, labels))))
            elapsed = time.monotonic() - started
            state |= {"seconds": before + elapsed, "scenes": first + used, "steps": state["steps"] + 1}
            finished = _progress(state, options) >= 1
            if finished or elapsed > due:
                _evaluate(network, validation, state | {"loss": float(np.mean(losses))}, report)
                _checkpoint(network, state, options.folder)
                losses, due = [], time.monotonic() - started + period
            if finished:
                break
    card = _card(options, recipe, paths, state)
    bare = networks.build(options.preset, RANGES[options.range_name])  # without the optimiser's variables
    bare.set_weights(network.get_weights())
    store.save(bare, options.folder, card)
    return card


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


def _probabilities(paths):
    """Structures with nucleic acid are drawn twice as often: there are few of them."""
    weights = np.array([1.0 + 1.0 * (read_structure(path).nucleic.mean() > 0.1) for path in paths])
    return weights / weights.sum()


def _start(options):
    """The network, new or from the checkpoint, compiled, and the training's state."""
    checkpoint = os.path.join(options.folder, CHECKPOINT)
    if os.path.exists(checkpoint):
        network = keras.models.load_model(checkpoint, compile=False)
        with open(os.path.join(options.folder, STATE)) as source:
            state = json.load(source)
    else:
        network = _first_network(options)
        state = {"seconds": 0.0, "scenes": 0, "steps": 0, "history": []}
    loss = gaussian_likelihood if options.preset == "compact" else squared_error
    network.compile(keras.optimizers.Adam(options.rate, clipnorm=1.0), loss)
    if os.path.exists(checkpoint):
        network.optimizer.build(network.trainable_variables)
        with np.load(_optimiser_path(options.folder)) as values:
            for variable, key in zip(network.optimizer.variables, sorted(values.files), strict=True):
                variable.assign(values[key])
    return network, state


def _first_network(options):
    """The network to begin with: new, or that of a model folder."""
    if not options.start:
        return networks.build(options.preset, RANGES[options.range_name])
    model = store.load_deepres(options.start, options.range_name)
    if model.preset != options.preset:
        raise InputError(f"{options.start}: a {model.preset} network; choose --preset {model.preset}.")
    return model.network


def _optimiser_path(folder):
    return os.path.join(folder, "optimiser.npz")


def _checkpoint(network, state, folder):
    """Network, optimiser and state, each written aside and renamed."""
    with write_aside(os.path.join(folder, CHECKPOINT)) as temporary:
        network.save(temporary)
    variables = {f"{i:04d}": ops.convert_to_numpy(v) for i, v in enumerate(network.optimizer.variables)}
    with write_aside(_optimiser_path(folder)) as temporary:
        np.savez(temporary, **variables)
    store.write_json(os.path.join(folder, STATE), state)


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


def _evaluate(network, validation, state, report):
    """Adds a row to the history: RMSE in Å of each validation set, and the share of voxels within one SD."""
    row = {"minutes": round(state["seconds"] / 60, 2), "steps": state["steps"], "loss": state.get("loss")}
    preset = "compact" if len(network.output_shape) == 5 else "published"
    for name, (patches, labels) in validation.items():
        inputs, truth = _prepared(preset, patches, labels)
        predicted = network.predict(inputs, batch_size=32, verbose=0)
        inside = truth[..., 1] > 0
        error = predicted[..., 0][inside] - truth[..., 0][inside]
        row[f"rmse_{name}"] = round(float(np.sqrt(np.mean(np.square(error)))), 4)
        if preset == "compact":
            within = np.abs(error) < predicted[..., 1][inside]
            row[f"within_sd_{name}"] = round(float(within.mean()), 4)
    state["history"].append(row)
    report("  ".join(f"{key} {value}" for key, value in row.items() if value is not None))


def _card(options, recipe, paths, state):
    last = state["history"][-1]
    return {
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
        "command": options.command,
        "start": options.start and store.read_card(options.start)["sha256"],
        "seed": options.seed,
        "date": datetime.date.today().isoformat(),
        "backend": f"{keras.backend.backend()}, keras {keras.__version__}",
        "minutes": round(state["seconds"] / 60, 1),
        "steps": state["steps"],
        "metrics": {key: value for key, value in last.items() if key.startswith(("rmse", "within"))},
        "history": state["history"],
    }
