"""One view of a pair of half maps: the full map as a user has it, and what is true of it.

The labels of a view are what its half maps show, as far as the view can show it:

- the global resolution is that of the half maps in the part of the molecule that is shown, if a crop or a zone leaves
  less than nearly all of it;
- no resolution, global or local, is finer than twice the largest voxel size that the map went through, or than the
  low-pass filter, where it passes half the amplitude.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Triple
from deepreslib.maps.boxes import smallest_box
from deepreslib.simulation.finishes import Treated, treated
from deepreslib.simulation.quick_halves import QuickHalves
from deepreslib.structures import AtomicStructure
from deepreslib.training.cryores.placing import Place
from deepreslib.training.cryores.recipe import log_uniform
from deepreslib.training.cryores.wide_recipe import (
    LARGEST_BOX,
    SMALLEST_BOX,
    DrawnView,
    Extent,
    ViewRecipe,
    draw_extra,
    draw_view,
)

SMALLEST_EXTENT = 32.0
"""Å; no map is cropped to less along an axis, as CryoRes refuses maps below 30 Å."""

_LEAST_SHOWN = 0.04
_TRIES = 6
_LEAST_CHAIN, _MOST_CHAIN = 0.2, 0.8


@dataclass(frozen=True, eq=False)
class View:
    """One map and its labels; arrays (z, y, x) on one grid.

    Attributes:
        data: float32, the map, its SD 1.
        voxel_size: Å.
        offset: Å (z, y, x), where its voxel (0, 0, 0) lies in the scene: voxel i of a view is at
            ``offset + i × voxel_size``, and the same place of another view at the same number of Å.
        local_resolution: float32, Å, 0 outside the mask.
        mask: bool, the molecule, as far as it is shown.
        global_resolution: Å, FSC 0.143 of the half maps, as far as the map can show it.
    """

    data: FloatArray
    voxel_size: float
    offset: Triple
    local_resolution: FloatArray
    mask: BoolArray
    global_resolution: float


def make_view(
    pair: QuickHalves, placed: Place, recipe: ViewRecipe, rng: np.random.Generator
) -> tuple[View, dict[str, Any]]:
    """One view of a pair of half maps.

    Args:
        pair: the half maps.
        placed: the atoms behind them.
        recipe: how the view is drawn.
        rng: draws it.

    Returns:
        The view; what was drawn, a nested dict.
    """
    drawn = draw_view(pair.global_resolution, pair.voxel_size, len(pair.mask), pair.settings.disorder, recipe, rng)
    chosen = _part(placed.structure, placed.positions, rng) if drawn.part else np.ones(len(placed.positions), bool)
    result = treated(
        pair.mean,
        pair.voxel_size,
        pair.mask,
        pair.local_resolution,
        placed.positions[chosen],
        drawn.treatment,
        pair.fsc,
    )
    box, extent = _shown(pair, result, drawn, recipe, rng)
    widths = _rims(box, recipe, rng)
    shown, afterwards = result.data[box], 0.0
    if extent == "through" and recipe.afterwards and rng.random() < recipe.afterwards:
        afterwards = draw_extra(pair.global_resolution, recipe, rng)
        shown = filters.apply_b_factor(shown, result.voxel_size, afterwards)
    level = 0.0
    if any(max(width) for width in widths):
        level = 0.0 if rng.random() < 0.7 else _border_mean(shown)
    data = np.pad(shown, widths, constant_values=level)
    mask, local = (np.pad(array[box], widths) for array in (result.mask, result.local_resolution))
    first = [side.start - before for side, (before, _) in zip(box, widths, strict=True)]
    z, y, x = (result.offset + number * result.voxel_size for number in first)
    view = View(
        data=data / max(data.std(), np.finfo(np.float32).tiny),
        voxel_size=result.voxel_size,
        offset=(z, y, x),
        local_resolution=local,
        mask=mask,
        global_resolution=max(pair.resolution_in(_part_in(pair, result, box)), result.limit),
    )
    what = {
        **asdict(drawn),
        "extent": extent,
        "afterwards": afterwards,
        "rims": widths,
        "limit": result.limit,
        "shape": data.shape,
    }
    return view, what


def _part(structure: AtomicStructure, positions: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Some of the atoms: a chain of fitting size, or those nearest to one of them."""
    names, counts = np.unique(structure.chains, return_counts=True)
    share = counts / len(positions)
    fitting = names[(share >= _LEAST_CHAIN) & (share <= _MOST_CHAIN)]
    if len(fitting) and rng.random() < 0.7:
        return structure.chains == rng.choice(fitting)
    distance = np.linalg.norm(positions - positions[rng.integers(len(positions))], axis=1)
    return distance <= np.quantile(distance, rng.uniform(0.25, 0.7))


