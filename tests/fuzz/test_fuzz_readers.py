"""Hostile structure files: whatever they hold, they are refused in one sentence, or read alike by both readers."""

import bz2
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from hostile import examples
from hypothesis import given
from hypothesis import strategies as st
from small_structures import ATOMS, quoted, write_atoms, write_named

from deepreslib.errors import InputError
from deepreslib.structures import Attribute, read_atom_sites, read_structure, write_defattr, write_mmcif

many = examples(60)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=" "), min_size=1, max_size=12)
WORDS = ["nan", "inf", "?", ".", "x.yz", "1e9", "'", '"', ";", "#", "$", "data_", "loop_", "_atom_site.id", "\n", "\t"]
WORDS += ["\r", "\x85", "\u2028", "ATOM", "END", "MODEL 1", "TER", "-", "99999999", "1_0", "stop_", "save_", "\n;\n"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for suffix in ("pdb", "cif"):
        write_atoms(folder / f"model.{suffix}")
    return folder


def read_by_both(path, content):
    """The atom sites, or None where both readers refuse the file in a sentence that names it."""
    path.write_bytes(content)
    results, sentences = [], []
    for reader in (read_structure, read_atom_sites):
        try:
            results.append(reader(path))
        except InputError as error:
            sentences.append(str(error))
            results.append(None)
    assert all(str(path) in sentence and "\n" not in sentence for sentence in sentences)
    structure, sites = results
    assert (structure is None) == (sites is None)
    if structure is not None:
        assert np.isfinite(structure.positions).all()
        assert np.isfinite(structure.b_factors).all()
        assert np.isfinite(sites.positions).all()
        assert len(structure) <= len(sites) == len(sites.specifiers) == len(sites.heavy)
        assert {tuple(place) for place in structure.positions} <= {tuple(place) for place in sites.positions}
    return sites


def check_written(folder, sites):
    """What was read is written such that it is read again, and ChimeraX gets rows of the right form alone."""
    attribute = Attribute("resolution", "atoms", sites.specifiers, np.full(len(sites), 3.5))
    write_mmcif(folder / "out.cif", sites, [attribute])
    again = read_atom_sites(folder / "out.cif")
    assert again.specifiers == sites.specifiers
    np.testing.assert_allclose(again.positions, sites.positions, atol=1e-3)
    write_defattr(folder / "out.defattr", [attribute], "a\nb\u2028c\x85d")
    lines = (folder / "out.defattr").read_bytes().decode().split("\n")
    assert len(lines[0].splitlines()) == 1
    for line in lines[1:-1]:
        if line.startswith("\t"):
            assert line.isascii()
            assert [len(line.split(mark)) for mark in "\t/:"] == [3, 2, 2]
            assert not set(line) & set("*?[]#,;&|~() -") - {"-" if ":-" in line else ""}


@pytest.mark.parametrize("suffix", ["pdb", "cif"])
@given(data=st.data())
@many
def test_files_with_a_word_in_the_wrong_place(folder, suffix, data):
    """Some bytes of a good file are replaced, left out or put in."""
    content = (folder / f"model.{suffix}").read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content)))
        word = data.draw(st.sampled_from(WORDS) | st.text(max_size=6))
        content = content[:place] + word + content[place + data.draw(st.integers(0, 9)) :]
    sites = read_by_both(folder / f"changed.{suffix}", content.encode("utf-8", "replace"))
    if sites is not None:
        check_written(folder, sites)


@pytest.mark.parametrize("suffix", ["pdb", "cif"])
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@many
def test_files_of_random_bytes(folder, suffix, content):
    assert read_by_both(folder / f"random.{suffix}", content) is None


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
@given(start=st.floats(0, 1), change=st.binary(max_size=5), cut=st.integers(0, 8))
@many
def test_compressed_files_that_are_damaged(folder, compress, start, change, cut):
    """All that is read is the right structure."""
    content = compress((folder / "model.pdb").read_bytes())
    place = math.floor(start * len(content))
    sites = read_by_both(folder / "damaged.pdb.gz", content[:place] + change + content[place + cut :])
    if sites is not None:
        np.testing.assert_allclose(sites.positions, [atom[4] for atom in ATOMS])


@pytest.mark.parametrize("suffix", ["pdb", "cif"])
@given(share=st.floats(0, 0.999))
@many
def test_files_that_are_cut_have_no_wrong_atom(folder, suffix, share):
    """A cut between two rows cannot be noticed; but each atom that is read is right."""
    content = (folder / f"model.{suffix}").read_bytes()
    sites = read_by_both(folder / f"cut.{suffix}", content[: int(share * len(content))])
    if sites is not None:
        np.testing.assert_allclose(sites.positions, [atom[4] for atom in ATOMS[: len(sites)]])


@given(name=NAMES)
@many
def test_chains_of_any_name(folder, name):
    write_named(folder / "named.cif", name)
    sites = read_by_both(folder / "named.cif", (folder / "named.cif").read_bytes())
    assert sites.specifiers[5] == f"{name}:1@O5'"
    check_written(folder, sites)


@given(name=NAMES, residue=NAMES)
@many
def test_atoms_and_residues_of_any_name(folder, name, residue):
    text = Path(folder / "model.cif").read_text()
    text = text.replace(" PA ", f" {quoted(name)} ").replace(" ATP Cx1", f" {quoted(residue)} Cx1")
    sites = read_by_both(folder / "named.cif", text.encode())
    assert sites.specifiers[7] == f"C:501@{name}"
    assert sites.residues[5].name == residue
    check_written(folder, sites)
