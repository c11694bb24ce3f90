"""The curve from a local FSC of 0.5 to one of 0.143, and what becomes of a result on it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.estimation import local_cutoff, localfsc
from deepreslib.estimation.local_cutoff import Curve, at_cutoff, checked
from deepreslib.estimation.result import Ends, GlobalResolution, LocalResolution
from deepreslib.fourier.filters import frequencies, transfer
from deepreslib.maps import DensityMap

SIMPLE = Curve(0.8, (0.0, 0.0), (0.05, 0.0), (0.9, 2.5), (2.0, 13.0))
"""Everything 0.8 times as coarse, ± 5 %."""


@pytest.fixture
def result():
    rng = np.random.default_rng(0)
    values = rng.uniform(3, 12, (9, 8, 7)).astype(np.float32)
    values[0], values[:, 0] = 0, 0
    return LocalResolution(
        values,
        np.where(values > 0, 0.3, 0).astype(np.float32),
        GlobalResolution(4.0, 0.2),
        values > 0,
        ends=Ends(2.6, 30.0, "why fine", "why coarse"),
        local_cutoff=0.5,
    )


def test_two_cutoffs_of_a_signal_that_falls_as_a_gaussian():
    """Power of exp(-B s² / 2) over white noise: the squared frequencies of the two crossings differ by 2 ln 6 / B."""
    rng, shape, b_factor, half = np.random.default_rng(3), (56, 56, 56), 150.0, 5.0
    decay = np.exp(-b_factor * frequencies(shape, 1.0) ** 2 / 4)
    signal = transfer(rng.standard_normal(shape, np.float32), decay)
    noise = math.exp(-b_factor / half**2 / 4)  # as strong as the signal at 5 Å, where the FSC is 0.5 then
    halves = [DensityMap(signal + np.float32(noise) * rng.standard_normal(shape, np.float32), (1.0,) * 3) for _ in "12"]
    mask = np.zeros(shape, bool)
    mask[16:40:4, 16:40:4, 16:40:4] = True
    found = [np.median(localfsc.estimate(halves, mask, cutoff=c, box=36).resolution[mask]) for c in (0.5, 0.143)]
    seventh = (1 / half**2 + 2 * math.log(6) / b_factor) ** -0.5
    assert found == pytest.approx([half, seventh], rel=0.05)


def test_values_deviations_and_ends(result, monkeypatch):
    monkeypatch.setattr(local_cutoff, "curve", lambda: SIMPLE)
    old = result.resolution.copy()
    found = at_cutoff(result, 0.143)
    inside = old > 0
    np.testing.assert_allclose(found.resolution, np.where(inside, np.maximum(0.8 * old, 2.6), 0), rtol=1e-6)
    expected = np.hypot(0.8 * 0.3, 0.05 * 0.8 * old)
    np.testing.assert_allclose(found.deviation, np.where(inside, expected, 0), rtol=1e-6)
    assert found.local_cutoff == 0.143
    assert found.ends.high == pytest.approx(24)
    assert (found.ends.low, found.ends.why_low, found.ends.why_high) == (2.6, "why fine", "why coarse")
    assert found.global_resolution == result.global_resolution


def test_the_same_cutoff_changes_nothing(result):
    old = result.resolution.copy()
    assert at_cutoff(result, 0.5) is result
    np.testing.assert_array_equal(result.resolution, old)


def test_no_value_leaves_the_ends_however_coarse_the_voxels(result):
    coarse = replace(result, ends=Ends(29.0, 30.0))
    coarse.resolution[coarse.resolution > 0] = 29.5
    found = at_cutoff(coarse, 0.143)
    inside = found.resolution > 0
    assert inside.sum() == result.mask.sum()
    assert found.resolution[inside].min() >= 29.0
    assert found.ends.high > found.ends.low


@pytest.mark.parametrize("cutoff", [0.3, 0.1429, 1 / 7, 0, math.inf, math.nan, None, "0.143"])
def test_other_cutoffs_are_refused(cutoff):
    with pytest.raises(InputError, match=r"0\.5 and of 0\.143, not of .*; give one of the two"):
        checked(cutoff)


@pytest.mark.parametrize("whole", [1.0, 2.5, 3.8, 7.0, 12.0, 25.0])
def test_the_shipped_curve_rises_and_its_slope_is_its_derivative(whole):
    curve = local_cutoff.curve()
    local = np.linspace(0.3, 5, 2000) * whole
    there = local * curve.ratio(local, whole)
    assert (np.diff(there) > 0).all()
    assert ((curve.ratio(local, whole) > 0.5) & (curve.ratio(local, whole) < 1)).all()
    measured, slope = np.gradient(there, local), curve.slope(local, whole)
    smooth = np.abs(local[:, None] / whole - curve.local).min(axis=1) > 0.01  # not at the corners of the curve
    np.testing.assert_allclose(slope[smooth], measured[smooth], rtol=1e-3)
    assert 0.01 < curve.relative_deviation(whole) < 0.2


def test_the_shipped_curve_says_where_it_comes_from():
    stored = json.loads(local_cutoff.CURVE.read_text(encoding="utf-8"))
    assert "benchmarks/local_cutoffs.py" in stored["made_by"]
    assert stored["structures"] == "val"
    assert stored["scenes"] >= 60


def test_the_curve_is_a_product_of_powers_within_its_ends():
    curve = Curve(0.8, (-0.5, 0.2), (0.05, 1.0), (1.0, 2.0), (2.5, 10.0))
    np.testing.assert_allclose(curve.ratio(np.array([5, 7.5]), 5.0), [0.8, 0.8 * 1.5**-0.5])
    np.testing.assert_allclose(
        curve.ratio(np.array([4, 40, 100]), 20.0), 0.8 * 2**0.2 * np.array([1, 2**-0.5, 2**-0.5])
    )
    assert curve.relative_deviation(10.0) == pytest.approx(0.1)
    assert curve.relative_deviation(1.0) == pytest.approx(0.025)
