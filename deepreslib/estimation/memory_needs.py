"""The memory that the methods without a network take besides the maps and the mask; what would not fit is refused.

The numbers are bytes for each voxel, fitted to what ``benchmarks/memory.py`` measures and a little above it.
"""

import numpy as np

from deepreslib import memory
from deepreslib.estimation.monogenic import LARGE
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps import DensityMap


def check_localfsc(half1: DensityMap, mask: BoolArray, near: int) -> None:
    """Refuses the local FSC of half maps where memory does not suffice.

    Args:
        half1: the first half map.
        mask: bool (z, y, x).
        near: voxels of the mask's box with its margin, in which the maps are compared.

    Raises:
        InputError: with what is needed and what is left.
    """
    inside = int(np.count_nonzero(mask))
    needed = max(5 * mask.size + 13 * near, 22 * near + 16 * inside, 8 * mask.size + 12 * inside)
    memory.check(needed, f"the local FSC for {half1.name}")


def check_monores(density_map: DensityMap, mask: BoolArray, near: int, has_halves: bool) -> None:
    """Refuses MonoRes where memory does not suffice.

    Args:
        density_map: the map, or the first half map.
        mask: bool (z, y, x).
        near: voxels of the box that is looked at.
        has_halves: whether half maps are compared.

    Raises:
        InputError: with what is needed and what is left.
    """
    inside = int(np.count_nonzero(mask))
    sweep = (36 if near <= LARGE else 16) * near + 30 * inside
    filling = 0 if has_halves else 4 * mask.size + 80 * inside
    memory.check(max(sweep, 4 * mask.size + 12 * near, filling), f"MonoRes for {density_map.name}")


def check_resmap(density_map: DensityMap, mask: BoolArray, near: int, has_halves: bool) -> None:
    """Refuses ResMap where memory does not suffice.

    Args:
        density_map: the map, or the first half map.
        mask: bool (z, y, x).
        near: voxels of the mask's box with its margin.
        has_halves: whether half maps are compared.

    Raises:
        InputError: with what is needed and what is left.
    """
    inside = int(np.count_nonzero(mask))
    whitening = (12 if has_halves else 17) * mask.size + 4 * near
    memory.check(max(whitening, 8 * mask.size + 14 * near + 12 * inside), f"ResMap for {density_map.name}")
