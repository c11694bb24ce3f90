"""The B factor of a map from the slope of its amplitudes."""

import numpy as np
import pytest

from deepreslib.enhancement import guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap

EDGE, VOXEL_SIZE = 64, 1.25
BALL = np.linalg.norm(np.indices((EDGE,) * 3) - EDGE / 2, axis=0) < 22


def flat_map(b_factor=0.0, seed=1, shape=(EDGE,) * 3, mask=BALL):
    """White density in a mask, its amplitudes the same at all frequencies, with a B factor applied."""
    white = np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * mask
    return DensityMap(filters.apply_b_factor(white, VOXEL_SIZE, b_factor), (VOXEL_SIZE,) * 3)


def fit(density_map, resolution=3.0, mask=BALL, **options):
    return guinier.fit(density_map, mask, resolution, protein=False, **options)


@pytest.mark.parametrize("b_factor", [-100, 0, 80, 200, 400])
def test_the_b_factor_that_was_applied_is_found(b_factor):
    found = fit(flat_map(b_factor))
    assert found.b_factor == pytest.approx(b_factor, abs=4 + 0.03 * abs(b_factor))
    assert abs(found.b_factor - b_factor) < 5 * found.error
    assert found.error < 10
    assert 9 < found.coarsest <= 10
    assert 3.0 <= found.finest < 3.2
    within = (found.inverse_square > 0.02) & (found.inverse_square < 0.1)
    np.testing.assert_allclose(found.line(found.inverse_square[within]), found.logarithm[within], atol=0.5)


def test_a_proteins_own_amplitudes_are_taken_off():
    white = flat_map()
    frequency = filters.frequencies(white.data.shape, VOXEL_SIZE)
    weights = np.exp(guinier.protein_logarithm(frequency**2)) * filters.b_factor_weights(frequency, 90)
    protein = white.like(filters.transfer(white.data, weights))
    for resolution in (3.0, 4.5, 6.0):
        found = guinier.fit(protein, BALL, resolution)
        assert found.b_factor == pytest.approx(90, abs=max(5, 3 * found.error))
        assert found.error < 25
    assert guinier.fit(protein, BALL, 6.0, protein=False).b_factor > 150


def test_scale_offset_and_noise_beyond_the_resolution_do_not_matter():
    signal = flat_map(120)
    expected = fit(signal).b_factor
    for data in (1e6 * signal.data, signal.data + 5 * signal.data.std()):
        assert fit(signal.like(data.astype(np.float32))).b_factor == pytest.approx(expected, abs=1)
    frequency = filters.frequencies(signal.data.shape, VOXEL_SIZE)
    noise = np.random.default_rng(2).standard_normal(signal.data.shape).astype(np.float32)
    beyond = filters.transfer(noise, (frequency > 1 / 2.8).astype(np.float32))
    noisy = signal.like(signal.data + beyond * signal.data.std())
    assert fit(noisy).b_factor == pytest.approx(expected, abs=2)


def test_shells_that_a_low_pass_filter_cut_are_left_out():
    filtered = flat_map(60)
    filtered = filtered.like(filters.low_pass(filtered.data, VOXEL_SIZE, 3.6))
    found = fit(filtered, resolution=3.1)
    assert found.b_factor == pytest.approx(60, abs=12)
    assert found.finest > 3.3
    assert found.was_cut
    assert not fit(flat_map(60), resolution=3.1).was_cut


@pytest.mark.parametrize("noise", [0, 1e-3])
@pytest.mark.parametrize("resolution", [5.0, 7.0, 9.0])
def test_a_filter_well_before_the_resolution_is_no_b_factor(resolution, noise):
    filtered = filters.low_pass(flat_map(60).data, VOXEL_SIZE, resolution)
    floor = noise * filtered.std() * np.random.default_rng(3).standard_normal(filtered.shape)
    with pytest.raises(CannotTell, match=r"low-pass filter had ended them before|too uncertain"):
        fit(DensityMap((filtered + floor).astype(np.float32), (VOXEL_SIZE,) * 3))


def test_maps_of_any_shape():
    shape = (40, 64, 50)
    mask = np.zeros(shape, bool)
    mask[8:-8, 10:-10, 9:-9] = True
    found = fit(flat_map(100, shape=shape, mask=mask), mask=mask)
    assert found.b_factor == pytest.approx(100, abs=10)


def test_what_makes_no_line_cannot_be_told():
    with pytest.raises(CannotTell, match="too few for a Guinier fit"):
        fit(flat_map(), resolution=20.0)
    rough = flat_map()
    frequency = filters.frequencies(rough.data.shape, VOXEL_SIZE)
    waves = np.exp(3 * np.sin(60 * frequency)).astype(np.float32)
    with pytest.raises(CannotTell, match="do not fall in a line"):
        fit(rough.like(filters.transfer(rough.data, waves)), resolution=5.0)


def test_everywhere_in_the_box_and_nowhere():
    everywhere = np.ones((EDGE,) * 3, bool)
    assert fit(flat_map(80, mask=everywhere), mask=everywhere).b_factor == pytest.approx(80, abs=5)
    empty = DensityMap(np.zeros((EDGE,) * 3, np.float32), (VOXEL_SIZE,) * 3)
    with pytest.raises(CannotTell, match="do not fall in a line"):
        fit(empty)


def test_a_resolution_finer_than_the_grid_is_refused():
    with pytest.raises(InputError, match="finer than twice the voxel size"):
        fit(flat_map(), resolution=2.0)


def test_the_report_has_the_numbers():
    numbers = fit(flat_map(100)).as_dict()
    assert list(numbers) == ["b_factor", "error", "coarsest", "finest"]
    assert numbers["b_factor"] == pytest.approx(100, abs=8)
