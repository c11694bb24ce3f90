"""Networks for the class of a map: weights as published, features against NumPy, training steps, folders."""

import keras
import numpy as np
import pytest

from deepreslib.networks import mapclass, mapclass_features, store
from deepreslib.networks.mapclass_card import EDGE, load_map_classes


@pytest.fixture
def cubes():
    """Two cubes of smooth random density, scaled to 0 … 1."""
    rng = np.random.default_rng(5)
    values = rng.random((2, EDGE, EDGE, EDGE), np.float32) ** 6
    values -= values.min(axis=(1, 2, 3), keepdims=True)
    return (values / values.max(axis=(1, 2, 3), keepdims=True))[..., None]


def layer_weights(network):
    return {layer.name: layer.count_params() for layer in network.layers if layer.count_params()}


def test_the_dense_network_has_the_published_weights(quick_weights):
    network = mapclass.build("dnn")
    assert layer_weights(network) == {"dense_1": 262_145_000, "dense_2": 100_100, "logits": 303}
    assert network.count_params() == 262_245_403


def test_the_convolutional_network_has_the_published_layers_and_trains_a_step(cubes, quick_weights):
    network = mapclass.build("cnn3d")
    expected = {"conv_1": 11_008, "conv_2": 256_064, "conv_3": 1_024_128, "dense": 67_109_888, "logits": 3_075}
    assert layer_weights(network) == expected
    assert network.count_params() == 68_404_163
    shapes = [network.get_layer(f"pool_{number}").output.shape[1:] for number in (1, 2, 3)]
    assert shapes == [(32, 32, 32, 32), (16, 16, 16, 64), (8, 8, 8, 128)]
    activations = {layer.name: layer.activation.__name__ for layer in network.layers if hasattr(layer, "activation")}
    assert activations == {"conv_1": "elu", "conv_2": "elu", "conv_3": "relu", "dense": "tanh", "logits": "linear"}
    assert network.get_layer("dropout").rate == 0.4
    before = network.get_layer("logits").get_weights()[1]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(0.01), loss, run_eagerly=True)
    assert np.isfinite(network.train_on_batch(cubes, np.array([0, 2])))
    assert not np.array_equal(network.get_layer("logits").get_weights()[1], before)


def test_a_small_dense_network_trains_and_comes_back_from_its_folder(tmp_path, monkeypatch, cubes):
    monkeypatch.setitem(mapclass.PRESETS["dnn"]["config"], "voxels", 16)
    network = mapclass.build("dnn")
    assert network.count_params() == 16**3 * 1000 + 1000 + 100_100 + 303
    small = cubes[:, ::4, ::4, ::4]
    network.compile(
        keras.optimizers.SGD(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True
    )
    losses = [float(network.train_on_batch(small, np.array([0, 2]))) for _ in range(20)]
    assert losses[-1] < losses[0]
    store.save(network, tmp_path, {"name": "x", "network": "mapclass", "preset": "dnn"})
    model = load_map_classes(str(tmp_path))
    assert not model.has_ladder
    probabilities = model.class_probabilities(small[..., 0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    logits = np.asarray(network.predict_on_batch(small))
    np.testing.assert_array_equal(probabilities.argmax(axis=1), logits.argmax(axis=1))


def test_the_spectrum_is_that_of_numpy(cubes):
    found = np.asarray(mapclass.features().predict_on_batch(cubes))
    assert found.shape == (2, mapclass_features.COUNT)
    frequency = np.fft.fftfreq(EDGE, 1 / EDGE)
    shells = np.rint(np.sqrt(sum(np.square(f) for f in np.meshgrid(*[frequency] * 3)))).astype(int)
    for cube, features in zip(cubes[..., 0].astype(float), found, strict=True):
        power = np.square(np.abs(np.fft.fftn(cube)))
        means = np.bincount(shells.ravel(), power.ravel())[:33] / np.bincount(shells.ravel())[:33]
        amplitudes = 0.5 * np.log10(means)
        np.testing.assert_allclose(features[:33], amplitudes - amplitudes[1], atol=1e-5)
        skewness = ((cube - cube.mean()) ** 3).mean() / cube.std() ** 3
        moments = [cube.mean(), cube.std(), skewness, *np.percentile(cube[::2, ::2, ::2], (50, 90, 99))]
        np.testing.assert_allclose(features[33:], moments, atol=1e-3)


def test_the_compact_network_joins_features_and_two_perceptrons(cubes):
    network, perceptrons = mapclass.build("compact"), mapclass.perceptrons(2, [64, 32])
    trained = layer_weights(perceptrons)
    assert sum(count for name, count in trained.items() if name != mapclass.STANDARD) == 2 * 4_706
    for layer in perceptrons.layers:  # a new one predicts the same of any map
        if layer.name.startswith("raw"):
            layer.set_weights([np.random.default_rng(3).normal(size=w.shape) for w in layer.get_weights()])
    features = np.asarray(mapclass.features().predict_on_batch(cubes))
    mapclass.adapt(perceptrons, features)
    store.transfer_weights(perceptrons, network)
    members = np.asarray(perceptrons.predict_on_batch(features))
    found = np.asarray(network.predict_on_batch(cubes))
    assert members.shape == (2, 2, 2)
    centre = members[..., 0].mean(axis=1)
    spread = members[..., 0].std(axis=1)
    np.testing.assert_allclose(found[:, 0], centre, rtol=1e-4)
    np.testing.assert_allclose(found[:, 1], np.hypot(members[..., 1].mean(axis=1), spread), rtol=1e-4)


def test_a_new_compact_network_says_five_angstrom_of_anything(cubes):
    found = np.asarray(mapclass.build("compact").predict_on_batch(cubes))
    np.testing.assert_allclose(np.exp(found[:, 0]), 5, rtol=0.02)
    np.testing.assert_allclose(found[:, 1], 0.31, atol=0.01)
