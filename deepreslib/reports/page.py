"""A page of HTML: escaped text, tables, and pictures held inside as data, so that the file needs nothing beside it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

MOST_BYTES = 2_000_000
"""No page is larger; pictures that do not fit are left out, and the page says so."""

DOTS_PER_INCH = 110

_RESERVE = 20_000

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1c1c1c; background: #fff;
       max-width: 66rem; margin: 1.2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.35rem; margin: 0 0 .4rem; } h2 { font-size: 1.1rem; margin: 1.3rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
p { margin: .35rem 0; } ul { margin: .3rem 0; padding-left: 1.3rem; }
.verdict { border-left: .5rem solid; padding: .5rem .8rem; margin: .5rem 0; background: #f5f5f5; }
.verdict strong { font-size: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .22rem .5rem; border-bottom: 1px solid #ddd; }
h1, h2, h3, p, li, td:first-child, td:last-child { overflow-wrap: anywhere; }
td:first-child:not(.number) { min-width: 8.5rem; }
th { border-bottom: 2px solid #999; } td.number { white-space: nowrap; text-align: right; }
.state { white-space: nowrap; font-weight: 600; }
.ok { color: #1d6b36; } .warning { color: #8a5a00; } .contradicts { color: #a32a10; } .not-applicable { color: #666; }
.small { font-size: .85rem; color: #444; } img { max-width: 100%; height: auto; display: block; margin: .4rem 0; }
code { overflow-wrap: anywhere; }
section + section { border-top: 3px double #aaa; margin-top: 2rem; }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid-page; } }
"""


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes:
        draw: makes the figure.
        caption: below it, also for those who do not see it.
    """

    draw: Callable[[], Figure]
    caption: str


def text(words: object) -> str:
    """Words as they stand in HTML.

    Args:
        words: of any kind; what cannot be printed becomes a blank.
    """
    return html.escape("".join(char if char.isprintable() else " " for char in str(words)))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table.

    Args:
        header: names of the columns, plain text.
        rows: cells that are HTML already: a whole ``<td ...>`` or what stands in one.
    """
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in header)
    body = "".join(
        "<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def bullets(items: Iterable[str]) -> str:
    """A list of plain texts; nothing if there are none.

    Args:
        items: the texts.
    """
    rows = "".join(f"<li>{text(item)}</li>\n" for item in items)
    return f"<ul>\n{rows}</ul>\n" if rows else ""


def page(title: str, parts: Sequence[str | Picture]) -> str:
    """A whole page.

    Args:
        title: plain text.
        parts: HTML, and pictures; those that would make the page larger than ``MOST_BYTES`` are left out.

    Returns:
        The page.
    """
    room = MOST_BYTES - _RESERVE - len(STYLE) - sum(len(each.encode()) for each in parts if isinstance(each, str))
    body = []
    for each in parts:
        if isinstance(each, str):
            body.append(each)
            continue
        drawn = _drawn(each) if room > 0 else ""
        if len(drawn) > room or not drawn:
            body.append(f'<p class="small">{text(each.caption)} (left out, so that this file stays small)</p>\n')
            continue
        room -= len(drawn)
        body.append(drawn)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{''.join(body)}</body>\n</html>\n"
    )


def _drawn(picture: Picture) -> str:
    """The picture as HTML, PNG inside."""
    stream = io.BytesIO()
    picture.draw().savefig(stream, dpi=DOTS_PER_INCH, format="png")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    caption = text(picture.caption)
    return (
        f'<figure style="margin:.6rem 0"><img src="data:image/png;base64,{data}" alt="{caption}">'
        f'<figcaption class="small">{caption}</figcaption></figure>\n'
    )
