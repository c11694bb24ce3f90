"""Where a map ends in Fourier space: the last shell whose amplitude stands above the floor that a low-pass filter left.

A filtered map holds nothing beyond its filter but rounding, and what a mask put on it afterwards carries there. So its
radial amplitude falls as from a cliff, much more steeply than signal falls by a B factor and merges with noise. The
question is that of mtriage's d99 (Afonine et al. 2018, Acta Cryst. D74, 814-840), beyond which coefficients add
nothing to the map; but d99 compares whole maps, and in an unsharpened one the fine detail adds nothing long before the
filter. A fall by itself depends on neither sharpening nor scale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from deepreslib import memory
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.shells import sums_in_shells
from deepreslib.maps import DensityMap

LEAST_FALL = 8.0
"""By how much the amplitude must fall within ``WITHIN`` to be a cliff."""

WITHIN = 1.25
"""The fall is measured from one frequency to so many times it, at least over ``FEWEST`` shells."""

FEWEST = 3

STEEPER = 2.2
"""A cliff falls so many times as steeply, in logarithms, as the spectrum before it: a B factor makes that 1.6 times."""

ABOVE = 0.1
"""The end is the last shell whose amplitude is more than this share of the one before the cliff, and stands above the
floor."""

FLOOR = 2.0
"""So many times the floor stands above it."""

TAPER = 0.15
"""Share of the box, at each face, over which the map is made to fade, as Fourier space takes a box for periodic."""

_NEEDED = 9


@dataclass(frozen=True)
class Spectrum:
    """The radial amplitude of a map.

    Attributes:
        frequency: float64 (shells,), 1/Å, from 0 to Nyquist's frequency.
        amplitude: float64 (shells,), the root of a shell's mean power, divided by the greatest.
    """

    frequency: FloatArray
    amplitude: FloatArray

    @classmethod
    def from_dict(cls, entry: Mapping[str, Sequence[float]]) -> "Spectrum":
        """The spectrum in a report.

        Args:
            entry: with ``frequency`` and ``amplitude``.
        """
        return cls(np.asarray(entry["frequency"], float), np.asarray(entry["amplitude"], float))


@dataclass(frozen=True)
class MapEnd:
    """Where a map ends.

    Attributes:
        resolution: Å; twice the voxel size if the spectrum goes on to Nyquist's frequency.
        bound: Å, the next shell, in which nothing is left; the same if there is none.
        is_filtered: whether it ends before Nyquist's frequency.
        fall: by how much the amplitude falls at the cliff; 1 if there is none.
    """

    resolution: float
    bound: float
    is_filtered: bool
    fall: float

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> "MapEnd":
        """The end in a report.

        Args:
            line: of evidence about it, from JSON.
        """
        return cls(line["value"], line["next_shell"], line["filtered"], line["fall"])


def spectrum_and_end(density_map: DensityMap, workers: int = -1) -> tuple[Spectrum, MapEnd]:
    """The spectrum of a map and where it ends.

    A filter's edge is sharpest in the box as it is if the whole box was filtered last; but in a part that was cut out
    afterwards, a step from one face to the other hides the edge unless the map is made to fade at its faces. The deeper
    fall counts.

    Args:
        density_map: the map.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        The spectrum in which the end is seen best, and the end.
    """
    spectra = [radial_amplitude(density_map, workers, fades) for fades in (True, False)]
    return max(((spectrum, find_end(spectrum)) for spectrum in spectra), key=lambda found: found[1].fall)


def radial_amplitude(density_map: DensityMap, workers: int = -1, fades: bool = True) -> Spectrum:
    """The radial amplitude of a whole map, in shells as wide as one Fourier voxel of its longest edge.

    Args:
        density_map: the map.
        workers: threads of the Fourier transform, -1 for all.
        fades: whether the map is made to fade to 0 at the faces of the box.

    Returns:
        The spectrum.
    """
    data = density_map.data
    memory.check(_NEEDED * data.size, f"the spectrum of {density_map.name}")
    level = float(np.mean([data.take(side, axis).mean(dtype=float) for axis in range(3) for side in (0, -1)]))
    unit = max(float(data.max()) - level, level - float(data.min())) or 1.0
    along_z, along_y, along_x = (_taper(count) if fades else np.ones(count) for count in data.shape)
    scaled = np.empty(data.shape, np.float32)
    for plane, values, weight in zip(scaled, data, along_z, strict=True):
        plane[...] = (values.astype(float) - level) / unit * (weight * along_y[:, None] * along_x)
    spectrum = scipy.fft.rfftn(scaled, workers=workers, overwrite_x=True)
    planes = ((np.square(np.abs(plane).astype(float)),) for plane in spectrum)
    frequency, count, (power,) = sums_in_shells(data.shape, density_map.voxel_size, planes)
    amplitude = np.sqrt(power / np.maximum(count, 1))
    return Spectrum(frequency, amplitude / (amplitude[1:].max() or 1.0))


def _taper(count: int) -> FloatArray:
    """1 in the middle of an axis, falling to 0 at both faces: a step from one face to the other hides a filter."""
    width = max(round(TAPER * count), 2)
    depth = np.minimum(np.arange(count) + 0.5, np.arange(count)[::-1] + 0.5)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(depth / width, 1))


def find_end(spectrum: Spectrum) -> MapEnd:
    """Where a spectrum ends.

    Args:
        spectrum: from :func:`radial_amplitude`.

    Returns:
        The end.
    """
    frequency = spectrum.frequency
    last = len(frequency) - 1
    finest = float(1 / frequency[-1])
    nyquist = MapEnd(finest, finest, False, 1.0)
    if last < 4 * FEWEST:
        return nyquist
    height = np.log(np.maximum(spectrum.amplitude, 1e-12))
    numbers = np.arange(last + 1)
    start = np.maximum(np.minimum((numbers / WITHIN).astype(int), numbers - FEWEST), 0)
    fall = height[start] - height
    before = height[start[start]] - height[start]
    width = np.maximum(numbers - start, 1) / np.maximum(start - start[start], 1)
    expected = np.maximum(before, 0) * width
    is_cliff = (fall > np.log(LEAST_FALL)) & (fall > STEEPER * expected) & (start[start] >= 2)
    if not is_cliff.any():
        return nyquist
    steepest = int(np.flatnonzero(is_cliff)[np.argmax((fall - expected)[is_cliff])])
    top = height[start[steepest]]
    if (height[steepest:] > top + np.log(ABOVE)).any():  # what rises again is no end
        return nyquist
    floor = float(np.median(height[steepest:]))
    least = max(top + np.log(ABOVE), floor + np.log(FLOOR))
    end = start[steepest] + int(np.flatnonzero(height[start[steepest] : steepest + 1] > least)[-1])
    bound = float(1 / frequency[min(end + 1, last)])
    return MapEnd(float(1 / frequency[end]), bound, True, float(np.exp(fall[steepest])))
