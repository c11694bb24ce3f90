"""MonoRes: local resolution by the monogenic signal (Vilas et al. 2018, doi 10.1016/j.str.2017.12.018).

A voxel's monogenic amplitude at a frequency is the local amplitude of the map's detail finer than that frequency: the
high-passed map and its three Riesz transforms, root of the sum of their squares, low-pass filtered. It is compared
with the amplitude of noise. Going from coarse to fine, a voxel has the finest resolution at which its amplitude still
exceeds the noise's quantile.

The paper leaves out numbers (edges of the filters, when to stop, smoothing of the result). They are those of Xmipp's
program ``xmipp_resolution_monogenic_signal``, of which this is an implementation of its own.

Arrays are (z, y, x); resolutions are in Å; frequencies in 1/pixel.
"""

import math
import os
import time
from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from deepreslib.errors import InputError
from deepreslib.estimation import memory_needs
from deepreslib.estimation.monogenic import MonogenicSignal, gaussian
from deepreslib.estimation.monores_sweep import (
    FIRST,
    PUBLISHED,
    Edition,
    NoiseAmplitude,
    noise_amplitudes,
    quantile_of,
    sweep,
)
from deepreslib.estimation.result import HalfMaps, LocalResolution, MapOrHalves, map_and_halves, tested_ends
from deepreslib.estimation.solvent_noise import FLAT, LEAST_NOISE, NEGLIGIBLE, NoiseRegion, flat_voxels, solvent_noise
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.fourier.slabs import unit_factor
from deepreslib.maps import DensityMap, checks, masks
from deepreslib.maps.boxes import fast_box_around

__all__ = ["FIRST", "PUBLISHED", "Edition", "estimate", "fill", "noise_region", "refine", "smooth", "sweep"]

REFINING_QUANTILE = 0.95
REFINING_SIGMA = 4.0
"""Voxels, sigma of the filter exp(-(pi sigma frequency)²) that smooths the amplitude by which the mask is refined."""

LEAST_REFINED = 0.1
"""If a smaller share of the mask's voxels than this survives the refinement, nothing stands out of the noise (5 % would
survive by chance)."""

MOST_SAME = 0.5
"""Half maps that are the same in more than this share of the mask are refused."""

SMOOTHING_REACH = 6
"""Sigmas around the tested voxels that are smoothed with them; beyond, the Gaussian is 0 in float32."""

FILLING_NEIGHBOURS = 27
"""A voxel that was not tested gets the median of so many tested voxels, the nearest ones."""

_MOST_NEIGHBOURS = 1 << 22
"""So many neighbours are looked for at a time, which bounds the memory."""


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray | None = None,
    *,
    finest: float | None = None,
    coarsest: float = 18.0,
    step: float = 0.3,
    significance: float = 0.95,
    edition: Edition = PUBLISHED,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """Local resolution of one map against the noise around it, or of two half maps against their difference.

    With half maps the map is their mean, and the noise half their difference in the mask. With one map the noise is
    the map's outside the mask (see ``noise_region``); voxels of the mask that do not stand out of that noise are not
    tested (see ``refine``) and get the median of their neighbours.

    Args:
        density_map_or_halves: a ``DensityMap``, or two half maps.
        mask: bool (z, y, x), its voxels are estimated; None for ``masks.automatic_mask``.
        finest: Å, the finest resolution tested; None for twice the voxel size, also where a finer one is given.
        coarsest: Å, the coarsest resolution tested, where the sweep begins.
        step: Å, between resolutions; the frequency of each is moved to the nearest multiple of 1 / the box's length.
        significance: the quantile of the noise's amplitude that a voxel must exceed.
        edition: details of the algorithm.
        workers: threads, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution``, with the mask found if none was given. Values are at least twice the voxel size; voxels
        that exceed the noise nowhere have the coarsest resolution.

    Raises:
        InputError: the maps, the range or the significance cannot be used, or there is no noise to compare with.
    """
    started = time.monotonic()
    density_map, half_maps = _checked(density_map_or_halves)
    levels = _levels(density_map, density_map.data.shape, finest, coarsest, step)
    if not 0 < significance < 1:
        raise InputError(f"the significance is {significance:g}; give a number between 0 and 1, such as 0.95.")
    molecule = None
    if mask is None:
        mean = density_map if half_maps is None else density_map.like((half_maps[0].data + half_maps[1].data) / 2)
        mask = molecule = masks.automatic_mask(mean)[0]

    workers = workers if workers > 0 else os.cpu_count() or 1
    noises: BoolArray | list[NoiseAmplitude]
    if half_maps is None:
        solvent = noise_region(density_map, mask)
        box, noises = solvent.box, solvent.noise
        inside = mask[box]
        memory_needs.check_monores(density_map, mask, inside.size, has_halves=False)
        levels = _levels(density_map, inside.shape, finest, coarsest, step)
        data = density_map.data[box]
        signal = MonogenicSignal(data, edition.riesz_factor, workers, unit_factor(data))
        tested = refine(signal, inside, noises, workers)
        noises |= inside & ~tested & _sphere(inside.shape)
    else:
        box = fast_box_around(mask, round(coarsest / max(density_map.voxel_size)))
        tested = inside = mask[box]
        memory_needs.check_monores(density_map, mask, inside.size, has_halves=True)
        half1, half2 = (half.data[box] for half in half_maps)
        difference, factor = (half1 - half2) / 2, unit_factor(half1, half2)
        noisy = _noise_inside((half1 + half2) / 2, difference, inside, f"{half_maps[0].name} and {half_maps[1].name}")
        noise = MonogenicSignal(difference, edition.riesz_factor, workers, factor)
        del difference
        noises = noise_amplitudes(noise, noisy, levels, significance, edition, progress)
        del noise
        data = (half1 + half2) / 2
        signal = MonogenicSignal(data, edition.riesz_factor, workers, factor)
    del data

    found = sweep(signal, tested, noises, levels, significance, edition, progress) if tested.any() else None
    del signal, noises
    whole = np.zeros(mask.shape, np.float32)
    resolution = whole[box]
    resolution[inside] = levels[0][1]
    if found is not None:
        resolution[tested] = found
        nyquist = 2 * max(density_map.voxel_size)
        resolution[tested] = smooth(resolution, tested, edition.smoothing, nyquist, workers)
        if (untested := inside & ~tested).any():
            resolution[untested] = fill(resolution, tested, untested, workers)
    return LocalResolution(
        whole,
        mask=molecule,
        ends=tested_ends(levels[-1][1], levels[0][1], density_map.voxel_size),
        report={
            "noise": "the map outside the mask" if half_maps is None else "half the difference of the half maps",
            "range": {
                "low": round(max(levels[-1][1], 2 * max(density_map.voxel_size)), 3),
                "high": round(levels[0][1], 3),
            },
        },
        seconds={"estimator": time.monotonic() - started},
    )


