"""Resolution maps of other programs: what their outside is, and what is no resolution map."""

import numpy as np
import pytest

from deepreslib.analysis.resolution_map import as_resolution, assigned
from deepreslib.errors import InputError
from deepreslib.maps import DensityMap

SHAPE = (30, 32, 34)
RADIUS = np.linalg.norm(np.indices(SHAPE) - np.array([15, 16, 17]).reshape(3, 1, 1, 1), axis=0)
INSIDE = RADIUS < 10
TRUTH = np.where(INSIDE, 4 + RADIUS / 5, 0).astype(np.float32)


def density_map(values, voxel_size=1.5):
    return DensityMap(np.ascontiguousarray(values, np.float32), (voxel_size,) * 3, path="res.mrc")


def filled(value):
    return np.where(INSIDE, TRUTH, value)


@pytest.mark.parametrize("value", [0, 100, -1, 13, float(TRUTH[INSIDE].mean()), float(TRUTH.max()), 999])
def test_the_outside_is_background_whatever_fills_it(value):
    resolution, notes = as_resolution(density_map(filled(value)))
    away = np.abs(TRUTH - value) > 1e-3
    np.testing.assert_array_equal(resolution.data[away], TRUTH[away])
    assert (resolution.data[~INSIDE] == 0).all()
    assert len(notes) == (value not in (0, 100, -1))
    assert all(note.startswith("res.mrc: ") for note in notes)


def test_values_given_as_background_are_left_out():
    resolution, notes = as_resolution(density_map(np.where(RADIUS < 3, 55, TRUTH)), background=(55,))
    assert (resolution.data[RADIUS < 3] == 0).all()
    assert notes == ()


def test_a_map_without_outside_is_left_alone():
    values = 4 + np.indices(SHAPE)[0] / 20
    resolution, notes = as_resolution(density_map(values))
    np.testing.assert_array_equal(resolution.data, values.astype(np.float32))
    assert notes == ()
    constant, notes = as_resolution(density_map(np.full(SHAPE, 13.0)))
    assert (constant.data == 13).all()
    assert notes == ()


def test_many_voxels_of_one_value_within_a_mask_stay():
    values = np.where(INSIDE, 13, 0)
    values[15] = np.where(INSIDE[15], 9, 0)
    resolution, _ = as_resolution(density_map(values))
    assert (resolution.data == values).all()


def test_all_at_nyquist_is_a_resolution():
    resolution, _ = as_resolution(density_map(np.where(INSIDE, 3.0, 0)))
    assert np.count_nonzero(resolution.data) == INSIDE.sum()


NOISE = np.random.default_rng(0).normal(0, 0.2, SHAPE)
WRONG = {
    "density": (NOISE + INSIDE, "negative values, so it is a density"),
    "large density": (1000 * (NOISE + INSIDE), "negative values, so it is a density"),
    "frequencies": (np.where(INSIDE, 1 / np.maximum(TRUTH, 1), 0), r"frequencies in 1/Å"),
    "mask": (INSIDE, "may be a mask"),
    "mask of 255": (255 * INSIDE, "too coarse"),
    "masked density": (np.where(INSIDE, 0.02 + 0.01 * NOISE**2, 0), "or a density"),
    "positive density": (np.where(INSIDE, 2 + NOISE**2, 0), "it may be a density"),
    "zeros": (np.zeros(SHAPE), "no value above 0 but background"),
    "background": (np.full(SHAPE, 100), "no value above 0 but background"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_resolution_map_is_refused(kind):
    values, words = WRONG[kind]
    with pytest.raises(InputError, match=words) as refusal:
        as_resolution(density_map(values))
    assert str(refusal.value).startswith("res.mrc has ")


def test_values_are_assigned_where_they_are_no_background():
    values = np.array([0, -1, np.nan, np.inf, 3, 100, 100.0005, 5])
    np.testing.assert_array_equal(assigned(values), [0, 0, 0, 0, 1, 0, 0, 1])
    np.testing.assert_array_equal(assigned(values, (5,)), [0, 0, 0, 0, 1, 1, 1, 0])


def test_values_as_coarse_as_b_factors_are_warned_about():
    b_factors = np.where(INSIDE, 60 + RADIUS, 0)
    _, (note,) = as_resolution(density_map(b_factors))
    assert "B factors" in note
    assert as_resolution(density_map(np.where(INSIDE, 30 + RADIUS, 0)))[1] == ()
    assert as_resolution(density_map(b_factors, voxel_size=8.0))[1] == ()
