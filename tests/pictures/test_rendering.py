"""The renderer by formula: which pixels a triangle fills, what wins, what is interpolated, light and ground."""

import numpy as np
import pytest

from deepreslib.pictures.rendering import VIEWS, downsample, rasterise, shade


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


def test_downsampling_averages_blocks():
    picture = np.arange(4 * 6 * 3, dtype=float).reshape(4, 6, 3)
    np.testing.assert_allclose(downsample(picture, 2)[0, 0], picture[:2, :2].mean(axis=(0, 1)))
    assert downsample(picture, 2).shape == (2, 3, 3)
