"""The label in the header of every map that we write: which program wrote it, and what its values are.

``Written by deepres 0.1.0: resolution`` says that the values are local resolutions. A program of ours that is given the
file later knows by it that the map is no density.
"""

import re

from deepreslib.version import __version__

DENSITY = "density"
HALF_MAP = "half map"
MASK = "mask"
RESOLUTION = "resolution"
SD = "sd"
DIFFERENCE = "difference"
SPREAD = "spread"
COUNT = "count"
CLASS = "class"
PROBABILITY = "probability"
TRUST = "trust"
B_FACTOR = "b-factor"

QUANTITIES = (DENSITY, HALF_MAP, MASK, RESOLUTION, SD, DIFFERENCE, SPREAD, COUNT, CLASS, PROBABILITY, TRUST, B_FACTOR)
"""What the values of our maps are; others may be named by other words."""

LABEL_LENGTH = 80
"""Characters of a label in an MRC header."""

_START = "Written by deepres "
_PATTERN = re.compile(re.escape(_START) + r"\S+: (.+)")


def label(quantity: str = "") -> str:
    """The label of a map.

    Args:
        quantity: what its values are, one of ``QUANTITIES`` or other words; '' if it is not known.

    Returns:
        The label, readable ASCII of at most 80 characters.

    Raises:
        ValueError: if the quantity is too long for a label or has characters that are not plain ASCII.
    """
    text = f"{_START}{__version__}" + (f": {quantity}" if quantity else "")
    if len(text) > LABEL_LENGTH or not (text.isascii() and text.isprintable()):
        raise ValueError(f"{quantity!r} cannot stand in the label of a map")
    return text


def quantity_of(labels: list[bytes]) -> str:
    """What the values of a map are, by the labels of its header.

    Only the last label counts: a program that changed the map has added its own after ours.

    Args:
        labels: those that are used, first to last.

    Returns:
        The quantity, '' if the map is of another program or says nothing.
    """
    used = [text for text in (one.decode("ascii", "replace").strip(" \0") for one in labels) if text]
    found = _PATTERN.fullmatch(used[-1]) if used else None
    return found[1] if found else ""
