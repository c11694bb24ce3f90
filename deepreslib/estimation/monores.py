"""MonoRes: local resolution by the monogenic signal (Vilas et al. 2018, doi 10.1016/j.str.2017.12.018).

A voxel's monogenic amplitude at a frequency is the local amplitude of the map's detail finer than that frequency: the
high-passed map and its three Riesz transforms, root of the sum of their squares, low-pass filtered. It is compared
with the amplitude of noise. Going from coarse to fine, a voxel has the finest resolution at which its amplitude still
exceeds the noise's quantile.

The paper leaves out numbers (edges of the filters, when to stop, smoothing of the result). They are those of Xmipp's
program ``xmipp_resolution_monogenic_signal``, of which this is an implementation of its own.

Arrays are (z, y, x); resolutions are in Å; frequencies in 1/pixel.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import ndtri
from tqdm import tqdm

from deepreslib.errors import InputError
from deepreslib.estimation.monogenic import MonogenicSignal, gaussian
from deepreslib.estimation.result import LocalResolution, MapOrHalves, map_and_halves, tested_ends
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap, checks, masks
from deepreslib.maps.boxes import fast_box_around

SMALLEST_ACTIVE = 0.025
"""The sweep ends when less than this fraction of the voxels is still being tested."""

SMALLEST_SIGNAL = 0.001
"""The sweep ends when the mean amplitude of the voxels still tested falls below this fraction of its greatest."""

REFINING_QUANTILE = 0.95
REFINING_SIGMA = 4.0
"""Voxels, sigma of the filter exp(-(pi sigma frequency)²) that smooths the amplitude by which the mask is refined."""

LEAST_REFINED = 0.1
"""If a smaller share of the mask's voxels than this survives the refinement, nothing stands out of the noise (5 % would
survive by chance)."""

FLAT = 1e-4
"""Voxels that differ from the box's corner by less than this fraction of the SD within the mask count as masked."""

LEAST_NOISE = 1000
"""Voxels of noise that a single map must show at least."""

FILLING_NEIGHBOURS = 27
"""A voxel that was not tested gets the median of so many tested voxels, the nearest ones."""


@dataclass(frozen=True)
class Edition:
    """Details that changed between editions of the program.

    Attributes:
        riesz_factor: the Riesz transforms' transfer function is this factor × frequency component / frequency.
        high_pass_edge: width of the high-pass filter's raised cosine, 1/pixel; it ends at the frequency tested.
        low_pass_edge: width of the amplitude's low-pass filter's raised cosine, 1/pixel; it begins there.
        failures: number of frequencies in a row at which a voxel must fail before it is given up (not tested further).
        smoothing: sigma in voxels of the Gaussian exp(-(pi sigma frequency)²) that smooths the result; 0 for none.
    """

    riesz_factor: complex = -1j
    high_pass_edge: float = 0.02
    low_pass_edge: float = 0.02
    failures: int = 2
    smoothing: float = 3.0


