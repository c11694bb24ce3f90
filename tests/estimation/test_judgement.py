"""Warnings about values at the ends of a range and about masks that are no molecule."""

import numpy as np
import pytest

from deepreslib.estimation.judgement import at_an_end, end_warnings, judged, mask_warnings
from deepreslib.estimation.result import Ends, LocalResolution
from deepreslib.maps import DensityMap

ENDS = Ends(2.5, 13.0, why_high="it may be unsharpened")
MAP = DensityMap(np.zeros((40,) * 3, np.float32), (2.0,) * 3)


def box(*edges):
    mask = np.zeros((40,) * 3, bool)
    mask[tuple(slice(5, 5 + edge) for edge in edges)] = True
    return mask


def test_an_end_is_warned_about_from_a_quarter_of_the_voxels_on():
    values = np.full(100, 6.0)
    values[:25] = 12.9
    assert end_warnings(values, ENDS, "deepres") == ()
    values[25] = 13.0
    (sentence,) = end_warnings(values, ENDS, "deepres")
    assert sentence == (
        "26 % of the voxels have 13 Å, the coarsest that deepres could give to this map (2.5 to 13 Å); it may be "
        "unsharpened."
    )
    values[26:60] = 2.5
    assert "34 % of the voxels have 2.5 Å, the finest that" in end_warnings(values, ENDS, "deepres")[1]
    assert end_warnings(np.array([]), ENDS, "deepres") == ()


def test_values_within_a_fiftieth_are_at_an_end():
    assert at_an_end(np.array([12.73, 12.75, 13.0, 13.1]), 13.0) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (box(3, 3, 3), "only 27 voxels, 216 Å³"),
        (box(3, 3, 7), "0.098 % of the box"),
        (np.ones((40,) * 3, bool), "100 % of the box"),
        (box(20, 20, 20) ^ True, None),
        (box(10, 10, 10), None),
    ],
)
def test_masks_of_too_little_or_too_much_are_named(mask, words):
    sentences = mask_warnings(mask, MAP, "the mask found")
    assert [words in sentence for sentence in sentences] == ([] if words is None else [True])


def test_patches_are_named():
    mask = np.zeros((40,) * 3, bool)
    mask[::10, 5:15, 5:15] = True
    assert "4 separate patches" in mask_warnings(mask, MAP, "the mask found")[0]
    assert mask_warnings(mask | box(31, 10, 10), MAP, "the mask found") == ()


def test_a_result_keeps_its_warnings_and_gets_further_ones():
    mask = box(10, 10, 10)
    result = LocalResolution(13 * mask.astype(np.float32), mask=box(2, 2, 2), ends=ENDS, warnings=("mind the gap.",))
    found = judged(result, MAP, "deepres", automatic_mask=mask).warnings
    assert found[0] == "mind the gap."
    assert "the mask that deepres found covers only 8 voxels" in found[1]
    assert found[2].startswith("100 % of the voxels have 13 Å")
    assert judged(LocalResolution(5 * mask.astype(np.float32), ends=ENDS), MAP, "deepres").warnings == ()
