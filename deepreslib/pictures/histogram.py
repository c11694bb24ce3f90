"""Histograms of local resolution, of one map or several: four bins an Å, on an axis that ignores outliers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.estimation.judgement import AT_AN_END, CROWDED, at_an_end
from deepreslib.fourier.arrays import FloatArray, IntArray
from deepreslib.pictures.figures import RESOLUTION_LABEL, new_figure
from deepreslib.pictures.scale import ColourScale, inside_values
from deepreslib.pictures.text import add_legend, plain, shortened

BIN_WIDTH = 0.25
SHOWN_PERCENTILES = (0.5, 99.5)
OUTLINES = ("#1f4e9c", "#c1440e", "#2a8c4a", "#7b3f98", "#8a6d1d", "#0f8b9d", "#b0306a", "#555555")


@dataclass(frozen=True)
class Counts:
    """Voxels counted in bins.

    Attributes:
        edges: (bins + 1,) edges, Å.
        voxels: (bins,) voxels in each bin; those beyond an end are counted in the bin at that end.
        below: how many of them lie below the first edge.
        above: how many of them lie above the last edge.
    """

    edges: FloatArray
    voxels: IntArray
    below: int
    above: int


def bin_edges(values: Sequence[FloatArray], bin_width: float = BIN_WIDTH) -> FloatArray:
    """Edges that hold all but the outliers of several sets of values.

    The edges are multiples of ``bin_width`` and span every set's percentiles 0.5 to 99.5.

    Args:
        values: arrays of resolutions inside the mask, Å, none empty.
        bin_width: Å.

    Returns:
        (bins + 1,) edges, Å, at least one bin.
    """
    ends = np.array([np.percentile(resolutions, SHOWN_PERCENTILES) for resolutions in values])
    first = math.floor(ends[:, 0].min() / bin_width + 1e-4)
    last = max(math.floor(ends[:, 1].max() / bin_width + 1e-4) + 1, first + 1)
    return np.arange(first, last + 1) * bin_width


def count_voxels(values: FloatArray, edges: FloatArray) -> Counts:
    """Count resolutions in bins, those out of range in the first and last bin.

    Args:
        values: resolutions, Å; 0 and non-finite values are left out.
        edges: (bins + 1,) rising edges, Å.

    Returns:
        The counts.
    """
    inside = inside_values(values)
    voxels, _ = np.histogram(np.clip(inside, edges[0], edges[-1]), bins=edges)
    return Counts(edges, voxels, int((inside < edges[0]).sum()), int((inside > edges[-1]).sum()))


def histogram_figure(
    maps: Mapping[str, FloatArray],
    scale: ColourScale | None = None,
    bin_width: float = BIN_WIDTH,
    title: str = "",
    ends: tuple[float, float] | None = None,
    label: str = RESOLUTION_LABEL,
    unit: str = "voxel",
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """Draw the histogram of one resolution map, or of several over each other.

    One map: bars in the colours of the scale, heights in voxels. Several: outlines, heights in per cent of each
    map's voxels, since masks differ in size. A dashed line stands at each median.

    Args:
        maps: label → resolutions, Å; whole maps (z, y, x) or the values inside the mask, as 0 is left out.
        scale: colours of the bars; by default one that fits the values.
        bin_width: Å.
        title: above the axes.
        ends: Å, the finest and the coarsest value that the method could give to the one map; an end at which more than
            a quarter of the voxels lie is hatched, and a note says so.
        label: what the values are.
        unit: what has each of the values, in the singular: voxel, residue or atom.
        marks: what to call it → resolution, Å, of further lines, such as the global resolution.

    Returns:
        The figure.

    Raises:
        InputError: no map, or a map without any value above 0.
    """
    inside = {label: inside_values(values) for label, values in maps.items()}
    if not inside:
        raise InputError("The histogram needs at least one resolution map.")
    for name, values in inside.items():
        if not values.size:
            raise InputError(f"{name}: the resolution map has no value above 0, so it has no histogram.")
    edges = bin_edges(list(inside.values()), bin_width)
    figure = new_figure(7.5, 4.8)
    axes = figure.add_subplot()
    counts = {name: count_voxels(values, edges) for name, values in inside.items()}
    if len(inside) == 1:
        ((name, values),) = inside.items()
        _draw_bars(axes, counts[name], scale or ColourScale.from_values(values), describe(values, unit))
        _draw_median(axes, values, "black")
        axes.set_ylabel(f"{unit.capitalize()}s")
        legend = [describe(values, unit), *_draw_ends(axes, values, ends or ())]
    else:
        for number, (name, values) in enumerate(inside.items()):
            colour = OUTLINES[number % len(OUTLINES)]
            share = 100 * counts[name].voxels / values.size
            axes.stairs(share, edges, color=colour, linewidth=1.8, label=str(number))
            axes.stairs(share, edges, color=colour, alpha=0.08, fill=True)
            _draw_median(axes, values, colour)
        axes.set_ylabel(f"Share of the map's {unit}s (%)")
        legend = [f"{shortened(name)}: {describe(values, unit)}" for name, values in inside.items()]
    for (name, resolution), style in zip((marks or {}).items(), itertools.cycle((":", "-.")), strict=False):
        axes.axvline(resolution, color="black", linestyle=style, linewidth=1.6, label=f"mark {style}")
        legend.append(name)
    axes.set_xlabel(label)
    axes.set_xlim(edges[0] - bin_width, edges[-1] + bin_width)
    axes.set_ylim(0, axes.get_ylim()[1] * (1.06 + 0.07 * (len(inside) + len(marks or {}))))  # room for the legend
    axes.spines[["top", "right"]].set_visible(False)
    add_legend(axes, legend, loc="upper right", frameon=False, fontsize="medium" if len(inside) == 1 else "small")
    axes.set_title(plain(title))
    _draw_notes(axes, counts)
    return figure


def describe(values: FloatArray, unit: str = "voxel") -> str:
    """Median, standard deviation and number of voxels in words: ``median 4.1 Å, SD 0.3 Å, 20,256 voxels``.

    Args:
        values: resolutions, Å; 0 and non-finite values are left out.
        unit: what has each of them, in the singular.

    Returns:
        The words.
    """
    inside = inside_values(values)
    units = unit if inside.size == 1 else f"{unit}s"
    return f"median {np.median(inside):.1f} Å, SD {inside.std(dtype=float):.1f} Å, {inside.size:,} {units}"


def _draw_bars(axes: Axes, counts: Counts, scale: ColourScale, label: str) -> None:
    centres = (counts.edges[:-1] + counts.edges[1:]) / 2
    bars = axes.bar(
        centres, counts.voxels, width=np.diff(counts.edges), color=scale.rgba(centres), edgecolor="white", linewidth=0.6
    )
    bars.set_label("_nolegend_")
    axes.plot([], [], linestyle="--", color="black", label=label)


def _draw_median(axes: Axes, values: FloatArray, colour: str) -> None:
    axes.axvline(float(np.median(values)), color=colour, linestyle="--", linewidth=1.4)


def _draw_ends(axes: Axes, values: FloatArray, ends: Sequence[float]) -> list[str]:
    """Hatch the ends of the method's range that hold more than a quarter of the voxels; gives what the legend says."""
    texts = []
    for end in ends:
        share = at_an_end(values, end)
        if share > CROWDED:
            axes.axvspan(
                end * (1 - AT_AN_END),
                end * (1 + AT_AN_END),
                facecolor="none",
                edgecolor="0.35",
                hatch="///",
                linewidth=0,
            )
            axes.plot([], [], " ", label="end")
            texts.append(f"{100 * share:.0f} % at {end:.4g} Å, an end of the method's range")
    return texts


def _draw_notes(axes: Axes, counts: Mapping[str, Counts]) -> None:
    """Say how many voxels beyond the axis are counted in the first and in the last bin."""
    edges = next(iter(counts.values())).edges
    below, above = (sum(getattr(count, side) for count in counts.values()) for side in ("below", "above"))
    notes = [f"{below:,} below {edges[0]:g} Å"] * bool(below) + [f"{above:,} above {edges[-1]:g} Å"] * bool(above)
    if notes:
        text = f"Counted in the end bins: {' and '.join(notes)}"
        axes.annotate(
            text,
            (1, 0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize="small",
            color="0.35",
        )
