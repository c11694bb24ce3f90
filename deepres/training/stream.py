"""Batches from scenes: any number of worker processes, one order, one shuffle."""

import functools
import multiprocessing

import numpy as np

from deepres.training import scenes


def _scene(paths, probabilities, recipe, seed, number):
    chosen = np.random.default_rng([seed, number, 0]).choice(len(paths), p=probabilities)
    return scenes.make_scene(paths[chosen], recipe, [seed, number, 1])


def scene_stream(paths, probabilities, recipe, seed, first=0, workers=0):
    """Patches and labels of scene ``first``, ``first + 1``, ... without end.

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


def batches(stream, batch, buffer, seed):
    """Shuffled batches: a buffer of patches is filled, then every new patch takes the place of a random one.

    Args:
        stream: pairs (patches, labels).
        batch: patches a batch.
        buffer: patches kept.
        seed: of the drawing.

    Yields:
        (patches, labels, scenes used so far).
    """
    random = np.random.default_rng(seed)
    kept, filled, drawn = None, 0, []
    for used, new in enumerate(stream, 1):
        if not len(new[0]):
            continue
        if kept is None:
            kept = [np.empty((buffer, *array.shape[1:]), array.dtype) for array in new]
        first = min(buffer - filled, len(new[0]))
        for store, array in zip(kept, new, strict=True):
            store[filled : filled + first] = array[:first]
        filled += first
        for number in range(first, len(new[0])):
            place = random.integers(buffer)
            drawn.append([store[place].copy() for store in kept])
            for store, array in zip(kept, new, strict=True):
                store[place] = array[number]
            if len(drawn) == batch:
                yield *(np.stack(arrays) for arrays in zip(*drawn, strict=True)), used
                drawn = []
