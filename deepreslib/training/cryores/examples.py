"""Training examples of CryoRes: features and labels of some places of a scene, kept in files.

Making a scene takes a second, and training on it again takes next to nothing. So examples are made once, by any number
of processes.
"""

import functools
import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib.files import PathLike, sweep, write_aside
from deepreslib.fourier import spectra
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray
from deepreslib.networks.cryores_features import FEATURES, LocalFeatures, local_features
from deepreslib.networks.cryores_region import region
from deepreslib.progress import bar
from deepreslib.training.cryores import scenes
from deepreslib.training.cryores.kinds import Mixture
from deepreslib.training.cryores.views import View
from deepreslib.training.structures import drawn_shares

KNOWN, ANYWHERE = 96, 160
"""Places of an example: so many with a known local resolution, and so many anywhere in what the network looks at."""

SLAB = 8
"""Planes whose features are computed together; those of all places at once take much memory."""

LABEL_SMOOTHING = 1.3
"""Å, SD of the Gaussian that smooths labels when they are resampled to the network's grid."""

LEAST_OCCUPANCY = 0.3
"""The local resolution of a place is known if the molecule fills more than this share of it."""

COMPLEX_WEIGHT, NUCLEIC_WEIGHT = 1.5, 3.0
"""How often a complex with nucleic acid, and nucleic acid alone, is drawn, relative to a protein."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples, one along the first axis of each array; each has two views of the same half maps.

    Attributes:
        features: float16 (examples, 2, places, features).
        labels: float16 (examples, 2, places, 4): local resolution, Å; its weight, 1 or 0; occupancy by the molecule, 0
            to 1; its weight, 1 for the places that are anywhere and 0 for the others. The places with a known local
            resolution are the same in both views, as far as both show them.
        summary: float32 (examples, 2, numbers), map summaries.
        baseline: float32 (examples, 2), global resolution, Å.
        shared: bool (examples, places), places that are the same in both views.
        kinds: str (examples, 4), the scene's subject and experiment, and the kinds of its views.
    """

    features: FloatArray
    labels: FloatArray
    summary: FloatArray
    baseline: FloatArray
    shared: BoolArray
    kinds: Array

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


def from_scene(scene: scenes.Scene, rng: np.random.Generator) -> Examples:
    """The example of a scene.

    Args:
        scene: its views with their labels; a scene of one view gives an example with that view twice.
        rng: draws the places.

    Returns:
        ``Examples`` of one example.
    """
    views = [_LabelledView(view) for view in scene.views]
    one, other = views[0], views[-1]
    in_one, in_other = _same_places(one, other, rng)
    shared = np.zeros(KNOWN + ANYWHERE, bool)
    shared[: len(in_one)] = True
    parts = []
    for view, chosen in ((one, in_one), (other, in_other))[: len(views)]:
        more = rng.choice(view.inside, KNOWN - len(chosen))
        places = np.concatenate([chosen, more, rng.integers(view.known.size, size=ANYWHERE)])
        parts.append((_features(view.inputs, places), view.labels(places), view.inputs.summary))
    features, labels, summary = (np.stack([parts[0][n], parts[-1][n]]) for n in range(3))
    drawn = scene.settings.get("views", [{}])
    kinds = [scene.settings.get(name, "") for name in ("subject", "experiment")]
    kinds += [drawn[0].get("kind", ""), drawn[-1].get("kind", "")]
    return Examples(
        features.astype(np.float16)[None],
        labels.astype(np.float16)[None],
        summary[None],
        np.array([[scene.views[0].global_resolution, scene.views[-1].global_resolution]], np.float32),
        shared[None],
        np.array([kinds]),
    )


class _LabelledView:
    """A view as the network looks at it, and its labels on the network's grid.

    Attributes:
        inputs: the network's inputs.
        known: bool (z, y, x), the places whose local resolution is known.
        inside: their numbers in the grid; those of all places if there is none.
        start: Å (z, y, x), where place 0 lies in the scene.
    """

    def __init__(self, view: View) -> None:
        """Computes them."""
        sizes = (view.voxel_size,) * 3
        looked_at = region(np.asarray(view.data, np.float32), sizes)
        self.inputs = local_features(looked_at, workers=1)
        box, shape = looked_at.box, looked_at.places
        mask = view.mask[box].astype(np.float32)
        self._occupancy = spectra.smooth(mask, sizes, shape, LABEL_SMOOTHING)
        local = spectra.smooth(view.local_resolution[box] * mask, sizes, shape, LABEL_SMOOTHING)
        self._local = local / np.maximum(self._occupancy, 1e-6)
        self.known = self._occupancy > LEAST_OCCUPANCY
        self.inside = np.flatnonzero(self.known) if self.known.any() else np.arange(self.known.size)
        self.start = np.array(view.offset) + [side.start * view.voxel_size for side in box]

    def labels(self, places: IntArray) -> FloatArray:
        """The labels of an example at places, given by their numbers in the grid."""
        known = self.known.ravel()[places]
        return np.stack(
            [
                np.where(known, self._local.ravel()[places], 0),
                known,
                self._occupancy.ravel()[places],
                np.arange(len(places)) >= KNOWN,
            ],
            axis=-1,
        )


def _same_places(one: _LabelledView, other: _LabelledView, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Up to ``KNOWN`` places that are known in two views: their numbers in the grid of each, (n,)."""
    position = spectra.GRID * np.stack(np.unravel_index(one.inside, one.known.shape), axis=-1) + one.start
    nearest = np.rint((position - other.start) / spectra.GRID).astype(int)
    within = np.all((nearest >= 0) & (nearest < other.known.shape), axis=1)
    numbers = np.ravel_multi_index(tuple(nearest[within].T), other.known.shape)
    both = other.known.ravel()[numbers]
    candidates, partners = one.inside[within][both], numbers[both]
    if not len(candidates):
        return candidates, partners
    chosen = rng.choice(len(candidates), KNOWN) if len(candidates) >= KNOWN // 2 else np.arange(len(candidates))
    return candidates[chosen], partners[chosen]


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


def make(paths: Sequence[str], recipe: Mixture, seed: int, count: int, folder: PathLike, workers: int = 0) -> list[str]:
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
    paths: Sequence[str], shares: FloatArray | None, recipe: Mixture, seed: int, folder: PathLike, number: int
) -> None:
    rng = np.random.default_rng([seed, number, 0])
    path = paths[rng.choice(len(paths), p=shares)]
    example = from_scene(scenes.make_scene(path, recipe, [seed, number, 1]), rng)
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
