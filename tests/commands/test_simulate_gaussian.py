"""``deepres simulate --gaussian``: the map, its files, refusals."""

import json

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.commands import main
from deepreslib.maps import read_map


@pytest.fixture
def structure(tmp_path):
    return write_structure(tmp_path / "two.pdb")


def simulate(structure, folder, *options):
    return main(["simulate", structure, "-o", str(folder / "out.mrc"), "--box", "32", *map(str, options)])


def test_the_map_holds_gaussians_times_electrons(structure, tmp_path):
    assert simulate(structure, tmp_path, "--gaussian", 4, "--voxel-size", 1.2) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"out.mrc", "out_mask.mrc", "out.json", "two.pdb"}
    density, mask = read_map(tmp_path / "out.mrc"), read_map(tmp_path / "out_mask.mrc")
    assert (density.quantity, mask.quantity) == ("density", "mask")
    assert density.voxel_size == mask.voxel_size == (1.2,) * 3
    carbons, integral = 8 * 6, (4 / np.sqrt(np.pi)) ** 3  # of exp(-(pi r / 4)²), Å³
    assert density.data.sum() * 1.2**3 == pytest.approx(carbons * integral, rel=1e-3)
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["gaussian"] == 4
    assert report["voxels"] == mask.data.sum()


def test_noise_and_rotation_follow_the_seed(structure, tmp_path):
    found = []
    for seed in (3, 3, 4):
        assert simulate(structure, tmp_path, "--gaussian", 5, "--noise", 0.5, "--rotate", "--seed", seed) == 0
        found.append(read_map(tmp_path / "out.mrc").data)
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert found[0][:3].std() > 0.1 * found[0].std()


@pytest.mark.parametrize(
    "other",
    [
        ["--resolution", 4],
        ["--region=A=3"],
        ["--half-maps"],
        ["--half-maps", "--resolution", 4],
        ["--b-factors", "own"],
        ["--add-b", 30],
        ["--spread", 2],
        ["--sharpen", 0],
        ["--masked"],
    ],
)
def test_other_ways_of_making_a_map_are_refused(structure, tmp_path, capsys, other):
    assert simulate(structure, tmp_path, "--gaussian", 5, *other) == 2
    error = capsys.readouterr().err
    name = other[0].partition("=")[0]
    assert f"{name}{' own' if name == '--b-factors' else ''} does not go with --gaussian" in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("*.mrc"))


def test_atoms_smaller_than_a_voxel_are_refused(structure, tmp_path, capsys):
    assert simulate(structure, tmp_path, "--gaussian", 1.5, "--voxel-size", 2) == 2
    assert "finer than a voxel" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-3", "nan", "five"])
def test_bad_resolutions_are_refused(structure, tmp_path, capsys, value):
    assert simulate(structure, tmp_path, f"--gaussian={value}") == 2
    assert "--gaussian" in capsys.readouterr().err
