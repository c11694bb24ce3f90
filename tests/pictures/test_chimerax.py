"""The ChimeraX script: order of axes, order of commands, the scale's own colours."""

import re

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, can_open, check_name, resolution_for_chimerax, write_chimerax_script
from deepreslib.pictures.chimerax import quoted

SCALE = ColourScale(2.5, 6.5, levels=9)


def script(tmp_path, **changes):
    arguments = {
        "density_path": "/maps/my map.mrc",
        "resolution_path": "/maps/resolution.mrc",
        "voxel_size": (1.3, 1.2, 1.1),
        "origin": (-30.0, 20.5, 10.0),
        "level": 0.0123,
        "scale": SCALE,
    }
    path = tmp_path / "surface.cxc"
    write_chimerax_script(path, **{**arguments, **changes})
    return path.read_text(encoding="utf-8").splitlines()


def test_maps_are_opened_in_order_with_quoted_paths(tmp_path):
    assert [line for line in script(tmp_path) if line.startswith("open")] == [
        'open "/maps/my map.mrc"',
        'open "/maps/resolution.mrc"',
    ]


@pytest.mark.parametrize("model", ["#1", "#2"])
def test_voxel_size_and_origin_are_in_chimeraxs_order_and_size_comes_first(tmp_path, model):
    lines = script(tmp_path)
    size, origin = f"volume {model} voxelSize 1.1,1.2,1.3", f"volume {model} origin 10,20.5,-30"
    assert lines.index(size) < lines.index(origin)
    assert lines.count(size) == lines.count(origin) == 1


def test_palette_is_the_scale(tmp_path):
    (line,) = [line for line in script(tmp_path) if line.startswith("color sample")]
    assert line.startswith("color sample #1 map #2 palette ")
    pairs = [pair.split(",") for pair in line.split()[6].split(":")]
    np.testing.assert_allclose([float(value) for value, _ in pairs], SCALE.level_values())
    assert [colour for _, colour in pairs] == SCALE.hex_colours()


def test_resolution_is_read_inside_the_surface(tmp_path):
    (line,) = [line for line in script(tmp_path) if line.startswith("color sample")]
    assert float(line.split("offset ")[1]) == pytest.approx(-1.5 * 1.1)


def test_key_has_the_colours_and_labels_both_ends(tmp_path):
    (line,) = [line for line in script(tmp_path) if line.startswith("key")]
    pairs = re.findall(r"(#[0-9a-f]{6}):(\S*)", line)
    assert [colour for colour, _ in pairs] == SCALE.hex_colours()
    assert [label for _, label in pairs if label] == ["2.5", "3.5", "4.5", "5.5", "6.5"]
    assert "numericLabelSpacing equal" in line
    assert any("Local resolution (Å)" in line for line in script(tmp_path))


def test_map_of_any_size_is_a_whole_surface_drawn_before_it_is_coloured(tmp_path):
    lines = script(tmp_path)
    assert "set bgColor white" in lines
    assert "volume #2 hide" in lines
    surface = lines.index("volume #1 show style surface region all level 0.0123")
    coloured = [line.startswith("color sample") for line in lines].index(True)
    assert surface < lines.index("wait 1") < coloured
    assert lines[-1] == "view"


def test_axes_are_written_beside_and_opened_last(tmp_path):
    lines = script(tmp_path, axes=50.0)
    bild = tmp_path / "surface_axes.bild"
    opened = [line for line in lines if line.startswith("open")]
    assert opened[2] == f'open "{bild}"'
    assert ".arrow 0 0 0 0 0 50 " in bild.read_text()


def test_relative_paths_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert f'open "{tmp_path}/map.mrc"' in script(tmp_path, density_path="map.mrc")


def test_awkward_paths(tmp_path):
    assert "open '/maps/a \"b\".mrc'" in script(tmp_path, density_path='/maps/a "b".mrc')
    with pytest.raises(InputError, match="rename"):
        script(tmp_path, density_path="/maps/a \"b\" 'c'.mrc")
    with pytest.raises(InputError, match="rename"):
        script(tmp_path, density_path="/maps/a\nb.mrc")


@pytest.mark.parametrize("folder", ["a\"b'c", "$HOME"])
def test_folders_that_chimerax_cannot_take_are_left_to_the_scripts_place(tmp_path, folder):
    """A script's folder is where ChimeraX looks for what it names relatively."""
    (tmp_path / folder).mkdir()
    files = {"density_path": tmp_path / folder / "map.mrc", "resolution_path": tmp_path / folder / "deeper" / "res.mrc"}
    opened = [line for line in script(tmp_path / folder, **files) if line.startswith("open")]
    assert opened == ['open "./map.mrc"', 'open "./deeper/res.mrc"']
    for path in files.values():
        assert not can_open(path, tmp_path / "elsewhere" / "surface.cxc")


@pytest.mark.parametrize("folder", ["line\nbreak", "a\u2028b", "\udcff"])
def test_lines_are_never_broken(tmp_path, folder):
    assert quoted(tmp_path / folder / "map.mrc", tmp_path / folder / "surface.cxc") == '"./map.mrc"'


@pytest.mark.parametrize(
    "name", ["$HOME.mrc", "${HOME}.mrc", "a\"b'.mrc", "a\r.mrc", "a\x85.mrc", "a\u2028.mrc", "\udcff.mrc"]
)
def test_names_that_chimerax_cannot_take_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="rename"):
        check_name(tmp_path / name, tmp_path / "surface.cxc")
    assert not can_open(tmp_path / name, tmp_path / "surface.cxc")


@pytest.mark.parametrize(
    "name", ["a;b.mrc", "a*b?[c].mrc", "a$b c.mrc", "~a.mrc", "a'b.mrc", "#1.mrc", "a\\nb.mrc", "é.mrc"]
)
def test_other_names_are_written_as_they_are(tmp_path, name):
    check_name(tmp_path / name, tmp_path / "surface.cxc")
    assert f'open "{tmp_path / name}"' in script(tmp_path, density_path=tmp_path / name)


def test_filled_map_keeps_the_inside_and_has_no_zero():
    z = np.arange(24, dtype=np.float32)[:, None, None]
    resolution = np.zeros((24, 22, 20), np.float32)
    resolution[8:16, 8:14, 8:12] = 3 + 0.1 * z[8:16]
    filled = resolution_for_chimerax(resolution)
    inside = resolution > 0
    assert filled.dtype == np.float32
    np.testing.assert_array_equal(filled[inside], resolution[inside])
    assert filled.min() >= resolution[inside].min()
    assert filled.max() <= resolution.max()
    np.testing.assert_allclose(filled[10, 14, 10], resolution[10, 13, 10], atol=0.11)
    assert filled[0, 0, 0] == np.median(resolution[inside])


def test_empty_resolution_is_refused():
    with pytest.raises(InputError, match="no value above 0"):
        resolution_for_chimerax(np.zeros((4, 4, 4)))
