"""What surrounds the molecule in a map, in numbers: sign, noise, what is constant, what reaches the box's faces.

Nothing here depends on the map's scale or offset. The map is looked at through blocks of about 4 Å and a few dozen
cubes, so that a large map takes hardly longer than a small one.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy import ndimage
from scipy.stats import median_abs_deviation

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps.boxes import box_around
from deepreslib.maps.density_map import DensityMap
from deepreslib.maps.masks import automatic_mask
from deepreslib.maps.rim import Rim, measure_rim

BLOCK = 4.0
"""Å, greatest edge of a block, unless the voxels are larger or the map is so large that it needs larger blocks."""

MOST_BLOCKS = 128
"""Greatest number of blocks along an axis."""

FEWEST_BLOCKS = 8
"""Least number of blocks along an axis, unless the map has fewer voxels."""

BLURS = (8.0, 16.0)
"""Å, full width at half height of the Gaussians by which noise and side chains are smoothed away."""

SHELL = (6.0, 30.0)
"""Å from the molecule: where its solvent is looked at."""

NEAR, FAR = (6.0, 12.0), (18.0, 30.0)
"""Å from the molecule: noise is as strong in the second range as in the first; the tails of a density are not."""

CUBE = (48.0, 24, 48)
"""Edge of the cubes whose spectra are measured: Å, and its least and greatest length in voxels."""

CUBES = 8
"""The greatest number of cubes of the molecule, and of the solvent."""

STRONG = 1e-2
"""Shells with more than this share of the strongest shell's power are compared between molecule and solvent."""

FINE = 0.6
"""They are compared from this share of the frequency of the last of them on."""

STILL = 1e-4
"""Voxels whose values differ from the most common, or the median, by less than this share of the molecule's SD are
still."""

RIPPLE = 2e-3
"""A voxel lies below the outside's value if it does so by more than this share of the molecule's SD: filters by which
simulated maps of Gaussian atoms are made leave ripples of 1e-3."""

MASK_SHARE = 0.25
"""If a greater share of the solvent is still, noise is looked for within the mask: 0.33 to 1 in maps that were masked,
up to 0.09 in simulated maps with the ripples of a filter."""

RIM_CUBE = 128
"""Voxels; the greatest edge of the part of the map in which it is looked for."""

WHITE_BANDS = ((0.2, 0.3), (0.3, 0.4), (0.4, 0.5), (0.55, 0.75))
"""Bands, 1/voxel; the last lies in the corners of Fourier space, beyond Nyquist's frequency."""

_FULL_WIDTH = 2 * math.sqrt(2 * math.log(2))
_EDGE = 6.0
_REACH = 10.0
_CENTRE = 64


@dataclass(frozen=True)
class Sign:
    """Whether the molecule's density lies above or below that of its surroundings.

    Attributes:
        contrast: -1 to 1; above 0 where what stands out of the level of the box's faces lies above it. Measured after
            smoothing by each of ``BLURS``; the value nearest to 0 of both, or 0 where they differ in sign.
        faces: for each of the six faces, how strongly the smoothed density varies on it, 0 to 1; 1 as in the molecule.
        skewness: of the density smoothed by the first of ``BLURS``.
        fine_skewness: of what this smoothing takes away, in the middle of the map.
        raw_skewness: of the map's values.
    """

    contrast: float
    faces: tuple[float, ...]
    skewness: float
    fine_skewness: float
    raw_skewness: float


@dataclass(frozen=True)
class Solvent:
    """The solvent around the molecule, within ``SHELL``.

    Attributes:
        constant: share of its voxels that have exactly the same value.
        deviation: SD of its voxels, divided by that of the molecule's.
        below: share of the map's other voxels, those of the molecule too, that lie below that value (above it if the
            contrast is inverted) by more than ``RIPPLE``.
        still: share of its voxels whose values differ from the most common, or from the median, by less than ``STILL``.
        fine_power: its power divided by the molecule's at the finest frequencies that are strong in the molecule; None
            if there is too little of either.
        unevenness: the greatest power of its spectrum in ``WHITE_BANDS`` divided by the least; 1 for white noise; None
            likewise.
        rim: what shows noise within the mask; None where less than ``MASK_SHARE`` of the solvent is still.
        lasting: how much the far solvent varies in most places, divided by the SD of the molecule's voxels; None if the
            box ends before.
        decay: the same of the near solvent divided by that of the far; about 1 for noise; None likewise.
    """

    constant: float
    deviation: float
    below: float
    still: float
    fine_power: float | None = None
    unevenness: float | None = None
    rim: Rim | None = None
    lasting: float | None = None
    decay: float | None = None


