"""The field of disorder: its range and smoothness, its parts against their definitions, and the B factors from it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from deepreslib.simulation import disorder
from deepreslib.simulation.disorder import Disorder


@pytest.fixture(scope="module")
def positions():
    """1500 atoms in a ball of 30 Å."""
    points = np.random.default_rng(0).uniform(-30, 30, (3500, 3))
    return points[np.linalg.norm(points, axis=1) < 30][:1500]


@pytest.fixture(scope="module")
def b_factors(positions):
    """Falling along x, with the scatter of single atoms."""
    return 60 - positions[:, 0] + np.random.default_rng(1).normal(0, 8, len(positions))


@pytest.mark.parametrize("source", ["own", "random", "distal", "domain"])
def test_the_field_is_smooth_and_goes_from_0_to_1(positions, b_factors, source):
    only = replace(Disorder(own=0, random=0, distal=0, domain=0), **{source: 1.0})
    field = disorder.field(b_factors, positions, only, np.random.default_rng(2))
    assert field.min() == 0
    assert field.max() == 1
    near = cKDTree(positions).query_pairs(3.0, output_type="ndarray")
    assert np.abs(field[near[:, 0]] - field[near[:, 1]]).max() < 0.35
    assert np.abs(field[near[:, 0]] - field[near[:, 1]]).mean() < 0.1 * field.std() + 0.03


def test_the_field_depends_on_the_seed_alone(positions, b_factors):
    fields = [disorder.field(b_factors, positions, Disorder(), np.random.default_rng(seed)) for seed in (5, 5, 6)]
    np.testing.assert_array_equal(fields[0], fields[1])
    assert np.corrcoef(fields[0], fields[2])[0, 1] < 0.99


def test_a_field_without_parts_is_flat(positions, b_factors):
    nothing = Disorder(own=0, random=0, distal=0, domain=0)
    assert (disorder.field(b_factors, positions, nothing, np.random.default_rng(0)) == 0).all()
    only_own = Disorder(own=1, random=0, distal=0, domain=0)
    constant = np.full(len(positions), 20.0)
    assert (disorder.field(constant, positions, only_own, np.random.default_rng(0)) == 0).all()


def test_own_b_factors_are_averaged_and_followed(positions, b_factors):
    only_own = Disorder(own=1, random=0, distal=0, domain=0)
    field = disorder.field(b_factors, positions, only_own, np.random.default_rng(0))
    assert np.corrcoef(field, -positions[:, 0])[0, 1] > 0.98 > np.corrcoef(b_factors, -positions[:, 0])[0, 1]


def test_the_average_of_a_constant_is_the_constant(positions):
    np.testing.assert_allclose(disorder.averaged(np.full(len(positions), 7.0), positions), 7.0, rtol=1e-6)


def test_the_random_field_has_its_correlation():
    """exp(-r² / (2 length²)) between points r apart, over many fields."""
    points = np.array([[0.0, 0, 0], [10.0, 0, 0], [0, 20.0, 0], [0, 0, 60.0]])
    rng = np.random.default_rng(3)
    fields = np.array([disorder.random_field(points, 15.0, rng) for _ in range(4000)])
    expected = np.exp(-np.square(np.linalg.norm(points[:, None] - points, axis=2)) / (2 * 15.0**2))
    np.testing.assert_allclose(fields.mean(0), 0, atol=0.06)
    np.testing.assert_allclose(np.cov(fields.T), expected, atol=0.07)


def test_displacements_grow_with_the_squared_distance():
    line = np.stack([np.arange(-10.0, 11.0), np.zeros(21), np.zeros(21)], 1)
    np.testing.assert_allclose(disorder.distal_field(line), (np.arange(-10, 11) / 10.0) ** 2)
    bent = disorder.domain_field(line, np.random.default_rng(0))
    assert bent.max() == 1
    roots = np.sqrt(bent[bent > 0])
    assert 3 <= len(roots) <= 16
    np.testing.assert_allclose(np.diff(roots, 2), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "informative"),
    [
        (np.full(100, 20.0), False),
        (np.zeros(100), False),
        (np.r_[np.full(80, 40.0), np.linspace(20, 60, 20)], False),
        (np.linspace(20, 22, 100), False),
        (np.linspace(15, 90, 100), True),
        (np.empty(0), False),
    ],
)
def test_b_factors_that_say_nothing_are_known(values, informative):
    assert disorder.is_informative(values) is informative


def test_b_factors_follow_the_square_of_the_resolution():
    recipe = Disorder(spread=2.0, skew=1.0, steepness=8.0)
    field = np.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose(disorder.resolutions(field, 3.0, recipe), [3.0, 4.5, 6.0])
    np.testing.assert_allclose(disorder.b_factors(field, 3.0, recipe), [72.0, 162.0, 288.0])


FIELD = np.array([0.0, 0.25, 0.5, 1.0])


def test_b_factors_of_the_linear_law_grow_with_the_field_between_the_same_ends():
    recipe = Disorder(spread=2.0, skew=1.0, steepness=8.0, law="linear")
    np.testing.assert_allclose(disorder.b_factors(FIELD, 3.0, recipe), [72.0, 126.0, 180.0, 288.0])
    square = replace(recipe, law="square", skew=1.7)
    both = [disorder.b_factors(FIELD, 3.0, one) for one in (square, replace(square, law="linear"))]
    np.testing.assert_allclose(both[0][[0, 3]], both[1][[0, 3]])


@pytest.mark.parametrize("law", ["uniform", "occupancy"])
def test_other_laws_give_every_atom_the_best_b_factor(law):
    recipe = Disorder(steepness=8.0, law=law)
    np.testing.assert_allclose(disorder.b_factors(FIELD, 3.0, recipe), 72.0)


@pytest.mark.parametrize("law", disorder.LAWS)
def test_the_common_b_factor_is_added_to_all(law):
    plain, blurred = (disorder.b_factors(FIELD, 3.0, Disorder(law=law, common=common)) for common in (0.0, 45.0))
    np.testing.assert_allclose(blurred, plain + 45)


@pytest.mark.parametrize("law", disorder.LAWS)
def test_only_the_law_of_occupancy_lowers_occupancies(law):
    occupancies = disorder.occupancies(FIELD, Disorder(law=law))
    assert occupancies[0] == 1
    assert (np.diff(occupancies) < 0).all() == (law == "occupancy")
    assert (occupancies == 1).all() == (law != "occupancy")


def test_a_lowered_occupancy_loses_the_signal_where_the_b_factor_would():
    """At the local resolution, amplitudes are as low as those of the best part at its own."""
    recipe = Disorder(spread=2.0, skew=1.0, steepness=6.0, law="occupancy", least_occupancy=0.01)
    local = disorder.resolutions(FIELD, 3.0, recipe)
    amplitude = disorder.occupancies(FIELD, recipe) * np.exp(-disorder.b_factors(FIELD, 3.0, recipe) / (4 * local**2))
    np.testing.assert_allclose(amplitude, np.exp(-6 / 4))


def test_no_occupancy_is_below_the_least():
    recipe = Disorder(spread=4.0, steepness=20.0, law="occupancy", least_occupancy=0.3)
    assert disorder.occupancies(FIELD, recipe).min() == 0.3


def test_unknown_laws_are_refused():
    with pytest.raises(ValueError, match="cubic"):
        Disorder(law="cubic")
