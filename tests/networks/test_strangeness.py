"""How unlike the maps of the training a map is."""

import numpy as np
import pytest

from deepreslib.networks.strangeness import Strangeness


@pytest.fixture(scope="module")
def usual():
    """Summaries of 30 numbers that hang on 5."""
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((5, 30))
    return lambda count, seed: (
        np.random.default_rng(seed).standard_normal((count, 5)) @ mixing
        + 0.1 * np.random.default_rng(seed + 1).standard_normal((count, 30))
        + 3
    ).astype(np.float32)


@pytest.fixture(scope="module")
def layer(usual):
    layer = Strangeness(components=5)
    layer.build((None, 30))
    layer.fit(usual(500, 1))
    return layer


def test_maps_like_those_of_the_training_are_usual(layer, usual):
    strangeness = np.asarray(layer(usual(300, 7)))
    assert strangeness.shape == (300, 1)
    assert np.median(strangeness) == pytest.approx(1.0, abs=0.1)
    assert np.percentile(strangeness, 99) < 2.2


def test_far_along_the_components_is_strange(layer, usual):
    given = usual(100, 9)
    assert np.median(np.asarray(layer((given - 3) * 6 + 3))) > 2.5


def test_beside_the_components_is_strange(layer, usual):
    given = usual(100, 9)
    given[:, 4] *= -1
    assert np.median(np.asarray(layer(given))) > 3


def test_an_unfitted_layer_says_how_far_from_nothing():
    layer = Strangeness()
    assert float(np.asarray(layer(np.ones((1, 60), np.float32)))[0, 0]) == pytest.approx(np.sqrt(0.5), rel=1e-5)
