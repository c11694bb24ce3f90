"""Maps on other voxels: what is where, and what is true of it."""

import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.simulation.regridding import Resampling, labels_on, regridded


def wave(shape, voxel_size, offset=0.0):
    """A smooth map that is known everywhere; periodic in 48 Å."""
    z, y, x = (2 * np.pi * (offset + np.arange(n) * voxel_size) / 48 for n in shape)
    return (np.sin(z)[:, None, None] + np.cos(y)[:, None] + np.sin(2 * x)).astype(np.float32)


@pytest.mark.parametrize(
    ("how", "tolerance"),
    [
        (Resampling("fourier", 0.8), 1e-4),
        (Resampling("fourier", 1.25), 1e-4),
        (Resampling("spline", 0.8, 0.4), 0.01),
        (Resampling("trilinear", 1.2, 0.7), 0.08),
    ],
)
def test_the_map_is_where_its_grid_says(how, tolerance):
    result = regridded(wave((32, 32, 32), 1.5), 1.5, how)
    assert result.voxel_size == pytest.approx(1.5 * how.factor, rel=0.05)
    assert result.offset == pytest.approx(1.5 * how.shift)
    expected = wave(result.data.shape, result.voxel_size, result.offset)
    inner = (slice(2, -4),) * 3
    np.testing.assert_allclose(result.data[inner], expected[inner], atol=tolerance)


@pytest.mark.parametrize("method", ["trilinear", "spline", "fourier"])
def test_back_again_is_nearly_the_same_and_says_how_coarse_it_was(method):
    data = wave((32, 32, 32), 1.5)
    how = Resampling(method, 1.25, 0.0 if method == "fourier" else 0.3, back=True)
    result = regridded(data, 1.5, how)
    assert (result.voxel_size, result.offset) == (1.5, 0.0)
    assert result.coarsest == pytest.approx(1.5 * 1.25, rel=0.05)
    inner = (slice(4, -4),) * 3
    np.testing.assert_allclose(result.data[inner], data[inner], atol=0.15)


def test_trilinear_interpolation_weakens_fine_detail_more_than_splines():
    noise = filters.shaped_noise((32, 32, 32), np.random.default_rng(0))
    rests = [regridded(noise, 1.0, Resampling(m, 1.0, 0.5)).data.std() for m in ("trilinear", "spline", "fourier")]
    assert rests[0] < 0.6 * rests[1] < rests[1] < rests[2] * 1.001


def test_labels_keep_volume_and_values():
    mask = np.zeros((30, 30, 30), bool)
    mask[8:22, 8:22, 8:22] = True
    values = np.where(mask, 5.0, 0).astype(np.float32)
    new, on = labels_on(mask, values, 0.75, 0.4, (40, 40, 40))
    assert new.sum() * 0.75**3 == pytest.approx(mask.sum(), rel=0.12)
    np.testing.assert_allclose(on[new], 5.0, rtol=1e-5)
    assert (on[~new] == 0).all()
    assert np.argwhere(new).mean() * 0.75 + 0.4 == pytest.approx(14.5, abs=0.4)
