"""Ten classes of local resolution a voxel: up to 2 Å, (2, 3] Å, …, (9, 10] Å, coarser (after Avramov et al. 2019).

The classes may be those of one of three methods. By local FSC they follow from CryoRes' local resolution and deviation,
taken for a normal distribution. By MonoRes and ResMap they come from a network with CryoRes' inputs, which has learnt
what these methods say of a map as long as all noise around the molecule is there, and can be asked about masked maps
too. A published U-Net, trained by ``deepres train voxelclass``, may take its place: it looks at cubes of 16³ voxels at
the map's own voxel size. These are three different quantities, not worse copies of one.
"""

import functools
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepreslib import memory
from deepreslib.analysis.map_kind import refuse_inverted
from deepreslib.errors import InputError
from deepreslib.estimation import cryores
from deepreslib.estimation.class_maps import ClassMaps, class_counts, of_normal
from deepreslib.estimation.result import Ends, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Shape
from deepreslib.maps import DensityMap, checks
from deepreslib.maps.boxes import box_around, read_box
from deepreslib.maps.scaling import normalised, zero_to_one
from deepreslib.networks import gpus, store
from deepreslib.networks.class_labels import LABELS
from deepreslib.networks.voxelclass_card import CLASSES, COMPACT, CUBE, StoredVoxelClass, load_voxel_classes
from deepreslib.progress import bar

STEP = CUBE // 2
"""Voxels from a cube to the next along each axis."""

CUBES = 16
"""Cubes that a U-Net takes at once."""

FSC = "fsc"
"""The label that CryoRes itself tells."""

_PER_VOXEL = 13
_PER_BOXED_VOXEL = 4 * (CLASSES + 2)


@functools.lru_cache(maxsize=2)
def load_model(path: str | None = None) -> StoredVoxelClass:
    """The trained network for the classes of MonoRes and ResMap.

    Args:
        path: a model folder; None for the network that comes with the package.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    shipped = store.shipped_folder("voxelclass", COMPACT)
    if path is None and not os.path.isdir(shipped):
        raise InputError(
            "no network for the classes of monores and resmap comes with this version; train one by 'deepres train "
            "voxelclass' and give it by --model, or take --labels fsc."
        )
    return load_voxel_classes(path or shipped)


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray | None = None,
    *,
    labels: str = FSC,
    network_path: str | None = None,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """The class of each voxel, its probability, and the resolution expected from all ten.

    Args:
        density_map_or_halves: a ``DensityMap``, or half maps, whose mean is looked at.
        mask: bool (z, y, x), the voxels to classify; None for those of the mask that CryoRes finds.
        labels: the method whose classes these are to be, one of ``LABELS``.
        network_path: a folder with a trained network: for ``fsc`` of CryoRes, otherwise for the class of each voxel,
            and of published U-Nets for any labels; None for the one that comes with the package.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution`` with a deviation; its further maps are ``_class``, 1 to 10 and 0 outside the mask, and
        ``_probability``, of that class. Its report has the ``labels`` and, by class, ``voxels`` and
        ``mean_probability``. Status, mask and global resolution are CryoRes', if it was asked.

    Raises:
        InputError: there are no such labels, the network has not learnt them, or the map or the network cannot be used.
    """
    started = time.monotonic()
    if labels not in LABELS:
        raise InputError(f"there are no classes by {labels!r}; give one of {', '.join(LABELS)}.")
    model = None if labels == FSC and not _is_voxel_class(network_path) else load_model(network_path)
    if model is not None and labels not in model.labels:
        raise InputError(
            f"{model.path}: this network has learnt the classes of {' and '.join(model.labels)} and not of {labels}; "
            "give other --labels, or another --model."
        )
    density_map = one_map(density_map_or_halves)
    checks.check_estimable(density_map, cryores.WINDOW, cryores.COARSEST)
    asked = {"workers": workers, "progress": progress}
    if model is None:
        result = _by_cryores(density_map, mask, network_path, asked)
    elif model.takes_cubes:
        result = _by_cubes(density_map, mask, model, labels, asked)
    else:
        result = _by_places(density_map, mask, model, labels, asked)
    number, probability = (result.further[ending] for ending in ("_class", "_probability"))
    report = {
        "labels": labels,
        **result.report,
        **({} if model is None else {"model": model.describe()}),
        "classes": class_counts(number, probability),
    }
    seconds = {**result.seconds, "estimator": time.monotonic() - started}
    return replace(result, report=report, seconds=seconds, local_cutoff=result.local_cutoff if labels == FSC else None)


def _is_voxel_class(path: str | None) -> bool:
    """Whether a folder holds a network for the class of each voxel, and not one of CryoRes."""
    return path is not None and os.path.isdir(path) and store.read_card(path).get("network") == "voxelclass"


def _by_cryores(
    density_map: DensityMap, mask: BoolArray | None, path: str | None, asked: dict[str, Any]
) -> LocalResolution:
    """Classes by local FSC: the shares of a normal distribution."""
    result = cryores.estimate(density_map, mask, network_path=path, **asked)
    assert result.deviation is not None, "CryoRes always predicts it"
    number, probability = of_normal(result.resolution, result.deviation)
    return replace(result, further={"_class": number, "_probability": probability})


@dataclass(frozen=True, eq=False)
class _Heads:
    """Asks a network with CryoRes' inputs for the classes by one label (see ``cryores_voxels.Others``)."""

    model: StoredVoxelClass
    label: str
    maps: ClassMaps

    def answer(self, features: FloatArray, summary: FloatArray) -> FloatArray:
        """Probabilities of the classes at places: float32 (z, y, x, 10)."""
        outputs = self.model.run({"features": features[None], "summary": summary})
        return np.asarray(outputs[self.label])[0]

    def take(self, part: Box, inside: BoolArray, values: FloatArray) -> None:
        """Takes the probabilities at voxels."""
        self.maps.put(part, inside, values)


