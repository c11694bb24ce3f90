"""PDB files: an atom's line is whole and its values are numbers, or the file is refused."""

import string
from pathlib import Path

import numpy as np
import pytest
from small_structures import ATOMS, write_atoms

from deepreslib.errors import InputError
from deepreslib.structures import Attribute, read_atom_sites, read_structure, write_mmcif

READERS = [read_structure, read_atom_sites]
ROW = "ATOM      3  CA  ALA A   1       5.000   5.000   6.000  1.00 20.00"


@pytest.fixture
def content(tmp_path):
    text = Path(write_atoms(tmp_path / "model.pdb")).read_text()
    assert text.count(ROW) == 1
    return text


def path_of(tmp_path, text):
    path = tmp_path / "changed.pdb"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "?", ".", "x.yz", "********", "", "5.0.0", "1_0", "5,000", "٥"]
)
@pytest.mark.parametrize("axis", range(3))
def test_what_is_no_coordinate_is_refused(tmp_path, content, reader, axis, value):
    start = 30 + 8 * axis
    row = f"{ROW[:start]}{value:>8}{ROW[start + 8 :]}"
    with pytest.raises(InputError, match=r"changed\.pdb: the atom in|changed\.pdb: .* stands where a coordinate of"):
        reader(path_of(tmp_path, content.replace(ROW, row)))


@pytest.mark.parametrize(
    ("start", "value", "words"),
    [
        (46, "     1e9", "farther out than any structure"),
        (54, "  x.yz", "'x.yz' stands where the occupancy of the atom in line"),
        (54, "   nan", "the occupancy"),
        (54, " -1.00", "the occupancy"),
        (60, "******", "the B factor"),
        (22, "12.5", "'12.5' stands where the residue number"),
        (22, "    ", "nothing stands where the residue number"),
        (22, " seq", "the residue number"),
        (12, " CÄ ", "letters that PDB files cannot hold"),
    ],
)
def test_other_values_are_numbers_too(tmp_path, content, start, value, words):
    row = ROW[:start] + value + ROW[start + len(value) :]
    for reader in READERS:
        with pytest.raises(InputError, match=words):
            reader(path_of(tmp_path, content.replace(ROW, row)))


@pytest.mark.parametrize("reader", READERS)
def test_a_file_cut_within_an_atoms_line_is_refused(tmp_path, content, reader):
    start = content.index(ROW)
    for cut in range(start + 1, start + 77):
        with pytest.raises(InputError, match=r"changed\.pdb"):
            reader(path_of(tmp_path, content[:cut]))
    assert len(reader(path_of(tmp_path, content[: start + 80]))) == {read_structure: 3, read_atom_sites: 3}[reader]


def test_short_lines_and_blank_occupancies_are_accepted(tmp_path, content):
    lines = [line[:54] if line[:4] in ("ATOM", "HETA") else line for line in content.splitlines()]
    path = path_of(tmp_path, "\n".join(lines))
    np.testing.assert_allclose(read_atom_sites(path).positions, [atom[4] for atom in ATOMS])
    assert len(read_structure(path)) == 7


@pytest.mark.parametrize(("first", "second"), [("0", "7"), ("1", "1"), ("x", "99999"), ("", "")])
def test_however_models_are_numbered_the_first_counts(tmp_path, content, first, second):
    rows = [line for line in content.splitlines() if line[:4] in ("ATOM", "HETA")]
    moved = [row[:30] + "  99.000" + row[38:] for row in rows]
    text = "\n".join([f"MODEL     {first:>4}", *rows, "ENDMDL", f"MODEL     {second:>4}", *moved, "ENDMDL", "END", ""])
    sites = read_atom_sites(path_of(tmp_path, text))
    assert (sites.models, len(sites)) == (2, len(ATOMS))
    assert sites.positions.max() < 99
    assert len(read_structure(path_of(tmp_path, text))) == 7


def test_residue_numbers_above_9999_are_read(tmp_path, content):
    assert 10000 in read_structure(path_of(tmp_path, content.replace("ALA A   1 ", "ALA AA000 "))).residues


def test_lines_after_the_end_do_not_count(tmp_path, content):
    text = content + ROW.replace("5.000", "  nan") + "\nhello"
    assert len(read_structure(path_of(tmp_path, text))) == 7


def test_an_atom_twice_at_one_place_is_refused(tmp_path, content):
    line = next(line for line in content.splitlines() if line.startswith(ROW))
    for reader in READERS:
        with pytest.raises(InputError, match=r"changed\.pdb has the atom A:1@CA twice at one place"):
            reader(path_of(tmp_path, content.replace(line, f"{line}\n{line}")))
    alternate = line[:16] + "B" + line[17:]
    assert len(read_structure(path_of(tmp_path, content.replace(line, f"{line}\n{alternate}")))) == 8


@pytest.mark.parametrize("name", "#$'\"_;[]?.*/,:@!A")
def test_chains_of_any_letter_are_written_as_mmcif(tmp_path, name):
    path = write_atoms(tmp_path / "model.pdb", [(name if atom[0] == "B" else atom[0], *atom[1:]) for atom in ATOMS])
    sites = read_atom_sites(path)
    write_mmcif(tmp_path / "out.cif", sites, [Attribute("a", "atoms", sites.specifiers, np.ones(len(ATOMS)))])
    again = read_atom_sites(tmp_path / "out.cif")
    assert again.specifiers == sites.specifiers
    assert sites.specifiers[5] == f"{name}:1@O5'"
    assert again.residues == sites.residues


def test_a_header_that_makes_no_mmcif_is_left_out(tmp_path, content):
    cell = next(line for line in content.splitlines() if line.startswith("CRYST1"))
    sites = read_atom_sites(path_of(tmp_path, content.replace(cell, f"{cell[:66]} '  {cell[70:]}")))
    write_mmcif(tmp_path / "out.cif", sites, [])
    again = read_atom_sites(tmp_path / "out.cif")
    assert again.residues == sites.residues
    assert len(again) == len(ATOMS)


def test_titles_in_latin_1_are_read_and_kept(tmp_path, content):
    path = tmp_path / "latin.pdb"
    path.write_bytes("TITLE     Ångström\n".encode("latin-1") + content.encode())
    assert len(read_structure(path)) == 7
    assert "Ångström" in read_atom_sites(path).block.find_value("_struct.title")


def test_more_unnamed_chains_than_letters(tmp_path):
    names = string.ascii_uppercase + string.ascii_lowercase
    atoms = [(name, "1", "ALA", "CA", (float(place), 0.0, 0.0)) for place, name in enumerate(["", *names])]
    sites = read_atom_sites(write_atoms(tmp_path / "many.pdb", atoms))
    assert sites.residues[0].chain == "AA"
    assert len({residue.chain for residue in sites.residues}) == 53


@pytest.mark.parametrize("text", ["hello\n", "HEADER\nEND\n", "ATOMS are\n", "END\n" + ROW, "{}"])
def test_text_without_atoms_is_refused(tmp_path, text):
    for reader in READERS:
        with pytest.raises(InputError, match=r"changed\.pdb"):
            reader(path_of(tmp_path, text))
