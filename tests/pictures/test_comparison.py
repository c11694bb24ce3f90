"""Pictures of a comparison: numpy's counts, the right voxels, colours that mean what they say."""

import numpy as np
import pytest

from deepreslib.analysis.comparison import TABLE_HEADER, compare, table_rows
from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, central_slices
from deepreslib.pictures.comparison import (
    agreement_figure,
    comparison_table_figure,
    count_figure,
    difference_figure,
    difference_scale,
    spread_figure,
    spread_scale,
)

VOXEL_SIZE = (2.0, 1.5, 1.0)
SHAPE = (16, 18, 20)


@pytest.fixture
def comparison():
    """Reference "A", "B" that is finer in one half and coarser in the other, "C" with a hole, "D" equal to A."""
    rng = np.random.default_rng(2)
    inside = np.zeros(SHAPE, bool)
    inside[3:13, 4:14, 4:16] = True
    true = rng.uniform(3, 6, SHAPE)
    half = np.where(np.arange(SHAPE[2]) < 10, -0.5, 0.8)
    maps = {"A": true, "B": true + half, "C": rng.uniform(4, 7, SHAPE), "D": true}
    maps["C"][6] = 100
    return compare({label: values * inside for label, values in maps.items()}, inside)


def panels_of(figure):
    return [axes for axes in figure.axes if axes.get_xlabel()]


def test_squares_are_numpys_counts(comparison):
    panels = panels_of(agreement_figure(comparison))
    assert [panel.get_ylabel() for panel in panels] == ["B (Å)", "C (Å)", "D (Å)"]
    for panel, label in zip(panels, "BCD", strict=True):
        assert panel.get_xlabel() == "A (Å)"
        mesh = panel.collections[0]
        edges = mesh.get_coordinates()[0, :, 0]
        np.testing.assert_allclose(np.diff(edges), 0.1)
        both = (comparison.values[label] > 0) & (comparison.values["A"] > 0)
        counts, _, _ = np.histogram2d(comparison.values[label][both], comparison.values["A"][both], bins=(edges, edges))
        np.testing.assert_array_equal(mesh.get_array().filled(0), counts)


def test_panel_states_its_numbers_and_what_it_leaves_out(comparison):
    comparison.values["B"][8, 8, 8:12] = 30
    panel = panels_of(agreement_figure(comparison))[0]
    agreement, voxels = comparison.agreements["B"], panel.collections[0].get_array().filled(0).sum()
    title = panel.get_title()
    for text in (
        f"RMSE {agreement.rmse:.2f} Å",
        f"median difference {agreement.median_difference:+.2f} Å",
        f"Pearson {agreement.pearson:.3f}, Spearman {agreement.spearman:.3f}",
        f"{agreement.voxels:,} voxels, 4 of them beyond the axes",
    ):
        assert text in title
    assert voxels == agreement.voxels - 4


def test_diagonal_and_colours_are_the_same_in_all_panels(comparison):
    panels = panels_of(agreement_figure(comparison))
    norms = {(panel.collections[0].norm.vmin, panel.collections[0].norm.vmax) for panel in panels}
    assert len(norms) == 1
    for panel in panels:
        np.testing.assert_array_equal(*panel.lines[0].get_data())
    on_diagonal = panels[2].collections[0].get_array().filled(0)  # D is A
    assert on_diagonal.sum() == np.trace(on_diagonal)


def test_maps_without_correlation_or_variation_are_drawn():
    flat = np.full(SHAPE, 4.0)
    comparison = compare({"A": flat, "flat": flat})
    assert "Pearson" not in panels_of(agreement_figure(comparison))[0].get_title()
    assert difference_scale(comparison).high == spread_scale(comparison).high == 0.1
    assert len(panels_of(spread_figure(comparison, VOXEL_SIZE))) == 4


