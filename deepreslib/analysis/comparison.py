"""Local resolution maps of one particle compared: each against a reference, and all of them in a consensus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from deepreslib.analysis.summary import statistics
from deepreslib.errors import InputError

BACKGROUND = (0.0, 100.0)
"""Values that programs write where they assign no resolution, Å: most of them 0, ResMap 100."""

SPREAD_PERCENTILES = (16.0, 84.0)
"""For many values of a normal distribution, half the way from one to the other is its SD."""

_SAME_VALUE = 1e-3
_VOXELS_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Agreement:
    """How one map agrees with the reference, over the voxels where both have a value.

    Attributes:
        voxels: their number.
        rmse: root mean square of the differences, Å.
        pearson: correlation of the values; None if one of the maps is constant.
        spearman: correlation of the ranks (ties get their mean rank); likewise.
        median_difference: median of map − reference, Å; negative where the map claims a finer resolution.
        difference: float32 (z, y, x), map − reference, Å, 0 where one of them has no value.
    """

    voxels: int
    rmse: float
    pearson: float | None
    spearman: float | None
    median_difference: float
    difference: np.ndarray


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` found. All arrays are (z, y, x) in Å.

    Attributes:
        reference: label of the map that the others are compared with.
        mask: bool, the voxels looked at.
        values: label → float32, the maps themselves, 0 outside the mask and where they assign no resolution.
        agreements: label → agreement with the reference; for all maps but the reference.
        consensus: float32, median of the maps at each voxel, 0 where fewer than two of them have a value.
        spread: float32, half the distance between the percentiles 16 and 84 of the maps at each voxel; 0 where there
            is no consensus, and where the maps agree.
    """

    reference: str
    mask: np.ndarray
    values: Mapping[str, np.ndarray]
    agreements: Mapping[str, Agreement]
    consensus: np.ndarray
    spread: np.ndarray

    def report(self) -> dict:
        """All numbers, ready for JSON.

        Returns:
            dict: ``reference``; ``voxels`` of the mask; ``maps``, for each map in order its ``label``, ``voxels``,
            ``resolution`` (see :func:`deepreslib.analysis.summary.statistics`) and ``agreement`` (None for the reference);
            ``consensus`` with ``voxels``, ``resolution`` and ``spread``, the latter two such statistics.
        """
        agreed = self.consensus > 0
        return {
            "reference": self.reference,
            "voxels": int(self.mask.sum()),
            "maps": [
                {"label": label, **_described(values[values > 0]), "agreement": self._agreement(label)}
                for label, values in self.values.items()
            ],
            "consensus": {**_described(self.consensus[agreed]), "spread": statistics(self.spread[agreed])},
        }

    def _agreement(self, label: str) -> dict | None:
        if label == self.reference:
            return None
        found = self.agreements[label]
        numbers = {name: getattr(found, name) for name in ("rmse", "pearson", "spearman", "median_difference")}
        rounded = {name: None if number is None else round(number, 4) for name, number in numbers.items()}
        return {"voxels": found.voxels, **rounded}


def compare(
    maps: Mapping[str, np.ndarray],
    mask: np.ndarray | None = None,
    reference: str | None = None,
    background: Iterable[float] = BACKGROUND,
) -> Comparison:
    """Compare local resolution maps on one grid, as Ramírez-Aportela et al. (2019, figures 2 and 3) do by histograms.

    A voxel counts for a map where :func:`assigned` says so and, if a mask is given, within it. Numbers of one map
    are taken over its own voxels; those of two maps over the voxels they share; the consensus over the voxels where
    at least two maps have a value. It needs the memory of two copies of the maps.

    With n maps at a voxel the percentiles of the spread are interpolated linearly between their sorted values, so
    that one map that dissents among three still shows. For two maps the spread is 0.34 times their difference.

    Args:
        maps: label → resolution, Å, (z, y, x); two or more.
        mask: bool (z, y, x); by default the voxels where every map has a value.
        reference: one of the labels; by default the first.
        background: values that mean "no resolution here", Å.

    Raises:
        InputError: fewer than two maps, unlike shapes, an unknown reference, a map without a value in the mask, or
            one that shares no voxel with the reference.
    """
    labels = list(maps)
    if len(labels) < 2:
        raise InputError(f"A comparison needs two resolution maps or more, and got {len(labels)}; give another one.")
    reference = labels[0] if reference is None else reference
    if reference not in labels:
        raise InputError(f"The reference {reference} is not among the maps; choose one of {', '.join(labels)}.")
    _check_shapes(maps, mask)
    background = tuple(background)
    values = {label: np.where(assigned(each, background), each, 0).astype(np.float32) for label, each in maps.items()}
    for label, each in values.items():
        if not each.any():
            raise InputError(f"{label} has no value above 0 but background, so it is no resolution map; leave it out.")
    if mask is None:
        mask = np.logical_and.reduce([each > 0 for each in values.values()])
        if not mask.any():
            raise InputError("There is no voxel where all maps have a value; give a mask, or maps of one particle.")
    for label, each in values.items():
        each[~mask] = 0
        if not each.any():
            raise InputError(f"{label} has no value inside the mask; give a mask and maps of one particle.")
    others = [label for label in labels if label != reference]
    agreements = {label: _agree(label, values[label], reference, values[reference]) for label in others}
    consensus, spread = _consensus(list(values.values()))
    return Comparison(reference, mask, values, agreements, consensus, spread)


