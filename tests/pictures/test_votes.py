"""Classes of voxels: one colour for each class, named with its borders and its share."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures.classes import CLASS_COLOURS
from deepreslib.pictures.votes import VOTES, votes_histogram_figure, votes_slices_figure, votes_surface_figure

SIZES = (1.5,) * 3
DISTANCE = np.linalg.norm(np.indices((24, 22, 20)).T - np.array((12, 11, 10)), axis=-1).T
DENSITY = np.exp(-((DISTANCE / 6) ** 2)).astype(np.float32)
BALL = np.where(DISTANCE < 7, np.where(np.indices(DISTANCE.shape)[2] < 10, 1, 3), 0).astype(np.float32)


def key(figure):
    return [label.get_text() for label in figure.axes[-1].get_yticklabels()]


def test_each_class_has_its_colour():
    assert VOTES.hex_colours() == [colour for colour in CLASS_COLOURS for _ in range(2)]
    found = (255 * VOTES.rgba(np.array([1, 2, 3]))[:, :3]).round().astype(int)
    assert ["#{:02x}{:02x}{:02x}".format(*colour) for colour in found] == list(CLASS_COLOURS)


def test_slices_have_a_key_with_shares():
    figure = votes_slices_figure(BALL, SIZES, (4, 8), DENSITY, axis="y")
    first, middle, last = key(figure)
    share = 100 * np.count_nonzero(BALL == 1) / np.count_nonzero(BALL)
    assert first == f"high\n(< 4 Å)\n{share:.0f} %"
    assert middle == "medium\n(4 to 8 Å)\n0 %"
    assert last.startswith("low\n(> 8 Å)")
    assert len(figure.axes) == 5
    with pytest.raises(InputError, match="shape"):
        votes_slices_figure(BALL, SIZES, density=DENSITY[1:])


def test_the_surface_has_the_classes_below_it():
    figure = votes_surface_figure(BALL, DENSITY, SIZES)
    assert len(key(figure)) == 3
    picture = np.asarray(figure.axes[0].images[0].get_array())
    left, right = picture[:, : picture.shape[1] // 3], picture[:, -picture.shape[1] // 3 :]
    assert (left[..., 2] - left[..., 0]).max() > 0.2  # blue
    assert (right[..., 0] - right[..., 2]).max() > 0.2  # sand


def test_the_histogram_has_the_shares_of_the_classes():
    axes = votes_histogram_figure(BALL, (4, 8)).axes[0]
    shares = [100 * np.count_nonzero(number == BALL) / np.count_nonzero(BALL) for number in (1, 2, 3)]
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], shares)
    assert axes.get_xticklabels()[0].get_text() == "high (< 4 Å)"


def test_without_votes_there_is_no_picture():
    with pytest.raises(InputError, match="no vote"):
        votes_histogram_figure(np.zeros_like(BALL))
    with pytest.raises(InputError, match="no vote"):
        votes_surface_figure(np.zeros_like(BALL), DENSITY, SIZES)
