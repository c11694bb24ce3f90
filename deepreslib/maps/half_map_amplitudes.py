"""The radial amplitudes of two half maps: how one's differ from the other's, and a filter that makes them alike.

The two half maps of a refinement have the same scale and fall off alike. Where one was scaled, sharpened or filtered
afterwards, they differ by a smooth function of the frequency, which is fitted where both hold signal.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier.arrays import BoolArray, FloatArray, VoxelSize
from deepreslib.fourier.fsc import CUTOFF, ShellSums
from deepreslib.fourier.grid import voxel_triple

RIGHT = 0.05
"""Scales that differ by less than this share are right as they are."""

RIGHT_FALL = 0.08
"""Amplitudes whose ratio stays within this share of its mean, from the lowest frequency to the resolution, fall off
alike."""

_LEAST_COUNT = 20
_SHELLS_OF_DEGREE = (1, 5, 9, 16)
_SDS = 4.0
_FILTERED = 0.05
_STEEP = 0.7


@dataclass(frozen=True)
class AmplitudeRatio:
    """The first map's amplitude divided by the second's.

    Attributes:
        finest: 1/Å, up to which it was fitted; beyond, it stays what it is there.
        coefficients: of a polynomial of (frequency / finest)², its logarithm, the highest power first.
        error: SD of that logarithm, at most.
        scale: the ratio's geometric mean over the Fourier coefficients, those that correlate best counted most.
    """

    finest: float
    coefficients: tuple[float, ...]
    error: float
    scale: float

    def logarithm(self, frequency: FloatArray) -> FloatArray:
        """The logarithm of the ratio.

        Args:
            frequency: 1/Å, any shape.

        Returns:
            float of ``frequency``'s shape.
        """
        return np.polyval(self.coefficients, np.square(np.minimum(frequency / self.finest, 1)))

    @property
    def _values(self) -> FloatArray:
        return self.logarithm(np.linspace(0, self.finest, 33))

    @property
    def ends(self) -> tuple[float, float]:
        """The ratio at frequency 0 and at the finest."""
        values = self._values
        return math.exp(float(values[0])), math.exp(float(values[-1]))

    @property
    def is_right(self) -> bool:
        """Whether the amplitudes are alike."""
        return self.is_scale and abs(math.log(self.scale)) < max(RIGHT, _SDS * self.error)

    @property
    def is_scale(self) -> bool:
        """Whether one factor makes them alike."""
        values = self._values
        return float(np.abs(values - values.mean()).max()) < max(RIGHT_FALL, _SDS * self.error)


def amplitude_ratio(sums: ShellSums, coarser: float | None = None, filled: float = 1.0) -> AmplitudeRatio | None:
    """Fits the ratio of two half maps' amplitudes, by shells, in the frequencies at which they correlate.

    Args:
        sums: over their Fourier coefficients.
        coarser: Å; only shells coarser than this are used, None for all.
        filled: the share of the box that the maps fill; so many of their coefficients are independent.

    Returns:
        The ratio; None where too little correlates.
    """
    correlated = _correlated(sums)
    if coarser is not None:
        correlated &= sums.frequency < 1 / coarser
    if not correlated.any():
        return None
    fsc = np.clip(sums.correlation()[correlated], 0, 1)
    logarithm = 0.5 * np.log(sums.power1[correlated] / sums.power2[correlated])
    finest = float(sums.frequency[correlated][-1])
    degree = sum(correlated.sum() >= count for count in _SHELLS_OF_DEGREE) - 1
    square = np.square(sums.frequency[correlated] / finest)
    # The variance of half the logarithm of a ratio of two powers whose coefficients correlate by the FSC; a hundredth
    # is added, as neighbouring coefficients depend on each other and no fit is perfect.
    variance = (1 - fsc**2 + 0.01) / (sums.count[correlated] * filled)
    design = np.vander(square, degree + 1) / np.sqrt(variance)[:, None]
    coefficients, *_ = np.linalg.lstsq(design, logarithm / np.sqrt(variance), rcond=None)
    residual = logarithm / np.sqrt(variance) - design @ coefficients
    spare = len(residual) - degree - 1
    excess = max(1.0, float(np.square(residual).sum()) / spare) if spare else 1.0
    ends = np.vander(np.array([0.0, 0.5, 1.0]), degree + 1)
    covariance = np.linalg.inv(design.T @ design) * excess
    error = math.sqrt(float(np.einsum("ij,jk,ik->i", ends, covariance, ends).max()))
    scale = math.exp(float(np.average(logarithm, weights=1 / variance)))
    return AmplitudeRatio(finest, tuple(coefficients.tolist()), error, scale)


def cut_off(sums: ShellSums) -> tuple[float | None, float | None]:
    """Where a map, and it alone, loses its power at once, as a low-pass filter does it.

    Args:
        sums: over the Fourier coefficients of both half maps.

    Returns:
        For each map the resolution beyond which it has next to no power while the other has, Å; None if there is none.
    """
    empty = (sums.power1 == 0) & (sums.power2 == 0)
    amplitude1, amplitude2 = (np.where(empty, 1.0, np.sqrt(power)) for power in (sums.power1, sums.power2))
    with np.errstate(divide="ignore"):
        return _drop(amplitude1 / amplitude2, sums), _drop(amplitude2 / amplitude1, sums)


def matched(data: FloatArray, voxel_size: VoxelSize, ratio: AmplitudeRatio, workers: int | None = -1) -> FloatArray:
    """The second map with the first map's amplitudes.

    Args:
        data: the second map, float32 (z, y, x).
        voxel_size: Å.
        ratio: of the first map's amplitudes to the second's.
        workers: threads of the Fourier transforms, -1 for all.

    Returns:
        float32 (z, y, x).
    """
    if ratio.is_scale:
        return data * np.float32(ratio.scale)
    spectrum = scipy.fft.rfftn(data, workers=workers)
    (nz, ny, nx), (dz, dy, dx) = data.shape, voxel_triple(voxel_size)
    across = np.square(np.fft.fftfreq(ny, dy))[:, None] + np.square(np.fft.rfftfreq(nx, dx))
    for plane, height in zip(spectrum, np.fft.fftfreq(nz, dz), strict=True):
        plane *= np.exp(ratio.logarithm(np.sqrt(across + height**2))).astype(np.float32)
    return scipy.fft.irfftn(spectrum, data.shape, workers=workers, overwrite_x=True)


def _correlated(sums: ShellSums) -> BoolArray:
    """The shells from the first on in which the maps correlate, less those of few coefficients or without power."""
    fsc = sums.correlation()
    below = np.flatnonzero(fsc[1:] < CUTOFF) + 1
    stop = int(below[0]) if len(below) else len(fsc)
    usable = (sums.count >= _LEAST_COUNT) & (sums.power1 > 0) & (sums.power2 > 0)
    usable[0] = False
    usable[stop:] = False
    return usable


def _drop(ratio: FloatArray, sums: ShellSums) -> float | None:
    """Where the ratio of amplitudes falls to next to nothing within a few shells, Å."""
    inner = ratio[1 : max(3, len(ratio) // 8)]
    level = float(np.median(inner[np.isfinite(inner)])) if np.isfinite(inner).any() else 0.0
    if not level > 0:
        return None
    low = ratio < _FILTERED * level
    if not low[-1] or low.all():
        return None
    first = len(low) - int(np.argmin(low[::-1]))
    half = np.flatnonzero(ratio[:first] > 0.5 * level)
    if not len(half) or half[-1] < _STEEP * first:
        return None
    return float(1 / sums.frequency[first])
