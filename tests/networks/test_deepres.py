"""The DeepRes networks: contract, dense pass against single windows, the published file format."""

import h5py
import numpy as np
import pytest

from deepreslib.networks import deepres, store
from deepreslib.networks.deepres_card import load_deepres
from deepreslib.networks.ranges import RANGES, STRIDE, WINDOW


def windows_of(box):
    """The 13³ windows of a box (z, y, x), two voxels apart, each of unit L2 norm, as (n, 13, 13, 13, 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(box, (WINDOW,) * 3)[::STRIDE, ::STRIDE, ::STRIDE]
    windows = windows.reshape(-1, WINDOW, WINDOW, WINDOW)
    return (windows / np.linalg.norm(windows.reshape(len(windows), -1), axis=1)[:, None, None, None])[..., None]


def real_box(shared_data, edge):
    """A box of the beta-galactosidase map at the molecule's border."""
    from deepreslib.maps import read_map

    return read_map(shared_data / "maps" / "betagal.mrc").data[(slice(40, 40 + edge),) * 3]


@pytest.mark.parametrize("range_name", ["low", "high"])
@pytest.mark.parametrize("source", ["random", "real"])
def test_dense_pass_equals_window_by_window(range_name, source, request):
    if source == "random":
        box = np.random.default_rng(5).standard_normal((18, 15, 21)).astype(np.float32) * 1000
    else:
        box = real_box(request.getfixturevalue("shared_data"), 19)
    network = load_deepres(store.shipped_folder("deepres", range_name), range_name).network
    dense = network.predict(box[None, ..., None], verbose=0)[0]
    single = network.predict(windows_of(box), verbose=0)[:, 0, 0, 0]
    assert dense.shape == (*((n - WINDOW) // STRIDE + 1 for n in box.shape), 2)
    np.testing.assert_allclose(dense.reshape(-1, 2), single, atol=1e-3)
    assert np.ptp(single[:, 0]) > 0.01


def test_compact_stays_within_its_budget_and_reports_positive_deviations():
    config = deepres.PRESETS["compact"]["config"]
    assert deepres.multiply_adds(**config) / STRIDE**3 < 40_000  # a voxel
    network = deepres.build("compact", RANGES["high"])
    predicted = network.predict(np.random.default_rng(0).standard_normal((2, 13, 16, 17, 1)), verbose=0)
    assert predicted.shape == (2, 1, 2, 3, 2)
    assert (predicted[..., 1] > 0).all()
    np.testing.assert_allclose(predicted[..., 0], 3.75)  # untrained: the middle of the range


def test_features_then_perceptron_are_the_compact_network():
    rng = np.random.default_rng(1)
    windows = rng.standard_normal((5, 13, 13, 13, 1)).astype(np.float32)
    inputs = deepres.features().predict(windows, verbose=0)[:, 0, 0, 0]
    perceptron = deepres.perceptron(RANGES["low"], hidden=[8, 4])
    deepres.adapt(perceptron, inputs)
    for layer in ("hidden_1", "hidden_2", "raw"):
        weights = perceptron.get_layer(layer)
        weights.set_weights([rng.standard_normal(w.shape) for w in weights.get_weights()])
    whole = deepres.compact(RANGES["low"], hidden=[8, 4])
    store.transfer_weights(perceptron, whole)
    expected = perceptron.predict(inputs, verbose=0)
    np.testing.assert_allclose(whole.predict(windows, verbose=0)[:, 0, 0, 0], expected, rtol=1e-3)
    assert np.ptp(expected[:, 0]) > 0.1


def test_published_has_the_papers_number_of_weights():
    network = deepres.build("published", RANGES["low"])
    assert network.count_params() == 36_067_009
    assert network.input_shape == (None, 13, 13, 13, 1)
    assert network.output_shape == (None, 1)


@pytest.fixture(scope="module")
def keras_2_file(tmp_path_factory):
    """A file laid out as Keras 2.0 wrote models, with random weights, and those weights."""
    rng = np.random.default_rng(0)
    weights = {
        "conv3d_1": {"kernel:0": (13, 13, 13, 1, 32), "bias:0": (32,)},
        "dropout_1": {},
        "flatten_1": {},
        "dense_1": {"kernel:0": (13**3 * 32, 512), "bias:0": (512,)},
        "dropout_2": {},
        "dense_2": {"kernel:0": (512, 1), "bias:0": (1,)},
    }
    path, values = tmp_path_factory.mktemp("keras2") / "model_w13.h5", []
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.0.2"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, shapes in weights.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [f"{layer}/{name}".encode() for name in shapes]
            for name, shape in shapes.items():
                values.append(rng.standard_normal(shape, np.float32) * np.float32(0.01))
                inner[f"{layer}/{name}"] = values[-1]
    return str(path), values


def test_published_loads_keras_2_files(keras_2_file):
    path, values = keras_2_file
    model = load_deepres(path, "low")
    for value, expected in zip(model.network.get_weights(), values, strict=True):
        np.testing.assert_array_equal(value, expected)
    window = windows_of(np.random.default_rng(1).standard_normal((13, 13, 13)).astype(np.float32))
    padded = np.pad(window[0, ..., 0], 6)
    views = np.lib.stride_tricks.sliding_window_view(padded, (13, 13, 13))
    hidden = np.maximum(np.tensordot(views, values[0][..., 0, :], 3) + values[1], 0)
    hidden = np.maximum(hidden.ravel() @ values[2] + values[3], 0)
    expected = hidden @ values[4] + values[5]
    np.testing.assert_allclose(model.network.predict(window, verbose=0)[0], expected, atol=1e-4)
    assert model.preset == "published"
    assert model.sha256 == store.sha256(path)
