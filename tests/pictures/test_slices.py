"""Slices: the right cut, in Å, in the scale's colours."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import (
    ColourScale,
    central_slices,
    coloured_slices_figure,
    grey_slices_figure,
    paired_slices_figure,
    save_figure,
)

VOXEL_SIZE = (2.0, 1.0, 0.5)  # z, y, x
SHAPE = (20, 24, 30)
SCALE = ColourScale(3, 8)


@pytest.fixture
def maps():
    density = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    resolution = np.zeros(SHAPE, np.float32)
    resolution[4:16, 6:20, 8:25] = np.linspace(3, 8, 12)[:, None, None]
    return density, resolution


def panels_of(figure):
    return [axes for axes in figure.axes if "slice" in axes.get_title()]


def test_central_slices_part_the_mask_evenly():
    inside = np.zeros((50, 40, 30), bool)
    inside[10:31, 5:10, 3:29] = True
    assert central_slices(inside, "z") == [14, 18, 22, 26]
    assert central_slices(inside, "x") == [8, 13, 18, 23]


def test_central_slices_of_a_thin_mask_are_neighbours():
    inside = np.zeros((50, 40, 3), bool)
    inside[20:22, 20, 1] = True
    assert central_slices(inside, "z") == [19, 20, 21, 22]
    assert central_slices(inside, "x") == [0, 1, 2]


def test_four_central_slices_by_default(maps):
    figure = coloured_slices_figure(*maps, VOXEL_SIZE, SCALE)
    titles = [panel.get_title() for panel in panels_of(figure)]
    assert titles == ["z slice 6 (12.0 Å)", "z slice 8 (16.0 Å)", "z slice 11 (22.0 Å)", "z slice 13 (26.0 Å)"]


@pytest.mark.parametrize(
    ("axis", "number", "labels", "extent"),
    [
        ("z", 9, ("x (Å)", "y (Å)"), (-0.25, 14.75, -0.5, 23.5)),
        ("y", 12, ("x (Å)", "z (Å)"), (-0.25, 14.75, -1.0, 39.0)),
        ("x", 15, ("y (Å)", "z (Å)"), (-0.5, 23.5, -1.0, 39.0)),
    ],
)
def test_one_slice_shows_the_right_cut_in_colour_over_grey(maps, axis, number, labels, extent):
    density, resolution = maps
    figure = coloured_slices_figure(density, resolution, VOXEL_SIZE, SCALE, axis, [number])
    (panel,) = panels_of(figure)
    grey, colour = (image.get_array() for image in panel.images)
    along = "zyx".index(axis)
    cut = resolution.take(number, along)
    np.testing.assert_array_equal(grey, density.take(number, along))
    np.testing.assert_array_equal(colour[..., 3], cut > 0)
    np.testing.assert_allclose(colour[cut > 0], SCALE.rgba(cut[cut > 0]))
    assert (panel.get_xlabel(), panel.get_ylabel()) == labels
    for image in panel.images:
        np.testing.assert_allclose(image.get_extent(), extent)
        assert image.origin == "lower"
    assert panel.get_aspect() == 1
    assert panel.get_title().startswith(f"{axis} slice {number} ")


def test_origin_moves_the_axes(maps):
    figure = coloured_slices_figure(*maps, VOXEL_SIZE, SCALE, numbers=[9], origin=(-20.0, 100.0, 7.0))
    (panel,) = panels_of(figure)
    assert panel.get_title() == "z slice 9 (-2.0 Å)"
    np.testing.assert_allclose(panel.images[0].get_extent(), (6.75, 21.75, 99.5, 123.5))


def test_colour_bar_spans_the_scale_in_angstroms(maps):
    figure = coloured_slices_figure(*maps, VOXEL_SIZE, SCALE)
    bars = [axes for axes in figure.axes if "resolution (Å)" in axes.get_ylabel()]
    assert len(bars) == 1
    assert bars[0].get_ylim() == (SCALE.low, SCALE.high)
    np.testing.assert_allclose(bars[0].get_yticks(), SCALE.ticks())


def test_density_can_be_left_out(maps):
    figure = coloured_slices_figure(None, maps[1], VOXEL_SIZE, SCALE, numbers=[9])
    assert len(panels_of(figure)[0].images) == 1


def test_grey_slices(maps):
    density, resolution = maps
    figure = grey_slices_figure(density, VOXEL_SIZE, "y", inside=resolution > 0)
    panels = panels_of(figure)
    assert len(panels) == 4
    limits = {image.get_clim() for panel in panels for image in panel.images}
    assert len(limits) == 1
    np.testing.assert_array_equal(panels[0].images[0].get_array(), density[:, central_slices(resolution > 0, "y")[0]])


def test_grey_slices_have_a_key_if_they_are_told_what_it_measures(maps):
    density, _ = maps
    plain = grey_slices_figure(density, VOXEL_SIZE)
    keyed = grey_slices_figure(density, VOXEL_SIZE, label="Local resolution (Å)")
    assert len(keyed.axes) == len(plain.axes) + 1
    key = keyed.axes[-1]
    assert key.get_ylabel() == "Local resolution (Å)"
    assert key.get_ylim() == pytest.approx(keyed.axes[0].images[0].get_clim())


def test_three_slices_leave_no_empty_axes(maps):
    assert len(panels_of(coloured_slices_figure(*maps, VOXEL_SIZE, SCALE, numbers=[5, 6, 7]))) == 3


def test_outline_of_a_mask_lies_where_the_mask_ends(maps):
    density, resolution = maps
    figure = grey_slices_figure(density, VOXEL_SIZE, numbers=[10], origin=(0.0, 100.0, 50.0), outline=resolution > 0)
    (panel,) = panels_of(figure)
    (line,) = panel.collections
    points = np.concatenate([path.vertices for path in line.get_paths()])
    left, right = 50 + 7.5 * 0.5, 50 + 24.5 * 0.5
    np.testing.assert_allclose([points[:, 0].min(), points[:, 0].max()], [left, right])
    np.testing.assert_allclose([points[:, 1].min(), points[:, 1].max()], [105.5, 119.5])


def test_no_outline_where_the_mask_has_nothing(maps):
    density, resolution = maps
    (panel,) = panels_of(grey_slices_figure(density, VOXEL_SIZE, numbers=[0], outline=resolution > 0))
    assert not panel.collections


def test_what_cannot_be_shown_is_refused(maps):
    density, resolution = maps
    with pytest.raises(InputError, match="no z slice 20: choose one from 0 to 19"):
        coloured_slices_figure(density, resolution, VOXEL_SIZE, SCALE, numbers=[20])
    with pytest.raises(InputError, match="no axis 'w'"):
        coloured_slices_figure(density, resolution, VOXEL_SIZE, SCALE, axis="w")
    with pytest.raises(InputError, match=r"\(19, 24, 30\)"):
        coloured_slices_figure(density[1:], resolution, VOXEL_SIZE, SCALE)


def test_saved_picture_is_a_png(maps, tmp_path):
    path = tmp_path / "slices.png"
    save_figure(coloured_slices_figure(*maps, VOXEL_SIZE, SCALE), path, dots_per_inch=40)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["slices.png"]


def test_two_maps_side_by_side_have_one_scale_of_greys():
    left = np.random.default_rng(0).standard_normal((10, 12, 14)).astype(np.float32)
    figure = paired_slices_figure({"left": left, "right": 3 * left}, (1.0, 1.0, 1.0), label="greys")
    *panels, key = figure.axes
    assert [panel.get_title().partition(",")[0] for panel in panels] == ["left", "right"] * 2
    limits = {panel.images[0].get_clim() for panel in panels}
    assert len(limits) == 1
    assert limits.pop()[1] > np.percentile(left, 99.8)
    assert key.get_ylabel() == "greys"


def test_other_than_two_maps_of_one_shape_are_refused():
    one = np.zeros((10, 12, 14), np.float32)
    for maps in ({"one": one}, {"one": one, "other": one[:5]}):
        with pytest.raises(InputError, match="side by side"):
            paired_slices_figure(maps, (1.0, 1.0, 1.0))
