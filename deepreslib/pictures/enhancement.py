"""Pictures of an enhanced map: slices before and after, profiles of a window, gains, and the FSC of the half maps.

A profile is the mean magnitude of a window's Fourier coefficients in 13 shells (see
:mod:`deepreslib.enhancement.profiles`). It is drawn as in figure 3.5 of Bot 2023 (thesis, TU Delft): its natural
logarithm against 1/d², with d, the resolution of each shell, on the upper axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from deepreslib.enhancement.profiles import FREQUENCY, LEAST, SHELLS, logarithm
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, Triple
from deepreslib.fourier.fsc import CUTOFF, ShellCorrelation
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.slices import ZERO, paired_slices_figure
from deepreslib.pictures.surface import coloured_surface
from deepreslib.pictures.text import add_legend, plain
from deepreslib.pictures.views import surface_figure

BEFORE_COLOUR, PREDICTED_COLOUR, AFTER_COLOUR = "0.35", "#c1440e", "#1f4e9c"
COLOURS = (BEFORE_COLOUR, AFTER_COLOUR, PREDICTED_COLOUR, "#2a8c4a")
RESOLUTIONS = (20, 10, 8, 7, 6, 5, 4.5, 4, 3.5, 3, 2.8, 2.6, 2.4, 2.2, 2)
"""Å, what may stand on an upper axis."""

GAP = 0.055
"""The least distance of two of them, as a share of the axis."""

DEPTH = 12.0
"""A profile is drawn down to so much, in its logarithm, below the highest point."""

FAINT = 5.0
"""Gains are drawn down to the least of their middle over this; a shell that is suppressed in places goes on below."""

PLAIN = ColourScale(0, 1.3, "Blues_r")
"""A plain surface has the colour of 1."""

LEAKED = "after: leaked from coarser detail"
"""What an FSC is where the map was filtered before it was enhanced."""

IN_SDS = "Density, in SDs within the mask"


def before_after_figure(
    before: FloatArray,
    after: FloatArray,
    mask: BoolArray,
    voxel_size: Triple,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw the same slices of a map before and after, on one scale of greys.

    Enhancing changes the scale of a map. So both are drawn in units of their own SD within the mask, from their mean
    there.

    Args:
        before: (z, y, x), any unit.
        after: (z, y, x), any unit.
        mask: (z, y, x), the voxels that were enhanced.
        voxel_size: (z, y, x), Å.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 2 about the centre of the mask.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure: before on the left, after on the right.

    Raises:
        InputError: maps or mask of different shape, an empty mask, a map that is constant within it, no such slice.
    """
    if not before.shape == after.shape == mask.shape:
        raise InputError(
            f"The maps have the shapes {before.shape} and {after.shape} and the mask {mask.shape}: give all of them on "
            "one grid."
        )
    maps = {"before": _in_sds(before, mask, "before"), "after": _in_sds(after, mask, "after")}
    return paired_slices_figure(maps, voxel_size, axis, numbers, mask, origin, title, IN_SDS)


