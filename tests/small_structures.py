"""Small structure files made for tests."""

from pathlib import Path

import gemmi


def write_structure(path, chains=("A", "B"), residues=4, name="ALA"):
    """A PDB file of carbon atoms 3 Å apart, ``residues`` residues a chain, B factor 10 × residue number."""
    structure, model = gemmi.Structure(), gemmi.Model(1)
    for row, chain_name in enumerate(chains):
        chain = gemmi.Chain(chain_name)
        for number in range(1, residues + 1):
            residue = gemmi.Residue()
            residue.name, residue.seqid = name, gemmi.SeqId(str(number))
            atom = gemmi.Atom()
            atom.name, atom.element = "C", gemmi.Element("C")
            atom.pos, atom.b_iso = gemmi.Position(3.0 * number, 4.0 * row, 0.0), 10.0 * number
            residue.add_atom(atom)
            chain.add_residue(residue)
        model.add_chain(chain)
    structure.add_model(model)
    structure.write_pdb(str(path))
    return str(path)


ATOMS = [
    ("A", "-1", "GLY", "CA", (1.0, 2.0, 3.0)),
    ("A", "1", "ALA", "N", (4.0, 5.0, 6.0)),
    ("A", "1", "ALA", "CA", (5.0, 5.0, 6.0)),
    ("A", "1", "ALA", "HA", (5.5, 5.0, 6.0)),
    ("A", "1A", "SER", "CA", (7.0, 8.0, 9.0)),
    ("B", "1", "DG", "O5'", (-7.0, -8.0, -9.0)),
    ("B", "2", "DG", "O5'", (-8.0, -8.0, -9.0)),
    ("C", "501", "ATP", "PA", (0.0, 1.0, 0.0)),
    ("C", "601", "HOH", "O", (0.0, 0.0, 1.0)),
]
"""Chain, number and insertion code, residue, atom, x y z: two polymers, a ligand and a water."""


def write_atoms(path, atoms=ATOMS, models=1):
    """A PDB or mmCIF file, as the path's suffix says; the coordinates grow by 100 Å a model."""
    structure = gemmi.Structure()
    for number in range(models):
        model = gemmi.Model(number + 1)
        for chain_name in dict.fromkeys(atom[0] for atom in atoms):
            chain, residue = gemmi.Chain(chain_name), None
            for _, seqid, name, atom_name, position in (atom for atom in atoms if atom[0] == chain_name):
                if residue is None or str(residue.seqid) != seqid:
                    residue = gemmi.Residue()
                    residue.name, residue.seqid = (
                        name,
                        gemmi.SeqId(int(seqid.rstrip("A")), "A" if "A" in seqid else " "),
                    )
                    residue.het_flag = "H" if name in ("ATP", "HOH") else "A"
                    chain.add_residue(residue)
                atom = gemmi.Atom()
                atom.name, atom.element = atom_name, gemmi.Element(atom_name[0])
                atom.pos = gemmi.Position(*(x + 100 * number for x in position))
                chain[-1].add_atom(atom)
            model.add_chain(chain)
        structure.add_model(model)
    structure.setup_entities()
    if ".cif" in str(path):
        structure.make_mmcif_document().write_file(str(path))
    else:
        structure.write_pdb(str(path))
    return str(path)


def write_named(path, name):
    """An mmCIF file of the atoms above whose chain B has another name, any text."""
    text = Path(write_atoms(path)).read_text()
    for number in (1, 2):
        text = text.replace(f"? {number} B 1", f"? {number} {quoted(name)} 1")
    Path(path).write_text(text, encoding="utf-8")


def quoted(name):
    """A name as it stands in an mmCIF file."""
    text = gemmi.cif.quote(name)
    return f"\n{text}\n" if text.startswith(";") else text


def category(path):
    """The rows of the category, as a reader that knows nothing of us sees them."""
    block = gemmi.cif.read(str(path)).sole_block()
    columns = [block.find_values(f"_scipion_attributes.{name}") for name in ("name", "recipient", "specifier", "value")]
    return list(zip(*([gemmi.cif.as_string(value) for value in column] for column in columns), strict=True))
