"""Ten classes of voxels: ten colours, keys with spans and shares, bars of the report's counts, probabilities."""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex

from deepreslib.errors import InputError
from deepreslib.estimation.class_maps import class_counts
from deepreslib.networks.voxelclass_card import CLASSES
from deepreslib.pictures import (
    TEN_CLASSES,
    class_histogram_figure,
    class_slices_figure,
    class_surface_figure,
    probability_slices_figure,
    write_chimerax_script,
)
from deepreslib.pictures.voxel_classes import COLOURS, SPANS

SIZES = (1.5,) * 3
DISTANCE = np.linalg.norm(np.indices((24, 22, 20)).T - np.array((12, 11, 10)), axis=-1).T
DENSITY = np.exp(-((DISTANCE / 6) ** 2)).astype(np.float32)
BALL = np.where(DISTANCE < 7, np.where(np.indices(DISTANCE.shape)[2] < 10, 2, 9), 0).astype(np.uint8)
"""Class 2 in its left half, class 9 in its right."""


def key(figure):
    return [label.get_text() for label in figure.axes[-1].get_yticklabels()]


def test_each_class_has_a_colour_and_a_name():
    assert len(set(COLOURS)) == len(COLOURS) == len(SPANS) == CLASSES
    assert SPANS[:2] == ("≤2", "2–3")
    assert SPANS[-2:] == ("9–10", ">10")
    found = TEN_CLASSES.rgba(np.arange(1, CLASSES + 1))
    assert [to_hex(colour) for colour in found] == list(COLOURS)


def test_slices_have_the_colours_of_their_classes_and_a_key_with_shares():
    figure = class_slices_figure(BALL, SIZES, DENSITY, axis="y")
    share = 100 * np.count_nonzero(BALL == 2) / np.count_nonzero(BALL)
    assert key(figure)[1] == f"2–3  ({share:.0f} %)"
    assert key(figure)[4] == "5–6  (0 %)"
    assert len(key(figure)) == CLASSES
    coloured = np.asarray(figure.axes[0].images[-1].get_array())
    shown = {to_hex(colour[:3]) for colour in coloured[coloured[..., 3] > 0]}
    assert shown == {COLOURS[1], COLOURS[8]}
    with pytest.raises(InputError, match="shape"):
        class_slices_figure(BALL, SIZES, DENSITY[1:])


def test_the_surface_has_the_classes_below_it():
    figure = class_surface_figure(BALL, DENSITY, SIZES)
    assert len(key(figure)) == CLASSES
    picture = np.asarray(figure.axes[0].images[0].get_array())
    left, right = picture[:, : picture.shape[1] // 3], picture[:, -picture.shape[1] // 3 :]
    assert (left[..., 2] - left[..., 0]).max() > 0.2  # blue
    assert (right[..., 0] - right[..., 2]).max() > 0.2  # red
    with pytest.raises(InputError, match="0 everywhere"):
        class_surface_figure(np.zeros_like(BALL), DENSITY, SIZES)


def test_the_histogram_draws_the_reports_counts():
    probability = np.where(BALL == 2, 0.75, 0.5).astype(np.float32)
    figure = class_histogram_figure(class_counts(BALL, probability), label="Class by MonoRes (Å)")
    axes = figure.axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == pytest.approx(100)
    assert heights[1] == pytest.approx(100 * np.count_nonzero(BALL == 2) / np.count_nonzero(BALL))
    assert [to_hex(bar.get_facecolor()) for bar in axes.patches] == list(COLOURS)
    texts = [text.get_text() for text in axes.texts]
    assert f"{heights[1]:.1f} %\np 0.75" in texts
    assert len(texts) == 3  # two classes, and the note
    assert axes.get_xlabel() == "Class by MonoRes (Å)"
    with pytest.raises(InputError, match="no histogram"):
        class_histogram_figure(class_counts(np.zeros_like(BALL), probability))


def test_a_histogram_without_probabilities_has_shares_alone():
    counts = [{"voxels": 3 * (number == 4) + (number == 5)} for number in range(1, CLASSES + 1)]
    texts = [text.get_text() for text in class_histogram_figure(counts).axes[0].texts]
    assert texts == ["75.0 %", "25.0 %", "4 voxels"]


def test_probabilities_are_drawn_from_nought_to_one():
    probability = np.where(BALL > 0, 0.4, 0).astype(np.float32)
    figure = probability_slices_figure(probability, SIZES, DENSITY)
    assert figure.axes[-1].get_ylim() == (0, 1)
    assert figure.axes[-1].get_ylabel() == "Probability of the voxel's class"


def test_chimerax_gets_steps_of_colour_and_a_field_for_each_class(tmp_path):
    path = tmp_path / "classes.cxc"
    write_chimerax_script(path, tmp_path / "map.mrc", tmp_path / "class.mrc", SIZES, (0.0,) * 3, 0.1, TEN_CLASSES)
    lines = path.read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("color sample")]
    pairs = [pair.split(",") for pair in line.split()[6].split(":")]
    assert [colour for _, colour in pairs] == [colour for colour in COLOURS for _ in range(2)]
    values = [float(value) for value, _ in pairs]
    assert values == sorted(values)
    np.testing.assert_allclose(values[::2], np.arange(CLASSES) + 0.501)
    (line,) = [line for line in lines if line.startswith("key")]
    assert re.findall(r"(#[0-9a-f]{6}):(\S+)", line) == list(zip(COLOURS, SPANS, strict=True))
    assert "colorTreatment distinct" in line
