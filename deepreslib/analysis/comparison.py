"""Local resolution maps of one particle compared: each against a reference, and all of them in a consensus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from deepreslib.analysis.resolution_map import BACKGROUND, assigned
from deepreslib.analysis.summary import statistics
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray

SPREAD_PERCENTILES = (16.0, 84.0)
"""Half the distance between these percentiles is the spread; of a normal distribution it is the SD."""

_VOXELS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Agreement:
    """How one map agrees with the reference, over the voxels where both have a value.

    Attributes:
        voxels: their number.
        rmse: root mean square of the differences, Å.
        pearson: correlation of the values; None if one of the maps is constant.
        spearman: correlation of the ranks (ties get their mean rank); None if one of the maps is constant.
        median_difference: median of map − reference, Å; negative if the map mostly has finer resolutions.
        difference: float32 (z, y, x), map − reference, Å, 0 where one of them has no value.
    """

    voxels: int
    rmse: float
    pearson: float | None
    spearman: float | None
    median_difference: float
    difference: FloatArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result of :func:`compare`. All arrays are (z, y, x) in Å.

    Attributes:
        reference: label of the map that the others are compared with.
        mask: bool, the voxels compared.
        values: label → float32, the maps themselves, 0 outside the mask and where they assign no resolution.
        agreements: label → agreement with the reference, of all other maps.
        counts: uint16, how many maps have a value at each voxel of the mask, 0 outside.
        needed: how many maps must have a value where there is to be a consensus.
        consensus: float32, median of the maps at each voxel, 0 where fewer than ``needed`` of them have a value.
        spread: float32, the maps' disagreement at each voxel, half the distance between their percentiles 16 and 84;
            0 where there is no consensus, and where the maps agree.
    """

    reference: str
    mask: BoolArray
    values: Mapping[str, FloatArray]
    agreements: Mapping[str, Agreement]
    counts: IntArray
    needed: int
    consensus: FloatArray
    spread: FloatArray

    def report(self) -> dict[str, Any]:
        """All numbers, ready for JSON.

        Returns:
            dict: ``reference``; ``voxels`` of the mask; ``maps``, for each map in order its ``label``, ``voxels``,
            ``resolution`` (see :func:`deepreslib.analysis.summary.statistics`) and ``agreement`` (None for the
            reference); ``consensus`` with ``needed``, ``voxels``, ``resolution`` and ``spread``, the latter two such
            statistics; ``counts``, number of maps → how many voxels of the mask have a value in so many of them.
        """
        has_consensus = self.consensus > 0
        return {
            "reference": self.reference,
            "voxels": int(self.mask.sum()),
            "maps": [
                {"label": label, **_described(values[values > 0]), "agreement": self._agreement(label)}
                for label, values in self.values.items()
            ],
            "consensus": {
                "needed": self.needed,
                **_described(self.consensus[has_consensus]),
                "spread": statistics(self.spread[has_consensus]),
            },
            "counts": {
                str(number): int(voxels)
                for number, voxels in enumerate(np.bincount(self.counts[self.mask], minlength=len(self.values) + 1))
            },
        }

    def _agreement(self, label: str) -> dict[str, Any] | None:
        if label == self.reference:
            return None
        agreement = self.agreements[label]
        numbers = {name: getattr(agreement, name) for name in ("rmse", "pearson", "spearman", "median_difference")}
        rounded = {name: None if number is None else round(number, 4) for name, number in numbers.items()}
        return {"voxels": agreement.voxels, **rounded}


