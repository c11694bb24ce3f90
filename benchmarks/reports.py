"""Where the benchmarks leave their results: a table for people and all figures for programs."""

import json
import os

from deepreslib.files import write_aside, write_json

RESULTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "results")


def earlier(stem):
    """The figures of the last time; none if there are none."""
    path = f"{stem}.json"
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def save(stem, results, table):
    """Writes ``stem.json`` and ``stem.md`` and prints the table."""
    write_json(f"{stem}.json", results)
    with write_aside(f"{stem}.md") as temporary, open(temporary, "w", encoding="utf-8") as stream:
        stream.write(table)
    print(table)


def percent(value):
    """A share in per cent; a dash for None."""
    return "–" if value is None else f"{100 * value:.1f} %"
