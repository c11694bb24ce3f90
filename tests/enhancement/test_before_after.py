"""What an enhancement did to a map: phases, correlation, FSC."""

import numpy as np
import pytest
import scipy.fft
import small_maps
from scipy import ndimage

from deepreslib.enhancement.before_after import compare, correlation, phase_change
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

EDGE = 48


@pytest.fixture(scope="module")
def density_map():
    """A molecule in solvent of level 3, with noise."""
    noisy = small_maps.noisy(0.4)
    return noisy.like(noisy.data + 3)


@pytest.fixture(scope="module")
def mask():
    return np.linalg.norm(np.indices((EDGE,) * 3) - (EDGE - 1) / 2, axis=0) < 14


def soft(mask):
    return masks.soft_edge(mask, SOFT_EDGE / small_maps.VOXEL)


def test_a_map_in_a_soft_mask_is_the_map(density_map, mask):
    level = 5 * np.median((density_map.data - 3)[(soft(mask) == 0)])
    changes = compare(density_map, 5 * (density_map.data - 3) * soft(mask) - level * soft(mask), mask)
    assert changes.correlation == pytest.approx(1, abs=1e-4)
    known = changes.phases.radians[~np.isnan(changes.phases.radians)]
    assert len(known) == 6  # of shells up to 1/4 per Å
    assert known.max() < 0.02
    assert (changes.fsc_before, changes.fsc_after, changes.fsc_sentence()) == (None, None, "")
    assert set(changes.as_dict()) == {"correlation", "phase_change"}
    assert changes.as_dict()["phase_change"]["radians"][-1] is None


def test_surroundings_that_stay_are_masked_before_the_comparison(density_map, mask):
    changes = compare(density_map, 5 * (density_map.data - 3), mask, keeps_outside=True)
    assert changes.correlation == pytest.approx(1, abs=1e-4)
    assert np.nanmax(changes.phases.radians) < 0.05


@pytest.mark.parametrize("voxel_size", [0.7, 1.0, 2.0])
def test_a_shift_changes_phases_in_proportion_to_the_frequency(voxel_size):
    shift, shape = 0.3, (72, 72, 72)  # voxels along z
    noise = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    noise = filters.low_pass(noise, voxel_size, 2.6 * voxel_size)
    moved = scipy.fft.ifftn(ndimage.fourier_shift(scipy.fft.fftn(noise), (shift, 0, 0))).real
    inside = np.zeros(shape, bool)
    inside[30:42, 30:42, 30:42] = True
    found = phase_change(noise, moved, inside, (voxel_size,) * 3)
    fine = (found.frequency > 0.06) & (found.frequency < 0.35 / voxel_size)
    assert fine.sum() > 1
    expected = np.pi * found.frequency * shift * voxel_size  # the mean of |cos| over a sphere is a half
    np.testing.assert_allclose(found.radians[fine], expected[fine], rtol=0.35, atol=0.03)


def test_unrelated_maps_have_phases_a_quarter_turn_apart(mask):
    one, other = np.random.default_rng(1).standard_normal((2, EDGE, EDGE, EDGE))
    found = phase_change(one, other, mask, (1.0,) * 3)
    np.testing.assert_allclose(found.radians[2:], np.pi / 2, atol=0.05)
    assert correlation(one, other, mask) == pytest.approx(0, abs=0.05)
    assert correlation(one, -one, mask) == pytest.approx(-1)
    assert correlation(one, np.ones_like(one), mask) == 0


def test_the_fsc_of_both_is_that_of_one_soft_mask(mask):
    signal = small_maps.atoms()
    halves = [small_maps.density_map(signal + 0.6 * small_maps.reconstruction_noise(signal.shape, k)) for k in (1, 2)]
    mean = small_maps.density_map(0.5 * (halves[0].data + halves[1].data))
    treated = tuple(np.float32(2) * half.data * soft(mask) for half in halves)
    changes = compare(mean, treated[0] + treated[1], mask, tuple(halves), treated)
    before, after = changes.fsc_before.resolution(), changes.fsc_after.resolution()
    assert 4 < before < 9
    assert after == pytest.approx(before, abs=0.02)
    assert changes.fsc_sentence().endswith(f"{before:.2f} Å before, {after:.2f} Å after")
    assert set(changes.as_dict()) == {"correlation", "phase_change", "fsc_before", "fsc_after"}


def test_half_maps_of_noise_have_nothing_in_common(mask):
    halves = tuple(DensityMap(data.astype(np.float32), (2.0,) * 3) for data in _noise())
    changes = compare(halves[0], halves[0].data, mask, halves, tuple(-half.data for half in halves), keeps_outside=True)
    assert changes.fsc_after.resolution() > 10
    np.testing.assert_allclose(changes.fsc_after.correlation[2:], changes.fsc_before.correlation[2:], atol=0.01)


def _noise():
    return np.random.default_rng(2).standard_normal((2, EDGE, EDGE, EDGE))
