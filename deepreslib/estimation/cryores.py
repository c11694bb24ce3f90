"""CryoRes: global resolution, local resolution and molecular mask from one map (Dang 2023, slides "Algorithm").

The network works on a coarse grid of its own. At each place of that grid it predicts the local resolution relative to
one number for the whole map, the *baseline*, which is also the global resolution.
"""

import functools
import math
import time

import numpy as np
import scipy.ndimage
from tqdm import tqdm

from deepreslib.analysis.map_kind import map_kind, refuse_inverted
from deepreslib.errors import InputError
from deepreslib.estimation.result import Ends, GlobalResolution, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Triple
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.spectra import GRID
from deepreslib.maps import checks
from deepreslib.maps.boxes import box_around
from deepreslib.networks import store
from deepreslib.networks.cryores_card import load_cryores
from deepreslib.networks.cryores_features import LocalFeatures, local_features
from deepreslib.networks.tensors import KerasModel

SIGMAS = 3.0
"""Density within so many SDs of the mean is cut off where it surrounds the molecule (slides, "Pre-processing")."""

MARGIN = 30.0
"""Å, margin around the box of the density beyond ``SIGMAS``."""

WINDOW = 30.0
"""Å; each edge of a map must be at least this long."""

PLACES = 8192
"""Places (voxels of the network's grid) that the network takes at once, or one plane if that has more places. The
memory that so many need stays in the processor's cache."""

POOLED = 32768
"""Number of places, at most about, from which ``baseline`` and ``level`` are computed for a map that is predicted in
parts; they are evenly spaced."""

COARSEST = 30.0
"""Å; coarser values are set to this, and there were none in the validation structures' maps. A local FSC at 0.5 is
much coarser than the global resolution: 16 Å at 10 Å, 20 Å and more at 12 Å."""

UNSUITED = (
    "{}; CryoRes learnt from reconstructions with their noise, so its values may be far off: --method deepres does not "
    "ask for noise."
)
"""What is said of a map that CryoRes cannot judge."""

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
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """Global resolution, local resolution and mask of a map; nothing else is needed.

    Args:
        density_map_or_halves: a ``DensityMap``, or half maps, whose mean is looked at.
        mask: bool (z, y, x), the voxels to estimate; None for those of the mask that the network finds.
        network_path: a folder with a trained network, None for the one that comes with the package.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution`` with a deviation, a global resolution (where the network expects the FSC of half maps to
        fall to 0.143) and the mask found. Resolutions are at least twice the voxel size.

    Raises:
        InputError: the map or the network cannot be used, or there is no molecule in the map.
    """
    started = time.monotonic()
    density_map = one_map(density_map_or_halves)
    checks.check_estimable(density_map, WINDOW, COARSEST)
    refuse_inverted(density_map)
    kind = map_kind(density_map)
    model = load_model(network_path)
    sizes = voxel_triple(density_map.voxel_size)
    box = bounding_box(density_map.data, sizes, mask)
    data = np.ascontiguousarray(density_map.data[box])
    features = local_features(data, sizes, workers)
    network_started = time.monotonic()
    prediction = predict(model.network, features, progress)
    network_seconds = time.monotonic() - network_started
    if not (prediction["mask"] > 0).any():
        raise InputError(f"{density_map.name} shows no molecule that the network knows; give a map of protein or RNA.")

    shape, reached = density_map.data.shape, (GRID,) * 3
    molecule = np.zeros(shape, bool)
    logits = resampling.sample_back(prediction["mask"], np.ones(data.shape, bool), sizes, reached)
    molecule[box] = _largest_parts(logits > math.log(PROBABILITY / (1 - PROBABILITY)))
    mask = molecule if mask is None else mask
    baseline, baseline_deviation = prediction["baseline"]
    resolution, deviation = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    resolution[box] = resampling.sample_back(baseline + prediction["local"][..., 0], mask[box], sizes, reached)
    deviation[box] = resampling.sample_back(prediction["local"][..., 1], mask[box], sizes, reached)
    resolution = resampling.clip_resolution(resolution, mask, 0, COARSEST, max(sizes))
    return LocalResolution(
        resolution,
        deviation,
        GlobalResolution(max(float(baseline), 2 * max(sizes)), float(baseline_deviation)),
        molecule,
        warnings=() if kind.suits_cryores else (UNSUITED.format(kind.reason),),
        ends=Ends(2 * max(sizes), COARSEST),
        report={"model": {"name": model.name, "path": model.path, "sha256": model.sha256}},
        seconds={"network": network_seconds, "estimator": time.monotonic() - started},
    )


def bounding_box(data: FloatArray, voxel_size: Triple, inside: BoolArray | None = None) -> Box:
    """The smallest box outside which the density stays within mean ± 3 SD, and a margin around it.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å (z, y, x).
        inside: bool (z, y, x), voxels that must be in the box whatever their density; None for none.

    Returns:
        The box, within the map; all of the map where no voxel is beyond 3 SD.
    """
    distinct = np.abs(data - data.mean(dtype=float)) > SIGMAS * data.std(dtype=float)
    if inside is not None:
        distinct |= inside
    if not distinct.any():
        z, y, x = (slice(0, count) for count in data.shape)
        return z, y, x
    return box_around(distinct, [math.ceil(MARGIN / size) for size in voxel_size])


def predict(
    network: KerasModel, inputs: LocalFeatures, progress: bool = False, places: int = PLACES
) -> dict[str, FloatArray]:
    """The network's outputs on its own grid.

    Args:
        network: the Keras model.
        inputs: the ``LocalFeatures`` of a map.
        progress: show a progress bar on standard error.
        places: about how many places the network takes at once, in whole planes.

    Returns:
        dict: ``baseline`` (2,), Å; ``local`` (z, y, x, 2), Å; ``mask`` (z, y, x), logits (see
        ``deepreslib.networks.cryores``).
    """
    count, *plane = inputs.shape
    step = min(max(places // math.prod(plane), 1), count)

    def outputs(features: FloatArray) -> dict[str, FloatArray]:
        batch = {"features": features[None], "summary": inputs.summary[None]}
        return {name: np.asarray(value)[0] for name, value in network.predict_on_batch(batch).items()}

    local, mask = np.empty((*inputs.shape, 2), np.float32), np.empty(inputs.shape, np.float32)
    for start in tqdm(range(0, count, step), desc="CryoRes", unit="part", disable=not progress):
        start = min(start, count - step)  # all parts of one shape, which is compiled once
        part = slice(start, start + step)
        here = outputs(inputs.planes(part))
        local[part], mask[part] = here["local"], here["mask"][..., 0]
        local[part][..., 0] -= here["level"]
    if step < count:  # baseline and level are means over places, and need places of the whole map
        here = outputs(_thinned(inputs, math.ceil((math.prod(inputs.shape) / POOLED) ** (1 / 3))))
    local[..., 0] += here["level"]
    return {"baseline": here["baseline"], "local": local, "mask": mask}


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
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return (sizes >= least * sizes.max())[labels] & mask
