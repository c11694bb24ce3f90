"""The molecular mask of an atomic model: where its density at 4 Å is above a level, as in the labels of CryoRes."""

import math

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.simulation import model_map

RESOLUTION = 4.0
"""Å, of the model's density: every atom is blurred by a Gaussian of SD 0.225 times that, which leaves no ripples."""

LEVEL = 0.08
"""The mask's threshold, in units of the median of that density at the atoms. A compact protein then gets 19 Å³ for
every heavy atom, what packed atoms and their hydrogens take, and an RNA 17 Å³, almost without holes."""

_B_FACTOR = 8 * math.pi**2 * (0.225 * RESOLUTION) ** 2
_VOXEL_SIZE = 1.4
_RIM = 8.0


class ModelMask:
    """Masks of one placed model on any grid.

    Args:
        structure: an ``AtomicStructure``.
        positions: (n, 3) Å, x y z, from voxel (0, 0, 0) of those grids.
        selected: (n,) bool, the atoms that are there; None for all.
    """

    def __init__(self, structure, positions, selected=None):
        there = positions if selected is None else positions[selected]
        self._corner = there.min(0) - _RIM
        shape = np.ceil((np.ptp(there, axis=0) + 2 * _RIM) / _VOXEL_SIZE).astype(int)[::-1]
        shape = tuple(scipy.fft.next_fast_len(int(n), real=True) for n in shape)
        moved = positions - self._corner
        self._density = model_map.density(structure, moved, shape, _VOXEL_SIZE, _B_FACTOR, selected=selected)
        nearest = np.rint((there - self._corner)[:, ::-1] / _VOXEL_SIZE).astype(int)
        self._level = LEVEL * float(np.median(self._density[tuple(nearest.T)]))

    def on(self, shape, voxel_size):
        """The mask, bool (z, y, x), on a grid of this shape and voxel size (Å)."""
        scale, offset = np.eye(3) * (voxel_size / _VOXEL_SIZE), -self._corner[::-1] / _VOXEL_SIZE
        density = scipy.ndimage.affine_transform(self._density, scale, offset, shape, order=1, mode="constant")
        return density > self._level
