"""The losses of the class of a map."""

import numpy as np
import pytest

from deepreslib.training.mapclass import losses
from deepreslib.training.mapclass.validation import class_numbers


def test_the_ladder_loss_is_least_at_the_truth_for_both_members():
    truth = np.array([[4.0], [9.0]], np.float32)
    right = np.stack([np.log(truth).repeat(2, 1), np.full((2, 2), 0.1)], axis=-1).astype(np.float32)
    least = float(losses.ladder_loss(truth, right))
    for member in (0, 1):
        wrong = right.copy()
        wrong[1, member, 0] += 0.05
        assert float(losses.ladder_loss(truth, wrong)) > least


def test_the_class_loss_takes_the_borders_as_medium():
    truth = np.array([[4.99], [5.0], [10.0], [10.01]], np.float32)
    logits = 30 * np.eye(3, dtype=np.float32)[[0, 1, 1, 2]]
    assert float(losses.class_loss(truth, logits)) == pytest.approx(0, abs=1e-6)
    assert float(losses.class_loss(truth, logits[::-1])) > 10
    np.testing.assert_array_equal(class_numbers(truth[:, 0], (5, 10)), [0, 1, 1, 2])
