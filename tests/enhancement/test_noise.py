"""Noise around a molecule and beyond its resolution, against formulas; maps that show other things."""

import numpy as np
import pytest

from deepreslib.enhancement.noise import agreement, shows_molecule, shows_noise, strength_beyond
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, masks

SHAPE, SIZE = (48, 50, 52), 1.5
DISTANCE = np.sqrt(sum((c - n // 2) ** 2 for c, n in zip(np.indices(SHAPE), SHAPE, strict=True))) * SIZE
BALL = DISTANCE < 12
RESOLUTION = 4.0


def noisy(rng, noise=0.3):
    signal = 3 * filters.low_pass(rng.standard_normal(SHAPE), SIZE, 5.0) * masks.soft_edge(BALL, 2)
    return DensityMap((signal + noise * rng.standard_normal(SHAPE)).astype(np.float32), (SIZE,) * 3)


@pytest.fixture
def density_map():
    return noisy(np.random.default_rng(1))


def test_noise_is_seen_around_a_molecule_and_within_a_circle(density_map):
    assert shows_noise(density_map, BALL)
    assert shows_noise(density_map.like(density_map.data + np.float32(5)), BALL)
    assert shows_noise(density_map.like(density_map.data * (DISTANCE < 36)), BALL)


@pytest.mark.parametrize("outside", [0.0, -0.2])
@pytest.mark.parametrize("weight", [BALL, masks.soft_edge(BALL, 3), np.clip((22 - DISTANCE) / 5, 0, 1)])
def test_a_masked_map_shows_none(density_map, weight, outside):
    weight = np.asarray(weight, np.float32)
    masked = density_map.data * weight + np.float32(outside) * (1 - weight)
    assert not shows_noise(density_map.like(masked.astype(np.float32)), BALL)


def test_a_map_without_an_outside_shows_none(density_map):
    assert not shows_noise(density_map, np.ones(SHAPE, bool))


def test_the_strength_beyond_is_the_ratio_of_two_waves():
    """A wave of amplitude 2 at 3 Å beside one of amplitude 1 at 6.5 Å, in a map of 4 Å."""
    z, _, x = np.indices(SHAPE)
    waves = 2 * np.cos(2 * np.pi * 24 * z / 48) + np.cos(2 * np.pi * 12 * x / 52)
    waves += 7  # and a background
    found = strength_beyond(DensityMap(waves.astype(np.float32), (SIZE,) * 3), np.ones(SHAPE, bool), RESOLUTION)
    assert found == pytest.approx(2 * np.sqrt(2), rel=1e-3)  # at Nyquist's frequency the wave is ±2 in every voxel


def test_a_filtered_map_has_nothing_beyond_and_sharpening_only_adds(density_map):
    filtered = density_map.like(filters.low_pass(density_map.data, SIZE, RESOLUTION))
    assert strength_beyond(filtered, BALL, RESOLUTION) < 1e-5
    strengths = [
        strength_beyond(density_map.like(filters.apply_b_factor(density_map.data, SIZE, b)), BALL, RESOLUTION)
        for b in (200, 50, 0, -50, -200, -400)
    ]
    assert (np.diff(strengths) > 0).all()


def test_maps_agree_however_they_are_sharpened(density_map):
    for b_factor, limit in ((200, 3), (0, 3), (-100, 3), (-400, RESOLUTION)):
        sharpened = filters.apply_b_factor(filters.low_pass(density_map.data, SIZE, limit), SIZE, b_factor)
        other = density_map.like(3 * sharpened + np.float32(1))
        assert agreement(other, density_map, BALL, RESOLUTION) > 0.9
        assert agreement(other.like(-other.data), density_map, BALL, RESOLUTION) < -0.9


def test_other_maps_do_not_agree(density_map):
    other = noisy(np.random.default_rng(2))
    assert abs(agreement(other, density_map, BALL, RESOLUTION)) < 0.3
    assert agreement(density_map.like(np.roll(density_map.data, 4, 1)), density_map, BALL, RESOLUTION) < 0.3
    assert agreement(density_map.like(np.zeros(SHAPE, np.float32)), density_map, BALL, RESOLUTION) == 0


def test_noise_alone_is_no_molecule(density_map):
    """Filtered or not, the noise of single precision or another."""
    ball = density_map.like(density_map.data + 2 * BALL)
    assert shows_molecule(ball, RESOLUTION)
    assert shows_molecule(ball.like(filters.apply_b_factor(ball.data, SIZE, -30)), RESOLUTION)
    noise = np.random.default_rng(6).standard_normal(SHAPE, np.float32)
    assert not shows_molecule(ball.like(noise), RESOLUTION)
    assert not shows_molecule(ball.like(filters.low_pass(noise, SIZE, RESOLUTION)), RESOLUTION)
    nothing_left = filters.low_pass(filters.apply_b_factor(ball.data, SIZE, -500), SIZE, RESOLUTION)
    assert not shows_molecule(ball.like(nothing_left), RESOLUTION)
