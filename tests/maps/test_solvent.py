"""What is measured around the molecule: the sign, the faces, the constant share, the powers of known spectra."""

import numpy as np
import pytest
from small_maps import VOXEL, atoms, density_map, noisy, reconstruction_noise

from deepreslib.fourier.filters import low_pass
from deepreslib.maps import DensityMap
from deepreslib.maps.solvent import Blocks, measure_sign, measure_solvent


def measured(one, sign=1):
    return measure_solvent(Blocks(one), sign)


def test_blocks_are_means_of_cubes_and_leave_out_what_fills_none():
    data = np.arange(25 * 24 * 27, dtype=np.float32).reshape(25, 24, 27)
    blocks = Blocks(DensityMap(data, (1.5,) * 3))
    assert (blocks.edge, blocks.size, blocks.means.shape) == (2, (3.0,) * 3, (12, 12, 13))
    means = data[:24, :24, :26].reshape(12, 2, 12, 2, 13, 2).mean((1, 3, 5))
    np.testing.assert_allclose(blocks.means * blocks.spread + blocks.level, means, rtol=1e-4)
    z, y, x = slice(2, 4), slice(0, 3), slice(5, 6)
    np.testing.assert_allclose(blocks.cube((z, y, x)) * blocks.spread + blocks.level, data[4:8, 0:6, 10:12], rtol=1e-6)


def test_large_maps_are_seen_through_larger_blocks():
    assert Blocks(DensityMap(np.random.default_rng(0).random((300, 20, 20), np.float32), (1.0,) * 3)).edge == 2
    assert Blocks(DensityMap(np.random.default_rng(0).random((64, 64, 64), np.float32), (0.5,) * 3)).edge == 8


def test_contrast_has_the_sign_of_what_stands_out_and_noise_has_none():
    right = measure_sign(Blocks(noisy()))
    assert right.contrast > 0.9
    assert max(right.faces) < 0.2
    assert measure_sign(Blocks(density_map(-noisy().data))).contrast == pytest.approx(-right.contrast, abs=1e-3)
    assert abs(measure_sign(Blocks(density_map(reconstruction_noise((48,) * 3)))).contrast) < 0.5


def test_faces_that_density_reaches_vary():
    filled = measure_sign(Blocks(density_map(atoms(edge=32, radius=60))))
    assert min(filled.faces) > 0.3
    assert filled.fine_skewness > 0.3


def test_the_constant_share_and_what_lies_below_it():
    density = noisy().data
    distance = np.linalg.norm(np.indices(density.shape) - 23.5, axis=0)
    masked = measured(density_map(np.where(distance < 16, density, 0.25)))
    assert masked.constant > 0.7
    assert 0.05 < masked.below < 0.9
    cut = measured(density_map(np.where(density > 1.5, density, 0)))
    assert (cut.constant > 0.99, cut.below) == (True, 0)
    assert measured(noisy()).constant < 0.01


def test_noise_is_measured_in_units_of_the_molecule():
    low, high = measured(noisy(0.1)), measured(noisy(0.4))
    assert high.deviation / low.deviation == pytest.approx(4, rel=0.25)
    assert high.fine_power > 3 * low.fine_power
    # The power of noise and of density together, if the density has no more than a tenth of the power left.
    assert measured(noisy(1.0)).fine_power == pytest.approx(1, abs=0.5)


def test_noise_lasts_far_from_the_molecule_and_its_tails_do_not():
    weak = measured(noisy(0.02))
    assert weak.lasting == pytest.approx(0.02, rel=0.5)
    assert weak.decay == pytest.approx(1, abs=0.4)
    tails = measured(density_map(low_pass(atoms(blur=1.5), (VOXEL,) * 3, 10.0)))
    assert tails.lasting < 0.02
    assert tails.decay > 2
    near = measured(density_map(noisy(0.02).data[12:-12, 12:-12, 12:-12]))
    assert near is None or near.lasting is None


def test_white_noise_is_even_up_to_the_corners_and_that_of_reconstructions_is_not():
    white = np.random.default_rng(3).standard_normal((48,) * 3)
    assert measured(density_map(atoms(blur=2.0) + 0.3 * white)).unevenness < 1.3
    assert measured(noisy()).unevenness > 10


def test_where_nothing_stands_out_or_nothing_is_around_there_is_no_solvent():
    assert measured(DensityMap(np.zeros((24,) * 3, np.float32) + 1, (VOXEL,) * 3)) is None
    step = np.ones((24,) * 3, np.float32)
    step[:2] = 0
    assert measured(density_map(step)) is None or measured(density_map(step)).fine_power is None
