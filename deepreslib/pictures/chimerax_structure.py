"""A ChimeraX script that colours a structure by an attribute of its atoms or residues."""

from __future__ import annotations

from pathlib import Path

from deepreslib.files import write_aside
from deepreslib.pictures.chimerax import key_command, palette, quoted
from deepreslib.pictures.scale import ColourScale

NO_VALUE = "gray"
_LEVELS = {"atoms": "a", "residues": "r"}


def write_chimerax_structure_script(
    path: str | Path,
    structure_path: str | Path,
    defattr_path: str | Path,
    attribute: str,
    recipient: str,
    scale: ColourScale,
    average: bool = False,
) -> None:
    """Write a .cxc script: the structure as #1, its attributes, their colours and the key.

    Residues are shown as cartoons and atoms as sticks; those without a value are grey.

    Args:
        path: the script; its name ends in .cxc.
        structure_path: mmCIF or PDB file; written into the script as an absolute path.
        defattr_path: the attributes (see :func:`deepreslib.structures.attributes.write_defattr`); also written as an
            absolute path.
        attribute: name of the attribute to colour by.
        recipient: ``atoms`` or ``residues``, what the attribute belongs to.
        scale: colours; ChimeraX gets its ``levels`` colours and blends between them.
        average: colour the residues by the mean of their atoms' values; for an attribute of atoms.

    Raises:
        InputError: a path that ChimeraX cannot read.
        OSError: the folder does not exist or cannot be written.
    """
    cartoons = recipient == "residues" or average
    lines = [
        "# Structure coloured by local resolution (Å). Open this file with a fresh ChimeraX.",
        "set bgColor white",
        f"open {quoted(structure_path, path)}",
        f"open {quoted(defattr_path, path)}",
        *(
            ["hide #1 atoms", "show #1 cartoons"]
            if cartoons
            else ["hide #1 cartoons", "show #1 atoms", "style #1 stick"]
        ),
        f"color byattribute {_LEVELS[recipient]}:{attribute} #1 palette {palette(scale)} noValueColor {NO_VALUE}"
        + " average residues" * (average and recipient == "atoms"),
        f"key {key_command(scale)} pos 0.3,0.06 size 0.4,0.03 fontSize 18 numericLabelSpacing equal",
        '2dlabels text "Local resolution (Å)" color black size 18 xpos 0.41 ypos 0.105',
        "lighting soft",
        "view",
    ]
    with write_aside(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
