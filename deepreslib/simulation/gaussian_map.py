"""Maps of Gaussian atoms, as EMAN2's ``pdb2mrc`` and ChimeraX' ``molmap`` make them from a structure.

At a resolution R each atom is exp(-(π r / R)²), multiplied by its number of electrons, and sampled at voxel centres.
Its Fourier transform falls as exp(-R² f²), which is a B factor of 4 R². So R is no resolution in the sense of the FSC;
it is called the *Gaussian* scale here. Avramov et al. 2019 trained and tested their networks on such maps.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
import scipy.fft

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import ComplexArray, FloatArray
from deepreslib.structures import AtomicStructure

SUMMED = 5.0
"""Voxels; up to this resolution atoms are summed, coarser maps are made from the sum at this one by Fourier filters."""

_FAINT = 4.2
"""A Gaussian's exponent is left out beyond the square of this: 2e-8 of its peak."""

_CONTRIBUTIONS_AT_ONCE = 1 << 21


def electrons(structure: AtomicStructure) -> FloatArray:
    """The number of electrons of each atom, times its occupancy, so that alternative places of an atom count once.

    Args:
        structure: the structure.

    Returns:
        float64 (n,).
    """
    atoms = [site.atom for site in structure.template[0].all()]
    return np.array([atom.element.atomic_number * atom.occ for atom in atoms], float)


class GaussianMaps:
    """The maps of Gaussian atoms of a molecule at any resolutions.

    Up to ``SUMMED`` voxels the atoms are summed one by one. For coarser maps they are summed once, at R₀ = ``SUMMED``
    voxels, and the transform of that sum is multiplied by exp(-(R² - R₀²) f²), which takes no time. Frequencies beyond
    Nyquist's, which sampling has folded back, are then weakened by a wrong factor: an error of 3e-4 of the greatest
    density at most.
    """

    def __init__(
        self,
        positions: FloatArray,
        weights: FloatArray,
        shape: Sequence[int],
        voxel_size: float,
        workers: int | None = None,
    ) -> None:
        """Takes the atoms.

        Args:
            positions: (n, 3) Å, x y z, from voxel (0, 0, 0) (see ``simulation.placed``).
            weights: (n,), of the atoms: their numbers of electrons (see ``electrons``).
            shape: the box (z, y, x); the density is periodic in it.
            voxel_size: Å, one number.
            workers: threads of the Fourier transform, -1 for all.
        """
        self._places, self._weights = positions / voxel_size, weights
        self._shape, self._voxel_size, self._workers = tuple(shape), voxel_size, workers

    def at(self, resolution: float) -> FloatArray:
        """The map at a resolution.

        Args:
            resolution: Å, on the Gaussian scale.

        Returns:
            float32 (z, y, x); an atom that is at a voxel's centre, far from others, has its weight there.
        """
        reached = resolution / self._voxel_size
        if reached <= SUMMED:
            return _sum(self._places, self._weights, self._shape, reached)
        fall = np.float32(SUMMED**2 - reached**2)
        spectrum = self._spectrum * np.exp(fall * np.square(filters.frequencies(self._shape, 1.0)))
        spectrum *= np.float32((reached / SUMMED) ** 3)
        return scipy.fft.irfftn(spectrum, self._shape, workers=self._workers, overwrite_x=True)

    @functools.cached_property
    def _spectrum(self) -> ComplexArray:
        """The transform of the sum at ``SUMMED`` voxels."""
        return scipy.fft.rfftn(_sum(self._places, self._weights, self._shape, SUMMED), workers=self._workers)


def _sum(places: FloatArray, weights: FloatArray, shape: Sequence[int], resolution: float) -> FloatArray:
    """The sum of Gaussian atoms, float32 (z, y, x), on a periodic grid of step 1.

    Args:
        places: (n, 3), x y z, voxels.
        weights: (n,).
        shape: (z, y, x).
        resolution: voxels.
    """
    beyond = math.ceil(_FAINT * resolution / np.pi)
    reach = np.arange(1 - beyond, beyond + 1)  # steps from the voxel before an atom
    total = np.zeros(math.prod(shape))
    at_once = max(1, max(_CONTRIBUTIONS_AT_ONCE, total.size // 4) // len(reach) ** 3)
    for start in range(0, len(places), at_once):
        some = places[start : start + at_once]
        steps = np.floor(some).astype(int)[..., None] + reach
        falls = np.exp(-np.square((steps - some[..., None]) * (np.pi / resolution)))
        (x, y, z), (along_x, along_y, along_z) = np.moveaxis(steps, 1, 0), np.moveaxis(falls, 1, 0)
        rows = (z % shape[0])[:, :, None] * shape[1] + (y % shape[1])[:, None, :]
        numbers = rows[..., None] * shape[2] + (x % shape[2])[:, None, None, :]
        plane = (along_z * weights[start : start + at_once, None])[:, :, None] * along_y[:, None, :]
        values = plane[..., None] * along_x[:, None, None, :]
        total += np.bincount(numbers.ravel(), values.ravel(), total.size)
    return total.reshape(shape).astype(np.float32)
