"""Training data for the class of a map, made on the way: maps of Gaussian atoms in cubes of 64³ voxels of 1 Å.

A *scene* is one molecule, turned at random. Its *variants* are maps at resolutions of their own, with or without noise.
Scene number i of a seed is always the same, whichever process makes it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib import simulation
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.networks.mapclass_card import EDGE, VOXEL_SIZE
from deepreslib.simulation import ReconstructionNoise
from deepreslib.training.mapclass.molecules import Molecule, placed

SHAPE = (EDGE,) * 3


@dataclass(frozen=True)
class CubeRecipe:
    """How scenes are made.

    Attributes:
        resolutions: Å, the finest and the coarsest; in between the logarithm is drawn evenly.
        levels: Å, the only resolutions; none to draw from the range.
        variants: number of maps of a scene.
        noisy: share of maps with noise.
        white: share of the noise that is white; the rest is shaped as in the solvent of reconstructions.
        noise: greatest SD of the noise, in units of the density's SD in the molecule.
        slopes: least and greatest slope of the shaped noise.
        rises: least and greatest rise of the shaped noise (see ``simulation.ReconstructionNoise``).
    """

    resolutions: tuple[float, float] = (1.3, 17.0)
    levels: tuple[float, ...] = ()
    variants: int = 16
    noisy: float = 0.5
    white: float = 0.6
    noise: float = 0.5
    slopes: tuple[float, float] = (-2.0, 1.0)
    rises: tuple[float, float] = (0.0, 1.0)


PUBLISHED = CubeRecipe(levels=(2.5, 7.5, 12.5), variants=3, noisy=0.0)
"""The maps of Avramov et al. 2019."""


def make_scene(molecule: Molecule, recipe: CubeRecipe, seed: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """All maps of one scene.

    Args:
        molecule: what they show.
        recipe: how the scene is made.
        seed: molecule, recipe and seed determine the scene.

    Returns:
        (cubes, resolutions): float32 (n, 64, 64, 64, 1), scaled to 0 … 1, and float32 (n,), Å.
    """
    rng = np.random.default_rng(seed)
    positions, weights = molecule.atoms()
    positions = placed(positions, rng)
    maps = simulation.GaussianMaps(positions, weights, SHAPE, VOXEL_SIZE)
    mask = simulation.molecular_mask(positions, SHAPE, VOXEL_SIZE)
    finest, coarsest = recipe.resolutions
    resolutions = np.exp(rng.uniform(math.log(finest), math.log(coarsest), recipe.variants))
    if recipe.levels:
        resolutions = np.resize(recipe.levels, recipe.variants).astype(float)
    cubes = [scaled(_with_noise(maps.at(resolution), mask, recipe, rng)) for resolution in resolutions]
    return np.stack(cubes)[..., None], resolutions.astype(np.float32)


def scaled(data: FloatArray) -> FloatArray:
    """A map scaled to 0 … 1.

    Args:
        data: float32 (z, y, x), not constant.
    """
    return (data - data.min()) / np.ptp(data)


def _with_noise(data: FloatArray, mask: BoolArray, recipe: CubeRecipe, rng: np.random.Generator) -> FloatArray:
    """A map with the noise that a recipe draws for it."""
    if rng.random() >= recipe.noisy:
        return data
    strength, shape = recipe.noise * rng.random(), None
    if rng.random() >= recipe.white:
        noise = ReconstructionNoise(slope=rng.uniform(*recipe.slopes), rise=rng.uniform(*recipe.rises))
        shape = noise.weights(SHAPE, VOXEL_SIZE)
    return simulation.add_noise(data, mask, strength, rng, shape)
