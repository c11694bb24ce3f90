"""The training program of the CryoRes networks, for any Keras backend (KERAS_BACKEND=tensorflow, torch or jax)."""

import os
from dataclasses import asdict, dataclass

import keras
import numpy as np
from keras import layers, ops

from deepres.networks import cryores as networks
from deepres.networks import store
from deepres.structures import find_structures
from deepres.training import cryores_examples as examples
from deepres.training import loop
from deepres.training.cryores_recipe import SceneRecipe

EDGE = 24
"""Edge of the cubes trained on, voxels of the network's grid."""

VALIDATION_SEED = 20230525
VALIDATION_EXAMPLES = 48
RELATIVE_WEIGHT = 1.0
"""The slides' lambda, which they do not give."""


@dataclass(frozen=True, kw_only=True)
class Options(loop.LoopOptions):
    """What ``deepres train cryores`` is told; see its ``--help``."""

    examples: int


@keras.saving.register_keras_serializable("deepres")
class AbsoluteResolution(layers.Layer):
    """Baseline and relative local resolution to the absolute one: their sum and the local deviation."""

    def call(self, baseline, local):
        whole = ops.reshape(baseline[:, :1], (-1, 1, 1, 1, 1))
        return ops.concatenate([local[..., :1] + whole, local[..., 1:]], axis=-1)

    def compute_output_shape(self, baseline_shape, local_shape):
        return local_shape


def trainable(network):
    """The network with the absolute local resolution as a further output."""
    outputs = dict(network.output)
    outputs["absolute"] = AbsoluteResolution(name="absolute")(outputs["baseline"], outputs["local"])
    return keras.Model(network.input, outputs)


def _baseline_likelihood(truth, predicted):
    return loop.laplace_likelihood(truth[:, 0], predicted, ops.ones_like(truth[:, 0]))


def _local_likelihood(truth, predicted):
    return loop.laplace_likelihood(truth[..., 0], predicted, truth[..., 1])


def _cross_entropy(truth, logits):
    return ops.mean(ops.binary_crossentropy(truth, logits, from_logits=True))


def _baseline_squared(truth, predicted):
    return ops.mean(ops.square(truth[:, 0] - predicted[:, 0]))


def _relative_logarithm(truth, predicted):
    error = ops.log(ops.abs(truth[..., 0] - predicted[..., 0]) + 1.0) / np.log(10.0)
    return ops.sum(error * truth[..., 1]) / ops.maximum(ops.sum(truth[..., 1]), 1.0)


LOSSES = {
    "published": {"baseline": _baseline_squared, "local": _relative_logarithm, "mask": _cross_entropy},
    "compact": {"baseline": _baseline_likelihood, "absolute": _local_likelihood, "mask": _cross_entropy},
}
WEIGHTS = {
    "published": {"baseline": 1.0, "local": RELATIVE_WEIGHT, "mask": 1.0},
    "compact": {"baseline": 0.5, "absolute": 1.0, "mask": 3.0},
}
OPTIMISERS = {
    "published": lambda rate: keras.optimizers.SGD(rate, momentum=0.8),
    "compact": lambda rate: keras.optimizers.Adam(rate, clipnorm=1.0),
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
    validation = [examples.load(path) for path in checks]
    keras.utils.set_random_seed(options.seed)

    def compile_network(network):
        network.compile(
            OPTIMISERS[options.preset](options.rate),
            {name: LOSSES[options.preset].get(name) for name in network.output},
            loss_weights={name: WEIGHTS[options.preset].get(name, 0.0) for name in network.output},
        )

    network, state = loop.run(
        options,
        lambda: trainable(_first_network(options)),
        compile_network,
        lambda first: _batches(files, options, first),
        lambda network: figures(network, validation),
        report,
    )
    card = {
        "name": f"cryores-{options.preset}",
        "network": "cryores",
        "preset": options.preset,
        "config": networks.PRESETS[options.preset]["config"],
        "data": {"structures": len(paths), "examples": len(files), "recipe": asdict(recipe)},
        **loop.card(options, state),
    }
    bare = networks.build(options.preset)
    bare.set_weights(network.get_weights())
    store.save(bare, options.folder, card)
    return card


def _first_network(options):
    """The network to begin with: new, or that of a model folder."""
    return store.load_cryores(options.start).network if options.start else networks.build(options.preset)


def _batches(files, options, first):
    """Batches of random cubes of random examples; ``first`` is the number of examples used so far."""
    random = np.random.default_rng([options.seed, first])
    used = 0
    while True:
        order = random.permutation(len(files))
        for start in range(0, len(files) - options.batch + 1, options.batch):
            chosen = [examples.load(files[number]) for number in order[start : start + options.batch]]
            used += len(chosen)
            yield *_joined(chosen, random), used


def _joined(chosen, random):
    """A batch: inputs and targets of the network by name."""
    cubes = [examples.cut(example, EDGE, random) for example in chosen]
    features, labels = (np.stack(arrays) for arrays in zip(*cubes, strict=True))
    baseline = np.array([[example.baseline] for example in chosen], np.float32)
    relative = np.concatenate([labels[..., :1] - baseline[:, None, None, None], labels[..., 1:2]], axis=-1)
    inputs = {"features": features, "summary": np.stack([example.summary for example in chosen])}
    targets = {"baseline": baseline, "local": relative, "absolute": labels[..., :2], "mask": labels[..., 2:]}
    return inputs, targets


def figures(network, validation):
    """Of unseen structures: RMSE of the local resolution (mean over maps), mean |error| of the global one, mask IoU."""
    local, globally, overlap, within = [], [], [], []
    for example in validation:
        features, labels = examples.cut(example, EDGE)
        inputs = {"features": features[None], "summary": example.summary[None]}
        found = {name: np.asarray(value)[0] for name, value in network.predict(inputs, verbose=0).items()}
        known = labels[..., 1] > 0
        absolute = found["local"][..., 0] + found["baseline"][0]
        error = np.abs(absolute - labels[..., 0])[known]
        local.append(np.sqrt(np.mean(np.square(error))))
        within.append(np.mean(error < found["local"][..., 1][known]))
        globally.append(abs(float(found["baseline"][0]) - example.baseline))
        inside, true = found["mask"][..., 0] > 0, labels[..., 2] > 0.5
        overlap.append((inside & true).sum() / max((inside | true).sum(), 1))
    means = {"rmse_local": local, "within_sd": within, "error_global": globally, "iou_mask": overlap}
    return {name: round(float(np.mean(values)), 4) for name, values in means.items()}
