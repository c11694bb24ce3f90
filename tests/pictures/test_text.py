"""Names in pictures: shown letter by letter, on one line, never as a formula; every figure takes any name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import cbook
from matplotlib.figure import Figure
from matplotlib.text import Text
from properties import quick

from deepreslib import pictures
from deepreslib.analysis.annotation import ResidueResolution
from deepreslib.analysis.comparison import compare
from deepreslib.pictures.figures import new_figure
from deepreslib.pictures.text import add_legend, plain, shortened, visible

NAMES = ["$\\frac{1}{$ \\$6" + 300 * "x", "_a\nb\u2028c\x85\x00\u202e\udcff", ""]
ANY_NAME = st.text(st.characters(), max_size=30) | st.text("$_\\{}^a\n", max_size=30)


def drawn(text):
    """What matplotlib shows for a text; None where it would set a formula."""
    return None if cbook.is_math_text(text) else text.replace(r"\$", "$")


@given(name=ANY_NAME)
@quick
def test_a_text_is_shown_letter_by_letter(name):
    assert drawn(plain(name, 1000)) == visible(name)


@given(name=ANY_NAME)
@quick
def test_what_is_visible_is_on_one_line_and_stays(name):
    assert visible(name).isprintable()
    assert visible(visible(name)) == visible(name)
    visible(name).encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4qln.mrc", "4qln.mrc"),
        ("Å ↔ 蛋白", "Å ↔ 蛋白"),
        ("a\nb", "a\\nb"),
        ("a\u2028b\x85", "a\\u2028b\\x85"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_letters_that_are_not_seen_are_written_out(text, shown):
    assert visible(text) == shown


@given(name=st.text(max_size=60), most=st.integers(3, 50))
@quick
def test_a_long_text_keeps_its_ends(name, most):
    short, whole = shortened(name, most), visible(name)
    assert len(short) == min(most, len(whole))
    start, ellipsis, end = short.partition("…") if short != whole else (whole, "", "")
    assert whole.startswith(start)
    assert whole.endswith(end)
    assert bool(ellipsis) == (len(whole) > most)


def texts(figure):
    """All that a figure shows; drawing it fails where a text cannot be drawn."""
    figure.draw_without_rendering()
    return "\n".join(drawn(text.get_text()) or "" for text in figure.findobj(Text))


def resolution(seed):
    values = np.random.default_rng(seed).uniform(3, 8, (12, 12, 12)).astype(np.float32)
    values[:2] = 0
    return values


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_shows_any_name(name):
    one, other = resolution(1), resolution(2)
    scale = pictures.ColourScale(3, 8)
    result = compare({"first": one, name: other})
    surface = pictures.coloured_surface(np.pad(np.ones((6, 6, 6)), 3), resolution(3), (1.0,) * 3, 0.5)
    residues = [ResidueResolution(name, 1, "", "ALA", "polymer", 1, 1, 4.0, 4.0, 4.0)]
    figures: list[Figure] = [
        pictures.histogram_figure({"first": one, name: other}),
        pictures.histogram_figure({name: one}, title=f"title {name}"),
        pictures.coloured_slices_figure(None, one, (1.0,) * 3, scale, title=name or "-", label=name or "-"),
        pictures.grey_slices_figure(one, (1.0,) * 3, title=name or "-"),
        pictures.agreement_figure(result, title=name),
        pictures.difference_figure(result, name, (1.0,) * 3),
        pictures.comparison_table_figure(result.report(), title=name),
        pictures.surface_figure(surface, scale, title=name or "-"),
        *pictures.residue_figures({name: residues}, scale, title=name),
    ]
    for figure in figures:
        assert visible(name)[:11] in texts(figure)


def test_a_label_with_an_underscore_stands_in_the_legend():
    figure = pictures.histogram_figure({"_a": resolution(1), "__b": resolution(2)})
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [text.partition(":")[0] for text in shown] == ["_a", "__b"]


def test_legend_needs_a_text_for_each_line():
    axes = new_figure(2, 2).add_subplot()
    axes.plot([0, 1], label="a")
    with pytest.raises(ValueError, match="zip"):
        add_legend(axes, ["one", "two"])
