"""How the local resolutions of some voxels are distributed, small enough to be kept in a report."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepreslib.fourier.arrays import FloatArray, IntArray

EDGES = np.round(np.arange(1.0, 20.01, 0.1), 1)
"""Å, edges of the bins in which resolutions are counted; resolutions beyond the first or the last edge are counted in
the first or the last bin."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Local resolutions of the voxels that are compared.

    Attributes:
        b_factor: Å², the B factor that the map was sharpened by; None if it is not known, or the map is not sharpened.
        percentile: Å, the percentile that is compared.
        voxels: int (bins,), the number of voxels between neighbouring ``EDGES``.
    """

    b_factor: float | None
    percentile: float
    voxels: IntArray

    @classmethod
    def of(cls, values: FloatArray, percentile: float, b_factor: float | None = None) -> "Distribution":
        """The distribution of resolutions.

        Args:
            values: (n,) Å, not empty.
            percentile: which one is compared, 0 to 100.
            b_factor: see the attribute.
        """
        counts, _ = np.histogram(np.clip(values, EDGES[0], EDGES[-1]), EDGES)
        return cls(b_factor, float(np.percentile(values, percentile)), counts)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"b_factor": self.b_factor, "percentile": round(self.percentile, 4), "voxels": self.voxels.tolist()}

    @classmethod
    def from_dict(cls, numbers: dict[str, Any]) -> "Distribution":
        """The distribution that ``as_dict`` turned into a dict."""
        return cls(numbers["b_factor"], numbers["percentile"], np.array(numbers["voxels"]))


def bins_report() -> dict[str, float]:
    """The bins, for JSON: the first and the last edge, and the width, Å."""
    return {"first": float(EDGES[0]), "last": float(EDGES[-1]), "width": 0.1}
