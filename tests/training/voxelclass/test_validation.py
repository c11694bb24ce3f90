"""Scores of classes and the calibration of their probabilities, against plain counting."""

import numpy as np
import pytest

from deepreslib.training.voxelclass import validation
from deepreslib.training.voxelclass.examples import LabelledExamples
from deepreslib.training.voxelclass.validation import Judged


def test_scores_are_means_over_maps_beside_each_maps_commonest_class():
    truth, maps = np.array([2, 2, 3, 5, 5, 5, 9]), np.array([0, 0, 0, 7, 7, 7, 7])
    guesses = np.array([2, 3, 3, 5, 6, 9, 9])
    probabilities = np.full((7, 10), 0.04)
    probabilities[np.arange(7), guesses] = 0.64
    found = validation.scores(Judged(probabilities, truth, maps))
    assert found["exact"] == pytest.approx((2 / 3 + 2 / 4) / 2, abs=1e-4)
    assert found["near"] == pytest.approx((1 + 3 / 4) / 2, abs=1e-4)
    assert found["common"] == pytest.approx((2 / 3 + 3 / 4) / 2, abs=1e-4)
    assert found["common_near"] == pytest.approx((1 + 3 / 4) / 2, abs=1e-4)
    assert found["ece"] == pytest.approx(abs(4 / 7 - 0.64), abs=1e-4)


def test_calibration_finds_the_sharpness_that_was_lost():
    rng = np.random.default_rng(0)
    logits = np.cumsum(np.r_[-6.0, np.full(8, 1.5)]) + rng.normal(0, 2, (6000, 1))
    reached = np.pad(1 / (1 + np.exp(-logits)), ((0, 0), (1, 1)), constant_values=(0, 1))
    truth = (rng.random((6000, 1)) > reached[:, 1:]).sum(axis=1)
    sharp = np.pad(1 / (1 + np.exp(-2 * logits)), ((0, 0), (1, 1)), constant_values=(0, 1))
    judged = Judged(np.diff(sharp, axis=1), truth, np.zeros(6000, int))
    assert validation.best_sharpness(judged) == pytest.approx(0.5, abs=0.04)


def test_centres_are_means_of_the_labels_or_the_usual_ones():
    resolution = np.zeros((1, 2, 3, 2), np.float32)
    resolution[0, :, :, 0] = [[2.2, 2.8, 0], [14.0, 16.0, 0]]
    found = validation.centres(LabelledExamples(None, resolution))
    assert found["monores"][1] == pytest.approx(2.5)
    assert found["monores"][9] == pytest.approx(15)
    assert found["monores"][4] == validation.CENTRES[4]
    assert found["resmap"] == list(validation.CENTRES)


def test_masked_maps_are_those_of_their_view():
    kinds = np.array([["a", "b", "plain", "zone"], ["a", "b", "masked tightly", "plain"]])
    np.testing.assert_array_equal(validation.masked_maps(kinds), [False, True, True, False])
