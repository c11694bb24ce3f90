"""``deepres annotate``: files, origin, options, refusals."""

import json
import re
from pathlib import Path

import gemmi
import numpy as np
import pytest
from small_structures import ATOMS, category, write_atoms, write_named

from deepreslib import pictures
from deepreslib.commands import main
from deepreslib.maps import DensityMap, write_map

ORIGIN = (-15.0, -16.0, -17.0)
ENDINGS = ("cif", "cxc", "defattr", "json", "png")


def resolution(positions):
    """Å, at x y z."""
    return 8 + np.asarray(positions) @ [0.1, -0.05, 0.02]


@pytest.fixture
def files(tmp_path):
    """A structure, its resolution map at an origin, the same map without one, and a mask."""
    grid = np.stack(np.meshgrid(*[np.arange(34.0)] * 3, indexing="ij")[::-1], axis=-1) + ORIGIN[::-1]
    data = resolution(grid).astype(np.float32)
    write_map(tmp_path / "map.mrc", DensityMap(data, (1.0,) * 3, ORIGIN))
    write_map(tmp_path / "unplaced.mrc", DensityMap(data, (1.0,) * 3, (500.0,) * 3))
    write_map(tmp_path / "mask.mrc", DensityMap((grid[..., 0] <= 1).astype(np.float32), (1.0,) * 3, ORIGIN))
    write_atoms(tmp_path / "model.pdb")
    write_atoms(tmp_path / "model.cif")
    return tmp_path


@pytest.fixture
def no_drawing(monkeypatch):
    """Pictures are not worth their time where the test looks at something else."""
    monkeypatch.setattr(pictures, "save_figure", lambda figure, path: Path(path).touch())


def annotate(files, *options, model="model.cif", name="map.mrc", output="out.cif"):
    return main(["annotate", str(files / model), str(files / name), *options, "-o", str(files / output)])


@pytest.mark.parametrize("model", ["model.pdb", "model.cif"])
def test_writes_the_files_it_names_with_the_maps_values(files, capsys, model):
    assert annotate(files, model=model) == 0
    printed = capsys.readouterr().out
    assert f"wrote {', '.join(str(files / f'out.{e}') for e in ('cif', 'defattr', 'cxc', 'png', 'json'))}" in printed
    assert "local resolution at 7 of 7 residues, 9 of 9 atoms" in printed
    assert sorted(path.suffix for path in files.glob("out*")) == sorted(f".{ending}" for ending in ENDINGS)
    rows = category(files / "out.cif")
    atoms = {specifier: float(value) for _, recipient, specifier, value in rows if recipient == "atoms"}
    for chain, number, _, atom, position in ATOMS:
        assert atoms[f"{chain}:{number}@{atom}"] == pytest.approx(resolution(position), abs=1e-3)
    assert {row[:2] for row in rows} == {("local_resolution", "residues"), ("local_resolution_atoms", "atoms")}
    written = gemmi.read_structure(str(files / "out.cif"))
    assert written[0].count_atom_sites() == len(ATOMS)


def test_report_has_the_table_and_how_it_was_made(files, no_drawing):
    assert annotate(files, "--reach", "2.5", "--mask", str(files / "mask.mrc")) == 0
    report = json.loads((files / "out.json").read_text())
    assert report["reach"] == 2.5
    assert report["resolution_map"]["origin"] == list(ORIGIN)
    assert report["resolution_map"]["mask"] == str(files / "mask.mrc")
    assert report["attributes"] == {"residues": "local_resolution", "atoms": "local_resolution_atoms"}
    assert (report["atoms"]["count"], report["atoms"]["assigned"]) == (9, 5)
    assert [row["resolution"] is None for row in report["table"]] == [False, True, True] + [False] * 4
    assert report["table"][0] == pytest.approx(
        {"chain": "A", "number": -1, "insertion": "", "name": "GLY", "kind": "polymer", "atoms": 1, "assigned": 1}
        | dict.fromkeys(("resolution", "finest", "coarsest"), float(resolution(ATOMS[0][4]))),
        abs=1e-3,
    )


def test_given_origin_wins_and_a_wrong_one_is_refused_in_a_sentence(files, no_drawing, capsys):
    assert annotate(files, name="unplaced.mrc") == 2
    error = capsys.readouterr().err
    assert "none of its 9 atoms" in error
    assert "set the map's origin to -17,-17,-17 Å, where 100 % of the atoms would lie in the mask" in error
    assert error.count("\n") == 1
    assert not list(files.glob("out*"))
    assert annotate(files, "--origin=-17,-16,-15", name="unplaced.mrc") == 0
    assert ("local_resolution_atoms", "atoms", "C:601@O", "8.020") in category(files / "out.cif")


def test_second_attribute_joins_the_first(files, no_drawing):
    assert annotate(files) == 0
    assert annotate(files, "--attribute", "monores", model="out.cif", output="both.cif") == 0
    names = list(dict.fromkeys(row[0] for row in category(files / "both.cif")))
    assert names == ["local_resolution", "local_resolution_atoms", "monores", "monores_atoms"]


