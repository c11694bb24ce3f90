"""The estimators without a network do not mind in which units the density is, and tell the range of their values."""

import functools

import numpy as np
import pytest

from deepreslib.estimation import localfsc, monores, resmap
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

endurance = pytest.mark.endurance

MASK = sum((c - 20) ** 2 for c in np.indices((40,) * 3)) < 9**2
CASES = [
    (monores.estimate, 1, {"coarsest": 12.0}),
    (monores.estimate, 2, {"coarsest": 12.0}),
    (resmap.estimate, 1, {}),
    (resmap.estimate, 2, {}),
    (localfsc.estimate, 2, {"box": 16}),
]


@pytest.fixture(scope="module")
def arrays():
    """Half maps."""
    rng = np.random.default_rng(4)
    signal = filters.apply_b_factor(rng.standard_normal(MASK.shape) * MASK, 1.0, 60)
    return [np.float32(4 * signal / signal[MASK].std() + rng.standard_normal(MASK.shape)) for _ in range(2)]


def result_of(estimator, arrays, count, options):
    maps = tuple(DensityMap(data, (1.0,) * 3) for data in arrays[:count])
    return estimator(maps if count == 2 else maps[0], MASK, workers=1, **options)


@pytest.fixture(scope="module")
def unscaled(arrays):
    """Function that gives the resolution of a case within the mask; each is estimated once."""
    return functools.cache(lambda number: result_of(CASES[number][0], arrays, *CASES[number][1:]).resolution[MASK])


@pytest.mark.parametrize(
    "scale", [1e-30, pytest.param(1e-9, marks=endurance), pytest.param(1e12, marks=endurance), 1e30]
)
@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_units_of_the_density_do_not_matter(arrays, unscaled, number, scale):
    estimator, count, options = CASES[number]
    other = result_of(estimator, [data * np.float32(scale) for data in arrays], count, options).resolution[MASK]
    assert np.mean(abs(unscaled(number) - other) > 1e-3) < 0.005


@pytest.mark.parametrize(("estimator", "count", "options"), CASES)
def test_values_lie_in_the_range_that_the_report_tells(arrays, estimator, count, options):
    result = result_of(estimator, arrays, count, options)
    ends, values = result.report["range"], result.resolution[MASK]
    assert ends["low"] - 1e-3 <= values.min()
    assert values.max() <= ends["high"] + 1e-3
    assert 2 <= ends["low"] < 3
    assert ends["high"] >= 10
