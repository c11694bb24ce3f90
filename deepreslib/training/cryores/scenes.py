"""Training data for CryoRes: single maps as users have them, labelled by the half maps behind them.

A *scene* is one structure, rotated and simulated as a pair of half maps (``deepreslib.simulation.half_maps``) with
settings drawn by a recipe. It holds the full map, which may be sharpened, filtered and masked and has its own voxel
size and box, and its labels: the global resolution of the half maps and, on the map's grid, their local resolution and
the molecular mask. Scene number i of a seed is always the same, whichever process makes it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepreslib import structures
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps.boxes import box_around
from deepreslib.simulation import half_maps
from deepreslib.structures import AtomicStructure
from deepreslib.training.cryores.recipe import SceneRecipe, draw_settings, log_uniform

_LARGEST_FACTOR = 13
"""Largest prime factor of a box's edge."""

_CLEARANCE = 6.0
"""Å between the molecule and the faces of the box, at least."""

_SMALLEST_BOX = 32
"""Voxels, least edge of a box."""

_SMALLEST_PART = 25.0
"""Å; no molecule is cut to less than a ball of this diameter."""

_LEAST_INSIDE = 0.5
"""A coarser voxel belongs to the resampled mask if more than this share of it is in the mask."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One map and its labels; arrays (z, y, x) on one grid.

    Attributes:
        name: the structure's.
        data: float32, the map, its SD 1.
        voxel_size: Å.
        local_resolution: float32, Å, 0 outside the mask.
        mask: bool, the molecule.
        global_resolution: Å, FSC 0.143 of the half maps.
        settings: all that was drawn, nested dict of numbers.
    """

    name: str
    data: FloatArray
    voxel_size: float
    local_resolution: FloatArray
    mask: BoolArray
    global_resolution: float
    settings: dict[str, Any]


def make_scene(path: str, recipe: SceneRecipe, seed: Sequence[int]) -> Scene:
    """One scene.

    Args:
        path: a structure file.
        recipe: how scenes are drawn.
        seed: path, recipe and seed determine the scene.

    Returns:
        The map and its labels.
    """
    rng = np.random.default_rng(seed)
    structure = structures.read_structure(path)
    resolution = rng.uniform(*recipe.resolution)
    place = _place(structure, resolution, recipe, rng)
    settings = draw_settings(resolution, place.sphere, recipe, rng)
    simulated = half_maps.simulate(
        structure, place.positions, place.size, place.voxel_size, settings, rng, selected=place.selected
    )
    voxel_size, data, mask, local_resolution = _binned(simulated, recipe, rng.spawn(1)[0])
    cropped = rng.random() < recipe.cropped
    part = _crop(mask, rng) if cropped else (slice(None),) * 3
    data = data[part]
    return Scene(
        name=structure.name,
        data=data / max(data.std(), np.finfo(np.float32).tiny),
        voxel_size=voxel_size,
        local_resolution=np.ascontiguousarray(local_resolution[part]),
        mask=np.ascontiguousarray(mask[part]),
        global_resolution=max(simulated.global_resolution, 2 * voxel_size),
        settings=settings.as_dict()
        | {"box": place.size, "atoms": int(place.selected.sum()), "of": len(structure), "cropped": cropped},
    )


@dataclass(frozen=True)
class _Place:
    """Where the atoms are in the box.

    Attributes:
        positions: (n, 3) Å, x, y, z from voxel (0, 0, 0).
        selected: bool (n,), the atoms that are in the map.
        size: the box's edge, voxels.
        voxel_size: Å.
    """

    positions: FloatArray
    selected: BoolArray
    size: int
    voxel_size: float

    @property
    def sphere(self) -> float:
        """Radius of a sphere around the box's centre that holds the molecule, in units of half the box."""
        centre = self.size // 2 * self.voxel_size
        reach = np.linalg.norm(self.positions[self.selected] - centre, axis=1).max() + _CLEARANCE
        return min(float(reach) / (self.size * self.voxel_size / 2), 1.2)