PUBLISHED = Edition()
FIRST = Edition(riesz_factor=1, high_pass_edge=0.002, low_pass_edge=0.01, failures=1, smoothing=0.0)
"""Edition of 2016. Its Riesz transform lacked the factor -i, so its amplitude is no monogenic amplitude. It is here
only for comparing with maps of that time, such as that of beta-galactosidase."""


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
    density_map, difference = _signal_and_noise(density_map_or_halves)
    levels = _levels(density_map, finest, coarsest, step)
    if not 0 < significance < 1:
        raise InputError(f"the significance is {significance:g}; give a number between 0 and 1, such as 0.95.")
    molecule = None
    if mask is None:
        mask = molecule = masks.automatic_mask(density_map)[0]

    workers = workers if workers > 0 else os.cpu_count() or 1
    if difference is None:
        box = (slice(None),) * 3
        signal = noise = MonogenicSignal(density_map.data, edition.riesz_factor, workers)
        noisy = noise_region(density_map, mask)
        tested = refine(signal, mask, noisy, workers)
        noisy |= mask & ~tested & _sphere(mask.shape)
    else:
        box = fast_box_around(mask, round(coarsest / max(density_map.voxel_size)))
        signal = MonogenicSignal(density_map.data[box], edition.riesz_factor, workers)
        noise = MonogenicSignal(difference[box], edition.riesz_factor, workers)
        tested = noisy = mask[box]

    inside = mask[box]
    resolution = np.where(inside, np.float32(levels[0][1]), np.float32(0))
    if tested.any():
        resolution[tested] = sweep(signal, noise, tested, noisy, levels, significance, edition, progress)
        nyquist = 2 * max(density_map.voxel_size)
        resolution[tested] = smooth(resolution, tested, edition.smoothing, nyquist, workers)
        resolution[inside & ~tested] = fill(resolution, tested, inside & ~tested, workers)
    whole = np.zeros(mask.shape, np.float32)
    whole[box] = resolution
    return LocalResolution(
        whole,
        mask=molecule,
        ends=tested_ends(levels[-1][1], levels[0][1], density_map.voxel_size),
        report={"noise": "the map outside the mask" if difference is None else "half the difference of the half maps"},
        seconds={"estimator": time.monotonic() - started},
    )


def sweep(
    signal: MonogenicSignal,
    noise: MonogenicSignal,
    tested: BoolArray,
    noisy: BoolArray,
    levels: Sequence[tuple[float, float]],
    significance: float,
    edition: Edition = PUBLISHED,
    progress: bool = False,
) -> FloatArray:
    """From coarse to fine, the last resolution at which each voxel exceeded the noise.

    A voxel is given up, that is, not tested further, after ``edition.failures`` frequencies in a row at which it fails.
    The sweep ends early when few voxels are left, when hardly any signal is left, or when the mean amplitude of the
    voxels left is not significantly above the noise's.

    Args:
        signal: the map's ``MonogenicSignal``.
        noise: the noise's, or ``signal`` itself.
        tested: bool (z, y, x), the voxels to estimate.
        noisy: bool (z, y, x), the voxels whose amplitude in ``noise`` is the noise's.
        levels: (frequency in 1/pixel, resolution in Å), coarse to fine.
        significance: quantile of the noise that a voxel must exceed.
        edition: details of the algorithm.
        progress: show a progress bar on standard error.

    Returns:
        float32, one resolution a tested voxel; the first level's where the noise was never exceeded.
    """
    edges = edition.high_pass_edge, edition.low_pass_edge
    active, noise_voxels = np.flatnonzero(tested), np.flatnonzero(noisy)
    fewest = SMALLEST_ACTIVE * len(active)
    resolution = np.where(tested, np.float32(levels[0][1]), np.float32(0)).ravel()
    failures = np.zeros(len(active), np.uint8)
    greatest = 0.0
    for frequency, level in tqdm(levels, desc="MonoRes", unit="frequency", disable=not progress):
        amplitude = signal.amplitude(frequency, *edges)
        values = amplitude.ravel()[active]
        if noise is not signal:
            amplitude = noise.amplitude(frequency, *edges)
        noise_values = amplitude.ravel()[noise_voxels]
        mean, noise_mean = values.mean(dtype=float), noise_values.mean(dtype=float)
        greatest = max(greatest, mean)
        if mean < SMALLEST_SIGNAL * greatest:
            break
        exceeds = values > _quantile(noise_values, significance)
        resolution[active[exceeds]] = level
        failures = np.where(exceeds, 0, failures + 1)
        error = np.sqrt(values.var(dtype=float) / len(values) + noise_values.var(dtype=float) / len(noise_values))
        standing = failures < edition.failures
        active, failures = active[standing], failures[standing]
        if mean - noise_mean < ndtri(significance) * error or len(active) < max(fewest, 1):
            break
    return resolution[tested.ravel()]