def compare(
    maps: Mapping[str, FloatArray],
    mask: BoolArray | None = None,
    reference: str | None = None,
    background: Iterable[float] = BACKGROUND,
    share: float = 1.0,
) -> Comparison:
    """Compare local resolution maps on one grid, as Ramírez-Aportela et al. (2019, figures 2 and 3) do by histograms.

    A voxel counts for a map if ``analysis.resolution_map.assigned`` is true there and, if a mask is given, it is in the mask. Numbers of
    one map are taken over its own voxels; those of two maps over the voxels they share; the consensus over the voxels
    where all maps have a value, or the share of them that is asked for. With a smaller share the consensus reaches
    farther, but where one of the maps ends it may step although no map does, as the others go on alone. The comparison
    needs the memory of two copies of the maps.

    The percentiles of the spread are interpolated linearly between the sorted values of the maps at a voxel, so that
    a single map that disagrees with two others still shows. For two maps the spread is 0.34 times their difference.

    Args:
        maps: label → resolution, Å, (z, y, x); two or more.
        mask: bool (z, y, x); by default the voxels where there is a consensus.
        reference: one of the labels; by default the first.
        background: values that mean "no resolution here", Å.
        share: of the maps, which must have a value where there is to be a consensus, more than 0, at most 1; two maps
            are always needed.

    Raises:
        InputError: a share that is none, no voxel where so many maps have a value, fewer than two maps, unlike
            shapes, an unknown reference, a map without a value in the mask, or one that shares no voxel with the
            reference.
    """
    labels = list(maps)
    if len(labels) < 2:
        raise InputError(f"A comparison needs two resolution maps or more, and got {len(labels)}; give another one.")
    if not 0 < share <= 1:
        raise InputError(f"The share of the maps must be more than 0 and at most 1, and is {share:g}.")
    reference = labels[0] if reference is None else reference
    if reference not in labels:
        raise InputError(f"The reference {reference} is not among the maps; choose one of {', '.join(labels)}.")
    _check_shapes(maps, mask)
    background = tuple(background)
    values = {
        label: np.where(assigned(resolution, background), resolution, 0).astype(np.float32)
        for label, resolution in maps.items()
    }
    for label, resolution in values.items():
        if not resolution.any():
            raise InputError(f"{label} has no value above 0 but background, so it is no resolution map; leave it out.")
    needed = maps_needed(len(labels), share)
    if mask is None:
        mask = _count(list(values.values())) >= needed
        if not mask.any():
            how_many = "all" if needed == len(labels) else f"{needed}"
            raise InputError(
                f"There is no voxel where {how_many} maps have a value; give a mask, or maps of one particle."
            )
    for label, resolution in values.items():
        resolution[~mask] = 0
        if not resolution.any():
            raise InputError(f"{label} has no value inside the mask; give a mask and maps of one particle.")
    others = [label for label in labels if label != reference]
    agreements = {label: _agree(label, values[label], reference, values[reference]) for label in others}
    counts = _count(list(values.values()))
    if counts.max() < needed:
        fewer = f", or a share of {math.floor(100 * counts.max() / len(labels)) / 100:g}" if counts.max() > 1 else ""
        raise InputError(
            f"There is no voxel in the mask where {needed} of the {len(labels)} maps have a value, which a consensus "
            f"needs; give maps of one particle{fewer}."
        )
    consensus, spread = _consensus(list(values.values()), counts >= needed)
    return Comparison(reference, mask, values, agreements, counts, needed, consensus, spread)


def maps_needed(count: int, share: float) -> int:
    """How many of the maps must have a value where there is to be a consensus: the share of them, and at least two.

    Args:
        count: how many maps there are.
        share: of them, 0 to 1.

    Returns:
        2 to ``count``.
    """
    return max(2, math.ceil(share * count - 1e-6))


def maps_text(report: Mapping[str, Any]) -> str:
    """How many maps have a value where there is a consensus, as the beginning of "... a value".

    Args:
        report: from :meth:`Comparison.report`, or read from its JSON.

    Returns:
        Such as "all 3 maps have".
    """
    needed, count = report["consensus"]["needed"], len(report["maps"])
    if needed < count:
        return f"at least {needed} of the {count} maps have"
    return "both maps have" if count == 2 else f"all {count} maps have"


TABLE_HEADER = ("map", "voxels", "median", "SD", "5–95 %", "RMSE", "Pearson", "Spearman", "median difference")
"""Columns of :func:`table_rows`; all lengths in Å, the last four against the reference."""


