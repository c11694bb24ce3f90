"""CryoRes: global resolution, local resolution and molecular mask from one map (Dang 2023, slides "Algorithm").

The network works on a grid of its own. Of each place of it, it gives the local resolution relative to one number for
the whole map, the *baseline*, which is also the global resolution.
"""

import functools
import math
import time

import numpy as np
import scipy.ndimage
from tqdm import tqdm

from deepreslib.errors import InputError
from deepreslib.estimation.result import GlobalResolution, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray
from deepreslib.fourier.filters import voxel_triple
from deepreslib.fourier.spectra import GRID
from deepreslib.maps import checks
from deepreslib.maps.tiles import span_of
from deepreslib.networks import store
from deepreslib.networks.cryores_features import local_features

SIGMAS = 3.0
"""Density within so many SDs of the mean is left out where it surrounds the molecule (slides, "Pre-processing")."""

MARGIN = 30.0
"""Å left around the part of the map beyond that."""

WINDOW = 30.0
"""Å, least edge of a map."""

PLACES = 8192
"""Places (voxels of the network's grid) that are looked at together, but at least one plane: what they need stays in
the cache."""

POOLED = 32768
"""Places at most, about, that baseline and level are found from where a map is looked at in parts; they are taken at
even distances."""

COARSEST = 30.0
"""Å; coarser values are set to this, and there were none in the validation structures' maps. A local FSC at 0.5 is
much coarser than the global resolution: 16 Å at 10 Å, 20 Å and more at 12 Å."""

PROBABILITY = 0.5
"""A voxel of higher probability belongs to the mask."""


@functools.lru_cache(maxsize=2)
def load_model(path=None):
    """The model at a path, or the one that comes with the package."""
    return store.load_cryores(path or store.shipped_folder("cryores"))


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
        density_map_or_halves: a ``DensityMap``; half maps are refused.
        mask: bool (z, y, x), the voxels whose local resolution is wanted; None for those of the mask that is found.
        network_path: a folder with a trained network, None for the one that comes with the package.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution`` with a deviation, a global resolution (the FSC of half maps at 0.143 as the network
        expects it) and the mask found. Resolutions are at least twice the voxel size.

    Raises:
        InputError: the map or the network cannot be used, or there is no molecule in the map.
    """
    started = time.monotonic()
    density_map = one_map(density_map_or_halves, "CryoRes")
    checks.check_estimable(density_map, WINDOW, COARSEST)
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
        report={"model": {"name": model.name, "path": model.path, "sha256": model.sha256}},
        seconds={"network": network_seconds, "estimator": time.monotonic() - started},
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
    spans = span_of(distinct) or tuple(slice(0, count) for count in data.shape)
    margins = (math.ceil(MARGIN / size) for size in voxel_size)
    return tuple(
        slice(max(span.start - margin, 0), min(span.stop + margin, count))
        for span, margin, count in zip(spans, margins, data.shape, strict=True)
    )


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


def _largest_parts(mask: BoolArray, least: float = 0.1) -> BoolArray:
    """The mask (z, y, x) without connected parts smaller than a share, ``least``, of the largest."""
    labels, count = scipy.ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return (sizes >= least * sizes.max())[labels] & mask
