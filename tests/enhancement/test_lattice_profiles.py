import numpy as np
import pytest

from deepreslib.enhancement.lattice_profiles import lattice_profiles
from deepreslib.enhancement.profiles import Windows


def noise(shape=(30, 33, 71), seed=0):
    data = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return data + np.float32(0.3)


def lattice(shape, step=4):
    axes = [np.arange(1, count, step) for count in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("workers", [1, 2])
def test_profiles_of_a_lattice_are_those_of_windows_one_by_one(workers):
    windows = Windows(noise(), 0.2)
    places = lattice(windows.shape)
    found = lattice_profiles(windows, places, workers)
    assert found.dtype == np.float32
    assert found == pytest.approx(windows.profiles(places), rel=1e-4)


def test_places_may_be_in_any_order_and_anywhere():
    windows = Windows(noise())
    places = np.random.default_rng(1).integers(0, windows.shape, (50, 3))
    places[::7] = places[0]
    assert lattice_profiles(windows, places) == pytest.approx(windows.profiles(places), rel=1e-4)


def test_a_map_without_anything_has_profiles_of_0():
    assert (lattice_profiles(Windows(np.zeros((20, 20, 20), np.float32)), np.full((2, 3), 9)) == 0).all()


def test_no_places_have_no_profiles():
    assert lattice_profiles(Windows(noise()), np.empty((0, 3), int)).shape == (0, 13)


def test_what_is_common_along_an_axis_is_seen_along_it_alone():
    """A wave along y of 5 Å, of which a window holds 5 periods, is in shell 5 and nowhere else."""
    wave = np.cos(2 * np.pi / 5 * np.arange(40))[:, None] * np.ones((40, 1, 40))
    profile = lattice_profiles(Windows(wave.astype(np.float32)), np.array([[20, 20, 20]]))[0]
    assert np.argmax(profile) == 5
    assert np.delete(profile, 5) == pytest.approx(0, abs=1e-4 * profile[5])
