"""mmCIF files: missing columns are filled in rightly, values that are no numbers refused."""

from pathlib import Path

import gemmi
import numpy as np
import pytest
from small_structures import ATOMS, write_atoms

from deepreslib.errors import InputError
from deepreslib.structures import Attribute, read_atom_sites, read_structure, write_mmcif

READERS = [read_structure, read_atom_sites]
ROW = "ATOM 3 C CA . ALA Axp A . ? 5 5 6 1 20 ? 1 A 1"
SITES = "_atom_site."


@pytest.fixture
def content(tmp_path):
    text = Path(write_atoms(tmp_path / "model.cif")).read_text()
    assert text.count(ROW) == 1
    return text


def path_of(tmp_path, text):
    path = tmp_path / "changed.cif"
    path.write_text(text, encoding="utf-8")
    return path


def without(text, *names):
    """The file without some columns of its atoms."""
    document = gemmi.cif.read_string(text)
    category = document[0].get_mmcif_category(SITES, raw=True)
    kept = {name: values for name, values in category.items() if name not in names}
    document[0].set_mmcif_category(SITES, kept, raw=True)
    return document.as_string()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["nan", "inf", "?", ".", "x.yz", "*****", "'5'", "1_0", "0x5", "1e400"])
@pytest.mark.parametrize("row", ["5 {} 6 1 20", "{} 5 6 1 20", "5 5 {} 1 20"])
def test_what_is_no_coordinate_is_refused(tmp_path, content, reader, value, row):
    changed = ROW.replace("5 5 6 1 20", row.format(value))
    with pytest.raises(InputError, match=r"changed\.cif: .*(a coordinate of atom 3 should|atom 3 lies at inf)"):
        reader(path_of(tmp_path, content.replace(ROW, changed)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("5 5 6 1 20", "5 1e9 6 1 20", "atom 3 lies at 1e.09 Å, farther out"),
        ("5 5 6 1 20", "5 5 6 abc 20", "'abc' stands where the occupancy of atom 3"),
        ("5 5 6 1 20", "5 5 6 -1 20", "the occupancy"),
        ("5 5 6 1 20", "5 5 6 1 abc", "the B factor of atom 3"),
        ("? 1 A 1", "? 1.5 A 1", "'1.5' stands where the residue number of atom 3"),
        ("? 1 A 1", "? 1x A 1", "the residue number"),
        ("? 1 A 1", "? 99999999999 A 1", "the residue number"),
        ("? 1 A 1", "? 1 A one", "'one' stands where the number of a model"),
        ("3 C CA", "3 ? QX", "'QX' tells no element"),
    ],
)
def test_other_values_are_numbers_too(tmp_path, content, old, new, words):
    for reader in READERS:
        with pytest.raises(InputError, match=words):
            reader(path_of(tmp_path, content.replace(ROW, ROW.replace(old, new))))


def test_uncertainties_and_unknown_occupancies_are_accepted(tmp_path, content):
    changed = ROW.replace("5 5 6 1 20", "5.0(2) 5 6 ? .")
    structure = read_structure(path_of(tmp_path, content.replace(ROW, changed)))
    np.testing.assert_allclose(structure.positions[2], [5, 5, 6])


@pytest.mark.parametrize("reader", READERS)
def test_a_file_cut_within_a_row_is_refused(tmp_path, content, reader):
    start = content.index(ROW)
    for cut in range(start + 1, start + len(ROW) - 1):
        with pytest.raises(InputError, match=r"changed\.cif"):
            reader(path_of(tmp_path, content[:cut]))


def test_a_file_cut_within_its_last_number_is_refused(tmp_path):
    columns = ["label_atom_id", "label_comp_id", "label_asym_id", "label_seq_id", "Cartn_x", "Cartn_y", "Cartn_z"]
    rows = ["CA ALA A 1 1.250 2.125 -13.375", "CA ALA A 2 4.250 5.125 -16.375"]
    text = "\n".join(["data_x", "loop_", *(SITES + name for name in columns), *rows])
    for cut in range(1, 11):
        with pytest.raises(InputError, match=r"changed\.cif"):
            read_structure(path_of(tmp_path, text[:-cut]))
    assert read_structure(path_of(tmp_path, text)).positions[1].tolist() == [4.25, 5.125, -16.375]
    assert len(read_structure(path_of(tmp_path, "\n".join(["data_x", "loop_", *text.splitlines()[2:-1]])))) == 1


@pytest.mark.parametrize(
    "names",
    [
        ["occupancy"],
        ["type_symbol"],
        ["B_iso_or_equiv"],
        ["id"],
        ["label_alt_id"],
        ["label_asym_id"],
        ["group_PDB", "pdbx_formal_charge", "pdbx_PDB_model_num"],
        ["occupancy", "type_symbol", "id", "label_alt_id", "B_iso_or_equiv"],
    ],
)
def test_columns_that_are_missing_are_filled_in(tmp_path, content, names):
    path = path_of(tmp_path, without(content, *names))
    whole, structure = read_structure(tmp_path / "model.cif"), read_structure(path)
    np.testing.assert_array_equal(structure.positions, whole.positions)
    np.testing.assert_array_equal(structure.chains, whole.chains)
    np.testing.assert_array_equal(structure.residues, whole.residues)
    sites = read_atom_sites(path)
    assert sites.specifiers == read_atom_sites(tmp_path / "model.cif").specifiers
    assert np.flatnonzero(~sites.heavy).tolist() == [3]
    write_mmcif(tmp_path / "out.cif", sites, [Attribute("a", "atoms", sites.specifiers, np.ones(len(sites)))])
    written = gemmi.cif.read(str(tmp_path / "out.cif"))[0]
    assert set(written.find_values("_atom_site.occupancy")) <= {"1", "1.00"}
    assert list(written.find_values("_atom_site.type_symbol")) == ["C", "N", "C", "H", "C", "O", "O", "P", "O"]


