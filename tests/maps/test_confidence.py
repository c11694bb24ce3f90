"""The confidence mask: what is found, how much of it is false, and what is refused."""

import numpy as np
import pytest
from scipy import ndimage, stats

from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, confidence
from deepreslib.maps.confidence import confidence_mask, noise_cubes

SHAPE = (60, 64, 62)


def noise(seed, blur=0.0, shape=SHAPE):
    """Noise of SD 1; neighbouring voxels are alike if it is blurred."""
    values = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), blur)
    return values / values.std()


def ball(shape=SHAPE, radius=14.0):
    centre = [(count - 1) / 2 for count in shape]
    distances = np.indices(shape) - np.reshape(centre, (3, 1, 1, 1))
    return np.linalg.norm(distances, axis=0) <= radius


def as_map(values, name="some.mrc"):
    return DensityMap(np.ascontiguousarray(values, np.float32), (1.5,) * 3, path=name)


def q_values(p_values):
    """Benjamini & Yekutieli's, by their definition."""
    count = len(p_values)
    order = np.argsort(p_values)
    steps = p_values[order] * count * np.sum(1 / np.arange(1, count + 1)) / np.arange(1, count + 1)
    values = np.empty(count)
    values[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return values


@pytest.mark.parametrize("low_pass", [None, 6.0])
@pytest.mark.parametrize("blur", [0.0, 2.0])
@pytest.mark.parametrize("halves", [False, True])
def test_noise_alone_finds_nothing(blur, halves, low_pass):
    for seed in range(4):
        pair = noise(2 * seed, blur), noise(2 * seed + 1, blur)
        given = (as_map(pair[0], "half1.mrc"), as_map(pair[1], "half2.mrc")) if halves else None
        found = confidence_mask(as_map(np.mean(pair, axis=0)), given, low_pass=low_pass)
        assert found.mask.mean() <= 0.001
        assert low_pass or found.deviation == pytest.approx(0.71, rel=0.3)


@pytest.mark.parametrize("halves", [False, True])
def test_a_filter_lets_a_molecule_stand_out_of_fine_noise(halves):
    inside = ball()
    pair = [2 * inside + np.sqrt(2) * noise(seed) for seed in (3, 4)]
    given = (as_map(pair[0]), as_map(pair[1])) if halves else None
    plain, filtered = (confidence_mask(as_map(np.mean(pair, axis=0)), given, 0.01, each) for each in (None, 8.0))
    assert plain.mask[inside].mean() < 0.1
    assert filtered.mask[inside].mean() > 0.8
    assert filtered.mask[~inside].sum() <= 0.15 * filtered.mask.sum()


@pytest.mark.parametrize("halves", [False, True])
def test_a_ball_in_noise_is_found_and_little_else(halves):
    inside = ball()
    pair = [8 * inside + np.sqrt(2) * noise(seed, 1.0) for seed in (3, 4)]
    given = (as_map(pair[0]), as_map(pair[1])) if halves else None
    found = confidence_mask(as_map(np.mean(pair, axis=0)), given, 0.01)
    assert found.mask.dtype == bool
    assert found.mask[inside].mean() > 0.95
    assert found.mask[~inside].sum() <= 0.02 * found.mask.sum()
    assert found.deviation == pytest.approx(1, rel=0.1)
    assert found.level == pytest.approx(0, abs=0.1)
    assert found.rate == 0.01


def test_the_share_of_false_voxels_follows_the_rate():
    inside, false = ball(), []
    for rate in (0.001, 0.3):
        found = confidence_mask(as_map(3 * inside + noise(5)), rate=rate)
        false.append(found.mask[~inside].sum() / found.mask.sum())
    assert false[0] <= 0.001
    assert false[0] < false[1] <= 0.3


def test_the_threshold_is_that_of_the_q_values():
    values = 2.5 * ball() + noise(6)
    found = confidence_mask(as_map(values), rate=0.05)
    sphere = np.stack(list(confidence._sphere(SHAPE)))
    density = as_map(values).data[sphere].astype(float)
    expected = q_values(stats.norm.sf((density - found.level) / found.deviation)) <= 0.05
    np.testing.assert_array_equal(found.mask[sphere], expected)
    assert 0.002 < expected.mean() < 0.2
    assert not found.mask[~sphere].any()


def test_scale_and_offset_change_nothing():
    values = 4 * ball() + noise(7)
    expected = confidence_mask(as_map(values)).mask
    for scale, offset in ((1e-5, 0), (1e6, 0), (1, -30)):
        found = confidence_mask(as_map(scale * values + offset))
        assert (found.mask != expected).sum() <= 1e-4 * expected.sum() + 2
        pair = as_map(scale * values + offset), as_map(scale * (values + noise(8)) + offset)
        level = confidence_mask(pair[0], pair).level
        assert (level - offset) / scale == pytest.approx(0, abs=0.2)


def test_half_maps_show_the_noise_where_a_molecule_reaches_the_faces():
    rod = np.zeros(SHAPE, bool)
    rod[22:38, :, 22:38] = True
    pair = [10 * rod + np.sqrt(2) * noise(seed) for seed in (9, 10)]
    mean = as_map(np.mean(pair, axis=0))
    with pytest.raises(InputError, match=r"some\.mrc has density where its noise is measured.*give half maps"):
        confidence_mask(mean)
    found = confidence_mask(mean, (as_map(pair[0]), as_map(pair[1])))
    sphere = np.stack(list(confidence._sphere(SHAPE)))
    assert found.mask[rod & sphere].mean() > 0.99
    assert found.level == pytest.approx(0, abs=0.1)
    assert found.mask[~rod].sum() <= 0.02 * found.mask.sum()


def test_a_tip_of_the_molecule_in_one_cube_is_noticed():
    values = 8 * ball() + noise(11)
    z, y, x = noise_cubes(SHAPE)[2]
    values[z, y, x][:5, :5, :5] += 10
    with pytest.raises(InputError, match="larger box"):
        confidence_mask(as_map(values))


@pytest.mark.parametrize("halves", [False, True])
def test_masked_maps_are_refused(halves):
    pair = [(8 * ball() + noise(seed)) * ball(radius=20) for seed in (12, 13)]
    given = (as_map(pair[0], "half1.mrc"), as_map(pair[1], "half2.mrc")) if halves else None
    name = "half1.mrc less half2.mrc" if halves else "some.mrc"
    with pytest.raises(InputError, match=f"{name} shows no noise.*masked.*give the map as the refinement wrote it"):
        confidence_mask(as_map(np.mean(pair, axis=0)), given)


def test_other_refusals():
    with pytest.raises(InputError, match="fewer than 40 voxels"):
        confidence_mask(as_map(noise(1, shape=(39, 64, 64))))
    halves = as_map(noise(1, shape=(60, 64, 60)), "half1.mrc"), as_map(noise(2))
    with pytest.raises(InputError, match=r"half1\.mrc has"):
        confidence_mask(as_map(noise(1)), halves)
    for rate in (0, 1):
        with pytest.raises(ValueError, match="false discovery rate"):
            confidence_mask(as_map(noise(1)), rate=rate)


def test_the_cubes_lie_at_the_faces_of_the_central_section():
    boxes = noise_cubes((200, 240, 220))
    assert boxes[0] == (slice(90, 110), slice(5, 25), slice(100, 120))
    assert boxes[1][1] == slice(215, 235)
    assert boxes[2] == (slice(90, 110), slice(110, 130), slice(4, 24))
    assert boxes[3][2] == slice(196, 216)
    assert all(side.stop - side.start == 10 for box in noise_cubes((40, 50, 60)) for side in box)
