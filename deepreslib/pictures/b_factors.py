"""Pictures of a map of B factors that an enhancement applied: slices, histogram, surface, and against local FSC.

Such a map holds Å², negative where the map was sharpened. Outside the mask it is 0, but 0 may stand inside too, so all
functions are given the mask.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from scipy import stats

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple
from deepreslib.pictures.chimerax import resolution_for_chimerax
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.histogram import SHOWN_PERCENTILES
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure
from deepreslib.pictures.surface import ColouredSurface, coloured_surface
from deepreslib.pictures.text import plain
from deepreslib.pictures.views import surface_figure

LABEL = "B factor applied (Å²)"
COLOUR_MAP = "jet"
STEP = 10.0
"""Å²; ends of scales and bins are multiples of it, or of a tenth of it where all values lie close together."""

ENDS = (5, 95)
"""Percentiles at the ends of the colours: at the rim of a mask B factors of a few voxels lie far from all others."""

BINS = 40
FEWEST_VOXELS = 30
"""Of a bin whose median is drawn."""


def b_factor_scale(
    b_factor: FloatArray, mask: BoolArray, colour_map: str = COLOUR_MAP, levels: int = 17
) -> ColourScale:
    """Colours that fit a map of B factors and ignore its outliers: blue where the map was sharpened most.

    Args:
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        colour_map: name of a matplotlib colour map.
        levels: number of colours in the palette for ChimeraX.

    Returns:
        A scale from percentile 5 to 95, rounded outwards.

    Raises:
        InputError: the mask is empty.
    """
    low, high = (float(end) for end in np.percentile(_inside(b_factor, mask), ENDS))
    step = STEP if high - low >= 2 * STEP else STEP / 10
    low, high = step * math.floor(low / step + 1e-4), step * math.ceil(high / step - 1e-4)
    return ColourScale(low, high if high > low else low + step, colour_map, levels)


def b_factor_slices_figure(
    b_factor: FloatArray,
    mask: BoolArray,
    voxel_size: Triple,
    scale: ColourScale,
    density: FloatArray | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw slices of the B factors over the grey density.

    Args:
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        voxel_size: (z, y, x), Å.
        scale: colours.
        density: (z, y, x), in grey behind it, or None.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: the mask is empty, arrays of different shape, or no such slice.
    """
    _inside(b_factor, mask)
    return coloured_slices_figure(
        density, b_factor, voxel_size, scale, axis, numbers, origin, title, inside=mask, label=LABEL
    )


