"""The maps and the mask that a command line names: which wins, what is made, what is refused."""

from argparse import Namespace

import numpy as np
import pytest

from deepreslib.commands.inputs import read_maps, read_mask
from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, write_map

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
        names = ("map", "half1", "half2", "mask", "mask_threshold", "voxel_size", "origin")
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