def noise_region(density_map: DensityMap, mask: BoolArray) -> BoolArray:
    """Where a single map shows its noise: outside the mask, within the largest sphere in the box, and not flat.

    Flat is what equals the box's corner (see ``FLAT``): the map was masked there.

    Args:
        density_map: the map.
        mask: bool (z, y, x).

    Returns:
        bool (z, y, x).

    Raises:
        InputError: if there is hardly any noise outside the mask.
    """
    data = density_map.data
    region = _sphere(data.shape) & ~mask
    region &= np.abs(data - data[0, 0, 0]) > FLAT * data[mask].std(dtype=float)
    if np.count_nonzero(region) < LEAST_NOISE:
        raise InputError(
            f"{density_map.name} shows no noise outside the mask; give half maps, a smaller mask, or a map that was "
            "not masked."
        )
    return region


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
    refined = mask & (amplitude >= _quantile(amplitude[noisy], REFINING_QUANTILE))
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
    filled = np.where(tested, resolution, np.median(values))
    smoothed = gaussian(filled, sigma, workers)[tested]
    return np.where((smoothed > values) | (smoothed < finest), values, smoothed)


def fill(resolution: FloatArray, tested: BoolArray, untested: BoolArray, workers: int = 1) -> FloatArray:
    """The median resolution of the nearest tested voxels.

    Args:
        resolution: float32 (z, y, x), Å.
        tested: bool (z, y, x), the voxels with a resolution.
        untested: bool (z, y, x), the voxels that get one.
        workers: threads.

    Returns:
        float32, one value an untested voxel.
    """
    places = np.argwhere(untested)
    if not len(places):
        return np.zeros(0, np.float32)
    count = min(FILLING_NEIGHBOURS, np.count_nonzero(tested))
    _, nearest = cKDTree(np.argwhere(tested)).query(places, list(range(1, count + 1)), workers=workers)
    return np.median(resolution[tested][nearest], axis=1)


def _signal_and_noise(density_map_or_halves: MapOrHalves) -> tuple[DensityMap, FloatArray | None]:
    """The map and None, or of half maps their mean and half their difference, float32 (z, y, x)."""
    density_map, half_maps = map_and_halves(density_map_or_halves)
    if half_maps is None:
        return density_map, None
    half1, half2 = half_maps
    for half in half_maps:
        checks.check_estimable(half)
    checks.check_half_maps(half1, half2)
    return half1.like((half1.data + half2.data) / 2), (half1.data - half2.data) / 2


def _levels(density_map: DensityMap, finest: float | None, coarsest: float, step: float) -> list[tuple[float, float]]:
    """(frequency in 1/pixel, resolution in Å) to test, coarse to fine, on the Fourier transform's frequencies."""
    checks.check_estimable(density_map, coarsest, coarsest)
    voxel_size = max(density_map.voxel_size)
    if not step > 0:
        raise InputError(f"the step is {step:g} Å; give a step above 0, such as 0.3.")
    finest = max(finest or 0.0, 2 * voxel_size)
    length = max(density_map.data.shape)
    resolutions = np.arange(coarsest, finest - 1e-6, -step)
    indices = np.unique(np.floor(voxel_size / resolutions * length + 0.5).astype(int))
    levels = [(i / length, length * voxel_size / i) for i in indices.tolist() if 2 * i < length]
    if not levels:
        raise InputError(f"no resolution lies between {finest:g} and {coarsest:g} Å; give a wider range.")
    return levels


def _sphere(shape: Sequence[int]) -> BoolArray:
    """The largest sphere around the middle of a box; bool (z, y, x)."""
    z, y, x = np.ogrid[tuple(slice(-(n // 2), n - n // 2) for n in shape)]
    return z * z + y * y + x * x < (min(shape) // 2) ** 2


def _quantile(values: FloatArray, quantile: float) -> float:
    """A quantile (0 to 1) of values (n,), one of them."""
    rank = min(int(len(values) * quantile), len(values) - 1)
    return np.partition(values, rank)[rank]
