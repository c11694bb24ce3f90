"""Whether two half maps lie upon each other: of one hand, in one place, with the same axes, of one contrast.

All this is seen at low resolution, so both maps are looked at on a coarse grid, where it is quick to try every way in
which a box can be mirrored or its axes exchanged, and every shift by one cross-correlation.

What a right pair must show differs from map to map: noise in the solvent lowers the correlation of whole boxes. So
the correlation that is expected is found first. The solvent shows how strong the noise is, and what the molecule has
above it must be the same in both half maps.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.fourier.arrays import Array, BoolArray, ComplexArray, FloatArray, IntArray, Shape, Triple
from deepreslib.fourier.grid import crop_spectrum, fast_length
from deepreslib.fourier.shells import mirror_counts

COARSE_GRID = 5.0
"""Å, the coarse grid's voxel size, unless more than ``LARGEST_EDGE`` voxels would be needed."""

LARGEST_EDGE = 64
"""Voxels, the longest edge of the coarse grid."""

BAND = (40.0, 20.0)
"""Å; where half maps must correlate: below lie the molecule's size and solvent, beyond it noise may be strong."""

FINE_BAND = 10.0
"""Å, down to which poses are compared."""

AS_IT_IS = (0, 1, 2), (False, False, False)
"""Axes and mirroring of a map that is left alone."""

_COARSEST_SIZES = 8
_SMOOTHING = 16.0
_SOLVENT_PERCENTILE = 25
_NEWTON_STEPS = 6


@dataclass(frozen=True)
class Pose:
    """A way to lay the second half map upon the first, and how well they then correlate.

    Attributes:
        axes: for z, y and x the axis of the second map that is laid there.
        mirrored: whether it is then mirrored along z, y and x.
        correlation: between the maps so laid, -1 to 1, at the shift at which it is strongest.
        noise: SD of the correlation over all shifts.
    """

    axes: tuple[int, int, int]
    mirrored: tuple[bool, bool, bool]
    correlation: float
    noise: float

    @property
    def other_hand(self) -> bool:
        """Whether it changes the hand."""
        swaps = sum(self.axes[i] > self.axes[j] for i in range(3) for j in range(i + 1, 3))
        return (swaps + sum(self.mirrored)) % 2 == 1

    def __str__(self) -> str:
        """What is to be done to the second map, such as "the second is mirrored along x"."""
        along = " and ".join(name for name, is_so in zip("xyz", self.mirrored[::-1], strict=True) if is_so)
        if self.axes == (0, 1, 2):
            return f"the second is mirrored along {along}"
        exchanged = "the second's axes x, y, z are taken as " + ", ".join("zyx"[axis] for axis in self.axes[::-1])
        return f"{exchanged} and then mirrored along {along}" if along else exchanged


@dataclass(frozen=True)
class BandCorrelation:
    """How two half maps correlate in a band, as they are.

    Attributes:
        value: -1 to 1.
        expected: what it should be, as far as the solvent tells; 0 where there is none to compare with.
        error: SD of the value by chance.
    """

    value: float
    expected: float
    error: float


@dataclass(frozen=True)
class Alignment:
    """How two half maps lie upon each other.

    Attributes:
        low: their correlation from 40 to 20 Å.
        fine: their correlation from 20 to 10 Å.
        filled: the share of the box that the molecule fills, or its noise where that is strong.
        given: the pose as it is, its correlation down to 10 Å without any shift.
        best: of all other poses, at any shift.
        second: the next best.
        shift: Å (z, y, x), from the first map to the second, where they correlate best as they are.
        shift_error: Å, SD of the shift's components, at most.
        correlation_shifted: of the maps at that shift, 40 to 20 Å.
        peak: the highest correlation down to 10 Å of the maps as they are, at any shift.
        waves: the box's shortest edge / 40 Å.
    """

    low: BandCorrelation
    fine: BandCorrelation
    filled: float
    given: Pose
    best: Pose
    second: Pose
    shift: Triple
    shift_error: float
    correlation_shifted: float
    peak: float
    waves: float