class Blocks:
    """A map seen through blocks: their means, in units of the map's SD above its mean.

    Attributes:
        edge: of a block, voxels.
        size: of a block, Å (z, y, x).
        means: float32 (z, y, x), of the blocks.
        samples: float64 (z, y, x), the first voxel of each block, in the same units.
    """

    def __init__(self, density_map: DensityMap) -> None:
        data = density_map.data
        edge = max(int(BLOCK / max(density_map.voxel_size)), math.ceil(max(data.shape) / MOST_BLOCKS))
        self.edge = edge = max(1, min(edge, min(data.shape) // FEWEST_BLOCKS))
        z, y, x = (edge * size for size in density_map.voxel_size)
        self.size = (z, y, x)
        means = _block_means(data, edge)
        samples = data[::edge, ::edge, ::edge][tuple(slice(count) for count in means.shape)].astype(np.float64)
        self.level, self.spread = float(means.mean()), float(samples.std()) or 1.0
        self.means = ((means - self.level) / self.spread).astype(np.float32)
        self.samples = (samples - self.level) / self.spread
        self._data = data

    def smoothed(self, width: float) -> FloatArray:
        """The blocks' means smoothed by a Gaussian of a full width at half height, Å."""
        return ndimage.gaussian_filter(self.means, [width / _FULL_WIDTH / size for size in self.size], mode="nearest")

    def cube(self, box: Box) -> FloatArray:
        """The voxels of a box of blocks, float64, in the same units."""
        z, y, x = (slice(side.start * self.edge, side.stop * self.edge) for side in box)
        return (self._data[z, y, x].astype(np.float64) - self.level) / self.spread


def measure_sign(blocks: Blocks) -> Sign:
    """The sign of the molecule's density.

    Args:
        blocks: of the map.
    """
    smoothed = [blocks.smoothed(width) for width in BLURS]
    contrasts, faces = zip(*(_contrast_and_faces(values) for values in smoothed), strict=True)
    same_sign = min(contrasts) > 0 or max(contrasts) < 0
    data = blocks.cube(_centre(blocks))
    sigmas = [BLURS[0] / _FULL_WIDTH * blocks.edge / size for size in blocks.size]
    fine = data - ndimage.gaussian_filter(data, sigmas, mode="nearest")
    return Sign(
        min(contrasts, key=abs) if same_sign else 0.0,
        faces[0],
        _skewness(smoothed[0]),
        _skewness(fine),
        _skewness(blocks.samples),
    )


def measure_solvent(blocks: Blocks, sign: float) -> Solvent | None:
    """The solvent around the molecule.

    Args:
        blocks: of the map.
        sign: 1, or -1 for a map of inverted contrast.

    Returns:
        The solvent; None if no molecule is found, or nothing lies around it.
    """
    turned = DensityMap(np.float32(sign) * blocks.means, blocks.size)
    try:
        mask = automatic_mask(turned)[0]
    except InputError:
        return None
    box = box_around(mask, [math.ceil(1.3 * SHELL[1] / size) for size in blocks.size])
    mask, samples = mask[box], sign * blocks.samples[box]
    distance = ndimage.distance_transform_edt(~mask, blocks.size)
    shell = (distance > SHELL[0]) & (distance <= SHELL[1])
    if np.count_nonzero(shell) < FEWEST_BLOCKS:
        return None
    values, counts = np.unique(samples[shell], return_counts=True)
    usual = values[counts.argmax()]
    varied = samples[samples != usual]
    spread = float(samples[mask].std()) or 1.0
    levels = (usual, np.median(samples[shell]))
    still = max(float(np.mean(np.abs(samples[shell] - level) <= STILL * spread)) for level in levels)
    molecule, solvent = (_spectrum(blocks, box, part) for part in (mask, shell))
    near, far = (_usual_deviation(samples[(distance > low) & (distance <= high)]) for low, high in (NEAR, FAR))
    return Solvent(
        float(counts.max() / counts.sum()),
        float(samples[shell].std() / spread),
        float(np.mean(varied < usual - RIPPLE * spread)) if len(varied) else 0.0,
        still,
        None if molecule is None or solvent is None else _fine_power(molecule, solvent),
        None if solvent is None else _unevenness(solvent),
        _rim(blocks, box, mask, distance, sign) if still > MASK_SHARE else None,
        None if far is None else far / spread,
        None if far is None or near is None else near / max(far, 1e-9),
    )


def _usual_deviation(values: FloatArray) -> float | None:
    """The SD of normally distributed values, by half of them: a few that differ do not count; None for too few."""
    return float(median_abs_deviation(values, scale="normal")) if len(values) >= FEWEST_BLOCKS else None


def _rim(blocks: Blocks, around: Box, mask: BoolArray, distance: FloatArray, sign: float) -> Rim:
    """What shows noise within the mask, in the cube that holds most of the molecule's surface.

    Args:
        blocks: of the map.
        around: the box of blocks in which the molecule and its surroundings lie.
        mask: bool, of the box's shape, the molecule.
        distance: Å from the molecule, of the box's shape.
        sign: 1, or -1 for a map of inverted contrast.
    """
    near = box_around(distance <= _REACH)
    mask = mask[near]
    surface = (distance[near] <= _REACH) & (ndimage.distance_transform_edt(mask, blocks.size) <= _REACH)
    counts = [min(max(RIM_CUBE // blocks.edge, 1), count) for count in surface.shape]
    cube = _fullest_boxes(surface.astype(float), counts)[0]
    places = zip(around, near, cube, strict=True)
    z, y, x = (slice(a.start + b.start + c.start, a.start + b.start + c.stop) for a, b, c in places)
    voxels = np.kron(mask[cube], np.ones((blocks.edge,) * 3, bool))
    size_z, size_y, size_x = (size / blocks.edge for size in blocks.size)
    return measure_rim(sign * blocks.cube((z, y, x)), voxels, (size_z, size_y, size_x))


def _block_means(data: FloatArray, edge: int) -> FloatArray:
    """Means of cubes of ``edge`` voxels, float64 (z, y, x); voxels at the end that fill no cube are left out."""
    nz, ny, nx = (count // edge for count in data.shape)
    means = np.empty((nz, ny, nx))
    for z in range(nz):
        slab = data[z * edge : (z + 1) * edge, : ny * edge, : nx * edge].mean(axis=0, dtype=np.float64)
        means[z] = slab.reshape(ny, edge, nx, edge).mean(axis=(1, 3))
    return means


def _centre(blocks: Blocks) -> Box:
    """The blocks in the middle of the map, at most ``_CENTRE`` voxels along each axis."""
    halves = [max(min(count, _CENTRE // blocks.edge) // 2, 1) for count in blocks.means.shape]
    z, y, x = (slice(n // 2 - half, n // 2 + half) for n, half in zip(blocks.means.shape, halves, strict=True))
    return z, y, x


def _contrast_and_faces(values: FloatArray) -> tuple[float, tuple[float, ...]]:
    """``Sign.contrast`` and ``Sign.faces`` of smoothed density."""
    faces = [values.take(side, axis) for axis in range(3) for side in (0, -1)]
    heights = values - np.median(np.concatenate([face.ravel() for face in faces]))
    top = float(np.percentile(np.abs(heights), 99.9))
    if not top > 0:
        return 0.0, (0.0,) * 6
    heights = np.clip(heights.astype(np.float64) / top, -1, 1)
    cubes = heights**3
    varying = [heights.take(side, axis) for axis in range(3) for side in (0, -1)]
    shares = tuple(float(np.percentile(np.abs(face), 90)) for face in varying)
    return float(cubes.sum() / np.abs(cubes).sum()), shares


def _skewness(values: FloatArray) -> float:
    """The mean cube of the values in SDs from their mean; 0 if they are all the same."""
    heights = values.astype(np.float64) - values.mean(dtype=np.float64)
    deviation = heights.std()
    return float(np.mean((heights / deviation) ** 3)) if deviation > 0 else 0.0


def _spectrum(blocks: Blocks, around: Box, part: BoolArray) -> FloatArray | None:
    """The mean power of a part of the map in shells, by cubes with a soft window.

    Args:
        blocks: of the map.
        around: the box of blocks in which the part lies.
        part: bool, of the box's shape.

    Returns:
        float64 (shells,); shell k is at k periods in a cube's edge, of which there are len(...) voxels; None if there
        is too little of the part.
    """
    weights = np.clip(ndimage.distance_transform_edt(part, blocks.size) / _EDGE, 0, 1)
    length, least, greatest = CUBE
    wanted = min(max(length / max(blocks.size) * blocks.edge, least), greatest)
    count = max(min(round(wanted) // blocks.edge, *part.shape), 1)
    edge = count * blocks.edge
    if edge < least // 2:
        return None
    window = np.sin(np.pi * (np.arange(edge) + 0.5) / edge) ** 2
    full, half = scipy.fft.fftfreq(edge, 1 / edge), scipy.fft.rfftfreq(edge, 1 / edge)
    shells = np.rint(np.sqrt(full[:, None, None] ** 2 + full[:, None] ** 2 + half**2)).astype(int).ravel()
    power, total = np.zeros(int(shells.max()) + 1), 0.0
    for cube in _fullest_boxes(weights, [count] * 3)[:CUBES]:
        soft = ndimage.zoom(weights[cube], blocks.edge, order=1, mode="nearest", grid_mode=True)
        soft *= window[:, None, None] * window[:, None] * window
        z, y, x = (slice(a.start + b.start, a.start + b.stop) for a, b in zip(around, cube, strict=True))
        data = blocks.cube((z, y, x))
        data = (data - np.average(data, weights=soft)) * soft
        power += np.bincount(shells, np.square(np.abs(scipy.fft.rfftn(data))).ravel(), len(power))
        total += np.square(soft).sum()
    return power / np.bincount(shells, minlength=len(power)) / total if total > 0 else None


def _fullest_boxes(weights: FloatArray, counts: Sequence[int]) -> list[Box]:
    """The boxes of so many blocks (z, y, x), half a box apart, that hold weight, the fullest first; none is empty."""
    sums = np.pad(weights.astype(float).cumsum(0).cumsum(1).cumsum(2), ((1, 0),) * 3)
    sides = list(zip(counts, weights.shape, strict=True))
    starts = [sorted({*range(0, size - n + 1, max(n // 2, 1)), size - n}) for n, size in sides]
    n_z, n_y, n_x = counts
    boxes = []
    for z, y, x in itertools.product(*starts):
        ends = sums[z : z + n_z + 1 : n_z, y : y + n_y + 1 : n_y, x : x + n_x + 1 : n_x]
        boxes.append((float(np.diff(np.diff(np.diff(ends, axis=0), axis=1), axis=2).item()), (z, y, x)))
    boxes.sort(reverse=True)
    least = max(0.02 * boxes[0][0], 1e-6)
    chosen = [place for weight, place in boxes if weight > least]
    return [(slice(z, z + n_z), slice(y, y + n_y), slice(x, x + n_x)) for z, y, x in chosen]


def _nyquist(spectrum: FloatArray) -> int:
    """The last shell within Nyquist's frequency: a spectrum goes on into the corners, to the root of 3 times it."""
    return int((len(spectrum) - 1) / math.sqrt(3))


def _fine_power(molecule: FloatArray, solvent: FloatArray) -> float | None:
    """``Solvent.fine_power`` of two spectra."""
    nyquist = min(_nyquist(molecule), _nyquist(solvent))
    if len(molecule) != len(solvent) or nyquist < 4:
        return None
    strong = molecule[: nyquist + 1] > STRONG * molecule[1 : nyquist + 1].max()
    last = int(np.flatnonzero(strong)[-1])
    shells = np.arange(max(2, math.ceil(FINE * last)), last + 1)
    shells = shells[strong[shells]]
    if not len(shells):
        return None
    ratios = np.maximum(solvent[shells], 1e-300) / molecule[shells]
    return float(np.exp(np.log(ratios).mean()))


def _unevenness(spectrum: FloatArray) -> float | None:
    """``Solvent.unevenness`` of a spectrum."""
    edge = 2 * _nyquist(spectrum)
    bands = [spectrum[round(low * edge) : round(high * edge)] for low, high in WHITE_BANDS]
    if not all(len(band) for band in bands):
        return None
    powers = [float(band.mean()) for band in bands]
    return max(powers) / min(powers) if min(powers) > 0 else math.inf
