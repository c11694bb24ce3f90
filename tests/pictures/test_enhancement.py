"""Pictures of an enhanced map: what their lines, axes and greys are."""

import numpy as np
import pytest

from deepreslib.enhancement.profiles import FREQUENCY, SHELLS
from deepreslib.errors import InputError
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.pictures import (
    before_after_figure,
    fsc_before_after_figure,
    gains_figure,
    plain_surface_figure,
    profiles_figure,
)

SHAPE = (12, 14, 16)
VOXEL_SIZE = (1.5, 1.5, 1.5)


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def upper_labels(axes):
    (upper,) = axes.child_axes
    return [label.get_text() for label in upper.get_xticklabels()]


def ball():
    places = np.indices(SHAPE).T - np.array(SHAPE) / 2
    return (np.linalg.norm(places, axis=-1) < 5).T


def test_before_and_after_have_the_same_slices_and_greys_whatever_their_unit():
    before = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    figure = before_after_figure(before, 1000 * before + 7, ball(), VOXEL_SIZE, numbers=[4, 6], title="title")
    *panels, key = figure.axes
    images = [panel.images[0] for panel in panels]
    assert [panel.get_title().partition(" (")[0] for panel in panels] == [
        "before, z slice 4",
        "after, z slice 4",
        "before, z slice 6",
        "after, z slice 6",
    ]
    assert len({image.get_clim() for image in images}) == 1
    np.testing.assert_allclose(images[0].get_array(), images[1].get_array(), atol=1e-4)
    inside = (before - before[ball()].mean()) / before[ball()].std()
    np.testing.assert_allclose(images[2].get_array(), inside[6], atol=1e-4)
    assert key.get_ylabel() == "Density, in SDs within the mask"
    low, high = images[0].get_clim()
    assert (round(10 * low, 6) % 1, round(10 * high, 6) % 1) == (0, 0)  # the key shows these numbers
    assert key.get_yticklabels()[0].get_text() == f"−{-low:.1f}"
    assert len({(panel.get_xlim(), panel.get_ylim()) for panel in panels}) == 1


def test_maps_that_cannot_be_compared_are_refused():
    before = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    with pytest.raises(InputError, match="on one grid"):
        before_after_figure(before, before[:4], ball(), VOXEL_SIZE)
    with pytest.raises(InputError, match="mask is empty"):
        before_after_figure(before, before, np.zeros(SHAPE, bool), VOXEL_SIZE)
    with pytest.raises(InputError, match="after is constant"):
        before_after_figure(before, 0 * before, ball(), VOXEL_SIZE)


def test_a_plain_surface_has_three_views_and_no_key():
    distance = np.linalg.norm((np.indices(SHAPE).T - np.array(SHAPE) / 2).T, axis=0)
    figure = plain_surface_figure(np.exp(-(distance**2) / 12), ball(), VOXEL_SIZE)
    assert [panel.get_title().partition(" ")[0] for panel in figure.axes] == ["front", "side", "top"]
    for panel in figure.axes:
        picture = panel.images[0].get_array()
        drawn = picture[picture.min(axis=-1) < 0.95]
        assert len(drawn) > 100
        assert (drawn[:, 2] >= drawn[:, 0]).mean() > 0.95  # blue


def test_profiles_are_logarithms_against_the_inverse_square_of_the_resolution():
    before = 3 * np.exp(-30 * FREQUENCY**2)
    profiles = {"before": before, "after": 2 * before, "predicted": 2.5 * before}
    known = np.arange(SHELLS) < 9
    axes = profiles_figure(profiles, known, 3.2, "title").axes[0]
    (line,) = [line for line in axes.get_lines() if line.get_label() == "0"]
    np.testing.assert_allclose(line.get_xdata(), FREQUENCY**2)
    np.testing.assert_allclose(line.get_ydata(), np.log(3) - 30 * FREQUENCY**2, atol=1e-5)
    assert legend_of(axes) == ["before", "after", "predicted"]
    hollow = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert [len(line.get_xdata()) for line in hollow] == [4, 4, 4]
    assert {"5", "3", "2.2"} <= set(upper_labels(axes))
    assert any(np.allclose(line.get_xdata(), 1 / 3.2**2) for line in axes.get_lines() if len(line.get_xdata()) == 2)
    assert axes.get_ylim()[0] < np.log(3) - 30 * FREQUENCY[-1] ** 2 < axes.get_ylim()[1]


