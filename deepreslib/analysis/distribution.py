"""How the local resolutions of some voxels are distributed, small enough to be kept in a report."""

from dataclasses import dataclass

import numpy as np

EDGES = np.round(np.arange(1.0, 20.01, 0.1), 1)
"""Å; resolutions are counted in these bins, those beyond an end in the bin at that end."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Local resolutions of the voxels that are compared.

    Attributes:
        b_factor: Å², of the map they were found in; None if that was not sharpened by a known one.
        percentile: the one that is compared, Å.
        voxels: int (bins,), counted between ``EDGES``.
    """

    b_factor: float | None
    percentile: float
    voxels: np.ndarray

    @classmethod
    def of(cls, values, percentile, b_factor=None):
        """The distribution of resolutions.

        Args:
            values: (n,) Å, not empty.
            percentile: which one is compared, 0 to 100.
            b_factor: see above.
        """
        counts, _ = np.histogram(np.clip(values, EDGES[0], EDGES[-1]), EDGES)
        return cls(b_factor, float(np.percentile(values, percentile)), counts)

    def as_dict(self):
        """For JSON."""
        return {"b_factor": self.b_factor, "percentile": round(self.percentile, 4), "voxels": self.voxels.tolist()}

    @classmethod
    def from_dict(cls, found):
        """From what ``as_dict`` gave."""
        return cls(found["b_factor"], found["percentile"], np.array(found["voxels"]))


def bins_report():
    """The bins, for JSON: the first and the last edge, and the width, Å."""
    return {"first": float(EDGES[0]), "last": float(EDGES[-1]), "width": 0.1}
