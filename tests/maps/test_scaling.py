"""Maps in any unit: brought to mean 0 and SD 1, or refused where nothing is left to see."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import quick, random_values

from deepreslib.errors import InputError
from deepreslib.maps import (
    DensityMap,
    check_outliers,
    check_precision,
    normalised,
    outlier_warnings,
    read_map,
)
from deepreslib.maps.scaling import mean_and_sd, outlier_voxels

SHAPE = (24, 20, 22)


@pytest.fixture(autouse=True)
def no_word_of_numpy():
    """Overflow and the like are errors here."""
    with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        yield


def density(data, path="map.mrc"):
    return DensityMap(np.asarray(data, dtype=np.float32), (1.5,) * 3, (1.0, 2.0, 3.0), path)


def highest(factor):
    """Normal numbers whose highest magnitude is ``factor``."""
    values = random_values(SHAPE).astype(np.float64)
    return values * (factor / np.abs(values).max())


@pytest.mark.parametrize("factor", [1e-40, 1e-30, 1e-3, 1.0, 1e6, 1e30, 3.4e38])
def test_any_factor_gives_the_same_values(factor):
    values = highest(factor)
    new = normalised(density(values))
    assert new.data.dtype == np.float32
    assert new.data.mean(dtype=np.float64) == pytest.approx(0, abs=1e-6)
    assert new.data.std(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(new.data, (values - values.mean()) / values.std(), atol=1e-4)
    assert (new.origin, new.path) == ((1.0, 2.0, 3.0), "map.mrc")


def test_values_all_near_the_greatest_number_do_not_overflow():
    values = np.where(random_values(SHAPE) > 0, 3.4e38, 3.2e38)
    mean, sd = mean_and_sd(density(values).data)
    assert mean == pytest.approx(values.mean(), rel=1e-6)
    assert sd == pytest.approx(values.std(), rel=1e-5)
    assert outlier_voxels(density(values))[1] < 0.01
    assert normalised(density(values)).data.std() == pytest.approx(1)


def test_an_offset_is_taken_away_as_long_as_rounding_left_the_detail():
    values = 20 * random_values(SHAPE).astype(np.float64)
    np.testing.assert_allclose(
        normalised(density(values + 1e6)).data, (values - values.mean()) / values.std(), atol=2e-3
    )


@pytest.mark.parametrize(
    ("factor", "offset", "word"), [(0.3, 1e6, "subtract its mean"), (1e-44, 0, "multiply it"), (1, -3e7, "subtract")]
)
def test_what_rounding_has_eaten_is_refused(factor, offset, word):
    with pytest.raises(InputError, match=f"map.mrc has values around .*{word}"):
        normalised(density(factor * random_values(SHAPE).astype(np.float64) + offset))


@pytest.mark.parametrize("level", [0.0, 1e-42, 5.0, -3e38])
def test_a_constant_map_is_refused(level):
    with pytest.raises(InputError, match=r"map.mrc is constant"):
        check_precision(density(np.full(SHAPE, level)))


def test_coarse_whole_numbers_are_precise():
    check_precision(density(np.round(3 * random_values(SHAPE)) + 100))


@quick
@given(
    st.integers(0, 1000), st.floats(-37, 37), st.floats(-1e4, 1e4), st.sampled_from([(3, 4, 5), (8, 8, 8), (1, 6, 9)])
)
def test_mean_and_sd_are_those_of_64_bits(seed, exponent, offset, shape):
    with np.errstate(over="ignore"):
        data = ((random_values(shape, seed) + offset) * 10.0**exponent).astype(np.float32)
    if not np.isfinite(data).all():
        return
    mean, sd = mean_and_sd(data)
    assert mean == pytest.approx(data.mean(dtype=np.float64), rel=1e-9, abs=0)
    assert sd == pytest.approx(data.std(dtype=np.float64), rel=1e-6, abs=0)


@pytest.mark.parametrize("value", [1e15, -1e15, 3.4e38, 1e5])
@pytest.mark.parametrize("count", [1, 3])
def test_a_few_voxels_that_outshine_the_map_are_refused(value, count):
    data = random_values(SHAPE)
    data.flat[1000 : 1000 + 7 * count : 7] = value
    found, share, extreme = outlier_voxels(density(data))
    assert (found, extreme) == (count, pytest.approx(value, rel=1e-4))
    assert share > 0.99
    with pytest.raises(InputError, match=r"map.mrc has (one voxel|3 voxels) .*neighbours"):
        check_outliers(density(data))


def test_a_voxel_with_half_of_the_variance_is_warned_about():
    data = random_values(SHAPE)
    data[3, 4, 5] = np.sqrt(data.size)
    check_outliers(density(data))
    (sentence,) = outlier_warnings(density(data))
    assert sentence.startswith("map.mrc has one voxel of extreme value (103, 50")


def test_outliers_do_not_depend_on_scale_and_offset():
    data = random_values(SHAPE).astype(np.float64)
    data[3, 4, 5] = 500
    shares = [outlier_voxels(density(factor * (data + offset)))[1] for factor in (1e-35, 1, 1e35) for offset in (0, 9)]
    np.testing.assert_allclose(shares, shares[0], rtol=1e-4)
    assert 0.9 < shares[0] < 1


def test_right_maps_have_no_outliers():
    zeros = np.zeros((40, 40, 40))
    small = np.exp(-((np.indices(zeros.shape) - 20.0) ** 2).sum(0) / 2 / 2.0**2)
    for data in (random_values(SHAPE), small, random_values(SHAPE) > 2, np.zeros(SHAPE)):
        assert outlier_voxels(density(data))[1] < 0.25
        check_outliers(density(data))
        assert outlier_warnings(density(data)) == ()


def test_maps_of_a_few_voxels_have_no_handful():
    assert outlier_voxels(density(np.arange(8).reshape(2, 2, 2)))[:2] == (0, 0.0)


def test_experimental_maps_pass(shared_data):
    paths = [*sorted((shared_data / "maps" / "experimental").glob("*.mrc.gz")), shared_data / "maps" / "betagal.mrc"]
    assert len(paths) > 5
    for path in paths:
        given = read_map(path)
        check_precision(given)
        check_outliers(given)
        assert outlier_warnings(given) == ()
        assert outlier_voxels(given)[1] < 0.05
