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
    """Shuffled batches: a buffer of patches is kept full and drawn from at random.

    Args:
        stream: pairs (patches, labels).
        batch: patches a batch.
        buffer: patches kept.
        seed: of the drawing.

    Yields:
        (patches, labels, scenes used so far).
    """
    random = np.random.default_rng(seed)
    patches = labels = None
    for used, (more, truth) in enumerate(stream, 1):
        if not len(more):
            continue
        patches = more if patches is None else np.concatenate([patches, more])
        labels = truth if labels is None else np.concatenate([labels, truth])
        while len(patches) >= max(buffer, batch):
            order = random.permutation(len(patches))
            chosen, left = order[:batch], order[batch:]
            yield patches[chosen], labels[chosen], used
            patches, labels = patches[left], labels[left]
