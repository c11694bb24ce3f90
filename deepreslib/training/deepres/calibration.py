"""How far the deviations of a DeepRes network are to be scaled, found on whole maps of structures held out."""

import numpy as np

from deepreslib import simulation, structures
from deepreslib.estimation import deepres as estimation
from deepreslib.fourier import filters
from deepreslib.networks import calibration
from deepreslib.training.deepres import scenes
from deepreslib.training.deepres.scenes import BOX, RIM

SCENES, VARIANTS = 198, 6
"""Cuts of structures, and maps of each."""

NOISES = (0.0, 0.25, 0.5)
"""SD of the white noise, in units of the density's SD in the mask."""

EDGE = 20
"""Voxels; each map is looked at in a cube of this edge around a voxel of the molecule."""

PLACES = 200
"""Voxels of a map that are counted, at random."""

KNOTS = 8
ROUNDS = 6
"""Of fitting: how values come to the ends of the range depends on the deviations."""

SEED = 20190823


def calibrate(model, paths):
    """The calibration of a network.

    Maps are low-pass filtered at resolutions drawn evenly from the range, and errors are those of the values that are
    written, which come gradually to the range's ends. Each map counts alike.

    Args:
        model: a ``StoredModel`` of the compact preset; a calibration it has is not looked at.
        paths: structure files, none trained on.

    Returns:
        ``calibration.Calibration``; None if no scene shows a molecule.
    """
    found = [answers for number in range(SCENES) for answers in _scene(model, paths[number % len(paths)], number)]
    if not found:
        return None
    resolution, deviation, truth, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    limits = model.resolution_range
    knots, calibrated = np.linspace(limits.low, limits.high, KNOTS), deviation
    for _ in range(ROUNDS):
        error = np.abs(estimation.soften_ends(resolution, calibrated, limits) - truth)
        fitted = calibration.fit(resolution, deviation, error, weight, knots)
        calibrated = deviation * fitted.factors(resolution, deviation)
    return fitted


def _scene(model, path, number):
    """For maps of one cut: (resolution, deviation, truth, weight) of some of the molecule's voxels in a cube."""
    random = np.random.default_rng([SEED, number])
    limits = model.resolution_range
    shape = (BOX,) * 3
    structure = structures.read_structure(path)
    positions, kept = simulation.cut_out(structure, BOX, limits.voxel_size, random, RIM)
    density = simulation.density(structure, positions, shape, limits.voxel_size, selected=kept)
    mask = simulation.molecular_mask(positions[kept], shape, limits.voxel_size)
    allowed = scenes.inner(mask)
    voxels = np.argwhere(allowed)
    for variant in range(VARIANTS if len(voxels) else 0):
        resolution = random.uniform(limits.low, limits.high)
        data = filters.low_pass(density, limits.voxel_size, resolution)
        if noise := NOISES[variant % len(NOISES)]:
            data = simulation.add_noise(data, mask, noise, random)
        part = tuple(slice(n - EDGE // 2, n + EDGE // 2) for n in voxels[random.integers(len(voxels))])
        needed = np.zeros_like(allowed)
        needed[part] = allowed[part]
        answers = estimation.predict(model, data, needed)
        inside = np.argwhere(needed)
        places = tuple(random.permutation(inside)[:PLACES].T)
        found, deviation = (values[places] for values in answers)
        yield found, deviation, np.full(len(found), resolution), np.full(len(found), 1 / len(found))
