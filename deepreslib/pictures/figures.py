"""What all figures share: an empty figure, the key of the colours, and saving; without pyplot and its state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure

from deepreslib.files import write_aside
from deepreslib.fourier.arrays import Array
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.text import plain

RESOLUTION_LABEL = "Local resolution (Å)"

LABELS = {
    "resolution": RESOLUTION_LABEL,
    "sd": "Uncertainty (Å)",
    "spread": "Spread of the methods (Å)",
    "class": "Class of resolution",
    "trust": "Trust",
    "b-factor": "B factor (Å²)",
}
"""What keys and axes say of a map, by what its values are: the quantities of ``deepreslib.maps.labels`` that can be
coloured."""


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure that lays itself out.

    Args:
        width: inches.
        height: inches.

    Returns:
        The figure, without axes.
    """
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def add_colour_bar(
    figure: Figure,
    axes: list[Axes] | Axes,
    scale: ColourScale,
    label: str = RESOLUTION_LABEL,
    values: Array | None = None,
    **placing: Any,
) -> Colorbar:
    """Draw the scale's key, in Å, beside some axes.

    Args:
        figure: the figure that holds the axes.
        axes: the axes to take room from.
        scale: the colours.
        label: what the key measures.
        values: those that are drawn; an end beyond which some of them lie gets a tip.
        **placing: handed on to ``Figure.colorbar`` (location, shrink, aspect, ...).

    Returns:
        The key.
    """
    ends = "neither" if values is None else scale.clipped_ends(values)
    mappable = ScalarMappable(scale.norm, scale.colours)
    bar = figure.colorbar(mappable, ax=axes, ticks=scale.ticks(), extend=ends, extendfrac=0.03, **placing)
    bar.set_label(plain(label))
    bar.ax.minorticks_off()
    bar.ax.set_yticklabels([f"{tick:.4g}".replace("-", "−") for tick in scale.ticks()])
    assert bar.solids is not None, "only the key of contour lines has no filled colours"
    bar.solids.set_edgecolor("face")  # else vector formats show a white band between colours
    return bar


def save_figure(figure: Figure, path: str | Path, dots_per_inch: int = 150) -> None:
    """Write a figure to a file, under a temporary name that is then changed, so that no half-written picture is left.

    Args:
        figure: any matplotlib figure.
        path: the file; its suffix decides the format (.png).
        dots_per_inch: resolution of the picture.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    with write_aside(path) as temporary:
        figure.savefig(temporary, dpi=dots_per_inch)
