"""Radial profiles of windows: how strong a map is at each frequency around a place, 13 numbers a window.

A window has 25³ voxels of 1 Å, is centred on its voxel 12 and has no taper. Its profile is the mean magnitude of its
Fourier coefficients, scaled so that the transform keeps the sum of squares ("ortho"), in the shells floor(radius) = 0
to 12 of the whole sphere. Point 0 is the magnitude of the window's mean alone; the others hold the frequencies from
i / 25 to (i + 1) / 25 per Å.

Sources: Jakobi, Wilmanns & Sachse 2017 (eLife 6, e27131) for scaling by windows; Bot 2023 (thesis, TU Delft), sections
3 and 5, for profiles as a network's input. LocScale differs: it averages over one octant, interpolates gains at i / 25,
which is half a shell low, and takes 26 voxels at 1 Å. The frequencies in the thesis' figures (0.0769, 0.1122 ... 0.5)
are 13 even steps from 1/13 to 1/2, and not where the points of its profiles lie.

Arrays are (z, y, x); a window's coefficients are sorted by shell, shape (windows, coefficients).
"""

from collections.abc import Iterator

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import Array, ComplexArray, FloatArray, IntArray

WINDOW = 25
"""Voxels of a window along each axis."""

CENTRE = WINDOW // 2
"""The voxel of a window at its centre, along each axis."""

SPACING = 1.0
"""Å, edge of a window's voxels."""

SHELLS = CENTRE + 1
"""Points of a profile."""

AT_ONCE = 256
"""Windows that are transformed together: 32 MB of coefficients."""

LEAST = 1e-12
"""Magnitudes are taken for at least this before their logarithm."""


def _shell_radii() -> FloatArray:
    """Radius of each coefficient of a window's real transform: float64 (25, 25, 13), in units of 1 / 25 Å."""
    full, half = scipy.fft.fftfreq(WINDOW, 1 / WINDOW), np.arange(CENTRE + 1)
    radii: FloatArray = np.sqrt(full[:, None, None] ** 2 + full[:, None] ** 2 + half**2)
    return radii


_RADII = _shell_radii()

SHELL_NUMBERS: IntArray = np.floor(_RADII + 1e-9).astype(int)
"""Shell of each coefficient of a window's real transform, (25, 25, 13); those in the corners are greater than 12."""

_COPIES = np.where(np.arange(CENTRE + 1) == 0, 1.0, 2.0) * np.ones(_RADII.shape)
_SORTED = np.argsort(SHELL_NUMBERS.ravel(), kind="stable")
_SORTED = _SORTED[SHELL_NUMBERS.ravel()[_SORTED] < SHELLS]
_STARTS = np.searchsorted(SHELL_NUMBERS.ravel()[_SORTED], np.arange(SHELLS))
_WEIGHTS = _COPIES.ravel()[_SORTED].astype(np.float32)

COUNTS: FloatArray = np.add.reduceat(_WEIGHTS.astype(float), _STARTS)
"""Coefficients of the whole sphere in each shell, (13,)."""

FREQUENCY: FloatArray = np.add.reduceat(_WEIGHTS * _RADII.ravel()[_SORTED], _STARTS) / COUNTS / (WINDOW * SPACING)
"""Mean frequency of each shell, 1/Å, (13,): 0, 0.057, 0.096, 0.137 ... 0.498."""


class Windows:
    """The windows of a map with voxels of 1 Å; those that reach beyond it see its level there.

    Attributes:
        shape: of the map (z, y, x).
        padded: float32, the map above its level, with half a window of 0 around it: the window of a voxel begins at the
            voxel's own numbers.
    """

    def __init__(self, data: FloatArray, level: float = 0.0) -> None:
        """Lays the level around the map.

        Args:
            data: float32 (z, y, x), voxels of 1 Å.
            level: the value of its solvent, with which it goes on beyond its faces. It is taken off everywhere, so
                that point 0 of a profile does not hang on a map's offset.
        """
        self.shape = data.shape
        self.padded: FloatArray = np.pad(data, CENTRE).astype(np.float32, copy=False)
        if level:
            self.padded[(slice(CENTRE, -CENTRE),) * 3] -= np.float32(level)
        self._views = np.lib.stride_tricks.sliding_window_view(self.padded, (WINDOW,) * 3)

    def spectra(self, centres: IntArray) -> ComplexArray:
        """The coefficients of windows.

        Args:
            centres: int (windows, 3), voxels (z, y, x) of the map.

        Returns:
            complex64 (windows, coefficients), sorted by shell, for :func:`shell_sums` and the functions that use it.
        """
        found = scipy.fft.rfftn(self._views[tuple(np.asarray(centres).T)], axes=(1, 2, 3), norm="ortho")
        sorted_by_shell: ComplexArray = found.reshape(len(found), -1)[:, _SORTED]
        return sorted_by_shell

    def batches(self, centres: IntArray) -> Iterator[tuple[slice, ComplexArray]]:
        """The coefficients of many windows, some at a time.

        Args:
            centres: int (windows, 3).

        Yields:
            Which of the windows, and their coefficients.
        """
        for first in range(0, len(centres), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            yield part, self.spectra(centres[part])

    def profiles(self, centres: IntArray) -> FloatArray:
        """The profiles of many windows.

        Args:
            centres: int (windows, 3).

        Returns:
            float32 (windows, 13).
        """
        found = np.empty((len(centres), SHELLS), np.float32)
        for part, spectra in self.batches(centres):
            found[part] = profile(spectra)
        return found


def shell_sums(values: Array) -> Array:
    """Sums over the shells of the whole sphere.

    Args:
        values: (windows, coefficients), real, as ``Windows.spectra`` sorts them.

    Returns:
        (windows, 13).
    """
    sums: Array = np.add.reduceat(values * _WEIGHTS, _STARTS, axis=1)
    return sums


def profile(spectra: ComplexArray) -> Array:
    """The profile of windows: their mean magnitude in each shell.

    Args:
        spectra: (windows, coefficients).

    Returns:
        float32 (windows, 13).
    """
    return (shell_sums(np.abs(spectra)) / COUNTS).astype(np.float32)


def power(spectra: ComplexArray) -> Array:
    """The power of windows, summed over each shell: float32 (windows, 13)."""
    return shell_sums(np.square(spectra.real) + np.square(spectra.imag))


def cross_power(one: ComplexArray, other: ComplexArray) -> Array:
    """The common power of windows of two maps, Σ Re(one · conj other) of each shell: float32 (windows, 13)."""
    return shell_sums(one.real * other.real + one.imag * other.imag)


def logarithm(magnitudes: Array) -> Array:
    """The natural logarithm of magnitudes, those of 0 taken for ``LEAST``: float32 of the same shape."""
    return np.log(np.maximum(magnitudes, LEAST)).astype(np.float32)
