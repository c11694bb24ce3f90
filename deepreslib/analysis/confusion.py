"""Claimed against found classes of resolution: the confusion matrix, and the plain formulas of its measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepreslib.fourier.arrays import IntArray
from deepreslib.networks.mapclass_card import CLASSES


@dataclass(frozen=True)
class Confusion:
    """How often each claimed class was found as each class.

    Attributes:
        counts: int (3, 3), rows the claimed class and columns the found one, in the order of ``CLASSES``.
    """

    counts: IntArray

    @property
    def total(self) -> int:
        """Number of maps."""
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """Share of the maps whose class is the claimed one."""
        return float(np.trace(self.counts) / self.total)

    def measures(self, name: str) -> dict[str, float | None]:
        """Sensitivity, specificity and predictive values of a class against the two others.

        Args:
            name: of the class.

        Returns:
            name → share, None where there is nothing to divide by.
        """
        here = CLASSES.index(name)
        hit = int(self.counts[here, here])
        claimed, found = int(self.counts[here].sum()), int(self.counts[:, here].sum())
        right_others = self.total - claimed - found + hit
        return {
            "sensitivity": _share(hit, claimed),
            "specificity": _share(right_others, self.total - claimed),
            "ppv": _share(hit, found),
            "npv": _share(right_others, self.total - found),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> "Confusion":
        """The matrix in a report.

        Args:
            entry: from :meth:`as_dict`.
        """
        return cls(np.asarray(entry["counts_claimed_by_found"], int))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "classes": list(CLASSES),
            "counts_claimed_by_found": self.counts.tolist(),
            "accuracy": round(self.accuracy, 4),
            "measures": {name: self.measures(name) for name in CLASSES},
        }


def confusion(claimed: Sequence[str], found: Sequence[str]) -> Confusion:
    """The confusion matrix.

    Args:
        claimed: the class of each map's claim.
        found: the class that was found, in the same order.

    Returns:
        The matrix.
    """
    counts: IntArray = np.zeros((len(CLASSES), len(CLASSES)), int)
    for row, column in zip(claimed, found, strict=True):
        counts[CLASSES.index(row), CLASSES.index(column)] += 1
    return Confusion(counts)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
