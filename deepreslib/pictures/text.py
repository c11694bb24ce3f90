"""Names in pictures: shown letter by letter, whatever they hold, and never interpreted."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.legend import Legend

TITLE_LENGTH = 80
NAME_LENGTH = 40
"""Most letters of a title, and of a name that stands beside other text."""


def visible(text: str) -> str:
    r"""A text on one line: line breaks and other letters that are not seen are written as ``\n`` or ``\u2028``.

    Args:
        text: any text; bytes of a file's name that are no UTF-8 are written as ``\xff``.

    Returns:
        The text; without such letters it is the same.
    """
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def shortened(text: str, most: int = NAME_LENGTH) -> str:
    """A text on one line, with an ellipsis in its middle if it is long.

    Args:
        text: any text.
        most: letters of the result, 3 or more.

    Returns:
        The text, of ``most`` letters at most.
    """
    text = visible(text)
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[-end:]}"


def plain(text: str, most: int = TITLE_LENGTH) -> str:
    r"""A text as matplotlib must be given it to show it letter by letter.

    matplotlib sets what stands between two dollar signs as a formula, and fails where it is none; ``\$`` is a dollar
    sign. To be called once, where a text is handed to matplotlib.

    Args:
        text: any text.
        most: how many letters are shown; a longer text is cut in its middle.

    Returns:
        The text for matplotlib.
    """
    return shortened(text, most).replace("$", r"\$")


def add_legend(axes: Axes, labels: Sequence[str], **options: object) -> Legend:
    """A legend of the lines of some axes that have a label, with other texts.

    matplotlib leaves out labels that begin with an underscore, so the lines have labels of no meaning, and the texts
    are set afterwards.

    Args:
        axes: the axes.
        labels: the texts, in the order of the lines; any text.
        **options: handed on to ``Axes.legend`` (loc, frameon, ...).

    Returns:
        The legend.
    """
    legend = axes.legend(**options)
    for shown, label in zip(legend.get_texts(), labels, strict=True):
        shown.set_text(plain(label, 2 * TITLE_LENGTH))
    return legend


def _escape(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as Python has it in names of files
        return f"\\x{code - 0xDC00:02x}"
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
