"""CryoRes: global resolution, local resolution and molecular mask from one map (Dang 2023, slides "Algorithm")."""

import functools
import math
import time
from dataclasses import dataclass

import numpy as np
import scipy.ndimage
from tqdm import tqdm

from deepreslib.errors import InputError
from deepreslib.fourier import resampling
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.spectra import GRID
from deepreslib.maps import checks
from deepreslib.maps.boxes import box_around
from deepreslib.networks import store
from deepreslib.networks.cryores_features import local_features

SIGMAS = 3.0
"""Density within so many SDs of the mean is left out where it surrounds the molecule (slides, "Pre-processing")."""

MARGIN = 30.0
"""Å left around the part of the map beyond that."""

WINDOW = 30.0
"""Å, least edge of a map."""

PLACES = 8192
"""So many places, voxels of the network's grid, or else one plane of them, are looked at together: what they
need stays in the cache."""

POOLED = 32768
"""About so many places at most, evenly spread, tell baseline and level of a map that is looked at in parts."""

COARSEST = 30.0
"""Å; nothing coarser is told, nor was in the validation structures' maps. A local FSC at 0.5 is much coarser than the
global resolution: 16 Å at 10 Å, 20 Å and more at 12 Å."""

PROBABILITY = 0.5
"""Above which a voxel belongs to the mask."""


@dataclass(frozen=True)
class MapQuality:
    """What CryoRes says of a map, on the map's grid.

    Attributes:
        global_resolution: Å, the FSC of half maps at 0.143 as the network expects it.
        global_deviation: Å, half the interval around it that the network expects to hold the truth in 68 %.
        resolution: float32 (z, y, x), Å; at least twice the voxel size inside, 0 outside the mask (the one that was
            given, or else the one found).
        deviation: float32 (z, y, x), Å, expected deviation of the local resolution; 0 outside the mask.
        mask: bool (z, y, x), the molecule as it was found.
        model: the ``StoredModel`` used.
        seconds: spent in the network.
    """

    global_resolution: float
    global_deviation: float
    resolution: np.ndarray
    deviation: np.ndarray
    mask: np.ndarray
    model: store.StoredModel
    seconds: float


@functools.lru_cache(maxsize=2)
def load_model(path=None):
    """The model at a path, or the one that comes with the package."""
    return store.load_cryores(path or store.shipped_folder("cryores"))


def estimate(density_map, model_path=None, workers=-1, progress=False, inside=None):
    """Global resolution, local resolution and mask of a map; nothing else is needed.

    Args:
        density_map: a ``DensityMap``.
        model_path: a model folder, None for the shipped one.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.
        inside: bool (z, y, x), where the local resolution is wanted; None for the mask that is found.

    Returns:
        a ``MapQuality``.

    Raises:
        InputError: the map or the model cannot be used, or there is no molecule in the map.
    """
    checks.check_estimable(density_map, WINDOW, COARSEST)
    model = load_model(model_path)
    sizes = voxel_triple(density_map.voxel_size)
    box = bounding_box(density_map.data, sizes, inside)
    data = np.ascontiguousarray(density_map.data[box])
    made = local_features(data, sizes, workers)
    started = time.monotonic()
    found = predict(model.network, made, progress)
    seconds = time.monotonic() - started
    if not (found["mask"] > 0).any():
        raise InputError(f"{density_map.name} shows no molecule that the network knows; give a map of protein or RNA.")

    shape, reached = density_map.data.shape, (GRID,) * 3
    everywhere = np.ones(data.shape, bool)
    mask = np.zeros(shape, bool)
    mask[box] = resampling.sample_back(found["mask"], everywhere, sizes, reached) > math.log(
        PROBABILITY / (1 - PROBABILITY)
    )
    mask[box] = _largest_parts(mask[box])
    baseline, baseline_deviation = found["baseline"]
    inside = mask if inside is None else inside
    resolution, deviation = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    resolution[box] = resampling.sample_back(baseline + found["local"][..., 0], inside[box], sizes, reached)
    deviation[box] = resampling.sample_back(found["local"][..., 1], inside[box], sizes, reached)
    resolution = resampling.clip_resolution(resolution, inside, 0, COARSEST, max(sizes))
    finest = 2 * max(sizes)
    return MapQuality(
        max(float(baseline), finest), float(baseline_deviation), resolution, deviation, mask, model, seconds
    )


def bounding_box(data, voxel_size, inside=None):
    """The smallest box outside which the density stays within mean ± 3 SD, and a margin around it.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å (z, y, x).
        inside: bool (z, y, x), voxels that must be in the box whatever their density; None for none.

    Returns:
        slices of z, y and x.
    """
    distinct = np.abs(data - data.mean(dtype=float)) > SIGMAS * data.std(dtype=float)
    if inside is not None:
        distinct |= inside
    if not distinct.any():
        return tuple(slice(0, count) for count in data.shape)
    return box_around(distinct, [math.ceil(MARGIN / size) for size in voxel_size])


def predict(network, made, progress=False, places=PLACES):
    """The network's answer on its own grid.

    Args:
        network: the Keras model.
        made: ``LocalFeatures``.
        progress: show a progress bar on standard error.
        places: so many are looked at together.

    Returns:
        dict: ``baseline`` (2,); ``local`` (z, y, x, 2); ``mask`` (z, y, x), logits.
    """
    count, *plane = made.shape
    step = min(max(places // math.prod(plane), 1), count)

    def found(features):
        inputs = {"features": features[None], "summary": made.summary[None]}
        return {name: np.asarray(value)[0] for name, value in network.predict_on_batch(inputs).items()}

    local, mask = np.empty((*made.shape, 2), np.float32), np.empty(made.shape, np.float32)
    for start in tqdm(range(0, count, step), desc="CryoRes", unit="part", disable=not progress):
        start = min(start, count - step)  # all parts of one shape, which is compiled once
        part = slice(start, start + step)
        here = found(made.planes(part))
        local[part], mask[part] = here["local"], here["mask"][..., 0]
        local[part][..., 0] -= here["level"]
    if step < count:  # baseline and level take the mean of their places, which are to be those of the whole map
        here = found(_spread(made, math.ceil((math.prod(made.shape) / POOLED) ** (1 / 3))))
    local[..., 0] += here["level"]
    return {"baseline": here["baseline"], "local": local, "mask": mask}


def _spread(made, apart):
    """Features of every so many places along each axis."""
    chosen = slice(apart // 2, None, apart)
    planes = range(*chosen.indices(made.shape[0]))
    return np.concatenate([made.planes(slice(z, z + 1))[:, chosen, chosen] for z in planes])


def _largest_parts(mask, least=0.1):
    """The mask without connected parts smaller than a share of the largest."""
    labels, count = scipy.ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return (sizes >= least * sizes.max())[labels] & mask
