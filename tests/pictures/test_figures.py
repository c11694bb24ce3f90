"""What all figures share: paper, key and file."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.pictures import ColourScale, add_colour_bar, save_figure
from deepreslib.pictures.figures import RESOLUTION_LABEL, new_figure


def test_a_new_figure_is_white_and_of_the_size_asked_for():
    figure = new_figure(4, 3)
    assert isinstance(figure, Figure)
    assert tuple(figure.get_size_inches()) == (4, 3)
    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert figure.axes == []


def test_the_key_shows_the_scales_ends_ticks_and_unit():
    scale, figure = ColourScale(3, 8), new_figure(4, 3)
    bar = add_colour_bar(figure, figure.subplots(), scale)
    assert bar.ax.get_ylim() == (3, 8)
    assert list(bar.get_ticks()) == list(scale.ticks())
    assert [label.get_text() for label in bar.ax.get_yticklabels()] == [f"{tick:g}" for tick in scale.ticks()]
    assert bar.ax.get_ylabel() == RESOLUTION_LABEL
    assert bar.cmap == scale.colours


@pytest.mark.parametrize(
    ("values", "ends"),
    [([3, 8], "neither"), ([2, 5], "min"), ([5, 9], "max"), ([2, 9], "both"), ([np.nan], "neither"), ([], "neither")],
)
def test_ends_that_clip_values_have_tips(values, ends):
    figure = new_figure(4, 3)
    bar = add_colour_bar(figure, figure.subplots(), ColourScale(3, 8), values=np.array(values, np.float32))
    assert bar.extend == ends
    assert bar.ax.get_ylim() == (3, 8)


def test_the_key_is_named_and_placed_as_told():
    figure = new_figure(4, 3)
    bar = add_colour_bar(figure, figure.subplots(), ColourScale(3, 8), "Spread (Å)", location="left")
    assert bar.ax.get_ylabel() == "Spread (Å)"
    assert bar.ax.yaxis.get_label_position() == "left"


@pytest.mark.parametrize("dots_per_inch", [50, 100])
def test_a_saved_figure_has_its_inches_in_dots(tmp_path, dots_per_inch):
    path = tmp_path / "figure.png"
    save_figure(new_figure(3, 2), path, dots_per_inch)
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert [int.from_bytes(content[at : at + 4], "big") for at in (16, 20)] == [3 * dots_per_inch, 2 * dots_per_inch]
    assert [entry.name for entry in tmp_path.iterdir()] == ["figure.png"]


def test_a_missing_folder_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="absent"):
        save_figure(new_figure(1, 1), tmp_path / "absent" / "figure.png")
    assert list(tmp_path.iterdir()) == []
