"""How well a network tells the class of maps of structures that it is not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.networks import calibration
from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.networks.tensors import KerasModel
from deepreslib.training.mapclass import scenes, stream
from deepreslib.training.mapclass.molecules import Molecule
from deepreslib.training.mapclass.presets import CubePreparation

SEED = 20190319
SCENES = 12

DECISIONS = {5.0: 4.9, 10.0: 10.1}
"""Border, Å → where the compact network decides, Å. Maps at the borders belong to medium; the network's errors there
have an SD of 0.02 to 0.05 Å on maps without noise, and the next resolutions that people write are 0.5 Å away."""

KNOTS = (2.0, 4.0, 6.0, 8.0, 11.0, 15.0)
"""Å, the resolutions of the calibration."""

Sets = Mapping[str, tuple[FloatArray, FloatArray]]
"""Name → inputs of the network that is trained, and resolutions (n,), Å."""


def validation_sets(
    molecules: Sequence[Sequence[Molecule]], recipe: scenes.CubeRecipe, prepare: CubePreparation
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Maps that are always the same, without noise and, if the recipe has any, all with noise.

    Args:
        molecules: of structures that the network is not trained on.
        recipe: of the training.
        prepare: what makes the network's inputs of cubes.

    Returns:
        ``Sets`` with the names ``clean`` and ``noisy``.
    """
    names = {"clean": 0.0} | ({"noisy": 1.0} if recipe.noisy else {})
    sets = {}
    for name, share in names.items():
        found = stream.scene_stream(molecules, replace(recipe, noisy=share), SEED)
        pairs = [(prepare(cubes), resolutions) for _, (cubes, resolutions) in zip(range(SCENES), found, strict=False)]
        inputs, resolutions = (np.concatenate(part) for part in zip(*pairs, strict=True))
        sets[name] = inputs, resolutions
    return sets


def figures(network: KerasModel, sets: Sets) -> dict[str, float]:
    """The share of right classes of each set, and if the network predicts a resolution, the RMSE of its logarithm.

    Args:
        network: the network that is trained.
        sets: from ``validation_sets``.

    Returns:
        ``right_clean``, ``rmse_clean`` and so on.
    """
    found = {}
    for name, (inputs, truth) in sets.items():
        outputs = np.asarray(network.predict(inputs, batch_size=32, verbose=0), np.float64)
        if outputs.ndim == 3:
            resolution = np.exp(outputs[..., 0].mean(axis=1))
            found[f"rmse_{name}"] = round(float(np.sqrt(np.mean(np.square(np.log(resolution / truth))))), 5)
            classes = class_numbers(resolution, list(DECISIONS.values()))
        else:
            classes = outputs.argmax(axis=1)
        found[f"right_{name}"] = round(float(np.mean(classes == class_numbers(truth, BORDERS))), 4)
    return found


def class_numbers(resolution: FloatArray | float, borders: Sequence[float]) -> IntArray:
    """The number of the class, 0 high, 1 medium or 2 low; the borders themselves belong to medium.

    Args:
        resolution: Å, of any shape.
        borders: two, Å.

    Returns:
        int of that shape.
    """
    first, second = borders
    return np.greater_equal(resolution, first).astype(int) + np.greater(resolution, second).astype(int)


def calibrate(network: KerasModel, sets: Sets) -> calibration.Calibration:
    """The calibration of the deviations of the perceptrons' common prediction.

    Args:
        network: the perceptrons.
        sets: from ``validation_sets``.

    Returns:
        The ``Calibration`` that makes 68 % of the errors on all maps lie within the deviation.
    """
    inputs, truth = (np.concatenate(part) for part in zip(*sets.values(), strict=True))
    members = np.asarray(network.predict(inputs, verbose=0), np.float64)
    centre, deviation = members[..., 0].mean(axis=1), members[..., 1].mean(axis=1)
    deviation = np.sqrt(np.square(deviation) + np.square(members[..., 0] - centre[:, None]).mean(axis=1))
    resolution = np.exp(centre)
    return calibration.fit(
        resolution, resolution * deviation, np.abs(resolution - truth), np.ones(len(truth)), np.array(KNOTS)
    )
