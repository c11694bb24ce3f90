import numpy as np
import pytest
from scipy import ndimage
from window_gains import molecule

from deepreslib.enhancement import global_sharpening, guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

RESOLUTION = 3.0
BANDS = (0.03, 0.08), (0.26, 0.32)


def as_map(data):
    return DensityMap(np.ascontiguousarray(data, np.float32), (1.0,) * 3)


def scene(b_factor=80.0, noise=0.02):
    """A molecule blurred by a B factor, half maps with white noise, and its mask."""
    density, mask = molecule(64, 22)
    density = filters.apply_b_factor(density, 1.0, b_factor)
    density /= density[mask].std()
    rng = np.random.default_rng(3)
    halves = tuple(as_map(density + noise * rng.standard_normal(mask.shape)) for _ in range(2))
    return as_map((halves[0].data + halves[1].data) / 2), mask, halves


def amplitude(data, mask, low, high):
    frequency = filters.frequencies(mask.shape, 1.0)
    return np.abs(np.fft.rfftn(data * mask))[(frequency > low) & (frequency < high)].mean()


def test_the_b_factor_is_that_of_the_guinier_fit():
    density_map, mask, _ = scene()
    found = global_sharpening.enhance(density_map, mask, RESOLUTION, workers=1)
    fit = guinier.fit(density_map, mask, RESOLUTION)
    applied = -float(found.b_factor[mask][0])
    assert fit.b_factor > 50
    assert applied == pytest.approx(fit.b_factor, abs=5)  # it is fitted in the box around the mask
    assert np.all(found.b_factor[mask] == np.float32(-applied))
    assert not found.b_factor[~mask].any()
    assert found.report["guinier"]["b_factor"] == pytest.approx(applied, abs=0.1)
    assert found.warnings == ()
    frequency = filters.frequencies(mask.shape, 1.0)
    weights = filters.raised_cosine(frequency, RESOLUTION, 1.0) * filters.b_factor_weights(frequency, -applied)
    expected = filters.transfer(density_map.data, weights)
    level = np.median(density_map.data[~ndimage.binary_dilation(mask, iterations=8)])
    assert found.data[mask] == pytest.approx((expected - level)[mask], abs=1e-3 * expected[mask].std())


def test_nothing_is_left_beyond_the_resolution():
    density_map, mask, _ = scene()
    found = global_sharpening.enhance(density_map, mask, 4.0, keep_outside=True, workers=1).data
    whole = np.ones_like(mask)
    assert amplitude(found, whole, 0.28, 0.5) < 1e-4 * amplitude(found, whole, 0.2, 0.25)


def test_half_maps_weight_the_map_and_are_treated_alike():
    density_map, mask, halves = scene(noise=0.3)
    plain = global_sharpening.enhance(density_map, mask, RESOLUTION, workers=1)
    found = global_sharpening.enhance(density_map, mask, RESOLUTION, half_maps=halves, workers=1)
    assert found.report["fsc_weight"]
    assert not plain.report["fsc_weight"]
    mean = (found.half_maps[0] + found.half_maps[1]) / 2
    assert found.data == pytest.approx(mean, abs=1e-5)
    weighted = [amplitude(found.data, mask, *band) / amplitude(density_map.data, mask, *band) for band in BANDS]
    sharpened = np.exp(-0.25 * found.b_factor.min() * np.array([np.mean(band) ** 2 for band in BANDS]))
    assert weighted[0] == pytest.approx(sharpened[0], rel=0.05)
    assert weighted[1] < 0.9 * sharpened[1]


def test_a_map_that_is_not_the_mean_is_treated_itself():
    density_map, mask, halves = scene()
    other = density_map.like(2 * density_map.data)
    found = global_sharpening.enhance(other, mask, RESOLUTION, half_maps=halves, workers=1)
    mean = (found.half_maps[0] + found.half_maps[1]) / 2
    assert found.data == pytest.approx(2 * mean, abs=1e-3 * mean.std())


def test_without_a_fit_no_b_factor_is_applied(monkeypatch):
    def cannot(*_):
        raise CannotTell("there is no line")

    monkeypatch.setattr(guinier, "fit", cannot)
    density_map, mask, _ = scene()
    found = global_sharpening.enhance(density_map, mask, RESOLUTION, keep_outside=True, workers=1)
    assert found.warnings == ("no B factor was applied to the whole map: there is no line",)
    assert not found.b_factor.any()
    difference = found.data - filters.low_pass(density_map.data, 1.0, RESOLUTION)
    assert np.ptp(difference) < 1e-4


def test_refusals_come_first():
    density_map, mask, _ = scene()
    with pytest.raises(InputError, match="finer than twice"):
        global_sharpening.enhance(density_map, mask, 1.9)
