"""Training data for DeepRes, simulated on the fly: windows of maps with their true resolution.

A *scene* is one structure, rotated, in a box at the network's voxel size; a *variant* is that scene low-pass filtered
at one resolution, with or without a B factor, noise, randomised phases, a mask, an offset; a *window* is the cube of
13³ voxels of a variant around a voxel of the molecule. Scene number i of a seed is always the same, whoever makes it,
so that any number of worker processes gives the same training run.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib import simulation, structures
from deepreslib.fourier import filters
from deepreslib.networks.ranges import WINDOW, ResolutionRange

BOX = 80
"""Edge of a scene, voxels; atoms outside the box less its rim are left out."""

RIM = 4

REACH = WINDOW // 2


@dataclass(frozen=True)
class SceneRecipe:
    """How scenes are made.

    Attributes:
        resolution_range: the range to train for.
        variants: maps a scene gives.
        windows: windows a map gives.
        margin: resolutions are drawn from the range and this many voxels below and above it, uniformly in logarithm.
        regional: share of scenes made of two regions at different resolutions.
        blurred: share of maps with a B factor.
        b_factors: its least and greatest value at 1 Å/px, Å²; in proportion to the voxel size at others.
        scrambled: share of maps with phases randomised beyond a resolution.
        noisy: share of maps with noise.
        noise: least and greatest SD of the noise, in units of the density's SD in the mask: the greatest times a power
            of the least over the greatest, the power being the square of a uniform random number.
        white: share of the noise that is white; the rest is band-limited, filtered as the signal, or tilted.
        masked, offset: shares of maps multiplied by a mask, or with a constant added.
    """

    resolution_range: ResolutionRange
    variants: int = 16
    windows: int = 48
    margin: tuple[float, float] = (0.4, 2.0)
    regional: float = 0.15
    blurred: float = 0.1
    b_factors: tuple[float, float] = (-100.0, 200.0)
    scrambled: float = 0.08
    noisy: float = 0.65
    noise: tuple[float, float] = (1e-4, 1.0)
    white: float = 0.75
    masked: float = 0.1
    offset: float = 0.05


def plain_recipe(recipe, noise=0.0):
    """The recipe of whole maps at one resolution in the range, with white noise of one strength or none."""
    return replace(
        recipe,
        regional=0,
        blurred=0,
        scrambled=0,
        masked=0,
        offset=0,
        margin=(0, 0),
        noisy=float(noise > 0),
        noise=(noise, noise),
        white=1.0,
    )


def effective_resolution(resolution, b_factor, voxel_size):
    """The label of a map filtered at a resolution with a B factor applied.

    DeepRes judges a map by its likeness to macromolecules filtered at a resolution (DeepRes paper, section 4), so the
    label is the cut-off without B factor whose transfer function has the same mean square frequency: coarser than the
    filter's if the map is blurred, finer if it is oversharpened. For strong blur it tends to
    sqrt(B / 3), that of a Gaussian.

    Args:
        resolution: where the filter begins to fall, Å.
        b_factor: Å², positive blurs.
        voxel_size: Å.

    Returns:
        Å, at least 2.02 voxels.
    """
    if b_factor == 0:
        return resolution
    moments, cutoffs = _moments(voxel_size)
    return float(np.interp(-_moment(resolution, b_factor, voxel_size), -moments, cutoffs))


@functools.lru_cache
def _moments(voxel_size):
    cutoffs = np.geomspace(2.02, 60, 400) * voxel_size
    return np.array([_moment(cutoff, 0.0, voxel_size) for cutoff in cutoffs]), cutoffs


def _moment(resolution, b_factor, voxel_size):
    """Mean square frequency of the transfer function of a filter and a B factor, 1/Å²."""
    frequency = np.linspace(0, 0.5 / voxel_size, 1000)
    weights = filters.raised_cosine(frequency, resolution, voxel_size) * filters.b_factor_weights(frequency, b_factor)
    power = np.square(weights, dtype=float)
    return float((power * np.square(frequency)).sum() / power.sum())


def make_scene(structure_path, recipe, seed):
    """All windows of one scene.

    Args:
        structure_path: a structure file.
        recipe: a ``SceneRecipe``.
        seed: a sequence of integers.

    Returns:
        (windows, labels): float32 (n, 13, 13, 13, 1), each of unit root mean square, and float32 (n, 1): the true
        resolution at the window's centre, Å.
    """
    random = np.random.default_rng(seed)
    voxel_size = recipe.resolution_range.voxel_size
    structure = structures.read_structure(structure_path)
    positions, kept = simulation.cut_out(structure, BOX, voxel_size, random, RIM)
    mask = simulation.molecular_mask(positions[kept], (BOX,) * 3, voxel_size)
    regions = _split(positions, mask, voxel_size, random) if random.random() < recipe.regional else None
    frequency = filters.frequencies((BOX,) * 3, voxel_size)
    groups = [kept] if regions is None else [kept & regions.atoms, kept & ~regions.atoms]
    spectra = [
        scipy.fft.rfftn(simulation.density(structure, positions, (BOX,) * 3, voxel_size, selected=group))
        for group in groups
    ]
    windows, labels = [], []
    for _ in range(recipe.variants):
        volume, resolutions = _variant(spectra, frequency, mask, recipe, random)
        truth = np.full(mask.shape, resolutions[0], np.float32)
        allowed = mask
        if regions is not None:
            truth[regions.second] = resolutions[1]
            allowed = mask & ~regions.border
        centres = _centres(allowed, recipe.windows, random)
        cubes = np.lib.stride_tricks.sliding_window_view(volume, (WINDOW,) * 3)[tuple((centres - REACH).T)]
        norms = np.sqrt(np.mean(np.square(cubes), axis=(1, 2, 3), keepdims=True))
        windows.append(cubes / np.maximum(norms, 1e-12))
        labels.append(truth[tuple(centres.T)])
    return np.concatenate(windows).astype(np.float32)[..., None], np.concatenate(labels)[:, None]


@dataclass(frozen=True)
class _Regions:
    atoms: np.ndarray  # (n,) bool, atoms of the first region
    second: np.ndarray  # voxels of the second region
    border: np.ndarray  # voxels too near the other region to have a label


def _split(positions, mask, voxel_size, random):
    """Two regions on the sides of a random plane; voxels within 2 voxels of it have no label."""
    normal = structures.random_rotation(random)[0]
    shift = random.uniform(-6, 6) * voxel_size
    middle = BOX // 2 * voxel_size
    along = np.arange(BOX) * voxel_size - middle
    side = normal[2] * along[:, None, None] + normal[1] * along[:, None] + normal[0] * along - shift
    return _Regions((positions - middle) @ normal < shift, side >= 0, np.abs(side) < 2 * voxel_size)


def _variant(spectra, frequency, mask, recipe, random):
    """One map of the scene and the resolution of each of its regions."""
    voxel_size = recipe.resolution_range.voxel_size
    low = recipe.resolution_range.low - recipe.margin[0] * voxel_size
    high = recipe.resolution_range.high + recipe.margin[1] * voxel_size
    cutoffs = np.exp(random.uniform(np.log(low), np.log(high), len(spectra)))
    finest = cutoffs.min()
    b_factor = 0.0
    if random.random() < recipe.blurred:
        b_factor = random.uniform(*recipe.b_factors) * voxel_size
    weights = [filters.raised_cosine(frequency, cutoff, voxel_size) for cutoff in cutoffs]
    spectrum = sum(s * w for s, w in zip(spectra, weights, strict=True))
    if b_factor:
        spectrum *= filters.b_factor_weights(frequency, b_factor)
    volume = scipy.fft.irfftn(spectrum, mask.shape, overwrite_x=True)
    resolutions = np.array([min(effective_resolution(cutoff, b_factor, voxel_size), high) for cutoff in cutoffs])
    if len(spectra) == 1 and not b_factor and random.random() < recipe.scrambled and 1.15 * finest < high:
        resolutions[0] = random.uniform(1.15 * finest, min(3.5 * finest, high))
        volume = filters.randomise_phases(volume, voxel_size, resolutions[0], random)
    if random.random() < recipe.noisy:
        least, greatest = recipe.noise
        strength = greatest * (least / greatest) ** (random.random() ** 2)
        shape = None
        if random.random() >= recipe.white:
            shape = _noise_weights(frequency, voxel_size, finest, weights[0], random)
        volume = simulation.add_noise(volume, mask, strength, random, shape)
    if random.random() < recipe.masked:
        volume *= _soft_mask(mask, random)
    if random.random() < recipe.offset:
        volume += np.float32(random.uniform(-0.25, 0.25) * volume[mask].std())
    return volume, resolutions


def _noise_weights(frequency, voxel_size, resolution, signal_weights, random):
    """Spectrum of noise that is not white: white up to a frequency, filtered as the signal, or rising or falling."""
    kind = random.random()
    nyquist = 0.5 / voxel_size
    if kind < 0.5:
        limit = random.uniform(min(1 / resolution, 0.9 * nyquist), nyquist)
        return filters.raised_cosine(frequency, 1 / limit, voxel_size)
    if kind < 0.75:
        return signal_weights
    return np.exp(np.float32(random.uniform(-4, 2)) * np.square(frequency / np.float32(nyquist)))


def _soft_mask(mask, random):
    """The mask widened by 1 to 3 voxels, with a hard or a smooth edge."""
    grown = scipy.ndimage.distance_transform_edt(~mask) - random.integers(1, 4)
    edge = random.choice([0.01, 3.0, 6.0])
    return (0.5 + 0.5 * np.cos(np.pi * np.clip(grown / edge, 0, 1))).astype(np.float32)


def inner(allowed):
    """Those of the allowed voxels, bool (z, y, x), whose windows stay inside the box less twice its rim."""
    inside = np.zeros_like(allowed)
    rim = 2 * RIM + REACH
    inside[(slice(rim, -rim),) * 3] = True
    return allowed & inside


def _centres(allowed, count, random):
    """``count`` random voxels (n, 3) of the inner allowed ones; or none at all."""
    voxels = np.argwhere(inner(allowed))
    return voxels[random.integers(len(voxels), size=count)] if len(voxels) else voxels
