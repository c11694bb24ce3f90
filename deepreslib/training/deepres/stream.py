"""Batches from scenes: any number of worker processes, one order, one shuffle."""

import functools
import multiprocessing

import numpy as np

from deepreslib.training.deepres import scenes


def _scene(paths, probabilities, recipe, seed, number):
    chosen = np.random.default_rng([seed, number, 0]).choice(len(paths), p=probabilities)
    return scenes.make_scene(paths[chosen], recipe, [seed, number, 1])


def scene_stream(paths, probabilities, recipe, seed, first=0, workers=0):
    """Windows and labels of scene ``first``, ``first + 1``, ... without end.

    Args:
        paths: structure files.
        probabilities: of each file to be drawn.
        recipe: a ``SceneRecipe``.
        seed: one integer; scene i depends on it and on i alone.
        first: number of the first scene.
        workers: processes; 0 makes the scenes in this one.
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


def batches(stream, batch, buffer, seed, uses=1):
    """Random batches from a buffer whose windows are replaced by new ones as they come.

    Args:
        stream: pairs (windows, labels), at most ``buffer`` windows each.
        batch: windows a batch.
        buffer: windows kept; the first batch comes when there is a tenth of them.
        seed: of the drawing.
        uses: how many times a window is drawn on average.

    Yields:
        (windows, labels, scenes used so far).
    """
    random = np.random.default_rng(seed)
    kept, filled, due = None, 0, 0
    for used, new in enumerate(stream, 1):
        count = len(new[0])
        if not count:
            continue
        if kept is None:
            kept = [np.empty((buffer, *array.shape[1:]), array.dtype) for array in new]
        first = min(buffer - filled, count)
        places = np.concatenate([np.arange(filled, filled + first), random.permutation(filled)[: count - first]])
        for store, array in zip(kept, new, strict=True):
            store[places] = array
        filled += first
        if 10 * filled < buffer:
            continue
        due += count * uses
        while due >= batch:
            due -= batch
            drawn = random.integers(filled, size=batch)
            yield *(store[drawn] for store in kept), used
