"""Resolution maps of other programs, and what is none, given to the commands that read them."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepreslib import pictures
from deepreslib.commands import main
from deepreslib.maps import DensityMap, read_map, write_map

SHAPE, VOXEL_SIZE = (30, 32, 34), 1.5
RADIUS = np.linalg.norm(np.indices(SHAPE) - np.array([15, 16, 17]).reshape(3, 1, 1, 1), axis=0)
INSIDE = RADIUS < 11
TRUTH = np.where(INSIDE, 4 + RADIUS / 9, 0)
NOISE = np.random.default_rng(9).normal(0, 0.2, SHAPE)

MAPS = {
    "ours": TRUTH,
    "resmap": np.where(INSIDE, TRUTH, 100),
    "mean": np.where(INSIDE, TRUTH, TRUTH[INSIDE].mean()),
    "frequency": np.where(INSIDE, 1 / np.maximum(TRUTH, 1), 0),
    "mask": INSIDE,
    "density": INSIDE * (1 + NOISE) + NOISE,
}
NO_RESOLUTIONS = ("frequency", "mask", "density")
READERS = (
    "pictures {} -o out",
    "compare ours.mrc {} -o out",
    "compare {} ours.mrc -o out",
    "annotate model.pdb {} -o out.cif",
)
MEDIAN = float(np.median(TRUTH[INSIDE]))


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """The maps, of a program that puts no label into them, and a structure in the middle."""
    for name, values in MAPS.items():
        write_map(tmp_path / f"{name}.mrc", DensityMap(np.asarray(values, np.float32), (VOXEL_SIZE,) * 3))
    rng = np.random.default_rng(0)
    lines = [
        f"ATOM  {number:5d}  CA  ALA A{number:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00 20.00           C"
        for number, (x, y, z) in enumerate([25, 24, 22] + rng.normal(size=(60, 3)) * 4, 1)
    ]
    (tmp_path / "model.pdb").write_text("\n".join([*lines, "END", ""]))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def medians(monkeypatch):
    """The medians of what is drawn, in place of the pictures."""
    seen = []

    def histogram(maps, *_, **__):
        seen.extend(float(np.median(pictures.scale.inside_values(values))) for values in maps.values())
        return pictures.figures.new_figure(1, 1)

    monkeypatch.setattr(pictures, "histogram_figure", histogram)
    return seen


@pytest.mark.parametrize("name", ["ours", "resmap", "mean"])
def test_pictures_and_annotate_leave_the_outside_out(name, medians):
    assert main(["pictures", f"{name}.mrc", "-o", "pictures"]) == 0
    assert medians == [pytest.approx(MEDIAN, abs=0.02)]
    assert main(["annotate", "model.pdb", f"{name}.mrc", "-o", "out.cif"]) == 0
    report = json.loads(Path("out.json").read_text())
    assert 4 < report["residues"]["resolution"]["median"] < 5.3
    assert report["residues"]["resolution"]["max"] < 6


@pytest.mark.parametrize("name", NO_RESOLUTIONS)
@pytest.mark.parametrize(
    "words",
    [
        "pictures {} -o out",
        "compare ours.mrc {} -o out",
        "compare {} ours.mrc -o out",
        "annotate model.pdb {} -o out.cif",
    ],
)
def test_what_is_no_resolution_map_is_refused_everywhere(name, words, tmp_path, capsys):
    assert main(words.format(f"{name}.mrc").split()) == 2
    error = capsys.readouterr().err
    assert f"{name}.mrc has " in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("out*"))


def test_compare_takes_maps_of_any_program():
    assert main(["compare", "ours.mrc", "resmap.mrc", "mean.mrc", "-o", "out"]) == 0
    report = json.loads(Path("out/compare.json").read_text())
    for numbers in report["maps"]:
        assert numbers["resolution"]["median"] == pytest.approx(MEDIAN, abs=0.02)
    consensus = read_map("out/consensus.mrc")
    assert consensus.quantity == "resolution"
    np.testing.assert_allclose(consensus.data[INSIDE], TRUTH[INSIDE], atol=0.01)


def test_a_map_of_ours_says_what_it_is(medians, capsys):
    grid = (VOXEL_SIZE,) * 3
    write_map("sd.mrc", DensityMap(np.asarray(0.2 * TRUTH, np.float32), grid), "sd")
    write_map("mine.mrc", DensityMap(np.asarray(TRUTH, np.float32), grid), "density")
    assert main(["annotate", "model.pdb", "sd.mrc", "-o", "out.cif"]) == 2
    assert "sd.mrc is a map of the sd, as its header says" in capsys.readouterr().err
    assert main(["pictures", "sd.mrc", "-o", "pictures"]) == 0
    assert medians == [pytest.approx(0.2 * MEDIAN, abs=0.01)]
    assert json.loads(Path("pictures/pictures.json").read_text())["resolution_map"]["quantity"] == "sd"
    assert main(["pictures", "mine.mrc", "-o", "pictures"]) == 2
    assert "is a map of the density" in capsys.readouterr().err


def test_the_quantity_of_others_maps_can_be_given(medians):
    assert main(["pictures", "frequency.mrc", "--quantity", "Trust", "-o", "pictures"]) == 0
    assert medians == [pytest.approx(1 / MEDIAN, abs=0.01)]
