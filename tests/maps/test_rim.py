"""What shows noise within a mask, measured on density and noise that were made so."""

import numpy as np
import pytest
import scipy.ndimage

from deepreslib.maps.rim import measure_rim

SIZE = 40
DISTANCE = np.linalg.norm(np.indices((SIZE,) * 3) - (SIZE - 1) / 2, axis=0)
MOLECULE = DISTANCE < 10
MASK = DISTANCE < 17


def test_noise_in_the_rim_has_its_sd_and_lies_on_both_sides():
    rng = np.random.default_rng(1)
    data = (np.where(MOLECULE, rng.standard_normal(MASK.shape), 0) + 0.3 * rng.standard_normal(MASK.shape)) * MASK
    rim = measure_rim(data, MOLECULE, (1.0,) * 3)
    assert rim.deviation == pytest.approx(0.3 / np.hypot(1, 0.3), rel=0.05)
    assert rim.below == pytest.approx(0.5, abs=0.05)


def test_white_noise_is_even_and_smoothed_noise_is_not():
    white = np.random.default_rng(2).standard_normal(MASK.shape)
    even = measure_rim(white * MASK, MOLECULE, (1.0,) * 3)
    assert even.unevenness < 1.3
    assert even.whiteness == pytest.approx(1, abs=0.2)
    smooth = measure_rim(scipy.ndimage.gaussian_filter(white, 1.0) * MASK, MOLECULE, (1.0,) * 3)
    assert smooth.unevenness > 3


def test_density_without_noise_has_nothing_below_the_outside_and_a_mask_on_the_molecule_leaves_no_rim():
    smooth = scipy.ndimage.gaussian_filter(MOLECULE.astype(float), 2)
    assert measure_rim(smooth * MASK, MOLECULE, (1.0,) * 3).below < 1e-3
    assert measure_rim(smooth * MOLECULE, MOLECULE, (1.0,) * 3).deviation is None
