"""Plots along chains: each residue at its number, gaps, pages."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

from deepreslib.analysis.annotation import ResidueResolution
from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, residue_figures

SCALE = ColourScale(2.0, 6.0)


def make_chain(name, resolutions, numbers=None, insertions=None):
    """Residues of one chain; each value's atoms reach from 0.2 Å below to 0.3 Å above it."""
    numbers = numbers or range(1, len(resolutions) + 1)
    insertions = insertions or [""] * len(resolutions)
    return [
        ResidueResolution(name, number, insertion, "ALA", "polymer", 5, 5 * int(np.isfinite(r)), r, r - 0.2, r + 0.3)
        for number, insertion, r in zip(numbers, insertions, resolutions, strict=True)
    ]


def only_panel(chain, **options):
    (figure,) = residue_figures({"A": chain}, SCALE, **options)
    return figure.axes[0]


def dots(panel):
    (dots,) = [collection for collection in panel.collections if isinstance(collection, PathCollection)]
    return dots


def test_dots_stand_at_number_and_resolution_in_the_scales_colours():
    values = [2.5, 3.0, 5.5]
    points = dots(only_panel(make_chain("A", values, [7, 8, 11])))
    np.testing.assert_allclose(points.get_offsets(), np.transpose([[7, 8, 11], values]))
    np.testing.assert_allclose(points.get_facecolors(), SCALE.rgba(np.array(values)))


def test_bars_reach_from_the_finest_to_the_coarsest_atom():
    collections = only_panel(make_chain("A", [2.5, 4.0])).collections
    (bars,) = [collection for collection in collections if isinstance(collection, LineCollection)]
    np.testing.assert_allclose(bars.get_segments(), [[[1, 2.3], [1, 2.8]], [[2, 3.8], [2, 4.3]]])


def test_line_is_broken_where_numbers_or_values_are_missing():
    panel = only_panel(make_chain("A", [3, 3.1, 3.2, np.nan, 3.4], [1, 2, 5, 6, 7]))
    line = panel.lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [1, 2, np.nan, 5, 6, 7])
    np.testing.assert_array_equal(line.get_ydata(), [3, 3.1, np.nan, 3.2, np.nan, 3.4])


def test_residues_without_a_value_are_ticked_and_counted():
    panel = only_panel(make_chain("A", [3, np.nan, np.nan, 5]))
    (ticks,) = [line for line in panel.lines if line.get_marker() == "|"]
    np.testing.assert_array_equal(ticks.get_xdata(), [2, 3])
    assert len(dots(panel).get_offsets()) == 2
    assert panel.get_title("left") == "chain A: median 4.00 Å, 4 residues, 2 without a value"
    assert any(np.allclose(line.get_ydata(), 4.0) for line in panel.lines if line.get_linestyle() == "--")


def test_insertion_codes_stand_behind_their_number():
    panel = only_panel(make_chain("A", [3, 4, 5, 6], [52, 52, 52, 53], ["", "A", "B", ""]))
    np.testing.assert_allclose(dots(panel).get_offsets()[:, 0], [52, 52 + 1 / 3, 52 + 2 / 3, 53])


def test_all_panels_share_the_vertical_axis_and_hold_every_atom():
    (figure,) = residue_figures({"A": make_chain("A", [2.5, 3]), "B": make_chain("B", [7, 8])}, SCALE)
    first, second = figure.axes[:2]
    assert first.get_ylim() == second.get_ylim()
    low, high = first.get_ylim()
    assert low < 2.3
    assert high > 8.3


@pytest.mark.parametrize(("chains", "panels"), [(1, [1]), (5, [5]), (6, [6]), (10, [10]), (24, [10, 10, 4])])
def test_ten_chains_a_page(chains, panels):
    names = [f"A{number}" for number in range(chains)]
    figures = residue_figures({name: make_chain(name, [3.0, 4.0]) for name in names}, title="virus")
    titles = [[axes.get_title("left") for axes in figure.axes if axes.get_title("left")] for figure in figures]
    assert [len(page) for page in titles] == panels
    for number, page in enumerate(titles):
        assert {title.split()[1].rstrip(":") for title in page} == set(names[10 * number : 10 * number + 10])
    last = figures[-1].get_suptitle()
    assert last == (f"virus · page {len(panels)} of {len(panels)}" if len(panels) > 1 else "virus")


def test_chain_outside_the_mask_has_a_panel_that_says_so():
    (figure,) = residue_figures({"A": make_chain("A", [3.0, 4.0]), "B": make_chain("B", [np.nan])}, SCALE)
    assert figure.axes[1].get_title("left") == "chain B: 1 residue, none in the mask"
    figure.canvas.draw()


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="No residue has a local resolution"):
        residue_figures({"A": make_chain("A", [np.nan, np.nan])})
