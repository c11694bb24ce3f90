"""Statistics of resolution maps."""

import numpy as np
import pytest

from deepreslib.analysis.summary import statistics


def test_statistics_of_known_values():
    found = statistics(np.linspace(2, 6, 401))
    assert found["median"] == found["mean"] == 4.0
    assert found["sd"] == pytest.approx(np.sqrt((401**2 - 1) / 12) * 0.01, abs=1e-4)
    assert (found["min"], found["max"]) == (2.0, 6.0)
    assert found["percentiles"] == {
        "2.5": 2.1,
        "5": 2.2,
        "20": 2.8,
        "25": 3.0,
        "50": 4.0,
        "75": 5.0,
        "80": 5.2,
        "95": 5.8,
        "97.5": 5.9,
    }
