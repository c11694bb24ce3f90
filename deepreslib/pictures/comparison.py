"""Pictures of a comparison: each map against the reference, differences, consensus, spread, and the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepreslib.analysis.comparison import TABLE_HEADER, Agreement, Comparison, table_rows
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.histogram import bin_edges
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure
from deepreslib.pictures.text import NAME_LENGTH, TITLE_LENGTH, plain, shortened

PLOT_BIN = 0.1  # Å
MOST_COLUMNS = 3
DIFFERENCE_COLOURS = "coolwarm"  # blue where the map's resolution is finer than the reference's
SPREAD_COLOURS = "viridis"
COUNT_COLOURS = "YlGnBu"
SHOWN_PERCENTILE = 98  # of the sizes of differences; larger ones get the scale's last colour


def agreement_figure(comparison: Comparison, title: str = "") -> Figure:
    """Draw each other map's resolution against the reference's, as densities of voxels: one panel for each other map.

    Where both maps have a value, voxels are counted in squares of 0.1 Å; colours are logarithmic and the same in all
    panels. On the dashed diagonal the maps agree; the numbers are those of ``comparison.agreements``. All axes span the
    percentiles 0.5 to 99.5 of every map; a panel shows how many voxels lie beyond.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.
        title: above the figure.

    Returns:
        The figure.
    """
    edges = bin_edges([values[values > 0] for values in comparison.values.values()], PLOT_BIN)
    reference = comparison.values[comparison.reference]
    counts = {label: _count(reference, comparison.values[label], edges) for label in comparison.agreements}
    columns = min(len(counts), MOST_COLUMNS)
    rows = -(-len(counts) // columns)
    figure = new_figure(4.3 * columns + 1.2, 4.7 * rows + 0.4 * bool(title))
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in panels[len(counts) :]:
        spare.remove()
    most = max(count.max() for count in counts.values())
    for panel, (label, count) in zip(panels, counts.items(), strict=False):
        mesh = panel.pcolormesh(edges, edges, np.ma.masked_equal(count, 0), norm=LogNorm(1, max(most, 2)))
        panel.plot(edges[[0, -1]], edges[[0, -1]], color="black", linestyle="--", linewidth=1.2)
        panel.set_title(_numbers(comparison.agreements[label], int(count.sum())), fontsize="small")
        panel.set_xlabel(plain(f"{shortened(comparison.reference)} (Å)"))
        panel.set_ylabel(plain(f"{shortened(label)} (Å)"))
        panel.set_aspect("equal")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    figure.colorbar(mesh, ax=panels[: len(counts)], shrink=0.85, aspect=30, label="Voxels per (0.1 Å)²")
    if title:
        figure.suptitle(plain(title))
    return figure


def difference_figure(
    comparison: Comparison,
    label: str,
    voxel_size: Triple,
    density: FloatArray | None = None,
    scale: ColourScale | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
) -> Figure:
    """Draw slices of a map's difference from the reference: blue where the map is finer, red where it is coarser.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.
        label: the map whose difference is drawn.
        voxel_size: (z, y, x), Å.
        density: (z, y, x), in grey behind it, or None.
        scale: colours; by default :func:`difference_scale`, one for all maps.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).

    Returns:
        The figure.

    Raises:
        InputError: no such map, it is the reference itself, no such slice, or a density of another shape.
    """
    if label not in comparison.agreements:
        choice = ", ".join(comparison.agreements)
        raise InputError(f"There is no difference of {label} from the reference: choose one of {choice}.")
    return coloured_slices_figure(
        density,
        comparison.agreements[label].difference,
        voxel_size,
        scale or difference_scale(comparison),
        axis,
        numbers,
        origin,
        title=f"{shortened(label, 38)} − {shortened(comparison.reference, 38)}",
        inside=(comparison.values[label] > 0) & (comparison.values[comparison.reference] > 0),
        label=f"Difference from {shortened(comparison.reference)} (Å)",
    )


def spread_figure(
    comparison: Comparison,
    voxel_size: Triple,
    density: FloatArray | None = None,
    scale: ColourScale | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
) -> Figure:
    """Draw slices of the spread of the maps, where there is a consensus.

    The consensus itself is a resolution map like any other: ``coloured_slices_figure`` draws it.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.
        voxel_size: (z, y, x), Å.
        density: (z, y, x), in grey behind it, or None.
        scale: colours; by default :func:`spread_scale`.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).

    Returns:
        The figure.

    Raises:
        InputError: no such slice, or a density of another shape.
    """
    return coloured_slices_figure(
        density,
        comparison.spread,
        voxel_size,
        scale or spread_scale(comparison),
        axis,
        numbers,
        origin,
        inside=comparison.consensus > 0,
        label="Spread: half the 16–84 % range (Å)",
    )


def count_figure(
    comparison: Comparison,
    voxel_size: Triple,
    density: FloatArray | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
) -> Figure:
    """Draw slices of the number of maps that have a value at each voxel.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.
        voxel_size: (z, y, x), Å.
        density: (z, y, x), in grey behind it, or None.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).

    Returns:
        The figure.

    Raises:
        InputError: no such slice, or a density of another shape.
    """
    figure = coloured_slices_figure(
        density,
        comparison.counts.astype(np.float32),
        voxel_size,
        ColourScale(0, len(comparison.values), COUNT_COLOURS),
        axis,
        numbers,
        origin,
        inside=comparison.mask,
        label=f"Maps with a value; the consensus needs {comparison.needed}",
    )
    ticks = np.asarray(MaxNLocator(8, integer=True).tick_values(0, len(comparison.values)))
    ticks = ticks[(ticks >= 0) & (ticks <= len(comparison.values))]
    figure.axes[-1].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    return figure


def difference_scale(comparison: Comparison) -> ColourScale:
    """Colours from −limit to +limit, at least ±0.1 Å, that hold 98 % of the differences of every map.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.

    Returns:
        The scale, the same for all maps.
    """
    limit = max(
        _limit(np.abs(agreement.difference)[comparison.values[label] > 0])
        for label, agreement in comparison.agreements.items()
    )
    return ColourScale(-limit, limit, DIFFERENCE_COLOURS)


def spread_scale(comparison: Comparison) -> ColourScale:
    """Colours from 0 to a limit of at least 0.1 Å that holds 98 % of the spread.

    Args:
        comparison: from :func:`deepreslib.analysis.comparison.compare`.

    Returns:
        The scale.
    """
    return ColourScale(0, _limit(comparison.spread[comparison.consensus > 0]), SPREAD_COLOURS)


def comparison_table_figure(report: Mapping[str, Any], title: str = "") -> Figure:
    """Draw the table of all numbers, one row for each map.

    Args:
        report: from :meth:`deepreslib.analysis.comparison.Comparison.report`, or read from its JSON.
        title: above the table.

    Returns:
        The figure.
    """
    rows = [[plain(label, NAME_LENGTH), *numbers] for label, *numbers in table_rows(report)]
    longest = max(len(row[0]) for row in rows)
    figure = new_figure(8.6 + 0.085 * longest, 0.9 + 0.32 * len(rows) + 0.3 * bool(title))
    axes = figure.add_subplot()
    axes.set_axis_off()
    table = axes.table(rows, colLabels=TABLE_HEADER, loc="center", edges="horizontal", cellLoc="right")
    table.auto_set_font_size(False)
    table.set_fontsize(10)
    table.auto_set_column_width(range(len(TABLE_HEADER)))
    table.scale(1, 1.4)
    for (row, column), cell in table.get_celld().items():
        if column == 0:
            cell.set_text_props(ha="left")
        if row == 0 or column == 0:
            cell.set_text_props(weight="bold")
        cell.set_edgecolor("0.75")
    title = title or f"Local resolution in Å; last four columns against {shortened(report['reference'])}"
    axes.set_title(plain(title, 2 * TITLE_LENGTH), fontsize=10)
    return figure


def _count(reference: FloatArray, values: FloatArray, edges: FloatArray) -> FloatArray:
    """The voxels in each square of resolutions: (bins of the map, bins of the reference)."""
    shared = (reference > 0) & (values > 0)
    count, _ = np.histogramdd((values[shared], reference[shared]), bins=(edges, edges))
    return count


def _numbers(agreement: Agreement, drawn_voxels: int) -> str:
    """An agreement in words, three lines at most."""
    correlations = {"Pearson": agreement.pearson, "Spearman": agreement.spearman}
    texts = [f"{name} {number:.3f}" for name, number in correlations.items() if number is not None]
    voxels = f"{agreement.voxels:,} voxels"
    if beyond := agreement.voxels - drawn_voxels:
        voxels += f", {beyond:,} of them beyond the axes"
    first = f"RMSE {agreement.rmse:.2f} Å, median difference {agreement.median_difference:+.2f} Å"
    return "\n".join([first, *[", ".join(texts)] * bool(texts), voxels])


def _limit(sizes: FloatArray) -> float:
    """The end of a scale: a percentile of the differences' sizes, rounded up to 0.1 Å."""
    return max(math.ceil(10 * float(np.percentile(sizes, SHOWN_PERCENTILE)) - 1e-4), 1) / 10