def b_factor_histogram_figure(
    b_factor: FloatArray, mask: BoolArray, scale: ColourScale | None = None, title: str = ""
) -> Figure:
    """Draw how many voxels of the mask got which B factor; a dashed line stands at the median.

    Args:
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        scale: colours of the bars; by default one that fits the values.
        title: above the axes.

    Returns:
        The figure. Its axis spans the percentiles 0.5 to 99.5; voxels beyond are counted in the bins at its ends.

    Raises:
        InputError: the mask is empty.
    """
    values = _inside(b_factor, mask)
    scale = scale or b_factor_scale(b_factor, mask)
    low, high = (float(end) for end in np.percentile(values, SHOWN_PERCENTILES))
    step = _bin_width(high - low)
    edges = step * np.arange(math.floor(low / step + 1e-4), math.floor(high / step + 1e-4) + 2)
    voxels, _ = np.histogram(np.clip(values, edges[0], edges[-1]), bins=edges)
    figure = new_figure(7.5, 4.8)
    axes = figure.add_subplot()
    centres = (edges[:-1] + edges[1:]) / 2
    axes.bar(centres, voxels, width=step, color=scale.rgba(centres), edgecolor="white", linewidth=0.6)
    median = float(np.median(values))
    label = f"median {median:.0f} Å², mean {values.mean():.0f} Å², SD {values.std():.0f} Å², {values.size:,} voxels"
    axes.axvline(median, color="black", linestyle="--", linewidth=1.4, label=label.replace("-", "−"))
    axes.set_xlabel(f"{LABEL}; sharper to the left")
    axes.set_ylabel("Voxels")
    axes.set_ylim(0, 1.13 * voxels.max())
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    if beyond := np.count_nonzero((values < edges[0]) | (values > edges[-1])):
        note = f"beyond the axis, counted in the end bins: {beyond:,}"
        axes.annotate(note, (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize="small", color="0.35")
    axes.set_title(plain(title), loc="left")
    return figure


def b_factor_surface(
    density: FloatArray,
    b_factor: FloatArray,
    mask: BoolArray,
    voxel_size: Triple,
    level: float | None = None,
    origin: Triple = ZERO,
) -> ColouredSurface:
    """The surface of an enhanced map with the B factor just inside it at each vertex.

    Args:
        density: (z, y, x), any unit.
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        voxel_size: (z, y, x), Å.
        level: density at the surface; by default found from the density and the mask.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).

    Returns:
        The mesh, for :func:`deepreslib.pictures.surface_figure`.

    Raises:
        InputError: the mask is empty, arrays of different shape, or no surface at the level.
    """
    raised, shift = _raised(b_factor, mask)
    surface = coloured_surface(density, raised, voxel_size, level, origin=origin)
    return replace(surface, values=surface.values - shift)


def b_factor_surface_figure(
    density: FloatArray,
    b_factor: FloatArray,
    mask: BoolArray,
    voxel_size: Triple,
    scale: ColourScale,
    level: float | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw the surface of an enhanced map, coloured by the B factors just inside it, from three sides.

    Args:
        density: (z, y, x), any unit.
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        voxel_size: (z, y, x), Å.
        scale: colours.
        level: density at the surface; by default found from the density and the mask.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: the mask is empty, arrays of different shape, or no surface at the level.
    """
    surface = b_factor_surface(density, b_factor, mask, voxel_size, level, origin)
    return surface_figure(surface, scale, title, label=LABEL)


def b_factor_for_chimerax(b_factor: FloatArray, mask: BoolArray) -> FloatArray:
    """A map of B factors that goes on beyond the mask, so that no 0 bleeds into the colours of a surface near its edge.

    Args:
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.

    Returns:
        float32 (z, y, x), Å²; see :func:`deepreslib.pictures.resolution_for_chimerax`.

    Raises:
        InputError: the mask is empty.
    """
    raised, shift = _raised(b_factor, mask)
    filled: FloatArray = resolution_for_chimerax(raised) - np.float32(shift)
    return filled


def b_factor_against_resolution_figure(
    resolution: FloatArray,
    b_factor: FloatArray,
    mask: BoolArray,
    title: str = "",
    label: str = "Local FSC resolution (Å)",
) -> Figure:
    """Draw how the B factor that was applied goes with the local resolution, as densities of voxels.

    Where a map is well resolved it can be sharpened more, so the B factor should rise with the resolution in Å.

    Args:
        resolution: (z, y, x), Å, 0 where there is none.
        b_factor: (z, y, x), Å².
        mask: (z, y, x), where it counts.
        title: above the axes.
        label: what the resolution is.

    Returns:
        The figure; a line joins the medians, and a note has the correlation of the ranks.

    Raises:
        InputError: fewer than 3 voxels have both values.
    """
    shared = mask & (resolution > 0)
    across, up = resolution[shared].astype(float), b_factor[shared].astype(float)
    if across.size < 3:
        raise InputError("Fewer than 3 voxels have a B factor and a resolution, so they cannot be compared.")
    columns, rows = _edges(across), _edges(up)
    figure = new_figure(6.6, 5.2)
    axes = figure.add_subplot()
    counts, _ = np.histogramdd((across, up), bins=(columns, rows))
    norm = LogNorm(1, max(float(counts.max()), 2))
    mesh = axes.pcolormesh(columns, rows, np.ma.masked_equal(counts.T, 0), norm=norm)
    places, medians = _medians(across, up, columns)
    axes.plot(places, medians, color="black", linewidth=1.4, label="median")
    axes.set_xlim(columns[0], columns[-1])
    axes.set_ylim(rows[0], rows[-1])
    axes.set_xlabel(plain(label))
    axes.set_ylabel(LABEL)
    axes.legend(frameon=False, loc="lower right")
    note = f"{rank_correlation_text(across, up)}, {across.size:,} voxels"
    axes.annotate(note, (0.02, 0.97), xycoords="axes fraction", va="top", fontsize="small")
    figure.colorbar(mesh, ax=axes, aspect=30, label="Voxels")
    axes.set_title(plain(title))
    return figure


def rank_correlation_text(one: FloatArray, other: FloatArray) -> str:
    """The correlation of the ranks of two sets of values, in words.

    Args:
        one: (n,).
        other: (n,).

    Returns:
        "rank correlation 0.87", or that there is none as one of them is constant.
    """
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return "no rank correlation, as one of them is constant"
    return f"rank correlation {float(stats.spearmanr(one, other)[0]):.2f}".replace("-", "−")


def _inside(b_factor: FloatArray, mask: BoolArray) -> FloatArray:
    """The values within the mask, float64 (n,)."""
    if b_factor.shape != mask.shape:
        raise InputError(
            f"The map of B factors has shape {b_factor.shape} and the mask {mask.shape}: give two on one grid."
        )
    values = b_factor[mask].astype(float)
    if not values.size:
        raise InputError("The mask of the B factors is empty, so there is nothing to show: check it.")
    return values


def _raised(b_factor: FloatArray, mask: BoolArray) -> tuple[FloatArray, float]:
    """B factors raised so that they are above 0 within the mask, and 0 outside; and by how much they were raised.

    What is made for resolutions takes 0 for outside, and only means and interpolates values, so that what was raised
    can be lowered again.
    """
    shift = 1.0 - float(_inside(b_factor, mask).min())
    return np.where(mask, b_factor + np.float32(shift), 0).astype(np.float32), shift


def _bin_width(span: float) -> float:
    """A round width, Å², of which about 40 make up a span."""
    return next(width for width in (0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, math.inf) if span / width <= 1.5 * BINS)


def _edges(values: FloatArray) -> FloatArray:
    """Edges of bins from percentile 0.5 to 99.5."""
    low, high = np.percentile(values, SHOWN_PERCENTILES)
    edges: FloatArray = np.linspace(low, max(high, low + 1e-3 * max(abs(low), 1)), BINS + 1)
    return edges


def _medians(across: FloatArray, up: FloatArray, edges: FloatArray) -> tuple[list[float], list[float]]:
    """The median of one set of values in each bin of the other that has enough of them, and the bin's centre."""
    numbers = np.digitize(across, edges[1:-1])
    found = [(number, up[numbers == number]) for number in range(len(edges) - 1)]
    found = [(number, values) for number, values in found if values.size >= FEWEST_VOXELS]
    places = [float(edges[number] + edges[number + 1]) / 2 for number, _ in found]
    return places, [float(np.median(values)) for _, values in found]
