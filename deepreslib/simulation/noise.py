"""Noise as reconstruction leaves it in half maps: its spectrum, where it lies, and how strong it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.fsc import CUTOFF

HELD_FSC = 0.9
"""The least FSC at low frequencies where noise is held below the signal (``held_factors``). At 0.7 the local FSC of
weak parts would fall below 0.5 there, and their local resolution would be that of the window."""


@dataclass(frozen=True)
class ReconstructionNoise:
    """Gaussian noise whose spectrum grows with frequency, is flat, falls or has a broad bump.

    When projections are evenly distributed, the share of particles that contributes at frequency s falls as 1/s, so
    noise power grows as s (slope 1); correction of the microscope's envelope raises it further. White noise has slope
    and rise 0. Noise falls (slope -1 to -3, or rise below 0) where ice and background dominate, after a regularised
    reconstruction, or a filter. A bump stands for what the correction of a narrow range of defocus leaves.

    Attributes:
        slope: exponent of the frequency in the noise's power.
        rise: the noise's amplitude is multiplied by exp(rise × (s / Nyquist)²).
        excess: amplitude in the molecule divided by that in the solvent, less 1; above 0 where particles differ, or
            where the solvent's noise was weakened: at 9 it has a tenth of the molecule's.
        sphere: radius of the soft spherical mask of the refinement, in units of half the box; None for no mask.
        bump: the noise's amplitude is multiplied by 1 + bump at the bump's centre; above -1, below 0 for a dip.
        bump_centre: its frequency, in units of Nyquist's.
        bump_width: SD of the Gaussian bump, in the same units.
    """

    slope: float = 1.0
    rise: float = 0.5
    excess: float = 0.0
    sphere: float | None = None
    bump: float = 0.0
    bump_centre: float = 0.4
    bump_width: float = 0.15

    @property
    def held(self) -> bool:
        """Whether the noise is held below the signal at frequencies lower than the resolution's (``held_factors``).

        Only noise that grows with frequency is sure to reach a molecule's signal at high frequencies first; and where
        it grows steeply, a mask carries it to lower ones.
        """
        return self.slope < 0 or not 0 <= self.rise <= 1 or self.bump != 0

    def weights(self, shape: Sequence[int], voxel_size: float) -> FloatArray:
        """Amplitude at every coefficient of a map's ``rfftn``.

        Args:
            shape: the map's (z, y, x).
            voxel_size: Å, one number.

        Returns:
            float32 (z, y, x // 2 + 1).
        """
        frequency = filters.frequencies(shape, voxel_size)
        return self.amplitude(frequency, voxel_size, max(shape) * voxel_size).astype(np.float32)

    def amplitude(self, frequency: FloatArray, voxel_size: float, edge: float) -> FloatArray:
        """Amplitude at frequencies; it levels off below 1/edge.

        Args:
            frequency: 1/Å, any shape.
            voxel_size: Å, one number.
            edge: Å, of the box.

        Returns:
            An array of ``frequency``'s shape.
        """
        relative = 2 * voxel_size * frequency
        amplitude: FloatArray = (relative + 2 * voxel_size / edge) ** (self.slope / 2)
        amplitude = amplitude * np.exp(self.rise * relative**2)
        if self.bump:
            distance = (relative - self.bump_centre) / self.bump_width
            amplitude = amplitude * (1 + self.bump * np.exp(-0.5 * distance**2))
        return amplitude

    def sphere_mask(self, shape: Sequence[int]) -> FloatArray | None:
        """The refinement's spherical mask, 1 inside and 0 outside with a cosine edge.

        Args:
            shape: the map's (z, y, x).

        Returns:
            float32 of ``shape``; None if the refinement had no mask.
        """
        if self.sphere is None:
            return None
        radius = self.sphere * min(shape) / 2
        z, y, x = (np.square(np.arange(n, dtype=np.float32) - n // 2) for n in shape)
        distance = np.sqrt(z[:, None, None] + y[:, None] + x)
        edge = max(0.06 * min(shape), 2.0)
        return 0.5 + 0.5 * np.cos(np.pi * np.clip((distance - radius) / edge, 0, 1))


def factor(
    signal_power: FloatArray,
    noise_power: FloatArray,
    frequency: FloatArray,
    resolution: float,
    cutoff: float = CUTOFF,
) -> float:
    """The factor that makes noise just strong enough for the half maps' FSC to fall to the cutoff at a resolution.

    The FSC of two half maps with signal power S and noise power N is S / (S + N). It must stay above the cutoff up to
    1/resolution, so the smallest S / N between 0.6/resolution and 1/resolution decides.

    Args:
        signal_power: (n,) mean power of the signal in shells.
        noise_power: (n,) mean power of the noise before it is multiplied, in the same shells.
        frequency: (n,) of the shells, 1/Å, rising.
        resolution: Å.
        cutoff: of the FSC.

    Returns:
        The factor of the noise's amplitude.
    """
    ratio = _smooth(signal_power) / _smooth(noise_power)
    deciding = (frequency > 0.6 / resolution) & (frequency <= 1 / resolution)
    if not deciding.any():
        deciding = np.arange(len(frequency)) == np.argmin(abs(frequency - 1 / resolution))
    return float(np.sqrt(ratio[deciding].min() * (1 - cutoff) / cutoff))


def held_factors(
    signal_power: FloatArray,
    noise_power: FloatArray,
    frequency: FloatArray,
    resolution: float,
    cutoff: float = CUTOFF,
) -> FloatArray:
    """Factors, one a shell, that make noise of any spectrum let the FSC fall to the cutoff at a resolution, not before.

    From 1/resolution on they are one number, which puts the FSC at the cutoff there. Below that frequency noise that
    would bring the FSC below ``least_fsc`` is weakened to that.

    Args:
        signal_power: (n,) mean power of the signal in shells.
        noise_power: (n,) mean power of the noise before it is multiplied, in the same shells.
        frequency: (n,) of the shells, 1/Å, rising.
        resolution: Å.
        cutoff: of the FSC.

    Returns:
        (n,), the factors of the noise's amplitude.
    """
    ratio = _smooth(signal_power) / _smooth(noise_power)
    at_resolution = np.exp(np.interp(1 / resolution, frequency, np.log(np.maximum(ratio, np.finfo(float).tiny))))
    least = least_fsc(frequency * resolution, cutoff)
    power = at_resolution * (1 - cutoff) / cutoff
    allowed = np.where(frequency * resolution < 1, ratio * (1 - least) / least, np.inf)
    return np.sqrt(np.minimum(power, allowed))


def least_fsc(relative: FloatArray, cutoff: float = CUTOFF) -> FloatArray:
    """The FSC that noise is held to: the cutoff at the resolution, rising to ``HELD_FSC`` at 0.4 times its frequency.

    Args:
        relative: frequency times resolution, any shape.
        cutoff: of the FSC.

    Returns:
        An array of ``relative``'s shape.
    """
    return cutoff + (HELD_FSC - cutoff) * np.clip((1 - relative) / 0.6, 0, 1)


def masked_power(weights: FloatArray, mask: FloatArray) -> FloatArray:
    """Expected power of noise at every coefficient after it was multiplied by a mask, which mixes frequencies.

    The covariance of the noise, which is the transform of its power, is multiplied by the mask's correlation with
    itself.

    Args:
        weights: amplitude of the noise at every coefficient of ``rfftn``, for white noise of SD 1 before.
        mask: float32 (z, y, x).

    Returns:
        float32 of the shape of ``weights``.
    """
    shape = mask.shape
    covariance = scipy.fft.irfftn(np.square(weights), shape)
    covariance *= scipy.fft.irfftn(np.square(np.abs(scipy.fft.rfftn(mask))), shape)
    return np.maximum(scipy.fft.rfftn(covariance).real, 0)


def _smooth(power: FloatArray) -> FloatArray:
    """The power of each shell averaged with that of its two neighbours."""
    padded = np.concatenate([power[:1], power, power[-1:]])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
