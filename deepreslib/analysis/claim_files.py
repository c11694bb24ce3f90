"""Claims read from files: EMDB's header XML (version 3), mmCIF of the PDB or EMDB, and tables of maps.

EMDB's XML is read without entities and without a network: a file that defines an entity is refused. The names of its
elements are those of EMDB's public schema, version 3 (``emdb.xsd``).
"""

import csv
import io
import os
import re
import xml.etree.ElementTree as ElementTree
import xml.parsers.expat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import gemmi

from deepreslib.analysis.claims import Claim, checked_claim
from deepreslib.errors import InputError
from deepreslib.files import PathLike
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.structures.text import read_text

COLUMNS = ("map", "claimed")
"""The columns that a table must have."""

OPTIONAL = ("voxel_size", "half1", "half2", "mask", "structure", "label")
"""Those that it may have."""

FILES = ("map", "half1", "half2", "mask", "structure")
"""The columns that name files."""

DELIMITERS = (",", ";", "\t")

_NUMBER = re.compile(r"(?<![\d.])(0?\.\d+)(?![\d.])")
_KNOWN_CUTOFFS = (0.143, 0.33, 0.5)


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        number: of the line in the file, from 1.
        claim: None if the field is empty.
        voxel_size: Å; None likewise.
        files: column → path, for those that are given.
        label: what to call the map; '' if not given.
    """

    number: int
    claim: Claim | None
    voxel_size: float | None
    files: Mapping[str, str]
    label: str = ""


def read_claim(path: PathLike) -> Claim:
    """The claim in an EMDB header or an mmCIF file.

    Args:
        path: the file, plain or compressed by gzip.

    Returns:
        The claim, with what else the file says of the map.

    Raises:
        InputError: there is no such file, it is neither, or it holds no resolution or several.
    """
    path = os.fspath(path)
    text = read_text(path, "a header of EMDB (XML) or an mmCIF file", "a header of EMDB or an mmCIF file")
    return _from_xml(text, path) if text.lstrip().startswith("<") else _from_mmcif(text, path)


def read_table(path: PathLike, maps_elsewhere: bool = False) -> list[Row]:
    """A table of maps and their claims.

    Args:
        path: a CSV file with a line of column names; commas, semicolons or tabs between columns. Names of files are
            relative to the table's folder, or to the current one where the table's has no such file.
        maps_elsewhere: the maps themselves need not be where the table says, as whoever asks has them already.

    Returns:
        Its lines.

    Raises:
        InputError: a column is missing or unknown, there are two kinds of delimiters, a file does not exist, or a
            number is none.
    """
    path = os.fspath(path)
    text = read_text(path, "a CSV file", "a table")
    first, _, _ = text.lstrip("\n").partition("\n")
    found = [delimiter for delimiter in DELIMITERS if delimiter in first]
    if len(found) > 1:
        names = " and ".join({",": "commas", ";": "semicolons", "\t": "tabs"}[each] for each in found)
        raise InputError(f"{path} has {names} between its column names; use one of them.")
    rows = csv.reader(io.StringIO(text), delimiter=found[0] if found else ",", skipinitialspace=True)
    try:
        lines = [(rows.line_num, [field.strip() for field in row]) for row in rows]
    except csv.Error as error:
        raise InputError(f"{path} is no table ({error}); give a CSV file.") from error
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise InputError(f"{path} is empty; give a table with the columns {', '.join(COLUMNS)}.")
    (_, header), *lines = lines
    header = [name.lower() for name in header]
    _check_columns(header, path)
    if not lines:
        raise InputError(f"{path} has column names and no map; add a line for each map.")
    return [
        _row(dict(zip(header, _filled(row, header, path, number), strict=True)), path, number, maps_elsewhere)
        for number, row in lines
    ]


def _check_columns(header: list[str], path: str) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{path} has no column {' and none '.join(missing)}; its first line must name the columns, such as "
            f"{','.join(COLUMNS)}."
        )
    unknown = [name for name in header if name not in (*COLUMNS, *OPTIONAL)]
    if unknown:
        raise InputError(f"{path} has a column {unknown[0]!r}; the columns are {', '.join((*COLUMNS, *OPTIONAL))}.")
    if len(set(header)) < len(header):
        raise InputError(f"{path} has a column twice; leave one of the two out.")


def _filled(row: list[str], header: list[str], path: str, number: int) -> list[str]:
    if len(row) > len(header):
        raise InputError(
            f"{path}, line {number}: it has {len(row)} fields and the table {len(header)} columns; use one delimiter, "
            "and a point in decimal numbers."
        )
    return row + [""] * (len(header) - len(row))


def _row(fields: Mapping[str, str], path: str, number: int, maps_elsewhere: bool) -> Row:
    where = f"{path}, line {number}"
    if not fields["map"]:
        raise InputError(f"{where}: no map is named; give its file.")
    files = {}
    for column in FILES:
        if fields.get(column):
            files[column] = _found(fields[column], path)
            if not os.path.exists(files[column]) and not (maps_elsewhere and column == "map"):
                raise InputError(f"{where}: there is no file {fields[column]}; mend its name.")
    if ("half1" in files) != ("half2" in files):
        raise InputError(f"{where}: it names one half map; give both, or none.")
    claim = Claim(checked_claim(fields["claimed"], f"{where}: the claimed resolution")) if fields["claimed"] else None
    voxel_size = None
    if fields.get("voxel_size"):
        try:
            voxel_size = float(fields["voxel_size"])
        except ValueError:
            voxel_size = 0.0
        if not 0.05 <= voxel_size <= 50:
            raise InputError(f"{where}: the voxel size is {fields['voxel_size']!r}; give it in Å, such as 1.06.")
    return Row(number, claim, voxel_size, files, fields.get("label", ""))


def _found(name: str, table: str) -> str:
    beside = Path(table).parent / name
    return str(beside) if beside.exists() or not Path(name).exists() else name


def _from_xml(text: str, path: str) -> Claim:
    """The claim of an EMDB header."""
    root = _parsed(text, path)
    if _tag(root) != "emd":
        raise InputError(f"{path} is XML, but no header of EMDB; give one, or an mmCIF file.")
    fields = [child for each in _all(root, "final_reconstruction") for child in each if _tag(child) == "resolution"]
    methods = [
        (child.text or "").strip()
        for each in _all(root, "final_reconstruction")
        for child in each
        if _tag(child) == "resolution_method"
    ]
    claimed = _one([(field.text or "").strip() for field in fields], path, "resolution (final_reconstruction)")
    units = {field.get("units", "Å") for field in fields}
    if not units <= {"Å", "\u212b", "A"}:
        raise InputError(f"{path} gives its resolution in {', '.join(sorted(units))}; give a header in Å.")
    method = methods[0] if methods else ""
    the_map = next((child for child in root if _tag(child) == "map"), None)
    return Claim(
        checked_claim(claimed, f"{path}: the claimed resolution"),
        _cutoff(method),
        method,
        path,
        None if the_map is None else _spacing(the_map),
        None if the_map is None else _level(the_map),
    )


def _parsed(text: str, path: str) -> ElementTree.Element:
    """The root element; nothing outside the file is read, and a file that defines an entity is refused."""
    content = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).strip().encode()  # the text is decoded already
    checker = xml.parsers.expat.ParserCreate("utf-8")
    entities: list[str] = []

    def note(name: str, *_: object) -> None:
        entities.append(name)
        raise _Entity

    checker.EntityDeclHandler = note
    try:
        checker.Parse(content, True)
        return ElementTree.fromstring(content)
    except _Entity:
        raise InputError(
            f"{path} defines an entity ({entities[0]}), as no header of EMDB does; give the header as EMDB has it."
        ) from None
    except (xml.parsers.expat.ExpatError, ElementTree.ParseError) as error:
        raise InputError(f"{path} is cut or no XML ({error}); get the header again.") from error


class _Entity(Exception):
    """A file defines an entity."""


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (element for element in root.iter() if _tag(element) == name)


def _spacing(the_map: ElementTree.Element) -> float | None:
    """The pixel spacing along x, Å."""
    for element in _all(the_map, "pixel_spacing"):
        for child in element:
            if _tag(child) == "x":
                return _positive(child.text)
    return None


def _level(the_map: ElementTree.Element) -> float | None:
    """The primary contour level, or the only one."""
    contours = list(_all(the_map, "contour"))
    for contour in [each for each in contours if each.get("primary", "").lower() == "true"] or contours[:1]:
        for child in contour:
            if _tag(child) == "level":
                try:
                    return float(child.text or "")
                except ValueError:
                    return None
    return None


def _positive(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 < number < 1e3 else None


def _from_mmcif(text: str, path: str) -> Claim:
    """The claim of an mmCIF file."""
    try:
        document = gemmi.cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"{path} is neither a header of EMDB (XML) nor mmCIF; give one of them.") from error
    category = "_em_3d_reconstruction"
    values, methods = [], []
    for block in document:
        values += [gemmi.cif.as_string(value) for value in block.find_values(f"{category}.resolution")]
        methods += [gemmi.cif.as_string(value) for value in block.find_values(f"{category}.resolution_method")]
    claimed = _one([value for value in values if value], path, f"{category}.resolution")
    method = next((method for method in methods if method), "")
    return Claim(checked_claim(claimed, f"{path}: the claimed resolution"), _cutoff(method), method, path)


def _one(values: list[str], path: str, name: str) -> str:
    """The only value; one that stands there several times is one."""
    different = list(dict.fromkeys(value for value in values if value))
    if not different:
        raise InputError(f"{path} holds no {name}; give the number by --claimed.")
    if len(different) > 1:
        raise InputError(
            f"{path} holds {len(different)} resolutions ({', '.join(different)} Å); give one by --claimed."
        )
    return different[0]


def _cutoff(method: str) -> float:
    """The cutoff that the words of a method name, such as ``FSC 0.5 CUT-OFF``; 0.143 if they name none."""
    found = _NUMBER.search(method)
    number = float(found[1]) if found else CUTOFF
    return min(_KNOWN_CUTOFFS, key=lambda known: abs(known - number)) if 0.1 < number < 0.6 else CUTOFF
