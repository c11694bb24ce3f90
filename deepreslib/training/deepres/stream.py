"""Scenes one after the other, and batches drawn from them; worker processes change neither."""

import functools
import multiprocessing
from collections.abc import Generator, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.training.deepres import scenes

Windows: TypeAlias = tuple[FloatArray, FloatArray]
"""Windows, or the network's inputs made from them, (n, ...), and labels (n, 1), Å."""


def _scene(
    paths: Sequence[str], probabilities: FloatArray, recipe: scenes.SceneRecipe, seed: int, number: int
) -> Windows:
    chosen = np.random.default_rng([seed, number, 0]).choice(len(paths), p=probabilities)
    return scenes.make_scene(paths[chosen], recipe, [seed, number, 1])


def scene_stream(
    paths: Sequence[str],
    probabilities: FloatArray,
    recipe: scenes.SceneRecipe,
    seed: int,
    first: int = 0,
    workers: int = 0,
) -> Generator[Windows, None, None]:
    """Windows and labels of scene ``first``, ``first + 1``, ... without end.

    Args:
        paths: structure files.
        probabilities: of each file to be drawn, (files,).
        recipe: how scenes are made.
        seed: scene i depends on it and on i alone.
        first: number of the first scene.
        workers: processes; 0 makes the scenes in this one.

    Yields:
        (windows, labels) of one scene, as ``scenes.make_scene`` gives them.
    """
    make = functools.partial(_scene, paths, probabilities, recipe, seed)
    if not workers:
        number = first
        while True:
            yield make(number)
            number += 1
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        while True:
            numbers = range(first, first + 8 * workers)
            yield from pool.imap(make, numbers)
            first += len(numbers)


def batches(
    stream: Iterable[Windows], batch: int, buffer: int, seed: int, uses: int = 1
) -> Generator[tuple[FloatArray, FloatArray, int], None, None]:
    """Batches drawn at random from a buffer, whose windows are replaced as new ones come.

    Args:
        stream: pairs (windows, labels), of one scene each, at most ``buffer`` windows.
        batch: windows of a batch.
        buffer: windows that the buffer holds; the first batch comes when a tenth of it is filled.
        seed: of the drawing.
        uses: how many times a window is drawn on average.

    Yields:
        (windows, labels, scenes used so far).
    """
    rng = np.random.default_rng(seed)
    arrays, filled, due = None, 0, 0
    for used, new in enumerate(stream, 1):
        count = len(new[0])
        if not count:
            continue
        if arrays is None:
            arrays = tuple(np.empty((buffer, *values.shape[1:]), values.dtype) for values in new)
        first = min(buffer - filled, count)
        places = np.concatenate([np.arange(filled, filled + first), rng.permutation(filled)[: count - first]])
        for array, values in zip(arrays, new, strict=True):
            array[places] = values
        filled += first
        if 10 * filled < buffer:
            continue
        due += count * uses
        while due >= batch:
            due -= batch
            places = rng.integers(filled, size=batch)
            windows, labels = (array[places] for array in arrays)
            yield windows, labels, used
