"""Maps on which the networks for local sharpening are trained: the means of simulated half maps, at 1 Å a voxel.

Structures are placed, and disorder, noise, solvent and belts drawn, as for CryoRes (``training.cryores``). Half maps
are simulated as ``simulation.half_maps`` does; but only their mean is made, and no local resolution is measured, which
would take most of the time.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.simulation import disorder, half_maps, model_map
from deepreslib.simulation.finishes import Region, Treatment, treated
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.half_maps import CoarseGrid, HalfMapSettings
from deepreslib.simulation.model_mask import ModelMask
from deepreslib.simulation.regridding import Resampling
from deepreslib.structures import AtomicStructure, read_structure
from deepreslib.training.cryores.placing import Place, place
from deepreslib.training.cryores.recipe import log_uniform
from deepreslib.training.cryores.wide_recipe import WideRecipe, draw_half_maps, draw_resolution

VOXEL_SIZE = 1.0
"""Å, of all maps."""

LEAST_B_PERCENTILE = 1.0
"""The model's B factors are those of the simulation less this percentile of them, and at least 0."""

_FILTER_WIDTHS = (0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True)
class MapRecipe(WideRecipe):
    """How maps are drawn. A pair is a range; a value is drawn from it evenly, unless stated.

    Of ``WideRecipe`` the parts about disorder, noise and the molecule's place hold. The voxel size is always 1 Å.

    Attributes:
        extras: share of maps with a B factor of ``extra`` on signal and noise.
        extra: Å².
        filtered: share of maps with a low-pass filter.
        low_pass: its resolution divided by the map's.
        coarser: share of maps that come from coarser voxels; the logarithm of their size is drawn evenly, up to half
            the resolution.
        masked: share of maps with a soft mask.
        growth: Å, by which that mask is wider than the molecule.
        edge: Å, of its soft edge.
        offset: share of maps to which a constant is added, up to their SD.
    """

    bands: tuple[tuple[float, float, float], ...] = ((2.2, 8.0, 1.0),)
    voxel_size: tuple[float, float] = (VOXEL_SIZE, VOXEL_SIZE)
    sampling: tuple[float, float] = (2.0, 8.0)
    padding: tuple[float, float] = (0.05, 0.5)
    box: tuple[float, float] = (44, 128)
    largest_box: int = 128
    largest_work: int = 10**6
    belts: float = 0.12
    bare: float = 0.05
    detail: float = 1.5
    extras: float = 1 / 3
    extra: tuple[float, float] = (-60.0, 100.0)
    filtered: float = 0.1
    low_pass: tuple[float, float] = (0.8, 1.3)
    coarser: float = 0.1
    masked: float = 0.15
    growth: tuple[float, float] = (0.0, 8.0)
    edge: tuple[float, float] = (2.0, 12.0)
    offset: float = 0.1


@dataclass(frozen=True, eq=False)
class TrainingMap:
    """A map with what is true of it; arrays (z, y, x), voxels of 1 Å.

    Attributes:
        data: float32, the map as its user has it.
        mask: bool, the molecule.
        at_rest: float32, the model's density with B factor 0 for all atoms.
        shifted: float32, the model's density with the simulation's B factors less the least (``LEAST_B_PERCENTILE``).
        resolution: Å, where the FSC of the half maps falls to 0.143.
        limit: Å, the finest detail that voxels and filter have left.
        settings: all that was drawn, nested dict.
    """

    data: FloatArray
    mask: BoolArray
    at_rest: FloatArray
    shifted: FloatArray
    resolution: float
    limit: float
    settings: dict[str, Any] = field(default_factory=dict)


