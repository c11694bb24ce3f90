"""Noise as reconstruction leaves it in half maps: its spectrum, where it lies, and how strong it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.fsc import CUTOFF


@dataclass(frozen=True)
class ReconstructionNoise:
    """Gaussian noise whose spectrum grows with frequency.

    When projections are evenly distributed, the share of particles that contributes at frequency s falls as 1/s, so
    noise power grows as s (slope 1); correction of the microscope's envelope raises it further.

    Attributes:
        slope: exponent of the frequency in the noise's power.
        rise: the noise's amplitude is multiplied by exp(rise × (s / Nyquist)²).
        excess: amplitude in the molecule divided by that in the solvent, less 1; above 0 where particles differ.
        sphere: radius of the soft spherical mask of the refinement, in units of half the box; None for no mask.
    """

    slope: float = 1.0
    rise: float = 0.5
    excess: float = 0.0
    sphere: float | None = None

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
        return (relative + 2 * voxel_size / edge) ** (self.slope / 2) * np.exp(self.rise * relative**2)

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


def _smooth(power: FloatArray) -> FloatArray:
    """The power of each shell averaged with that of its two neighbours."""
    padded = np.concatenate([power[:1], power, power[-1:]])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
