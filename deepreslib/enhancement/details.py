"""Whether two maps show the same details, and if not, whether one of them is mirrored or moved.

At low resolution any two molecules of one size at one place look alike, and a small one looks like its mirror image;
their details do not. Each shell of both maps is brought to the same strength first, so that neither a B factor nor the
strongest shell decides. Measured in maps of 24 to 64 voxels: 0.9 and more between a map and itself, sharpened or masked
in whatever way; 0.6 and less between it and its mirror image, or another of the same form.

Arrays are (z, y, x); resolutions are in Å.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.enhancement.noise import DETAIL, SOFT_EDGE
from deepreslib.fourier import filters, fsc
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.maps import DensityMap, masks

ALIKE = 0.8
"""Correlation of the coarser details from which two maps are alike, whatever became of the finer ones."""

SURE = 0.9
"""Correlation of all details from which no other pose need be tried."""

LEAST = 0.4
"""Correlation of all details below which two maps are not alike; of few details it must be higher."""

FEWEST = 60
"""Independent coefficients, about, that tell something."""

FADED = 0.01
"""Details that are weaker than this share of what they are in the other map were filtered away."""

BETTER = 0.2
"""By so much another pose must correlate better than the maps as they are."""


@dataclass(frozen=True)
class Likeness:
    """How well the details of two maps correlate within a mask.

    Attributes:
        correlation: of all details that both maps have, -1 to 1.
        coarse: the greatest correlation of the details from the coarsest up to any limit.
        count: independent coefficients, about.
    """

    correlation: float
    coarse: float
    count: float

    @property
    def least(self) -> float:
        """The correlation below which the maps are not alike."""
        return min(LEAST + 2 / math.sqrt(max(self.count / 2, 1.0)), ALIKE)

    @property
    def alike(self) -> bool:
        """Whether the maps show the same, as far as details tell it; True where there are too few."""
        return self.count < FEWEST or self.coarse >= ALIKE or self.correlation >= self.least

    @property
    def sure(self) -> bool:
        """Whether they agree so well, or have so few details, that another pose cannot agree better."""
        return self.count < FEWEST or self.correlation >= SURE


class Details:
    """The details of a map within a mask, with which others are compared.

    Attributes:
        density_map: the map.
        soft: the mask with a soft edge.
    """

    def __init__(self, density_map: DensityMap, mask: BoolArray, resolution: float) -> None:
        """Looks for the details, between ``DETAIL`` (or twice the resolution) and the resolution.

        Args:
            density_map: the map.
            mask: bool (z, y, x).
            resolution: Å.
        """
        self.density_map = density_map
        shape, sizes = density_map.data.shape, density_map.voxel_size
        self.soft = masks.soft_edge(mask, SOFT_EDGE / min(sizes))
        frequency = filters.frequencies(shape, sizes)
        self._low, self._high = 1 / max(DETAIL, 2 * resolution), 1 / resolution
        self._band: BoolArray = (frequency > self._low) & (frequency <= self._high)
        edge = max(count * size for count, size in zip(shape, sizes, strict=True))
        self._shells: IntArray = np.rint(frequency * edge).astype(np.int32)
        self._coarse = max(round(self._low * edge), 1)
        squares = np.square(self.soft, dtype=float)
        self._filled = float(squares.sum() ** 2 / np.square(squares).sum() / squares.size)
        self._own, self._strength, _ = self._evened(density_map.data)

    def likeness(self, data: FloatArray) -> Likeness:
        """How well a map's details agree with these.

        Args:
            data: the other map on the same grid.
        """
        evened, _, kept = self._evened(data, self._strength)
        return self._compare(self._limited(kept), evened, kept)

    def other_pose(self, data: FloatArray) -> str | None:
        """How a map is mirrored or moved that agrees clearly better without that, in words; None if it is not.

        Args:
            data: the other map on the same grid.
        """
        evened, _, kept = self._evened(data, self._strength)
        own = self._limited(kept)
        given = self._compare(own, evened, kept)
        within = scipy.fft.rfftn(own * self.soft, workers=-1)
        poses = []
        for mirrored in itertools.product((False, True), repeat=3):
            product = within * scipy.fft.rfftn(_turned(evened, mirrored), workers=-1).conj()
            correlation: FloatArray = scipy.fft.irfftn(product, evened.shape, workers=-1)
            place = np.unravel_index(correlation.argmax(), evened.shape)
            shift = [int(at) - size * int(2 * at > size) for at, size in zip(place, evened.shape, strict=True)]
            if any(mirrored) or any(shift):
                poses.append((float(correlation[place]), mirrored, shift))
        _, mirrored, shift = max(poses)
        found = self._compare(own, np.roll(_turned(evened, mirrored), shift, (0, 1, 2)), kept)
        if found.count < FEWEST or found.correlation < max(given.correlation + BETTER, found.least):
            return None
        return self._in_words(mirrored, shift)

    def _in_words(self, mirrored: tuple[bool, ...], shift: Sequence[int]) -> str:
        if any(mirrored):
            names = [name for name, is_so in zip("xyz", mirrored[::-1], strict=True) if is_so]
            return f"mirrored along {' and '.join(names)}"
        moved = [-each * size for each, size in zip(shift, self.density_map.voxel_size, strict=True)]
        return f"moved by {', '.join(f'{each:.3g}' for each in moved[::-1])} Å along x, y, z"

    def _compare(self, own: FloatArray, evened: FloatArray, kept: BoolArray) -> Likeness:
        """The correlation of two maps whose shells are even, in the shells that are kept."""
        sums = fsc.shell_sums(own, evened, self.density_map.voxel_size, self.soft)
        power = np.sqrt(sums.power1 * sums.power2)
        used = kept[: len(power)] & (sums.frequency > self._low) & (sums.frequency <= self._high) & (power > 0)
        if not used.any():
            return Likeness(0.0, 0.0, 0.0)
        cross, counts = sums.cross[used] / power[used], sums.count[used] * self._filled
        reached = np.cumsum(counts)
        means = np.cumsum(cross * counts) / reached
        enough = reached >= min(FEWEST, reached[-1])
        return Likeness(float(means[-1]), float(means[enough].max()), float(reached[-1]))

    def _limited(self, kept: BoolArray) -> FloatArray:
        """This map's details in the shells that are kept, since the mask carries others over into them."""
        return self._own if kept[self._shells[self._band]].all() else filters.transfer(self._own, kept[self._shells])

    def _evened(self, data: FloatArray, other: FloatArray | None = None) -> tuple[FloatArray, FloatArray, BoolArray]:
        """A map's details, all shells equally strong; how strong the shells were; and which have not faded."""
        spectrum = scipy.fft.rfftn(data, workers=-1)
        power = np.bincount(self._shells.ravel(), np.square(np.abs(spectrum), dtype=float).ravel())
        strength: FloatArray = np.sqrt(power / np.maximum(np.bincount(self._shells.ravel()), 1))
        kept: BoolArray = strength > 0
        if other is not None:
            ratio = np.divide(strength, other, out=np.zeros_like(other), where=other > 0)
            kept &= ratio >= FADED * np.median(ratio[1 : self._coarse + 1])
        gain = np.divide(1.0, strength, out=np.zeros_like(strength), where=kept)
        weights = np.where(self._band, gain[self._shells], 0).astype(np.float32)
        evened: FloatArray = scipy.fft.irfftn(spectrum * weights, data.shape, workers=-1)
        return evened.astype(np.float32), strength, kept


def _turned(data: FloatArray, mirrored: tuple[bool, ...]) -> FloatArray:
    """A map mirrored along some of z, y and x."""
    return np.flip(data, [axis for axis in range(3) if mirrored[axis]])
