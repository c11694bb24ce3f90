"""Global Fourier shell correlation (FSC) of two maps.

The method is that of Saxton & Baumeister 1982, the cutoff of 0.143 that of Rosenthal & Henderson 2003 (J. Mol. Biol.
333, 721-745).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import Array, ComplexArray, FloatArray, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.shells import sums_in_shells

CUTOFF = 0.143
"""The FSC of two half maps at which their mean correlates by 0.5 with the truth (Rosenthal & Henderson 2003)."""


@dataclass(frozen=True)
class ShellCorrelation:
    """An FSC curve.

    Attributes:
        frequency: float64 (shells,), the shells' centres from 0 up to Nyquist's frequency, 1/Å.
        correlation: float64 (shells,), the FSC, from -1 to 1; 0 where a map has no power.
    """

    frequency: FloatArray
    correlation: FloatArray

    def resolution(self, cutoff: float = CUTOFF) -> float:
        """Where the curve first falls below a cutoff.

        Args:
            cutoff: between 0 and 1.

        Returns:
            Å, interpolated linearly in frequency between two shells; that of the last shell, about twice the voxel
            size, if the curve never falls; infinite if it is below the cutoff from the first shell on.
        """
        below = np.flatnonzero(self.correlation[1:] < cutoff) + 1
        if not len(below):
            return float(1 / self.frequency[-1])
        after = int(below[0])
        if after == 1:
            return math.inf
        high, low = self.correlation[after - 1], self.correlation[after]
        start, stop = self.frequency[after - 1], self.frequency[after]
        return float(1 / (start + (stop - start) * (high - cutoff) / (high - low)))

    def falls_below(self, cutoff: float = CUTOFF) -> bool:
        """Whether the curve falls below a cutoff at all; if not, ``resolution`` is a bound and no measurement.

        Args:
            cutoff: between 0 and 1.
        """
        return bool((self.correlation[1:] < cutoff).any())

    def at(self, frequency: float | FloatArray) -> Array:
        """The FSC at frequencies, interpolated linearly between shells; beyond the last shell that of the last.

        Args:
            frequency: 1/Å, any shape.

        Returns:
            float64 of ``frequency``'s shape.
        """
        return np.interp(frequency, self.frequency, self.correlation)


@dataclass(frozen=True)
class ShellSums:
    """Sums over the Fourier coefficients of two maps in shells.

    Attributes:
        frequency: float64 (shells,), the shells' centres from 0 up to Nyquist's frequency, 1/Å.
        cross: float64 (shells,), of one map's times the other's, real part.
        power1: float64 (shells,), of the first map's squares.
        power2: float64 (shells,), of the second map's squares.
        count: float64 (shells,), how many coefficients a shell has.
    """

    frequency: FloatArray
    cross: FloatArray
    power1: FloatArray
    power2: FloatArray
    count: FloatArray

    def correlation(self) -> FloatArray:
        """The FSC, float64 (shells,); 0 where a map has no power."""
        scale = np.sqrt(self.power1 * self.power2)
        return np.divide(self.cross, scale, out=np.zeros(len(scale)), where=scale > 0)


def truth_correlation(fsc: FloatArray) -> FloatArray:
    """How the mean of two half maps correlates with the truth, as their FSC lets expect: sqrt(2 FSC / (1 + FSC)).

    Source: Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745.

    Args:
        fsc: any shape; below 0 it is taken for 0.

    Returns:
        Of that shape, 0 to 1.
    """
    positive = np.clip(fsc, 0, 1)
    found: FloatArray = np.sqrt(2 * positive / (1 + positive))
    return found


def global_fsc(
    half1: FloatArray, half2: FloatArray, voxel_size: VoxelSize, mask: Array | None = None, workers: int = -1
) -> ShellCorrelation:
    """The FSC of two maps in shells as wide as one Fourier voxel of the map's longest edge.

    Args:
        half1: float (z, y, x).
        half2: float (z, y, x).
        voxel_size: Å, one number or (z, y, x).
        mask: (z, y, x), the mask that both maps are multiplied by, after their mean within it is subtracted; it needs a
            soft edge, as a hard one would itself correlate (see ``masks.soft_edge``). None for the maps as they are.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        The curve.

    Raises:
        ValueError: if the shapes differ.
    """
    sums = shell_sums(half1, half2, voxel_size, mask, workers)
    return ShellCorrelation(sums.frequency, sums.correlation())


def shell_sums(
    map1: FloatArray, map2: FloatArray, voxel_size: VoxelSize, mask: Array | None = None, workers: int = -1
) -> ShellSums:
    """The sums that an FSC is computed from: over the coefficients of two maps in the shells of ``global_fsc``.

    Args:
        map1: float (z, y, x).
        map2: float (z, y, x).
        voxel_size: Å, one number or (z, y, x).
        mask: the mask that both maps are multiplied by, as for ``global_fsc``.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        The sums.

    Raises:
        ValueError: if the shapes differ.
    """
    if map1.shape != map2.shape or (mask is not None and mask.shape != map1.shape):
        mask_shape = None if mask is None else mask.shape
        raise ValueError(f"maps of shapes {map1.shape} and {map2.shape} in a mask of {mask_shape}: they differ")
    one, two = (scipy.fft.rfftn(_masked(data, mask), workers=workers) for data in (map1, map2))
    return sums_of_spectra(one, two, map1.shape, voxel_size)


def sums_of_spectra(one: ComplexArray, two: ComplexArray, shape: Sequence[int], voxel_size: VoxelSize) -> ShellSums:
    """The sums of ``shell_sums`` over Fourier coefficients that are there already.

    Args:
        one: ``rfftn`` of the first map, complex (z, y, x // 2 + 1).
        two: ``rfftn`` of the second map.
        shape: the maps' (z, y, x).
        voxel_size: Å, one number or (z, y, x).

    Returns:
        The sums.
    """
    planes = (
        ((plane1 * plane2.conj()).real, np.square(np.abs(plane1)), np.square(np.abs(plane2)))
        for plane1, plane2 in zip(one, two, strict=True)
    )
    frequency, count, (cross, power1, power2) = sums_in_shells(shape, voxel_triple(voxel_size), planes)
    return ShellSums(frequency, cross, power1, power2, count)


def _masked(data: FloatArray, mask: Array | None) -> FloatArray:
    data = np.asarray(data, np.float32)
    if mask is None:
        return data - data.mean(dtype=float).astype(np.float32)
    weight = np.asarray(mask, np.float32)
    mean = np.float32(np.vdot(data, weight) / max(weight.sum(dtype=float), 1e-12))
    return (data - mean) * weight
