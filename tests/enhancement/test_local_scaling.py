import numpy as np
import pytest
from window_gains import FakeNetwork, molecule

from deepreslib.enhancement import ilocscale, local_scaling, profiles
from deepreslib.enhancement.local_scaling import LocalScaling
from deepreslib.enhancement.profiles import SHELLS
from deepreslib.enhancement.solvent import solvent_level
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, automatic_mask, read_map


def as_map(data, size=1.0):
    return DensityMap(np.ascontiguousarray(data, np.float32), (size,) * 3)


def noisy(edge=40, radius=11, noise=0.2, seed=0):
    density, mask = molecule(edge, radius)
    density /= density[mask].std()
    rng = np.random.default_rng(seed)
    return (density + noise * rng.standard_normal(density.shape)).astype(np.float32), mask


def test_profiles_are_those_of_the_standardised_map():
    data, mask = noisy()
    scaling = LocalScaling(as_map(3 * data + 5), mask, 3.0, workers=2)
    level = (solvent_level(as_map(3 * data + 5), mask) - 5) / 3
    centres = scaling.lattice.places + [axis.start for axis in scaling.region.axes]
    expected = profiles.Windows((data - level) / data[mask].std()).profiles(centres)
    assert scaling.profiles() == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_places_reach_as_far_as_the_soft_edge():
    data, mask = noisy()
    scaling = LocalScaling(as_map(data), mask, 3.0, workers=1)
    offsets = np.linalg.norm(scaling.lattice.places - [axis.centre for axis in scaling.region.axes], axis=1)
    assert 11 + 4 < offsets.max() < 11 + 7 + 4 * np.sqrt(3)
    inside = scaling.inside()
    assert inside.tolist() == (offsets < 11).tolist()


def test_the_windows_fsc_tells_signal_from_noise():
    data, mask = noisy(noise=0)
    rng = np.random.default_rng(4)
    halves = tuple(as_map(rng.standard_normal(data.shape)) for _ in range(2))
    scaling = LocalScaling(as_map(data), mask, 3.0, halves, workers=1)
    assert np.abs(scaling.fsc()[:, 4:].mean(axis=0)).max() < 0.1
    same = LocalScaling(as_map(data), mask, 3.0, (halves[0], as_map(2 * halves[0].data + 1)), workers=1)
    assert same.fsc() == pytest.approx(1, abs=1e-3)


def test_a_resolution_without_details_is_refused_and_a_coarse_one_warned_about():
    data, mask = noisy()
    with pytest.raises(InputError, match=r"at a resolution of 26 Å .* no details .* finer than 25 Å"):
        local_scaling.check(as_map(data), mask, 26.0)
    assert local_scaling.check(as_map(data), mask, 10.0) == ()
    (sentence,) = local_scaling.check(as_map(data, 5.0), mask, 12.0)
    assert "at a resolution of 12 Å, coarser than 10 Å" in sentence


def test_a_mask_of_numbers_and_a_stride_that_is_none_are_refused():
    data, mask = noisy()
    with pytest.raises(ValueError, match=r"the mask holds float32; give bool, such as mask > 0.5"):
        local_scaling.check(as_map(data), mask.astype(np.float32), 3.0)
    for stride in (0, -1, 2.5, 17):
        with pytest.raises(ValueError, match="no whole number from 1 to 16"):
            LocalScaling(as_map(data), mask, 3.0, stride=stride, workers=1)


def test_the_fsc_needs_half_maps():
    data, mask = noisy()
    with pytest.raises(ValueError, match="half maps"):
        LocalScaling(as_map(data), mask, 3.0, workers=1).fsc()


def test_a_gain_for_each_shell_reaches_the_map():
    data, mask = noisy()
    scaling = LocalScaling(as_map(data), mask, 3.0, workers=1)
    ones = np.zeros((len(scaling.lattice.places), SHELLS), np.float32)
    whole = scaling.scaled(ones, {})
    louder = scaling.scaled(ones + np.float32(np.log(2)), {"aim": "density"}, ("a sentence",))
    assert louder.data == pytest.approx(2 * whole.data, abs=1e-4)
    assert louder.report["aim"] == "density"
    assert louder.warnings == ("a sentence",)
    assert whole.b_factor[mask] == pytest.approx(0, abs=1e-3)


def test_a_map_that_is_constant_in_its_mask_is_refused():
    data, mask = noisy()
    data[mask] = 1
    with pytest.raises(InputError, match="constant in its mask"):
        LocalScaling(as_map(data), mask, 3.0)


def test_which_map_is_the_mean_of_half_maps():
    one, two = (noisy(seed=seed)[0] for seed in (1, 2))
    halves = as_map(one), as_map(two)
    mean = (one + two) / 2
    assert local_scaling.is_mean_of(as_map(mean), halves)
    assert local_scaling.is_mean_of(as_map(mean + 3), halves)
    assert not local_scaling.is_mean_of(as_map(one + two), halves)
    assert not local_scaling.is_mean_of(as_map(filters.low_pass(mean, 1.0, 4.0)), halves)


@pytest.mark.parametrize("keep_outside", [False, True])
def test_d2_symmetry_is_kept(shared_data, keep_outside):
    """The two-fold axes of beta-galactosidase go through voxel 50; faces have no partner, so they are left out."""
    density_map = as_map(read_map(shared_data / "maps" / "betagal.mrc").data, 1.31)
    mask, _ = automatic_mask(density_map)
    scaling = LocalScaling(density_map, mask, 3.0, stride=8, keep_outside=keep_outside, workers=1)
    log_gains = ilocscale.network_gains(scaling, FakeNetwork(150, 0.5), scaling.profiles())
    found = scaling.scaled(log_gains, {}).data
    inner = found[14:87, 14:87, 14:87]
    for axes in ((0, 1), (0, 2), (1, 2)):
        assert np.sqrt(np.mean((inner - np.flip(inner, axes)) ** 2)) < 1e-3 * inner.std()


@pytest.mark.parametrize("size", [1.0, 1.3])
def test_which_places_lie_in_the_mask(size):
    data, mask = noisy()
    scaling = LocalScaling(as_map(data, size), mask, 3.0, stride=3, workers=1)
    inside = scaling.inside()
    assert 0.1 < inside.mean() < 0.5
    centres = [axis.centre for axis in scaling.region.axes]
    distance = np.linalg.norm(scaling.lattice.places - centres, axis=1) * np.mean(scaling.region.reached)
    assert distance[inside].max() < 11.5 * size
    assert distance[~inside].min() > 10 * size
