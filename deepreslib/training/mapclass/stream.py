"""Scenes one after the other; worker processes do not change them."""

import functools
import multiprocessing
from collections.abc import Generator, Sequence

import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.training.mapclass import scenes
from deepreslib.training.mapclass.molecules import Molecule


def scene_stream(
    molecules: Sequence[Sequence[Molecule]], recipe: scenes.CubeRecipe, seed: int, first: int = 0, workers: int = 0
) -> Generator[tuple[FloatArray, FloatArray], None, None]:
    """Cubes and resolutions of scene ``first``, ``first + 1``, ... without end.

    Args:
        molecules: for each structure its molecules; first a structure is drawn, then one of its molecules.
        recipe: how scenes are made.
        seed: scene i depends on it and on i alone.
        first: number of the first scene.
        workers: processes; 0 makes the scenes in this one.

    Yields:
        (cubes, resolutions) of one scene, as ``scenes.make_scene`` gives them.
    """
    make = functools.partial(_scene, recipe, seed)
    if not workers:
        number = first
        while True:
            yield make((_drawn(molecules, seed, number), number))
            number += 1
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        while True:
            numbers = range(first, first + 8 * workers)
            yield from pool.imap(make, [(_drawn(molecules, seed, number), number) for number in numbers])
            first += len(numbers)


def _drawn(molecules: Sequence[Sequence[Molecule]], seed: int, number: int) -> Molecule:
    """The molecule of a scene."""
    rng = np.random.default_rng([seed, number, 0])
    parts = molecules[rng.integers(len(molecules))]
    return parts[rng.integers(len(parts))]


def _scene(recipe: scenes.CubeRecipe, seed: int, drawn: tuple[Molecule, int]) -> tuple[FloatArray, FloatArray]:
    molecule, number = drawn
    return scenes.make_scene(molecule, recipe, [seed, number, 1])
