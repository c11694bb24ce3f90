"""A density given in place of a mask is told from masks of any kind by its values."""

import numpy as np
import pytest
import scipy.ndimage
import small_maps

from deepreslib.maps.checks import mask_warnings


@pytest.mark.parametrize("scale", [3, 40])
def test_a_density_in_place_of_a_mask_is_warned_about(scale):
    data = small_maps.noisy().data
    density_map = small_maps.density_map(data)
    for given in (data * scale / data.max(), np.maximum(data, 0) * scale / data.max()):
        (sentence,) = mask_warnings(small_maps.density_map(given), density_map)
        assert "looks like a density" in sentence
        assert "--mask-threshold" in sentence


@pytest.mark.parametrize("level", [1, 2, 127, 255])
@pytest.mark.parametrize("outside", [0, -1])
def test_masks_of_any_level_soft_or_resampled_are_no_densities(level, outside):
    inside = (np.linalg.norm(np.indices((48,) * 3) - 23.5, axis=0) < 13) * 1.0
    soft = scipy.ndimage.gaussian_filter(inside, 2)
    ringing = scipy.ndimage.zoom(scipy.ndimage.zoom(inside, 0.5, order=1), 2, order=5)
    density_map = small_maps.noisy()
    for values in (inside, soft, np.clip(2 * soft, 0, 1), ringing):
        mask = small_maps.density_map(outside + (level - outside) * values)
        assert not [sentence for sentence in mask_warnings(mask, density_map) if "a density" in sentence]
