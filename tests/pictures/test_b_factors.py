"""Pictures of B factors, which may be negative and 0 inside the mask."""

import numpy as np
import pytest

from deepreslib.errors import InputError
from deepreslib.pictures import (
    ColourScale,
    b_factor_against_resolution_figure,
    b_factor_for_chimerax,
    b_factor_histogram_figure,
    b_factor_scale,
    b_factor_slices_figure,
    b_factor_surface_figure,
)
from deepreslib.pictures.b_factors import b_factor_surface, rank_correlation_text

SHAPE = (24, 26, 28)
VOXEL_SIZE = (1.5, 1.5, 1.5)


@pytest.fixture
def mask():
    return distance() < 9


@pytest.fixture
def b_factor(mask):
    """From −120 Å² to +60 along x within a ball, through 0."""
    x = np.indices(SHAPE)[2]
    return np.where(mask, -30 + 10.0 * (x - SHAPE[2] / 2), 0).astype(np.float32)


def distance():
    return np.linalg.norm((np.indices(SHAPE).T - np.array(SHAPE) / 2).T, axis=0)


def test_the_scale_spans_both_signs_in_round_numbers(b_factor, mask):
    scale = b_factor_scale(b_factor, mask)
    low, high = np.percentile(b_factor[mask], (5, 95))
    assert scale.low <= low < scale.low + 10
    assert scale.high - 10 < high <= scale.high
    assert (scale.low % 10, scale.high % 10) == (0, 0)
    even = b_factor_scale(np.full(SHAPE, -42.0, np.float32), mask)
    assert even.low <= -42 < even.high


def test_slices_colour_the_mask_and_nothing_else(b_factor, mask):
    scale = ColourScale(-100, 50)
    density = np.exp(-(distance() ** 2) / 50).astype(np.float32)
    figure = b_factor_slices_figure(b_factor, mask, VOXEL_SIZE, scale, density, numbers=[12])
    panel, key = figure.axes
    np.testing.assert_array_equal(panel.images[-1].get_array()[..., 3] > 0, mask[12])
    assert key.get_ylabel() == "B factor applied (Å²)"


def test_the_histogram_counts_every_voxel_of_the_mask(b_factor, mask):
    axes = b_factor_histogram_figure(b_factor, mask).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == mask.sum()
    assert axes.get_lines()[0].get_xdata()[0] == np.median(b_factor[mask])
    assert 10 < len(axes.patches) < 80
    (text,) = axes.get_legend().get_texts()
    assert f"median −{-np.median(b_factor[mask]):.0f} Å²" in text.get_text()
    assert not axes.texts
    outlier = b_factor.copy()
    outlier[tuple(np.argwhere(mask)[0])] = 9000
    (note,) = b_factor_histogram_figure(outlier, mask).axes[0].texts
    assert note.get_text() == "beyond the axis, counted in the end bins: 1"
    even = b_factor_histogram_figure(np.full(SHAPE, -42.0, np.float32), mask).axes[0]
    assert sum(bar.get_height() for bar in even.patches) == mask.sum()


def test_surface_and_chimerax_never_see_the_zeros_outside(mask):
    b_factor = np.where(mask, -80, 0).astype(np.float32)
    density = np.exp(-(distance() ** 2) / 60).astype(np.float32)
    surface = b_factor_surface(density, b_factor, mask, VOXEL_SIZE, level=float(np.exp(-(8.8**2) / 60)))
    np.testing.assert_allclose(surface.values, -80, atol=1e-3)
    np.testing.assert_allclose(b_factor_for_chimerax(b_factor, mask), -80, atol=1e-3)
    figure = b_factor_surface_figure(density, b_factor, mask, VOXEL_SIZE, ColourScale(-100, 50))
    assert len(figure.axes) == 4


def test_values_inside_are_kept_for_chimerax(b_factor, mask):
    np.testing.assert_allclose(b_factor_for_chimerax(b_factor, mask)[mask], b_factor[mask], atol=1e-4)


def test_the_comparison_has_medians_and_the_correlation_of_ranks(b_factor, mask):
    resolution = np.where(mask, 4 + (b_factor + 150) / 60, 0).astype(np.float32)
    axes, key = b_factor_against_resolution_figure(resolution, b_factor, mask).axes
    (note,) = axes.texts
    assert note.get_text() == f"rank correlation 1.00, {mask.sum():,} voxels"
    assert axes.get_xlabel() == "Local FSC resolution (Å)"
    assert key.get_ylabel() == "Voxels"
    (median,) = axes.get_lines()
    np.testing.assert_allclose(median.get_ydata(), 60 * (median.get_xdata() - 4) - 150, atol=10)


def test_the_comparison_draws_no_median_beyond_its_voxels(b_factor, mask):
    resolution = np.where(mask, 4 + (b_factor + 150) / 60, 0).astype(np.float32)
    outlier = b_factor.copy()
    outlier[tuple(np.argwhere(mask)[0])] = 9000
    axes = b_factor_against_resolution_figure(resolution, outlier, mask).axes[0]
    assert axes.get_ylim()[1] < 100
    assert axes.get_ylim() == (axes.collections[0].get_coordinates()[..., 1].min(), np.percentile(outlier[mask], 99.5))


def test_ranks_of_the_opposite_order_and_of_a_constant():
    values = np.arange(20.0)
    assert rank_correlation_text(values, -(values**3)) == "rank correlation −1.00"
    assert "constant" in rank_correlation_text(values, 0 * values)


def test_what_cannot_be_shown_is_refused(b_factor, mask):
    empty = np.zeros(SHAPE, bool)
    for draw in (
        lambda: b_factor_scale(b_factor, empty),
        lambda: b_factor_histogram_figure(b_factor, empty),
        lambda: b_factor_for_chimerax(b_factor, empty),
        lambda: b_factor_slices_figure(b_factor, empty, VOXEL_SIZE, ColourScale(-1, 1)),
    ):
        with pytest.raises(InputError, match="is empty"):
            draw()
    with pytest.raises(InputError, match="on one grid"):
        b_factor_scale(b_factor, mask[:3])
    with pytest.raises(InputError, match="Fewer than 3"):
        b_factor_against_resolution_figure(np.zeros(SHAPE), b_factor, mask)
