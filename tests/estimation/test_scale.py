"""The estimators without a network do not mind in which units the density is, and tell the range of their values."""

import numpy as np
import pytest

from deepreslib.estimation import localfsc, monores, resmap
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

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
    rng = np.random.default_rng(4)
    signal = filters.apply_b_factor(rng.standard_normal(MASK.shape) * MASK, 1.0, 60)
    return [np.float32(4 * signal / signal[MASK].std() + rng.standard_normal(MASK.shape)) for _ in range(2)]


def result_of(estimator, arrays, count, options):
    maps = tuple(DensityMap(data, (1.0,) * 3) for data in arrays[:count])
    return estimator(maps if count == 2 else maps[0], MASK, workers=1, **options)


@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1e12, 1e30])
@pytest.mark.parametrize(("estimator", "count", "options"), CASES)
def test_the_units_of_the_density_do_not_matter(arrays, estimator, count, options, scale):
    one = result_of(estimator, arrays, count, options).resolution[MASK]
    other = result_of(estimator, [data * np.float32(scale) for data in arrays], count, options).resolution[MASK]
    assert np.mean(abs(one - other) > 1e-3) < 0.005


@pytest.mark.parametrize(("estimator", "count", "options"), CASES)
def test_values_lie_in_the_range_that_the_report_tells(arrays, estimator, count, options):
    result = result_of(estimator, arrays, count, options)
    ends, values = result.report["range"], result.resolution[MASK]
    assert ends["low"] - 1e-3 <= values.min()
    assert values.max() <= ends["high"] + 1e-3
    assert 2 <= ends["low"] < 3
    assert ends["high"] >= 10
