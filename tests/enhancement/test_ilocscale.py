import dataclasses

import numpy as np
import pytest
from scipy import ndimage
from window_gains import FakeNetwork, molecule

from deepreslib.enhancement import ilocscale
from deepreslib.enhancement.flattening import flattening
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import global_fsc
from deepreslib.maps import DensityMap

RESOLUTION = 3.5


def as_map(data, voxel_size=1.0):
    return DensityMap(np.ascontiguousarray(data, np.float32), (voxel_size,) * 3)


def white(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def scene(edge=44, noise=0.3, seed=0):
    """A blurred molecule with noise, half maps, and its mask."""
    density, ball = molecule(edge, 12)
    density = filters.apply_b_factor(density, 1.0, 40)
    density /= density[ball].std()
    halves = tuple(as_map(density + noise * white(density.shape, seed + number)) for number in (1, 2))
    return as_map((halves[0].data + halves[1].data) / 2), ball, halves


@pytest.fixture
def network(monkeypatch):
    """What stands in for a trained network."""
    fake = FakeNetwork()
    monkeypatch.setattr(ilocscale, "load", lambda *_: fake)
    return fake


def enhanced(density_map, mask, **settings):
    """With places farther apart than usual, which is quicker."""
    settings = {"stride": 6, **settings}
    return ilocscale.enhance(density_map, mask, settings.pop("resolution", RESOLUTION), workers=1, **settings)


def relative(found, expected, part):
    """The root of the mean squared difference, divided by the SD."""
    return float(np.sqrt(np.mean((found - expected)[part] ** 2)) / expected[part].std())


def test_the_map_is_sharpened_in_its_mask_and_fades_beyond(network):
    density_map, mask, _ = scene()
    found = enhanced(density_map, mask)
    power = [np.square(np.abs(np.fft.rfftn(each * mask))) for each in (found.data, density_map.data)]
    frequency = filters.frequencies(mask.shape, 1.0)
    ratios = [np.divide(*(each[np.abs(frequency - at) < 0.02].mean() for each in power)) for at in (0.1, 0.25, 0.4)]
    assert ratios == sorted(ratios)
    assert ratios[2] > 1.5 * ratios[0]
    far = ndimage.distance_transform_edt(~mask) > 7
    assert not found.data[far].any()
    assert found.data[~mask & ~far].any()
    assert found.b_factor[mask].max() < 0
    assert not found.b_factor[~mask].any()
    assert found.mask is mask
    assert found.half_maps is None
    assert found.warnings == ()
    assert set(found.seconds) == {"preparation", "profiles", "network", "filters"}


def test_the_surroundings_can_be_kept(network):
    density_map, mask, _ = scene()
    found, faded = enhanced(density_map, mask, keep_outside=True), enhanced(density_map, mask)
    assert found.data[0].std() > 0.5 * density_map.data[0].std()
    assert relative(found.data, faded.data, mask) < 1e-3


def test_gains_of_1_give_the_map_back(network):
    network.b_factor = 0
    density_map, mask, _ = scene()
    found = enhanced(as_map(5 * density_map.data + 3), mask)
    level = np.median(density_map.data[~mask])
    expected = (density_map.data - level) / density_map.data[mask].std()
    assert found.data[mask] == pytest.approx(expected[mask], abs=0.02)
    assert relative(found.data - found.data[mask].mean(), expected - expected[mask].mean(), mask) < 1e-4


@pytest.mark.parametrize(("scale", "offset"), [(1e-6, 0), (3e5, 20)])
def test_scale_and_offset_change_nothing(network, scale, offset):
    density_map, mask, _ = scene()
    found = enhanced(as_map(scale * density_map.data + offset), mask)
    assert relative(found.data, enhanced(density_map, mask).data, mask) < 1e-3


def test_padding_to_twice_the_box_changes_little(network):
    density_map, mask, _ = scene(40)
    padded = as_map(np.pad(density_map.data, 20))
    found = enhanced(padded, np.pad(mask, 20)).data[20:60, 20:60, 20:60]
    assert relative(found, enhanced(density_map, mask).data, mask) < 0.01


def test_networks_may_want_the_map_standardised_in_its_box(network, monkeypatch):
    density_map, mask, _ = scene()
    seen = {}

    def log_gains(log_profiles, usual, known, resolution):
        seen[network.standard] = log_profiles
        return np.zeros_like(log_profiles)

    monkeypatch.setattr(network, "log_gains", log_gains)
    by_mask = enhanced(density_map, mask)
    network.standard = "box"
    by_box = enhanced(density_map, mask)
    ratio = density_map.data[mask].std() / (density_map.data.std() / 0.1)
    assert seen["box"] - seen["mask"] == pytest.approx(np.log(ratio), abs=1e-4)
    assert by_box.data[mask] == pytest.approx(ratio * by_mask.data[mask], rel=1e-3)


@pytest.mark.parametrize("with_halves", [False, True])
def test_networks_may_want_the_map_made_flat(network, with_halves):
    density_map, mask, halves = scene()
    network.standard, network.b_factor = "flat", 0
    settings = {"half_maps": halves} if with_halves else {}
    found = enhanced(density_map, mask, **settings)
    flat = flattening(density_map, mask, RESOLUTION, 1)
    expected = flat.of(density_map)
    expected /= expected[mask].std()
    difference = found.data - expected
    assert difference[mask].std() < 2e-3
    assert found.b_factor[mask] == pytest.approx(flat.b_factor, abs=1e-3)
    assert found.report["flattened"] == flat.report()
    if with_halves:
        assert relative((found.half_maps[0] + found.half_maps[1]) / 2, found.data, mask) < 1e-3


def test_half_maps_get_the_same_gains(network):
    density_map, mask, halves = scene()
    found = enhanced(density_map, mask, half_maps=halves)
    mean = (found.half_maps[0] + found.half_maps[1]) / 2
    assert relative(mean, found.data, mask) < 1e-4
    assert relative(found.data, enhanced(density_map, mask).data, mask) < 1e-3


def test_a_map_that_is_not_the_mean_of_its_half_maps_is_scaled_itself(network):
    density_map, mask, halves = scene()
    other = density_map.like(filters.low_pass(density_map.data, 1.0, 6.0))
    found = enhanced(other, mask, half_maps=halves)
    assert relative(found.data, enhanced(other, mask).data, mask) < 1e-5
    assert relative(found.data, found.half_maps[0], mask) > 0.05


def test_noise_of_two_maps_stays_uncorrelated(network):
    _, mask, _ = scene()
    halves = tuple(as_map(white(mask.shape, seed)) for seed in (5, 6))
    mean = as_map((halves[0].data + halves[1].data) / 2)
    found = enhanced(mean, mask, half_maps=halves, keep_outside=True)
    curve = global_fsc(*found.half_maps, 1.0)
    radii = filters.frequencies(mask.shape, 1.0) * mask.shape[0]
    counts = np.bincount(np.rint(radii).astype(int).ravel())[: len(curve.correlation)]
    inner = slice(4, None)
    assert np.all(np.abs(curve.correlation[inner]) * np.sqrt(counts[inner]) < 4)
    assert np.sqrt(np.mean(curve.correlation[inner] ** 2 * counts[inner])) < 1.3


def test_a_map_that_was_low_pass_filtered_gains_nothing_beyond(network):
    network.b_factor = 150
    density_map, mask, _ = scene()
    found = enhanced(as_map(filters.low_pass(density_map.data, 1.0, 5.0)), mask, resolution=5.0, keep_outside=True)
    power = np.square(np.abs(np.fft.rfftn(found.data)))
    frequency = filters.frequencies(mask.shape, 1.0)
    within = power[(frequency > 1 / 5.5) & (frequency < 1 / 5.0)].mean()
    assert power[(frequency > 1 / 4.5) & (frequency < 0.5)].mean() < 1e-3 * within
    assert [shell["shell"] for shell in found.report["held_shells"]] == list(range(5, 13))


def test_voxels_need_not_be_1_angstrom(network):
    """The same molecule on a finer grid is sharpened in the same way."""
    density_map, mask, _ = scene(noise=0.02)
    smooth = filters.low_pass(density_map.data, 1.0, 2.3)
    fine = ndimage.zoom(mask.astype(float), 2, order=0, grid_mode=True, mode="nearest") > 0.5
    spectrum = np.fft.fftshift(np.fft.fftn(smooth))
    finer = np.fft.ifftn(np.fft.ifftshift(np.pad(spectrum, 22))).real * 8
    found, expected = enhanced(as_map(finer, 0.5), fine).data[::2, ::2, ::2], enhanced(as_map(smooth), mask).data
    inner = ndimage.binary_erosion(mask, iterations=2)
    assert relative(found / found[inner].std(), expected / expected[inner].std(), inner) < 0.02


def test_the_report_has_gains_and_b_factors(network):
    density_map, mask, _ = scene()
    found = enhanced(density_map, mask)
    report = found.report
    assert report["model"] == FakeNetwork().describe()
    assert report["aim"] == "density"
    assert report["held_shells"] == []
    gains = report["gains"]
    assert len(gains["frequency"]) == 13
    assert all(low <= high for low, high in zip(gains["percentile_5"], gains["percentile_95"], strict=True))
    assert gains["percentile_50"][0] == pytest.approx(1)
    assert -61 <= found.b_factor[mask].min() <= found.b_factor[mask].mean() < 0


def refusals():
    density_map, mask, halves = scene(40)
    other = dataclasses.replace(halves[1], data=np.ascontiguousarray(halves[1].data[:-1]))
    damaged = density_map.data.copy()
    damaged[3, 3, 3] = np.nan
    yield "NaN", as_map(damaged), mask, {}
    yield "constant", as_map(np.ones(mask.shape)), mask, {}
    yield "empty", density_map, np.zeros_like(mask), {}
    yield "shape", density_map, mask[1:], {}
    yield "differ", density_map, mask, {"half_maps": (halves[0], other)}
    yield "grid", as_map(density_map.data[1:]), mask[1:], {"half_maps": halves}
    yield "too small", as_map(density_map.data[:20]), mask[:20], {}
    yield "tell nothing", as_map(density_map.data, 5.5), mask, {"resolution": 12.0}
    yield "finer than twice", density_map, mask, {"resolution": 1.5}


@pytest.mark.parametrize("case", refusals(), ids=lambda case: case[0])
def test_refused_before_any_work(network, case):
    words, density_map, mask, settings = case
    with pytest.raises(InputError, match=words):
        enhanced(density_map, mask, **settings)


def test_large_voxels_are_warned_of(network):
    density_map, mask, _ = scene(40)
    found = enhanced(dataclasses.replace(density_map, voxel_size=(2.5,) * 3), mask, resolution=8.0)
    assert len(found.warnings) == 1
    assert "only 5 of the 13 shells" in found.warnings[0]
    assert [shell["shell"] for shell in found.report["held_shells"]] == list(range(5, 13))


@pytest.mark.parametrize(("preset", "aim"), [("compact", "density"), ("published", "contrast")])
def test_the_published_networks_have_the_aim_contrast_alone(network, preset, aim):
    density_map, mask, _ = scene()
    report = enhanced(density_map, mask, preset=preset).report
    assert (report["preset"], report["aim"]) == (preset, aim)
