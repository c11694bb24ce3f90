"""Values attached to the atoms and residues of a structure file, as Scipion and ChimeraX read them."""

from __future__ import annotations

import itertools
import os
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import gemmi
import numpy as np

from deepreslib.errors import InputError
from deepreslib.files import PathLike, write_aside
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.structures.mmcif import SITES, block_of, column
from deepreslib.structures.reading import first_model, parse

CATEGORY = "_scipion_attributes."
COLUMNS = ("name", "recipient", "specifier", "value")
ATOMS_ENDING = "_atoms"
"""Ending of the name of the atoms' attribute where residues have it too, as no two attributes of a file may share a
name."""

UNASSIGNED = "nan"
"""Written into mmCIF where there is no value; text that every reader's ``float()`` understands."""

_ANISOTROPIC = "_atom_site_anisotrop."
_SPECIFIER = re.compile(r"[\w'\"]+:-?\d+[A-Za-z]?(@[\w'\"]+)?", re.ASCII)
_ATTRIBUTE_NAME = re.compile(r"[a-z]\w*", re.ASCII | re.IGNORECASE)
_KINDS = {gemmi.EntityType.Polymer: "polymer", gemmi.EntityType.Water: "water"}


@dataclass(frozen=True)
class Residue:
    """A residue by the author's numbering, which ChimeraX and Scipion use too.

    Attributes:
        chain: its name.
        number: sequence number.
        insertion: insertion code, '' for none.
        name: such as ALA or DG.
        kind: polymer, water or ligand (all else).
    """

    chain: str
    number: int
    insertion: str
    name: str
    kind: str

    @property
    def specifier(self) -> str:
        """``A:12``, or ``A:12B`` with insertion code B; ChimeraX wants a / before it."""
        return f"{self.chain}:{self.number}{self.insertion}"


@dataclass(frozen=True, eq=False)
class AtomSites:
    """All atoms of the first model of a structure file, in the order of its rows.

    Attributes:
        path: the file.
        positions: (n, 3) float64, Å, x y z.
        heavy: (n,) bool, False for hydrogen.
        specifiers: n texts such as ``A:12@CA``; alternate locations of an atom have the same.
        residues: the residues, in order of appearance.
        residue_numbers: (n,) int, index into ``residues``.
        models: how many models the file holds.
        block: the file's content as mmCIF, without the other models and without further blocks.
    """

    path: str
    positions: FloatArray
    heavy: BoolArray
    specifiers: list[str]
    residues: list[Residue]
    residue_numbers: IntArray
    models: int
    block: gemmi.cif.Block

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, eq=False)
class Attribute:
    """One value for each of some atoms or residues.

    Attributes:
        name: letters, digits and underscores, not starting with a digit.
        recipient: atoms or residues.
        specifiers: n texts that name the atoms or residues.
        values: (n,) float; NaN for those without a value.
    """

    name: str
    recipient: str
    specifiers: Sequence[str]
    values: FloatArray


def read_atom_sites(path: PathLike) -> AtomSites:
    """Read a PDB or mmCIF file, plain or compressed, hydrogens, waters, ligands and alternate locations included.

    An mmCIF file's block is kept as it is, with the columns that were missing; a PDB file is turned into one, and a
    chain without a name gets the first letter that is free.

    Args:
        path: the file.

    Returns:
        The atoms.

    Raises:
        InputError: as :func:`deepreslib.structures.reading.read_structure`.
    """
    path = os.fspath(path)
    structure, block = parse(path)
    first_model(structure, path)  # refuses what has no heavy atom
    if block is None:
        _name_chains(structure)
        block = block_of(structure)
    else:
        structure.setup_entities()
    _keep_first_model(block)

    chains, numbers = column(block, "auth_asym_id"), column(block, "auth_seq_id")
    insertions, names = column(block, "pdbx_PDB_ins_code"), column(block, "label_comp_id", "auth_comp_id")
    atoms, elements = column(block, "label_atom_id", "auth_atom_id"), column(block, "type_symbol")
    kinds = _kinds(structure[0])
    residue_indices: dict[tuple[str, str], int] = {}
    residues: list[Residue] = []
    indices: list[int] = []
    for chain, number, insertion, name in zip(chains, numbers, insertions, names, strict=True):
        key = chain, number + insertion
        if key not in residue_indices:
            residue_indices[key] = len(residues)
            residues.append(Residue(chain, int(number), insertion, name, kinds.get(key, "ligand")))
        indices.append(residue_indices[key])
    return AtomSites(
        path=path,
        positions=np.array([_numbers(block, f"Cartn_{axis}") for axis in "xyz"]).T,
        heavy=np.array([not gemmi.Element(symbol).is_hydrogen for symbol in elements]),
        specifiers=[f"{residues[index].specifier}@{atom}" for index, atom in zip(indices, atoms, strict=True)],
        residues=residues,
        residue_numbers=np.array(indices),
        models=len(structure),
        block=block,
    )


