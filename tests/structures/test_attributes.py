"""Structure files read row by row, and attributes as Scipion's category and ChimeraX's file."""

import resource
import signal

import gemmi
import numpy as np
import pytest
from small_structures import ATOMS, category, write_atoms

from deepreslib.errors import InputError
from deepreslib.structures import attributes
from deepreslib.structures.attributes import Attribute, read_atom_sites


@pytest.mark.parametrize("name", ["model.pdb", "model.cif"])
def test_atoms_and_residues_are_read_in_the_files_order(tmp_path, name):
    sites = read_atom_sites(write_atoms(tmp_path / name))
    np.testing.assert_allclose(sites.positions, [atom[4] for atom in ATOMS])
    assert sites.specifiers == [f"{chain}:{number}@{atom}" for chain, number, _, atom, _ in ATOMS]
    assert [residue.specifier for residue in sites.residues] == ["A:-1", "A:1", "A:1A", "B:1", "B:2", "C:501", "C:601"]
    assert [residue.kind for residue in sites.residues] == ["polymer"] * 5 + ["ligand", "water"]
    assert sites.residue_numbers.tolist() == [0, 1, 1, 1, 2, 3, 4, 5, 6]
    assert np.flatnonzero(~sites.heavy).tolist() == [3]
    assert (sites.residues[2].number, sites.residues[2].insertion, sites.residues[2].name) == (1, "A", "SER")


def test_compressed_files_are_read(tmp_path):
    import gzip

    path = tmp_path / "model.cif.gz"
    with open(write_atoms(tmp_path / "model.cif"), "rb") as plain, gzip.open(path, "wb") as stream:
        stream.write(plain.read())
    assert len(read_atom_sites(path)) == len(ATOMS)


def test_only_the_first_model_is_read_and_written(tmp_path):
    sites = read_atom_sites(write_atoms(tmp_path / "model.cif", models=3))
    assert (sites.models, len(sites)) == (3, len(ATOMS))
    attributes.write_mmcif(tmp_path / "out.cif", sites, [Attribute("a", "residues", ["A:1"], np.ones(1))])
    written = gemmi.read_structure(str(tmp_path / "out.cif"))
    assert [model.count_atom_sites() for model in written] == [len(ATOMS)]


def test_chain_without_a_name_gets_a_free_letter(tmp_path):
    atoms = [("" if chain == "B" else chain, *rest) for chain, *rest in ATOMS]
    sites = read_atom_sites(write_atoms(tmp_path / "model.pdb", atoms))
    assert sites.residues[3].specifier == "B:1"
    assert set(sites.block.find_values("_atom_site.auth_asym_id")) == {"A", "B", "C"}


@pytest.mark.parametrize("name", ["model.pdb", "model.cif"])
def test_mmcif_has_a_row_a_value_and_the_same_atoms(tmp_path, name):
    sites = read_atom_sites(write_atoms(tmp_path / name))
    specifiers = [residue.specifier for residue in sites.residues]
    values = np.array([2.5, np.nan, 3.0, 4.12345, 5.0, 6.0, 7.0])
    named = [
        Attribute("resolution", "residues", specifiers, values),
        Attribute("resolution_atoms", "atoms", sites.specifiers, np.arange(9.0)),
    ]
    attributes.write_mmcif(tmp_path / "out.cif", sites, named)
    rows = category(tmp_path / "out.cif")
    assert rows[:4] == [
        ("resolution", "residues", "A:-1", "2.500"),
        ("resolution", "residues", "A:1", "nan"),
        ("resolution", "residues", "A:1A", "3.000"),
        ("resolution", "residues", "B:1", "4.123"),
    ]
    assert rows[12] == ("resolution_atoms", "atoms", "B:1@O5'", "5.000")
    again = read_atom_sites(tmp_path / "out.cif")
    np.testing.assert_allclose(again.positions, sites.positions)
    assert again.residues == sites.residues


def test_the_rest_of_an_mmcif_file_is_kept(tmp_path):
    path = write_atoms(tmp_path / "model.cif")
    document = gemmi.cif.read(path)
    document[0].set_pair("_em_3d_reconstruction.resolution", "3.2")
    document[0].set_mmcif_category(
        "_scipion_attributes.", {"name": ["DAQ"], "recipient": ["residues"], "specifier": ["A:1"], "value": ["0.7"]}
    )
    document.add_new_block("restraints")
    document.write_file(path)
    sites = read_atom_sites(path)
    first = Attribute("resolution", "residues", ["A:1"], np.array([3.0]))
    attributes.write_mmcif(tmp_path / "once.cif", sites, [first])
    second = Attribute("resolution", "residues", ["A:1"], np.array([4.0]))
    attributes.write_mmcif(tmp_path / "twice.cif", read_atom_sites(tmp_path / "once.cif"), [second])
    assert category(tmp_path / "twice.cif") == [
        ("DAQ", "residues", "A:1", "0.7"),
        ("resolution", "residues", "A:1", "4.000"),
    ]
    assert gemmi.cif.read(str(tmp_path / "twice.cif"))[0].find_value("_em_3d_reconstruction.resolution") == "3.2"


