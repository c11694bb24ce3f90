"""The figure of a coloured surface: three views side by side and their key."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.pictures import rendering
from deepreslib.pictures.figures import RESOLUTION_LABEL, add_colour_bar, new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.surface import ColouredSurface
from deepreslib.pictures.text import plain

PIXELS = 540  # along the longer side of the largest view
FINER = 2  # pixels drawn along a side for each one shown, which smooths the edges
CAPTIONS = {"front": "front (x →, y ↑)", "side": "side (turned 90° about y)", "top": "top (from +y)"}


def surface_figure(
    surface: ColouredSurface,
    scale: ColourScale,
    title: str = "",
    views: Sequence[str] = ("front", "side", "top"),
    label: str | None = RESOLUTION_LABEL,
) -> Figure:
    """Draw a coloured surface from several sides, all at one size, with a scale bar and the key in Å.

    Args:
        surface: from ``coloured_surface``.
        scale: colours.
        title: above the figure.
        views: some of 'front' (seen from +z, x to the right), 'side' (from +x) and 'top' (from +y).
        label: what the key measures; None for no key.

    Returns:
        The figure.

    Raises:
        InputError: a view that does not exist.
    """
    for view in views:
        if view not in rendering.VIEWS:
            raise InputError(f"There is no view {view!r}: choose among {', '.join(rendering.VIEWS)}.")
    middle = (surface.vertices.min(axis=0) + surface.vertices.max(axis=0)) / 2
    reach = np.ptp(surface.vertices, axis=0) / 2
    sides = {view: np.abs(rendering.VIEWS[view]) @ reach for view in views}  # half width, half height, half depth
    tallest = max(side[1] for side in sides.values())
    pixel_size = 2 * max(side[:2].max() for side in sides.values()) / PIXELS
    widths = [float(sides[view][0]) for view in views]
    inches = 10.5 / max(sum(widths), 1.6 * tallest)
    figure = new_figure(inches * sum(widths) + 1.4, 1.1 * inches * tallest + 0.9)
    panels = figure.subplots(1, len(views), squeeze=False, width_ratios=widths)[0].tolist()
    for panel, view in zip(panels, views, strict=True):
        half_size = np.array([sides[view][0], tallest])
        picture = render(surface, scale, view, middle, half_size, pixel_size)
        edges = (-half_size[0], half_size[0], -half_size[1], half_size[1])
        panel.imshow(picture, origin="lower", extent=edges, interpolation="antialiased")
        panel.set_title(CAPTIONS[view], fontsize="medium")
        panel.set_axis_off()
        panel.set_ylim(-1.2 * tallest, tallest)  # room for the scale bar
    _draw_scale_bar(panels[0], widths[0], tallest)
    if label is not None:
        add_colour_bar(figure, panels, scale, label, surface.values, aspect=25, shrink=0.85, pad=0.02)
    if title:
        figure.suptitle(plain(title))
    return figure


def render(
    surface: ColouredSurface,
    scale: ColourScale,
    view: str,
    middle: FloatArray,
    half_size: FloatArray,
    pixel_size: float,
) -> FloatArray:
    """One view as a picture.

    Args:
        surface: the mesh.
        scale: colours.
        view: a key of ``rendering.VIEWS``.
        middle: (z, y, x), Å, the point that stands in the picture's middle.
        half_size: half the width and half the height of the picture, Å.
        pixel_size: side of a pixel, Å.

    Returns:
        (rows, columns, 3), 0 to 1, the first row at the bottom; white where there is nothing.
    """
    turn = rendering.VIEWS[view]
    fine = pixel_size / FINER
    margin = 2 * FINER
    columns, rows = (FINER * math.ceil(2 * half / pixel_size) + 2 * margin for half in half_size)
    points = (surface.vertices - middle) @ turn.T
    points[:, :2] = points[:, :2] / fine + (columns / 2, rows / 2)
    raster = rendering.rasterise(points, surface.normals @ turn.T, surface.values, surface.faces, (rows, columns))
    lit = rendering.shade(raster, scale.rgba(raster.values)[..., :3], fine)
    return rendering.downsample(lit, FINER)


def _draw_scale_bar(panel: Axes, width: float, height: float) -> None:
    """A bar of a round length in the lower left corner."""
    length = round_length(0.8 * width)
    left, bottom = -width, -1.06 * height
    panel.plot(
        [left, left + length], [bottom, bottom], color="black", linewidth=3, solid_capstyle="butt", clip_on=False
    )
    panel.text(left + length / 2, bottom - 0.03 * height, f"{length:g} Å", ha="center", va="top")


def round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50 ... (and 0.5, 0.2, 0.1 ...) that is not above a length.

    Args:
        most: the length, more than 0.

    Returns:
        The round length, in the same unit.
    """
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))
