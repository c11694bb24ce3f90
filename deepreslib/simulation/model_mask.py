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

VOLUME = 19.0
"""Å³ for every heavy atom (17 in nucleic acid); masks on coarse voxels are given this volume instead of the level."""

VOXEL_SIZE = 1.4
"""Å, of the grid on which the density is usually computed."""

_NUCLEIC_VOLUME = 17.0
_B_FACTOR = 8 * math.pi**2 * (0.225 * RESOLUTION) ** 2
_RIM = 8.0


class ModelMask:
    """Masks of one placed structure on any grid.

    Args:
        structure: the structure.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) of any of the grids.
        selected: (n,) bool, the atoms in the mask; None for all.
        voxel_size: Å, of the grid on which the density is computed. On a coarser one than the usual the density is
            coarser in proportion, and the mask's level is the one that gives it ``VOLUME``; for large assemblies in
            coarse maps, where it is much quicker.
    """

    def __init__(
        self,
        structure: AtomicStructure,
        positions: FloatArray,
        selected: BoolArray | None = None,
        voxel_size: float = VOXEL_SIZE,
    ) -> None:
        present = positions if selected is None else positions[selected]
        self._voxel_size, coarser = voxel_size, voxel_size / VOXEL_SIZE
        self._corner = present.min(0) - _RIM * coarser
        least = np.ceil((np.ptp(present, axis=0) + 2 * _RIM * coarser) / voxel_size).astype(int)[::-1]
        shape = [fast_length(count) for count in least.tolist()]
        moved = positions - self._corner
        b_factor = _B_FACTOR * coarser**2
        self._density = model_map.density(structure, moved, shape, voxel_size, b_factor, selected=selected)
        if coarser > 1:
            nucleic = np.count_nonzero(structure.nucleic if selected is None else structure.nucleic[selected])
            volume = VOLUME * (len(present) - nucleic) + _NUCLEIC_VOLUME * nucleic
            voxels = min(round(volume / voxel_size**3), self._density.size - 1)
            self._level = float(-np.partition(-self._density, voxels, axis=None)[voxels])
        else:
            nearest = np.rint((present - self._corner)[:, ::-1] / voxel_size).astype(int)
            self._level = LEVEL * float(np.median(self._density[tuple(nearest.T)]))

    def on(self, shape: Sequence[int], voxel_size: float) -> BoolArray:
        """The mask on a grid.

        Args:
            shape: (z, y, x).
            voxel_size: Å, one number.

        Returns:
            bool of ``shape``.
        """
        scale, offset = np.eye(3) * (voxel_size / self._voxel_size), -self._corner[::-1] / self._voxel_size
        density = scipy.ndimage.affine_transform(self._density, scale, offset, shape, order=1, mode="constant")
        return density > self._level
