"""What CryoRes' network sees of a map."""

import numpy as np
import pytest

from deepreslib.fourier import spectra
from deepreslib.networks import cryores
from deepreslib.networks.cryores_features import FLOOR, local_features
from deepreslib.networks.cryores_region import region


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    radius = np.linalg.norm(np.indices((48, 40, 44)).T - 22, axis=-1).T
    return (rng.standard_normal(radius.shape) * (0.1 + (radius < 12))).astype(np.float32)


def seen(data, voxel_size=1.5):
    return local_features(region(np.ascontiguousarray(data), (voxel_size,) * 3, np.ones(data.shape, bool)))


def test_shapes_are_the_network_s(data):
    inputs = seen(data)
    assert inputs.shape == spectra.coarse_shape(data.shape, 1.5)
    assert inputs.planes(slice(3, 8)).shape == (5, *inputs.shape[1:], cryores.FEATURES)
    assert inputs.summary.shape == (cryores.SUMMARY,)
    assert inputs.planes(slice(3, 8)).dtype == inputs.summary.dtype == np.float32


def test_scale_does_not_matter(data):
    one, other = seen(data), seen(1e3 * data)
    np.testing.assert_allclose(other.planes(), one.planes(), atol=1e-3)
    np.testing.assert_allclose(other.summary, one.summary, atol=1e-3)


def test_bands_beyond_nyquist_are_at_the_floor(data):
    inputs = seen(data, 2.0)
    beyond = spectra.BANDS / spectra.RATIO >= 0.25
    np.testing.assert_allclose(inputs.planes()[..., : len(beyond)][..., beyond], 1 + 0.5 * FLOOR, atol=1e-3)


def test_the_molecule_stands_out(data):
    inputs = seen(data)
    middle = tuple(n // 2 for n in inputs.shape)
    features = inputs.planes()
    assert (features[middle][9:14] - features[1, 1, 1][9:14] > 0.3).all()


def test_planes_are_parts_of_the_whole(data):
    inputs = seen(data)
    np.testing.assert_allclose(inputs.planes(slice(2, 9)), inputs.planes()[2:9], atol=1e-6)
    np.testing.assert_allclose(inputs.planes([1, 4, 11]), inputs.planes()[[1, 4, 11]], atol=1e-6)
