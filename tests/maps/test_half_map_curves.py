"""The FSC of half maps without what the mask makes, against cases whose answer is known."""

import math

import half_map_pairs
import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import DensityMap
from deepreslib.maps.half_map_curves import HalfMapCurves, corrected, departure, measure
from deepreslib.maps.half_maps import fsc_report

FREQUENCY = np.linspace(0, 0.25, 26)


def curve(values):
    return ShellCorrelation(FREQUENCY, np.asarray(values, float))


def curves(unmasked, masked=None):
    masked = unmasked if masked is None else masked
    return HalfMapCurves(curve(unmasked), curve(masked), None, curve(masked), None)


def test_the_correction_is_the_formula_beyond_two_shells():
    masked, made = curve(np.linspace(1, 0.1, 26)), curve(np.full(26, 0.08))
    found = corrected(masked, made, 10.0)
    np.testing.assert_allclose(found.correlation[:12], masked.correlation[:12])
    np.testing.assert_allclose(found.correlation[12:], (masked.correlation[12:] - 0.08) / 0.92)


def test_a_mask_that_makes_nothing_takes_nothing_off():
    masked = curve(np.linspace(1, 0.1, 26))
    np.testing.assert_array_equal(corrected(masked, curve(np.full(26, -0.02)), 10.0).correlation, masked.correlation)


@pytest.fixture(scope="module")
def ball():
    return np.linalg.norm(np.indices((64,) * 3) - 32, axis=0) < 20


def test_independent_half_maps_decide(ball):
    found = measure(*half_map_pairs.pair(2.0), ball, np.random.default_rng(0), 1)
    assert found.fault() is None
    assert found.unmasked.resolution() >= found.resolution() >= 2 * 1.5
    assert found.deviation() >= found.resolution() ** 2 * found.corrected.frequency[1]
    far = found.randomised.frequency > 1.6 / found.beyond
    assert np.abs(found.randomised.correlation[far]).mean() < 0.1
    assert abs(found.made_by_mask(found.beyond / 2)) < 0.2
    assert found.made_by_mask(2 * found.beyond) == 0


def test_a_map_departs_from_its_half_maps_where_its_phases_are_others(ball):
    half1, half2 = half_map_pairs.pair(2.0)
    found = measure(half1, half2, ball, np.random.default_rng(0), 1)
    finest, beyond = found.masked.resolution(), 2 * found.masked.resolution()
    mean = half1.like((half1.data + half2.data) / 2)
    scrambled = mean.like(filters.randomise_phases(mean.data, mean.voxel_size, beyond, np.random.default_rng(1)))
    departures = [
        departure(each, (half1, half2), ball, found.masked, finest, 1)
        for each in (mean, mean.like(5 + half_map_pairs.sharpened(mean.data, -100)), scrambled)
    ]
    assert departures[:2] == [None, None]
    assert finest < departures[2] == pytest.approx(beyond, rel=0.25)
    assert departure(scrambled, (half1, half2), ball, found.masked, beyond, 1) is None


def test_a_sharp_mask_of_few_voxels_is_found_out(ball):
    rng = np.random.default_rng(3)
    smooth = half_map_pairs.molecule()
    halves = [
        DensityMap((smooth + 3 * rng.standard_normal(smooth.shape) * ball).astype("f4"), (1.5,) * 3) for _ in "12"
    ]
    found = measure(*halves, ball, rng, 1)
    assert found.resolution() >= found.masked.resolution()


def test_shared_noise_never_falls(ball):
    rng = np.random.default_rng(4)
    shared = rng.standard_normal((64,) * 3)
    halves = [
        DensityMap((half_map_pairs.molecule() + shared + 0.3 * rng.standard_normal((64,) * 3)).astype("f4"), (1.5,) * 3)
        for _ in "12"
    ]
    found = measure(*halves, ball, rng, 1)
    assert "share their noise" in found.fault()


def test_faults_of_curves():
    assert curves(np.linspace(1, 0, 26)).fault() is None
    assert "share" in curves(np.full(26, 0.7)).fault()
    assert "never falls to 0.143" in curves(np.linspace(1, 0, 26), np.linspace(1, 0.3, 26)).fault()
    assert "no frequency" in curves(np.full(26, 0.05)).fault()
    steep = np.where(np.arange(26) < 2, 1.0, 0.0)
    assert "uncertain by more than a fifth" in curves(steep).fault()
    assert math.isinf(curves(np.full(26, 0.05)).resolution())


def test_curves_are_read_from_a_report():
    line = np.linspace(1, 0, 26)
    report = {name: fsc_report(curve(line), True) for name in ("unmasked", "masked", "corrected")}
    found = HalfMapCurves.from_dict(report, None)
    assert (found.randomised, found.beyond) == (None, None)
    np.testing.assert_allclose(found.corrected.correlation, line, atol=1e-5)
    found = HalfMapCurves.from_dict({**report, "randomised": report["masked"]}, 8.0)
    assert found.beyond == 8.0
    np.testing.assert_allclose(found.randomised.frequency, FREQUENCY, atol=1e-6)
