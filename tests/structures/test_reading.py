"""Structures: reading, rotation, regions."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import structures
from deepreslib.errors import InputError


def test_reads_positions_b_factors_chains(tmp_path):
    structure = structures.read_structure(write_structure(tmp_path / "two.pdb"))
    assert structure.name == "two"
    assert len(structure) == 8
    np.testing.assert_allclose(structure.positions[5], [6.0, 4.0, 0.0])
    np.testing.assert_allclose(structure.b_factors[:4], [10, 20, 30, 40])
    assert structure.chains.tolist() == ["A"] * 4 + ["B"] * 4
    assert not structure.nucleic.any()


def test_nucleotides_are_recognised(tmp_path):
    assert structures.read_structure(write_structure(tmp_path / "dna.pdb", name="DA")).nucleic.all()


def test_model_holds_the_selected_atoms_where_told(tmp_path):
    structure = structures.read_structure(write_structure(tmp_path / "two.pdb"))
    selected = structure.chains == "B"
    model = structure.model(structure.positions + 1.0, np.zeros(8), selected)
    positions = [a.pos.tolist() for c in model for r in c for a in r]
    np.testing.assert_allclose(positions, structure.positions[selected] + 1.0)
    assert structure.model(structure.positions, np.zeros(8), np.zeros(8, bool)).count_atom_sites() == 0


def test_random_rotations_are_proper_and_different():
    rng = np.random.default_rng(0)
    for _ in range(20):
        rotation = structures.random_rotation(rng)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert abs(np.trace(rotation @ structures.random_rotation(rng).T) - 3) > 1e-3


def test_regions_by_chain_and_residues(tmp_path):
    structure = structures.read_structure(write_structure(tmp_path / "two.pdb"))
    assert structures.region_labels(structure, ["B", "A:1-2"]).tolist() == [1, 1, -1, -1, 0, 0, 0, 0]
    assert structures.region_labels(structure, ["A:4-4,B:1-1"]).tolist() == [-1, -1, -1, 0, 0, -1, -1, -1]


@pytest.mark.parametrize("region", ["Z", "A:1", "A:x-y", "A:90-99"])
def test_regions_that_select_nothing_are_refused(tmp_path, region):
    structure = structures.read_structure(write_structure(tmp_path / "two.pdb"))
    with pytest.raises(InputError, match=region):
        structures.region_labels(structure, [region])


def test_files_that_are_no_structures_are_refused(tmp_path):
    text = tmp_path / "text.pdb"
    text.write_text("hello\n")
    for path in (tmp_path / "absent.pdb", text):
        with pytest.raises(InputError, match=path.name):
            structures.read_structure(path)
