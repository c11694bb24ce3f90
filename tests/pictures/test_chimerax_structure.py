"""The ChimeraX script of a structure: files in order, the attribute's level, the scale's own colours."""

import pytest

from deepreslib.pictures import ColourScale, write_chimerax_structure_script
from deepreslib.pictures.chimerax import palette

SCALE = ColourScale(2.5, 6.5, levels=9)


def script(tmp_path, recipient="residues", **options):
    path = tmp_path / "model.cxc"
    files = "/models/my model.cif", "/models/my model.defattr"
    write_chimerax_structure_script(path, *files, "local_resolution", recipient, SCALE, **options)
    return path.read_text(encoding="utf-8").splitlines()


def colouring(lines):
    (line,) = [line for line in lines if line.startswith("color byattribute")]
    return line


def test_structure_is_opened_before_its_attributes(tmp_path):
    opened = [line for line in script(tmp_path) if line.startswith("open")]
    assert opened == ['open "/models/my model.cif"', 'open "/models/my model.defattr"']


def test_residues_are_cartoons_in_the_scales_colours(tmp_path):
    lines = script(tmp_path)
    expected = f"color byattribute r:local_resolution #1 palette {palette(SCALE)} noValueColor gray"
    assert colouring(lines) == expected
    assert "show #1 cartoons" in lines


@pytest.mark.parametrize(("average", "command"), [(False, "show #1 atoms"), (True, "show #1 cartoons")])
def test_atoms_are_coloured_each_or_averaged(tmp_path, average, command):
    lines = script(tmp_path, "atoms", average=average)
    assert colouring(lines).startswith("color byattribute a:local_resolution #1")
    assert colouring(lines).endswith("average residues") == average
    assert command in lines


def test_key_has_the_scales_ends(tmp_path):
    (key,) = [line for line in script(tmp_path) if line.startswith("key")]
    assert f"{SCALE.hex_colours()[0]}:2.5" in key
    assert f"{SCALE.hex_colours()[-1]}:6.5" in key
