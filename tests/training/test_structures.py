"""Which structures are trained on, and how often each."""

import gemmi
import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.errors import InputError
from deepreslib.training.structures import drawn_shares, find_structures


def test_nucleic_acid_is_drawn_more_often(tmp_path):
    protein, dna = (write_structure(tmp_path / f"{name}.pdb", name=name) for name in ("ALA", "DA"))
    mixed = gemmi.read_structure(dna)
    mixed[0][0][0].name = "ALA"
    mixed.write_pdb(str(tmp_path / "mixed.pdb"))
    shares = drawn_shares([protein, str(tmp_path / "mixed.pdb"), dna, protein], 2.0, 5.0)
    np.testing.assert_allclose(shares, np.array([1, 2, 5, 1]) / 9)


def test_structures_of_a_folder_are_found_sorted(tmp_path):
    for name in ("b.pdb", "a.cif.gz", "notes.txt"):
        (tmp_path / name).touch()
    paths = find_structures(tmp_path)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["a.cif.gz", "b.pdb"]
    with pytest.raises(InputError, match="no such folder"):
        find_structures(tmp_path / "absent")
