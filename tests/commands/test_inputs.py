"""The maps and the mask that a command line names: which wins, what is made, what is refused."""

import json
from argparse import Namespace

import mrcfile
import numpy as np
import pytest
from mrc_files import mrc_bytes

from deepreslib.commands import main
from deepreslib.commands.inputs import read_maps, read_mask
from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, read_map, write_map

SHAPE, VOXEL_SIZE = (24, 26, 28), (1.5, 1.5, 1.5)


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Files of a ball in noise, its half maps and its mask; gives parsed arguments that name those asked for."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    ball = np.linalg.norm(np.indices(SHAPE) - np.array([12, 13, 14]).reshape(3, 1, 1, 1), axis=0) < 8
    for name in ("map", "half1", "half2"):
        data = ball + 0.1 * rng.standard_normal(SHAPE)
        write_map(f"{name}.mrc", DensityMap(np.ascontiguousarray(data, np.float32), VOXEL_SIZE))
    write_map("mask.mrc", DensityMap(ball.astype(np.float32), VOXEL_SIZE))
    write_map("small.mrc", DensityMap(rng.standard_normal((20, 20, 20)).astype(np.float32), VOXEL_SIZE))

    def namespace(**given):
        names = ("map", "half1", "half2", "mask", "mask_threshold", "voxel_size", "origin", "threads")
        return Namespace(**{**dict.fromkeys(names), **given})

    return namespace


def maps_of(args):
    """The map and the half maps that the arguments name."""
    given = read_maps(args)
    return given.density_map, given.half_maps


def test_a_map_alone(arguments):
    density_map, halves = maps_of(arguments(map="map.mrc"))
    assert density_map.data.shape == SHAPE
    assert halves is None


def test_half_maps_alone_give_their_mean(arguments):
    density_map, halves = maps_of(arguments(half1="half1.mrc", half2="half2.mrc"))
    np.testing.assert_array_equal(density_map.data, (halves[0].data + halves[1].data) / 2)
    assert density_map.voxel_size == pytest.approx(VOXEL_SIZE)


def test_a_map_wins_over_the_half_maps_mean(arguments):
    alone, _ = maps_of(arguments(map="map.mrc"))
    density_map, halves = maps_of(arguments(map="map.mrc", half1="half1.mrc", half2="half2.mrc"))
    np.testing.assert_array_equal(density_map.data, alone.data)
    assert len(halves) == 2


def test_voxel_size_and_origin_win_over_the_headers(arguments):
    given = arguments(half1="half1.mrc", half2="half2.mrc", voxel_size=2.0, origin=(3.0, 2.0, 1.0))
    density_map, halves = maps_of(given)
    for grid in (density_map, *halves):
        assert (grid.voxel_size, grid.origin) == ((2.0,) * 3, (3.0, 2.0, 1.0))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "there is no map"),
        ({"half1": "half1.mrc"}, r"half1\.mrc is one half map"),
        ({"map": "map.mrc", "half2": "half2.mrc"}, r"half2\.mrc is one half map"),
        ({"half1": "half1.mrc", "half2": "small.mrc"}, "half maps"),
        ({"map": "small.mrc", "half1": "half1.mrc", "half2": "half2.mrc"}, r"small\.mrc has 20 voxels"),
        ({"map": "absent.mrc"}, "does not exist"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, given, words):
    with pytest.raises(InputError, match=words):
        read_maps(arguments(**given))


def test_a_mask_from_a_file(arguments):
    given = read_maps(arguments(map="map.mrc"))
    mask, source = read_mask(arguments(mask="mask.mrc"), given)
    assert mask.dtype == bool
    assert source == {"source": "file", "path": "mask.mrc", "threshold": None, "voxels": int(mask.sum())}
    assert abs(mask.sum() - 4 / 3 * np.pi * 8**3) < 0.03 * mask.sum()


def test_a_mask_above_a_threshold(arguments):
    given = read_maps(arguments(map="map.mrc"))
    mask, source = read_mask(arguments(mask_threshold=0.5), given)
    np.testing.assert_array_equal(mask, given.density_map.data > 0.5)
    assert source == {"source": "threshold", "path": None, "threshold": 0.5, "voxels": int(mask.sum())}


