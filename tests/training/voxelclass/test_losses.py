"""The losses of the class of each voxel."""

import numpy as np
import pytest

from deepreslib.networks.voxelclass_card import CENTRES
from deepreslib.training.voxelclass import losses


def places(resolutions, weights=None):
    """Truth of one map: (1, places, 1, 1, 2)."""
    resolutions = np.asarray(resolutions, np.float32)
    weights = np.ones_like(resolutions) if weights is None else np.asarray(weights, np.float32)
    return np.stack([resolutions, weights], axis=-1)[None, :, None, None]


def certain(classes):
    """Probabilities 1 of these classes: (1, places, 1, 1, 10)."""
    return np.eye(10, dtype=np.float32)[np.asarray(classes)][None, :, None, None]


def without_agreement(truth, predicted):
    lacking = losses.AGREEMENT_WEIGHT * (1 - float(losses.within_maps(truth, predicted)))
    return float(losses.ordered_loss(truth, predicted)) - lacking


def test_the_loss_is_the_squared_difference_of_cumulative_distributions_and_cross_entropy():
    truth, probabilities = places([4.0, 4.001]), np.array([0.1, 0.2, 0.3, 0.2, 0.2, 0, 0, 0, 0, 0], np.float32)
    predicted = np.broadcast_to(probabilities, (1, 2, 1, 1, 10))
    reached = np.cumsum(probabilities)[:9]
    expected = [
        np.sum((reached - (np.arange(9) >= number)) ** 2) - 0.3 * np.log(probabilities[number]) for number in (2, 3)
    ]
    assert without_agreement(truth, predicted) == pytest.approx(np.mean(expected), abs=1e-4)


def test_farther_classes_cost_more():
    truth = places([3.5])
    costs = [without_agreement(truth, certain([number])) for number in (2, 3, 4, 9)]
    assert costs[0] == pytest.approx(0, abs=1e-4)
    assert costs[0] < costs[1] < costs[2] < costs[3]


def test_places_without_weight_and_maps_without_places_do_not_count():
    truth = np.concatenate([places([3.5, 9.5], [1, 0]), places([3.5, 3.5], [0, 0])])
    predicted = np.concatenate([certain([2, 0]), certain([9, 9])])
    assert without_agreement(truth, predicted) == pytest.approx(0, abs=1e-4)


def test_right_differences_within_a_map_are_rewarded():
    truth = places([3.5, 5.5, 7.5])
    assert float(losses.within_maps(truth, certain([2, 4, 6]))) == pytest.approx(1, abs=1e-3)
    assert float(losses.within_maps(truth, certain([6, 4, 2]))) == pytest.approx(-1, abs=1e-3)
    coarse = places([3.5, CENTRES[-1] + 5])
    assert float(losses.within_maps(coarse, certain([2, 9]))) == pytest.approx(1, abs=1e-3)


def test_the_published_loss_is_the_cross_entropy_of_all_voxels():
    classes = np.zeros((1, 16, 16, 16), np.int32)
    predicted = np.full((1, 16, 16, 16, 10), 0.05, np.float32)
    predicted[..., 0] = 0.55
    assert float(losses.class_loss(classes, predicted)) == pytest.approx(-np.log(0.55), abs=1e-5)
