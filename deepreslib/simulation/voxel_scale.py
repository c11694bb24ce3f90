"""Which voxel size fits an atomic structure best: the scale at which map and model density correlate most.

A map of a wrong voxel size is a right map, stretched; so the structure fits it at another scale. The model is computed
on the map's grid as if its voxels were larger or smaller, about the structure's centre; where it lies is searched anew
at each scale, since a stretched map moves all that is not in its origin. A B factor of the whole map is refined with
the scale: without it, a model that is sharper than the map fits best if it is too small.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.optimize import minimize_scalar

from deepreslib import memory
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import Box, ComplexArray, FloatArray
from deepreslib.fourier.fsc import ShellSums, sums_of_spectra
from deepreslib.fourier.grid import fast_length
from deepreslib.maps import DensityMap, checks
from deepreslib.simulation import model_map
from deepreslib.structures import AtomicStructure

SCALES = (0.94, 1.06)
"""The scales that are looked at."""

STEP = 0.02
"""From one to the next, before the best is refined."""

B_FACTORS = np.arange(-300.0, 601.0, 25.0)
"""Å², those that are tried."""

MARGIN = 12.0
"""Å; so much of the map around the structure is looked at."""

SHIFT = 12.0
"""Å; the structure may lie so far from where its file says."""

_PRECISION = 5e-4
_NEEDED = 60


@dataclass(frozen=True)
class VoxelScale:
    """The scale that fits best.

    Attributes:
        scale: the right voxel size divided by the map's.
        correlation: of map and model there.
        b_factor: Å², of the map against the model.
    """

    scale: float
    correlation: float
    b_factor: float


def best_scale(density_map: DensityMap, structure: AtomicStructure, finest: float) -> VoxelScale:
    """The scale at which a structure fits a map best.

    Args:
        density_map: the map.
        structure: fitted into it.
        finest: Å; finer detail is not looked at.

    Returns:
        The scale, between ``SCALES``.

    Raises:
        InputError: the structure lies outside the map.
    """
    checks.check_estimable(density_map)
    size = float(np.mean(density_map.voxel_size))
    positions = structure.positions - np.array(density_map.origin[::-1])
    box = _box(density_map, positions, size, structure.name)
    data = density_map.data[box].astype(np.float32)
    memory.check(_NEEDED * data.size, f"fitting {structure.name} to {density_map.name}")
    start = np.array([side.start for side in box[::-1]]) * size
    weight = _window(data.shape)
    level = float(np.median(data))
    spectrum = scipy.fft.rfftn((data - level) / max(float(data.std()), 1e-30) * weight)
    passed = filters.frequencies(data.shape, size) <= 1 / finest
    spectrum *= passed
    centre = positions.mean(0) - start
    known: dict[float, tuple[float, float]] = {}

    def correlation(scale: float) -> float:
        moved = (positions - start - centre) + centre * scale
        model = model_map.density(structure, moved, data.shape, size * scale, structure.b_factors.clip(0, 300))
        found = scipy.fft.rfftn(model * weight)
        found *= passed
        known[scale] = _best_b_factor(_aligned(spectrum, found, data.shape, size), data.shape, size)
        return known[scale][0]

    tried = np.arange(SCALES[0], SCALES[1] + STEP / 2, STEP)
    best = float(tried[int(np.argmax([correlation(float(scale)) for scale in tried]))])
    low, high = max(best - STEP, SCALES[0]), min(best + STEP, SCALES[1])
    minimize_scalar(lambda scale: -correlation(float(scale)), bounds=(low, high), options={"xatol": _PRECISION})
    scale = max(known, key=lambda each: known[each][0])
    return VoxelScale(scale, *known[scale])


def _box(density_map: DensityMap, positions: FloatArray, size: float, name: str) -> Box:
    """The part of the map around the structure."""
    sides = []
    for axis, count in enumerate(density_map.data.shape):
        along = positions[:, 2 - axis] / size
        first = max(math.floor(along.min() - MARGIN / size), 0)
        last = min(math.ceil(along.max() + MARGIN / size) + 1, count)
        if last - first < 8 or along.mean() < 0 or along.mean() > count:
            raise InputError(f"{name} lies outside of {density_map.name}; give a structure that was fitted into it.")
        wanted = fast_length(last - first)
        first = max(min(first, count - wanted), 0)
        sides.append(slice(first, min(first + wanted, count)))
    z, y, x = sides
    return z, y, x


def _window(shape: tuple[int, ...]) -> FloatArray:
    """1 in the middle, falling to 0 at the faces."""
    along = []
    for count in shape:
        width = max(round(0.1 * count), 2)
        depth = np.minimum(np.arange(count) + 0.5, np.arange(count)[::-1] + 0.5)
        along.append(0.5 - 0.5 * np.cos(np.pi * np.minimum(depth / width, 1)))
    z, y, x = along
    return (z[:, None, None] * y[:, None] * x).astype(np.float32)


def _aligned(one: ComplexArray, other: ComplexArray, shape: tuple[int, ...], size: float) -> ShellSums:
    """Sums over shells of two spectra, the second moved to where it fits best within ``SHIFT``."""
    amplitudes = np.sqrt(np.abs(one) * np.abs(other))
    cross = one * other.conj()
    overlap = scipy.fft.irfftn(cross / np.maximum(amplitudes, 1e-20), shape)
    distance = [np.abs(scipy.fft.fftfreq(count, 1 / count)) * size for count in shape]
    far = np.square(distance[0])[:, None, None] + np.square(distance[1])[:, None] + np.square(distance[2]) > SHIFT**2
    overlap[far] = -np.inf
    peak = np.unravel_index(int(np.argmax(overlap)), shape)
    offset = [_between(overlap, peak, axis) for axis in range(3)]
    phases = [
        np.exp(-2j * np.pi * frequencies * place).astype(np.complex64)
        for frequencies, place in zip(
            (scipy.fft.fftfreq(shape[0]), scipy.fft.fftfreq(shape[1]), scipy.fft.rfftfreq(shape[2])),
            offset,
            strict=True,
        )
    ]
    moved = other * phases[0][:, None, None] * phases[1][:, None] * phases[2]
    return sums_of_spectra(one, moved, shape, size)


def _between(values: FloatArray, peak: tuple[np.intp, ...], axis: int) -> float:
    """The place of a peak along an axis, between voxels, by a parabola."""
    count = values.shape[axis]
    here = list(peak)
    heights = []
    for step in (-1, 0, 1):
        here[axis] = (peak[axis] + step) % count
        heights.append(float(values[tuple(here)]))
    below, top, above = heights
    bend = below - 2 * top + above
    if not np.isfinite(bend) or bend >= 0:
        return float(peak[axis])
    return float(peak[axis] + 0.5 * (below - above) / bend)


def _best_b_factor(sums: ShellSums, shape: tuple[int, ...], size: float) -> tuple[float, float]:
    """The greatest correlation over the B factors of the second map, and that B factor, Å²."""
    weights = np.exp(-0.25 * B_FACTORS[:, None] * np.square(sums.frequency))
    top = weights @ sums.cross
    bottom = np.sqrt(np.maximum(sums.power1.sum() * (np.square(weights) @ sums.power2), 1e-30))
    best = int(np.argmax(top / bottom))
    return float((top / bottom)[best]), float(B_FACTORS[best])
