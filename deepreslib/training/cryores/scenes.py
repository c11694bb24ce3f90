"""Training data for CryoRes: single maps as users have them, labelled by the half maps behind them.

A *scene* is one structure, or an assembly of its copies, simulated as a pair of half maps with settings drawn by a
recipe. Each of its *views* (``views``) is a full map, which may be sharpened, filtered, masked and cut and has its own
voxel size and box, with its labels: the global resolution of the half maps and, on the map's grid, their local
resolution and the molecular mask. Scene number i of a seed is always the same, whichever process makes it.

A scene of a ``Mixture`` is of one of many kinds (``kinds``) and has two views of the same half maps, so that a network
can be taught that its answer does not follow what they differ by. A scene of a ``SceneRecipe``, which the benchmark's
test split is drawn by, has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from deepreslib import structures
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps.boxes import box_around
from deepreslib.simulation import half_maps, quick_halves
from deepreslib.simulation.regridding import LEAST_INSIDE
from deepreslib.structures import AtomicStructure
from deepreslib.training.cryores.kinds import Mixture
from deepreslib.training.cryores.placing import CLEARANCE, box_size, place
from deepreslib.training.cryores.recipe import SceneRecipe, draw_settings, log_uniform
from deepreslib.training.cryores.views import View, make_view
from deepreslib.training.cryores.wide_recipe import WideRecipe, draw_half_maps, draw_resolution

COARSEST = 25.0
"""Å; half maps that turn out coarser are drawn again."""

_DRAWS = 40
_SMALLEST_PART = 25.0
"""Å; no molecule is cut to less than a ball of this diameter."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A structure's half maps as their users see them: one or two views, and how they were drawn.

    Attributes:
        name: the structure's.
        views: one, or two of the same half maps.
        settings: all that was drawn, nested dict of numbers and names.
    """

    name: str
    views: tuple[View, ...]
    settings: dict[str, Any]


def make_scene(path: str, recipe: SceneRecipe | Mixture, seed: Sequence[int]) -> Scene:
    """One scene.

    Args:
        path: a structure file.
        recipe: how scenes are drawn: a mixture of kinds, or the older recipe, whose scenes have one view.
        seed: path, recipe and seed determine the scene.

    Returns:
        The views and their labels.
    """
    rng = np.random.default_rng(seed)
    structure = structures.read_structure(path)
    return _mixed(structure, recipe, rng) if isinstance(recipe, Mixture) else _of_one_recipe(structure, recipe, rng)


def _mixed(structure: AtomicStructure, mixture: Mixture, rng: np.random.Generator) -> Scene:
    """A scene of one of the kinds of a mixture."""
    subject, experiment, recipe = mixture.draw_scene(rng)
    kinds_of_views = [mixture.draw_view(number, rng) for number in range(mixture.count)]
    for _, view_recipe in kinds_of_views:
        if view_recipe.box is not None and recipe.box == WideRecipe.box:
            recipe = replace(recipe, box=view_recipe.box)
    for _ in range(_DRAWS):
        resolution = draw_resolution(recipe, rng)
        placed = place(structure, resolution, recipe, rng)
        settings = draw_half_maps(resolution, placed.sphere, recipe, rng)
        pair = quick_halves.simulate(
            placed.structure, placed.positions, placed.size, placed.voxel_size, settings, rng, placed.rim
        )
        if pair.global_resolution <= COARSEST:
            break
    views, drawn = [], []
    for name, view_recipe in kinds_of_views:
        view, what = make_view(pair, placed, view_recipe, rng)
        views.append(view)
        drawn.append({"kind": name, **what})
    return Scene(
        name=structure.name,
        views=tuple(views),
        settings={
            "subject": subject,
            "experiment": experiment,
            **settings.as_dict(),
            "box": placed.size,
            "voxel_size": placed.voxel_size,
            "rim": placed.rim,
            "atoms": len(placed.structure),
            "of": len(structure),
            "global_resolution": pair.global_resolution,
            "views": drawn,
        },
    )


def _of_one_recipe(structure: AtomicStructure, recipe: SceneRecipe, rng: np.random.Generator) -> Scene:
    """A scene of the older recipe."""
    resolution = rng.uniform(*recipe.resolution)
    placed = _place(structure, resolution, recipe, rng)
    settings = draw_settings(resolution, placed.sphere, recipe, rng)
    simulated = half_maps.simulate(
        structure, placed.positions, placed.size, placed.voxel_size, settings, rng, selected=placed.selected
    )
    voxel_size, data, mask, local_resolution = _binned(simulated, recipe, rng.spawn(1)[0])
    cropped = rng.random() < recipe.cropped
    part = _crop(mask, rng) if cropped else (slice(None),) * 3
    data = data[part]
    z, y, x = (side.start or 0 for side in part)
    view = View(
        data=data / max(data.std(), np.finfo(np.float32).tiny),
        voxel_size=voxel_size,
        offset=(z * voxel_size, y * voxel_size, x * voxel_size),
        local_resolution=np.ascontiguousarray(local_resolution[part]),
        mask=np.ascontiguousarray(mask[part]),
        global_resolution=max(simulated.global_resolution, 2 * voxel_size),
    )
    return Scene(
        name=structure.name,
        views=(view,),
        settings=settings.as_dict()
        | {"box": placed.size, "atoms": int(placed.selected.sum()), "of": len(structure), "cropped": cropped},
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
        reach = np.linalg.norm(self.positions[self.selected] - centre, axis=1).max() + CLEARANCE
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
        recipe.largest_box * coarsest * (1 - recipe.padding[0]) - 2 * CLEARANCE,
    )
    longest = max(longest, _SMALLEST_PART)
    selected = np.ones(len(positions), bool)
    if np.ptp(positions, axis=0).max() > longest:
        selected = np.linalg.norm(positions - centre, axis=1) <= longest / 2
    low, high = positions[selected].min(0), positions[selected].max(0)
    extent = float((high - low).max()) + 2 * CLEARANCE
    edge = min(extent / (1 - padding), max(recipe.largest_box * coarsest, extent))
    voxel_size = max(voxel_size, edge / recipe.largest_box)
    size = box_size(edge / voxel_size)
    room = size * voxel_size - (high - low) - 2 * CLEARANCE
    shift = direction * (room / 2 if anywhere else np.minimum(2 * voxel_size, room / 2))
    return _Place(positions - (low + high) / 2 + size // 2 * voxel_size + shift, selected, size, voxel_size)


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
    mask = inside > LEAST_INSIDE
    local = np.where(mask, np.maximum(total / np.maximum(inside, LEAST_INSIDE), 2 * new), 0).astype(np.float32)
    return new, resampling.to_shape(simulated.full.data, shape), mask, local


def _crop(mask: BoolArray, rng: np.random.Generator) -> Box:
    """The box around the mask with 2 to 10 voxels more at each face, as far as the map goes."""

    def wider(span: slice) -> slice:
        before, after = rng.integers(2, 11, 2)
        return slice(max(0, span.start - before), span.stop + after)

    z, y, x = box_around(mask)
    return wider(z), wider(y), wider(x)
