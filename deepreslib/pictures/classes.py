"""Pictures of classes of resolution: their probabilities for some maps, and claimed against found classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from deepreslib.analysis.confusion import Confusion
from deepreslib.errors import InputError
from deepreslib.networks.mapclass_card import BORDERS, CLASSES
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.text import plain, shortened

CLASS_COLOURS = ("#1f4e9c", "#8fb0d9", "#d9b26f")
"""Of high, medium and low."""

MOST_MAPS = 60
"""So many maps are drawn; the report has all."""

CLAIM_COLOUR = "#c1440e"
LEAST_OUTLINED = 0.02
"""The outline of a class with a smaller probability would be a line; the words beside the bar say it then."""

MEASURES = {"sensitivity": "sensitivity", "specificity": "specificity", "ppv": "PPV", "npv": "NPV"}


def class_names(borders: tuple[float, float] = BORDERS) -> list[str]:
    """The classes with their borders, such as ``high (< 5 Å)``.

    Args:
        borders: Å.
    """
    first, second = borders
    spans = (f"< {first:g} Å", f"{first:g} to {second:g} Å", f"> {second:g} Å")
    return [f"{name} ({span})" for name, span in zip(CLASSES, spans, strict=True)]


def probabilities_figure(
    maps: Mapping[str, Sequence[float]],
    borders: tuple[float, float] = BORDERS,
    claimed: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw the probabilities of the classes, a bar a map.

    Args:
        maps: name → probabilities of high, medium and low.
        borders: Å, of the classes.
        claimed: name → class of its claim; it stands beside the bar, whose part of that class is outlined.
        title: above the axes.

    Returns:
        The figure.

    Raises:
        InputError: there is no map whose class is known.
    """
    if not maps:
        raise InputError("no map has a class that can be told: there is nothing to draw.")
    shown = dict(list(maps.items())[:MOST_MAPS])
    figure = new_figure(7.5, 1.7 + 0.42 * len(shown))
    axes = figure.add_subplot()
    rows = np.arange(len(shown))
    values = np.array(list(shown.values()), float)
    starts = np.cumsum(values, axis=1) - values
    for number, (label, colour) in enumerate(zip(class_names(borders), CLASS_COLOURS, strict=True)):
        axes.barh(rows, values[:, number], left=starts[:, number], color=colour, height=0.66, label=label)
        for row in rows:
            if values[row, number] >= 0.08:
                text = f"{min(100 * values[row, number], 99):.0f} %"
                where = (starts[row, number] + values[row, number] / 2, row)
                axes.annotate(text, where, ha="center", va="center", color="white" if number == 0 else "black")
    for row, name in enumerate(shown):
        if claimed and name in claimed:
            number = CLASSES.index(claimed[name])
            start, width = starts[row, number], values[row, number]
            if width >= LEAST_OUTLINED:
                axes.barh(row, width, left=start, height=0.8, facecolor="none", edgecolor=CLAIM_COLOUR, lw=2)
            axes.annotate(
                f"claim: {claimed[name]}", (1.02, row), va="center", color=CLAIM_COLOUR, annotation_clip=False
            )
    axes.set_yticks(rows, [plain(shortened(name, 34)) for name in shown])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
    axes.set_xlabel("Probability")
    axes.spines[["top", "right"]].set_visible(False)
    handles, _ = axes.get_legend_handles_labels()
    if claimed:
        handles.append(Patch(facecolor="none", edgecolor=CLAIM_COLOUR, linewidth=2, label="the claim's class"))
    figure.legend(handles=handles, frameon=False, fontsize="small", ncols=4, loc="outside upper center")
    left_out = len(maps) - len(shown)
    notes = [title] * bool(title) + [f"{left_out} further maps are in the report"] * bool(left_out)
    axes.set_title(plain("; ".join(notes)), fontsize="medium")
    return figure


def confusion_figure(found: Confusion, borders: tuple[float, float] = BORDERS, title: str = "") -> Figure:
    """Draw a confusion matrix, and beside it sensitivity, specificity and predictive values of each class.

    Args:
        found: claimed against found classes.
        borders: Å, of the classes.
        title: above the figure.

    Returns:
        The figure.
    """
    figure = new_figure(9.6, 4.3)
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.15))
    left, right = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    names = [name.replace(" (", "\n(") for name in class_names(borders)]
    left.imshow(found.counts, cmap="Blues", vmin=0, vmax=max(int(found.counts.max()), 1) * 1.3)
    for row in range(len(CLASSES)):
        for column in range(len(CLASSES)):
            count = int(found.counts[row, column])
            left.annotate(str(count), (column, row), ha="center", va="center", fontsize="large")
    left.set_xticks(range(len(CLASSES)), names, fontsize="small")
    left.set_yticks(range(len(CLASSES)), names, fontsize="small")
    left.set_xlabel("Found")
    left.set_ylabel("Claimed")
    left.set_title(f"{np.trace(found.counts)} of {found.total} in the class of their claim", fontsize="medium")
    cells = [
        ["–" if each is None else f"{100 * each:.0f} %" for each in map(found.measures(name).get, MEASURES)]
        for name in CLASSES
    ]
    table = right.table(
        cells,
        rowLabels=[*CLASSES],
        colLabels=list(MEASURES.values()),
        loc="center",
        cellLoc="center",
        edges="horizontal",
    )
    table.scale(1, 1.9)
    right.axis("off")
    figure.suptitle(plain(title))
    return figure
