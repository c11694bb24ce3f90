"""Windows of maps as training examples: what they hold is what profiles and filters give, and their files."""

import dataclasses

import numpy as np
import pytest
import scipy.fft

from deepreslib.enhancement import profiles
from deepreslib.fourier import filters
from deepreslib.training.ilocscale import examples
from deepreslib.training.ilocscale.maps import MapRecipe, TrainingMap


def test_windows_are_in_the_mask_and_beyond_it(windows):
    assert len(windows) == examples.INSIDE + examples.BEYOND
    assert windows.inside.sum() == examples.INSIDE
    assert windows.within[windows.inside, 0].all()
    assert not windows.within[~windows.inside, 0].any()
    assert windows.strength[windows.inside].mean() == pytest.approx(1, rel=1e-4)
    assert windows.strength[~windows.inside].mean() < 0.5


def test_the_shells_of_the_filtered_map_add_up_to_the_map(ball_map, as_it_is):
    rng = np.random.default_rng(5)
    found = examples.from_map(ball_map, rng)
    centres = examples._drawn(ball_map.mask, examples.INSIDE, np.random.default_rng(5))
    level, sd = np.median(ball_map.data[~ball_map.mask]), ball_map.data[ball_map.mask].std()
    places = (centres[:, None] + examples.NEIGHBOURS).reshape(-1, 3)
    z, y, x = places.T
    expected = ((ball_map.data[z, y, x] - level) / sd).reshape(len(centres), -1)
    np.testing.assert_allclose(found.filtered[: len(centres)].sum(axis=2, dtype=np.float32), expected, atol=0.02)


def test_a_filtered_value_is_the_centre_of_the_window_with_that_shell_alone(ball_map, as_it_is):
    found = examples.from_map(ball_map, np.random.default_rng(6))
    centre = examples._drawn(ball_map.mask, examples.INSIDE, np.random.default_rng(6))[0]
    level, sd = np.median(ball_map.data[~ball_map.mask]), ball_map.data[ball_map.mask].std()
    half = profiles.CENTRE
    padded = np.pad((ball_map.data - level) / sd, half + 2)
    for number in (0, 3, 14):
        z, y, x = centre + examples.NEIGHBOURS[number] + 2
        spectrum = scipy.fft.rfftn(padded[z : z + 25, y : y + 25, x : x + 25])
        for shell in (0, 4, 12):
            chosen = np.minimum(profiles.SHELL_NUMBERS, 12) == shell
            alone = scipy.fft.irfftn(spectrum * chosen, (25, 25, 25))[half, half, half]
            assert found.filtered[0, number, shell] == pytest.approx(alone, abs=2e-3)


def test_profiles_do_not_hang_on_scale_and_offset(ball_map, windows, as_it_is):
    other = TrainingMap(100 * ball_map.data - 7, ball_map.mask, 3 * ball_map.at_rest, ball_map.shifted, 3.0, 2.0)
    found = examples.from_map(other, np.random.default_rng(1))
    for name in ("profiles", "power", "common", "given", "strength", "target"):
        np.testing.assert_allclose(getattr(found, name), getattr(windows, name), rtol=2e-3, atol=2e-3, err_msg=name)


def test_box_profiles_are_those_of_a_map_with_an_sd_of_a_tenth(ball_map, windows):
    centres = examples._drawn(ball_map.mask, examples.INSIDE, np.random.default_rng(1))
    level = float(np.median(ball_map.data[~ball_map.mask]))
    scaled = ball_map.data * np.float32(0.1 / ball_map.data.std())
    seen = profiles.Windows(scaled, level * 0.1 / float(ball_map.data.std()))
    expected = profiles.logarithm(seen.profiles(centres[:5]))
    np.testing.assert_allclose(windows.given[:5], expected, atol=1e-3)


def test_maps_are_made_flat(ball_map):
    found = examples.from_map(ball_map, np.random.default_rng(1))
    other = examples.from_map(
        dataclasses.replace(ball_map, data=filters.apply_b_factor(ball_map.data, 1.0, 30.0)), np.random.default_rng(1)
    )
    known = found.known & other.known
    assert known[:, :6].all()
    assert np.abs(found.profiles - other.profiles)[known].mean() < 0.1
    assert np.abs(found.given - other.given)[known].mean() > 0.2


def test_files_are_made_once_and_kept(windows, tmp_path, monkeypatch):
    made = []

    def make_map(path, recipe, seed):
        made.append((path, tuple(seed)))

    monkeypatch.setattr(examples, "make_map", make_map)
    monkeypatch.setattr(examples, "from_map", lambda *arguments: windows)
    monkeypatch.setattr(examples, "drawn_shares", lambda paths, *weights: [1 / len(paths)] * len(paths))
    files = examples.make(["one", "two"], MapRecipe(), 7, 2, tmp_path)
    assert len(made) == 2
    again = examples.make(["one", "two"], MapRecipe(), 7, 3, tmp_path)
    assert again[:2] == files
    assert [seed[1] for _, seed in made] == [0, 1, 2]
    found = examples.load(again)
    assert len(found) == 3 * len(windows)
    np.testing.assert_array_equal(np.unique(found.maps), [0, 1, 2])
    np.testing.assert_array_equal(found.filtered[: len(windows)], windows.filtered)
    assert found.known.dtype == bool