def test_chimerax_file_leaves_out_what_has_no_value(tmp_path):
    named = [
        Attribute("resolution", "residues", ["A:1", "A:2"], np.array([3.25, np.nan])),
        Attribute("resolution_atoms", "atoms", ["A:1@CA", "A:1@CA", "A:1@O5'"], np.array([3.0, 9.0, 4.0])),
    ]
    attributes.write_defattr(tmp_path / "out.defattr", named, "Å")
    assert (tmp_path / "out.defattr").read_text(encoding="utf-8").splitlines() == [
        "# Å",
        "attribute: resolution",
        "recipient: residues",
        "\t/A:1\t3.250",
        "attribute: resolution_atoms",
        "recipient: atoms",
        "\t/A:1@CA\t3.000",
        "\t/A:1@O5'\t4.000",
    ]


def test_a_full_disk_leaves_the_old_mmcif_file(tmp_path):
    """The limit on the size of files fails like a disk without room."""
    sites = read_atom_sites(write_atoms(tmp_path / "model.cif"))
    (tmp_path / "out.cif").write_text("good")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        with pytest.raises(InputError, match=r"out\.cif"):
            attributes.write_mmcif(tmp_path / "out.cif", sites, [Attribute("a", "residues", ["A:1"], np.ones(1))])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (tmp_path / "out.cif").read_text() == "good"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.cif", "out.cif"]


@pytest.mark.parametrize(
    "name", ["A*:1@CA", "A-2:1", "A B:1", "A/B:1", "A:B:1", "A,B:1", "A:1@O*", ":1", "A:1@", "é:1", "A\n:1"]
)
def test_what_chimerax_would_misread_is_left_out_and_said(tmp_path, name):
    named = [
        Attribute("resolution", "residues", ["A:1", name], np.array([3.0, 4.0])),
        Attribute("alone", "atoms", [name], np.array([3.0])),
        Attribute("unknown", "atoms", [name], np.array([np.nan])),
    ]
    warnings = attributes.write_defattr(tmp_path / "out.defattr", named)
    lines = (tmp_path / "out.defattr").read_text(encoding="utf-8").splitlines()
    assert lines == ["attribute: resolution", "recipient: residues", "\t/A:1\t3.000"]
    assert [warning.partition(" have")[0] for warning in warnings] == ["1 of 2 residues", "1 of 1 atoms"]
    assert all(repr(name) in warning and "out.defattr leaves them out" in warning for warning in warnings)


def test_names_that_chimerax_takes_are_not_warned_about(tmp_path):
    names = ["A:1", "Ab1:-3", "A_1:52B", "1:7", "A'\":8"]
    assert attributes.write_defattr(tmp_path / "out.defattr", [Attribute("a", "residues", names, np.ones(5))]) == ()
    assert len((tmp_path / "out.defattr").read_text().splitlines()) == 7


@pytest.mark.parametrize("comment", ["a\nb", "a\rb", "a\u2028b", "a\x85b", "a\x0b\x1cb"])
def test_a_comment_stays_on_its_line(tmp_path, comment):
    attributes.write_defattr(tmp_path / "out.defattr", [], comment)
    assert (tmp_path / "out.defattr").read_bytes() == b"# a b\n"


@pytest.mark.parametrize("name", ["two words", "a\nb", "1st", "", "é"])
def test_an_attribute_has_a_plain_name(tmp_path, name):
    with pytest.raises(InputError, match="no name of an attribute"):
        attributes.write_defattr(tmp_path / "out.defattr", [Attribute(name, "atoms", ["A:1@CA"], np.ones(1))])


def test_files_without_a_structure_are_refused(tmp_path):
    (tmp_path / "text.pdb").write_text("hello\n")
    (tmp_path / "text.cif").write_text("hello\n")
    write_atoms(tmp_path / "water.pdb", ATOMS[-1:])
    for name in ("absent.cif", "text.pdb", "text.cif", "water.pdb"):
        with pytest.raises(InputError, match=name):
            read_atom_sites(tmp_path / name)


def test_residue_without_a_number_is_refused(tmp_path):
    path = write_atoms(tmp_path / "model.cif")
    block = gemmi.cif.read(path).sole_block()
    block.find_values("_atom_site.auth_seq_id")[4] = "?"
    block.write_file(path)
    with pytest.raises(InputError, match=r"model\.cif.*auth_seq_id"):
        read_atom_sites(path)
