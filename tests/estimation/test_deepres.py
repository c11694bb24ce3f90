"""DeepRes estimation: tiling, scale, borders, empty regions, automatic range, the published network."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import demo, memory, simulation, structures
from deepreslib.errors import InputError
from deepreslib.estimation import deepres as estimation
from deepreslib.maps import DensityMap, read_map
from deepreslib.networks import deepres as networks
from deepreslib.networks.deepres_card import StoredDeepRes
from deepreslib.networks.ranges import RANGES, WINDOW


@pytest.fixture(scope="module")
def model():
    return estimation.load_model("low")


def noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_tiles_give_what_one_pass_gives(model):
    data = noise((31, 26, 22))
    asked = noise((16, 13, 11), 1) > 0.5
    whole = estimation.predict_windows(model, data, asked, tile=64)
    tiled = estimation.predict_windows(model, data, asked, tile=5)
    for one, other in zip(whole, tiled, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
        assert (one[asked] != 0).all()
        assert (one[~asked] == 0).all()


def test_the_border_is_predicted_as_if_zeros_followed(model):
    data = noise((17, 17, 17))
    corner = np.zeros((9, 9, 9), bool)
    corner[0, 0, 8] = True
    resolution, _ = estimation.predict_windows(model, data, corner)
    window = np.pad(data, WINDOW // 2)[:WINDOW, :WINDOW, 16 : 16 + WINDOW]
    expected = model.network.predict(window[None, ..., None], verbose=0)[0, 0, 0, 0, 0]
    assert resolution[0, 0, 8] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("shape", [(20, 21, 22), (13, 40, 17)])
def test_every_needed_voxel_is_predicted_and_no_other(model, shape):
    data, needed = noise(shape), noise(shape, 1) > 1
    for values in estimation.predict(model, data, needed):
        np.testing.assert_array_equal(values != 0, needed)


def test_the_scale_of_the_map_does_not_matter():
    density_map = read_map(demo.MAP)
    mask = np.zeros(density_map.data.shape, bool)
    mask[30:50, 30:50, 30:50] = read_map(demo.MASK).data[30:50, 30:50, 30:50] > 0.5
    one = estimation.estimate(density_map, mask, range_name="low")
    other = estimation.estimate(density_map.like(1000 * density_map.data), mask, range_name="low")
    np.testing.assert_allclose(one.resolution, other.resolution, atol=1e-3)
    np.testing.assert_allclose(one.deviation, other.deviation, atol=1e-3)


@pytest.mark.parametrize("voxel_size", [0.7, 1.0, 1.37])
def test_result_is_on_the_grid_zero_outside_and_within_limits(voxel_size):
    density_map = DensityMap(noise((31, 28, 26)), (voxel_size,) * 3, (1.0, 2.0, 3.0))
    mask = np.zeros(density_map.data.shape, bool)
    mask[:4, 10:20, 5:] = True
    result = estimation.estimate(density_map, mask, range_name="low")
    for values in (result.resolution, result.deviation):
        assert values.shape == mask.shape
        assert (values[~mask] == 0).all()
        assert (values[mask] > 0).all()
    assert result.resolution[mask].min() >= max(2.5, 2 * voxel_size)
    assert result.resolution[mask].max() <= 13


def test_windows_of_zeros_get_the_coarsest_resolution():
    data = np.zeros((40, 40, 40), np.float32)
    data[:10] = noise((10, 40, 40))
    mask = np.zeros(data.shape, bool)
    mask[25:35, 15:25, 15:25] = True
    result = estimation.estimate(DensityMap(data, (1.0,) * 3), mask, range_name="low")
    np.testing.assert_allclose(result.resolution[mask], 13, atol=1e-4)
    assert np.isfinite(result.deviation).all()
    assert result.deviation[mask].min() > 1


@pytest.mark.parametrize(("resolution", "chosen"), [(2.0, "high"), (8.0, "low")])
def test_automatic_range_follows_the_map(tmp_path, resolution, chosen):
    path = write_structure(tmp_path / "helix.pdb", chains="ABCDEF", residues=8)
    structure = structures.read_structure(path)
    shape = (64, 64, 64)
    positions = simulation.placed(structure, shape, 0.7, structures.random_rotation(np.random.default_rng(0)))
    labels = np.zeros(len(structure), int)
    data, _, mask = simulation.regional_map(structure, positions, shape, 0.7, labels, [resolution])
    result = estimation.estimate(DensityMap(data, (0.7,) * 3), mask)
    assert result.report["range"]["name"] == chosen


def test_too_coarse_and_too_small_maps_are_refused():
    mask = np.ones((16, 16, 16), bool)
    with pytest.raises(InputError, match="too coarse"):
        estimation.estimate(DensityMap(noise(mask.shape), (7.0,) * 3), mask)
    with pytest.raises(InputError, match="too small"):
        estimation.estimate(DensityMap(noise(mask.shape), (0.7,) * 3), mask)


def test_published_network_slides_its_window():
    network = networks.build("published", RANGES["low"])
    stored = StoredDeepRes(network, {"preset": "published", "range": "low"}, "x")
    data, needed = noise((14, 15, 16)), np.zeros((14, 15, 16), bool)
    needed[[0, 7, 13], [14, 7, 0], [3, 7, 15]] = True
    resolution, deviation = estimation.predict(stored, data, needed)
    assert deviation is None
    padded = np.pad(data / data.std(), WINDOW // 2)
    for z, y, x in np.argwhere(needed):
        window = padded[z : z + WINDOW, y : y + WINDOW, x : x + WINDOW]
        expected = network.predict((window / np.linalg.norm(window))[None, ..., None], verbose=0)[0, 0]
        assert resolution[z, y, x] == pytest.approx(expected, abs=1e-4)


def test_values_are_calibrated_and_softened_at_the_ends(model):
    data = noise((20, 20, 20))
    needed = np.zeros(data.shape, bool)
    needed[8:12, 7:12, 8:13] = True
    result = estimation.estimate(DensityMap(data, (1.0,) * 3), needed, range_name="low")
    resolution, deviation = estimation.predict(model, data, needed)
    expected = deviation[needed] * model.calibration.factors(resolution[needed], deviation[needed])
    np.testing.assert_allclose(result.deviation[needed], expected, rtol=1e-3)
    within = estimation.soften_ends(resolution[needed], expected, RANGES["low"])
    np.testing.assert_allclose(result.resolution[needed], within, atol=1e-3)


def test_values_come_to_the_ends_of_the_range_gradually():
    limits, deviation = RANGES["low"], 0.1
    resolution = np.linspace(0, 20, 401, dtype=np.float32)
    found = estimation.soften_ends(resolution, np.full_like(resolution, deviation), limits)
    assert found.min() >= limits.low
    assert found.max() <= limits.high
    assert (np.diff(found[(resolution > 2) & (resolution < 13.5)]) > 0).all()
    for end, inwards in ((limits.low, 1), (limits.high, -1)):
        there = found[np.argmin(np.abs(resolution - end))]
        assert there == pytest.approx(end + inwards * deviation * np.log(2), abs=1e-4)
    far = (resolution > limits.low + 1) & (resolution < limits.high - 1)
    np.testing.assert_allclose(found[far], resolution[far], atol=1e-4)


@pytest.mark.parametrize("end", [2.5, 13.0])
def test_deviations_hold_two_thirds_at_the_ends_of_the_range_too(end):
    resolution = np.random.default_rng(0).normal(end, 0.1, 10_000).astype(np.float32)
    error = np.abs(estimation.soften_ends(resolution, np.full_like(resolution, 0.1), RANGES["low"]) - end)
    assert np.mean(error < 0.1) == pytest.approx(0.70, abs=0.02)
    assert np.mean(np.abs(np.clip(resolution, 2.5, 13) - end) < 0.1) > 0.82  # cut off, they would hold too much


@pytest.mark.parametrize(("voxel_size", "shape"), [(0.8, (41, 50, 46)), (1.0, (34, 37, 40)), (1.37, (29, 31, 34))])
def test_parts_give_what_the_whole_map_gives(monkeypatch, voxel_size, shape):
    density_map = DensityMap(noise(shape), (voxel_size,) * 3)
    z, y, x = (np.linspace(-1, 1, count) for count in shape)
    mask = z[:, None, None] ** 2 + y[:, None] ** 2 + x**2 < 0.8
    mask &= (noise(shape, 1) > -1) | (z[:, None, None] < 0)  # solid on one side, with holes on the other
    mask[-1, -3:, -2:] = True  # at the map's far corner
    whole = estimation.estimate(density_map, mask, range_name="low")
    monkeypatch.setattr(estimation, "AT_ONCE", 0)
    monkeypatch.setattr(estimation, "EDGE", 13)
    parts = estimation.estimate(density_map, mask, range_name="low")
    np.testing.assert_allclose(parts.resolution, whole.resolution, atol=2e-3)
    np.testing.assert_allclose(parts.deviation, whole.deviation, atol=2e-3)


def test_the_published_network_takes_parts_too(monkeypatch):
    network = networks.build("published", RANGES["low"])
    stored = StoredDeepRes(network, {"preset": "published", "range": "low", "name": "x", "sha256": ""}, "x")
    monkeypatch.setattr(estimation, "load_model", lambda *names: stored)
    density_map, mask = DensityMap(noise((20, 18, 22)), (0.9,) * 3), np.zeros((20, 18, 22), bool)
    mask[0, 0], mask[5:8, 9, 3:20:4], mask[19, 17, 21] = True, True, True
    whole = estimation.estimate(density_map, mask, range_name="low")
    monkeypatch.setattr(estimation, "AT_ONCE", 0)
    monkeypatch.setattr(estimation, "EDGE", 7)
    parts = estimation.estimate(density_map, mask, range_name="low")
    assert whole.deviation is parts.deviation is None
    np.testing.assert_allclose(parts.resolution, whole.resolution, atol=1e-3)


def test_a_map_that_would_not_fit_is_refused_before_the_network_is_loaded(monkeypatch):
    density_map, mask = DensityMap(noise((30, 30, 30)), (2.0,) * 3), np.ones((30, 30, 30), bool)
    monkeypatch.setattr(memory, "rooms", lambda: [memory.Room(-1e9, "of the machine")])
    monkeypatch.setattr(estimation, "load_model", None)
    with pytest.raises(InputError, match=r"DeepRes' low range for the map needs .* GB of memory, and 0\.0 GB are left"):
        estimation.estimate(density_map, mask, range_name="low")
