"""Fixed features of windows, against their definitions window by window."""

import numpy as np
import pytest

from deepreslib.networks import deepres_features
from deepreslib.networks.ranges import STRIDE, WINDOW


@pytest.fixture(scope="module")
def box():
    return np.random.default_rng(3).standard_normal((1, 16, 13, 19, 1)).astype(np.float32) + np.float32(0.4)


def windows_of(box):
    """The windows of the box, (z, y, x, 13, 13, 13)."""
    return np.lib.stride_tricks.sliding_window_view(box[0, ..., 0], (WINDOW,) * 3)[::STRIDE, ::STRIDE, ::STRIDE]


def of(layer, box):
    return np.asarray(layer(box, deepres_features.PowerMeans()(box)))[0]


def test_basis_is_orthonormal_and_rises_in_degree():
    basis = deepres_features.legendre_basis()
    np.testing.assert_allclose(basis @ basis.T, np.eye(WINDOW), atol=1e-12)
    points = np.linspace(-1, 1, WINDOW)
    for degree in range(WINDOW):
        np.testing.assert_allclose(basis[degree + 1 :] @ points**degree, 0, atol=1e-12)


def test_rows_slide_along_an_axis():
    rows, values = np.float32([[1, 2, 3], [0, 1, 0]]), np.float32([3, 1, 4, 1, 5, 9, 2, 6])
    matrix = np.asarray(deepres_features.sliding(rows, len(values)))
    assert matrix.shape == (2, 3, 8)
    np.testing.assert_allclose(matrix @ values, [[17, 21, 29], [1, 1, 9]])


def test_power_means_are_those_of_the_window(box):
    windows = windows_of(box).astype(float)
    expected = np.stack([np.mean(windows**power, axis=(3, 4, 5)) for power in (1, 2, 3, 4)], -1)
    np.testing.assert_allclose(np.asarray(deepres_features.PowerMeans()(box))[0], expected, rtol=1e-4, atol=1e-4)


def test_groups_hold_every_product_once_whatever_its_axes():
    groups = deepres_features.degree_groups()
    assert ((groups > 0).sum(-1) == 1).all()
    np.testing.assert_allclose(groups.sum((0, 1, 2)), 1)
    np.testing.assert_array_equal(groups, groups.transpose(1, 2, 0, 3))
    np.testing.assert_array_equal(groups, groups.transpose(1, 0, 2, 3))


def test_energies_are_those_of_the_products(box):
    basis, groups = deepres_features.legendre_basis(), deepres_features.degree_groups()
    windows = windows_of(box)
    products = np.einsum("zyxabc,ia,jb,kc->zyxijk", windows, basis, basis, basis, optimize=True)
    expected = np.einsum("zyxijk,ijkg->zyxg", products**2, groups)
    expected /= np.mean(windows**2, axis=(3, 4, 5))[..., None]
    np.testing.assert_allclose(of(deepres_features.PolynomialSpectrum(), box), expected, rtol=1e-4)


def test_a_polynomial_has_no_energy_beyond_its_degree():
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, WINDOW, dtype=np.float32),) * 3, indexing="ij")
    energies = of(deepres_features.PolynomialSpectrum(), (x**2 * y - z**3 + 0.5)[None, ..., None])[0, 0, 0]
    degrees = np.indices((WINDOW,) * 3).sum(0)
    within = (deepres_features.degree_groups()[degrees <= 3] > 0).any(0)
    assert energies[within].sum() > 1
    assert energies[~within].max() < 1e-10


def test_moments_are_those_of_the_window(box):
    windows = windows_of(box)
    inner = (3, 4, 5)
    scale = np.sqrt(np.mean(windows**2, axis=inner))
    expected = [
        windows.mean(inner) / scale,
        windows[..., 6, 6, 6] / scale,
        windows.min(inner) / scale,
        windows.max(inner) / scale,
        np.mean(windows**3, axis=inner) / scale**3,
        np.mean(windows**4, axis=inner) / scale**4,
    ]
    np.testing.assert_allclose(of(deepres_features.WindowMoments(), box), np.stack(expected, -1), rtol=1e-3, atol=1e-4)


def test_band_filters_are_blind_to_a_constant_and_of_unit_norm():
    filters = deepres_features.band_filters()
    np.testing.assert_allclose(filters.sum((0, 1, 2, 3))[1:], 0, atol=1e-12)
    np.testing.assert_allclose(np.square(filters).sum((0, 1, 2, 3)), 1)


def test_sparse_peaks_are_skewed_and_noise_is_not():
    rng = np.random.default_rng(4)
    shape = (1, WINDOW, WINDOW, WINDOW, 1)
    peaks = (rng.random(shape) < 0.02).astype(np.float32)
    noise = rng.standard_normal((50, *shape[1:])).astype(np.float32)
    layer = deepres_features.BandMoments()
    skewness = slice(1, deepres_features.BANDS)
    assert (of(layer, peaks)[..., skewness] > 0.7).all()
    moments = np.asarray(layer(noise, deepres_features.PowerMeans()(noise)))
    assert abs(moments[..., skewness].mean()) < 0.1


def test_bands_are_those_of_the_filters(box):
    filters = deepres_features.band_filters()[..., 0, :]
    runs = np.lib.stride_tricks.sliding_window_view(box[0, ..., 0], (deepres_features.BAND_FILTER,) * 3)
    expected = np.tensordot(runs, filters, 3)
    for part in (box, box[..., :-1, :]):
        bands = np.asarray(deepres_features.BandMoments()._filtered(part))[0]
        width = part.shape[3] - deepres_features.BAND_FILTER + 1
        np.testing.assert_allclose(bands[..., :width, :], expected[..., :width, :], atol=1e-5)


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_scaling_a_box_changes_no_feature(box, factor):
    for layer in (
        deepres_features.PolynomialSpectrum(),
        deepres_features.WindowMoments(),
        deepres_features.BandMoments(),
    ):
        one, other = of(layer, box), of(layer, box * np.float32(factor))
        assert one.shape == layer.compute_output_shape(box.shape, None)[1:] == (2, 1, 4, one.shape[-1])
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_the_layers_give_as_many_features_as_they_say(box):
    layers = (deepres_features.PolynomialSpectrum(), deepres_features.WindowMoments(), deepres_features.BandMoments())
    assert sum(of(layer, box).shape[-1] for layer in layers) == deepres_features.COUNT
