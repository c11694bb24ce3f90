"""CryoRes: global resolution, local resolution and molecular mask from one map (Dang 2023, slides "Algorithm").

The network works on a coarse grid of its own. At each place of that grid it predicts the local resolution relative to
one number for the whole map, the *baseline*, which is also the global resolution.
"""

import functools
import math
import time
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage

from deepreslib import memory
from deepreslib.analysis.map_kind import map_kind, refuse_inverted
from deepreslib.errors import InputError
from deepreslib.estimation import local_cutoff as cutoffs
from deepreslib.estimation.judgement import mask_fault
from deepreslib.estimation.reliability import judge
from deepreslib.estimation.result import Ends, GlobalResolution, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Triple
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.spectra import GRID, box_shape, coarse_shape
from deepreslib.maps import checks
from deepreslib.networks import gpus, store
from deepreslib.networks.cryores_card import Widening, load_cryores
from deepreslib.networks.cryores_cells import PLACES_READ, FeatureCells
from deepreslib.networks.cryores_features import FEATURES, SUMMARY, LocalFeatures, local_features
from deepreslib.networks.cryores_region import Region, region
from deepreslib.networks.running import Run
from deepreslib.progress import bar

WINDOW = 30.0
"""Å; each edge of a map must be at least this long."""

PLACES = 8192
"""Places (voxels of the network's grid) that the network takes at once, or one plane if that has more places. The
memory that so many need stays in the processor's cache."""

POOLED = 32768
"""Number of places, at most about, from which ``baseline`` and ``level`` are computed for a map that is predicted in
parts; they are evenly spaced."""

AT_ONCE = 5_500_000
"""A map that has no more places than this is predicted from the features of all of them, others cell by cell."""

PLANES = 32
"""Planes of the map whose values are sampled at once."""

COARSEST = 50.0
"""Å; coarser local values are set to this. A local FSC at 0.5 is much coarser than the global resolution: 16 Å at 10 Å,
20 Å and more at 12 Å; and CryoRes learnt global resolutions to 25 Å."""

PROBABILITY = 0.5
"""A voxel of higher probability belongs to the mask."""


