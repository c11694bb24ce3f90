"""CryoRes: global resolution, local resolution and molecular mask from one map (Dang 2023, slides "Algorithm").

The network works on a coarse grid of its own. At each place of that grid it predicts the local resolution relative to
one number for the whole map, the *baseline*, which is also the global resolution.
"""

import functools
import math
import time
from collections.abc import Sequence
from concurrent import futures

import numpy as np
import scipy.ndimage

from deepreslib import memory
from deepreslib.analysis.map_kind import map_kind, refuse_inverted
from deepreslib.errors import InputError
from deepreslib.estimation import local_cutoff as cutoffs
from deepreslib.estimation.cryores_voxels import PLACED, Found, Others
from deepreslib.estimation.judgement import mask_fault
from deepreslib.estimation.reliability import judge
from deepreslib.estimation.result import Ends, GlobalResolution, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.spectra import coarse_shape
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

COARSEST = 50.0
"""Å; coarser local values are set to this. A local FSC at 0.5 is much coarser than the global resolution: 16 Å at 10 Å,
20 Å and more at 12 Å; and CryoRes learnt global resolutions to 25 Å."""


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
    cutoffs.checked(local_cutoff)
    result = with_others(
        density_map_or_halves, mask, None, network_path=network_path, workers=workers, progress=progress
    )
    return cutoffs.at_cutoff(result, local_cutoff)


def with_others(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray | None,
    others: Others | None,
    *,
    network_path: str | None = None,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """``estimate`` at the cutoff of the labels, and what else is asked about the same places.

    Args:
        density_map_or_halves: as in ``estimate``.
        mask: the same.
        others: asks and takes the answers; None for nothing else.
        network_path: as in ``estimate``.
        workers: the same.
        progress: the same.

    Returns:
        As ``estimate``.

    Raises:
        InputError: as in ``estimate``.
    """
    started = time.monotonic()
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
    model, found = _ask(network_path, looked_at, wanted, others, workers, progress)
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
    return LocalResolution(
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


def _ask(
    path: str | None,
    looked_at: Region,
    wanted: BoolArray | None,
    others: Others | None,
    workers: int,
    progress: bool,
) -> "tuple[store.StoredModel, Found]":
    """The network, and what it says of a map."""
    found = Found(looked_at.box, looked_at.sizes, wanted, others)
    with futures.ThreadPoolExecutor(1) as beside:  # loading a network takes as long as the features of a small map
        loading = beside.submit(_load_and_try, path)
        if math.prod(looked_at.core.shape) <= AT_ONCE:
            features = local_features(looked_at, workers)
            return loading.result(), _whole_map(_joined(loading.result().run, others), features, found, progress)
        model = loading.result()
        cells = FeatureCells(looked_at, workers, POOLED)
        return model, _cell_by_cell(_joined(model.run, others), cells, found, progress)


def _load_and_try(path: str | None) -> store.StoredModel:
    """Loads the network and runs it once, as the first run takes longer than others."""
    model = load_model(path)
    _outputs(model.run, np.zeros((1, 1, 1, FEATURES), np.float32), np.zeros((1, SUMMARY), np.float32))
    return model


def _joined(run: Run, others: Others | None) -> Run:
    """Runs the network, and asks what else is asked, as a further output ``others``."""
    if others is None:
        return run
    return lambda inputs: {**run(inputs), "others": others.answer(inputs["features"][0], inputs["summary"])[None]}


def _whole_map(run: Run, features: LocalFeatures, found: Found, progress: bool) -> Found:
    """The network's answer where the features of all places fit into memory."""
    started = time.monotonic()
    prediction = predict(run, features, progress)
    found.begin(prediction, time.monotonic() - started)
    if (prediction["mask"] > 0).any():
        z, y, x = (slice(0, count) for count in found.shape)
        found.add((z, y, x), found.between(features.shape), prediction)
    return found


def _cell_by_cell(run: Run, features: FeatureCells, found: Found, progress: bool) -> Found:
    """The network's answer for one cell after the other."""
    started = time.monotonic()
    summary = features.summary[None]
    pooled = _outputs(run, features.thinned, summary)
    found.begin(pooled, time.monotonic() - started)
    along_z, along_y, along_x = found.between(features.shape)
    for cell in bar(features.cells, "CryoRes", "part", progress):
        z, y = (
            slice(*np.searchsorted(along.lower, (side.start, side.stop)).tolist())
            for along, side in zip((along_z, along_y), (cell.z, cell.y), strict=True)
        )
        parts = []
        for planes in features.features(cell, PLACES):
            started = time.monotonic()
            here = _outputs(run, planes, summary)
            here["local"][..., 0] += pooled["level"] - here["level"]
            parts.append({**here, "mask": here["mask"][..., 0]})
            found.network_seconds += time.monotonic() - started
        between = [
            along_z.part(z.start, z.stop).counted_from(cell.z.start),
            along_y.part(y.start, y.stop).counted_from(cell.y.start),
            along_x,
        ]
        names = [name for name in PLACED if name in parts[0]]
        of_cell = {name: np.concatenate([part[name] for part in parts]) for name in names}
        found.add((z, y, slice(0, found.shape[2])), between, of_cell)
    return found


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
        ``deepreslib.networks.cryores``); and ``others`` (z, y, x, channels) if ``run`` has that output.
    """
    count, *plane = inputs.shape
    step = min(max(places // math.prod(plane), 1), count)

    local, mask = np.empty((*inputs.shape, 2), np.float32), np.empty(inputs.shape, np.float32)
    others: dict[str, FloatArray] = {}
    for start in bar(range(0, count, step), "CryoRes", "part", progress):
        start = min(start, count - step)  # all parts of one shape, which is compiled once
        part = slice(start, start + step)
        here = _outputs(run, inputs.planes(part), inputs.summary[None])
        local[part], mask[part] = here["local"], here["mask"][..., 0]
        if "others" in here:
            others.setdefault("others", np.empty((*inputs.shape, here["others"].shape[-1]), np.float32))
            others["others"][part] = here["others"]
        local[part][..., 0] -= here["level"]
    if step < count:  # baseline and level are means over places, and need places of the whole map
        thinned = _thinned(inputs, math.ceil((math.prod(inputs.shape) / POOLED) ** (1 / 3)))
        here = _outputs(run, thinned, inputs.summary[None])
    local[..., 0] += here["level"]
    return {"baseline": here["baseline"], "local": local, "mask": mask, "strangeness": here["strangeness"], **others}


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
