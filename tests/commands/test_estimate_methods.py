"""``deepres estimate`` by the methods that need no network, and what it refuses of them."""

import json

import mrcfile
import numpy as np
import pytest

from deepreslib.commands import main
from deepreslib.fourier.filters import low_pass
from deepreslib.maps import DensityMap, read_map, write_map


@pytest.fixture
def files(tmp_path):
    """Half maps of a ball of structure filtered at 5 Å (48³ voxels of 1.2 Å), their mean, a mask."""
    rng = np.random.default_rng(0)
    shape = (48, 48, 48)
    radius = np.linalg.norm(np.indices(shape) - 24, axis=0)
    structure = low_pass(rng.standard_normal(shape).astype(np.float32) * (radius < 14), 1.2, 5.0)
    structure /= structure[radius < 12].std()
    halves = [structure + 0.5 * rng.standard_normal(shape).astype(np.float32) for _ in range(2)]
    grid = DensityMap(structure, (1.2,) * 3, (5.0, 6.0, 7.0))
    data = {"half1": halves[0], "half2": halves[1], "map": np.mean(halves, axis=0), "mask": radius < 12}
    for name, values in data.items():
        write_map(tmp_path / f"{name}.mrc", grid.like(values))
    return tmp_path


def estimate(folder, method, *options, halves=True, density=True, mask=True):
    command = ["estimate", "--method", method, "-o", str(folder / "out.mrc"), "--threads", "1"]
    command += [str(folder / "map.mrc")] if density else []
    command += ["--half1", str(folder / "half1.mrc"), "--half2", str(folder / "half2.mrc")] if halves else []
    command += ["--mask", str(folder / "mask.mrc")] if mask else []
    return main([*command, *map(str, options)])


TOLERANCES = {"localfsc": 0.7, "monores": 1.0, "resmap": 2.0}
"""Å; in ResMap's window strong density counts for resolutions finer than its own."""


@pytest.mark.parametrize("method", TOLERANCES)
def test_half_maps_of_a_known_resolution(files, method, capsys):
    assert estimate(files, method, density=False) == 0
    mask, result = read_map(files / "mask.mrc").data > 0.5, read_map(files / "out.mrc")
    assert (result.voxel_size, result.origin) == ((1.2,) * 3, (5.0, 6.0, 7.0))
    assert (result.data[~mask] == 0).all()
    assert (result.data[mask] >= 2.4).all()
    assert np.median(result.data[mask]) == pytest.approx(5.0, abs=TOLERANCES[method])
    report = json.loads((files / "out.json").read_text())
    assert report["method"] == method
    assert report["input"]["half_maps"] == [str(files / "half1.mrc"), str(files / "half2.mrc")]
    assert method in capsys.readouterr().out


@pytest.mark.parametrize("method", ["monores", "resmap"])
def test_one_map(files, method):
    assert estimate(files, method, halves=False) == 0
    report = json.loads((files / "out.json").read_text())
    assert report["noise"] == "the map outside the mask"
    assert report["resolution"]["median"] == pytest.approx(5.0, abs=TOLERANCES[method])


def test_box_in_angstrom_and_in_voxels(files):
    assert estimate(files, "localfsc", "--box", "24A", "--cutoff", 0.3) == 0
    report = json.loads((files / "out.json").read_text())
    assert report["box"] == {"voxels": 20, "angstrom": 24.0}
    assert report["cutoff"] == 0.3
    assert estimate(files, "localfsc", "--box", 16) == 0
    assert json.loads((files / "out.json").read_text())["box"]["voxels"] == 16


def change(folder, name, function):
    """Writes what a function makes of a map in its place; a function that gives None has done so itself."""
    density = read_map(folder / f"{name}.mrc")
    changed = function(density)
    if changed:
        write_map(folder / f"{name}.mrc", changed)


def with_nan(density):
    with mrcfile.open(density.path, "r+") as file:
        file.data[3, 4, 5] = np.nan


def all_but_a_corner(mask):
    data = np.ones_like(mask.data)
    data[0, 0, 0] = 0
    return mask.like(data)


def cropped(density):
    return DensityMap(np.ascontiguousarray(density.data[:-2]), density.voxel_size, density.origin)


REFUSALS = {
    "no halves": ("localfsc", {"halves": False}, [], None, ["localfsc", "--half1"]),
    "one half": ("localfsc", {"halves": False}, ["--half1", "half1.mrc"], None, ["half1.mrc", "both"]),
    "nothing": ("monores", {"halves": False, "density": False}, [], None, ["there is no map"]),
    "option of another method": ("monores", {}, ["--cutoff", "0.5"], None, ["--cutoff", "choose localfsc"]),
    "range of deepres": ("resmap", {}, ["--range", "low"], None, ["--range", "choose deepres"]),
    "unlike halves": ("localfsc", {}, [], ("half2", cropped), ["half maps", "shape"]),
    "map unlike its halves": ("monores", {"mask": False}, [], ("map", cropped), ["map.mrc", "half1.mrc"]),
    "NaN": ("localfsc", {}, [], ("half2", with_nan), ["half2.mrc", "NaN"]),
    "mask of another shape": ("localfsc", {}, [], ("mask", cropped), ["mask.mrc"]),
    "cutoff": ("localfsc", {}, ["--cutoff", "1.5"], None, ["cutoff", "1.5"]),
    "box": ("localfsc", {}, ["--box", "wide"], None, ["--box", "'wide' is not", "30A"]),
    "huge box": ("localfsc", {}, ["--box", "300"], None, ["300", "48"]),
    "mask of the whole box": (
        "monores",
        {"halves": False},
        [],
        ("mask", lambda mask: mask.like(np.ones_like(mask.data))),
        ["mask.mrc covers the whole box"],
    ),
    "no noise": ("monores", {"halves": False}, [], ("mask", all_but_a_corner), ["noise"]),
    "no noise, resmap": ("resmap", {"halves": False}, [], ("mask", all_but_a_corner), ["noise"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_one_sentence_and_leave_nothing(files, case, capsys, monkeypatch):
    method, given, options, changed, words = REFUSALS[case]
    monkeypatch.chdir(files)
    if changed:
        change(files, *changed)
    assert estimate(files, method, *options, **given) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    sentence = [line for line in error.splitlines() if line.startswith("deepres: error: ")]
    assert len(sentence) == 1
    for word in words:
        assert word in sentence[0]
    assert not [path.name for path in files.iterdir() if "out" in path.name or path.name.startswith(".")]


def test_white_noise_is_not_resolved(files):
    rng = np.random.default_rng(5)
    for name in ("half1", "half2"):
        change(files, name, lambda density: density.like(rng.standard_normal(density.data.shape)))
    assert estimate(files, "localfsc", density=False) == 0
    mask, result = read_map(files / "mask.mrc").data > 0.5, read_map(files / "out.mrc").data
    assert np.median(result[mask]) > 15
