"""Maps of classes: expected resolution, deviation, class and counts against formulas."""

import numpy as np
import pytest
from scipy.stats import norm

from deepreslib.estimation.class_maps import ClassMaps, class_counts, of_normal, shares
from deepreslib.networks.voxelclass_card import CENTRES


def test_shares_of_a_normal_distribution():
    found = shares(np.array([4.5, 1.0, 30.0]), np.array([0.5, 0.1, 1.0]))
    expected = np.diff(norm.cdf([-np.inf, 2, 3, 4, 5, 6, 7, 8, 9, 10, np.inf], 4.5, 0.5))
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(found.argmax(axis=1), [3, 0, 9])


def test_classes_of_normal_errors_are_zero_outside():
    resolution = np.zeros((3, 2, 2), np.float32)
    resolution[1, 0] = 3.5, 12.0
    number, probability = of_normal(resolution, np.full(resolution.shape, 0.25, np.float32))
    assert number.dtype == np.uint8
    np.testing.assert_array_equal(number[1, 0], [3, 10])
    assert probability[1, 0, 0] == pytest.approx(norm.cdf(2) - norm.cdf(-2), abs=1e-5)
    assert np.count_nonzero(number) == np.count_nonzero(probability) == 2


def test_expected_resolution_and_deviation_of_probabilities():
    maps = ClassMaps((2, 3, 4), CENTRES)
    inside = np.zeros((1, 3, 2), bool)
    inside[0, :2, 0] = True
    probabilities = np.zeros((2, 10), np.float32)
    probabilities[0, 4], probabilities[1, [2, 3]] = 1, (0.25, 0.75)
    maps.put((slice(1, 2), slice(0, 3), slice(2, 4)), inside, probabilities)
    np.testing.assert_allclose(maps.resolution[1, :2, 2], [5.5, 4.25], rtol=1e-6)
    np.testing.assert_allclose(maps.deviation[1, :2, 2], np.sqrt([1 / 12, 0.1875 + 1 / 12]), atol=1e-3)
    np.testing.assert_array_equal(maps.number[1, :2, 2], [5, 4])
    np.testing.assert_allclose(maps.probability[1, :2, 2], [1, 0.75])
    assert np.count_nonzero(maps.number) == 2
    only = np.zeros((2, 3, 4), bool)
    only[1, 0, 2] = True
    maps.keep(only)
    for values in (maps.resolution, maps.deviation, maps.number, maps.probability):
        np.testing.assert_array_equal(values > 0, only)


def test_counts_by_class():
    number = np.array([[[0, 1, 1, 10]]], np.uint8)
    counts = class_counts(number, np.array([[[0.0, 0.5, 0.7, 0.9]]]))
    assert counts[0] == {"class": 1, "above": None, "to": 2.0, "voxels": 2, "mean_probability": 0.6}
    assert counts[1] == {"class": 2, "above": 2.0, "to": 3.0, "voxels": 0, "mean_probability": None}
    assert counts[9] == {"class": 10, "above": 10.0, "to": None, "voxels": 1, "mean_probability": 0.9}