def test_differences_are_blue_where_finer_and_red_where_coarser(comparison):
    figure = difference_figure(comparison, "B", VOXEL_SIZE, numbers=[8])
    (image,) = panels_of(figure)[0].images
    colours = np.asarray(image.get_array())
    inside = comparison.values["B"][8] > 0
    np.testing.assert_array_equal(colours[..., 3], inside)
    finer = inside & (np.arange(SHAPE[2]) < 10)
    red, blue = colours[..., 0], colours[..., 2]
    assert (blue[finer] > red[finer]).all()
    assert (red[inside & ~finer] > blue[inside & ~finer]).all()
    assert "B − A" in figure.get_suptitle()
    assert figure.axes[-1].get_ylabel() == "Difference from A (Å)"


def test_voxels_where_maps_agree_are_shown_and_those_without_a_value_not(comparison):
    for label, number, visible in (("D", 8, True), ("C", 6, False)):
        (image,) = panels_of(difference_figure(comparison, label, VOXEL_SIZE, numbers=[number]))[0].images
        assert (np.asarray(image.get_array())[..., 3] > 0).any() == visible
    (image,) = panels_of(spread_figure(comparison, VOXEL_SIZE, numbers=[6]))[0].images
    np.testing.assert_array_equal(np.asarray(image.get_array())[..., 3], comparison.consensus[6] > 0)


def test_scales_hold_nearly_all_values_of_all_maps(comparison):
    scale = difference_scale(comparison)
    assert scale.low == -scale.high
    shares = []
    for label, agreement in comparison.agreements.items():
        both = (comparison.values[label] > 0) & (comparison.values["A"] > 0)
        shares.append((np.abs(agreement.difference[both]) <= scale.high).mean())
    assert 0.98 <= min(shares) < 1
    spread = comparison.spread[comparison.consensus > 0]
    assert spread_scale(comparison).low == 0
    assert (spread <= spread_scale(comparison).high).mean() >= 0.98
    assert spread_scale(comparison).high < spread.max() + 0.1


def test_number_of_maps_has_whole_numbers_in_its_key(comparison):
    figure = count_figure(comparison, (1.0, 1.0, 1.0))
    key = figure.axes[-1]
    assert [label.get_text() for label in key.get_yticklabels()] == ["0", "1", "2", "3", "4"]
    assert key.get_ylim() == (0, 4)
    assert f"needs {comparison.needed}" in key.get_ylabel()
    colours = figure.axes[0].images[-1].get_array()
    number = central_slices(comparison.mask)[0]
    np.testing.assert_array_equal(colours[..., 3] > 0, comparison.mask[number])


def test_density_lies_behind_and_the_scale_can_be_given(comparison):
    density = np.random.default_rng(0).normal(size=SHAPE)
    scale = ColourScale(-2, 2, "coolwarm")
    figure = difference_figure(comparison, "C", VOXEL_SIZE, density, scale, "y", [8], (1.0, 2.0, 3.0))
    panel = panels_of(figure)[0]
    np.testing.assert_array_equal(panel.images[0].get_array(), density[:, 8])
    assert panel.get_title() == "y slice 8 (14.0 Å)"
    assert figure.axes[-1].get_ylim() == (-2, 2)
    assert len(panels_of(spread_figure(comparison, VOXEL_SIZE, density))[0].images) == 2


def test_table_has_every_number(comparison):
    report = comparison.report()
    (table,) = comparison_table_figure(report).axes[0].tables
    cells = {place: cell.get_text().get_text() for place, cell in table.get_celld().items()}
    assert tuple(cells[0, column] for column in range(len(TABLE_HEADER))) == TABLE_HEADER
    for number, row in enumerate(table_rows(report), 1):
        assert tuple(cells[number, column] for column in range(len(row))) == row


def test_difference_of_the_reference_is_refused(comparison):
    with pytest.raises(InputError, match=r"no difference of A .* one of B, C, D"):
        difference_figure(comparison, "A", VOXEL_SIZE)
    with pytest.raises(InputError, match="no z slice 99"):
        spread_figure(comparison, VOXEL_SIZE, numbers=[99])
