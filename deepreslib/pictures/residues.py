"""Local resolution along the chains of a structure: one panel for each chain, on as many pages as they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepreslib.analysis.annotation import ResidueResolution
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.pictures.figures import RESOLUTION_LABEL, add_colour_bar, new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.text import plain, shortened

ROWS, COLUMNS = 5, 2
"""Panels of a page. Up to ``ROWS`` chains stand in one column, where they have twice the width."""

_WIDTH, _PANEL_HEIGHT, _LEGEND_HEIGHT = 11.0, 1.75, 0.8
_MARGIN = 0.06


def residue_figures(
    chains: Mapping[str, Sequence[ResidueResolution]], scale: ColourScale | None = None, title: str = ""
) -> list[Figure]:
    """Draw the local resolution of every residue against its number.

    A dot is a residue's resolution in the colour of the scale, with a bar from the finest to the coarsest of its
    atoms; the line is broken where numbers are missing or a residue has no resolution, and a grey tick at the bottom
    marks each of the latter. The dashed line is the chain's median. All panels have the same vertical axis.

    Args:
        chains: name → residues, as :func:`deepreslib.analysis.annotation.by_chain` gives them.
        scale: colours; by default one that fits the residues' values.
        title: above each page.

    Returns:
        One figure for each ten chains.

    Raises:
        InputError: no residue has a resolution.
    """
    values = np.array([residue.resolution for chain in chains.values() for residue in chain])
    if not np.isfinite(values).any():
        raise InputError("No residue has a local resolution, so there is nothing to draw along the chains.")
    scale = scale or ColourScale.from_values(values)
    limits = _limits([residue for chain in chains.values() for residue in chain])
    names = list(chains)
    pages = [names[first : first + ROWS * COLUMNS] for first in range(0, len(names), ROWS * COLUMNS)]
    return [
        _page(
            {name: chains[name] for name in page},
            scale,
            limits,
            " · ".join([title] * bool(title) + [f"page {number} of {len(pages)}"] * (len(pages) > 1)),
        )
        for number, page in enumerate(pages, 1)
    ]


def _page(
    chains: Mapping[str, Sequence[ResidueResolution]], scale: ColourScale, limits: tuple[float, float], title: str
) -> Figure:
    """One page; ``limits`` are the ends of the vertical axis, Å."""
    columns = 1 if len(chains) <= ROWS else COLUMNS
    rows = -(-len(chains) // columns)
    figure = new_figure(_WIDTH, max(rows, 2) * _PANEL_HEIGHT + _LEGEND_HEIGHT)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    flat = panels.T.ravel()  # down the first column, then the second
    for panel, (name, residues) in zip(flat, chains.items(), strict=False):
        _draw_chain(panel, name, residues, scale)
    for panel in flat[len(chains) :]:
        panel.set_axis_off()
    flat[0].set_ylim(*limits)
    figure.supxlabel("Residue number", fontsize="medium")
    figure.supylabel(RESOLUTION_LABEL, fontsize="medium")
    if title:
        figure.suptitle(plain(title, 90), fontsize="large")
    values = np.array([residue.resolution for residues in chains.values() for residue in residues], float)
    add_colour_bar(figure, list(flat[: len(chains)]), scale, "", values, aspect=40, pad=0.01)
    return figure


def _draw_chain(panel: Axes, name: str, residues: Sequence[ResidueResolution], scale: ColourScale) -> None:
    """Draw one chain in its panel."""
    numbers = _places(residues)
    values = np.array([residue.resolution for residue in residues], float)
    ends = np.array([(residue.finest, residue.coarsest) for residue in residues])
    has_value = np.isfinite(values)
    colours = scale.rgba(values[has_value])
    panel.plot(*_broken(numbers, values), color="0.45", linewidth=0.8, zorder=2)
    bars = [((x, low), (x, high)) for x, (low, high) in zip(numbers[has_value], ends[has_value], strict=True)]
    panel.add_collection(LineCollection(bars, colors=colours, linewidths=1.2, alpha=0.35, zorder=1))
    size = float(np.interp(len(residues), (50, 400), (16, 5)))
    panel.scatter(numbers[has_value], values[has_value], s=size, color=colours, zorder=3)
    if not has_value.all():
        panel.plot(numbers[~has_value], np.full((~has_value).sum(), 0.02), "|", color="0.5", markersize=6, zorder=2,
                   transform=panel.get_xaxis_transform(), clip_on=False)  # fmt: skip
    panel.set_title(plain(_heading(shortened(name, 24), values, has_value), 110), loc="left", fontsize="small", pad=3)
    if has_value.any():
        panel.axhline(float(np.median(values[has_value])), color="black", linestyle="--", linewidth=0.8, zorder=1)
    margin = max(_MARGIN / 4 * np.ptp(numbers), 1.0)
    panel.set_xlim(numbers.min() - margin, numbers.max() + margin)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    panel.tick_params(labelsize="small")
    panel.grid(axis="y", color="0.9", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _heading(name: str, values: FloatArray, has_value: BoolArray) -> str:
    """What stands above a chain's panel."""
    residues = f"{len(values)} residue{'s' * (len(values) != 1)}"
    if not has_value.any():
        return f"chain {name}: {residues}, none in the mask"
    without = f", {(~has_value).sum()} without a value" if not has_value.all() else ""
    return f"chain {name}: median {np.median(values[has_value]):.2f} Å, {residues}{without}"


def _places(residues: Sequence[ResidueResolution]) -> FloatArray:
    """Where residues stand on the axis: at their numbers, those with an insertion code a little behind."""
    numbers = np.array([residue.number for residue in residues], float)
    places_of: dict[float, list[int]] = {}
    for place, number in enumerate(numbers):
        places_of.setdefault(number, []).append(place)
    for places in places_of.values():
        numbers[places] += np.arange(len(places)) / len(places)
    return numbers


def _broken(numbers: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A line's points, with NaN put in where the numbers do not follow each other."""
    steps = np.diff(numbers)
    breaks = np.flatnonzero((steps > 1) | (steps < 0)) + 1
    return np.insert(numbers, breaks, np.nan), np.insert(values, breaks, np.nan)


def _limits(residues: Sequence[ResidueResolution]) -> tuple[float, float]:
    """The ends of the vertical axis, Å, which hold every atom."""
    low = np.nanmin([residue.finest for residue in residues])
    high = np.nanmax([residue.coarsest for residue in residues])
    room = max(_MARGIN * (high - low), 0.1)
    return float(low - 2 * room), float(high + room)
