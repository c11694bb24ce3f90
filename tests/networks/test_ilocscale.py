"""The networks for local sharpening: their sizes, their standardisation, and what they make of unknown shells."""

import keras
import numpy as np
import pytest

from deepreslib.networks import ilocscale, store
from deepreslib.networks.ilocscale_card import SHELLS

RNG = np.random.default_rng(0)
PROFILES = (RNG.normal(-2, 1, (50, SHELLS)) - np.arange(SHELLS)).astype(np.float32)


def inputs(profiles=PROFILES, known=None, usual=PROFILES[::-1]):
    known = np.ones_like(profiles) if known is None else known
    return {"profile": profiles, "known": known, "usual": usual, "spread": np.abs(usual) / 4}


def predict(network, profiles=PROFILES, known=None, usual=PROFILES[::-1]):
    return np.asarray(network.predict_on_batch(inputs(profiles, known, usual)))


def test_the_published_networks_have_the_layers_and_weights_of_the_thesis():
    network = ilocscale.build("published")
    counts = {
        kind: sum(layer.count_params() for layer in network.layers if layer.name.startswith(kind))
        for kind in ("linear", "prelu")
    }
    assert counts == {"linear": 910, "prelu": 936}
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    assert len(dense) == 10
    assert {layer.activation.__name__ for layer in dense} == {"linear"}
    assert all(float(layer.kernel_regularizer.l1) == pytest.approx(0.01) for layer in dense)
    assert all(float(layer.kernel_regularizer.l2) == pytest.approx(0.01) for layer in dense)


def test_one_published_network_is_linear_and_the_other_is_not():
    keras.utils.set_random_seed(1)
    network = ilocscale.build("published")
    once, twice = (network.predict_on_batch({"profile": factor * PROFILES}) for factor in (1, -2))
    offset = network.predict_on_batch({"profile": 0 * PROFILES})
    bends = {
        kind: np.abs(np.asarray(twice[kind]) - offset[kind] + 2 * (np.asarray(once[kind]) - offset[kind])).max()
        for kind in ("linear", "prelu")
    }
    assert bends["linear"] < 1e-4
    assert bends["prelu"] > 1e-2


def test_the_compact_network_is_as_small_as_said():
    network = ilocscale.build("compact")
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) == 3661 + 48 * 2 * (SHELLS - 1)
    assert predict(network).shape == (50, SHELLS)


def test_a_new_compact_network_predicts_what_it_is_to_begin_at():
    network = ilocscale.build("compact")
    ilocscale.begin_at(network, np.arange(SHELLS))
    np.testing.assert_allclose(predict(network), np.tile(np.arange(SHELLS), (50, 1)), atol=1)


def test_unknown_points_have_no_influence():
    keras.utils.set_random_seed(2)
    network = ilocscale.build("compact")
    known = np.ones_like(PROFILES)
    known[:, 9:] = 0
    other = PROFILES.copy()
    other[:, 9:] = 7
    expected = predict(network, PROFILES, known)
    np.testing.assert_array_equal(expected, predict(network, other, known))
    np.testing.assert_array_equal(predict(network, PROFILES, known, other), predict(network, other, known, other))
    unusual = PROFILES[::-1].copy()
    unusual[:, 9:] = 7
    np.testing.assert_array_equal(expected, predict(network, PROFILES, known, unusual))
    assert np.abs(predict(network, PROFILES) - predict(network, other)).max() > 1e-4
    assert np.abs(predict(network) - predict(network, usual=unusual)).max() > 1e-4


def test_unknown_points_continue_the_last_known_one():
    network = ilocscale.build("compact")
    known = np.ones(PROFILES.shape, bool)
    ilocscale.adapt(network, PROFILES, known)
    layer = network.get_layer(ilocscale.STANDARD)
    known = known.astype(np.float32)
    known[:, 9:] = 0
    points = np.asarray(layer(*inputs(known=known).values()))
    for first in (0, SHELLS - 1, 2 * SHELLS - 2):
        last = points[:, first + 8 : first + 9]
        np.testing.assert_array_equal(points[:, first + 9 : first + SHELLS], np.repeat(last, 4, axis=1))


def test_the_usual_mean_has_no_influence():
    network = ilocscale.build("compact")
    usual = PROFILES[::-1].copy()
    usual[:, 0] += 3
    np.testing.assert_array_equal(predict(network), predict(network, usual=usual))


def test_the_standardisation_counts_known_points_alone():
    known = RNG.random(PROFILES.shape) < 0.7
    network = ilocscale.build("compact")
    ilocscale.adapt(network, np.where(known, PROFILES, 1e3), known)
    mean, deviation = network.get_layer(ilocscale.STANDARD).get_weights()
    for shell in range(SHELLS):
        points = PROFILES[known[:, shell], shell]
        assert (mean[shell], deviation[shell]) == pytest.approx((points.mean(), points.std()), rel=1e-4)


def test_far_points_are_limited():
    network = ilocscale.build("compact")
    ilocscale.adapt(network, PROFILES, np.ones(PROFILES.shape, bool))
    for name in ("profiles", "usual"):
        far, farther = ({name: PROFILES + distance} for distance in (100, 1000))
        np.testing.assert_array_equal(predict(network, **far), predict(network, **farther))


@pytest.mark.parametrize("preset", ilocscale.PRESETS)
def test_a_network_is_the_same_after_saving(preset, tmp_path):
    network, other = ilocscale.build(preset), ilocscale.build(preset)
    store.save(network, tmp_path, {"name": "x"})
    store.load_weights(other, tmp_path, store.read_card(tmp_path))
    for saved, loaded in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(saved, loaded)


def test_a_checkpoint_keeps_the_configuration(tmp_path):
    network = ilocscale.build("compact", hidden=[5])
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras", compile=False)
    np.testing.assert_array_equal(predict(network), predict(loaded))
