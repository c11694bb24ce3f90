"""How far the deviations of a DeepRes network are to be scaled, found on whole maps of structures held out."""

import numpy as np

from deepres import filters, simulation, structures
from deepres.estimation import deepres as estimation
from deepres.estimation import fusion
from deepres.networks import calibration
from deepres.training import scenes
from deepres.training.scenes import BOX, RIM

SCENES, VARIANTS = 99, 6
"""Cuts of structures, and maps of each."""

NOISES = (0.0, 0.25, 0.5)
"""SD of the white noise, in units of the density's SD in the mask."""

EDGE = 24
"""Voxels; each map is looked at in a cube of this edge around a voxel of the molecule."""

BEYOND = (0.4, 1.0)
"""Voxels beyond the range's ends to which maps are made, as otherwise values near an end could err to one side only."""

KNOTS = 8
SEED = 20190823


def calibrate(model, paths):
    """The calibration of a network.

    Maps are low-pass filtered at resolutions drawn evenly from the range and a little beyond. Each map counts alike.

    Args:
        model: a ``StoredModel`` of the compact preset; a calibration it has is not looked at.
        paths: structure files, none trained on.

    Returns:
        ``calibration.Calibration``; None if no scene shows a molecule.
    """
    found = [errors for number in range(SCENES) for errors in _scene(model, paths[number % len(paths)], number)]
    if not found:
        return None
    resolution, ratio, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    limits = model.resolution_range
    return calibration.fit(resolution, ratio, weight, np.linspace(limits.low, limits.high, KNOTS))


def _scene(model, path, number):
    """For maps of one cut: (resolution, |error| / deviation, weight) of the molecule's voxels in a cube."""
    random = np.random.default_rng([SEED, number])
    limits = model.resolution_range
    shape = (BOX,) * 3
    structure = structures.read_structure(path)
    positions, kept = simulation.cut_out(structure, BOX, limits.voxel_size, random, RIM)
    density = simulation.density(structure, positions, shape, limits.voxel_size, selected=kept)
    mask = simulation.molecular_mask(positions[kept], shape, limits.voxel_size)
    allowed = scenes.inner(mask)
    voxels = np.argwhere(allowed)
    ends = limits.low - BEYOND[0] * limits.voxel_size, limits.high + BEYOND[1] * limits.voxel_size
    for variant in range(VARIANTS if len(voxels) else 0):
        resolution = random.uniform(*ends)
        data = filters.low_pass(density, limits.voxel_size, resolution)
        if noise := NOISES[variant % len(NOISES)]:
            data = simulation.add_noise(data, mask, noise, random)
        part = tuple(slice(n - EDGE // 2, n + EDGE // 2) for n in voxels[random.integers(len(voxels))])
        needed = np.zeros_like(allowed)
        needed[part] = allowed[part]
        answers = estimation.predict(model, data, needed)
        fusion.fuse(*answers, needed)
        found, deviation = (values[needed] for values in answers)
        yield found, np.abs(found - resolution) / deviation, np.full(len(found), 1 / len(found))
