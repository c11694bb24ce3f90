"""The colour scale: fits its values, is deaf to outliers, blue is good."""

import subprocess
import sys

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, inside_values
from deepreslib.pictures.scale import ClassScale


def test_low_resolution_value_is_blue_and_high_is_red():
    scale = ColourScale(2, 6)
    best, worst = scale.rgba([2.0, 6.0])
    assert best[2] > 0.4
    assert best[0] == 0
    assert worst[0] > 0.4
    assert worst[2] == 0


def test_values_beyond_the_ends_get_the_ends_colours():
    scale = ColourScale(2, 6, "viridis")
    colours = scale.rgba([[0.5, 2.0], [6.0, 99.0]])
    assert colours.shape == (2, 2, 4)
    np.testing.assert_array_equal(colours[0, 0], colours[0, 1])
    np.testing.assert_array_equal(colours[1, 0], colours[1, 1])


def test_fitted_ends_ignore_outliers_and_outside():
    values = np.concatenate([np.linspace(3.02, 7.9, 1000), [0.0] * 5000, [90.0] * 5, [np.nan]])
    scale = ColourScale.from_values(values)
    assert (scale.low, scale.high) == (3.0, 8.0)


def test_fitted_ends_are_finer_for_a_narrow_map():
    scale = ColourScale.from_values(np.linspace(3.12, 3.98, 1000))
    assert (scale.low, scale.high) == (3.1, 4.0)


def test_round_ends_stay_where_they_are():
    assert ColourScale.from_values(np.repeat([3.0, 6.0], 500)) == ColourScale(3.0, 6.0)


def test_constant_map_gets_a_scale_about_its_value():
    scale = ColourScale.from_values(np.full(100, 4.2))
    assert scale.low < 4.2 < scale.high
    assert scale.high - scale.low >= 0.5


@pytest.mark.parametrize("value", [0.001, 0.05, 0.29, 0.3])
def test_small_values_get_no_scale_below_zero(value):
    """An uncertainty of 0.05 Å everywhere had a key from −0.3 Å."""
    scale = ColourScale.from_values(np.full(100, value))
    assert scale.low == 0
    assert value < scale.high <= 0.6


def test_single_precision_does_not_count_as_beyond_an_end():
    scale = ColourScale(2.1, 7.3)
    assert scale.clipped_ends(np.array([2.1, 7.3], np.float32)) == "neither"
    assert scale.clipped_ends(np.array([2.09, 7.31], np.float32)) == "both"


def test_map_without_inside_is_refused():
    with pytest.raises(InputError, match="no value above 0"):
        ColourScale.from_values(np.zeros((4, 4, 4)))


@pytest.mark.parametrize("bad", [(6, 2), (3, 3), (np.nan, 4), (2, np.inf)])
def test_ends_in_the_wrong_order_are_refused(bad):
    with pytest.raises(InputError, match="low end below"):
        ColourScale(*bad)


def test_unknown_colour_map_is_refused():
    with pytest.raises(InputError, match="no colour map named 'jett'"):
        ColourScale(2, 6, "jett")


def test_palette_is_the_scale_at_its_levels():
    scale = ColourScale(2, 6, levels=5)
    np.testing.assert_allclose(scale.level_values(), [2, 3, 4, 5, 6])
    for value, text in zip(scale.level_values(), scale.hex_colours(), strict=True):
        red_green_blue = [int(text[start : start + 2], 16) for start in (1, 3, 5)]
        np.testing.assert_allclose(red_green_blue, 255 * scale.rgba(value)[:3], atol=0.51)


def test_palette_interpolated_as_chimerax_does_is_close_to_jet():
    scale = ColourScale(2, 10)
    values = np.linspace(2, 10, 500)
    palette = scale.rgba(scale.level_values())
    blended = np.stack([np.interp(values, scale.level_values(), palette[:, c]) for c in range(3)], axis=1)
    assert np.abs(blended - scale.rgba(values)[:, :3]).max() < 0.12


@pytest.mark.parametrize(("low", "high"), [(2, 6), (2.5, 13), (3.1, 4.0), (7, 13), (1.5, 40)])
def test_ticks_are_few_rising_and_hold_both_ends(low, high):
    ticks = ColourScale(low, high).ticks()
    assert ticks[0] == low
    assert ticks[-1] == high
    assert 3 <= len(ticks) <= 10
    assert np.diff(ticks).min() > 0.04 * (high - low)


def test_inside_values_leaves_out_zero_and_not_finite():
    np.testing.assert_array_equal(inside_values(np.array([[0, 3.5], [np.nan, np.inf], [2, 0]])), [3.5, 2])


def test_pictures_import_no_window_and_no_network():
    code = (
        "import sys, deepreslib.pictures; "
        "print([name for name in ('tensorflow', 'keras', 'tkinter', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_classes_have_plain_colours_and_their_numbers_for_names():
    scale = ClassScale(0.5, 3.5, listed=("#ff0000", "#00ff00", "#0000ff"))
    np.testing.assert_allclose(scale.level_values(), [0.501, 1.499, 1.501, 2.499, 2.501, 3.499])
    assert scale.hex_colours() == ["#ff0000"] * 2 + ["#00ff00"] * 2 + ["#0000ff"] * 2
    assert scale.key_names() == ("1", "2", "3")
    assert ClassScale(0.5, 1.5, listed=("#ff0000",), names=("one",)).key_names() == ("one",)
