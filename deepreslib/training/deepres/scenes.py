"""Training data for DeepRes, simulated on the fly: windows of maps with their true resolution.

A *scene* is one structure, rotated, in a box at the network's voxel size. A *variant* is a map of that scene, low-pass
filtered at one resolution, with or without a B factor, noise, randomised phases, a mask, an offset. A *window* is the
cube of 13³ voxels of a variant around a voxel of the molecule. Scene number i of a seed is always the same, whichever
process makes it, so the number of worker processes does not change a training.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib import simulation, structures
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import Array, BoolArray, ComplexArray, FloatArray, IntArray
from deepreslib.networks.ranges import WINDOW, ResolutionRange

BOX = 80
"""Edge of a scene's box, voxels; atoms outside the box or in its rim are left out."""

RIM = 4
"""Voxels; thickness of the box's rim, a layer at each face that holds no atoms."""

REACH = WINDOW // 2
"""Voxels from the centre of a window to its faces."""


@dataclass(frozen=True)
class SceneRecipe:
    """How scenes are made.

    Attributes:
        resolution_range: the range to train for.
        variants: number of maps made of a scene.
        windows: number of windows taken from a map.
        margin: voxels by which the range is widened at its fine and at its coarse end; from the wider range resolutions
            are drawn, their logarithm evenly.
        regional: share of scenes made of two regions at different resolutions.
        blurred: share of maps with a B factor.
        b_factors: the least and the greatest B factor, Å², at a voxel size of 1 Å; at others they are multiplied by
            voxel size / 1 Å.
        scrambled: share of maps with phases randomised beyond a resolution.
        noisy: share of maps with noise.
        noise: least and greatest SD of the noise, in units of the density's SD in the mask. The SD is the greatest
            times (least / greatest) to the power of the square of a number between 0 and 1, drawn evenly.
        white: share of the noise that is white; the rest is band-limited, filtered as the signal, or tilted.
        masked: share of maps multiplied by a mask.
        offset: share of maps with a constant added.
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


def plain_recipe(recipe: SceneRecipe, noise: float = 0.0) -> SceneRecipe:
    """A recipe of maps at one resolution in the range, with nothing done to them but the addition of white noise.

    Args:
        recipe: gives what is not replaced.
        noise: SD of the noise, in units of the density's SD in the mask; 0 for none.

    Returns:
        The recipe.
    """
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


def effective_resolution(resolution: float, b_factor: float, voxel_size: float) -> float:
    """The label of a map that was filtered at a resolution and to which a B factor was applied.

    DeepRes judges a map by its likeness to macromolecules filtered at a resolution (Ramírez-Aportela et al. 2019,
    section 4). So the label is the resolution of the filter that has, without any B factor, the same mean square
    frequency. It is coarser than ``resolution`` if the map is blurred, finer if it is oversharpened. For strong blur it
    tends to sqrt(B / 3), the value of a Gaussian.

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
def _moments(voxel_size: float) -> tuple[FloatArray, FloatArray]:
    """Mean square frequencies, 1/Å², of cut-offs, Å, from the finest to the coarsest that matter."""
    cutoffs = np.geomspace(2.02, 60, 400) * voxel_size
    return np.array([_moment(cutoff, 0.0, voxel_size) for cutoff in cutoffs]), cutoffs


def _moment(resolution: float, b_factor: float, voxel_size: float) -> float:
    """Mean square frequency of the transfer function of a filter and a B factor, 1/Å²."""
    frequency = np.linspace(0, 0.5 / voxel_size, 1000)
    weights = filters.raised_cosine(frequency, resolution, voxel_size) * filters.b_factor_weights(frequency, b_factor)
    power = np.square(weights, dtype=float)
    return float((power * np.square(frequency)).sum() / power.sum())


