"""Noise of a map's solvent: used where it is, left out where the map was padded, refused where there is none."""

import functools

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import monores, resmap
from deepreslib.estimation.solvent_noise import flat_voxels, grown
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

SIZE = 56
METHODS = [monores.estimate, resmap.estimate]


def radius(shape=(SIZE,) * 3):
    places = np.indices(shape) - (np.array(shape) - 1).reshape(3, 1, 1, 1) / 2
    return np.sqrt(np.square(places).sum(axis=0))


MASK = radius() < 10


def density(data):
    return DensityMap(np.ascontiguousarray(data, np.float32), (1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def noisy():
    """A ball of density that falls with frequency, in white noise of a fifth of its SD."""
    rng = np.random.default_rng(3)
    signal = filters.apply_b_factor(rng.standard_normal(MASK.shape) * MASK, 1.0, 80)
    return np.float32(signal / signal[MASK].std() + 0.2 * rng.standard_normal(MASK.shape))


@pytest.fixture(scope="module")
def alone(noisy):
    """Function that gives a method's resolution of that map in the mask; each is estimated once."""
    return functools.cache(lambda method: method(density(noisy), MASK, workers=1, coarsest=14.0).resolution[MASK])


def soft(data, dilation, edge):
    return data * masks.soft_edge(masks.dilate(MASK, dilation), edge)


def rounded(data):
    return np.fft.ifftn(np.fft.fftn(data)).real


HOPELESS = {
    "cut to zero": lambda data: data * MASK,
    "cut to a constant": lambda data: np.where(MASK, data, 5),
    "cut with a rim": lambda data: data * (radius() < 11.5),
    "soft mask": lambda data: soft(data, 2, 4),
    "wider soft mask": lambda data: soft(data, 4, 5),
    "rounding": lambda data: soft(data, 2, 4) + 1e-7 * np.random.default_rng(0).standard_normal(data.shape),
    "filtered after a hard mask": lambda data: filters.low_pass(data * MASK, 1.0, 3.0),
    "filtered after a soft mask": lambda data: filters.low_pass(soft(data, 2, 4), 1.0, 4.0),
    "sharpened after a soft mask": lambda data: filters.apply_b_factor(soft(data, 2, 4), 1.0, -20),
    "cut off at the solvent's level": lambda data: np.maximum(data, 0),
    "cut off above it": lambda data: np.where(data > 0.1, data, 0),
    "noise in a slab alone": lambda data: np.where((np.indices(data.shape)[2] < 1) | MASK, data, 0),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", list(HOPELESS))
@pytest.mark.parametrize(("factor", "offset"), [(1, 0), (1e-6, 3e-6)])
def test_a_map_without_noise_outside_is_refused(noisy, method, kind, factor, offset):
    data = HOPELESS[kind](noisy) * factor + offset
    with pytest.raises(InputError, match="no noise outside the mask") as refusal:
        method(density(data), MASK, workers=1)
    assert str(refusal.value).endswith(".")
    assert "half maps" in str(refusal.value)


def test_the_share_that_is_one_value_is_told(noisy):
    data = noisy * (radius() < 11.5)
    with pytest.raises(InputError, match=r"9\d % of the voxels outside are one value.*--method deepres or cryores"):
        monores.estimate(density(data), MASK, workers=1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("rims", "value"), [(((8, 8),) * 3, 0.0), (((0, 9), (4, 0), (1, 5)), 0.07), (((6, 6),) * 3, -3)]
)
def test_a_constant_rim_changes_nothing(noisy, alone, method, rims, value):
    padded = np.pad(noisy, rims, constant_values=value), np.pad(MASK, rims)
    found = method(density(padded[0]), padded[1], workers=1, coarsest=14.0).resolution
    assert found.shape == padded[1].shape
    np.testing.assert_array_equal(found[padded[1]], alone(method))
    assert (found[~padded[1]] == 0).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reach", [22, 25])
def test_a_map_masked_by_a_wide_sphere_is_judged_by_the_noise_in_it(noisy, alone, method, reach):
    sphere = np.clip((reach + 3 - radius()) / 3, 0, 1)
    found = method(density(noisy * sphere), MASK, workers=1, coarsest=14.0).resolution[MASK]
    assert abs(np.median(found) - np.median(alone(method))) < 0.5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0.02, 0.05, 1.0])
def test_weak_and_strong_noise_is_noise(noisy, method, level):
    rng = np.random.default_rng(5)
    signal = filters.apply_b_factor(rng.standard_normal(MASK.shape) * MASK, 1.0, 80)
    data = signal / signal[MASK].std() + level * rng.standard_normal(MASK.shape)
    assert method(density(data), MASK, workers=1).resolution[MASK].min() >= 2


@pytest.mark.parametrize("method", METHODS)
def test_noise_of_few_levels_is_noise(noisy, method):
    data = np.rint(noisy / 0.3)
    assert np.median(method(density(data), MASK, workers=1, coarsest=14.0).resolution[MASK]) < 10


def test_half_maps_that_are_masked_are_compared_in_the_mask(noisy):
    rng = np.random.default_rng(9)
    other = noisy + 0.2 * rng.standard_normal(noisy.shape)
    whole = monores.estimate((density(noisy), density(other)), MASK, workers=1, coarsest=14.0).resolution
    part = radius() < 9.5
    halves = density(noisy * part), density(other * part)
    found = monores.estimate(halves, MASK, workers=1, coarsest=14.0).resolution
    assert abs(np.median(found[radius() < 7]) - np.median(whole[radius() < 7])) < 1


@pytest.mark.parametrize("change", [lambda data: data, lambda data: data * (1 + 1e-7), lambda data: data + 1e-6])
def test_half_maps_that_do_not_differ_are_refused(noisy, change):
    with pytest.raises(InputError, match="are the same in 100 % of the mask"):
        monores.estimate((density(noisy), density(change(noisy))), MASK, workers=1)


@pytest.mark.parametrize("shape", [(20, 9, 12), (33, 8, 5)])
def test_flat_voxels_are_those_whose_neighbours_are_nearly_alike(shape):
    data = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    data[3:18, 2:7, 1:4] = 0.5
    data[4, 2, 1] += 5e-4
    flat = flat_voxels(data, 1e-3)
    expected = np.zeros(shape, bool)
    for place in np.ndindex(*shape):
        part = data[tuple(slice(max(p - 1, 0), p + 2) for p in place)]
        expected[place] = part.max() - part.min() <= 1e-3
    np.testing.assert_array_equal(flat, expected)
    assert flat.any()


def test_a_mask_grows_along_all_axes():
    mask = np.zeros((7, 8, 9), bool)
    assert not grown(mask, 2).any()
    mask[3, 4, 4] = True
    assert grown(mask, 2).sum() == 125
