"""The ChimeraX script of a map before and after."""

import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, write_chimerax_maps_script

GRID = ((1.0, 1.2, 1.4), (-3.0, -2.0, -1.0))


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_both_maps_lie_on_the_grid_and_the_second_is_coloured(tmp_path):
    script = tmp_path / "maps.cxc"
    files = [tmp_path / name for name in ("before.mrc", "after.mrc", "b.mrc")]
    write_chimerax_maps_script(script, (files[0], 0.5), (files[1], 1.5), *GRID, files[2], ColourScale(-100, 50))
    lines = lines_of(script)
    assert [line for line in lines if line.startswith("open")] == [f'open "{file}"' for file in files]
    for number in (1, 2, 3):
        size, origin = f"volume #{number} voxelSize 1.4,1.2,1", f"volume #{number} origin -1,-2,-3"
        assert lines.index(size) < lines.index(origin)
    assert any(line.startswith("volume #1 show style surface region all level 0.5") for line in lines)
    assert any(line.startswith("volume #2 show style surface region all level 1.5") for line in lines)
    assert any(line.startswith("color sample #2 map #3 palette -100,#") for line in lines)
    assert any("B factor applied (Å²)" in line for line in lines)
    assert "hide #1 models" in lines


def test_without_b_factors_there_are_two_maps_and_no_key(tmp_path):
    script = tmp_path / "maps.cxc"
    write_chimerax_maps_script(script, (tmp_path / "before.mrc", 0.5), (tmp_path / "after.mrc", 1.5), *GRID)
    text = "\n".join(lines_of(script))
    assert "#3" not in text
    assert "key" not in text


def test_a_name_that_chimerax_cannot_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="rename"):
        write_chimerax_maps_script(tmp_path / "maps.cxc", ("/elsewhere/a\n.mrc", 1), (tmp_path / "b.mrc", 1), *GRID)


def test_an_origin_of_minus_0_is_0(tmp_path):
    script = tmp_path / "maps.cxc"
    grid = ((1.0, 1.0, 1.0), (-0.0, -2.0, -0.0))
    write_chimerax_maps_script(script, (tmp_path / "before.mrc", 0.5), (tmp_path / "after.mrc", 1.5), *grid)
    assert "volume #1 origin 0,-2,0" in lines_of(script)
