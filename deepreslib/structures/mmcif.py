"""mmCIF files: the atoms' rows are checked and missing columns filled in, then gemmi makes the structure."""

import re
from collections.abc import Mapping

import gemmi

from deepreslib.errors import InputError
from deepreslib.structures import values

SITES = "_atom_site."
POSITION = ("Cartn_x", "Cartn_y", "Cartn_z")
TWO_LETTERS = ("BR", "CL", "FE", "LI", "MG", "MN", "NI", "SE", "SI", "ZN")
"""Elements that are recognised in names of atoms of ligands; others have one letter, as CA, CD and HG are ambiguous."""


def is_mmcif(text: str) -> bool:
    """Whether a text begins as mmCIF does, with a data block after blank lines and comments."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end].strip()
        if line and not line.startswith("#"):
            return line[:5].lower() == "data_"
        start = end
    return False


def read_mmcif(text: str, path: str) -> tuple[gemmi.Structure, gemmi.cif.Block]:
    """The structure in the text of an mmCIF file, its models all kept, and the block that it comes from.

    Columns of the atoms that the file lacks are put into the block, so that every program can read it: chains and
    residue numbers of the author from those of the dictionary (``label_``) and the other way round (residues without
    a number are counted on), serial numbers, occupancies of 1, elements as the atoms' names say.

    Args:
        text: the file's content.
        path: the file, for messages.

    Returns:
        The structure and the block.

    Raises:
        InputError: it is no mmCIF, holds no atoms or those of several blocks, or their values are no numbers.
    """
    try:
        document = gemmi.cif.read_string(text)
        blocks = [block for block in document if len(block.find(SITES, POSITION))]
        if not blocks:
            raise InputError(
                f"{path}: not an atomic structure (no rows of {SITES[:-1]} with {', '.join(POSITION)}); "
                "give a PDB or mmCIF file."
            )
        if len(blocks) > 1:
            raise InputError(
                f"{path} holds the atoms of {len(blocks)} blocks, {', '.join(block.name for block in blocks[:4])}; "
                "give one structure a file."
            )
        if not text[-1].isspace() and _last_number_is_cut(document):
            raise InputError(f"{path} is cut in the middle of its last number; get the whole file again.")
        _complete(blocks[0], path)
        _check(blocks[0], path)
        return gemmi.make_structure_from_block(blocks[0]), blocks[0]
    except InputError:
        raise
    except (RuntimeError, ValueError, IndexError) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0]
        reason = re.sub(r"^string:(\d+)\S*", r"line \1:", reason)
        raise InputError(f"{path}: not an atomic structure ({reason}); give a whole PDB or mmCIF file.") from error


def column(block: gemmi.cif.Block, *names: str) -> list[str]:
    """The atoms' values of the first of these columns that the block has; all '' if it has none.

    Args:
        block: the block.
        names: of the columns, without their category.

    Returns:
        A text for each atom, '' for unknown.
    """
    for name in names:
        if rows := list(block.find(SITES, [name])):
            return ["" if gemmi.cif.is_null(row[0]) else gemmi.cif.as_string(row[0]) for row in rows]
    return [""] * len(block.find(SITES, POSITION))


def block_of(structure: gemmi.Structure) -> gemmi.cif.Block:
    """A structure that was read from a PDB file, as mmCIF.

    gemmi derives further names from those of chains and writes them without quotation marks, so while it works, chains
    have names of letters and digits alone.

    Args:
        structure: the structure; it gets entities, and its chains have names.

    Returns:
        The block.
    """
    names = {chain.name for model in structure for chain in model}
    unsafe = sorted(name for name in names if not re.fullmatch(r"[A-Za-z0-9]+", name))
    aliases = {name: f"deepres{number}" for number, name in enumerate(unsafe)}  # longer than a name in a PDB file
    for name, alias in aliases.items():
        structure.rename_chain(name, alias)
    if aliases:
        structure.entities.clear()
        structure.add_entity_types()
        structure.assign_subchains(force=True)
    structure.setup_entities()
    structure.assign_label_seq_id(True)
    block = _document(structure)[0]
    for name, alias in aliases.items():
        structure.rename_chain(alias, name)
    if aliases:
        _rename(block, {alias: name for name, alias in aliases.items()})
    return block


def _document(structure: gemmi.Structure) -> gemmi.cif.Document:
    """A structure as mmCIF that can be read again.

    gemmi copies what it does not understand in a PDB file's header, such as letters where a number should be. If that
    makes no mmCIF, the header is left out.

    Raises:
        InputError: names in the structure make no mmCIF.
    """
    try:
        return gemmi.cif.read_string(structure.make_mmcif_document().as_string())
    except (RuntimeError, ValueError):
        groups = gemmi.MmcifOutputGroups(False)
        for group in ("block_name", "entry", "entity", "entity_poly", "struct_asym", "atoms", "atom_type", "group_pdb"):
            setattr(groups, group, True)
        try:
            return gemmi.cif.read_string(structure.make_mmcif_document(groups).as_string())
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"{structure.name} has a name of an atom or a residue with quotation marks or the like, which mmCIF "
                "cannot hold; rename it in the file."
            ) from error


def _rename(block: gemmi.cif.Block, names: Mapping[str, str]) -> None:
    """Give chains other names (old → new) in all columns of a block."""
    tags: list[str] = []
    for item in block:
        tags += item.loop.tags if item.loop else [str(item.pair[0])] if item.pair else []  # type: ignore[index]
    for tag in tags:
        values = block.find_values(tag)
        for row, value in enumerate(values):
            parts = gemmi.cif.as_string(value).split(",")  # such as a list of the chains of an entity
            if any(part in names for part in parts):
                values[row] = gemmi.cif.quote(",".join(names.get(part, part) for part in parts))


def _last_number_is_cut(document: gemmi.cif.Document) -> bool:
    """Whether a file that ends with the atoms' rows has fewer decimals in its last value than in all rows above."""
    loop = list(document[-1])[-1].loop
    if loop is None or not loop.tags[0].startswith(SITES):
        return False
    *others, last = (value.partition(".")[2] for value in list(loop.values)[len(loop.tags) - 1 :: len(loop.tags)])
    return len(last) < min(map(len, others), default=0)


