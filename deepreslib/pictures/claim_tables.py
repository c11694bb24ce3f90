"""Tables as pictures: the evidence about one map's claim, and the verdicts about many maps."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepreslib.analysis.claims import State
from deepreslib.pictures.evidence import VERDICT_COLOURS
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.text import plain, shortened

STATE_COLOURS = {
    State.OK: "#2a8c4a",
    State.WARNING: "#b26a00",
    State.CONTRADICTS: "#c1440e",
    State.NOT_APPLICABLE: "#6b6b6b",
}
"""The colour of each state."""

MOST_MAPS = 30
"""So many maps are drawn; the report has all."""

LETTERS = 88
"""Of a line of the evidence's sentences."""

LETTERS_OF_MAPS = 66

_LINE = 0.2
"""Inches, the height of a line."""

Cell = tuple[str, dict[str, Any]]
"""A text, whose lines are broken already, and how it looks."""


def evidence_table_figure(entry: Mapping[str, Any], title: str = "") -> Figure:
    """Draw the evidence about a map's claim, the verdict above it.

    Args:
        entry: of the map in the report of ``deepres classify``; it was judged.
        title: above the table; by default the sentence that was printed.

    Returns:
        The figure.
    """
    rows = []
    for line in entry["evidence"]:
        state = State(line["state"])
        decides = " (decides)" if line["number"] == entry["decided_by"] else ""
        sentence = line["sentence"][0].upper() + line["sentence"][1:].rstrip(".") + "."
        rows.append(
            [
                (f"{line['number']}", {"color": "0.4"}),
                (_wrapped(line["name"] + decides, 26), {"weight": "bold"}),
                (state.value, {"color": STATE_COLOURS[state], "weight": "bold"}),
                (_wrapped(sentence, LETTERS), {}),
            ]
        )
    colour = VERDICT_COLOURS[entry["verdict"]]
    return _table(
        title or entry["sentence"], colour, ("", "evidence", "says", "what was found"), rows, (0.3, 2.2, 1.35, 7.1)
    )


def verdict_table_figure(entries: Sequence[Mapping[str, Any]], title: str = "") -> Figure:
    """Draw the verdicts about maps, a row for each.

    Args:
        entries: of the maps in the report of ``deepres classify``.
        title: above the table; by default how many maps there are.

    Returns:
        The figure.
    """
    rows = []
    for entry in entries[:MOST_MAPS]:
        estimate = entry.get("estimate")
        measured = f"{estimate['value']:.1f} ± {max(estimate['deviation'], 0.05):.1f} Å" if estimate else "–"
        judged = entry["judged"]
        answer = (entry["verdict"] or "no claim") if judged else "not judged"
        look = {"color": VERDICT_COLOURS[entry["verdict"]] if judged else "0.4", "weight": "bold"}
        rows.append(
            [
                (shortened(entry["name"], 26), {"weight": "bold"}),
                (f"{entry['claim']['resolution']:g} Å" if entry["claim"] else "–", {}),
                (measured, {}),
                (_wrapped(answer, 20), look),
                (_wrapped(entry["reason"], LETTERS_OF_MAPS), {}),
            ]
        )
    more = len(entries) - len(rows)
    title = title or f"{len(entries)} map{'s' * (len(entries) != 1)}" + f"; {more} more are in the report" * bool(more)
    header = ("map", "claimed", "measured", "verdict", "why")
    return _table(title, "black", header, rows, (2.3, 0.9, 1.2, 1.8, 4.9))


def _table(
    title: str, colour: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[float]
) -> Figure:
    """Rows as high as their longest cell, a line between them."""
    heading = _wrapped(title, 112)
    heights = [max(text.count("\n") + 1 for text, _ in row) + 0.7 for row in rows]
    top = heading.count("\n") + 2.2
    size = sum(widths) + 0.3, _LINE * (top + 1.5 + sum(heights))
    figure = new_figure(*size)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-0.15, sum(widths) + 0.15)
    axes.set_ylim(size[1] / _LINE, 0)
    _write(axes, 0, 0.6, heading, color=colour, weight="bold", fontsize=11)
    starts = [sum(widths[:number]) for number in range(len(widths))]
    for start, name in zip(starts, header, strict=True):
        _write(axes, start, top, name, color="0.4")
    place = top + 1.3
    for row, height in zip(rows, heights, strict=True):
        axes.axhline(place, color="0.8", linewidth=0.8, xmin=0.01, xmax=0.99)
        for start, (text, look) in zip(starts, row, strict=True):
            _write(axes, start, place + 0.4, text, **look)
        place += height
    return figure


def _write(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    shown = "\n".join(plain(line.replace("\u00a0", " "), 200) for line in text.split("\n"))
    axes.text(x, y, shown, va="top", **{"fontsize": 9.5, "linespacing": 1.25, **look})


def _wrapped(text: str, letters: int) -> str:
    together = " ".join(text.split()).replace(" Å", "\u00a0Å").replace(" %", "\u00a0%")
    return "\n".join(textwrap.wrap(together, letters)) or "–"