def make_map(path: str, recipe: MapRecipe, seed: Sequence[int]) -> TrainingMap:
    """One map.

    Args:
        path: a structure file.
        recipe: how maps are drawn.
        seed: path, recipe and seed determine the map.

    Returns:
        The map.
    """
    rng = np.random.default_rng(seed)
    resolution = draw_resolution(recipe, rng)
    placed = place(read_structure(path), resolution, recipe, rng)
    settings = draw_half_maps(resolution, placed.sphere, recipe, rng)
    treatment = draw_treatment(resolution, recipe, rng)
    mean, mask, b_factors = _mean_of_halves(placed, settings, rng)
    result = treated(mean, VOXEL_SIZE, mask, np.zeros_like(mean), np.zeros((0, 3)), treatment)
    shifted = np.maximum(b_factors - np.percentile(b_factors, LEAST_B_PERCENTILE), 0)
    what = settings.as_dict() | {"treatment": asdict(treatment), "box": placed.size, "atoms": len(placed.structure)}
    return TrainingMap(
        data=result.data,
        mask=mask,
        at_rest=_density(placed.structure, placed, 0.0),
        shifted=_density(placed.structure, placed, shifted),
        resolution=resolution,
        limit=result.limit,
        settings=what,
    )


def draw_treatment(resolution: float, recipe: MapRecipe, rng: np.random.Generator) -> Treatment:
    """What the user did to the map.

    Args:
        resolution: Å, of the half maps.
        recipe: how maps are drawn.
        rng: draws it.

    Returns:
        The treatment.
    """
    finish, coarser = Finish(), None
    if rng.random() < recipe.extras:
        finish = replace(finish, b_factor=rng.uniform(*recipe.extra))
    kind = rng.random()
    if kind < recipe.filtered:
        low_pass = max(resolution * rng.uniform(*recipe.low_pass), 2 * VOXEL_SIZE)
        finish = replace(finish, low_pass=low_pass, low_pass_width=float(rng.choice(_FILTER_WIDTHS)))
    elif kind < recipe.filtered + recipe.coarser:
        factor = log_uniform(rng, 1.0, resolution / 2)
        coarser = Resampling("fourier", factor, back=True) if factor > 1 else None
    region = None
    if rng.random() < recipe.masked:
        region = Region(growth=rng.uniform(*recipe.growth), edge=rng.uniform(*recipe.edge))
    offset = rng.uniform(-1, 1) if rng.random() < recipe.offset else 0.0
    return Treatment(finish, region=region, offset=offset, resampling=coarser)


def _mean_of_halves(
    placed: Place, settings: HalfMapSettings, rng: np.random.Generator
) -> tuple[FloatArray, BoolArray, FloatArray]:
    """The mean of two half maps, the molecule's mask, and the atoms' B factors, Å²."""
    structure, positions, size = placed.structure, placed.positions, placed.size
    half_maps.check(size, VOXEL_SIZE, settings)
    present = np.ones(len(structure), bool)
    place_of_atoms = disorder.field(structure.b_factors, positions, settings.disorder, rng)
    b_factors = disorder.b_factors(place_of_atoms, settings.resolution, settings.disorder)
    occupied = model_map.with_occupancies(structure, disorder.occupancies(place_of_atoms, settings.disorder))
    grid = CoarseGrid(size, VOXEL_SIZE, settings.resolution / settings.detail)
    molecule = ModelMask(structure, positions)
    inside = molecule.on(grid.shape, grid.voxel_size)
    soft = half_maps.soft_mask(inside, grid.voxel_size)
    signal = half_maps.common_signal(occupied, positions, b_factors, present, inside, grid, settings)
    weights = half_maps.noise_weights(signal, soft, grid, settings) * np.float32(math.sqrt(0.5))  # of the mean
    mean = half_maps.noisy(grid.enlarged(signal), weights, soft, grid, settings.noise, rng)
    return mean, molecule.on((size,) * 3, VOXEL_SIZE), b_factors


def _density(structure: AtomicStructure, placed: Place, b_factors: FloatArray | float) -> FloatArray:
    return model_map.density(structure, placed.positions, (placed.size,) * 3, VOXEL_SIZE, b_factors)