def test_a_filtered_profile_keeps_the_axis_readable():
    filtered = np.where(FREQUENCY < 0.2, 1.0, 0.0)
    low, high = profiles_figure({"before": filtered}).axes[0].get_ylim()
    assert high - low < 14


def test_what_is_no_profile_is_refused():
    for profiles, match in (
        ({}, "no profile"),
        ({"before": np.zeros(SHELLS)}, "no profile of a window with density"),
        ({"before": np.ones(5)}, "13 magnitudes"),
    ):
        with pytest.raises(InputError, match=match):
            profiles_figure(profiles)


def test_gains_have_their_spread_and_what_was_held():
    middle = np.linspace(0.5, 6, SHELLS)
    held = FREQUENCY > 0.3
    figure = gains_figure(FREQUENCY, middle, middle / 2, middle * 2, "percentiles 10 to 90", held, 3.0)
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    np.testing.assert_array_equal(lines["mean over the mask"].get_ydata(), middle)
    np.testing.assert_array_equal(lines["held: no information"].get_xdata(), FREQUENCY[held])
    assert axes.get_yscale() == "log"
    assert "percentiles 10 to 90" in legend_of(axes)
    assert axes.get_ylabel() == "Gain of the amplitudes"
    relative = gains_figure(FREQUENCY, middle, middle / 2, middle * 2, "all", label="Gain, 1 at 18 Å")
    assert relative.axes[0].get_ylabel() == "Gain, 1 at 18 Å"
    assert set(upper_labels(axes)) >= {"10", "5", "3", "2.2"}
    suppressed = gains_figure(FREQUENCY, middle, 1e-6 * middle, middle * 2, "all").axes[0]
    assert suppressed.get_ylim()[0] == pytest.approx(0.1 / 1.25)
    with pytest.raises(InputError, match="not above 0"):
        gains_figure(FREQUENCY, middle, 0 * middle, middle, "percentiles 10 to 90")


def test_the_fsc_says_where_it_falls_and_what_it_is_for():
    frequency = np.linspace(0, 0.5, 51)
    before = ShellCorrelation(frequency, np.clip(1 - 2.5 * frequency, 0, 1))
    after = ShellCorrelation(frequency, np.ones(51))
    axes = fsc_before_after_figure(before, after).axes[0]
    assert legend_of(axes) == [f"before: 0.143 at {before.resolution():.2f} Å", "after"]
    assert any("not for claims" in text.get_text() for text in axes.texts)
    assert axes.get_xlim() == (0, 0.5)


def test_the_fsc_after_is_faint_where_nothing_is_left():
    frequency = np.linspace(0, 0.5, 51)
    before = ShellCorrelation(frequency, np.clip(1 - 2.5 * frequency, 0, 1))
    after = ShellCorrelation(frequency, np.clip(1 - 2 * frequency, 0, 1))
    axes = fsc_before_after_figure(before, after, end=2.5).axes[0]
    solid, faint = axes.get_lines()[1:3]
    assert legend_of(axes)[2] == faint.get_label() == "after: leaked from coarser detail"
    assert (faint.get_linestyle(), solid.get_linestyle()) == (":", "-")
    assert solid.get_xdata()[-1] == faint.get_xdata()[0] == pytest.approx(0.39)
    assert faint.get_xdata()[-1] == 0.5
    assert len(fsc_before_after_figure(before, after, end=1.5).axes[0].get_legend().get_texts()) == 2