def assigned(resolution: np.ndarray, background: Iterable[float] = BACKGROUND) -> np.ndarray:
    """Where a local resolution map has a value: finite, above 0 and not (within 0.001 Å) one of the background.

    Args:
        resolution: Å, any shape.
        background: values that mean "no resolution here", Å.

    Returns:
        Boolean array of that shape.
    """
    found = np.isfinite(resolution) & (resolution > 0)
    for value in background:
        found &= ~(np.abs(resolution - value) <= _SAME_VALUE)
    return found


TABLE_HEADER = ("map", "voxels", "median", "SD", "5–95 %", "RMSE", "Pearson", "Spearman", "median difference")
"""Columns of :func:`table_rows`; all lengths in Å, the last four against the reference."""


def table_rows(report: Mapping) -> list[tuple[str, ...]]:
    """A report's numbers as text, a row a map and one for the consensus.

    Args:
        report: from :meth:`Comparison.report`, or read from its JSON.

    Returns:
        Rows of as many texts as :data:`TABLE_HEADER` has.
    """
    rows = []
    for each in report["maps"]:
        agreement = each["agreement"]
        if agreement is None:
            against = ("reference", "", "", "")
        else:
            correlations = (agreement["pearson"], agreement["spearman"])
            against = (
                f"{agreement['rmse']:.2f}",
                *("–" if number is None else f"{number:.3f}" for number in correlations),
                f"{agreement['median_difference']:+.2f}",
            )
        rows.append((each["label"], *_row(each), *against))
    return [*rows, ("consensus", *_row(report["consensus"]), "", "", "", "")]


def _row(described: Mapping) -> tuple[str, ...]:
    found = described["resolution"]
    ends = found["percentiles"]
    return (
        f"{described['voxels']:,}",
        f"{found['median']:.2f}",
        f"{found['sd']:.2f}",
        f"{ends['5']:.2f}–{ends['95']:.2f}",
    )


def _described(values: np.ndarray) -> dict:
    return {"voxels": int(values.size), "resolution": statistics(values)}


def _check_shapes(maps: Mapping[str, np.ndarray], mask: np.ndarray | None) -> None:
    first, *others = maps
    shape = maps[first].shape
    for label, array in [*((label, maps[label]) for label in others), ("The mask", mask)]:
        if array is not None and array.shape != shape:
            raise InputError(f"{label} has shape {array.shape} and {first} {shape}; give maps on one grid.")


def _agree(label: str, values: np.ndarray, reference_label: str, reference: np.ndarray) -> Agreement:
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


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _consensus(values: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Median and spread at each voxel where at least two maps have a value, 0 elsewhere."""
    consensus, spread = (np.zeros(values[0].shape, np.float32) for _ in range(2))
    for some in _voxels(values):
        ordered = np.stack([each.ravel()[some] for each in values])
        counts = (ordered > 0).sum(axis=0)
        ordered[ordered == 0] = np.inf  # sorted behind the values
        ordered.sort(axis=0)
        low, high = (_percentile(ordered, counts, each) for each in SPREAD_PERCENTILES)
        consensus.flat[some] = _percentile(ordered, counts, 50.0)
        spread.flat[some] = (high - low) / 2
    return consensus, spread


def _voxels(values: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Flat indices of the voxels where at least two maps have a value, a million at a time."""
    counts = np.zeros(values[0].shape, np.uint16)
    for each in values:
        counts += each > 0
    found = np.flatnonzero(counts > 1)
    for start in range(0, found.size, _VOXELS_AT_ONCE):
        yield found[start : start + _VOXELS_AT_ONCE]


def _percentile(ordered: np.ndarray, counts: np.ndarray, percentile: float) -> np.ndarray:
    """A percentile of the first ``counts[i]`` values of each column i, linear between neighbours as numpy's."""
    places = percentile / 100 * (counts - 1)
    below = np.floor(places).astype(int)
    columns = np.arange(counts.size)
    low, high = ordered[below, columns], ordered[np.minimum(below + 1, counts - 1), columns]
    return low + (places - below) * (high - low)
