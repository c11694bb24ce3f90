"""How networks are run: one trace for all sizes, Keras without what is not used, the device in words."""

import subprocess
import sys

import numpy as np
import pytest

from deepreslib.estimation import cryores, deepres
from deepreslib.networks import running
from deepreslib.networks.cryores_features import FEATURES, SUMMARY


@pytest.fixture(scope="module")
def model():
    return deepres.load_model("low")


def box(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal((1, *shape, 1)).astype(np.float32)


@pytest.mark.parametrize("shape", [(13, 13, 13), (17, 20, 15), (31, 14, 25)])
def test_any_size_gives_what_the_network_gives(model, shape):
    np.testing.assert_allclose(model.run(box(*shape)), model.network.predict(box(*shape), verbose=0), atol=1e-4)


def test_several_inputs_and_outputs_keep_their_names():
    model = cryores.load_model()
    rng = np.random.default_rng(0)
    inputs = {
        "features": rng.standard_normal((1, 2, 3, 5, FEATURES)).astype(np.float32),
        "summary": rng.standard_normal((1, SUMMARY)).astype(np.float32),
    }
    expected = model.network.predict(inputs, verbose=0)
    found = model.run(inputs)
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-4)


@pytest.mark.skipif(running.backend() != "tensorflow", reason="only TensorFlow traces")
def test_a_network_is_traced_once_for_all_sizes(model):
    calls = []

    class Counted:
        """The network, each call of which is counted; once it is traced, none is needed."""

        inputs, input = model.network.inputs, model.network.input

        def __call__(self, *args, **options):
            calls.append(args)
            return model.network(*args, **options)

    run = running.any_size(Counted())
    for edge in (13, 15, 18, 22):
        run(box(edge, edge + 1, edge))
    assert len(calls) == 1


@pytest.mark.skipif(running.backend() != "tensorflow", reason="an error of TensorFlow's")
def test_memory_that_runs_out_is_a_memory_error(model, monkeypatch):
    import tensorflow as tf

    def exhausted(*args, **options):
        raise tf.errors.ResourceExhaustedError(None, None, "no memory")

    monkeypatch.setattr(tf, "function", lambda *args, **options: exhausted)
    with pytest.raises(MemoryError, match="more memory"):
        running.any_size(model.network)(box(13, 13, 13))


def test_what_is_no_keras_network_is_asked_as_it_is():
    class Known:
        def predict_on_batch(self, inputs):
            return 2 * inputs

    assert running.any_size(Known())(4) == 8


def test_keras_is_imported_without_what_is_not_used():
    code = (
        "import sys; from deepreslib.networks import running; running.import_keras();"
        "assert 'keras' in sys.modules;"
        "assert 'IPython' not in sys.modules and 'matplotlib' not in sys.modules;"
        "import matplotlib.pyplot"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_was_there_before_keras_stays():
    code = (
        "import sys, matplotlib; from deepreslib.networks import running; running.import_keras();"
        "assert sys.modules['matplotlib'] is matplotlib"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_backend_has_the_name_that_keras_gives_it():
    assert running.backend() in ("tensorflow", "torch", "jax", "openvino")
