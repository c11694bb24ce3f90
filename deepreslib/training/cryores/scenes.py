"""Training data for CryoRes: single maps as users have them, with what the half maps behind them say.

A *scene* is one structure, rotated, simulated as a pair of half maps (``deepreslib.simulation.half_maps``) with settings drawn by a
recipe: the full map, sharpened or not, filtered or not, masked or not, on a voxel size and a box of its own, and on
the same grid the local resolution of the half maps, the molecular mask, and the global resolution. Scene number i of
a seed is always the same, whoever makes it.
"""

import math
from dataclasses import dataclass

import numpy as np

from deepreslib import structures
from deepreslib.fourier import resampling
from deepreslib.maps.boxes import smallest_box
from deepreslib.simulation import half_maps
from deepreslib.training.cryores.recipe import draw_settings, log_uniform

_LARGEST_FACTOR = 13
_CLEARANCE = 6.0
_SMALLEST_BOX = 32
_SMALLEST_PART = 25.0
_LEAST_INSIDE = 0.5


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
    data: np.ndarray
    voxel_size: float
    local_resolution: np.ndarray
    mask: np.ndarray
    global_resolution: float
    settings: dict


def make_scene(path, recipe, seed):
    """One scene.

    Args:
        path: a structure file.
        recipe: a ``SceneRecipe``.
        seed: a sequence of integers; path, recipe and seed determine the scene.

    Returns:
        ``Scene``.
    """
    random = np.random.default_rng(seed)
    structure = structures.read_structure(path)
    resolution = random.uniform(*recipe.resolution)
    place = _place(structure, resolution, recipe, random)
    settings = draw_settings(resolution, place.sphere, recipe, random)
    made = half_maps.simulate(
        structure, place.positions, place.size, place.voxel_size, settings, random, selected=place.selected
    )
    voxel_size, data, mask, local_resolution = _binned(made, recipe, random.spawn(1)[0])
    cropped = random.random() < recipe.cropped
    part = _crop(mask, random) if cropped else (slice(None),) * 3
    data = data[part]
    return Scene(
        name=structure.name,
        data=data / max(data.std(), np.finfo(np.float32).tiny),
        voxel_size=voxel_size,
        local_resolution=np.ascontiguousarray(local_resolution[part]),
        mask=np.ascontiguousarray(mask[part]),
        global_resolution=max(made.global_resolution, 2 * voxel_size),
        settings=settings.as_dict()
        | {"box": place.size, "atoms": int(place.selected.sum()), "of": len(structure), "cropped": cropped},
    )


@dataclass(frozen=True)
class _Place:
    """Where the atoms are: positions (n, 3) Å from voxel (0, 0, 0), those selected, box edge in voxels, voxel size."""

    positions: np.ndarray
    selected: np.ndarray
    size: int
    voxel_size: float

    @property
    def sphere(self):
        """Radius of a sphere around the box's centre that holds the molecule, in units of half the box."""
        centre = self.size // 2 * self.voxel_size
        reach = np.linalg.norm(self.positions[self.selected] - centre, axis=1).max() + _CLEARANCE
        return min(float(reach) / (self.size * self.voxel_size / 2), 1.2)


def _place(structure, resolution, recipe, random):
    """The structure rotated, cut if need be, and put into a box."""
    positions = structure.positions @ structures.random_rotation(random).T
    finest = max(recipe.voxel_size[0], resolution / recipe.sampling[1])
    coarsest = max(min(recipe.voxel_size[1], resolution / recipe.sampling[0]), finest)
    voxel_size = log_uniform(random, finest, coarsest)
    least, most = recipe.padding
    padding = least + (most - least) * random.random() ** 1.5
    centre = positions[random.integers(len(positions))]
    anywhere, direction = random.random() < recipe.off_centre, random.uniform(-1, 1, 3)

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


def _box_size(needed):
    """The next number of voxels, odd ones too, that Fourier transforms are fast for."""
    size = max(math.ceil(needed - 1e-6), _SMALLEST_BOX)
    while not _is_smooth(size):
        size += 1
    return size


def _is_smooth(number):
    for factor in range(2, _LARGEST_FACTOR + 1):
        while number % factor == 0:
            number //= factor
    return number == 1


def _binned(made, recipe, random):
    """Voxel size, map, mask and local resolution of ``HalfMaps``, resampled to coarser voxels or as they are.

    Nothing finer than two voxels is left then, of the local resolution neither.
    """
    (old, *_), size = made.full.voxel_size, len(made.mask)
    wanted = made.global_resolution * random.uniform(*recipe.binning) / 2
    new_size = round(size * old / wanted)
    if random.random() >= recipe.binned or wanted > recipe.binned_voxel_size or new_size >= size:
        return old, made.full.data, made.mask, made.local_resolution
    shape, new = (new_size,) * 3, size * old / new_size
    everywhere = np.ones(shape, bool)
    inside = resampling.sample_back(made.mask.astype(np.float32), everywhere, new, old)
    total = resampling.sample_back(made.local_resolution, everywhere, new, old)
    mask = inside > _LEAST_INSIDE
    local = np.where(mask, np.maximum(total / np.maximum(inside, _LEAST_INSIDE), 2 * new), 0).astype(np.float32)
    return new, resampling.to_shape(made.full.data, shape), mask, local


def _crop(mask, random):
    """The box around the mask and 2 to 10 voxels more on each side, as far as the map goes."""
    part = []
    for span in smallest_box(mask):
        before, after = random.integers(2, 11, 2)
        part.append(slice(max(0, span.start - before), span.stop + after))
    return tuple(part)
