"""The class of a map: at any voxel size, in one cube or in windows, by networks with a ladder or without."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import map_class
from deepreslib.maps import DensityMap
from deepreslib.networks import mapclass, store
from deepreslib.simulation import GaussianMaps


def molecule(resolution, *, box=64, voxel_size=1.0, extent=40.0, seed=1, place=0.5):
    """A map of Gaussian atoms that fill a ball of the given diameter, Å, and a mask of it."""
    rng = np.random.default_rng(seed)
    atoms = rng.uniform(-1, 1, (40 * round(extent), 3))
    atoms = atoms[np.linalg.norm(atoms, axis=1) < 1] * extent / 2 + place * box * voxel_size
    data = GaussianMaps(atoms, np.full(len(atoms), 7.0), (box,) * 3, voxel_size).at(resolution)
    grid = (np.arange(box) - place * box) * voxel_size
    mask = grid[:, None, None] ** 2 + grid[:, None] ** 2 + grid**2 < (extent / 2 + 3) ** 2
    return DensityMap(data, (voxel_size,) * 3), mask


@pytest.mark.parametrize(("resolution", "name"), [(3.0, "high"), (7.5, "medium"), (13.0, "low")])
def test_a_map_of_one_cube_has_its_resolution_and_class(resolution, name):
    found = map_class.judge(molecule(resolution)[0])
    assert found.resolution == pytest.approx(
        resolution, rel=0.15
    )  # atoms of chance have another spectrum than molecules
    assert found.name == name
    assert found.probability > 0.8
    assert sum(found.probabilities) == pytest.approx(1)
    assert (found.windows, found.scale, found.decisions) == (1, "Gaussian", (4.9, 10.1))
    assert found.network["name"] == "mapclass-compact"


@pytest.mark.parametrize("voxel_size", [0.8, 1.6])
def test_maps_of_other_voxel_sizes_are_resampled(voxel_size):
    box = round(72 / voxel_size)
    found = map_class.judge(*molecule(8.0, box=box, voxel_size=voxel_size))
    assert found.resolution == pytest.approx(8.0, rel=0.1)
    assert found.windows == 1


def test_the_molecule_is_found_anywhere_in_a_large_box():
    density_map, mask = molecule(6.0, box=110, place=0.35)
    given, found = map_class.judge(density_map, mask), map_class.judge(density_map)
    assert given.windows == found.windows == 1
    assert given.resolution == pytest.approx(6.0, rel=0.1)
    assert found.resolution == pytest.approx(given.resolution, rel=0.03)


def test_a_large_molecule_is_looked_at_in_windows(monkeypatch):
    density_map, mask = molecule(7.5, box=128, extent=100.0)
    found = map_class.judge(density_map, mask)
    assert found.windows > 8
    assert found.name == "medium"
    monkeypatch.setattr(map_class, "AT_ONCE", 0)
    in_parts = map_class.judge(density_map, mask)
    assert in_parts.resolution == pytest.approx(found.resolution, rel=1e-3)
    monkeypatch.setattr(map_class, "MOST_WINDOWS", 5)
    assert map_class.judge(density_map, mask).windows == 5


def test_scale_and_offset_change_nothing():
    density_map, _ = molecule(6.0)
    first = map_class.judge(density_map)
    second = map_class.judge(density_map.like(1e-3 * density_map.data + 5))
    assert second.resolution == pytest.approx(first.resolution, rel=0.02)


def test_other_borders_make_other_classes():
    density_map, _ = molecule(6.0)
    assert map_class.judge(density_map, borders=(7, 12)).name == "high"
    found = map_class.judge(density_map, borders=(2, 4))
    assert (found.name, found.borders, found.decisions) == ("low", (2.0, 4.0), (2.0, 4.0))


@pytest.mark.parametrize("borders", [(10, 5), (5, 5), (0, 5), (5,), (3, 5, 10), (float("nan"), 5), (5, float("inf"))])
def test_borders_out_of_order_are_refused(borders):
    with pytest.raises(InputError, match="not two resolutions that rise"):
        map_class.judge(molecule(6.0)[0], borders=borders)


def test_a_network_of_classes_alone_has_no_resolution_and_its_own_borders(tmp_path, monkeypatch):
    network = mapclass.build("cnn3d", filters=[2, 2, 2], dense=4)
    config = mapclass.PRESETS["cnn3d"]["config"] | {"filters": [2, 2, 2], "dense": 4}
    monkeypatch.setitem(mapclass.PRESETS["cnn3d"], "config", config)
    store.save(network, tmp_path, {"name": "small", "network": "mapclass", "preset": "cnn3d"})
    density_map, _ = molecule(6.0)
    found = map_class.judge(density_map, network_path=str(tmp_path))
    assert found.resolution is None
    assert found.deviation is None
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.network["name"] == "small"
    with pytest.raises(InputError, match="knows no other borders"):
        map_class.judge(density_map, borders=(4, 9), network_path=str(tmp_path))


def test_maps_that_cannot_be_judged_are_refused():
    with pytest.raises(InputError, match="too small"):
        map_class.judge(DensityMap(np.random.default_rng(0).random((20,) * 3, np.float32), (1.0,) * 3))
    with pytest.raises(InputError, match="too coarse"):
        map_class.judge(DensityMap(np.random.default_rng(0).random((20,) * 3, np.float32), (9.0,) * 3))
    with pytest.raises(InputError):
        map_class.judge(DensityMap(np.ones((64,) * 3, np.float32), (1.0,) * 3))


def test_windows_that_disagree_widen_the_deviation():
    weights = np.array([0.5, 0.5])
    alike = map_class._together(np.array([6.0, 6.0]), np.array([0.6, 0.6]), weights)
    assert alike == pytest.approx((6.0, 0.6))
    apart = map_class._together(np.array([4.0, 9.0]), np.array([0.4, 0.9]), weights)
    assert apart[0] == pytest.approx(6.0)
    assert apart[1] == pytest.approx(6 * np.hypot(0.1, np.log(1.5)))
