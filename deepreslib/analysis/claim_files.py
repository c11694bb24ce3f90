"""Claims read from files: EMDB's header XML (version 3), mmCIF of the PDB or EMDB, and tables of maps.

EMDB's XML is read without entities and without a network: a file that defines an entity is refused. The names of its
elements are those of EMDB's public schema, version 3 (``emdb.xsd``).
"""

import csv
import io
import math
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

OPTIONAL = ("voxel_size", "half1", "half2", "mask", "structure", "mass", "label")
"""Those that it may have."""

FILES = ("map", "half1", "half2", "mask", "structure")
"""The columns that name files."""

DELIMITERS = (",", ";", "\t")

_NUMBER = re.compile(r"(?<![\d.,])(0?[.,]\d+)(?!\d|[.,]\d)")
_KNOWN_CUTOFFS = (0.143, 0.33, 0.5)
_SAME_CUTOFF = 0.01
"""A method that names a cutoff by so much beside a known one means that one."""

_SKIPPED = re.compile(r"[ \t]*(#.*|\"?sep=.?\"?[ \t]*)?", re.IGNORECASE)
"""A line of a table that is blank, a comment, or Excel's note of the delimiter."""


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        number: of the line in the file, from 1.
        claim: None if the field is empty.
        voxel_size: Å; None likewise.
        files: column → path, for those that are given.
        label: what to call the map; '' if not given.
        mass: kDa, of the sample; None if the field is empty.
    """

    number: int
    claim: Claim | None
    voxel_size: float | None
    files: Mapping[str, str]
    label: str = ""
    mass: float | None = None


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
    text = _text(path, "a header of EMDB (XML) or an mmCIF file", "a header of EMDB or an mmCIF file")
    return _from_xml(text, path) if text.lstrip().startswith("<") else _from_mmcif(text, path)


def method_note(claim: Claim) -> str:
    """What to warn of if a resolution was not read off where the FSC falls to one of the cutoffs that are known.

    Args:
        claim: from :func:`read_claim`.

    Returns:
        A sentence; '' if the source names a known cutoff, or no method.
    """
    named = _named_cutoff(claim.method)
    if not claim.method or (named is not None and abs(named - claim.cutoff) <= _SAME_CUTOFF):
        return ""
    return (
        f"{claim.source}: its resolution was read off by {claim.method!r}; it is compared as if by an FSC of "
        f"{claim.cutoff:g}."
    )


def read_table(path: PathLike, maps_elsewhere: bool = False) -> list[Row]:
    """A table of maps and their claims.

    Args:
        path: a CSV file with a line of column names; commas, semicolons or tabs between columns. Names of files are
            relative to the table's folder, or to the current one where the table's has no such file. Blank lines, lines
            that begin with ``#``, Excel's line ``sep=;`` and empty columns at the right are passed over.
        maps_elsewhere: the maps themselves need not be where the table says, as whoever asks has them already.

    Returns:
        Its lines.

    Raises:
        InputError: a column is missing or unknown, there are two kinds of delimiters, a file does not exist, or a
            number is none.
    """
    path = os.fspath(path)
    kept = ["" if _SKIPPED.fullmatch(line) else line for line in _text(path, "a CSV file", "a table").split("\n")]
    text, first = "\n".join(kept), next(filter(None, kept), "")
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
    header = [name.lower() for name in _without_empty_end(header)]
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
    if "" in header:
        raise InputError(f"{path}: its column {header.index('') + 1} has no name; name it or leave it out.")
    unknown = [name for name in header if name not in (*COLUMNS, *OPTIONAL)]
    if unknown:
        raise InputError(
            f"{path} has a column {unknown[0]!r}, which is none of {', '.join((*COLUMNS, *OPTIONAL))}; rename it or "
            "leave it out."
        )
    if len(set(header)) < len(header):
        raise InputError(f"{path} has a column twice; leave one of the two out.")


def _without_empty_end(row: list[str]) -> list[str]:
    """A row without the empty cells at its right, which spreadsheets write."""
    count = max((number for number, field in enumerate(row, 1) if field), default=0)
    return row[:count]


def _filled(row: list[str], header: list[str], path: str, number: int) -> list[str]:
    row = _without_empty_end(row)
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
    voxel_size = mass = None
    if fields.get("voxel_size"):
        voxel_size = _number(fields["voxel_size"])
        if not 0.05 <= voxel_size <= 50:
            raise InputError(f"{where}: the voxel size is {fields['voxel_size']!r}; give it in Å, such as 1.06.")
    if fields.get("mass"):
        mass = _number(fields["mass"])
        if not 0.1 <= mass <= 1e6:
            raise InputError(f"{where}: the mass is {fields['mass']!r}; give it in kDa, such as 150.")
    return Row(number, claim, voxel_size, files, fields.get("label", ""), mass)


def _number(text: str | None) -> float:
    """A number, or NaN for what is none; Python alone takes underscores within numbers."""
    try:
        return math.nan if "_" in (text or "") else float(text or "")
    except ValueError:
        return math.nan


def _text(path: str, kind: str, subject: str) -> str:
    """The text of a file; one in UTF-16, as some programs save it, is refused by that name."""
    try:
        return read_text(path, kind, subject)
    except InputError:
        if _is_utf16(path):
            raise InputError(f"{path} is a text in UTF-16; save it as UTF-8.") from None
        raise


def _is_utf16(path: str) -> bool:
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as stream:
            first = stream.read(4)
    except OSError:
        return False
    zeros = [byte == 0 for byte in first]
    return first[:2] in (b"\xff\xfe", b"\xfe\xff") or zeros in ([False, True] * 2, [True, False] * 2)


def _found(name: str, table: str) -> str:
    beside = Path(table).parent / name
    return str(beside) if beside.exists() or not Path(name).exists() else name


def _from_xml(text: str, path: str) -> Claim:
    """The claim of an EMDB header."""
    root = _parsed(text, path)
    if _tag(root) == "emdEntry":
        version = " ".join(root.get("version", "1").split())
        raise InputError(f"{path} is an old EMDB header (version {version}); download version 3.")
    if _tag(root) != "emd":
        raise InputError(f"{path} is XML, but no header of EMDB; give one, or an mmCIF file.")
    fields = [child for each in _all(root, "final_reconstruction") for child in each if _tag(child) == "resolution"]
    methods = [
        " ".join((child.text or "").split())
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
                level = _number(child.text)
                return level if math.isfinite(level) else None
    return None


def _positive(text: str | None) -> float | None:
    number = _number(text)
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
    method = " ".join(next((method for method in methods if method), "").split())
    return Claim(checked_claim(claimed, f"{path}: the claimed resolution"), _cutoff(method), method, path)


def _one(values: list[str], path: str, name: str) -> str:
    """The only value; one that stands there several times, such as 4.0 and 4.00, is one."""
    numbers = {value: _number(value) for value in values if value}
    different = list({value if math.isnan(number) else number: value for value, number in numbers.items()}.values())
    if not different:
        raise InputError(f"{path} holds no {name}; give the number by --claimed.")
    if len(different) > 1:
        raise InputError(
            f"{path} holds {len(different)} resolutions ({', '.join(different)} Å); give one by --claimed."
        )
    return different[0]


def _cutoff(method: str) -> float:
    """The known cutoff next to the one that a method names, such as ``FSC 0.5 CUT-OFF``; 0.143 if it names none."""
    named = _named_cutoff(method)
    return CUTOFF if named is None else min(_KNOWN_CUTOFFS, key=lambda known: abs(known - named))


def _named_cutoff(method: str) -> float | None:
    """The FSC that the words of a method name, with a point or a comma; None if they name none."""
    found = _NUMBER.search(method)
    number = float(found[1].replace(",", ".")) if found else math.nan
    return number if 0.1 < number < 0.6 else None
