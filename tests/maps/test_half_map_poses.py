"""The pose in which two maps correlate best, among all mirrorings, exchanges of axes and shifts."""

import itertools

import half_map_pairs
import numpy as np
import pytest
import scipy.fft

from deepreslib.maps.half_map_poses import CoarseMap, Pose, align

NOWHERE = np.zeros((1, 1, 1), bool)


@pytest.fixture(scope="module")
def halves():
    return [half.data for half in half_map_pairs.pair(0.3)]


def aligned(one, two, sizes=half_map_pairs.VOXEL_SIZE):
    coarse = (CoarseMap(scipy.fft.rfftn(data - data.mean()), data.shape, sizes) for data in (one, two))
    return align(*coarse, sizes, NOWHERE)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("mirrored", [(), (0,), (1, 2), (0, 1, 2)])
def test_the_pose_is_found(halves, axes, mirrored):
    if axes == (0, 1, 2) and not mirrored:
        return
    turned = np.flip(halves[1], mirrored).transpose(axes)
    found = aligned(halves[0], turned)
    assert found.best.correlation > 0.7
    assert found.best.correlation > 2 * found.second.correlation
    undone = np.flip(turned.transpose(found.best.axes), np.flatnonzero(found.best.mirrored))
    np.testing.assert_array_equal(undone, halves[1])
    handed = (np.linalg.det(np.eye(3)[list(axes)]) > 0) == (len(mirrored) % 2 == 0)
    assert found.best.other_hand is not handed


def test_unequal_axes_are_not_exchanged(halves):
    found = aligned(halves[0][:, 4:60], halves[1][:, 4:60])
    assert found.given.correlation > 2 * found.best.correlation


@pytest.mark.parametrize("shift", [(0, 0, 0), (0, 0.3, 0), (2.5, 0, -4), (-9, 7, 0.5)])
def test_the_shift_is_found(halves, shift):
    waves = [np.fft.fftfreq(64)[:, None, None], np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64)]
    phase = sum(wave * voxels for wave, voxels in zip(waves, shift, strict=True))
    moved = np.fft.ifftn(np.fft.fftn(halves[1]) * np.exp(-2j * np.pi * phase)).real.astype(np.float32)
    found = aligned(halves[0], moved)
    np.testing.assert_allclose(found.shift, 1.5 * np.array(shift), atol=6 * found.shift_error)
    assert found.shift_error < 0.2
    assert found.correlation_shifted > 0.95


def test_the_correlation_that_noise_allows_is_expected():
    for noise in (0.3, 2.0):
        found = aligned(*(half.data for half in half_map_pairs.pair(noise)))
        assert 0.3 * found.low.value < found.low.expected < 1.1 * found.low.value


def test_noise_alone_lets_nothing_be_expected():
    one, two = (np.random.default_rng(seed).standard_normal((64,) * 3).astype(np.float32) for seed in (0, 1))
    found = aligned(one, two)
    assert abs(found.low.value) < 4 * found.low.error
    assert found.low.expected < 0.4
    assert found.fine.expected < 0.3


def test_poses_are_told_in_words():
    assert str(Pose((0, 1, 2), (False, False, True), 1, 0)) == "the second is mirrored along x"
    assert str(Pose((2, 1, 0), (False,) * 3, 1, 0)) == "the second's axes x, y, z are taken as z, y, x"
    assert str(Pose((1, 0, 2), (True, True, False), 1, 0)).endswith("taken as x, z, y and then mirrored along y and z")
