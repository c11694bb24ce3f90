"""The two resolution ranges of DeepRes (Ramírez-Aportela et al. 2019, section 2.1)."""

from dataclasses import dataclass

WINDOW = 13
"""Edge of the sliding window, voxels of the network's grid."""

STRIDE = 2
"""Voxels from one window of the compact network to the next, along each axis: windows in between would hold almost the
same density."""


@dataclass(frozen=True)
class ResolutionRange:
    """A range of resolutions, and the voxel size at which its networks take a map.

    Attributes:
        name: ``low`` or ``high`` (resolution).
        low: the range's fine end, Å.
        high: its coarse end, Å.
        voxel_size: the network's voxel size, Å.
    """

    name: str
    low: float
    high: float
    voxel_size: float

    @property
    def window(self) -> float:
        """Edge of the sliding window, Å."""
        return WINDOW * self.voxel_size

    @property
    def text(self) -> str:
        """The range's ends as text, for messages."""
        return f"{self.low:g}–{self.high:g} Å"


RANGES = {
    "low": ResolutionRange("low", 2.5, 13.0, 1.0),
    "high": ResolutionRange("high", 1.5, 6.0, 0.5),
}