def noise_region(density_map: DensityMap, mask: BoolArray) -> NoiseRegion:
    """Where a single map shows its noise: outside the mask, within the largest sphere in the box, and not flat.

    What equals the box's corner (see ``FLAT``) is left out too: the map was masked there.

    Args:
        density_map: the map.
        mask: bool (z, y, x).

    Returns:
        The part of the map without a flat rim, and where it shows noise.

    Raises:
        InputError: if there is hardly any noise outside the mask.
    """
    solvent = solvent_noise(density_map, mask, _sphere)
    data, noise = density_map.data[solvent.box], solvent.noise
    least = FLAT * data[mask[solvent.box]].std(dtype=float)
    for plane, noisy in zip(data, noise, strict=True):
        noisy &= np.abs(plane - data[0, 0, 0]) > least
    if np.count_nonzero(noise) < LEAST_NOISE:
        raise InputError(
            f"{density_map.name} shows no noise outside the mask, which leaves {np.count_nonzero(noise)} voxels for "
            "it; give half maps, a smaller mask, or a map in a wider box."
        )
    return solvent


def refine(signal: MonogenicSignal, mask: BoolArray, noisy: BoolArray, workers: int = 1) -> BoolArray:
    """The voxels of a mask that stand out of the noise around it; none if hardly more than by chance.

    Args:
        signal: the map's ``MonogenicSignal``.
        mask: bool (z, y, x).
        noisy: bool (z, y, x), where noise is.
        workers: threads.

    Returns:
        bool (z, y, x), within the mask.
    """
    amplitude = gaussian(signal.total_amplitude(), REFINING_SIGMA, workers)
    refined = mask & (amplitude >= quantile_of(amplitude[noisy], REFINING_QUANTILE))
    if np.count_nonzero(refined) < LEAST_REFINED * np.count_nonzero(mask):
        return np.zeros_like(mask)
    return refined


def smooth(resolution: FloatArray, tested: BoolArray, sigma: float, finest: float, workers: int = 1) -> FloatArray:
    """The resolutions of the tested voxels, made finer where the smoothed map is finer.

    For smoothing, voxels without a resolution are given the median. Smoothed values below ``finest`` are not used.

    Args:
        resolution: float32 (z, y, x), Å.
        tested: bool (z, y, x), the voxels with a resolution.
        sigma: voxels, of the Gaussian exp(-(pi sigma frequency)²); 0 for no smoothing.
        finest: Å.
        workers: threads.

    Returns:
        float32, one value a tested voxel.
    """
    values = resolution[tested]
    if not sigma:
        return values
    box = fast_box_around(tested, math.ceil(SMOOTHING_REACH * sigma))
    filled = np.where(tested[box], resolution[box], np.median(values))
    smoothed = gaussian(filled, sigma, workers)[tested[box]]
    return np.where((smoothed > values) | (smoothed < finest), values, smoothed)


