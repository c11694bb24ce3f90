"""The confusion matrix and its measures, against counts made by hand."""

import numpy as np
import pytest

from deepreslib.analysis.confusion import Confusion, confusion

CLAIMED = ["high"] * 5 + ["medium"] * 3 + ["low"] * 2
FOUND = ["high"] * 4 + ["medium"] + ["medium"] * 2 + ["low"] + ["low", "high"]


def test_counts_have_claims_in_rows():
    found = confusion(CLAIMED, FOUND)
    assert found.counts.tolist() == [[4, 1, 0], [0, 2, 1], [1, 0, 1]]
    assert (found.total, found.accuracy) == (10, pytest.approx(0.7))


def test_measures_are_the_plain_formulas():
    high = confusion(CLAIMED, FOUND).measures("high")
    assert high == {"sensitivity": 0.8, "specificity": 0.8, "ppv": 0.8, "npv": 0.8}
    low = confusion(CLAIMED, FOUND).measures("low")
    assert low == {"sensitivity": 0.5, "specificity": 0.875, "ppv": 0.5, "npv": 0.875}


def test_where_nothing_can_be_divided_there_is_no_measure():
    assert confusion(["high"], ["high"]).measures("low") == {
        "sensitivity": None,
        "specificity": 1.0,
        "ppv": None,
        "npv": 1.0,
    }


def test_the_matrix_is_read_from_a_report():
    found = confusion(CLAIMED, FOUND)
    np.testing.assert_array_equal(Confusion.from_dict(found.as_dict()).counts, found.counts)
