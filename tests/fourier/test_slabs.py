"""Transforms slab by slab against ``rfftn`` and ``irfftn``, whole and in a box; the factor that keeps digits."""

import numpy as np
import pytest
import scipy.fft

from deepreslib.fourier import filters, slabs

SHAPES = [(12, 10, 14), (9, 11, 13), (7, 30, 8)]


def values(shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


@pytest.fixture(autouse=True)
def _thin_slabs(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB_VOXELS", 300)


def test_slabs_cover_all_planes_once():
    parts = slabs.slabs((10, 10, 10), 300)
    assert [n for part in parts for n in range(part.start, part.stop)] == list(range(10))
    assert max(part.stop - part.start for part in parts) == 3
    assert len(slabs.slabs((4, 100, 100), 1)) == 4


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_is_rfftn_and_backward_is_irfftn(shape):
    data = values(shape)
    spectrum = slabs.forward(data.__getitem__, shape, 1)
    assert spectrum.dtype == np.complex64
    np.testing.assert_allclose(spectrum, scipy.fft.rfftn(data), atol=1e-4)
    box = slice(2, 6), slice(0, 9), slice(3, 8)
    np.testing.assert_allclose(slabs.backward(spectrum.copy(), shape, 1, box), data[box], atol=1e-5)
    np.testing.assert_allclose(slabs.backward(spectrum, shape, 2), data, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_radii_are_the_frequencies(shape):
    sizes = 1.2, 0.9, 3.0
    np.testing.assert_array_equal(np.stack(list(slabs.radii(shape, sizes))), filters.frequencies(shape, sizes))


@pytest.mark.parametrize("scale", [1e-30, 3e-7, 1.0, 1e5, 1e30])
def test_the_factor_keeps_all_digits(scale):
    data = values((5, 5, 5)) * np.float32(scale)
    factor = slabs.unit_factor(data)
    near_one = data * np.float32(factor)
    assert 0.5 <= np.abs(near_one).max() < 1
    np.testing.assert_array_equal(near_one / np.float32(factor), data)
