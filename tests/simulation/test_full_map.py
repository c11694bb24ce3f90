"""The full map: each step against its formula."""

import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import masks
from deepreslib.simulation.full_map import Finish, full_map


@pytest.fixture(scope="module")
def halves():
    rng = np.random.default_rng(0)
    signal = filters.low_pass(rng.standard_normal((32, 32, 32)), 1.5, 6.0)
    return [signal + np.float32(0.2) * rng.standard_normal(signal.shape).astype(np.float32) for _ in range(2)]


MOLECULE = np.zeros((32, 32, 32), bool)
MOLECULE[12:20, 12:20, 12:20] = True


def test_without_steps_it_is_the_mean(halves):
    np.testing.assert_allclose(full_map(*halves, 1.5, MOLECULE, Finish()), sum(halves) / 2, atol=1e-5)


def test_sharpened_and_filtered(halves):
    data = full_map(*halves, 1.5, MOLECULE, Finish(b_factor=-80.0, low_pass=5.0))
    mean = sum(halves) / 2
    expected = filters.low_pass(filters.apply_b_factor(mean, 1.5, -80.0), 1.5, 5.0)
    np.testing.assert_allclose(data, expected, atol=1e-4)


def test_the_fsc_weights_coefficients_until_it_is_0(halves):
    frequency = np.arange(17) / 48
    correlation = np.clip(1.2 - 5 * frequency, -1, 1)
    correlation[0] = -0.3  # of the means, which says nothing
    correlation[-3:] = 0.4  # chance
    data = full_map(*halves, 1.5, MOLECULE, Finish(fsc_weighted=True), ShellCorrelation(frequency, correlation))
    gain = np.fft.rfftn(data) / np.fft.rfftn(sum(halves) / 2)
    assert gain[0, 0, 1] == pytest.approx(1.0, abs=1e-3)
    fsc = correlation[8]
    assert gain[0, 8, 0].real == pytest.approx(np.sqrt(2 * fsc / (1 + fsc)), abs=1e-3)
    assert abs(gain[0, 0, 15:]).max() < 1e-3


def test_masked_with_an_offset(halves):
    data = full_map(*halves, 1.5, MOLECULE, Finish(mask_growth=3.0, mask_edge=4.5, offset=0.5))
    mean = sum(halves) / 2
    soft = masks.soft_edge(masks.dilate(MOLECULE, 2.0), 3.0)
    np.testing.assert_allclose(data, mean * soft + 0.5 * (mean * soft).std(), atol=1e-5)
