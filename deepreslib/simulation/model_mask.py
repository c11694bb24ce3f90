"""The molecular mask of an atomic structure: where its density at 4 Å is above a level, as in the labels of CryoRes."""

import math
from collections.abc import Sequence

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.grid import fast_length
from deepreslib.simulation import model_map
from deepreslib.structures import AtomicStructure

RESOLUTION = 4.0
"""Å, resolution of the structure's density: each atom is blurred by a Gaussian whose SD is 0.225 times this resolution;
a Gaussian leaves no ripples."""

LEVEL = 0.08
"""The mask's threshold, in units of the median of that density at the atoms. The mask of a compact protein then has
19 Å³ for every heavy atom, the volume of packed atoms with their hydrogens; that of an RNA has 17 Å³. Both are almost
without holes."""

_B_FACTOR = 8 * math.pi**2 * (0.225 * RESOLUTION) ** 2
_VOXEL_SIZE = 1.4
_RIM = 8.0


class ModelMask:
    """Masks of one placed structure on any grid.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) of any of the grids.
        selected: (n,) bool, the atoms in the mask; None for all.
    """

    def __init__(self, structure: AtomicStructure, positions: FloatArray, selected: BoolArray | None = None) -> None:
        present = positions if selected is None else positions[selected]
        self._corner = present.min(0) - _RIM
        least = np.ceil((np.ptp(present, axis=0) + 2 * _RIM) / _VOXEL_SIZE).astype(int)[::-1]
        shape = [fast_length(count) for count in least.tolist()]
        moved = positions - self._corner
        self._density = model_map.density(structure, moved, shape, _VOXEL_SIZE, _B_FACTOR, selected=selected)
        nearest = np.rint((present - self._corner)[:, ::-1] / _VOXEL_SIZE).astype(int)
        self._level = LEVEL * float(np.median(self._density[tuple(nearest.T)]))

    def on(self, shape: Sequence[int], voxel_size: float) -> BoolArray:
        """The mask on a grid.

        Args:
            shape: (z, y, x).
            voxel_size: Å, one number.

        Returns:
            bool of ``shape``.
        """
        scale, offset = np.eye(3) * (voxel_size / _VOXEL_SIZE), -self._corner[::-1] / _VOXEL_SIZE
        density = scipy.ndimage.affine_transform(self._density, scale, offset, shape, order=1, mode="constant")
        return density > self._level