def fill(resolution: FloatArray, tested: BoolArray, untested: BoolArray, workers: int = 1) -> FloatArray:
    """The median resolution of the ``FILLING_NEIGHBOURS`` nearest tested voxels.

    All voxels that are as near as the last of them count too, as a choice among them would depend on the axes' order.

    Args:
        resolution: float32 (z, y, x), Å.
        tested: bool (z, y, x), the voxels with a resolution.
        untested: bool (z, y, x), the voxels that get one.
        workers: threads.

    Returns:
        float32, one value an untested voxel.
    """
    places, tree = np.argwhere(untested), cKDTree(np.argwhere(tested))
    values = resolution[tested]
    filled = np.empty(len(places), np.float32)
    left, asked = np.arange(len(places)), 2 * FILLING_NEIGHBOURS
    while len(left):
        undecided = []
        for part in np.array_split(left, -(-len(left) * asked // _MOST_NEIGHBOURS)):
            count = min(asked, len(values))
            distance, nearest = tree.query(places[part], list(range(1, count + 1)), workers=workers)
            reach = distance[:, min(FILLING_NEIGHBOURS, count) - 1]
            counted = distance <= reach[:, None]
            filled[part] = _medians(np.where(counted, values[nearest], np.inf), counted.sum(axis=1))
            if count < len(values):
                undecided.append(part[counted.all(axis=1)])
        left, asked = np.concatenate(undecided) if undecided else left[:0], 4 * asked
    return filled


def _medians(values: FloatArray, counts: IntArray) -> FloatArray:
    """The median of the ``counts`` (n,) smallest values in each row of ``values`` (n, k)."""
    ordered, row = np.sort(values, axis=1), np.arange(len(values))
    return (ordered[row, (counts - 1) // 2] + ordered[row, counts // 2]) / 2


def _checked(density_map_or_halves: MapOrHalves) -> tuple[DensityMap, HalfMaps | None]:
    """The map and None, or the first half map and both, after refusing half maps that do not fit."""
    density_map, half_maps = map_and_halves(density_map_or_halves)
    if half_maps is not None:
        for half in half_maps:
            checks.check_estimable(half)
        checks.check_half_maps(*half_maps)
    return density_map, half_maps


def _noise_inside(mean: FloatArray, difference: FloatArray, inside: BoolArray, names: str) -> BoolArray:
    """The voxels of a mask in which two half maps differ.

    Args:
        mean: float32 (z, y, x), of the half maps.
        difference: float32 (z, y, x), half their difference.
        inside: bool (z, y, x), the mask.
        names: of the half maps, for the message.

    Raises:
        InputError: if they are the same in most of the mask.
    """
    same = inside & flat_voxels(difference, FLAT * mean[inside].std(dtype=float))
    share = np.count_nonzero(same) / np.count_nonzero(inside)
    if share > MOST_SAME:
        raise InputError(
            f"the half maps {names} are the same in {100 * share:.0f} % of the mask and show no noise there; give the "
            "two of independent halves of the particles, not masked, or a smaller mask."
        )
    return inside & ~same if share > NEGLIGIBLE else inside


def _levels(
    density_map: DensityMap, shape: Sequence[int], finest: float | None, coarsest: float, step: float
) -> list[tuple[float, float]]:
    """(frequency in 1/pixel, resolution in Å) to test, coarse to fine, on the frequencies of a box of this shape."""
    checks.check_estimable(density_map, coarsest, coarsest)
    voxel_size = max(density_map.voxel_size)
    if not step > 0:
        raise InputError(f"the step is {step:g} Å; give a step above 0, such as 0.3.")
    finest = max(finest or 0.0, 2 * voxel_size)
    length = max(shape)
    resolutions = np.arange(coarsest, finest - 1e-6, -step)
    indices = np.unique(np.floor(voxel_size / resolutions * length + 0.5).astype(int))
    levels = [(i / length, length * voxel_size / i) for i in indices.tolist() if 0 < 2 * i < length]
    if not levels:
        raise InputError(f"no resolution lies between {finest:g} and {coarsest:g} Å; give a wider range.")
    return levels


def _sphere(shape: Sequence[int]) -> BoolArray:
    """The largest sphere around the middle of a box, the same in its mirror image; bool (z, y, x)."""
    z, y, x = (np.arange(-0.5 * (n - 1), 0.5 * n) for n in shape)
    sphere = np.empty(tuple(shape), bool)
    for height, plane in zip(z, sphere, strict=True):
        np.less(height * height + (y * y)[:, None] + x * x, (min(shape) // 2) ** 2, out=plane)
    return sphere
