"""DeepRes: local resolution of one map inside a mask (Ramírez-Aportela et al. 2019), at every voxel."""

import functools
import math
import time

import numpy as np
import scipy.ndimage

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.estimation import deepres_parts, fusion
from deepreslib.estimation.result import Ends, LocalResolution, MapOrHalves, one_map
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap, checks
from deepreslib.maps.tiles import tiles
from deepreslib.networks import gpus, store
from deepreslib.networks.deepres_card import StoredDeepRes, load_deepres
from deepreslib.networks.ranges import RANGES, WINDOW, ResolutionRange
from deepreslib.progress import bar

TILE = 24
"""Greatest edge of a tile, windows; the 23 MB that its polynomials take stay in the processor's cache."""

FINE_VOXEL = 1.25
"""Å; the automatic choice considers the high range only for maps sampled at least this finely."""

FINE_RESOLUTION = 3.5
"""Å; the automatic choice takes the high range if the low range's median is below this."""

REACH = WINDOW // 2
"""Voxels from the centre of a window to its faces."""

AT_ONCE = 320**3
"""A map that has no more voxels than this on the network's grid is resampled as a whole, others part by part."""

EDGE = 256
"""Greatest edge of a part, voxels of the network's grid."""

NOT_SHARPENED = (
    "the map is not sharpened, or coarser than this: let it be sharpened first (--sharpen auto; in Scipion 'Sharpen "
    "first?'), try 'deepres sharpness', or CryoRes (--method cryores), which does not ask for it"
)
"""What is said where DeepRes' coarsest value fills a map."""

SOFT_END = 0.5
"""Greatest width, in voxels of the network's grid, over which values approach an end of the range."""


