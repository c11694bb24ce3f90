"""Simulated maps for local sharpening: what is drawn, and that treatments act on signal and noise alike."""

from dataclasses import replace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.fourier import filters
from deepreslib.training.ilocscale import maps
from deepreslib.training.ilocscale.maps import MapRecipe

PLAIN = MapRecipe(
    bands=((3.0, 3.2, 1.0),), extras=0, filtered=0, coarser=0, masked=0, offset=0, belts=0, padding=(0, 0.1)
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("structures")
    return write_structure(folder / "one.pdb", chains="ABCDEFGH", residues=10)


def test_a_map_follows_its_model_at_low_frequencies_and_ends_in_noise(path):
    made = maps.make_map(path, PLAIN, [1])
    assert made.data.shape == made.mask.shape == made.at_rest.shape == made.shifted.shape
    assert (made.limit, made.data.dtype) == (2.0, np.float32)
    smooth = [filters.low_pass(data, 1.0, 6.0)[made.mask] for data in (made.data, made.at_rest)]
    assert np.corrcoef(*smooth)[0, 1] > 0.6
    assert made.data[~made.mask].std() > 0
    assert made.shifted.std() < made.at_rest.std()


def test_the_same_seed_makes_the_same_map(path):
    one, same, other = (maps.make_map(path, MapRecipe(), [seed]) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.data, same.data)
    assert one.data.shape != other.data.shape or not np.array_equal(one.data, other.data)


def test_extra_b_factors_act_on_signal_and_noise(path):
    plain = maps.make_map(path, replace(PLAIN, extras=1.0, extra=(0.0, 0.0)), [2])
    changed = maps.make_map(path, replace(PLAIN, extras=1.0, extra=(60.0, 60.0)), [2])
    expected = filters.apply_b_factor(plain.data, 1.0, 60.0)
    np.testing.assert_allclose(changed.data, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"filtered": 1.0, "low_pass": (1.5, 1.5)}, lambda limit: 1 / limit + 0.06),
        ({"coarser": 1.0}, lambda limit: 3**0.5 / limit),
    ],
)
def test_filters_and_coarse_voxels_leave_nothing_beyond_their_limit(changes, end, path):
    made = maps.make_map(path, replace(PLAIN, **changes), [3])
    assert made.limit > 2.0
    frequency = filters.frequencies(made.data.shape, 1.0)
    power = np.abs(np.fft.rfftn(made.data)) ** 2
    beyond = frequency > end(made.limit) + 1e-3
    assert power[beyond].mean() < 1e-6 * power[~beyond].mean()


def test_treatments_are_drawn_as_often_as_the_recipe_says():
    rng = np.random.default_rng(0)
    drawn = [maps.draw_treatment(4.0, MapRecipe(), rng) for _ in range(3000)]
    shares = {
        "extra": np.mean([one.finish.b_factor != 0 for one in drawn]),
        "filtered": np.mean([one.finish.low_pass is not None for one in drawn]),
        "coarser": np.mean([one.resampling is not None for one in drawn]),
        "masked": np.mean([one.region is not None for one in drawn]),
        "offset": np.mean([one.offset != 0 for one in drawn]),
    }
    assert shares == pytest.approx(
        {"extra": 1 / 3, "filtered": 0.1, "coarser": 0.1, "masked": 0.15, "offset": 0.1}, abs=0.03
    )
    factors = [one.resampling.factor for one in drawn if one.resampling is not None]
    assert 1 < min(factors) < 1.1
    assert 1.9 < max(factors) <= 2