class CoarseMap:
    """The low frequencies of a map, and what is needed to compare them with another map's of the same grid.

    Attributes:
        shape: of the coarse grid.
        sizes: its voxel sizes, Å (z, y, x).
        spectrum: ``rfftn`` on it.
    """

    def __init__(self, spectrum: ComplexArray, shape: Shape, sizes: Triple) -> None:
        """Crop a spectrum.

        Args:
            spectrum: ``rfftn`` of the map.
            shape: the map's (z, y, x).
            sizes: its voxel sizes, Å (z, y, x).
        """
        lengths = [count * size for count, size in zip(shape, sizes, strict=True)]
        target = max(COARSE_GRID, max(lengths) / LARGEST_EDGE)
        z, y, x = (
            min(count, fast_length(math.ceil(length / target))) for count, length in zip(shape, lengths, strict=True)
        )
        self.shape: Shape = z, y, x
        dz, dy, dx = (length / count for length, count in zip(lengths, self.shape, strict=True))
        self.sizes: Triple = dz, dy, dx
        self.spectrum = crop_spectrum(spectrum, shape, self.shape)


class _Bands:
    """The shells of the coarse grid and the two bands in which maps are compared."""

    def __init__(self, coarse: CoarseMap, voxel_size: Triple) -> None:
        shape, sizes = coarse.shape, coarse.sizes
        self.shape, self.sizes = shape, sizes
        self.z, self.y, self.x = (np.fft.fftfreq(count, size) for count, size in zip(shape, sizes, strict=True))
        self.x = np.abs(self.x[: shape[2] // 2 + 1])
        radius = np.sqrt(self.z[:, None, None] ** 2 + self.y[:, None] ** 2 + self.x**2)
        self.edge = max(count * size for count, size in zip(shape, sizes, strict=True))
        self.shells: IntArray = np.rint(radius * self.edge).astype(int)
        self.counts = np.broadcast_to(mirror_counts(len(self.x), shape[2]), radius.shape)
        self.coarsest = max(BAND[0], _COARSEST_SIZES * max(voxel_size))
        last = math.floor(0.5 / max(sizes) * self.edge * 0.98)
        first = min(max(2, round(self.edge / self.coarsest)), last)
        self.low = self._between(first, min(max(math.floor(self.edge * 2 / self.coarsest), first + 1), last))
        self.wide = self._between(first, min(max(math.floor(self.edge / FINE_BAND), first + 1), last))
        self.fine = self.wide & ~self.low

    def _between(self, first: int, last: int) -> BoolArray:
        return (self.shells >= first) & (self.shells <= last)

    def flattened(self, spectrum: ComplexArray, band: BoolArray) -> ComplexArray:
        """A band of a map's spectrum, each shell divided by the root of its amplitude: half-way to white.

        White, the noise of the many fine coefficients would hide the molecule; as it is, a few coarse ones would.
        """
        shells = self.shells.ravel()
        total = np.bincount(shells, (self.counts * np.square(np.abs(spectrum))).ravel())
        power = total / np.maximum(np.bincount(shells, self.counts.ravel()), 1)
        gain = np.where(power > 0, np.maximum(power, 1e-300), 1.0) ** -0.25
        return np.where(band, spectrum * gain[self.shells], 0)

    def cross_correlation(self, one: ComplexArray, other: ComplexArray) -> FloatArray:
        """The correlation of two maps at every shift, (z, y, x)."""
        norm = math.sqrt(self.sum(np.square(np.abs(one))) * self.sum(np.square(np.abs(other))))
        product = scipy.fft.irfftn(one * other.conj(), self.shape)
        return product * (math.prod(self.shape) / norm) if norm > 0 else np.zeros(self.shape)

    def turned(self, shift: Sequence[float]) -> ComplexArray:
        """The phases that move a map back by a shift in Å (z, y, x)."""
        dz, dy, dx = (-2j * np.pi * distance for distance in shift)
        return np.exp(dz * self.z)[:, None, None] * np.exp(dy * self.y)[:, None] * np.exp(dx * self.x)

    def correlation_at(self, one: ComplexArray, other: ComplexArray, shift: Sequence[float]) -> float:
        """The correlation of two maps when the second lies ``shift`` (Å, z, y, x) beyond the first."""
        norm = math.sqrt(self.sum(np.square(np.abs(one))) * self.sum(np.square(np.abs(other))))
        return self.sum((one * other.conj() * self.turned(shift)).real) / norm if norm > 0 else 0.0

    def sum(self, values: Array) -> float:
        """The sum over all coefficients, mirror images included."""
        return float((self.counts * values).sum())


def align(map1: CoarseMap, map2: CoarseMap, voxel_size: Triple, constant: BoolArray) -> Alignment:
    """How two half maps lie upon each other.

    Args:
        map1: the first.
        map2: the second, on the same coarse grid.
        voxel_size: Å (z, y, x), of the maps themselves.
        constant: bool (z, y, x), where they are masked away, in blocks of any size that share the box evenly.

    Returns:
        The correlation as they are, the one expected, and the best of what was tried.
    """
    bands = _Bands(map1, voxel_size)
    support = _support(bands, constant)
    low1, low2 = (bands.flattened(coarse.spectrum, bands.low) for coarse in (map1, map2))
    low, filled = _in_band(bands, low1, low2, bands.low, support)
    fine1, fine2 = (bands.flattened(coarse.spectrum, bands.fine) for coarse in (map1, map2))
    fine, _ = _in_band(bands, fine1, fine2, bands.fine, support)
    one, other = (bands.flattened(coarse.spectrum, bands.wide) for coarse in (map1, map2))
    as_it_is = bands.cross_correlation(one, other)
    poses = sorted(_other_poses(bands, one, other), key=lambda pose: pose.correlation, reverse=True)
    shift, error = _shift(bands, one, other, as_it_is)
    return Alignment(
        low=low,
        fine=fine,
        filled=filled,
        given=Pose(*AS_IT_IS, float(as_it_is[0, 0, 0]), float(as_it_is.std())),
        best=poses[0],
        second=poses[1],
        shift=shift,
        shift_error=error / math.sqrt(filled),
        correlation_shifted=bands.correlation_at(low1, low2, shift),
        peak=float(as_it_is.max()),
        waves=min(count * size for count, size in zip(map1.shape, map1.sizes, strict=True)) / bands.coarsest,
    )


def _in_band(
    bands: _Bands, one: ComplexArray, other: ComplexArray, band: BoolArray, support: BoolArray
) -> tuple[BandCorrelation, float]:
    """The correlation of two maps in a band, and the share of the box that they fill there."""
    energies = [_local_energy(bands, each, support) for each in (one, other)]
    expected = math.sqrt(math.prod(max(_above_solvent(energy[support]), 0) for energy in energies))
    # A molecule that fills a part of the box has so many fewer independent coefficients.
    filled = min(_filled(energy) for energy in energies)
    chance = math.sqrt(2 / max(bands.sum(band) * filled, 1))
    return BandCorrelation(bands.correlation_at(one, other, (0.0, 0.0, 0.0)), expected, chance), filled


def _local_energy(bands: _Bands, spectrum: ComplexArray, support: BoolArray) -> FloatArray:
    """The mean square of a band of a map around each voxel that is not masked away; 0 elsewhere.

    The square is averaged over the unmasked voxels alone, so that noise is even up to a mask's edge.
    """
    square = np.square(scipy.fft.irfftn(spectrum, bands.shape))
    width = _SMOOTHING * bands.coarsest / BAND[0]
    weight = _smoothed(support.astype(np.float32), width, bands.sizes)
    energy = _smoothed(square * support, width, bands.sizes)
    return np.divide(energy, weight, out=np.zeros_like(energy), where=support)


def _support(bands: _Bands, constant: BoolArray) -> BoolArray:
    """Where maps are not masked away, on the coarse grid; everywhere if they are constant all over."""
    z, y, x = (np.arange(count) * blocks // count for count, blocks in zip(bands.shape, constant.shape, strict=True))
    support = ~constant[np.ix_(z, y, x)]
    return support if support.any() else np.ones(bands.shape, bool)


def _smoothed(data: FloatArray, width: float, sizes: Triple) -> FloatArray:
    """A map smoothed by a Gaussian of an SD in Å."""
    smoothed: FloatArray = scipy.ndimage.gaussian_filter(data, [width / size for size in sizes], mode="wrap")
    return smoothed


def _above_solvent(energies: FloatArray) -> float:
    """The share of the energy that is not spread evenly over the unmasked part of the box, as the noise is."""
    mean = float(energies.mean())
    return 1 - float(np.percentile(energies, _SOLVENT_PERCENTILE)) / mean if mean > 0 else 0.0


def _filled(energy: FloatArray) -> float:
    """The share of the box that the energy fills."""
    square = float(np.square(energy).mean())
    return float(energy.mean()) ** 2 / square if square > 0 else 1.0


def _other_poses(bands: _Bands, one: ComplexArray, other: ComplexArray) -> Iterator[Pose]:
    """Every exchange and mirroring of axes that keeps the grid, but for the pose as it is."""
    data = scipy.fft.irfftn(other, bands.shape)
    grid = [(count, round(size, 3)) for count, size in zip(bands.shape, bands.sizes, strict=True)]
    for z, y, x in itertools.permutations(range(3)):
        if [grid[z], grid[y], grid[x]] != grid:
            continue
        for up, along, across in itertools.product((False, True), repeat=3):
            pose = (z, y, x), (up, along, across)
            if pose == AS_IT_IS:
                continue
            turned = np.flip(data.transpose(z, y, x), np.flatnonzero(pose[1]).tolist())
            correlation = bands.cross_correlation(one, scipy.fft.rfftn(turned))
            yield Pose(*pose, float(correlation.max()), float(correlation.std()))


def _shift(bands: _Bands, one: ComplexArray, other: ComplexArray, correlation: FloatArray) -> tuple[Triple, float]:
    """The shift from one map to the other where they correlate best, to a fraction of a voxel, and its SD."""
    peak = np.unravel_index(int(correlation.argmax()), correlation.shape)
    start = np.array(
        [
            -((int(place) + count // 2) % count - count // 2) * size
            for place, count, size in zip(peak, bands.shape, bands.sizes, strict=True)
        ]
    )
    z, y, x = np.nonzero(bands.wide & (one != 0))
    waves = 2 * np.pi * np.stack([bands.z[z], bands.y[y], bands.x[x]])
    product = (one * other.conj() * bands.counts)[z, y, x]
    shift, hessian, error = start, np.zeros((3, 3)), math.inf
    for _ in range(_NEWTON_STEPS):
        turned = product * np.exp(-1j * (shift @ waves))
        hessian = -(waves * turned.real) @ waves.T
        if not np.linalg.eigvalsh(hessian)[-1] < 0:
            shift = start
            break
        step = np.linalg.solve(hessian, waves @ turned.imag)
        shift = shift - step * min(1.0, bands.sizes[0] / max(float(np.abs(step).max()), 1e-9))
    else:
        scatter = waves * (product * np.exp(-1j * (shift @ waves))).imag
        inverse = np.linalg.inv(hessian)
        error = math.sqrt(float(np.diag(inverse @ (scatter @ scatter.T) @ inverse).max()))
    up, along, across = shift.tolist()
    return (up, along, across), error