def _place(structure: AtomicStructure, resolution: float, recipe: SceneRecipe, rng: np.random.Generator) -> _Place:
    """The structure rotated, cut if need be, and put into a box."""
    positions = structure.positions @ structures.random_rotation(rng).T
    finest = max(recipe.voxel_size[0], resolution / recipe.sampling[1])
    coarsest = max(min(recipe.voxel_size[1], resolution / recipe.sampling[0]), finest)
    voxel_size = log_uniform(rng, finest, coarsest)
    least, most = recipe.padding
    padding = least + (most - least) * rng.random() ** 1.5
    centre = positions[rng.integers(len(positions))]
    anywhere, direction = rng.random() < recipe.off_centre, rng.uniform(-1, 1, 3)

    work_voxel_size = resolution / recipe.detail / 2
    longest = min(
        recipe.largest_work * work_voxel_size - 2 * half_maps.HalfMapSettings(resolution).window,
        recipe.largest_box * coarsest * (1 - recipe.padding[0]) - 2 * _CLEARANCE,
    )
    longest = max(longest, _SMALLEST_PART)
    selected = np.ones(len(positions), bool)
    if np.ptp(positions, axis=0).max() > longest:
        selected = np.linalg.norm(positions - centre, axis=1) <= longest / 2
    low, high = positions[selected].min(0), positions[selected].max(0)
    extent = float((high - low).max()) + 2 * _CLEARANCE
    edge = min(extent / (1 - padding), max(recipe.largest_box * coarsest, extent))
    voxel_size = max(voxel_size, edge / recipe.largest_box)
    size = _box_size(edge / voxel_size)
    room = size * voxel_size - (high - low) - 2 * _CLEARANCE
    shift = direction * (room / 2 if anywhere else np.minimum(2 * voxel_size, room / 2))
    return _Place(positions - (low + high) / 2 + size // 2 * voxel_size + shift, selected, size, voxel_size)


def _box_size(needed: float) -> int:
    """The least edge that is large enough, in voxels, even or odd, for which Fourier transforms are fast."""
    size = max(math.ceil(needed - 1e-6), _SMALLEST_BOX)
    while not _is_smooth(size):
        size += 1
    return size


def _is_smooth(number: int) -> bool:
    for factor in range(2, _LARGEST_FACTOR + 1):
        while number % factor == 0:
            number //= factor
    return number == 1


def _binned(
    simulated: half_maps.HalfMaps, recipe: SceneRecipe, rng: np.random.Generator
) -> tuple[float, FloatArray, BoolArray, FloatArray]:
    """Voxel size, map, mask and local resolution, resampled to coarser voxels or as they are.

    The resampled map holds nothing finer than two voxels, so neither does the resampled local resolution.
    """
    (old, *_), size = simulated.full.voxel_size, len(simulated.mask)
    target = simulated.global_resolution * rng.uniform(*recipe.binning) / 2
    new_size = round(size * old / target)
    if rng.random() >= recipe.binned or target > recipe.binned_voxel_size or new_size >= size:
        return old, simulated.full.data, simulated.mask, simulated.local_resolution
    shape, new = (new_size,) * 3, size * old / new_size
    everywhere = np.ones(shape, bool)
    inside = resampling.sample_back(simulated.mask.astype(np.float32), everywhere, new, old)
    total = resampling.sample_back(simulated.local_resolution, everywhere, new, old)
    mask = inside > _LEAST_INSIDE
    local = np.where(mask, np.maximum(total / np.maximum(inside, _LEAST_INSIDE), 2 * new), 0).astype(np.float32)
    return new, resampling.to_shape(simulated.full.data, shape), mask, local


def _crop(mask: BoolArray, rng: np.random.Generator) -> Box:
    """The box around the mask with 2 to 10 voxels more at each face, as far as the map goes."""

    def wider(span: slice) -> slice:
        before, after = rng.integers(2, 11, 2)
        return slice(max(0, span.start - before), span.stop + after)

    z, y, x = box_around(mask)
    return wider(z), wider(y), wider(x)
