"""How well a DeepRes network does on windows of structures that it is not trained on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks.tensors import KerasModel
from deepreslib.training.deepres import scenes

SEED = 20190822
SCENES = 32
"""Scenes of each set."""

WINDOWS = 16
"""Windows of each map of a scene."""

NOISES = {"clean": 0.0, "noisy": 0.5}
"""SD of the white noise of each set, in units of the density's SD in the mask."""


def validation_sets(paths: Sequence[str], recipe: scenes.SceneRecipe) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Windows that are always the same: of maps at one resolution each, with and without noise.

    Args:
        paths: structure files.
        recipe: of the training.

    Returns:
        The name of each of ``NOISES`` → (windows, labels), as ``scenes.make_scene`` gives them.
    """
    sets = {}
    for name, noise in NOISES.items():
        plain = replace(scenes.plain_recipe(recipe, noise), windows=WINDOWS)
        parts = [scenes.make_scene(paths[i % len(paths)], plain, [SEED, i]) for i in range(SCENES)]
        windows, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        sets[name] = windows, labels
    return sets


def figures(network: KerasModel, sets: dict[str, tuple[FloatArray, FloatArray]]) -> dict[str, float]:
    """How well a network does.

    Args:
        network: the Keras model.
        sets: name → (the network's inputs, labels (n, 1), Å).

    Returns:
        For each set the RMSE, Å, and, if the network predicts deviations, the share of windows whose error is smaller.
    """
    values = {}
    for name, (inputs, truth) in sets.items():
        predicted = network.predict(inputs, batch_size=256, verbose=0)
        error = predicted[:, 0] - truth[:, 0]
        values[f"rmse_{name}"] = round(float(np.sqrt(np.mean(np.square(error)))), 4)
        if predicted.shape[-1] == 2:
            values[f"within_sd_{name}"] = round(float((np.abs(error) < predicted[:, 1]).mean()), 4)
    return values