def test_a_mask_that_is_made_is_told_of(arguments, capsys):
    given = read_maps(arguments(map="map.mrc"))
    truth, _ = read_mask(arguments(mask="mask.mrc"), given)
    mask, source = read_mask(arguments(), given)
    assert (source["source"], source["path"], source["voxels"]) == ("automatic", None, int(mask.sum()))
    assert truth[mask].mean() > 0.4
    assert mask[truth].mean() > 0.95
    assert f"made one of {mask.sum()} voxels" in capsys.readouterr().out


def test_a_mask_on_another_grid_is_refused(arguments):
    given = read_maps(arguments(map="map.mrc"))
    with pytest.raises(InputError, match=r"small\.mrc"):
        read_mask(arguments(mask="small.mrc"), given)


def unset_voxel_size(name):
    """Takes the voxel size and the place out of a file's header, as scripts often leave them."""
    with mrcfile.open(name, "r+") as mrc:
        mrc.header.cella = (0, 0, 0)
        mrc.header.origin = (0, 0, 0)


def test_files_without_voxel_size_take_the_maps(arguments):
    for name in ("half1.mrc", "half2.mrc", "mask.mrc"):
        unset_voxel_size(name)
    given = read_maps(arguments(map="map.mrc", half1="half1.mrc", half2="half2.mrc"))
    for grid in given.half_maps:
        assert (grid.voxel_size, grid.origin) == (given.density_map.voxel_size, given.density_map.origin)
    read_mask(arguments(mask="mask.mrc"), given)
    assert given.warnings == []


def test_a_half_map_without_voxel_size_takes_the_other_halfs(arguments):
    unset_voxel_size("half2.mrc")
    _, halves = maps_of(arguments(half1="half1.mrc", half2="half2.mrc"))
    assert halves[1].voxel_size == halves[0].voxel_size


def test_what_is_strange_about_a_mask_is_a_warning(arguments):
    mask = read_map("mask.mrc")
    write_map("mask.mrc", DensityMap(mask.data, mask.voxel_size, (15.0, 0.0, 0.0)))
    given = read_maps(arguments(map="map.mrc"))
    read_mask(arguments(mask="mask.mrc"), given)
    (warning,) = given.warnings
    assert warning.startswith("the mask mask.mrc begins at (0, 0, 15) Å and map.mrc at (0, 0, 0) Å")


def test_headers_met_in_the_wild(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    radius = np.linalg.norm(np.indices((32, 32, 32)) - 16, axis=0)
    data = (np.exp(-((radius / 9) ** 6)) + np.random.default_rng(0).normal(0, 0.1, radius.shape)).astype("f4")
    inside = radius < 9

    def with_stamp(values, flags):
        content = bytearray(mrc_bytes(values.astype("i1")))
        content[152:160] = np.array([1146047817, flags], "<i4").tobytes()
        return bytes(content)

    contents = {
        "map": mrc_bytes(data),
        "nsymbt": mrc_bytes(data)[:92] + np.array([160], "<i4").tobytes() + mrc_bytes(data)[96:],
        "mz1": mrc_bytes(data, mz=1),
        "imod255": with_stamp(inside * -1, 0),
        "imod128": with_stamp(inside * 1 - 128, 1),
        "unset": mrc_bytes(inside.astype("i1"), voxel_size=(0, 0, 0)),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.mrc").write_bytes(content)
    results = []
    for given, warnings in (
        (["map.mrc", "--mask", "unset.mrc"], 0),
        (["nsymbt.mrc", "--mask", "unset.mrc"], 1),
        (["mz1.mrc", "--mask", "unset.mrc"], 1),
        (["map.mrc", "--mask", "imod255.mrc"], 0),
        (["map.mrc", "--mask", "imod128.mrc"], 0),
    ):
        assert main(["estimate", *given, "--method", "monores", "--threads", "1", "-o", "new.mrc.gz"]) == 0
        coarse = "the coarsest that monores"  # the ball has no detail
        said = capsys.readouterr().err.splitlines()
        assert len([line for line in said if line.startswith("deepres: warning: ") and coarse not in line]) == warnings
        reported = json.loads((tmp_path / "new.json").read_text()).get("warnings", [])
        assert len([sentence for sentence in reported if coarse not in sentence]) == warnings
        results.append(read_map("new.mrc.gz"))
    for result in results:
        np.testing.assert_array_equal(result.data, results[0].data)
        assert (result.quantity, result.voxel_size) == ("resolution", (2.0, 2.0, 2.0))
