"""What is drawn of half maps and views lies within its ranges."""

from dataclasses import replace

import numpy as np

from deepreslib.simulation.disorder import Disorder
from deepreslib.training.cryores.wide_recipe import (
    ViewRecipe,
    WideRecipe,
    draw_half_maps,
    draw_resolution,
    draw_view,
)


def drawn(recipe, resolution=4.0, size=100):
    rng = np.random.default_rng(0)
    return [draw_view(resolution, 1.0, size, Disorder(), recipe, rng) for _ in range(60)]


def test_most_resolutions_are_where_most_maps_are():
    rng = np.random.default_rng(0)
    resolutions = np.array([draw_resolution(WideRecipe(), rng) for _ in range(2000)])
    assert resolutions.min() >= 1.5
    assert resolutions.max() <= 25
    assert 0.65 < np.mean((resolutions >= 2) & (resolutions <= 8)) < 0.8
    assert np.mean(resolutions > 13) > 0.04


def test_extra_b_factors_stay_within_what_the_resolution_bears():
    recipe = ViewRecipe(extras=1.0, extra=(-150.0, -140.0), sharpened=0.0)
    assert all(-150 <= view.treatment.finish.b_factor <= -140 for view in drawn(recipe, 5.0))
    blurred = drawn(replace(recipe, extra=(40.0, 200.0)), 2.0)
    assert max(view.treatment.finish.b_factor for view in blurred) <= 64


def test_filters_of_a_kind():
    coarser = drawn(ViewRecipe(filtered=True, loose=0.0, low_pass=(1.1, 2.5)))
    assert all(4.4 <= view.treatment.finish.low_pass <= 10 for view in coarser)


def test_resampled_boxes_are_neither_too_small_nor_too_large():
    for size in (33, 240):
        views = drawn(ViewRecipe(resampled=1.0, binned=0.5), size=size)
        factors = [view.treatment.resampling.factor for view in views if view.treatment.resampling is not None]
        assert factors
        assert all(31.9 <= size / factor <= 256.1 for factor in factors)


def test_experiments_change_the_half_maps():
    recipe = WideRecipe(bare=1.0, bump=(1.0, 2.0), lobes=1.0, laws=("linear",), belts=1.0)
    settings = draw_half_maps(4.0, 0.8, recipe, np.random.default_rng(0))
    assert settings.solvent.contrast == 0
    assert 1 <= settings.noise.bump <= 2
    assert settings.disorder.law == "linear"
    assert settings.belt is not None
    assert settings.directions is not None
    assert draw_half_maps(4.0, None, WideRecipe(), np.random.default_rng(0)).directions is None
