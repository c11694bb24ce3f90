"""Hostile structure files: refused in a sentence, or read rightly."""

import gzip
import json
from pathlib import Path

import gemmi
import pytest
from hostile import answer, examples, flipped, make_inputs, places
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from deepreslib import pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz")
    make_inputs(path)
    gemmi.read_structure(str(path / "model.pdb")).make_mmcif_document().write_file(str(path / "model.cif"))
    return path


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(pictures, "residue_figures", lambda *_, **__: [Figure()])  # two seconds each


def annotate(name):
    """The exit code, and the number of atoms that were annotated."""
    code, _ = answer("annotate", name, "res.mrc", "-o", "out.cif")
    return code, json.loads(Path("out.json").read_text())["atoms"]["count"] if code == 0 else None


@pytest.mark.parametrize("kind", ["pdb", "cif"])
def test_the_good_files_are_read(folder, kind):
    assert annotate(f"model.{kind}") == (0, 40)


@given(kind=st.sampled_from(["pdb", "cif"]), share=st.floats(0, 1))
@examples(15)
def test_compressed_files_that_end_early(folder, kind, share):
    packed = gzip.compress((folder / f"model.{kind}").read_bytes())
    length = int(share * len(packed))
    (folder / f"bad.{kind}.gz").write_bytes(packed[:length])
    code, atoms = annotate(f"bad.{kind}.gz")
    assert code == 2 or (length == len(packed) and atoms == 40)


@given(kind=st.sampled_from(["pdb", "cif"]), places=places)
@examples(20)
def test_bits_turned_over_in_compressed_files(folder, kind, places):
    good = gzip.compress((folder / f"model.{kind}").read_bytes())
    (folder / f"bad.{kind}.gz").write_bytes(flipped(good, places))
    code, atoms = annotate(f"bad.{kind}.gz")
    assert code == 2 or atoms == 40


@given(
    kind=st.sampled_from(["pdb", "cif"]),
    row=st.integers(0, 39),
    value=st.sampled_from(["NaN", "?", ".", "x.yz", "inf", "1e9", "*****", "", "-", "9" * 30]),
)
@examples(20)
def test_coordinates_that_are_none(folder, kind, row, value):
    lines = (folder / f"model.{kind}").read_text().splitlines()
    rows = [number for number, line in enumerate(lines) if line.startswith("ATOM")]
    line = lines[rows[row]]
    if kind == "pdb":
        lines[rows[row]] = line[:30] + value[:8].rjust(8) + line[38:]
    else:
        words = line.split()
        words[next(number for number, word in enumerate(words) if "." in word)] = value or "''"
        lines[rows[row]] = " ".join(words)
    (folder / f"bad.{kind}").write_text("\n".join(lines) + "\n")
    annotate(f"bad.{kind}")


@given(kind=st.sampled_from(["pdb", "cif"]), places=places)
@examples(20)
def test_bits_turned_over(folder, kind, places):
    (folder / f"bad.{kind}").write_bytes(flipped((folder / f"model.{kind}").read_bytes(), places))
    annotate(f"bad.{kind}")


@given(text=st.text(max_size=200) | st.binary(max_size=200))
@examples(15)
def test_any_text(folder, text):
    (folder / "bad.cif").write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    annotate("bad.cif")


@given(
    chain=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8),
    atom=st.sampled_from(["CA", "C*", "O5'", 'H"', "C;1", "C A"]),
)
@examples(15)
def test_names_of_chains_and_atoms(folder, chain, atom):
    structure = gemmi.read_structure(str(folder / "model.pdb"))
    structure[0][0].name = chain
    structure[0][0][0][0].name = atom
    structure.make_mmcif_document().write_file(str(folder / "bad.cif"))
    code, atoms = annotate("bad.cif")
    assert code == 2 or atoms == 40