def test_without_the_authors_columns_those_of_the_dictionary_count(tmp_path, content):
    """Waters and ligands have no number there: they are counted on, each water of its own."""
    numbered = content
    for row, number in (("GLY Axp A .", "1"), ("ALA Axp A .", "2"), ("SER Axp A .", "3")):
        numbered = numbered.replace(row, f"{row[:-1]}{number}")
    water = "HETATM 9 O O . HOH Cxw water . ? 0 0 1 1 20 ? 601 C 1"
    numbered = numbered.replace(water, f"{water}\n{water.replace('9 O', '10 O').replace('0 0 1', '4 4 4')}")
    sites = read_atom_sites(path_of(tmp_path, without(numbered, "auth_seq_id", "auth_asym_id")))
    assert [residue.specifier for residue in sites.residues] == [
        *("Axp:1", "Axp:2", "Axp:3A", "Bxp:1", "Bxp:2", "Cx1:1", "Cxw:1", "Cxw:2")
    ]
    write_mmcif(tmp_path / "out.cif", sites, [])
    again = read_atom_sites(tmp_path / "out.cif")
    assert again.specifiers == sites.specifiers


def test_elements_are_told_by_names(tmp_path):
    names = [("CA", "ALA", "C"), ("CA", "CA", "Ca"), ("ZN", "ZN", "Zn"), ("FE", "HEM", "Fe"), ("CL1", "LIG", "Cl")]
    names += [("CD1", "LIG", "C"), ("1HB", "ALA", "H"), ("SE", "MSE", "Se"), ("O5'", "DG", "O"), ("K", "K", "K")]
    rows = [f"{atom!r} {compound} A {n}.5 0 0" for n, (atom, compound, _) in enumerate(names)]
    columns = ["label_atom_id", "label_comp_id", "label_asym_id", "Cartn_x", "Cartn_y", "Cartn_z"]
    text = "\n".join(["data_x", "loop_", *(SITES + name for name in columns), *rows, ""])
    sites = read_atom_sites(path_of(tmp_path, text))
    assert list(sites.block.find_values("_atom_site.type_symbol")) == [element for *_, element in names]


@pytest.mark.parametrize("name", ["ABCDEFGH", "a chain of many letters", "A/*;", "$x_1$", "é", "A-2"])
def test_any_name_of_a_chain_is_read(tmp_path, content, name):
    quoted = gemmi.cif.quote(name)
    path = path_of(tmp_path, content.replace("? 1 B 1", f"? 1 {quoted} 1").replace("? 2 B 1", f"? 2 {quoted} 1"))
    structure, sites = read_structure(path), read_atom_sites(path)
    assert structure.chains.tolist() == ["A"] * 4 + [name] * 2 + ["C"]
    assert structure.nucleic.tolist() == [False] * 4 + [True] * 2 + [False]
    assert sites.specifiers[5] == f"{name}:1@O5'"
    moved = structure.model(structure.positions, np.zeros(7), structure.chains == name)
    assert moved.count_atom_sites() == 2
    write_mmcif(tmp_path / "out.cif", sites, [])
    assert read_atom_sites(tmp_path / "out.cif").specifiers == sites.specifiers


def test_long_names_of_residues_and_atoms_are_read(tmp_path, content):
    text = content.replace("ALA", "ALANINE_OF_MINE").replace(" CA ", " CALPHA_OF_MINE ")
    assert len(read_structure(path_of(tmp_path, text))) == 7
    assert read_atom_sites(path_of(tmp_path, text)).residues[1].name == "ALANINE_OF_MINE"


@pytest.mark.parametrize("model", ["0", "-3", "7", "?"])
def test_however_the_first_model_is_called_it_counts(tmp_path, content, model):
    rows = [line for line in content.splitlines() if line.startswith(("ATOM", "HETATM"))]
    text = content
    for row in rows:
        text = text.replace(row, f"{row[:-2]} {model}")
    text = text.rstrip("\n") + "\n" + "\n".join(f"{row[:-2]} 9" for row in rows) + "\n"
    sites = read_atom_sites(path_of(tmp_path, text))
    assert (sites.models, len(sites)) == (2, len(ATOMS))
    assert len(read_structure(path_of(tmp_path, text))) == 7


def test_atoms_in_two_blocks_are_refused_and_other_blocks_ignored(tmp_path, content):
    other = content.replace("data_model", "data_other")
    with pytest.raises(InputError, match="atoms of 2 blocks, model, other"):
        read_structure(path_of(tmp_path, content + other))
    assert len(read_structure(path_of(tmp_path, "data_first\n_entry.id x\n" + content))) == 7


@pytest.mark.parametrize("text", ["data_x\n", "# only a comment\n", "data_x\n_cell.length_a 1\n", "loop_\n_a.b\n1\n"])
def test_files_without_atoms_are_refused(tmp_path, text):
    for reader in READERS:
        with pytest.raises(InputError, match=r"changed\.cif: not an atomic structure"):
            reader(path_of(tmp_path, text))


def test_titles_in_latin_1_are_read(tmp_path, content):
    path = tmp_path / "latin.cif"
    path.write_bytes(content.replace("_entry.id model", "_entry.id 'modèle'").encode("latin-1"))
    assert len(read_structure(path)) == 7
    assert len(read_atom_sites(path)) == len(ATOMS)
