"""Training examples of CryoRes: features and labels of some places of a scene, kept in files.

Making a scene takes a second, and training on it again takes next to nothing. So examples are made once, by any number
of processes.
"""

import functools
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepreslib.estimation.cryores import bounding_box
from deepreslib.files import PathLike, sweep, write_aside
from deepreslib.fourier import spectra
from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.networks.cryores_features import FEATURES, LocalFeatures, local_features
from deepreslib.progress import bar
from deepreslib.training.cryores import scenes
from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.views import View
from deepreslib.training.structures import drawn_shares

KNOWN, ANYWHERE = 96, 160
"""Places of an example: so many with a known local resolution, and so many anywhere in the box."""

SLAB = 8
"""Planes whose features are computed together; those of all places at once take much memory."""

LABEL_SMOOTHING = 1.3
"""Å, SD of the Gaussian that smooths labels when they are resampled to the network's grid."""

LEAST_OCCUPANCY = 0.3
"""The local resolution of a place is known if the molecule fills more than this share of it."""

COARSE_EVERY, COARSE = 8, (9.5, 13.0)
"""One in ``COARSE_EVERY`` examples has a global resolution in the range ``COARSE``, Å, beyond the coarse end of the
recipe's range. A network predicts of maps coarser than all examples what it learnt of the coarsest."""

MASKED_FROM = 8000
"""Examples from this number on are of masked maps only. In a map without noise around the molecule the end of the
signal looks like the end of a low-pass filter, and it takes more examples to learn the difference."""

COMPLEX_WEIGHT, NUCLEIC_WEIGHT = 1.5, 3.0
"""How often a complex with nucleic acid, and nucleic acid alone, is drawn, relative to a protein."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples, one along the first axis of each array.

    Attributes:
        features: float16 (examples, places, features).
        labels: float16 (examples, places, 4): local resolution, Å; its weight, 1 or 0; occupancy by the molecule, 0 to
            1; its weight, 1 for the places that are anywhere in the box and 0 for the others.
        summary: float32 (examples, numbers), map summaries.
        baseline: float32 (examples,), global resolution, Å.
    """

    features: FloatArray
    labels: FloatArray
    summary: FloatArray
    baseline: FloatArray

    def __len__(self) -> int:
        return len(self.baseline)


def join(parts: Sequence[Examples]) -> Examples:
    """Several ``Examples`` joined into one.

    Args:
        parts: at least one.

    Returns:
        All examples, in order.
    """
    arrays = [part.__dict__ for part in parts]
    return Examples(**{name: np.concatenate([part[name] for part in arrays]) for name in arrays[0]})


def from_scene(scene: View, rng: np.random.Generator) -> Examples:
    """The example of a view of a scene.

    Args:
        scene: a map with its labels.
        rng: draws the places.

    Returns:
        ``Examples`` of one example.
    """
    sizes = (scene.voxel_size,) * 3
    part = bounding_box(scene.data, sizes)
    mask = scene.mask[part].astype(np.float32)
    coarse = spectra.coarse_shape(mask.shape, sizes)
    occupancy = spectra.smooth(mask, sizes, coarse, LABEL_SMOOTHING)
    local = spectra.smooth(scene.local_resolution[part] * mask, sizes, coarse, LABEL_SMOOTHING)
    local /= np.maximum(occupancy, 1e-6)
    known = (occupancy > LEAST_OCCUPANCY).ravel()
    inside = np.flatnonzero(known) if known.any() else np.arange(known.size)
    places = np.concatenate([rng.choice(inside, KNOWN), rng.integers(known.size, size=ANYWHERE)])
    inputs = local_features(np.ascontiguousarray(scene.data[part]), sizes, workers=1)
    features = _features(inputs, places)
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
        inputs.summary[None],
        np.array([scene.global_resolution], np.float32),
    )


def _features(inputs: LocalFeatures, places: IntArray) -> FloatArray:
    """Features (places, features) of some places of a map, given by their numbers in its grid."""
    features = np.empty((len(places), FEATURES), np.float32)
    planes, *within = np.unravel_index(places, inputs.shape)
    for start in range(0, inputs.shape[0], SLAB):
        chosen = np.flatnonzero((planes >= start) & (planes < start + SLAB))
        if len(chosen):
            slab = inputs.planes(slice(start, start + SLAB))
            places_within = tuple(index[chosen] for index in (planes - start, *within))
            features[chosen] = slab[places_within]
    return features


def make(
    paths: Sequence[str], recipe: SceneRecipe, seed: int, count: int, folder: PathLike, workers: int = 0
) -> list[str]:
    """Makes the first examples of a seed; those whose files are there already are kept.

    Args:
        paths: structure files, in an order that is always the same.
        recipe: how scenes are drawn.
        seed: example i depends on it and on i alone.
        count: number of examples.
        folder: made if it is not there.
        workers: processes; 0 makes the examples in this one.

    Returns:
        The files of the examples.
    """
    os.makedirs(folder, exist_ok=True)
    sweep([folder])
    targets = [os.path.join(folder, f"example_{seed}_{number:06d}.npz") for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    shares = drawn_shares(paths, COMPLEX_WEIGHT, NUCLEIC_WEIGHT) if missing else None
    work = functools.partial(_make_one, paths, shares, recipe, seed, folder)
    progress = functools.partial(bar, title="examples", unit="example", shown=bool(missing), total=len(missing))
    if workers:
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            list(progress(pool.imap_unordered(work, missing)))
    else:
        list(progress(map(work, missing)))
    return targets


def _make_one(
    paths: Sequence[str], shares: FloatArray | None, recipe: SceneRecipe, seed: int, folder: PathLike, number: int
) -> None:
    if number % COARSE_EVERY == COARSE_EVERY - 1:
        recipe = replace(recipe, resolution=COARSE)
    if number >= MASKED_FROM:
        recipe = replace(recipe, masked=1.0)
    rng = np.random.default_rng([seed, number, 0])
    path = paths[rng.choice(len(paths), p=shares)]
    example = from_scene(scenes.make_scene(path, recipe, [seed, number, 1]).views[0], rng)
    with write_aside(os.path.join(folder, f"example_{seed}_{number:06d}.npz")) as temporary:
        np.savez(temporary, **example.__dict__)


def load(paths: Sequence[str]) -> Examples:
    """The ``Examples`` in files.

    Args:
        paths: the files, at least one.

    Returns:
        All examples, in order.
    """
    parts = []
    for path in paths:
        with np.load(path) as stored:
            parts.append(Examples(**stored))
    return join(parts)