def _shown(
    pair: QuickHalves, result: Treated, drawn: DrawnView, recipe: ViewRecipe, rng: np.random.Generator
) -> tuple[Box, Extent]:
    """The part of a treated map that is shown, and what it is; never the rim of the half maps, nor an empty part."""
    rim = int(np.ceil(pair.rim * pair.voxel_size / result.voxel_size)) if pair.rim else 0
    everything = tuple(slice(rim, count - rim) for count in result.data.shape)
    inside = smallest_box(result.mask)
    if drawn.extent == "all" or inside is None:
        return _as_box(everything), "all"
    least = max(SMALLEST_BOX, math.ceil(SMALLEST_EXTENT / result.voxel_size))
    if drawn.extent == "near":
        box = _as_box([_near(*pair_of, least, recipe, rng) for pair_of in zip(inside, everything, strict=True)])
    else:
        box = _fullest(
            result.mask, [_through(inside, everything, result.mask, least, recipe, rng) for _ in range(_TRIES)]
        )
    if np.count_nonzero(result.mask[box]) < _LEAST_SHOWN * result.mask[box].size:
        return _as_box(everything), "all"
    return box, drawn.extent


def _near(molecule: slice, whole: slice, least: int, recipe: ViewRecipe, rng: np.random.Generator) -> slice:
    """A side with some voxels before and after the molecule."""
    low, high = recipe.near
    before, after = (round(log_uniform(rng, low + 1, high + 1)) - 1 for _ in range(2))
    return _within(molecule.start - before, molecule.stop + after - (molecule.start - before), whole, least)


def _through(
    inside: Box, everything: Any, mask: BoolArray, least: int, recipe: ViewRecipe, rng: np.random.Generator
) -> Box:
    """A box through the molecule, around one of its voxels."""
    voxels = np.argwhere(mask[inside])
    centre = voxels[rng.integers(len(voxels))] + [side.start for side in inside]
    sides = []
    for middle, molecule, whole in zip(centre.tolist(), inside, everything, strict=True):
        length = round((molecule.stop - molecule.start) * rng.uniform(*recipe.through))
        sides.append(_within(middle - length // 2, length, whole, least))
    return _as_box(sides)


def _fullest(mask: BoolArray, boxes: list[Box]) -> Box:
    """The box of which the mask fills most."""
    return max(boxes, key=lambda box: mask[box].mean())


def _within(start: int, length: int, whole: slice, least: int) -> slice:
    """A side about as long as asked for, at least ``least`` voxels if they fit, moved into the whole."""
    wanted = min(max(length, least), whole.stop - whole.start)
    start = min(max(start - (wanted - length) // 2, whole.start), whole.stop - wanted)
    return slice(start, start + wanted)


def _as_box(sides: Any) -> Box:
    z, y, x = sides
    return z, y, x


def _rims(box: Box, recipe: ViewRecipe, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Voxels of constant rim before and after each axis."""
    if rng.random() >= recipe.rims:
        return [(0, 0)] * 3
    sides = []
    for side in box:
        room = max(LARGEST_BOX - (side.stop - side.start), 0)
        before, after = rng.integers(0, recipe.rim + 1, 2) * (rng.random(2) < 0.8)
        sides.append((min(int(before), room // 2), min(int(after), room // 2)))
    return sides


def _border_mean(data: FloatArray) -> float:
    """The mean of the voxels at a map's faces."""
    return float(np.mean([data.take(side, axis).mean() for axis in range(3) for side in (0, -1)]))


def _part_in(pair: QuickHalves, result: Treated, box: Box) -> BoolArray:
    """The part of the molecule in a box of the treated map, on the half maps' grid."""
    part = np.zeros_like(result.part)
    scale, offset = result.voxel_size / pair.voxel_size, result.offset / pair.voxel_size
    ends = [(round(side.start * scale + offset), round((side.stop - 1) * scale + offset) + 1) for side in box]
    sides = tuple(slice(max(start, 0), stop) for start, stop in ends)
    part[sides] = result.part[sides]
    return part
