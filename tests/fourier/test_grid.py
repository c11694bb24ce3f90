"""Voxel sizes, fast lengths and cropped spectra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import quick, random_values

from deepreslib.fourier.grid import crop_spectrum, fast_length, fit_spectrum, lowest_coefficients, voxel_triple


@pytest.mark.parametrize("voxel_size", [1.5, np.float32(1.5), [1.5, 1.5, 1.5], np.full(3, 1.5), (1.5, 1.5, 1.5)])
def test_a_voxel_size_is_three_floats(voxel_size):
    sizes = voxel_triple(voxel_size)
    assert sizes == (1.5, 1.5, 1.5)
    assert all(type(size) is float for size in sizes)


def test_a_triple_keeps_its_order():
    assert voxel_triple([3, 2, 1]) == (3.0, 2.0, 1.0)


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (7, 8), (11, 12), (13, 15), (97, 100), (128, 128)])
def test_a_fast_length_has_no_prime_factor_above_5(count, expected):
    assert fast_length(count) == expected


@quick
@given(st.integers(1, 60), st.integers(0, 40))
def test_the_lowest_coefficients_are_those_of_a_shorter_axis(new_count, added):
    count = new_count + added
    frequencies = np.round(np.fft.fftfreq(count, 1 / count))
    kept = frequencies[lowest_coefficients(count, new_count)]
    expected = np.round(np.fft.fftfreq(new_count, 1 / new_count))
    np.testing.assert_array_equal(abs(kept), abs(expected))
    below_nyquist = abs(expected) < new_count / 2
    np.testing.assert_array_equal(kept[below_nyquist], expected[below_nyquist])


@pytest.mark.parametrize("new_shape", [(12, 10, 9), (9, 11, 8), (24, 20, 18)])
def test_a_cropped_spectrum_is_that_of_the_same_waves_on_a_coarser_grid(new_shape):
    shape = (24, 20, 18)

    def waves(counts):
        z, y, x = np.meshgrid(*(2 * np.pi * np.arange(n) / n for n in counts), indexing="ij")
        return 3 + np.cos(2 * z - y + 3 * x + 0.4) + np.sin(3 * y + x)

    spectrum = crop_spectrum(np.fft.rfftn(waves(shape)), shape, new_shape)
    np.testing.assert_allclose(spectrum, np.fft.rfftn(waves(new_shape)), atol=1e-3)


@quick
@given(st.integers(2, 30), st.integers(0, 20), st.integers(0, 2))
def test_a_padded_spectrum_is_cropped_to_what_it_was(count, added, axis):
    shape = [3, 4, 5]
    shape[axis] = count
    spectrum = np.fft.rfft(random_values(shape), axis=axis).astype(np.complex64)
    padded = fit_spectrum(spectrum, axis, count, count + added)
    assert padded.shape[axis] == (count + added) // 2 + 1
    np.testing.assert_allclose(fit_spectrum(padded, axis, count + added, count), spectrum, rtol=1e-5, atol=1e-6)