def make_scene(structure_path: str, recipe: SceneRecipe, seed: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """All windows of one scene.

    Args:
        structure_path: a structure file.
        recipe: how the scene is made.
        seed: path, recipe and seed determine the scene.

    Returns:
        (windows, labels): float32 (n, 13, 13, 13, 1), each of unit root mean square, and float32 (n, 1): the true
        resolution at the window's centre, Å.
    """
    rng = np.random.default_rng(seed)
    voxel_size = recipe.resolution_range.voxel_size
    structure = structures.read_structure(structure_path)
    positions, inside = simulation.cut_out(structure, BOX, voxel_size, rng, RIM)
    mask = simulation.molecular_mask(positions[inside], (BOX,) * 3, voxel_size)
    regions = _split(positions, mask, voxel_size, rng) if rng.random() < recipe.regional else None
    frequency = filters.frequencies((BOX,) * 3, voxel_size)
    groups = [inside] if regions is None else [inside & regions.atoms, inside & ~regions.atoms]
    spectra = [
        scipy.fft.rfftn(simulation.density(structure, positions, (BOX,) * 3, voxel_size, selected=group))
        for group in groups
    ]
    windows, labels = [], []
    for _ in range(recipe.variants):
        volume, resolutions = _variant(spectra, frequency, mask, recipe, rng)
        truth = np.full(mask.shape, resolutions[0], np.float32)
        allowed = mask
        if regions is not None:
            truth[regions.second] = resolutions[1]
            allowed = mask & ~regions.border
        centres = _centres(allowed, recipe.windows, rng)
        cubes = np.lib.stride_tricks.sliding_window_view(volume, (WINDOW,) * 3)[tuple((centres - REACH).T)]
        norms = np.sqrt(np.mean(np.square(cubes), axis=(1, 2, 3), keepdims=True))
        windows.append(cubes / np.maximum(norms, 1e-12))
        labels.append(truth[tuple(centres.T)])
    return np.concatenate(windows).astype(np.float32)[..., None], np.concatenate(labels)[:, None]


@dataclass(frozen=True)
class _Regions:
    atoms: BoolArray  # (n,), atoms of the first region
    second: BoolArray  # (z, y, x), voxels of the second region
    border: BoolArray  # (z, y, x), voxels too near the other region to have a label


def _split(positions: FloatArray, mask: BoolArray, voxel_size: float, rng: np.random.Generator) -> _Regions:
    """Two regions on the sides of a random plane; voxels within 2 voxels of it have no label."""
    normal = structures.random_rotation(rng)[0]
    shift = rng.uniform(-6, 6) * voxel_size
    middle = BOX // 2 * voxel_size
    along = np.arange(BOX) * voxel_size - middle
    side = normal[2] * along[:, None, None] + normal[1] * along[:, None] + normal[0] * along - shift
    return _Regions((positions - middle) @ normal < shift, side >= 0, np.abs(side) < 2 * voxel_size)


def _variant(
    spectra: list[ComplexArray],
    frequency: FloatArray,
    mask: BoolArray,
    recipe: SceneRecipe,
    rng: np.random.Generator,
) -> tuple[Array, FloatArray]:
    """One map of the scene and the resolution of each of its regions, from the spectrum of each region."""
    voxel_size = recipe.resolution_range.voxel_size
    low = recipe.resolution_range.low - recipe.margin[0] * voxel_size
    high = recipe.resolution_range.high + recipe.margin[1] * voxel_size
    cutoffs = np.exp(rng.uniform(np.log(low), np.log(high), len(spectra)))
    finest = cutoffs.min()
    b_factor = 0.0
    if rng.random() < recipe.blurred:
        b_factor = rng.uniform(*recipe.b_factors) * voxel_size
    weights = [filters.raised_cosine(frequency, cutoff, voxel_size) for cutoff in cutoffs]
    spectrum: Array = np.asarray(sum(s * w for s, w in zip(spectra, weights, strict=True)))
    if b_factor:
        spectrum *= filters.b_factor_weights(frequency, b_factor)
    volume = scipy.fft.irfftn(spectrum, mask.shape, overwrite_x=True)
    resolutions = np.array([min(effective_resolution(cutoff, b_factor, voxel_size), high) for cutoff in cutoffs])
    if len(spectra) == 1 and not b_factor and rng.random() < recipe.scrambled and 1.15 * finest < high:
        resolutions[0] = rng.uniform(1.15 * finest, min(3.5 * finest, high))
        volume = filters.randomise_phases(volume, voxel_size, resolutions[0], rng)
    if rng.random() < recipe.noisy:
        least, greatest = recipe.noise
        strength = greatest * (least / greatest) ** (rng.random() ** 2)
        shape = None
        if rng.random() >= recipe.white:
            shape = _noise_weights(frequency, voxel_size, finest, weights[0], rng)
        volume = simulation.add_noise(volume, mask, strength, rng, shape)
    if rng.random() < recipe.masked:
        volume *= _soft_mask(mask, rng)
    if rng.random() < recipe.offset:
        volume += np.float32(rng.uniform(-0.25, 0.25) * volume[mask].std())
    return volume, resolutions


def _noise_weights(
    frequency: FloatArray, voxel_size: float, resolution: float, signal_weights: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Spectrum of noise that is not white: white up to a frequency, filtered as the signal, or rising or falling."""
    kind = rng.random()
    nyquist = 0.5 / voxel_size
    if kind < 0.5:
        limit = rng.uniform(min(1 / resolution, 0.9 * nyquist), nyquist)
        return filters.raised_cosine(frequency, 1 / limit, voxel_size)
    if kind < 0.75:
        return signal_weights
    return np.exp(np.float32(rng.uniform(-4, 2)) * np.square(frequency / np.float32(nyquist)))


def _soft_mask(mask: BoolArray, rng: np.random.Generator) -> FloatArray:
    """The mask widened by 1 to 3 voxels, with a hard or a smooth edge."""
    grown = scipy.ndimage.distance_transform_edt(~mask) - rng.integers(1, 4)
    edge = rng.choice([0.01, 3.0, 6.0])
    return (0.5 + 0.5 * np.cos(np.pi * np.clip(grown / edge, 0, 1))).astype(np.float32)


def inner(allowed: BoolArray) -> BoolArray:
    """The allowed voxels whose windows stay away from the faces of the box by twice the rim.

    Args:
        allowed: bool (z, y, x).

    Returns:
        bool (z, y, x).
    """
    inside = np.zeros_like(allowed)
    rim = 2 * RIM + REACH
    inside[(slice(rim, -rim),) * 3] = True
    return allowed & inside


def _centres(allowed: BoolArray, count: int, rng: np.random.Generator) -> IntArray:
    """``count`` random voxels (count, 3) of the inner allowed ones; (0, 3) if there are none."""
    voxels = np.argwhere(inner(allowed))
    return voxels[rng.integers(len(voxels), size=count)] if len(voxels) else voxels
