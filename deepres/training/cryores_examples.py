"""Training examples of CryoRes: a scene's features and labels on the network's grid, kept as files.

Making a scene costs seconds and training on it again costs nothing, so examples are made once, by any number of
processes, and read at random in training, cut and turned differently every time.
"""

import functools
import multiprocessing
import os
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from deepres import spectra
from deepres.estimation.localfeatures import local_features
from deepres.files import write_aside
from deepres.training import cryores_scenes

LARGEST = 56
"""Edge of what is kept of an example, voxels of the network's grid; larger scenes are cut at a random place."""

LABEL_SMOOTHING = 1.3
"""SD in Å with which labels are brought to the network's grid."""

LEAST_OCCUPANCY = 0.3


@dataclass(frozen=True, eq=False)
class Example:
    """One example; arrays (z, y, x, ...) on the network's grid.

    Attributes:
        features: float16 (z, y, x, features).
        labels: float16 (z, y, x, 3): local resolution, Å; its weight, 1 or 0; occupancy by the molecule, 0 to 1.
        summary: float32 (numbers,).
        baseline: global resolution, Å.
    """

    features: np.ndarray
    labels: np.ndarray
    summary: np.ndarray
    baseline: float


def from_scene(scene, random):
    """The example of a ``cryores_scenes.Scene``."""
    made = local_features(scene.data, scene.voxel_size, workers=1)
    coarse = made.features.shape[:3]
    sizes = (scene.voxel_size,) * 3
    mask = scene.mask.astype(np.float32)
    occupancy = spectra.smooth(mask, sizes, coarse, LABEL_SMOOTHING)
    local = spectra.smooth(scene.local_resolution * mask, sizes, coarse, LABEL_SMOOTHING) / np.maximum(occupancy, 1e-6)
    known = occupancy > LEAST_OCCUPANCY
    labels = np.stack([np.where(known, local, 0), known, occupancy], axis=-1).astype(np.float16)
    part = _part(known, random)
    return Example(made.features[part].astype(np.float16), labels[part], made.summary, float(scene.global_resolution))


def _part(known, random):
    """All, or a box of the largest edge around a random voxel of the molecule."""
    places = np.argwhere(known)
    centre = places[random.integers(len(places))] if len(places) else np.array(known.shape) // 2
    starts = [int(np.clip(c - LARGEST // 2, 0, max(n - LARGEST, 0))) for c, n in zip(centre, known.shape, strict=True)]
    return tuple(slice(start, start + LARGEST) for start in starts)


def make(paths, recipe, seed, count, folder, workers=0, probabilities=None):
    """Makes the first examples of a seed, those that are not there yet, and returns their files.

    Args:
        paths: structure files, in an order that is always the same.
        recipe: a ``cryores_scenes.SceneRecipe``.
        seed: one integer; example i depends on it and on i alone.
        count: how many.
        folder: made if it is not there.
        workers: processes; 0 makes them in this one.
        probabilities: of each file to be drawn; None for all alike.
    """
    os.makedirs(folder, exist_ok=True)
    targets = [os.path.join(folder, f"example_{seed}_{number:06d}.npz") for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    work = functools.partial(_make_one, paths, recipe, seed, folder, probabilities)
    progress = functools.partial(tqdm, total=len(missing), desc="examples", disable=not missing, mininterval=30)
    if workers:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            list(progress(pool.imap_unordered(work, missing)))
    else:
        list(progress(map(work, missing)))
    return targets


def _make_one(paths, recipe, seed, folder, probabilities, number):
    random = np.random.default_rng([seed, number, 0])
    path = paths[random.choice(len(paths), p=probabilities)]
    example = from_scene(cryores_scenes.make_scene(path, recipe, [seed, number, 1]), random)
    with write_aside(os.path.join(folder, f"example_{seed}_{number:06d}.npz")) as temporary:
        np.savez(temporary, **example.__dict__)


def load(path):
    """The ``Example`` in a file."""
    with np.load(path) as stored:
        return Example(stored["features"], stored["labels"], stored["summary"], float(stored["baseline"]))


def cut(example, edge, random=None):
    """A cube of an example, padded where it is too small; turned at random if there is a ``random``.

    Args:
        example: an ``Example``.
        edge: of the cube, voxels.
        random: ``numpy.random.Generator``, or None for the middle, as it is.

    Returns:
        (features, labels): float32 (edge, edge, edge, ...); beyond the example the features are its corner's and the
        labels 0.
    """
    features, labels = example.features, example.labels
    parts, pads = [], []
    for count in features.shape[:3]:
        room = max(count - edge, 0)
        start = room // 2 if random is None else int(random.integers(room + 1))
        lack = max(edge - count, 0)
        before = lack // 2 if random is None else int(random.integers(lack + 1))
        parts.append(slice(start, start + edge))
        pads.append((before, lack - before))
    features, labels = features[tuple(parts)], labels[tuple(parts)]
    if any(map(any, pads)):
        features, labels = np.pad(features, [*pads, (0, 0)], mode="edge"), np.pad(labels, [*pads, (0, 0)])
    if random is not None:
        turn = random.permutation(3)
        flips = tuple(axis for axis in range(3) if random.random() < 0.5)
        features, labels = (np.flip(array.transpose(*turn, 3), flips) for array in (features, labels))
    return features.astype(np.float32), labels.astype(np.float32)
