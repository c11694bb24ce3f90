"""Radial shells of Fourier space: which shell each coefficient of ``rfftn`` lies in, and sums over them.

Shells are one Fourier voxel of the map's longest edge wide; shell k is centred at k times that width. Every method
here keeps its own precision (float32 or float64 radii) and its own order of addition, since published numbers and
trained networks depend on them to the last digit.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from deepreslib.fourier.arrays import Array, FloatArray, IntArray, Triple, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.fourier.slabs import radii


def mirror_counts(columns: int, count: int) -> FloatArray:
    """How many coefficients of the full transform each column of ``rfftn`` stands for.

    ``rfftn`` leaves out the mirror images of all columns but the first and, where the map has an even number of
    voxels along x, the last.

    Args:
        columns: of ``rfftn``, along x.
        count: voxels of the map along x.

    Returns:
        float64 (columns,), 1 or 2.
    """
    counts = np.full(columns, 2.0)
    counts[0] = 1
    if count % 2 == 0:
        counts[-1] = 1
    return counts


def shell_numbers(z: FloatArray, y: FloatArray, x: FloatArray) -> Iterator[IntArray]:
    """The shell of every coefficient, plane by plane, as whole arrays of numbers would take more memory than the map.

    Args:
        z: components along z of the coefficients' frequencies, float64, in widths of a shell.
        y: their components along y.
        x: their components along x.

    Yields:
        int (y, x), for each component along z.
    """
    across = y[:, None] ** 2 + x**2
    for height in z:
        yield np.rint(np.sqrt(across + height**2)).astype(int)


def add_in_shells(planes: Iterable[Sequence[Array]], shells: Iterable[IntArray], count: int) -> FloatArray:
    """Sums of quantities over the coefficients in each shell, plane by plane.

    Args:
        planes: for each plane the quantities to be summed, each (y, x).
        shells: for each plane the shell of every coefficient, int (y, x), below ``count``.
        count: number of shells.

    Returns:
        float64 (quantities, count).
    """
    totals: FloatArray = np.zeros(1)
    for quantities, shell in zip(planes, shells, strict=True):
        numbers = shell.ravel()
        totals = totals + np.array([np.bincount(numbers, quantity.ravel(), count) for quantity in quantities])
    return totals


def sums_in_shells(
    shape: Sequence[int], sizes: Triple, planes: Iterable[Sequence[Array]]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums over all Fourier coefficients of a map, mirror images included, in shells up to Nyquist's frequency.

    Args:
        shape: the map's (z, y, x).
        sizes: voxel size, Å (z, y, x).
        planes: for each plane of ``rfftn``, the quantities (y, x // 2 + 1) to be summed.

    Returns:
        The shells' centres from 0 up to Nyquist's frequency, float64 (shells,), 1/Å; how many coefficients each has,
        float64 (shells,); the sums, float64 (quantities, shells).
    """
    width = 1 / max(count * size for count, size in zip(shape, sizes, strict=True))
    shells = math.floor(0.5 / max(sizes) / width + 1e-6) + 1
    z, y, x = (np.fft.fftfreq(count, size) / width for count, size in zip(shape, sizes, strict=True))
    x = x[: shape[2] // 2 + 1]
    mirrored = np.broadcast_to(mirror_counts(len(x), shape[2]), (len(y), len(x)))
    weighted = ([mirrored, *(mirrored * quantity for quantity in quantities)] for quantities in planes)
    up_to_nyquist = (np.minimum(numbers, shells) for numbers in shell_numbers(z, y, x))
    totals = add_in_shells(weighted, up_to_nyquist, shells + 1)[:, :shells]
    return np.arange(shells) * width, totals[0], totals[1:]


def mean_in_shells(
    planes: Iterable[FloatArray], shape: Sequence[int], voxel_size: VoxelSize
) -> tuple[float, FloatArray]:
    """The mean over each shell of a quantity of all Fourier coefficients, by radii in float32.

    Args:
        planes: float32 (y, x // 2 + 1) for each coefficient along z, of the coefficients of ``rfftn``.
        shape: the map's (z, y, x).
        voxel_size: Å, one number or (z, y, x).

    Returns:
        A shell's width, 1/Å; the means, float64 (shells,), the last shell being at Nyquist's frequency.
    """
    sizes = voxel_triple(voxel_size)
    width = 1.0 / max(n * size for n, size in zip(shape, sizes, strict=True))
    nyquist = round(0.5 / max(sizes) / width)
    mirrored = mirror_counts(shape[2] // 2 + 1, shape[2]).astype(np.float32)
    count: FloatArray = np.zeros(nyquist + 2)
    total: FloatArray = np.zeros(nyquist + 2)
    for plane, frequency in zip(planes, radii(shape, sizes), strict=True):
        shell = np.minimum(np.rint(frequency / np.float32(width)), nyquist + 1).astype(np.int32).ravel()
        count += np.bincount(shell, np.broadcast_to(mirrored, plane.shape).ravel(), nyquist + 2)
        total += np.bincount(shell, (plane * mirrored).ravel(), nyquist + 2)
    return width, total[: nyquist + 1] / np.maximum(count[: nyquist + 1], 1)