def _by_places(
    density_map: DensityMap, mask: BoolArray | None, model: StoredVoxelClass, label: str, asked: dict[str, Any]
) -> LocalResolution:
    """Classes of the network that looks at the places that CryoRes looks at; both get the same features."""
    shape = _shape(density_map)
    memory.check(_PER_VOXEL * density_map.data.size, f"the classes of {density_map.name}", network=True)
    heads = _Heads(model, label, ClassMaps(shape, model.centres(label)))
    result = cryores.with_others(density_map, mask, heads, **asked)
    return _written(result, heads.maps, result.resolution > 0, density_map, model, label)


def _by_cubes(
    density_map: DensityMap, mask: BoolArray | None, model: StoredVoxelClass, label: str, asked: dict[str, Any]
) -> LocalResolution:
    """Classes of a U-Net."""
    refuse_inverted(density_map)
    result = LocalResolution(np.zeros(0, np.float32)) if mask is not None else cryores.estimate(density_map, **asked)
    inside = result.resolution > 0 if mask is None else mask
    if not inside.any():
        raise InputError(f"the mask for {density_map.name} is empty; give one that holds the molecule.")
    box = box_around(inside)
    boxed = int(np.prod([side.stop - side.start for side in box]))
    needed = _PER_VOXEL * density_map.data.size + _PER_BOXED_VOXEL * boxed
    memory.check(needed, f"the classes of {density_map.name}", network=True)
    started = time.monotonic()
    data = zero_to_one(normalised(density_map).data)
    data *= inside
    maps = ClassMaps(_shape(density_map), model.centres(label))
    found = _unet_probabilities(model, data, box, bool(asked["progress"]))
    maps.put(box, inside[box], found[inside[box]])
    seconds = {**result.seconds, "network": time.monotonic() - started}
    return _written(replace(result, seconds=seconds), maps, inside, density_map, model, label)


def _unet_probabilities(model: StoredVoxelClass, data: FloatArray, box: Box, progress: bool) -> FloatArray:
    """The probabilities in a box, float32 (z, y, x, 10): the mean over cubes that overlap by half.

    A voxel counts the more the nearer it is to the middle of a cube, as a U-Net sees little around the others.
    """
    shape = [side.stop - side.start for side in box]
    along = 1 - np.abs(np.arange(CUBE) - (CUBE - 1) / 2) / (CUBE / 2)
    weight = (along[:, None, None] * along[:, None] * along).astype(np.float32)
    total, weights = np.zeros((*shape, CLASSES), np.float32), np.zeros(shape, np.float32)
    batches = list(_batches([range(-STEP, count, STEP) for count in shape]))
    for starts in bar(batches, "classes", "part", progress):
        corners = [[side.start + first for side, first in zip(box, start, strict=True)] for start in starts]
        cubes = np.stack([read_box(data, [(first, first + CUBE) for first in corner]) for corner in corners])
        answers = np.asarray(model.run(np.ascontiguousarray(cubes[..., None], np.float32)))
        for start, answer in zip(starts, answers, strict=True):
            ends = [(max(first, 0), min(first + CUBE, count)) for first, count in zip(start, shape, strict=True)]
            here = tuple(slice(*end) for end in ends)
            there = tuple(slice(low - first, high - first) for (low, high), first in zip(ends, start, strict=True))
            total[here] += weight[there][..., None] * answer[there]
            weights[here] += weight[there]
    total /= weights[..., None]
    return total


def _batches(sides: list[range]) -> Iterator[list[tuple[int, ...]]]:
    """The first voxels of cubes, some at a time."""
    starts = itertools.product(*sides)
    while batch := list(itertools.islice(starts, CUBES)):
        yield batch


def _written(
    result: LocalResolution,
    maps: ClassMaps,
    inside: BoolArray,
    density_map: DensityMap,
    model: StoredVoxelClass,
    label: str,
) -> LocalResolution:
    """A result with the maps of classes in place of what CryoRes said."""
    maps.keep(inside)
    if not np.isfinite(maps.resolution).all():
        raise InputError(f"{model.path}: this network answers with something else than numbers; train it again.")
    centres, sizes = model.centres(label), density_map.voxel_size
    finest, coarsest = float(centres[0]), float(max(centres[-1], 2.1 * max(sizes)))
    resolution = resampling.clip_resolution(maps.resolution, inside, finest, coarsest, sizes)
    return replace(
        result,
        resolution=resolution,
        deviation=maps.deviation,
        further={"_class": maps.number, "_probability": maps.probability},
        ends=Ends(max(finest, 2 * max(sizes)), coarsest),
        report={"device": gpus.device(), **result.report},
    )


def _shape(density_map: DensityMap) -> Shape:
    depth, height, width = density_map.data.shape
    return depth, height, width
