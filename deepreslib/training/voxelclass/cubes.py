"""Training data of the published U-Nets: cubes of 16³ voxels with the class of each, as Avramov et al. (2019) cut them.

A map is scaled to 0 … 1 as a whole and multiplied by its mask, padded with zeros to a cube whose edge is a power of
two, and cut into cubes that do not overlap; cubes of zeros are left out. A voxel's class is that of its resolution, and
0 outside the mask. Theirs were experimental maps; ours are the means of simulated half maps, and whole structures are
either trained on or not.
"""

import functools
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike, sweep, write_aside
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray
from deepreslib.maps.scaling import zero_to_one
from deepreslib.networks.class_labels import HEADS, LABELS
from deepreslib.networks.voxelclass_card import CLASSES, CUBE, class_numbers
from deepreslib.simulation.quick_halves import QuickHalves
from deepreslib.training.cryores import scenes
from deepreslib.training.cryores.kinds import PLAIN_VIEW, USUAL_EXPERIMENT, USUAL_SUBJECT
from deepreslib.training.example_files import make_each
from deepreslib.training.loop import Batch
from deepreslib.training.voxelclass import labels
from deepreslib.training.voxelclass.examples import ModerateMixture

RECIPE = ModerateMixture({USUAL_SUBJECT: 1.0}, {USUAL_EXPERIMENT: 1.0}, {PLAIN_VIEW: 1.0}, count=1)
"""How the maps are drawn: whole molecules of the usual experiment."""


@dataclass(frozen=True, eq=False)
class Cubes:
    """Cubes of maps.

    Attributes:
        data: float16 (cubes, 16, 16, 16), 0 to 1.
        classes: uint8 (cubes, 16, 16, 16), the number of the class, and 0 outside the mask.
        inside: bool (cubes, 16, 16, 16), the mask.
        maps: int (cubes,), the number of each cube's map.
    """

    data: FloatArray
    classes: Array
    inside: BoolArray
    maps: IntArray

    def __len__(self) -> int:
        return len(self.data)


def cut(array: Array) -> Array:
    """An array (z, y, x) padded with zeros at its ends to a power of two, and cut: (cubes, 16, 16, 16)."""
    edge = max(CUBE, 1 << (max(array.shape) - 1).bit_length())
    padded = np.pad(array, [(0, edge - count) for count in array.shape])
    side = edge // CUBE
    parts = padded.reshape(side, CUBE, side, CUBE, side, CUBE).transpose(0, 2, 4, 1, 3, 5)
    return parts.reshape(-1, CUBE, CUBE, CUBE)


def of_halves(pair: QuickHalves) -> dict[str, Cubes]:
    """The cubes of the mean of half maps, by label.

    Args:
        pair: the half maps.

    Returns:
        Label → cubes. A label whose method refuses the map is not there. Voxels to which it assigns nothing have the
        last class, as in the published labels.
    """
    resolutions = {"fsc": pair.local_resolution} | dict(zip(HEADS, labels.of_map(pair.mean, pair), strict=True))
    data = cut((zero_to_one(pair.mean) * pair.mask).astype(np.float16))
    kept, inside = data.any(axis=(1, 2, 3)), cut(pair.mask)
    found = {}
    for label in LABELS:
        resolution = resolutions[label]
        if resolution.any():
            numbers = np.where(resolution > 0, class_numbers(resolution), CLASSES - 1) * pair.mask
            classes = cut(numbers.astype(np.uint8))
            found[label] = Cubes(data[kept], classes[kept], inside[kept], np.zeros(np.count_nonzero(kept), int))
    return found


def make(paths: Sequence[str], seed: int, count: int, folder: PathLike, workers: int = 0) -> list[str]:
    """Makes the cubes of the first maps of a seed; those whose files are there already are kept.

    Args:
        paths: structure files, in an order that is always the same.
        seed: map i depends on it and on i alone.
        count: number of maps.
        folder: made if it is not there.
        workers: processes; 0 makes them in this one.

    Returns:
        The files, one a map, which hold the cubes by every label.
    """
    os.makedirs(folder, exist_ok=True)
    sweep([folder])
    targets = [_target(folder, seed, number) for number in range(count)]
    missing = [number for number, target in enumerate(targets) if not os.path.exists(target)]
    make_each(functools.partial(_make_one, paths, seed, folder), missing, workers)
    return targets


def _make_one(paths: Sequence[str], seed: int, folder: PathLike, number: int) -> None:
    path = paths[np.random.default_rng([seed, number, 0]).integers(len(paths))]
    scene = scenes.make_scene(path, RECIPE, [seed, number, 1])
    assert scene.halves is not None, "a scene of a mixture has its half maps"
    found = of_halves(scene.halves)
    arrays = {f"{label}_{part.name}": getattr(found[label], part.name) for label in found for part in fields(Cubes)}
    with write_aside(_target(folder, seed, number)) as temporary:
        np.savez_compressed(temporary, **arrays)


def _target(folder: PathLike, seed: int, number: int) -> str:
    return os.path.join(folder, f"cubes_{seed}_{number:06d}.npz")


def load(paths: Sequence[str], label: str) -> Cubes:
    """The cubes by one label in files.

    Args:
        paths: the files.
        label: one of ``LABELS``.

    Returns:
        The cubes of all maps that the label's method did not refuse.

    Raises:
        InputError: it refused all.
    """
    parts = []
    for number, path in enumerate(paths):
        with np.load(path) as stored:
            if f"{label}_data" in stored:
                found = {part.name: stored[f"{label}_{part.name}"] for part in fields(Cubes)}
                parts.append(Cubes(**found | {"maps": found["maps"] + number}))
    if not parts:
        raise InputError(f"{label} assigns a resolution to none of the {len(paths)} maps; simulate more --examples.")
    return Cubes(*(np.concatenate([getattr(part, name.name) for part in parts]) for name in fields(Cubes)))


def shuffled_batches(cubes: Cubes, batch: int, seed: int, first: int) -> Generator[Batch, None, None]:
    """Batches of cubes in random order.

    Args:
        cubes: what is trained on.
        batch: cubes of a batch; fewer if there are fewer.
        seed: of the training.
        first: number of cubes used in earlier runs; like the seed it decides the order.

    Yields:
        (cubes (batch, 16, 16, 16, 1), classes (batch, 16, 16, 16), cubes used so far).
    """
    rng = np.random.default_rng([seed, first])
    used, batch = 0, min(batch, len(cubes))
    while True:
        order = rng.permutation(len(cubes))
        for start in range(0, len(cubes) - batch + 1, batch):
            chosen = order[start : start + batch]
            used += batch
            yield cubes.data[chosen][..., None].astype(np.float32), cubes.classes[chosen].astype(np.int32), used
