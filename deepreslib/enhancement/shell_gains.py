"""Shells of windows multiplied by gains that vary in space, without a window being transformed.

LocScale's definition: a voxel gets the value at the centre of its window after the window's shells are multiplied by
13 gains; coefficients beyond the last shell get its gain. With h_i the inverse Fourier transform of shell i's indicator
on the grid of a window, that value is Σ gain_i(x) · (map ∗ h_i)(x). So 13 filters and one weighted sum take the place
of all windows, and are equal to them on a grid of windows' voxels. On other grids the filters are applied at the same
physical frequencies: the result is that of the definition for the part of the map within Nyquist's frequency of a
window's grid along each axis, and what lies beyond, if the map is sampled more finely, gets the last gain.

Source: Jakobi, Wilmanns & Sachse 2017, eLife 6, e27131, for the definition.

Arrays are (z, y, x); gains are given by their natural logarithms.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import scipy.fft

from deepreslib.enhancement.gain_lattice import GainLattice, Planes, slices
from deepreslib.enhancement.map_region import MapRegion, RegionAxis
from deepreslib.enhancement.profiles import CENTRE, SHELL_NUMBERS, SHELLS, WINDOW
from deepreslib.fourier.arrays import Box, ComplexArray, FloatArray

LAST = SHELLS - 1
"""The shell whose gain holds beyond it too."""

PLANES_VOXELS = 1 << 20
"""Voxels, about, that are worked on at a time by each thread."""


def threads(workers: int) -> int:
    """How many threads ``workers`` asks for: -1 is one for each core."""
    return workers if workers > 0 else os.cpu_count() or 1


def apply_gains(
    values: FloatArray, region: MapRegion, box: Box, lattice: GainLattice, log_gains: FloatArray, workers: int = -1
) -> FloatArray:
    """Multiplies the shells of a map's windows by gains.

    Takes the memory of two arrays of the region's coefficients besides the values and the result.

    Args:
        values: float32 of the region's shape, the map above its level, from ``MapRegion.read``.
        region: where they come from; it goes on beyond the box by half a window at least.
        box: of the map, whose voxels are wanted.
        lattice: of places, made for that box.
        log_gains: float32 (places, 13).
        workers: threads, -1 for all.

    Returns:
        float32 of the box's shape.
    """
    total = _Total(values, region, box)
    filters = ShellFilters(region)
    spread = lattice.spread(np.ascontiguousarray(log_gains, np.float32))
    count = threads(workers)
    spectrum = scipy.fft.rfftn(values, workers=count)
    product = np.empty_like(spectrum)
    thickness = max(1, PLANES_VOXELS // (region.shape[1] * region.shape[2]))
    with ThreadPoolExecutor(count) as pool:
        for shell in range(SHELLS):
            factors = lattice.planes(np.ascontiguousarray(spread[..., shell]))
            columns = None
            if shell != LAST:
                multiply = partial(_multiply, spectrum, filters.planes(shell), product)
                _finish(pool.map(multiply, slices(len(product), thickness)))
                columns = scipy.fft.ifft(product, axis=0, workers=count, overwrite_x=True)
            _finish(pool.map(partial(total.add, factors, columns), slices(len(total.scaled), thickness)))
    return total.scaled


class _Total:
    """The weighted sum of the filtered maps as it grows, and what is left of the map for the last shell.

    Attributes:
        scaled: float32 of the box's shape, the sum.
    """

    def __init__(self, values: FloatArray, region: MapRegion, box: Box) -> None:
        self._sides = z, y, x = region.inside(box)
        self._columns = region.shape[2]
        self._rest = values[z, y, x].copy()
        self.scaled = np.zeros(self._rest.shape, np.float32)

    def add(self, factors: Planes, columns: ComplexArray | None, planes: slice) -> None:
        """Adds the part of a shell in some planes of the box.

        Args:
            factors: the logarithms of its gains.
            columns: complex64 (z, y, x // 2 + 1), its coefficients, transformed back along z, which are overwritten;
                None for what is left.
            planes: a slice of z.
        """
        part = self._rest[planes]
        if columns is not None:
            z, y, x = self._sides
            lines = columns[z.start + planes.start : z.start + planes.stop]
            lines = scipy.fft.ifft(lines, axis=1, overwrite_x=True)[:, y]
            filtered = scipy.fft.irfft(lines, self._columns, overwrite_x=True)[:, :, x]
            part -= filtered
            part = filtered
        gains = factors(planes)
        np.exp(gains, out=gains)
        gains *= part
        self.scaled[planes] += gains


class ShellFilters:
    """The transfer functions of the shells' filters for the coefficients of a region, some planes at a time."""

    def __init__(self, region: MapRegion) -> None:
        along_z, along_y, along_x = (_periods(axis) for axis in region.axes)
        self._z, self._y = _waves(along_z), _waves(along_y)
        self._x = _waves(along_x[: region.shape[2] // 2 + 1])

    def planes(self, shell: int) -> Callable[[slice], FloatArray]:
        """The transfer function of a shell: gives float32 (some z, y, x // 2 + 1) of a slice of z.

        Args:
            shell: 0 to 11; that of the last is what is missing in the others' sum to 1.
        """
        shells = SHELL_NUMBERS[: CENTRE + 1, : CENTRE + 1] == shell
        across = self._z @ shells.reshape(SHELLS, -1).astype(np.float32)
        across = across.reshape(-1, SHELLS, SHELLS)
        return lambda planes: self._y @ (across[planes] @ self._x.T)


def _multiply(
    spectrum: ComplexArray, transfer: Callable[[slice], FloatArray], product: ComplexArray, planes: slice
) -> None:
    np.multiply(spectrum[planes], transfer(planes), out=product[planes])


def _finish(results: Iterable[None]) -> None:
    """Waits for work in threads, and raises what it raised."""
    for _ in results:
        pass


def _periods(axis: RegionAxis) -> FloatArray:
    """The frequencies of an axis' coefficients, in periods for each voxel of the grid of windows: float64 (length,)."""
    return scipy.fft.fftfreq(axis.length, 1 / axis.length) / axis.windows


def _waves(periods: FloatArray) -> FloatArray:
    """How much of a wave the coefficients of a window hold along an axis.

    Args:
        periods: the wave's frequency, in periods for each voxel of the grid of windows.

    Returns:
        float32 (waves, 13), of coefficients 0 to 12, each but the first together with its mirror image; 0 for waves
        beyond Nyquist's frequency of that grid.
    """
    steps = periods[:, None] - np.arange(-CENTRE, CENTRE + 1) / WINDOW
    places = np.arange(1, CENTRE + 1)
    held = (1 + 2 * np.cos(2 * np.pi * steps[..., None] * places).sum(axis=-1)) / WINDOW
    held[np.abs(periods) > 0.5 + 1e-9] = 0
    waves = held[:, CENTRE:]
    waves[:, 1:] += held[:, CENTRE - 1 :: -1]
    return waves.astype(np.float32)