@functools.lru_cache(maxsize=2)
def load_model(path: str | None = None) -> store.StoredModel:
    """The trained network.

    Args:
        path: a model folder; None for the network that comes with the package.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    return load_cryores(path or store.shipped_folder("cryores"))


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray | None = None,
    *,
    network_path: str | None = None,
    local_cutoff: float = 0.5,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """Global resolution, local resolution and mask of a map; nothing else is needed.

    Args:
        density_map_or_halves: a ``DensityMap``, or half maps, whose mean is looked at.
        mask: bool (z, y, x), the voxels to estimate; None for those of the mask that the network finds.
        network_path: a folder with a trained network, None for the one that comes with the package.
        local_cutoff: of the local FSC that the local values stand for, 0.5 or 0.143 (see ``estimation.local_cutoff``).
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution`` with a deviation, a global resolution (where the network expects the FSC of half maps to
        fall to 0.143), the mask found, and a status (see ``estimation.reliability``). Resolutions are at least twice
        the voxel size. Its report has the ``strangeness`` of the map and the ``factor`` by which deviations were
        widened.

    Raises:
        InputError: the map or the network cannot be used, or there is no molecule in the map.
    """
    started = time.monotonic()
    cutoffs.checked(local_cutoff)
    density_map = one_map(density_map_or_halves)
    checks.check_estimable(density_map, WINDOW, COARSEST)
    refuse_inverted(density_map)
    kind = map_kind(density_map)
    sizes = voxel_triple(density_map.voxel_size)
    needed = needed_memory(density_map.data.shape, sizes)
    memory.check(needed, f"CryoRes for {density_map.name}", network=True)
    looked_at = region(density_map.data, sizes, mask)
    box = looked_at.box
    wanted = None if mask is None else mask[box]
    model, found = _ask(network_path, looked_at, wanted, workers, progress)
    if not np.isfinite([*found.baseline, found.strangeness]).all():
        raise InputError(f"{model.path}: this network answers with something else than numbers; train it again.")
    if not found.molecule.any():
        raise InputError(f"{density_map.name} shows no molecule that the network knows; give a map of protein or RNA.")

    shape = density_map.data.shape
    molecule = np.zeros(shape, bool)
    molecule[box] = _largest_parts(found.molecule)
    found.molecule = molecule[box]
    resolution, deviation = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    whole = GlobalResolution(max(float(found.baseline[0]), 2 * max(sizes)), float(found.baseline[1]))
    fault = mask_fault(molecule, density_map, "the mask that cryores found")
    reliability = judge(whole, found.strangeness, Widening.from_card(model.card), kind, fault)
    kept = molecule[box] if wanted is None else wanted
    while found.values:  # each is let go of when it has been used
        part, inside, resolutions, deviations = found.values.pop()
        for on_map, values in ((resolution, resolutions), (deviation, reliability.factor * deviations)):
            here = np.zeros(inside.shape, np.float32)
            here[inside] = values
            on_map[box][part] = np.where(kept[part], here, 0)
        clipped = resampling.clip_resolution(resolution[box][part], kept[part], 0, COARSEST, max(sizes))
        resolution[box][part] = clipped
    result = LocalResolution(
        resolution,
        deviation,
        reliability.global_resolution,
        molecule,
        warnings=reliability.warnings,
        status=reliability.status,
        ends=Ends(2 * max(sizes), COARSEST),
        local_cutoff=cutoffs.LABELS,
        report={
            "model": model.describe(),
            "device": gpus.device(),
            "strangeness": round(found.strangeness, 3),
            "factor": round(reliability.factor, 3),
        },
        seconds={"network": found.network_seconds, "estimator": time.monotonic() - started},
    )
    return cutoffs.at_cutoff(result, local_cutoff)


@dataclass(eq=False)
class _Found:
    """What the network says of a map, on the map's grid.

    Attributes:
        molecule: bool (z, y, x), where it sees a molecule.
        baseline: (2,), the global resolution and its deviation, Å.
        strangeness: of the map; 1 is usual.
        values: for each part of the map the part, the voxels there that have a value, bool (z, y, x), and their
            resolution and deviation, Å, each (n,).
        network_seconds: the time that it took.
    """

    molecule: BoolArray
    baseline: FloatArray
    strangeness: float
    values: list[tuple[Box, BoolArray, FloatArray, FloatArray]] = field(default_factory=list)
    network_seconds: float = 0.0

    def add(
        self,
        part: Box,
        between: Sequence[resampling.Between],
        local: FloatArray,
        logits: FloatArray,
        wanted: BoolArray | None,
    ) -> None:
        """Samples predictions at the voxels of a part.

        Args:
            part: of the map.
            between: where its voxels lie between the places of the predictions.
            local: float32 (z, y, x, 2), relative resolution and deviation, Å.
            logits: float32 (z, y, x), of the molecule.
            wanted: bool (z, y, x), the voxels of the map that are wanted; None for those of the molecule.
        """
        for z in range(0, between[0].lower.size, PLANES):  # some planes at once, which takes less memory
            planes = slice(part[0].start + z, min(part[0].start + z + PLANES, part[0].stop))
            here: Box = (planes, part[1], part[2])
            along = [between[0].part(z, z + PLANES), *between[1:]]
            everywhere = np.ones(self.molecule[here].shape, bool)
            seen = resampling.sample_between(logits, everywhere, along) > math.log(PROBABILITY / (1 - PROBABILITY))
            self.molecule[here] = seen
            inside = seen if wanted is None else wanted[here].copy()
            if inside.any():
                resolutions = self.baseline[0] + resampling.sample_between(local[..., 0], inside, along)[inside]
                deviations = resampling.sample_between(local[..., 1], inside, along)[inside]
                self.values.append((here, inside, resolutions, deviations))


def _ask(
    path: str | None, looked_at: Region, wanted: BoolArray | None, workers: int, progress: bool
) -> "tuple[store.StoredModel, _Found]":
    """The network, and what it says of a map."""
    shape, sizes = box_shape(looked_at.box), looked_at.sizes
    with futures.ThreadPoolExecutor(1) as beside:  # loading a network takes as long as the features of a small map
        loading = beside.submit(_load_and_try, path)
        if math.prod(looked_at.core.shape) <= AT_ONCE:
            features = local_features(looked_at, workers)
            return loading.result(), _whole_map(loading.result(), features, shape, sizes, wanted, progress)
        model = loading.result()
        cells = FeatureCells(looked_at, workers, POOLED)
        return model, _cell_by_cell(model, cells, shape, sizes, wanted, progress)


def _load_and_try(path: str | None) -> store.StoredModel:
    """Loads the network and runs it once, as the first run takes longer than others."""
    model = load_model(path)
    _outputs(model.run, np.zeros((1, 1, 1, FEATURES), np.float32), np.zeros((1, SUMMARY), np.float32))
    return model


def _whole_map(
    model: store.StoredModel,
    features: LocalFeatures,
    shape: Sequence[int],
    sizes: Triple,
    wanted: BoolArray | None,
    progress: bool,
) -> _Found:
    """The network's answer where the features of all places fit into memory."""
    started = time.monotonic()
    prediction = predict(model.run, features, progress)
    found = _found(shape, prediction, started)
    if (prediction["mask"] > 0).any():
        z, y, x = (slice(0, count) for count in shape)
        between = _between(shape, sizes, features.shape)
        found.add((z, y, x), between, prediction["local"], prediction["mask"], wanted)
    return found


