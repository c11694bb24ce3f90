"""The level of a map's solvent, told by the voxels around its molecule.

Arrays are (z, y, x).
"""

import math

import numpy as np
from scipy import ndimage

from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Triple
from deepreslib.maps import DensityMap, box_around, widened

AROUND = 15.0
"""Å around the mask's box, where the level of the solvent is taken."""

_LEVEL_VOXELS = 2_000_000


class Solvent:
    """The voxels around a mask, beyond its soft edge and up to ``AROUND``, which tell the level of a map's solvent."""

    def __init__(self, mask: BoolArray, voxel_size: Triple) -> None:
        """Finds them.

        Args:
            mask: bool, not empty.
            voxel_size: Å.
        """
        self._box = widened(box_around(mask), [math.ceil(AROUND / size) for size in voxel_size], mask.shape)
        widths = [2 * math.ceil(SOFT_EDGE / size) + 1 for size in voxel_size]
        self._voxels = ~ndimage.maximum_filter(mask[self._box], widths, mode="nearest")

    def level(self, data: FloatArray, part: Box | None = None) -> float:
        """Their median; the mean of all values where the mask leaves no solvent.

        Args:
            data: the map, or a part of it that holds the voxels.
            part: which part; None if it is the map.
        """
        starts = [0, 0, 0] if part is None else [side.start for side in part]
        z, y, x = (slice(side.start - start, side.stop - start) for side, start in zip(self._box, starts, strict=True))
        values = data[z, y, x][self._voxels]
        step = max(len(values) // _LEVEL_VOXELS, 1)
        return float(np.median(values[::step])) if len(values) else float(data.mean(dtype=float))


def solvent_level(density_map: DensityMap, mask: BoolArray) -> float:
    """The level of a map's solvent; see :class:`Solvent`.

    Args:
        density_map: the map.
        mask: bool, not empty.
    """
    return Solvent(mask, density_map.voxel_size).level(density_map.data)