@functools.lru_cache(maxsize=4)
def load_model(range_name: str, path: str | None = None) -> StoredDeepRes:
    """The trained network of a range.

    Args:
        range_name: ``low`` or ``high``.
        path: a model folder or a published ``.h5`` file; None for the network that comes with the package.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    return load_deepres(path or store.shipped_folder("deepres", range_name), range_name)


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray,
    *,
    range_name: str = "auto",
    network_path: str | None = None,
    progress: bool = False,
) -> LocalResolution:
    """Local resolution of a map.

    Args:
        density_map_or_halves: a ``DensityMap``, or half maps, whose mean is looked at.
        mask: bool (z, y, x), its voxels are estimated.
        range_name: ``low`` (2.5-13 Å), ``high`` (1.5-6 Å) or ``auto``: low, then high if the map is sampled finely
            and the low range's median is below 3.5 Å.
        network_path: a folder with a trained network or a published ``.h5`` file; None for the one that comes with
            the package.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution``; its deviation is None if the network predicts none.

    Raises:
        InputError: the map, the range or the network cannot be used.
    """
    density_map = one_map(density_map_or_halves)
    first = "low" if range_name == "auto" else range_name
    checks.check_estimable(density_map, RANGES[first].window, RANGES[first].high)
    result = _estimate(density_map, mask, first, network_path, progress)
    fine = max(density_map.voxel_size) <= FINE_VOXEL and network_path is None
    if range_name == "auto" and fine and np.median(result.resolution[mask]) < FINE_RESOLUTION:
        low_seconds = result.seconds["estimator"]
        del result  # its memory is needed
        result = _estimate(density_map, mask, "high", None, progress)
        result.seconds["estimator"] += low_seconds
    return result


def _estimate(
    density_map: DensityMap, mask: BoolArray, range_name: str, network_path: str | None, progress: bool
) -> LocalResolution:
    """Local resolution by the network of one range."""
    started = time.monotonic()
    limits, shape = RANGES[range_name], density_map.data.shape
    axes = resampling.resampled_axes(shape, density_map.voxel_size, limits.voxel_size)
    whole = math.prod(axis.length for axis in axes) <= AT_ONCE
    needed = deepres_parts.needed_memory(shape, axes, None if whole else EDGE)
    memory.check(needed, f"DeepRes' {range_name} range for {density_map.name}", network=True)
    model = load_model(range_name, network_path)
    unit = np.float32(np.mean([axis.reached for axis in axes]) / limits.voxel_size)
    resolution = np.zeros(mask.shape, np.float32)
    deviation = np.zeros(mask.shape, np.float32) if model.scheme.deviations else None
    network_seconds = 0.0
    parts = [deepres_parts.whole_map(density_map.data, mask, axes)] if whole else None
    cells = parts or deepres_parts.Parts(density_map.data, mask, axes, EDGE)
    for part in bar(cells, "DeepRes", "part", progress and not whole):
        network_started = time.monotonic()
        values, deviations = predict(model, part.data, part.needed, progress and whole, part.windows, part.scale)
        if deviations is not None:
            _finish(model, values, deviations, part.needed)
        network_seconds += time.monotonic() - network_started
        inside = mask[part.box]
        found = unit * resampling.sample_between(values, inside, part.between)
        found = resampling.clip_resolution(found, inside, limits.low, limits.high, max(density_map.voxel_size))
        resolution[part.box] = found
        if deviation is not None and deviations is not None:
            deviation[part.box] = unit * resampling.sample_between(deviations, inside, part.between)
    return LocalResolution(
        resolution,
        deviation,
        ends=Ends(max(limits.low, 2 * max(density_map.voxel_size)), limits.high, why_high=NOT_SHARPENED),
        report={
            "range": {
                "name": limits.name,
                "low": limits.low,
                "high": limits.high,
                "voxel_size": limits.voxel_size,
            },
            "model": model.describe(),
            "device": gpus.device(),
        },
        seconds={"network": network_seconds, "estimator": time.monotonic() - started},
    )


def _finish(model: StoredDeepRes, resolution: FloatArray, deviation: FloatArray, needed: BoolArray) -> None:
    """Calibrates deviations and softens resolutions (z, y, x) where they are needed, in place."""
    # Plane by plane, which takes less memory.
    for resolutions, deviations, inside in zip(resolution, deviation, needed, strict=True):
        if model.calibration is not None:
            deviations[inside] *= model.calibration.factors(resolutions[inside], deviations[inside])
        resolutions[inside] = soften_ends(resolutions[inside], deviations[inside], model.resolution_range)


def soften_ends(resolution: FloatArray, deviation: FloatArray, limits: ResolutionRange) -> FloatArray:
    """Resolutions that approach the ends of a range gradually, within about their deviation, and never pass them.

    If they were cut off at the ends instead, half of all values of a map whose resolution is an end of the range would
    have no error at all, and no deviation could describe these and the errors of the other half together.

    Args:
        resolution: (n,), Å; may lie beyond the range.
        deviation: (n,), Å.
        limits: the range.

    Returns:
        (n,) float32, Å, within the range; unchanged where no end is near.
    """
    width = np.minimum(deviation, np.float32(SOFT_END * limits.voxel_size))
    above_low = limits.low + width * np.logaddexp(0, (resolution - limits.low) / width)
    return limits.high - width * np.logaddexp(0, (limits.high - above_low) / width)


def predict(
    model: StoredDeepRes,
    data: FloatArray,
    needed: BoolArray,
    progress: bool = False,
    windows: BoolArray | None = None,
    scale: float | None = None,
) -> tuple[FloatArray, FloatArray | None]:
    """The network's resolution of each needed voxel, on its own grid.

    A network whose windows are some voxels apart predicts windows around the needed voxels, and its predictions are
    fused; any other network predicts the window of each needed voxel.

    Args:
        model: the trained network.
        data: float32 (z, y, x) at the network's voxel size; any scale.
        needed: bool (z, y, x).
        progress: show a progress bar on standard error.
        windows: bool, which windows are predicted around the needed voxels; None for those that are needed.
        scale: what the data are multiplied with; None for the inverse of their SD.

    Returns:
        (resolution, deviation): float32 (z, y, x), Å, 0 where not needed; deviation None if not predicted.
    """
    if model.scheme.stride == 1:
        resolution, deviation = predict_windows(model, data, needed, progress, scale=scale)
        return resolution, deviation if model.scheme.deviations else None
    chosen = fusion.asked_windows(needed) if windows is None else windows
    resolution, deviation = predict_windows(model, data, chosen, progress, scale=scale)
    return fusion.fuse(resolution, deviation, chosen, needed)


def predict_windows(
    model: StoredDeepRes,
    data: FloatArray,
    chosen: BoolArray,
    progress: bool = False,
    tile: int = TILE,
    scale: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """The network's predictions for the centres of windows.

    Args:
        model: the trained network.
        data: float32 (z, y, x) at the network's voxel size; any scale.
        chosen: bool, one value a window: window (i, j, k) has its centre at voxel (i, j, k) times the network's stride.
        progress: show a progress bar on standard error.
        tile: greatest edge of a tile, windows.
        scale: what the data are multiplied with; None for the inverse of their SD.

    Returns:
        (resolution, deviation): float32 of the shape of ``chosen``, Å, 0 for the other windows; the deviation is 0
        everywhere if the network predicts none.
    """
    predictions = np.zeros(chosen.shape, np.float32), np.zeros(chosen.shape, np.float32)
    stride, run = model.scheme.stride, _whole_box if model.scheme.whole_boxes else _single_windows
    factor = np.float32(1.0 / data.std() if scale is None else scale)
    low, high = model.resolution_range.low, model.resolution_range.high
    of_nothing = [high + (high - low) / 2, (high - low) / 2]  # Å; beyond the range, so set to its coarse end later
    for part in bar(tiles(chosen, tile, REACH, stride), "DeepRes", "tile", progress):
        inside = chosen[part.crop]
        box = part.read(data) * factor
        values = run(model, box, inside)
        empty = _empty_windows(box, stride)
        if empty is not None:
            values[empty[inside]] = of_nothing[: values.shape[1]]
        if not np.isfinite(values).all():
            raise InputError(f"{model.path}: this network answers with something else than numbers; train it again.")
        for whole, column in zip(predictions, values.T, strict=False):
            whole[part.crop][inside] = column
    return predictions


def _whole_box(model: StoredDeepRes, box: FloatArray, chosen: BoolArray) -> FloatArray:
    """Predictions (n, values) for the chosen windows of a box that the network takes as a whole."""
    return np.asarray(model.run(box[None, ..., None])[0])[chosen]


def _single_windows(model: StoredDeepRes, box: FloatArray, chosen: BoolArray, batch: int = 256) -> FloatArray:
    """Predictions (n, values) for the chosen windows of a box, which the network takes one by one."""
    windows = np.lib.stride_tricks.sliding_window_view(box, (WINDOW,) * 3)[chosen]
    values = []
    for start in range(0, len(windows), batch):
        part = windows[start : start + batch, ..., None]
        norm = np.sqrt(np.sum(np.square(part), axis=(1, 2, 3, 4), keepdims=True))
        values.append(np.asarray(model.run(part / np.maximum(norm, 1e-12))))
    return np.concatenate(values)


def _empty_windows(box: FloatArray, stride: int) -> BoolArray | None:
    """Which windows hold nothing but zeros (the map was masked there), or None if there are none."""
    occupied = box != 0
    blocks = occupied  # a window holds at least one of the cubes of 7 voxels that fill the box
    for axis, count in enumerate(box.shape):
        blocks = np.logical_or.reduceat(blocks, np.arange(0, count, WINDOW // 2 + 1), axis)
    if blocks.all():
        return None
    return ~scipy.ndimage.maximum_filter(occupied, WINDOW)[(slice(REACH, -REACH, stride),) * 3]
