"""Progress of long work, on standard error: a bar at a terminal, a line now and then in a file."""

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from tqdm import tqdm

SECONDS = 10
"""Between two lines in a file."""


class Lines:
    """A file that gets a line where a terminal would get the same line again.

    Attributes:
        stream: the file.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        """Writes what tqdm would show, as a line of its own."""
        if line := text.strip("\r\n ").rstrip():
            self.stream.write(f"{line}\n")

    def flush(self) -> None:
        """Passes on what was written."""
        self.stream.flush()


def bar(
    steps: Iterable[Any] | None, title: str, unit: str, shown: bool = True, total: int | None = None
) -> "tqdm[Any]":
    """The steps of some work, whose progress is shown.

    Args:
        steps: whatever is done one after the other; None if ``update`` is called instead.
        title: of the work.
        unit: what a step is.
        shown: whether anything is shown at all.
        total: number of steps; None for their length.

    Returns:
        A tqdm bar, to be iterated over.
    """
    if sys.stderr is None or not shown:
        return tqdm(steps, desc=title, unit=unit, total=total, disable=True)
    if sys.stderr.isatty():
        return tqdm(steps, desc=title, unit=unit, total=total)
    lines = Lines(sys.stderr)
    slow = {"mininterval": SECONDS, "maxinterval": SECONDS, "delay": SECONDS}
    return tqdm(steps, desc=title, unit=unit, total=total, file=lines, ncols=80, **slow)
