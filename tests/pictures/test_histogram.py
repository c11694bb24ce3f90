"""Histograms: numpy's counts, the scale's colours, outliers in the end bins."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, histogram_figure
from deepreslib.pictures.histogram import bin_edges, count_voxels, describe


@pytest.fixture
def values():
    return np.random.default_rng(3).normal(5.0, 0.5, 20_000).clip(2.1, 9.9)


def bars_of(figure):
    return [patch for patch in figure.axes[0].patches if patch.get_width() > 0]


def test_bars_are_numpys_counts(values):
    figure = histogram_figure({"map": values})
    bars = bars_of(figure)
    edges = np.array([bar.get_x() for bar in bars] + [bars[-1].get_x() + bars[-1].get_width()])
    heights, _ = np.histogram(values.clip(edges[0], edges[-1]), bins=edges)
    np.testing.assert_array_equal([bar.get_height() for bar in bars], heights)
    assert sum(bar.get_height() for bar in bars) == len(values)


def test_there_are_four_bins_an_angstrom(values):
    edges = bin_edges([values])
    np.testing.assert_allclose(np.diff(edges), 0.25)
    np.testing.assert_allclose(edges * 4, np.round(edges * 4))


def test_bars_have_the_scales_colours(values):
    scale = ColourScale(4, 6)
    for bar in bars_of(histogram_figure({"map": values}, scale)):
        np.testing.assert_allclose(bar.get_facecolor(), scale.rgba(bar.get_x() + bar.get_width() / 2))


def test_outliers_do_not_stretch_the_axis_and_are_counted(values):
    spoiled = np.concatenate([values, [100.0] * 30])
    edges = bin_edges([spoiled])
    assert edges[-1] < 8
    counts = count_voxels(spoiled, edges)
    assert counts.voxels.sum() == len(spoiled)
    assert counts.above == (spoiled > edges[-1]).sum() >= 30
    assert counts.voxels[-1] >= counts.above
    figure = histogram_figure({"map": spoiled})
    assert any(f"{counts.above:,} above" in text.get_text() for text in figure.axes[0].texts)


def test_zeros_outside_the_mask_are_not_counted(values):
    volume = np.zeros((30, 30, 30))
    volume.flat[: len(values)] = values
    assert describe(volume) == describe(values)
    assert sum(bar.get_height() for bar in bars_of(histogram_figure({"map": volume}))) == len(values)


def test_legend_and_median_line(values):
    figure = histogram_figure({"map": values}, title="one")
    axes = figure.axes[0]
    assert axes.get_legend().get_texts()[0].get_text() == "median 5.0 Å, SD 0.5 Å, 20,000 voxels"
    medians = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(medians, [np.median(values)])
    assert axes.get_xlabel() == "Local resolution (Å)"
    assert axes.get_ylabel() == "Voxels"


def test_residues_are_counted_as_such_and_further_lines_are_named(values):
    axes = histogram_figure({"run": values}, unit="residue", marks={"global resolution 3.1 Å": 3.1}).axes[0]
    assert axes.get_ylabel() == "Residues"
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[0].endswith("residues")
    assert texts[1] == "global resolution 3.1 Å"
    assert 3.1 in [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata())]


def test_several_maps_are_outlines_in_shares(values):
    figure = histogram_figure({"MonoRes": values, "DeepRes": values[:5000] + 1})
    axes = figure.axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[0].startswith("MonoRes: median 5.0 Å")
    assert texts[1].startswith("DeepRes: median 6.0 Å")
    outlines = [patch for patch in axes.patches if not patch.get_fill()]
    assert len(outlines) == 2
    for outline in outlines:
        assert outline.get_data().values.sum() == pytest.approx(100)
    assert "%" in axes.get_ylabel()


def test_constant_map_has_one_bin():
    figure = histogram_figure({"map": np.full(50, 4.1)})
    assert [bar.get_height() for bar in bars_of(figure)] == [50]


def test_empty_map_is_refused_by_name():
    with pytest.raises(InputError, match=r"DeepRes: .*no value above 0"):
        histogram_figure({"DeepRes": np.zeros((3, 3, 3))})
    with pytest.raises(InputError, match="at least one"):
        histogram_figure({})


def test_an_end_of_the_range_with_many_voxels_is_hatched_and_named():
    values = np.r_[np.full(700, 13.0), np.full(300, 9.0)]
    crowded = histogram_figure({"map": values}, ends=(2.5, 13.0)).axes[0]
    assert [patch.get_hatch() for patch in crowded.patches].count("///") == 1
    assert "70 % at 13 Å, an end of the method's range" in [
        text.get_text() for text in crowded.get_legend().get_texts()
    ]
    for ends in (None, (2.5, 20.0)):
        free = histogram_figure({"map": values}, ends=ends).axes[0]
        assert not any(patch.get_hatch() for patch in free.patches)
