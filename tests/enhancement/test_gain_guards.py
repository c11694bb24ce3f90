import numpy as np
import pytest

from deepreslib.enhancement import gain_guards
from deepreslib.enhancement.profiles import FREQUENCY

ALL = np.ones(13, bool)


def test_known_shells_end_at_the_limit():
    assert gain_guards.known_shells(2.0).all()
    assert np.count_nonzero(gain_guards.known_shells(5.0)) == 5
    assert np.count_nonzero(gain_guards.known_shells(7.08)) == 4
    assert gain_guards.known_shells(1000.0).tolist() == [True] + [False] * 12


def test_unknown_shells_have_at_most_the_last_known_gain():
    known = np.arange(13) < 6
    log_gains = np.tile(np.arange(13.0), (3, 1)) * np.array([[1], [-1], [0]])
    found = gain_guards.guarded(log_gains, np.ones((3, 13)), known)
    assert found[0].tolist() == [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5]
    assert found[1] == pytest.approx(log_gains[1])
    assert log_gains[0, 12] == 12


def test_windows_without_variance_have_the_gain_1():
    profiles = np.ones((2, 13))
    profiles[1, 1:] = 0  # its mean alone is not 0
    found = gain_guards.guarded(np.full((2, 13), 2.0), profiles, ALL)
    assert found.tolist() == [[2] * 13, [0] * 13]


@pytest.mark.parametrize("resolution", [2.2, 3.0, 5.0, 8.0, 15.0])
@pytest.mark.parametrize("b_factor", [-80.0, 0.0, 35.0])
def test_the_b_factor_is_that_of_the_gains(resolution, b_factor):
    log_gains = np.stack([1.5 - b_factor / 4 * FREQUENCY**2, -b_factor / 2 * FREQUENCY**2])
    found = gain_guards.b_factors(log_gains.astype(np.float32), ALL, resolution)
    assert found == pytest.approx([b_factor, 2 * b_factor], abs=0.05)


def test_the_b_factor_is_that_from_10_angstrom_to_the_resolution():
    assert np.flatnonzero(gain_guards.fitted_shells(ALL, 3.0)).tolist() == [3, 4, 5, 6, 7]
    assert np.flatnonzero(gain_guards.fitted_shells(np.arange(13) < 6, 3.0)).tolist() == [3, 4, 5]
    assert np.flatnonzero(gain_guards.fitted_shells(ALL, 7.0)).tolist() == [1, 2, 3]
    assert np.flatnonzero(gain_guards.fitted_shells(ALL, 20.0)).tolist() == [1, 2, 3]
    assert np.flatnonzero(gain_guards.fitted_shells(np.arange(13) < 3, 3.0)).tolist() == [1, 2]


@pytest.mark.parametrize("known", [1, 2])
def test_fewer_than_two_shells_make_no_b_factor(known):
    gains = np.full((2, 13), 0.7, np.float32)
    found = gain_guards.b_factors(gains, np.arange(13) < known, 12.0)
    assert found.tolist() == [0, 0]


def test_held_shells_are_named():
    assert gain_guards.held_shells(ALL) == []
    found = gain_guards.held_shells(np.arange(13) < 12)
    assert found == [{"shell": 12, "coarsest": 2.083, "finest": 1.923}]
