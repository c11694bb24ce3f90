"""The CryoRes networks: contract, size, scale."""

import numpy as np
import pytest

from deepres.networks import cryores


@pytest.fixture(scope="module")
def network():
    return cryores.build("compact")


def inputs(shape, batch=1):
    random = np.random.default_rng(0)
    return {
        "features": random.standard_normal((batch, *shape, cryores.FEATURES)).astype(np.float32),
        "summary": random.standard_normal((batch, cryores.SUMMARY)).astype(np.float32),
    }


def test_outputs_keep_the_contract(network):
    found = network.predict(inputs((8, 12, 16), 2), verbose=0)
    assert found["baseline"].shape == (2, 2)
    assert found["local"].shape == (2, 8, 12, 16, 2)
    assert found["mask"].shape == (2, 8, 12, 16, 1)
    assert (found["baseline"][:, 1] > 0).all()
    assert (found["local"][..., 1] > 0).all()


def test_weights_fit_into_eight_megabytes(network):
    assert 4 * network.count_params() < 8e6


def test_pooling_follows_the_mask():
    layer = cryores.MaskedMean()
    features = np.zeros((1, 4, 4, 4, 1), np.float32)
    features[:, :2] = 3
    logits = np.where(features > 0, 20, -20).astype(np.float32)
    assert np.asarray(layer(features, logits))[0, 0] == pytest.approx(3 * 32 / 33, rel=1e-4)
