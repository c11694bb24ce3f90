"""Maps that were sharpened or filtered before are told from maps as a refinement leaves them."""

import numpy as np
import pytest

from deepreslib.enhancement import guinier
from deepreslib.enhancement.treated import fall, treatment_warnings
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

SHAPE, VOXEL_SIZE, B_FACTOR = (60, 62, 64), 1.2, 90.0


@pytest.fixture(scope="module")
def mask():
    return sum((c - n // 2) ** 2 for c, n in zip(np.indices(SHAPE), SHAPE, strict=True)) < 18**2


@pytest.fixture(scope="module")
def density_map(mask):
    """Density with the amplitudes of a protein, blurred by a B factor, with white noise."""
    rng = np.random.default_rng(0)
    frequency = filters.frequencies(SHAPE, VOXEL_SIZE)
    protein = np.exp(guinier.protein_logarithm(frequency**2))
    signal = filters.transfer(
        rng.standard_normal(SHAPE) * mask, protein * filters.b_factor_weights(frequency, B_FACTOR)
    )
    data = signal + 0.05 * signal[mask].std() * rng.standard_normal(SHAPE)
    return DensityMap(data.astype(np.float32), (VOXEL_SIZE,) * 3, path="some.mrc")


def sharpened(density_map, b_factor):
    return density_map.like(filters.apply_b_factor(density_map.data, VOXEL_SIZE, b_factor))


def test_the_fall_is_the_b_factor(density_map, mask):
    assert fall(density_map, mask, 4.0) == pytest.approx(B_FACTOR, abs=15)
    assert fall(sharpened(density_map, -60), mask, 4.0) == pytest.approx(B_FACTOR - 60, abs=15)


def test_a_map_as_it_is_gets_no_warning(density_map, mask):
    assert treatment_warnings(density_map, mask, 4.0) == ()


def test_scale_and_offset_change_nothing(density_map, mask):
    assert fall(density_map.like(1e3 * density_map.data + 500), mask, 4.0) == pytest.approx(
        fall(density_map, mask, 4.0), abs=1
    )


def test_a_sharpened_map_is_noticed(density_map, mask):
    (sentence,) = treatment_warnings(sharpened(density_map, -100), mask, 4.0)
    assert "some.mrc looks sharpened already" in sentence
    assert "not sharpened" in sentence


@pytest.mark.parametrize("b_factor", [0, -130])
def test_a_filtered_map_is_noticed(density_map, mask, b_factor):
    filtered = sharpened(density_map, b_factor)
    filtered = filtered.like(filters.low_pass(filtered.data, VOXEL_SIZE, 4.0))
    sentences = treatment_warnings(filtered, mask, 4.0)
    assert "some.mrc looks low-pass filtered, it holds nothing beyond 3." in sentences[0]
    assert len(sentences) == (1 if b_factor == 0 else 2)


def test_too_few_shells_tell_nothing(density_map, mask):
    assert fall(density_map, mask, 9.5) is None
    assert treatment_warnings(sharpened(density_map, -200), mask, 9.5) == ()