def _cell_by_cell(
    model: store.StoredModel,
    features: FeatureCells,
    shape: Sequence[int],
    sizes: Triple,
    wanted: BoolArray | None,
    progress: bool,
) -> _Found:
    """The network's answer for one cell after the other."""
    started = time.monotonic()
    summary = features.summary[None]
    pooled = _outputs(model.run, features.thinned, summary)
    found = _found(shape, pooled, started)
    along_z, along_y, along_x = _between(shape, sizes, features.shape)
    for cell in bar(features.cells, "CryoRes", "part", progress):
        z, y = (
            slice(*np.searchsorted(along.lower, (side.start, side.stop)).tolist())
            for along, side in zip((along_z, along_y), (cell.z, cell.y), strict=True)
        )
        local, logits = [], []
        for planes in features.features(cell, PLACES):
            started = time.monotonic()
            here = _outputs(model.run, planes, summary)
            here["local"][..., 0] += pooled["level"] - here["level"]
            local.append(here["local"])
            logits.append(here["mask"][..., 0])
            found.network_seconds += time.monotonic() - started
        between = [
            along_z.part(z.start, z.stop).counted_from(cell.z.start),
            along_y.part(y.start, y.stop).counted_from(cell.y.start),
            along_x,
        ]
        part = z, y, slice(0, shape[2])
        found.add(part, between, np.concatenate(local), np.concatenate(logits), wanted)
    return found


def _found(shape: Sequence[int], outputs: dict[str, FloatArray], started: float) -> _Found:
    """What the network says of a whole map of a shape, and as yet of none of its voxels."""
    seconds = time.monotonic() - started
    strangeness = float(outputs["strangeness"][0])
    return _Found(np.zeros(shape, bool), outputs["baseline"], strangeness, network_seconds=seconds)


def _between(shape: Sequence[int], sizes: Triple, places: Sequence[int]) -> list[resampling.Between]:
    """Where the voxels of a map lie between the places of the coarse grid, along z, y and x."""
    return [
        resampling.places_between(count, size / GRID, new)
        for count, size, new in zip(shape, sizes, places, strict=True)
    ]


def needed_memory(shape: Sequence[int], sizes: Triple) -> float:
    """The memory that CryoRes takes for a map, besides the map, its mask and the network's library.

    Args:
        shape: the map's (z, y, x).
        sizes: its voxel size, Å (z, y, x).

    Returns:
        Bytes; ``benchmarks/memory.py`` measures what is really taken.
    """
    voxels, places = math.prod(shape), math.prod(coarse_shape(shape, sizes))
    writing = 15 * voxels  # the results, and what mrcfile takes to write one of them
    return max(10 * voxels + 150 * (places if places <= AT_ONCE else PLACES_READ), writing)


def predict(run: Run, inputs: LocalFeatures, progress: bool = False, places: int = PLACES) -> dict[str, FloatArray]:
    """The network's outputs on its own grid.

    Args:
        run: the function that runs it, ``StoredModel.run``.
        inputs: the ``LocalFeatures`` of a map.
        progress: show a progress bar on standard error.
        places: about how many places the network takes at once, in whole planes.

    Returns:
        dict: ``baseline`` (2,), Å; ``local`` (z, y, x, 2), Å; ``mask`` (z, y, x), logits; ``strangeness`` (1,) (see
        ``deepreslib.networks.cryores``).
    """
    count, *plane = inputs.shape
    step = min(max(places // math.prod(plane), 1), count)

    local, mask = np.empty((*inputs.shape, 2), np.float32), np.empty(inputs.shape, np.float32)
    for start in bar(range(0, count, step), "CryoRes", "part", progress):
        start = min(start, count - step)  # all parts of one shape, which is compiled once
        part = slice(start, start + step)
        here = _outputs(run, inputs.planes(part), inputs.summary[None])
        local[part], mask[part] = here["local"], here["mask"][..., 0]
        local[part][..., 0] -= here["level"]
    if step < count:  # baseline and level are means over places, and need places of the whole map
        thinned = _thinned(inputs, math.ceil((math.prod(inputs.shape) / POOLED) ** (1 / 3)))
        here = _outputs(run, thinned, inputs.summary[None])
    local[..., 0] += here["level"]
    return {"baseline": here["baseline"], "local": local, "mask": mask, "strangeness": here["strangeness"]}


def _outputs(run: Run, features: FloatArray, summary: FloatArray) -> dict[str, FloatArray]:
    """The network's outputs for places (z, y, x, features) of a map with a summary (1, numbers)."""
    return {name: np.array(value)[0] for name, value in run({"features": features[None], "summary": summary}).items()}


def _thinned(inputs: LocalFeatures, step: int) -> FloatArray:
    """Features of every ``step``-th place along each axis: (z, y, x, features)."""
    chosen = slice(step // 2, None, step)
    planes = range(*chosen.indices(inputs.shape[0]))
    return np.concatenate([inputs.planes(slice(z, z + 1))[:, chosen, chosen] for z in planes])


def _largest_parts(mask: BoolArray, least: float = 0.1) -> BoolArray:
    """The mask (z, y, x) without connected parts smaller than a share, ``least``, of the largest."""
    labels, count = scipy.ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.zeros(count + 1, int)
    for section in labels:  # one after the other, which takes less memory
        sizes += np.bincount(section.ravel(), minlength=count + 1)
    sizes[0] = 0
    return (sizes >= least * sizes.max())[labels] & mask
