"""Drawing the surface: the views the right way round, the figure's key."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColouredSurface, ColourScale, surface_figure
from deepreslib.pictures.views import render, round_length

SCALE = ColourScale(3, 8)


def ball(values_by):
    """A sphere of radius 10 Å about 0 with values by a function of (z, y, x)."""
    from skimage import measure

    grid = np.stack(np.mgrid[-12:13, -12:13, -12:13], axis=-1).astype(float)
    positions, faces, _, _ = measure.marching_cubes(10 - np.linalg.norm(grid, axis=-1), 0.0)
    positions -= 12
    normals = positions / np.linalg.norm(positions, axis=1, keepdims=True)
    return ColouredSurface(positions, normals, values_by(*positions.T), faces, 0.0)


@pytest.mark.parametrize(("view", "right", "up", "eye"), [("front", 2, 1, 0), ("side", -1, 1, 2), ("top", 2, -1, 1)])
def test_each_view_shows_the_side_it_names(view, right, up, eye):
    """A half that is red (8 Å) against a blue one (3 Å) tells which way is right, up and towards the eye."""
    axes = {"right": right, "up": up, "eye": eye}
    for name, axis in axes.items():
        if axis == -1:  # the remaining direction runs along -z
            surface = ball(lambda z, y, x: np.where(z < 0, 8.0, 3.0))
        else:
            surface = ball(lambda z, y, x, axis=axis: np.where((z, y, x)[axis] > 0, 8.0, 3.0))
        picture = render(surface, SCALE, view, np.zeros(3), np.array([11.0, 11.0]), 0.5)
        rows, columns = picture.shape[:2]
        spots = {
            "right": (rows // 2, int(0.8 * columns)),
            "up": (int(0.8 * rows), columns // 2),
            "eye": (rows // 2, columns // 2),
        }
        red, _, blue = picture[spots[name]]
        assert red > blue + 0.2


def test_figure_has_its_views_a_key_and_a_scale_bar():
    figure = surface_figure(ball(lambda z, y, x: 5 + 0.2 * z), SCALE, title="ball")
    titles = [axes.get_title() for axes in figure.axes]
    assert sum(title.startswith(("front", "side", "top")) for title in titles) == 3
    assert next(axes for axes in figure.axes if "(Å)" in axes.get_ylabel()).get_ylim() == (3, 8)
    assert figure.axes[0].texts[0].get_text() == "5 Å"
    assert figure.get_suptitle() == "ball"
    assert len(surface_figure(ball(lambda z, y, x: 5 + 0 * z), SCALE, views=["side"]).axes) == 2


def test_unknown_view_is_refused():
    with pytest.raises(InputError, match="no view 'back'"):
        surface_figure(ball(lambda z, y, x: 5 + 0 * z), SCALE, views=["back"])


@pytest.mark.parametrize(("most", "length"), [(54, 50), (50, 50), (49, 20), (9.9, 5), (1.5, 1), (0.7, 0.5)])
def test_scale_bar_lengths_are_round(most, length):
    assert round_length(most) == pytest.approx(length)