def plain_surface_figure(
    density: FloatArray,
    mask: BoolArray,
    voxel_size: Triple,
    level: float | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw the surface of a map in one colour, from three sides.

    Args:
        density: (z, y, x), any unit.
        mask: (z, y, x); only density near it is drawn.
        voxel_size: (z, y, x), Å.
        level: density at the surface; by default found from the density and the mask.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure, without a key.

    Raises:
        InputError: arrays of different shape, an empty mask, or no surface at the level.
    """
    surface = coloured_surface(density, mask.astype(np.float32), voxel_size, level, origin=origin)
    return surface_figure(surface, PLAIN, title, label=None)


def profiles_figure(
    profiles: Mapping[str, FloatArray],
    known: BoolArray | None = None,
    resolution: float | None = None,
    title: str = "",
) -> Figure:
    """Draw profiles of one window: the logarithm of the magnitude against 1/d², d on the upper axis.

    Args:
        profiles: name → (13,) magnitudes; the first three have the colours of before, after and predicted.
        known: bool (13,), false for shells that hold no information, which are drawn hollow; by default all true.
        resolution: Å, that of the map, where a line is drawn; None for none.
        title: above the axes.

    Returns:
        The figure.

    Raises:
        InputError: no profile, or one without 13 points or with 0 in all of them.
    """
    if not profiles:
        raise InputError("There is no profile to draw: give one or more.")
    known = np.ones(SHELLS, bool) if known is None else known
    figure = new_figure(7.0, 5.0)
    axes = figure.add_subplot()
    places = np.square(FREQUENCY)
    heights = []
    for number, (name, magnitudes) in enumerate(profiles.items()):
        if np.shape(magnitudes) != (SHELLS,) or not np.max(magnitudes) > LEAST:
            raise InputError(f"{name} is no profile of a window with density: {SHELLS} magnitudes are needed.")
        logarithms = logarithm(np.asarray(magnitudes))
        colour, style = COLOURS[number % len(COLOURS)], "--" if number == 2 else "-"
        axes.plot(places, logarithms, style, color=colour, linewidth=1.8, label=str(number))
        axes.plot(places[known], logarithms[known], "o", color=colour, markersize=4)
        axes.plot(places[~known], logarithms[~known], "o", color=colour, markersize=4, markerfacecolor="white")
        heights.append(logarithms)
    _mark_resolution(axes, resolution, lambda d: 1 / d**2)
    add_legend(axes, list(profiles), frameon=False, loc="upper right")
    top = float(np.max(heights))
    bottom = max(float(np.min(np.stack(heights)[:, 1:])), top - DEPTH)
    axes.set_ylim(bottom - 0.5, top + 0.5)
    axes.set_xlim(-0.004, 1.03 * float(places[-1]))
    axes.set_xlabel("1/d² (1/Å²)")
    axes.set_ylabel("ln of the mean amplitude, the map's SD being 1")
    _upper_axis(axes, lambda d: 1 / d**2)
    _head(figure, title)
    return figure


def gains_figure(
    frequency: FloatArray,
    middle: FloatArray,
    low: FloatArray,
    high: FloatArray,
    spread: str,
    held: BoolArray | None = None,
    resolution: float | None = None,
    title: str = "",
    name: str = "mean over the mask",
    label: str = "Gain of the amplitudes",
) -> Figure:
    """Draw by how much amplitudes were multiplied, with the spread over the places of the map, against frequency.

    Args:
        frequency: (shells,), 1/Å.
        middle: (shells,), the mean gain or the median.
        low: (shells,), the lower end of the spread.
        high: (shells,), the upper end.
        spread: what the spread is, such as "percentiles 10 to 90".
        held: bool (shells,), shells that hold no information, so that their gain was held; by default none.
        resolution: Å, that of the map, where a line is drawn; None for none.
        title: above the axes.
        name: what ``middle`` is.
        label: of the upright axis: what the gains are, such as relative to what.

    Returns:
        The figure.

    Raises:
        InputError: a gain that is not above 0.
    """
    if not (np.min(low) > 0 and np.isfinite(high).all()):
        raise InputError("A gain is not above 0 and finite, so there is nothing to draw: run the method again.")
    figure = new_figure(7.0, 4.8)
    axes = figure.add_subplot()
    axes.fill_between(frequency, low, high, color=AFTER_COLOUR, alpha=0.2, linewidth=0, label=spread)
    axes.plot(frequency, middle, "o-", color=AFTER_COLOUR, linewidth=1.8, markersize=4, label=name)
    axes.axhline(1, color="0.5", linewidth=0.8)
    if held is not None and held.any():
        axes.plot(
            frequency[held],
            middle[held],
            "o",
            color=AFTER_COLOUR,
            markerfacecolor="white",
            label="held: no information",
        )
    _mark_resolution(axes, resolution, lambda d: 1 / d)
    axes.set_yscale("log")
    bottom = max(float(np.min(low)), float(np.min(middle)) / FAINT)
    axes.set_ylim(min(bottom, 1.0) / 1.25, 1.25 * max(float(np.max(high)), 1.0))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(-0.01, 1.03 * float(frequency[-1]))
    axes.set_xlabel("Frequency (1/Å)")
    axes.set_ylabel(plain(label))
    _upper_axis(axes, lambda d: 1 / d)
    axes.legend(frameon=False)
    _head(figure, title)
    return figure


def fsc_before_after_figure(
    before: ShellCorrelation, after: ShellCorrelation, title: str = "", end: float | None = None
) -> Figure:
    """Draw the FSC of half maps before and after they were enhanced by the same gains.

    Args:
        before: of the half maps as they were.
        after: of the enhanced ones.
        title: above the axes.
        end: Å, beyond which the enhanced half maps hold nothing but what leaked from coarser shells, as gains differ
            from place to place and the mask cuts; the curve is faint there. None where they hold something everywhere.

    Returns:
        The figure; it says that the curve after is for comparison and not for claims, as the gains come from both half
        maps.
    """
    figure = new_figure(7.0, 4.8)
    axes = figure.add_subplot()
    for name, curve, colour in (("before", before, BEFORE_COLOUR), ("after", after, AFTER_COLOUR)):
        label = f"{name}: {CUTOFF:g} at {curve.resolution():.2f} Å" if curve.falls_below() else name
        frequency, correlation = curve.frequency[1:], curve.correlation[1:]
        last = len(frequency)
        if end is not None and name == "after":
            last = max(int(np.searchsorted(frequency, 1 / end)), 1)
        axes.plot(frequency[:last], correlation[:last], color=colour, linewidth=1.8, label=label)
        if last < len(frequency):
            axes.plot(frequency[last - 1 :], correlation[last - 1 :], ":", color=colour, linewidth=1.2, label=LEAKED)
    axes.axhline(CUTOFF, color="0.6", linewidth=0.8, linestyle="--")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_ylim(-0.15, 1.05)
    axes.set_xlim(0, float(before.frequency[-1]))
    axes.set_xlabel("Frequency (1/Å)")
    axes.set_ylabel("FSC of the half maps")
    _upper_axis(axes, lambda d: 1 / d)
    axes.legend(frameon=False)
    note = "The gains come from both half maps: the FSC after is for comparison, not for claims."
    axes.annotate(note, (0.01, 0.01), xycoords="axes fraction", fontsize="small", color="0.35")
    _head(figure, title)
    return figure


def _in_sds(data: FloatArray, mask: BoolArray, name: str) -> FloatArray:
    """A map less its mean within the mask, over its SD there."""
    values = data[mask].astype(float)
    if not values.size:
        raise InputError("The mask is empty, so the maps cannot be compared: give another.")
    if not values.std() > 0:
        raise InputError(f"The map {name} is constant within the mask, so there is nothing to show.")
    scaled: Array = ((data - values.mean()) / values.std()).astype(np.float32)
    return scaled


def _mark_resolution(axes: Axes, resolution: float | None, place: Callable[[float], float]) -> None:
    """A line at the resolution of the map; it is no line of the legend."""
    if resolution is not None:
        axes.axvline(place(resolution), color="0.6", linestyle=":", linewidth=1.4)
        where = (place(resolution), 0.01)
        text = f" {resolution:.2f} Å"
        axes.annotate(text, where, xycoords=axes.get_xaxis_transform(), fontsize="small", color="0.35")


def _upper_axis(axes: Axes, place: Callable[[float], float]) -> None:
    """Resolutions d on the upper axis, as many as there is room for."""
    low, high = axes.get_xlim()
    shown: list[float] = []
    for resolution in RESOLUTIONS:
        here = place(resolution)
        if low <= here <= high and (not shown or here - place(shown[-1]) >= GAP * (high - low)):
            shown.append(resolution)
    upper = axes.secondary_xaxis("top")
    upper.set_xticks([place(resolution) for resolution in shown], [f"{resolution:g}" for resolution in shown])
    upper.set_xlabel("d (Å)")
    axes.spines["right"].set_visible(False)


def _head(figure: Figure, title: str) -> None:
    if title:
        figure.suptitle(plain(title))