def write_mmcif(path: PathLike, sites: AtomSites, attributes: Sequence[Attribute]) -> None:
    """Write the structure with the attributes in the category ``_scipion_attributes``.

    That is how pwem's ``addScipionAttribute`` lays them out and its ``ChimeraAttributeViewer`` reads them: a row a
    value, of the columns name, recipient, specifier and value. An attribute of atoms needs a value for each row of
    ``_atom_site``, since that viewer puts the values in place of the occupancies. Other attributes that the file
    has already are kept; those of the same name are replaced.

    Args:
        path: the file to write.
        sites: the atoms of the structure.
        attributes: the values to write.

    Raises:
        InputError: the file could not be written.
    """
    names = {attribute.name for attribute in attributes}
    old = sites.block.get_mmcif_category(CATEGORY, raw=True)
    rows = zip(*(old[name] for name in COLUMNS), strict=True) if old.keys() >= set(COLUMNS) else []
    rows = [row for row in rows if gemmi.cif.as_string(row[0]) not in names]
    for attribute in attributes:
        name, recipient = gemmi.cif.quote(attribute.name), gemmi.cif.quote(attribute.recipient)
        for specifier, value in zip(attribute.specifiers, attribute.values, strict=True):
            rows.append((name, recipient, gemmi.cif.quote(specifier), _formatted(value)))
    if rows:
        loop = sites.block.init_mmcif_loop(CATEGORY, list(COLUMNS))
        loop.set_all_values([list(values) for values in zip(*rows, strict=True)])
    document = gemmi.cif.Document()
    document.add_copied_block(sites.block)
    content = document.as_string().encode()
    with write_aside(path) as temporary:
        temporary.write_bytes(content)  # gemmi's write_file says nothing of a full disk


def write_defattr(path: PathLike, attributes: Sequence[Attribute], comment: str = "") -> tuple[str, ...]:
    """Write a ChimeraX attribute assignment file, to be opened after the structure.

    Atoms and residues without a value are left out; ChimeraX then has no value for them. So are those whose names
    ChimeraX would read as something else, since it has no way to quote them: in ``A*`` the star stands for any letters,
    and ``A-2`` are the chains from A to 2. Of an atom's alternate locations the first counts. Format: "Attribute
    Assignment Files" in the ChimeraX User Guide; what names may hold: ``_atomspec.peg`` of its source.

    Args:
        path: the file to write.
        attributes: the values to write.
        comment: one line at the top of the file; '' for none. Line breaks become blanks.

    Returns:
        A sentence for each attribute of which something was left out for its name.

    Raises:
        InputError: an attribute's name has other letters than ChimeraX takes; or the file could not be written.
    """
    lines = [f"# {' '.join(comment.split())}"] * bool(comment)
    warnings = []
    for attribute in attributes:
        if not _ATTRIBUTE_NAME.fullmatch(attribute.name) or attribute.recipient not in ("atoms", "residues"):
            raise InputError(f"{attribute.name!r} is no name of an attribute of atoms or residues; use letters alone.")
        values: dict[str, float] = {}
        for specifier, value in zip(attribute.specifiers, attribute.values, strict=True):
            values.setdefault(specifier, value)
        known = {specifier: value for specifier, value in values.items() if np.isfinite(value)}
        rows = [f"\t/{name}\t{_formatted(value)}" for name, value in known.items() if _SPECIFIER.fullmatch(name)]
        if rows:  # ChimeraX fails on an attribute without values
            lines += [f"attribute: {attribute.name}", f"recipient: {attribute.recipient}", *rows]
        if misread := [name for name in known if not _SPECIFIER.fullmatch(name)]:
            warnings.append(
                f"{len(misread)} of {len(known)} {attribute.recipient} have names that ChimeraX would read as "
                f"something else, such as {misread[0]!r}, so {os.path.basename(path)} leaves them out; rename those "
                "chains or atoms with letters and digits."
            )
    with write_aside(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
    return tuple(warnings)


def _formatted(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else UNASSIGNED


def _name_chains(structure: gemmi.Structure) -> None:
    """Call chains without a name by the first letter that is free: readers of mmCIF, ChimeraX too, need a name."""
    chains = [chain for model in structure for chain in model]
    taken = {chain.name for chain in chains}
    letters = string.ascii_uppercase + string.ascii_lowercase
    names = itertools.chain(letters, map("".join, itertools.product(letters, repeat=2)))
    free = next(name for name in names if name not in taken)
    for chain in chains:
        chain.name = chain.name.strip() or free


def _keep_first_model(block: gemmi.cif.Block) -> None:
    """Take the other models' rows out of the block."""
    models = column(block, "pdbx_PDB_model_num")
    if len(set(models)) < 2:
        return
    ids = column(block, "id")
    first_ids = {atom for atom, model in zip(ids, models, strict=True) if model == models[0]}
    _filter_rows(block, SITES, [model == models[0] for model in models])
    anisotropic = block.find(_ANISOTROPIC, ["id"])
    _filter_rows(block, _ANISOTROPIC, [gemmi.cif.as_string(row[0]) in first_ids for row in anisotropic])


def _filter_rows(block: gemmi.cif.Block, category: str, keep: list[bool]) -> None:
    if all(keep):
        return
    old = block.get_mmcif_category(category, raw=True)
    block.set_mmcif_category(
        category,
        {name: list(itertools.compress(values, keep)) for name, values in old.items()},
        raw=True,
    )


def _numbers(block: gemmi.cif.Block, name: str) -> list[float]:
    return [gemmi.cif.as_number(row[0]) for row in block.find(SITES, [name])]


def _kinds(model: gemmi.Model) -> dict[tuple[str, str], str]:
    """(Chain, number and insertion code) → kind of residue."""
    return {
        (chain.name, str(residue.seqid)): _KINDS.get(residue.entity_type, "ligand")
        for chain in model
        for residue in chain
    }
