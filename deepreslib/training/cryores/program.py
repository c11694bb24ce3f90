"""The training program of the CryoRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax)."""

import os
from dataclasses import asdict, dataclass

import keras
import numpy as np
from keras import ops
from scipy.stats import spearmanr

from deepreslib.networks import calibration, store
from deepreslib.networks import cryores as networks
from deepreslib.training import loop
from deepreslib.training.cryores import augmentation, losses
from deepreslib.training.cryores import examples as examples
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.structures import find_structures

PLACES = 128
"""Places of an example that a step uses, a random part of those kept."""

BATCH = 32
"""Examples a step, unless told otherwise."""

WEIGHT_DECAY = 0.01

VALIDATION_SEED = 20230525
VALIDATION_EXAMPLES = 144


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """What ``deepres train cryores`` is told; see its ``--help``."""

    examples: int


def trainable(network):
    """The network with each member's answers, and the absolute local resolution of each, as further outputs.

    What is wrong with the absolute local resolution is not the baseline's business.
    """
    outputs = dict(network.output)
    for number, answers in enumerate(networks.member_answers(network), 1):
        baseline = ops.stop_gradient(answers["baseline"][:, :1])
        absolute = networks.Raised(name=f"absolute_{number}")(answers["local"], baseline)
        outputs |= {f"{name}_{number}": answer for name, answer in answers.items()} | {f"absolute_{number}": absolute}
    return keras.Model(network.input, outputs)


OPTIMISERS = {
    "published": lambda rate: keras.optimizers.SGD(rate, momentum=0.8),
    "compact": lambda rate: keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0),
}


def train(options, report=print):
    """Makes the examples that are missing, then trains until the minutes are spent (see ``loop.run``).

    Writes examples and checkpoints on the way, and at the end a model folder, into ``options.folder``.

    Args:
        options: an ``Options``.
        report: called with each line of progress.

    Returns:
        the model card.

    Raises:
        InputError: the folders hold no structure, or the checkpoint has all the minutes already.
    """
    recipe = SceneRecipe()
    paths, held_out = find_structures(options.structures), find_structures(options.validation)
    folder = os.path.join(options.folder, "examples")
    checks = examples.make(held_out, recipe, VALIDATION_SEED, VALIDATION_EXAMPLES, folder, options.workers)
    files = examples.make(paths, recipe, options.seed, options.examples, folder, options.workers)
    validation, known = examples.load(checks), examples.load(files)
    keras.utils.set_random_seed(options.seed)

    def compile_network(network):
        network.compile(
            OPTIMISERS[options.preset](options.rate),
            {name: losses.LOSSES[options.preset].get(_asked(name)) for name in network.output},
            loss_weights={name: losses.WEIGHTS[options.preset].get(_asked(name), 0.0) for name in network.output},
        )

    network, state = loop.run(
        options,
        lambda: trainable(_first_network(options)),
        compile_network,
        lambda first: _batches(known, options, first),
        lambda network: figures(network, validation),
        report,
    )
    calibrate(network, validation)
    card = {
        "name": f"cryores-{options.preset}",
        "network": "cryores",
        "preset": options.preset,
        "config": networks.PRESETS[options.preset]["config"],
        "data": {
            "structures": len(paths),
            "examples": len(known),
            "recipe": asdict(recipe),
            "coarse": {"one_in": examples.COARSE_EVERY, "resolution": examples.COARSE},
            "masked_from": examples.MASKED_FROM,
        },
        **loop.card(options, state),
        "metrics": figures(network, validation),
    }
    bare = networks.build(options.preset)
    for layer in bare.layers:
        if layer.weights:
            layer.set_weights(network.get_layer(layer.name).get_weights())
    store.save(bare, options.folder, card)
    return card


def _asked(output):
    """What a member's output is asked, ``local`` of ``local_2``; None of what the members say together."""
    head, _, member = output.partition("_")
    return head if member else None


def _first_network(options):
    """The network to begin with: new, or that of a model folder."""
    return store.load_cryores(options.start).network if options.start else networks.build(options.preset)