def _complete(block: gemmi.cif.Block, path: str) -> None:
    """Put the columns that are missing into the block."""
    found: dict[str, list[str]] = {}
    asym, chains = column(block, "label_asym_id"), column(block, "auth_asym_id")
    if not all(chains):
        chains = [own or label or "A" for own, label in zip(chains, asym, strict=True)]
        found["auth_asym_id"] = chains
    if not all(asym):
        found["label_asym_id"] = [label or own for label, own in zip(asym, chains, strict=True)]
    compounds, atoms = column(block, "label_comp_id", "auth_comp_id"), column(block, "label_atom_id", "auth_atom_id")
    if not any(column(block, "auth_seq_id")):
        found["auth_seq_id"] = _numbered(
            column(block, "label_seq_id"), list(zip(chains, compounds, strict=True)), atoms
        )
    if not all(column(block, "id")):
        found["id"] = [str(serial) for serial in range(1, len(atoms) + 1)]
    if not len(block.find(SITES, ["label_alt_id"])):
        found["label_alt_id"] = [""] * len(atoms)
    if not all(occupancies := column(block, "occupancy")):
        found["occupancy"] = [text or "1.00" for text in occupancies]
    if not all(elements := column(block, "type_symbol")):
        rows = zip(elements, atoms, compounds, strict=True)
        found["type_symbol"] = [symbol or _element(atom, compound, path) for symbol, atom, compound in rows]
    if found:
        category = block.get_mmcif_category(SITES, raw=True)
        names = {name.lower(): name for name in category}
        for name, texts in found.items():
            category[names.get(name.lower(), name)] = [gemmi.cif.quote(text) if text else "." for text in texts]
        block.set_mmcif_category(SITES, category, raw=True)


def _numbered(labels: list[str], residues: list[tuple[str, str]], atoms: list[str]) -> list[str]:
    """Residue numbers: the dictionary's, and for those without one (ligands, waters) the next numbers of their chain.

    Args:
        labels: of each atom, '' for none.
        residues: (chain, compound) of each atom.
        atoms: their names; where one comes again, a new residue begins.
    """
    last: dict[str, int] = {}
    for label, (chain, _) in zip(labels, residues, strict=True):
        if label.isdecimal():
            last[chain] = max(last.get(chain, 0), int(label))
    numbers: list[str] = []
    before, seen = ("", ""), set[str]()
    for label, residue, atom in zip(labels, residues, atoms, strict=True):
        if not label:
            if residue != before or atom in seen:
                last[residue[0]] = last.get(residue[0], 0) + 1
                seen = set()
            seen.add(atom)
            before = residue
        else:
            before = ("", "")
        numbers.append(label or str(last[residue[0]]))
    return numbers


def _element(atom: str, compound: str, path: str) -> str:
    """The element of an atom by its name."""
    letters = re.sub(r"[^A-Za-z]", "", atom).upper()
    alone = letters == compound.upper() and gemmi.Element(letters[:2]).atomic_number > 0  # an ion
    if (alone or letters[:2] in TWO_LETTERS) and not gemmi.find_tabulated_residue(compound).is_standard():
        return letters[:2].capitalize()
    if not gemmi.Element(letters[:1]).atomic_number:
        raise InputError(f"{path}: the name of the atom {atom!r} tells no element; give it a type_symbol.")
    return letters[:1]


def _check(block: gemmi.cif.Block, path: str) -> None:
    """Refuse atoms whose values are no numbers."""
    for model in dict.fromkeys(column(block, "pdbx_PDB_model_num")):
        if model and not re.fullmatch(r"[-+]?\d{1,9}", model, re.ASCII):
            raise InputError(f"{path}: {model[:20]!r} stands where the number of a model should; give an integer.")
    raw = [column(block, "auth_seq_id"), column(block, "occupancy"), column(block, "B_iso_or_equiv")]
    positions = block.find(SITES, POSITION)
    for serial, position, residue, occupancy, b_factor in zip(column(block, "id"), positions, *raw, strict=True):
        atom = f"atom {serial}"
        for text in position:
            values.coordinate("" if gemmi.cif.is_null(text) else text, atom, path)
        values.residue_number(residue, atom, path)
        values.occupancy(occupancy, atom, path)
        if b_factor:
            values.b_factor(b_factor, atom, path)
