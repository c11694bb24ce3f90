"""The values in an atom's row: coordinates, occupancy, B factor, residue number. Each is a number or is refused."""

import math
import re

from deepreslib.errors import InputError

FARTHEST = 1e5
"""Å; no coordinate of a structure is larger, and beyond it numbers of single precision are too coarse."""

LARGEST_RESIDUE_NUMBER = 10**9

_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:\(\d+\))?", re.ASCII)
_INTEGER = re.compile(r"[-+]?\d+", re.ASCII)


def number(text: str) -> float:
    """A number as PDB and mmCIF files write it, ``1.5`` or ``1.5(2)``; NaN for any other text.

    Args:
        text: without blanks around it.
    """
    try:
        if math.isfinite(value := float(text)) and "_" not in text and text.isascii():
            return value
    except ValueError:
        pass
    match = _NUMBER.fullmatch(text)
    return float(match[1]) if match else math.nan


def coordinate(text: str, atom: str, path: str) -> float:
    """One coordinate of an atom, Å.

    Args:
        text: as it stands in the file.
        atom: what the message calls the atom.
        path: the file, for the message.

    Raises:
        InputError: it is no number, or one beyond 100,000 Å.
    """
    value = number(text)
    if math.isnan(value):
        raise _refusal(text, "a coordinate", atom, path, "give a structure whose atoms all have coordinates")
    if abs(value) > FARTHEST:
        raise InputError(
            f"{path}: {atom} lies at {value:g} Å, farther out than any structure; correct or leave it out."
        )
    return value


def occupancy(text: str, atom: str, path: str) -> float:
    """The occupancy of an atom.

    Args:
        text: as it stands in the file.
        atom: what the message calls the atom.
        path: the file, for the message.

    Raises:
        InputError: it is no number, or one below 0.
    """
    value = number(text)
    if not 0 <= value < math.inf:
        raise _refusal(text, "the occupancy", atom, path, "give a number from 0 to 1")
    return value


def b_factor(text: str, atom: str, path: str) -> float:
    """The B factor of an atom, Å².

    Args:
        text: as it stands in the file.
        atom: what the message calls the atom.
        path: the file, for the message.

    Raises:
        InputError: it is no number.
    """
    value = number(text)
    if not math.isfinite(value):
        raise _refusal(text, "the B factor", atom, path, "give a number in Å²")
    return value


def residue_number(text: str, atom: str, path: str) -> int:
    """The sequence number of an atom's residue.

    Args:
        text: as it stands in the file.
        atom: what the message calls the atom.
        path: the file, for the message.

    Raises:
        InputError: it is no integer, or one beyond a thousand million.
    """
    if not _INTEGER.fullmatch(text) or abs(int(text)) > LARGEST_RESIDUE_NUMBER:
        mend = "give an integer to each atom (in mmCIF its auth_seq_id)"
        raise _refusal(text, "the residue number", atom, path, mend)
    return int(text)


def _refusal(text: str, what: str, atom: str, path: str, mend: str) -> InputError:
    """The sentence about a value that is none: shown in quotes, cut if it is long; 'nothing' if there is none."""
    shown = repr(text if len(text) <= 20 else text[:20] + "…") if text else "nothing"
    return InputError(f"{path}: {shown} stands where {what} of {atom} should; {mend}.")
