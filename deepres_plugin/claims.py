"""What is claimed of Scipion's volumes: read from a number or a file, and written as the table that deepres reads."""

import csv
import io
import os
from dataclasses import dataclass, field

from pwem.objects import Volume

from deepres_plugin.inputs import SAMPLING_TOLERANCE, plainPath
from deepres_plugin.run_names import fileStem, runName, volumeName
from deepreslib.analysis.claim_files import COLUMNS, OPTIONAL, read_claim, read_table
from deepreslib.errors import InputError

HEADERS = (".xml", ".cif", ".mmcif", ".bcif")
"""Endings of files that hold the claim about one map; any other file is a table."""

IMPORTED = "import_"
"""What Scipion puts before the names of imported files."""


@dataclass
class ClaimedVolume:
    """A volume and what is known of it beside its density.

    Attributes:
        name: what it is called in the report.
        volume: Scipion's object, with the item's own identity.
        claimed: Å; None if nothing is claimed.
        files: column of the table → path, of what the table names beside the map.
        voxelSize: Å, that the table says; None if it says nothing.
        mass: kDa, of the sample, likewise.
    """

    name: str
    volume: Volume
    claimed: float | None = None
    files: dict = field(default_factory=dict)
    voxelSize: float | None = None
    mass: float | None = None


def claimedVolumes(pointers):
    """The volumes of pointers to volumes and to sets of them, named, each name once."""
    found = []
    for pointer in pointers:
        given = pointer.get()
        if given is None:
            continue
        if isinstance(given, Volume):
            found.append(ClaimedVolume(_nameOf(pointer), given))
            continue
        for item in given.iterItems():
            found.append(ClaimedVolume(_nameOfItem(item), item.clone()))
    names = [each.name for each in found]
    for number, (name, each) in enumerate(zip(names, found, strict=True)):
        if names.count(name) > 1:
            each.name = f"{name} ({names[: number + 1].count(name)})"
    return found


def isHeader(path):
    """Whether a file of claims is about one map: a header of EMDB or mmCIF."""
    return path.lower().removesuffix(".gz").endswith(HEADERS)


def claimFrom(path):
    """The resolution that a header of EMDB or an mmCIF file claims, Å.

    Raises:
        InputError: it cannot be read, or claims nothing or several things.
    """
    return read_claim(path).resolution


def addClaims(volumes, path):
    """Gives volumes what a table says of them; a line is about the volume whose file or label it names.

    Args:
        volumes: of ``claimedVolumes``, which are changed.
        path: the table.

    Returns:
        The names of the table's maps that are none of the volumes.

    Raises:
        InputError: the table cannot be read, or a volume has no line or several.
    """
    unused = {row.number: row for row in read_table(path, maps_elsewhere=True)}
    rows = list(unused.values())
    for each in volumes:
        lines = [row for row in rows if _isAbout(row, each)]
        if not lines:
            raise InputError(
                f"{path} has no line for {each.name}: name its file, {os.path.basename(plainPath(each.volume))}, in "
                "the column map, or what it is called here in the column label."
            )
        if len(lines) > 1:
            raise InputError(f"{path} has {len(lines)} lines for {each.name}; leave one.")
        (row,) = lines
        unused.pop(row.number, None)
        each.claimed = row.claim.resolution if row.claim else None
        each.files = {name: file for name, file in row.files.items() if name != "map"}
        each.voxelSize, each.mass = row.voxel_size, row.mass
    return [row.label or os.path.basename(row.files["map"]) for row in unused.values()]


def voxelSizeNotes(volumes):
    """One sentence for each volume of which the table says another voxel size than Scipion."""
    return [
        f"The table says that {each.name} has voxels of {each.voxelSize:g} Å, and Scipion's sampling rate is "
        f"{each.volume.getSamplingRate():g} Å/px, which is taken."
        for each in volumes
        if each.voxelSize and abs(each.voxelSize / each.volume.getSamplingRate() - 1) > SAMPLING_TOLERANCE
    ]


def tableText(lines):
    """The table that ``deepres classify --table`` reads.

    Args:
        lines: for each map, column → text.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*COLUMNS, *OPTIONAL], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return stream.getvalue()


def _isAbout(row, each):
    """Whether a line of a table is about a volume."""
    if row.label and row.label in (each.name, _nameOfItem(each.volume)):
        return True
    if each.volume.getIndex() > 0:
        return False  # all volumes of a stack have one file
    named, file = row.files["map"], plainPath(each.volume)
    if os.path.exists(named) and os.path.exists(file) and os.path.samefile(named, file):
        return True
    stem = fileStem(Volume(location=named))
    return stem in (fileStem(each.volume), fileStem(each.volume).removeprefix(IMPORTED))


def _nameOf(pointer):
    """The name of a volume that was given by itself: its run's, unless that is an import that nobody named."""
    owner = pointer.getObjValue()
    isItem = "." in pointer.getExtended()
    if isItem or (hasattr(owner, "getRunName") and runName(owner) == "import volumes"):
        return _nameOfItem(pointer.get())
    return volumeName(pointer)


def _nameOfItem(volume):
    """The name of a volume of a set: its label, or its file's name without what Scipion puts before it."""
    if volume.getObjLabel().strip():
        return volume.getObjLabel().strip()
    stem = fileStem(volume).removeprefix(IMPORTED)
    return f"{stem} {volume.getIndex()}" if volume.getIndex() > 0 else stem
