"""Drawing the surface: the rasteriser by formula, the views the right way round, the figure's key."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import ColouredSurface, ColourScale, surface_figure
from deepreslib.pictures.rendering import VIEWS, downsample, rasterise, shade
from deepreslib.pictures.views import render, round_length

SCALE = ColourScale(3, 8)


def flat_triangles(depth, value):
    """Two triangles, anticlockwise, over the square from (2, 2) to (10, 10) pixels."""
    points = np.array([[2, 2, depth], [10, 2, depth], [10, 10, depth], [2, 10, depth]], dtype=float)
    return points, np.tile([0.0, 0.0, 1.0], (4, 1)), np.full(4, float(value)), np.array([[0, 1, 2], [0, 2, 3]])


def test_square_fills_just_its_pixels():
    raster = rasterise(*flat_triangles(5.0, 4.0), (12, 14))
    met = np.zeros((12, 14), bool)
    met[2:10, 2:10] = True
    np.testing.assert_array_equal(np.isfinite(raster.depth), met)
    np.testing.assert_allclose(raster.depth[met], 5.0)
    np.testing.assert_allclose(raster.values[met], 4.0)
    np.testing.assert_allclose(raster.normals[met], np.tile([0, 0, 1], (64, 1)), atol=1e-9)


def test_nearer_wins_whatever_the_order():
    near, far = flat_triangles(5.0, 4.0), flat_triangles(1.0, 7.0)
    for first, second in ((near, far), (far, near)):
        points, normals, values = (np.concatenate([first[i], second[i]]) for i in range(3))
        faces = np.concatenate([first[3], second[3] + 4])
        raster = rasterise(points, normals, values, faces, (12, 12))
        np.testing.assert_allclose(raster.values[2:10, 2:10], 4.0)


def test_values_and_depth_are_interpolated():
    points, normals, _, faces = flat_triangles(0.0, 0.0)
    points[:, 2] = 2 * points[:, 0] + points[:, 1]
    raster = rasterise(points, normals, 3 * points[:, 0] - points[:, 1], faces, (12, 12))
    rows, columns = np.mgrid[2:10, 2:10] + 0.5
    np.testing.assert_allclose(raster.depth[2:10, 2:10], 2 * columns + rows, atol=1e-4)
    np.testing.assert_allclose(raster.values[2:10, 2:10], 3 * columns - rows, atol=1e-4)


def test_backs_are_not_drawn_and_what_sticks_out_is_cut():
    points, normals, values, faces = flat_triangles(0.0, 4.0)
    assert not np.isfinite(rasterise(points, normals, values, faces[:, ::-1], (12, 12)).depth).any()
    raster = rasterise(points - (5, 5, 0), normals, values, faces, (6, 6))
    assert np.isfinite(raster.depth).sum() == 25


def test_light_keeps_the_hue_and_ground_is_white():
    raster = rasterise(*flat_triangles(5.0, 4.0), (12, 12))
    picture = shade(raster, np.broadcast_to([0.2, 0.4, 0.1], (12, 12, 3)), 1.0)
    np.testing.assert_array_equal(picture[0, 0], 1)
    inner = picture[5, 5]
    np.testing.assert_allclose(inner / inner[1], [0.5, 1, 0.25], rtol=1e-6)


def test_views_are_turns_not_mirrors():
    to_xyz = np.eye(3)[::-1]
    for turn in VIEWS.values():
        np.testing.assert_allclose(turn @ turn.T, np.eye(3))
        assert np.linalg.det(turn @ to_xyz) == pytest.approx(1)


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


def test_downsampling_averages_blocks():
    picture = np.arange(4 * 6 * 3, dtype=float).reshape(4, 6, 3)
    np.testing.assert_allclose(downsample(picture, 2)[0, 0], picture[:2, :2].mean(axis=(0, 1)))
    assert downsample(picture, 2).shape == (2, 3, 3)


@pytest.mark.parametrize(("most", "length"), [(54, 50), (50, 50), (49, 20), (9.9, 5), (1.5, 1), (0.7, 0.5)])
def test_scale_bar_lengths_are_round(most, length):
    assert round_length(most) == pytest.approx(length)
