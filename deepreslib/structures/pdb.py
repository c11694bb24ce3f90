"""PDB files: each atom's line is checked, then gemmi reads the text."""

import os
import re

import gemmi

from deepreslib.errors import InputError
from deepreslib.structures import values

LEAST_WIDTH = 54
"""Columns of an atom's line up to its last coordinate."""

_HYBRID_36 = re.compile(r"[A-Za-z][0-9A-Za-z]{3}", re.ASCII)  # residue numbers above 9999
_END = re.compile(r"END(\s|$)", re.IGNORECASE)
_CUT_NAMES = ("A", "AT", "ATO", "H", "HE", "HET")


def is_atom(line: str) -> bool:
    """Whether a line of a PDB file is an atom's, as gemmi decides it."""
    return line[:4].upper() in ("ATOM", "HETA")


def read_pdb(text: str, path: str) -> gemmi.Structure:
    """The structure in the text of a PDB file, its models all kept.

    Blank occupancies count as 1. What stands behind END is left out, as the format says.

    Args:
        text: the file's content; lines end in line feeds.
        path: the file, for messages.

    Returns:
        The structure, named as the file is.

    Raises:
        InputError: no line of an atom, one that is cut, or one whose values are no numbers; or gemmi cannot read it.
    """
    lines = text.split("\n")
    widths, models = [], 0
    for index, line in enumerate(lines):
        if _END.match(line):
            lines[index:] = ["END", ""]
            break
        if line[:6].upper() == "MODEL ":  # counted anew, as some programs call several models by one number
            models += 1
            lines[index] = f"MODEL     {models:4}"
        if is_atom(line):
            widths.append(len(line))
            if not _is_plain(line):
                lines[index] = _checked(line, f"the atom in line {index + 1}", path)
    if not widths:
        raise InputError(
            f"{path}: not an atomic structure (it has neither lines of ATOM nor a data_ block); "
            "give a PDB or mmCIF file."
        )
    last = lines[-1]  # empty where the text ends with a line break
    if last in _CUT_NAMES or (is_atom(last) and widths[-1] < min(widths[:-1], default=0)):
        raise InputError(f"{path} is cut in the middle of its last line; get the whole file again.")
    try:
        structure = gemmi.read_structure_string("\n".join(lines) + "\n", format=gemmi.CoorFormat.Pdb)
    except (RuntimeError, ValueError, IndexError) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0]
        raise InputError(f"{path}: not an atomic structure ({reason}); give a PDB or mmCIF file.") from error
    structure.name = re.sub(r"\W+", "_", os.path.basename(path).split(".")[0], flags=re.ASCII) or "model"
    return structure


def _is_plain(line: str) -> bool:
    """Whether all values of an atom's line are numbers at first sight; :func:`_checked` decides about the others."""
    try:
        farthest = max(abs(float(line[30:38])), abs(float(line[38:46])), abs(float(line[46:54])))
        int(line[22:26])
        occupancy, b_factor = float(line[54:60]), float(line[60:66])
    except ValueError:
        return False
    in_range = farthest <= values.FARTHEST and 0 <= occupancy < 1e4 and abs(b_factor) < 1e6
    return in_range and "nan" not in line[30:54].lower() and line.isascii() and "_" not in line[22:66]


def _checked(line: str, atom: str, path: str) -> str:
    """An atom's line, with an occupancy if it is blank.

    Raises:
        InputError: see :func:`read_pdb`.
    """
    if len(line.rstrip()) < LEAST_WIDTH:
        raise InputError(f"{path}: the line of {atom} ends before its coordinates do; get the whole file again.")
    if not line.isascii():
        raise InputError(f"{path}: {atom} has letters that PDB files cannot hold; write it in ASCII, or as mmCIF.")
    for start in (30, 38, 46):
        values.coordinate(line[start : start + 8].strip(), atom, path)
    if not _HYBRID_36.fullmatch(line[22:26]):
        values.residue_number(line[22:26].strip(), atom, path)
    if occupancy := line[54:60].strip():
        values.occupancy(occupancy, atom, path)
    else:
        line = f"{line[:54]}  1.00{line[60:]}"
    if b_factor := line[60:66].strip():
        values.b_factor(b_factor, atom, path)
    return line