def test_few_atoms_in_the_mask_are_pointed_out(files, no_drawing, capsys):
    data = np.zeros((34, 34, 34), np.float32)
    data[:8] = 4
    write_map(files / "low.mrc", DensityMap(data, (1.0,) * 3, ORIGIN))
    assert annotate(files, name="low.mrc") == 0
    printed = capsys.readouterr()
    assert "chain A: no value, 0 of 3 residues" in printed.out
    assert "deepres: warning: only 2 of 9 atoms lie in the mask of " in printed.err
    (warning,) = json.loads((files / "out.json").read_text())["warnings"]
    assert warning in printed.err


def test_other_models_are_left_out_and_it_says_so(files, no_drawing, capsys):
    write_atoms(files / "ensemble.pdb", models=3)
    assert annotate(files, model="ensemble.pdb") == 0
    assert "holds 3 models; only the first" in capsys.readouterr().out
    assert len(gemmi.read_structure(str(files / "out.cif"))) == 1


def test_many_chains_take_several_pages(files, no_drawing):
    write_atoms(files / "many.cif", [(f"A{n}", "1", "ALA", "CA", (0.1 * n, 0.0, 0.0)) for n in range(12)])
    assert annotate(files, model="many.cif") == 0
    assert sorted(path.name for path in files.glob("out*.png")) == ["out.png", "out_2.png"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "absent.cif"}, "absent.cif: there is no such file"),
        ({"model": "map.mrc"}, "map.mrc: not an atomic structure"),
        ({"name": "absent.mrc"}, "absent.mrc does not exist"),
        ({"name": "density.mrc"}, "density.mrc has no value above 0.1, finer than the 2 Å"),
        ({"output": "out.pdb"}, "ends in .cif"),
        ({"output": "absent/out.cif"}, "absent does not exist"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(files, capsys, options, words):
    write_map(files / "density.mrc", DensityMap(np.full((9, 9, 9), 0.1, np.float32), (1.0,) * 3, ORIGIN))
    assert annotate(files, **options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not list(files.glob("out*"))


@pytest.mark.parametrize(
    "option", [["--reach", "-1"], ["--reach", "far"], ["--attribute", "2nd"], ["--attribute", "a b"]]
)
def test_bad_options_are_refused(files, option):
    assert annotate(files, *option) == 2


def test_model_half_beside_the_map_is_warned_about_with_the_origin_that_fits(files, no_drawing, capsys):
    values = np.full((34, 34, 34), 4, np.float32)
    write_map(files / "moved.mrc", DensityMap(values, (1.0,) * 3, (-17.0, -17.0, 1.0)))
    assert annotate(files, name="moved.mrc") == 0
    (warning,) = json.loads((files / "out.json").read_text())["warnings"]
    assert "only 5 of 9 atoms of " in warning
    assert "lie in the box of " in warning
    assert "set the map's origin to -17,-17,-17 Å, where 100 %" in warning
    assert f"deepres: warning: {warning}\n" in capsys.readouterr().err


def test_right_inputs_are_not_warned_about(files, no_drawing, capsys):
    assert annotate(files) == 0
    assert "warning" not in capsys.readouterr().err
    assert "warnings" not in json.loads((files / "out.json").read_text())


@pytest.mark.parametrize("name", ["A *", "A;B", "A/B", "A:B", "A,B", "A@B", "A#", "'A", 'A"\u2028', "A-2", "$A$", "é"])
def test_chain_names_of_any_letters(files, capsys, name):
    """They are shown in the plot, kept in the mmCIF file, and never read as something else by ChimeraX."""
    write_named(files / "named.cif", name)
    assert annotate(files, model="named.cif") == 0
    specifiers = [row[2] for row in category(files / "out.cif")]
    assert specifiers.count(f"{name}:1") == 1
    lines = (files / "out.defattr").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"(\t/[AC'\w]+:-?\d+A?(@[\w']+)?\t\d+\.\d{3})|# .*|\w+: \w+", line) for line in lines)
    assert len(lines) == 1 + 4 + 16 - 4 * (name != "'A")
    error = capsys.readouterr().err
    assert error.count("ChimeraX would read as something else") == 2 * (name != "'A")


@pytest.mark.parametrize("output", ["a\"b'c.cif", "$HOME.cif", "a\nb.cif"])
def test_names_that_chimerax_cannot_take_are_refused_before_the_work(files, no_drawing, capsys, output):
    (files / "model.cif").unlink()  # it is not even read
    assert annotate(files, output=output) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "ChimeraX cannot read the file name" in error or "cannot be printed" in error


@pytest.mark.parametrize("folder", ["a\"b'c", "$HOME", "a\nb", "$x$ _y"])
def test_folders_of_any_name(files, no_drawing, folder):
    (files / folder).mkdir()
    code = annotate(files, output=f"{folder}/out.cif")
    if "\n" in folder:
        assert code == 2
        return
    assert code == 0
    opened = [line for line in (files / folder / "out.cxc").read_text().splitlines() if line.startswith("open")]
    absolute = folder == "$x$ _y"
    assert opened == [f'open "{files / folder if absolute else "."}/out.{ending}"' for ending in ("cif", "defattr")]
