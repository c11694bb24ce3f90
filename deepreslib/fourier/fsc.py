"""Global Fourier shell correlation (FSC) of two maps (Saxton & Baumeister 1982; cutoff 0.143 of Rosenthal & Henderson
2003, J. Mol. Biol. 333, 721-745)."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier import filters

CUTOFF = 0.143
"""The FSC of two half maps at which their mean correlates by 0.5 with the truth (Rosenthal & Henderson 2003)."""


@dataclass(frozen=True)
class ShellCorrelation:
    """An FSC curve.

    Attributes:
        frequency: float64 (shells,), the shells' centres from 0 up to Nyquist's frequency, 1/Å.
        correlation: float64 (shells,), the FSC, from -1 to 1; 0 where a map has nothing.
    """

    frequency: np.ndarray
    correlation: np.ndarray

    def resolution(self, cutoff=CUTOFF):
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

    def at(self, frequency):
        """The FSC at frequencies (1/Å, any shape), interpolated linearly; beyond the last shell that of the last."""
        return np.interp(frequency, self.frequency, self.correlation)


@dataclass(frozen=True)
class ShellSums:
    """Sums over the Fourier coefficients of two maps in shells.

    Attributes:
        frequency: float64 (shells,), the shells' centres from 0 up to Nyquist's frequency, 1/Å.
        cross: float64 (shells,), of one map's times the other's, real part.
        power1, power2: float64 (shells,), of the squares of each.
        count: float64 (shells,), how many coefficients a shell has.
    """

    frequency: np.ndarray
    cross: np.ndarray
    power1: np.ndarray
    power2: np.ndarray
    count: np.ndarray


def global_fsc(half1, half2, voxel_size, mask=None):
    """The FSC of two maps in shells as wide as one Fourier voxel of the map's longest edge.

    Args:
        half1: float (z, y, x).
        half2: float (z, y, x).
        voxel_size: Å, one number or (z, y, x).
        mask: (z, y, x), what both maps are multiplied by, less their mean in it; it needs a soft edge, as a hard one
            correlates with itself (see ``masks.soft_edge``). None for the maps as they are.

    Returns:
        a ``ShellCorrelation``.

    Raises:
        ValueError: if the shapes differ.
    """
    sums = shell_sums(half1, half2, voxel_size, mask)
    scale = np.sqrt(sums.power1 * sums.power2)
    return ShellCorrelation(sums.frequency, np.divide(sums.cross, scale, out=np.zeros(len(scale)), where=scale > 0))


def shell_sums(map1, map2, voxel_size, mask=None):
    """What an FSC is made of: ``ShellSums`` of two maps. Arguments and errors as of ``global_fsc``."""
    if map1.shape != map2.shape or (mask is not None and mask.shape != map1.shape):
        raise ValueError(f"maps of shapes {map1.shape} and {map2.shape} in a mask of {np.shape(mask)}: they differ")
    sizes = filters.voxel_triple(voxel_size)
    one, two = (scipy.fft.rfftn(_masked(each, mask), workers=-1) for each in (map1, map2))
    planes = (
        ((plane1 * plane2.conj()).real, np.square(np.abs(plane1)), np.square(np.abs(plane2)))
        for plane1, plane2 in zip(one, two, strict=True)
    )
    frequency, count, sums = sums_in_shells(map1.shape, sizes, planes)
    return ShellSums(frequency, *sums, count)


def sums_in_shells(shape, sizes, planes):
    """Sums over the Fourier coefficients of a map in shells as wide as one Fourier voxel of its longest edge.

    Args:
        shape: the map's (z, y, x).
        sizes: voxel size, Å (z, y, x).
        planes: for each plane of ``rfftn``, the quantities (y, x // 2 + 1) to be summed.

    Returns:
        (frequency, count, sums): float64 (shells,), the shells' centres from 0 up to Nyquist's frequency, 1/Å, and how
        many coefficients each has; float64 (quantities, shells).
    """
    width = 1 / max(count * size for count, size in zip(shape, sizes, strict=True))
    shells = math.floor(0.5 / max(sizes) / width + 1e-6) + 1
    z, y, x = (np.fft.fftfreq(count, size) / width for count, size in zip(shape, sizes, strict=True))
    across = y[:, None] ** 2 + x[: shape[2] // 2 + 1] ** 2
    twice = np.ones(across.shape) * 2  # rfftn leaves out the mirror images of all but two planes
    twice[:, 0] = 1
    if shape[2] % 2 == 0:
        twice[:, -1] = 1
    totals = 0
    for quantities, height in zip(planes, z, strict=True):
        shell = np.minimum(np.rint(np.sqrt(across + height**2)).astype(int), shells).ravel()
        totals = totals + np.array([np.bincount(shell, (twice * q).ravel(), shells + 1) for q in (1.0, *quantities)])
    count, *sums = totals[:, :shells]
    return np.arange(shells) * width, count, sums


def _masked(data, mask):
    data = np.asarray(data, np.float32)
    if mask is None:
        return data - data.mean(dtype=float).astype(np.float32)
    weight = np.asarray(mask, np.float32)
    mean = np.float32(np.vdot(data, weight) / max(weight.sum(dtype=float), 1e-12))
    return (data - mean) * weight
