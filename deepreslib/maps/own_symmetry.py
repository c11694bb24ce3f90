"""The turns about a box's axes that leave a map the same, so that a mask found in it can be made to keep them.

A network that finds a mask does not see a molecule from all sides in the same way: of a map with symmetry it finds a
mask without. Only turns by quarters and halves about axes through the centre are looked at, voxel n // 2 along each
axis, as they bring voxels onto voxels: C2, C4, D2, D4, T and O as programs of cryo-EM place them. Others would need
interpolation.

Arrays are (z, y, x).
"""

from itertools import permutations, product
from typing import TypeAlias, TypeVar

import numpy as np

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps.density_map import DensityMap

Values = TypeVar("Values", BoolArray, FloatArray)

Turn: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""The axes in their new order, and those whose direction is turned round."""

NO_TURN: Turn = ((0, 1, 2), ())

SAME = 0.999
"""A turned map whose correlation with the map is at least this is the same map."""

_LOOKED_AT = 64
"""Voxels along each axis that are looked at, about."""


def own_turns(density_map: DensityMap) -> list[Turn]:
    """The turns that leave a map the same; the first is the one that turns nothing.

    Args:
        density_map: the map.
    """
    step = max(min(density_map.data.shape) // _LOOKED_AT, 1)
    seen = density_map.data[tuple(slice(count // 2 % step, None, step) for count in density_map.data.shape)]
    if any(count // 2 // step != size // 2 for count, size in zip(density_map.data.shape, seen.shape, strict=True)):
        seen = density_map.data
    voxel_size = density_map.voxel_size
    found = []
    for order in permutations(range(3)):
        for turned_round in product((False, True), repeat=3):
            turn = order, tuple(np.flatnonzero(turned_round).tolist())
            sizes = [voxel_size[axis] for axis in order]
            shape = tuple(seen.shape[axis] for axis in order)
            if _mirrors(turn) or shape != seen.shape or not np.allclose(sizes, voxel_size, rtol=1e-4):
                continue
            if turn == NO_TURN or np.corrcoef(turned(seen, turn).ravel(), seen.ravel())[0, 1] >= SAME:
                found.append(turn)
    return found


def turned(values: Values, turn: Turn) -> Values:
    """An array turned about its centre; what would come from beyond a face comes from the opposite face.

    Args:
        values: any type (z, y, x).
        turn: one of :func:`own_turns`.
    """
    order, axes = turn
    found = np.flip(values.transpose(order), axes)
    even = [axis for axis in axes if found.shape[axis] % 2 == 0]
    return np.roll(found, [1] * len(even), even) if even else found


def with_own_symmetry(mask: BoolArray, density_map: DensityMap) -> BoolArray:
    """A mask with the turns that leave its map the same: voxels that at least half of the turned masks hold.

    Args:
        mask: bool (z, y, x).
        density_map: the map.

    Returns:
        The mask itself if no turn leaves the map the same.
    """
    turns = own_turns(density_map)
    if len(turns) == 1:
        return mask
    votes = np.zeros(mask.shape, np.uint8)
    for turn in turns:
        votes += turned(mask, turn)
    found: BoolArray = 2 * votes >= len(turns)
    return found


def _mirrors(turn: Turn) -> bool:
    """Whether it is a reflection and no turn."""
    order, axes = turn
    swaps = sum(order[one] > order[other] for one in range(3) for other in range(one + 1, 3))
    return (swaps + len(axes)) % 2 == 1