def table_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """A report's numbers as text, a row a map and one for the consensus.

    Args:
        report: from :meth:`Comparison.report`, or read from its JSON.

    Returns:
        Rows of as many texts as :data:`TABLE_HEADER` has.
    """
    rows = []
    for numbers in report["maps"]:
        agreement = numbers["agreement"]
        if agreement is None:
            against: tuple[str, ...] = ("reference", "", "", "")
        else:
            correlations = (agreement["pearson"], agreement["spearman"])
            against = (
                f"{agreement['rmse']:.2f}",
                *("–" if number is None else f"{number:.3f}" for number in correlations),
                f"{agreement['median_difference']:+.2f}",
            )
        rows.append((numbers["label"], *_row(numbers), *against))
    return [*rows, ("consensus", *_row(report["consensus"]), "", "", "", "")]


def _row(described: Mapping[str, Any]) -> tuple[str, ...]:
    summary = described["resolution"]
    ends = summary["percentiles"]
    return (
        f"{described['voxels']:,}",
        f"{summary['median']:.2f}",
        f"{summary['sd']:.2f}",
        f"{ends['5']:.2f}–{ends['95']:.2f}",
    )


def _described(values: FloatArray) -> dict[str, Any]:
    return {"voxels": int(values.size), "resolution": statistics(values)}


def _check_shapes(maps: Mapping[str, FloatArray], mask: BoolArray | None) -> None:
    first, *others = maps
    shape = maps[first].shape
    for label, array in [*((label, maps[label]) for label in others), ("The mask", mask)]:
        if array is not None and array.shape != shape:
            raise InputError(f"{label} has shape {array.shape} and {first} {shape}; give maps on one grid.")


def _agree(label: str, values: FloatArray, reference_label: str, reference: FloatArray) -> Agreement:
    shared = (values > 0) & (reference > 0)
    if not shared.any():
        raise InputError(f"{label} and {reference_label} share no voxel with a value; give maps of one particle.")
    one, other = values[shared].astype(np.float64), reference[shared].astype(np.float64)
    differences = one - other
    varies = bool(np.ptp(one) > 0 and np.ptp(other) > 0)
    difference = np.zeros(values.shape, np.float32)
    difference[shared] = differences
    return Agreement(
        voxels=int(differences.size),
        rmse=float(np.sqrt(np.mean(differences**2))),
        pearson=_correlation(one, other) if varies else None,
        spearman=_correlation(stats.rankdata(one), stats.rankdata(other)) if varies else None,
        median_difference=float(np.median(differences)),
        difference=difference,
    )


def _correlation(one: FloatArray, other: FloatArray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _count(values: Sequence[FloatArray]) -> IntArray:
    """How many maps have a value at each voxel."""
    counts = np.zeros(values[0].shape, np.uint16)
    for resolution in values:
        counts += resolution > 0
    return counts


def _consensus(values: Sequence[FloatArray], has_consensus: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Median and spread of the maps that have a value, where there is a consensus, 0 elsewhere."""
    consensus, spread = (np.zeros(values[0].shape, np.float32) for _ in range(2))
    all_voxels = np.flatnonzero(has_consensus)
    for start in range(0, all_voxels.size, _VOXELS_AT_ONCE):
        voxels = all_voxels[start : start + _VOXELS_AT_ONCE]
        ordered = np.stack([resolution.ravel()[voxels] for resolution in values])
        counts = (ordered > 0).sum(axis=0)
        ordered[ordered == 0] = np.inf  # sorted behind the values
        ordered.sort(axis=0)
        low, high = (_percentile(ordered, counts, percentile) for percentile in SPREAD_PERCENTILES)
        consensus.flat[voxels] = _percentile(ordered, counts, 50.0)
        spread.flat[voxels] = (high - low) / 2
    return consensus, spread


def _percentile(ordered: FloatArray, counts: IntArray, percentile: float) -> FloatArray:
    """A percentile of the first ``counts[i]`` values of each column i, linear between neighbours as NumPy's is."""
    places = percentile / 100 * (counts - 1)
    below = np.floor(places).astype(int)
    columns = np.arange(counts.size)
    low, high = ordered[below, columns], ordered[np.minimum(below + 1, counts - 1), columns]
    return low + (places - below) * (high - low)