def _batches(known, options, first):
    """Batches of examples in random order; ``first`` is the number of examples used so far."""
    random = np.random.default_rng([options.seed, first])
    members = range(1, networks.PRESETS[options.preset]["config"]["members"] + 1)
    used, batch = 0, min(options.batch, len(known))
    while True:
        order = random.permutation(len(known))
        for start in range(0, len(known) - batch + 1, batch):
            places = random.choice(known.features.shape[1], PLACES, replace=False)
            used += batch
            inputs, targets = _batch(known, order[start : start + batch], places)
            inputs["features"], inputs["summary"] = augmentation.blurred(
                inputs["features"], inputs["summary"], targets["baseline"][:, 0], random
            )
            inputs["features"] = augmentation.hidden(inputs["features"], random)
            asked = {f"{name}_{member}": targets[name] for member in members for name in losses.LOSSES[options.preset]}
            yield inputs, asked, used


def _batch(known, chosen, places):
    """Inputs and targets of the network, by name, for some examples and some of their places."""
    features, labels = (
        array[chosen][:, places, None, None].astype(np.float32) for array in (known.features, known.labels)
    )
    baseline = known.baseline[chosen, None]
    relative = np.concatenate([labels[..., :1] - baseline[..., None, None, None], labels[..., 1:2]], axis=-1)
    inputs = {"features": features, "summary": known.summary[chosen]}
    targets = {"baseline": baseline, "local": relative, "absolute": labels[..., :2], "mask": labels[..., 2:]}
    return inputs, targets


def _errors(network, validation):
    """What the network finds in the places of examples, and how far that is from their labels.

    Returns:
        dict: |error| and deviation of ``local`` (examples, places) and ``baseline`` (examples,), ``mask`` logits, and
            ``found``, the relative local resolution (examples, places).
    """
    inputs, _ = _batch(validation, np.arange(len(validation)), slice(None))
    found = {name: np.asarray(value) for name, value in network.predict(inputs, batch_size=64, verbose=0).items()}
    local, baseline = found["local"][:, :, 0, 0], found["baseline"]
    return {
        "local": (np.abs(local[..., 0] + baseline[:, :1] - validation.labels[..., 0]), local[..., 1]),
        "baseline": (np.abs(baseline[:, 0] - validation.baseline), baseline[:, 1]),
        "mask": found["mask"][:, :, 0, 0, 0],
        "found": local[..., 0],
    }


def calibrate(network, validation):
    """Scales the deviations so that of unseen structures they hold 68.27 %: of the maps, and of a map's places.

    A network grows surer of the examples it is trained on than it is right about others.
    """
    found = _errors(network, validation)
    known = validation.labels[..., 1] > 0
    share = np.broadcast_to(1 / np.maximum(known.sum(axis=1, keepdims=True), 1), known.shape)
    for name, chosen, weight in (
        ("local", known, share[known]),
        ("baseline", np.ones(len(validation), bool), np.ones(len(validation))),
    ):
        error, deviation = (each[chosen] for each in found[name])
        factor = network.get_layer(name).factor
        factor.assign(factor * calibration.factor(error / deviation, weight))


def figures(network, validation):
    """Of unseen structures: RMSE and rank correlation of the local resolution, error of the global one, mask's IoU.

    The RMSE and the |error| are means over maps, the rank correlation the median.
    """
    found = _errors(network, validation)
    _, known, occupancy, anywhere = (validation.labels[..., n].astype(float) for n in range(4))
    share = np.maximum(known.sum(axis=1), 1)
    error, deviation = found["local"]
    within = np.sum((error < deviation) * known, axis=1) / share
    inside, true = found["mask"] > 0, occupancy > 0.5
    labels = validation.labels[..., 0].astype(float)
    pairs = [(f[k], t[k]) for f, t, k in zip(found["found"], labels, known > 0, strict=True) if k.any()]
    ranks = [spearmanr(each, true).statistic for each, true in pairs if np.ptp(true) > 0]
    figures = {
        "rmse_local": np.mean(np.sqrt(np.sum(error**2 * known, axis=1) / share)),
        "rank_local": np.median(ranks or [0.0]),
        "within_sd": np.mean(within[known.any(axis=1)]),
        "error_global": np.mean(found["baseline"][0]),
        "iou_mask": np.sum((inside & true) * anywhere) / max(np.sum((inside | true) * anywhere), 1),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}
