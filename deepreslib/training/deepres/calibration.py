"""The calibration of a DeepRes network's deviations, fitted on maps of structures that it was not trained on."""

from collections.abc import Generator, Sequence

import numpy as np

from deepreslib import simulation, structures
from deepreslib.estimation import deepres as estimation
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import calibration
from deepreslib.networks.deepres_card import StoredDeepRes
from deepreslib.training.deepres import scenes
from deepreslib.training.deepres.scenes import BOX, RIM

SCENES, VARIANTS = 198, 6
"""Scenes, each a structure cut to a box, and maps of each scene."""

NOISES = (0.0, 0.25, 0.5)
"""SD of the white noise, in units of the density's SD in the mask."""

EDGE = 20
"""Voxels; of each map a cube of this edge is estimated, around a voxel of the molecule."""

PLACES = 200
"""Voxels of each map whose errors are used, drawn at random."""

KNOTS = 8
"""Resolutions at which factors are fitted."""

ROUNDS = 6
"""Rounds of fitting. Several are needed, as the values near the ends of the range depend on the calibrated
deviations."""

SEED = 20190823


def calibrate(model: StoredDeepRes, paths: Sequence[str]) -> calibration.Calibration | None:
    """The calibration of a network.

    Maps are low-pass filtered at resolutions drawn evenly from the range. The errors are those of the values that the
    estimator would write, which approach the range's ends gradually. Each map counts alike.

    Args:
        model: a network that predicts deviations; a calibration in its card is not used.
        paths: structure files, none trained on.

    Returns:
        A ``calibration.Calibration``; None if no scene shows a molecule.
    """
    parts = [part for number in range(SCENES) for part in _scene(model, paths[number % len(paths)], number)]
    if not parts:
        return None
    resolution, deviation, truth, weight = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    limits = model.resolution_range
    knots, calibrated = np.linspace(limits.low, limits.high, KNOTS), deviation
    for _ in range(ROUNDS):
        error = np.abs(estimation.soften_ends(resolution, calibrated, limits) - truth)
        fitted = calibration.fit(resolution, deviation, error, weight, knots)
        calibrated = deviation * fitted.factors(resolution, deviation)
    return fitted


def _scene(
    model: StoredDeepRes, path: str, number: int
) -> Generator[tuple[FloatArray, FloatArray, FloatArray, FloatArray], None, None]:
    """Resolution, deviation, truth and weight, each (n,), of some of the molecule's voxels in each map of a scene."""
    rng = np.random.default_rng([SEED, number])
    limits = model.resolution_range
    shape = (BOX,) * 3
    structure = structures.read_structure(path)
    positions, selected = simulation.cut_out(structure, BOX, limits.voxel_size, rng, RIM)
    density = simulation.density(structure, positions, shape, limits.voxel_size, selected=selected)
    mask = simulation.molecular_mask(positions[selected], shape, limits.voxel_size)
    allowed = scenes.inner(mask)
    voxels = np.argwhere(allowed)
    for variant in range(VARIANTS if len(voxels) else 0):
        resolution = rng.uniform(limits.low, limits.high)
        data = filters.low_pass(density, limits.voxel_size, resolution)
        if noise := NOISES[variant % len(NOISES)]:
            data = simulation.add_noise(data, mask, noise, rng)
        part = tuple(slice(n - EDGE // 2, n + EDGE // 2) for n in voxels[rng.integers(len(voxels))])
        needed = np.zeros_like(allowed)
        needed[part] = allowed[part]
        predictions = estimation.predict(model, data, needed)
        inside = np.argwhere(needed)
        places = tuple(rng.permutation(inside)[:PLACES].T)
        resolutions, deviations = (values[places] for values in predictions if values is not None)
        count = len(resolutions)
        yield resolutions, deviations, np.full(count, resolution), np.full(count, 1 / count)
