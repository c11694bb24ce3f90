"""Training examples of CryoRes: features and labels of some places of a scene, kept as files.

Making a scene costs a second and training on it again costs nothing, so examples are made once, by any number of
processes.
"""

import functools
import multiprocessing
import os
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from deepreslib.estimation.cryores import bounding_box
from deepreslib.files import write_aside
from deepreslib.fourier import spectra
from deepreslib.networks.cryores_features import FEATURES, local_features
from deepreslib.training.cryores import scenes
from deepreslib.training.structures import drawn_shares

KNOWN, ANYWHERE = 96, 160
"""Places kept of an example: with a known local resolution, and anywhere in the box."""

SLAB = 8
"""Planes whose features are made together; those of all places at once take much memory."""

LABEL_SMOOTHING = 1.3
"""SD in Å with which labels are brought to the network's grid."""

LEAST_OCCUPANCY = 0.3

COARSE_EVERY, COARSE = 8, (9.5, 13.0)
"""One example in so many is of a wanted resolution in this range, Å, beyond the end of the recipe's: what a network has
not seen it tells to be like the coarsest it has."""

MASKED_FROM = 8000
"""Examples from this number on are of masked maps only: where the noise is cut away, it takes more examples to tell a
filter's end from the resolution's."""

COMPLEX_WEIGHT, NUCLEIC_WEIGHT = 1.5, 3.0
"""How often a complex with nucleic acid, and nucleic acid alone, is drawn, relative to a protein."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples, one along the first axis of each array.

    Attributes:
        features: float16 (examples, places, features).
        labels: float16 (examples, places, 4): local resolution, Å; its weight, 1 or 0; occupancy by the molecule, 0 to
            1; its weight: 1 for the places that are anywhere in the box.
        summary: float32 (examples, numbers).
        baseline: float32 (examples,), global resolution, Å.
    """

    features: np.ndarray
    labels: np.ndarray
    summary: np.ndarray
    baseline: np.ndarray

    def __len__(self):
        return len(self.baseline)


def joined(parts):
    """The ``Examples`` of several in one."""
    parts = [part.__dict__ for part in parts]
    return Examples(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def from_scene(scene, random):
    """One of ``Examples``, of a ``scenes.Scene``; its places are drawn at random."""
    sizes = (scene.voxel_size,) * 3
    part = bounding_box(scene.data, sizes)
    mask = scene.mask[part].astype(np.float32)
    coarse = spectra.coarse_shape(mask.shape, sizes)
    occupancy = spectra.smooth(mask, sizes, coarse, LABEL_SMOOTHING)
    local = spectra.smooth(scene.local_resolution[part] * mask, sizes, coarse, LABEL_SMOOTHING)
    local /= np.maximum(occupancy, 1e-6)
    known = (occupancy > LEAST_OCCUPANCY).ravel()
    inside = np.flatnonzero(known) if known.any() else np.arange(known.size)
    places = np.concatenate([random.choice(inside, KNOWN), random.integers(known.size, size=ANYWHERE)])
    made = local_features(np.ascontiguousarray(scene.data[part]), sizes, workers=1)
    features = _features(made, places)
    known = known[places]
    labels = [
        np.where(known, local.ravel()[places], 0),
        known,
        occupancy.ravel()[places],
        np.arange(len(places)) >= KNOWN,
    ]
    return Examples(
        features.astype(np.float16)[None],
        np.stack(labels, axis=-1).astype(np.float16)[None],
        made.summary[None],
        np.array([scene.global_resolution], np.float32),
    )


def _features(made, places):
    """Features (places, numbers) of some places of a map, given by their numbers in its grid."""
    found = np.empty((len(places), FEATURES), np.float32)
    planes, *within = np.unravel_index(places, made.shape)
    for start in range(0, made.shape[0], SLAB):
        chosen = np.flatnonzero((planes >= start) & (planes < start + SLAB))
        if len(chosen):
            slab = made.planes(slice(start, start + SLAB))
            found[chosen] = slab[(planes[chosen] - start, *(index[chosen] for index in within))]
    return found


def make(paths, recipe, seed, count, folder, workers=0):
    """Makes the first examples of a seed, those not there yet, and returns their files.

    Args:
        paths: structure files, in an order that is always the same.
        recipe: a ``recipe.SceneRecipe``.
        seed: one integer; example i depends on it and on i alone.
        count: how many.
        folder: made if it is not there.
        workers: processes; 0 makes them in this one.
    """
    os.makedirs(folder, exist_ok=True)
    targets = [os.path.join(folder, f"example_{seed}_{number:06d}.npz") for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    shares = drawn_shares(paths, COMPLEX_WEIGHT, NUCLEIC_WEIGHT) if missing else None
    work = functools.partial(_make_one, paths, shares, recipe, seed, folder)
    progress = functools.partial(tqdm, total=len(missing), desc="examples", disable=not missing, mininterval=30)
    if workers:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            list(progress(pool.imap_unordered(work, missing)))
    else:
        list(progress(map(work, missing)))
    return targets


def _make_one(paths, shares, recipe, seed, folder, number):
    if number % COARSE_EVERY == COARSE_EVERY - 1:
        recipe = replace(recipe, resolution=COARSE)
    if number >= MASKED_FROM:
        recipe = replace(recipe, masked=1.0)
    random = np.random.default_rng([seed, number, 0])
    path = paths[random.choice(len(paths), p=shares)]
    example = from_scene(scenes.make_scene(path, recipe, [seed, number, 1]), random)
    with write_aside(os.path.join(folder, f"example_{seed}_{number:06d}.npz")) as temporary:
        np.savez(temporary, **example.__dict__)


def load(paths):
    """The ``Examples`` in files."""
    parts = []
    for path in paths:
        with np.load(path) as stored:
            parts.append(Examples(**stored))
    return joined(parts)
