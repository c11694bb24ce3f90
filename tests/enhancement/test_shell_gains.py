import numpy as np
import pytest
from scipy import ndimage
from window_gains import centre_values, molecule

from deepreslib.enhancement import profiles, shell_gains
from deepreslib.enhancement.gain_lattice import lattice_over
from deepreslib.enhancement.map_region import region_around
from deepreslib.enhancement.profiles import FREQUENCY, SHELLS, Windows
from deepreslib.fourier import filters
from deepreslib.maps import box_around

MARGIN = 13.0


def laid(mask, stride=4, voxel_size=(1.0, 1.0, 1.0)):
    """The region, box and lattice of a mask's voxels."""
    box = box_around(mask)
    region = region_around(box, mask.shape, voxel_size, MARGIN)
    return region, box, lattice_over(region, box, mask[box], stride)


def noise(shape=(40, 44, 48), seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def random_gains(count, seed=1):
    return np.exp(np.random.default_rng(seed).normal(0, 1, (count, SHELLS))).astype(np.float32)


def in_middle(shape, edge=8):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(n // 2 - edge // 2, n // 2 + edge // 2) for n in shape)] = True
    return mask


def test_gains_at_every_voxel_are_those_of_the_windows():
    data, mask = noise(), in_middle((40, 44, 48))
    region, box, lattice = laid(mask, stride=1)
    gains = random_gains(len(lattice.places))
    found = shell_gains.apply_gains(region.read(data), region, box, lattice, np.log(gains), 1)
    expected = centre_values(region.read(data), lattice.places, gains)
    assert np.abs(found.ravel() - expected).max() < 1e-4 * expected.std()


def test_beyond_the_border_windows_see_the_level():
    data = noise((30, 30, 30)) + np.float32(5)
    mask = np.zeros(data.shape, bool)
    mask[:3, :3, -3:] = True
    region, box, lattice = laid(mask, stride=1)
    gains = random_gains(27)
    found = shell_gains.apply_gains(region.read(data, 5), region, box, lattice, np.log(gains), 1)
    expected = centre_values(data - np.float32(5), np.argwhere(mask), gains)
    assert np.abs(found.ravel() - expected).max() < 1e-4 * expected.std()


@pytest.mark.parametrize("size", [0.5, 0.8, 1.37])
def test_other_grids_are_filtered_at_the_same_frequencies(size):
    edge = round(56 / size)
    data = filters.low_pass(noise((edge,) * 3), size, max(2.2, 2.4 * size), 0.01)
    distance = np.linalg.norm(np.indices(data.shape) - edge // 2, axis=0) * size
    data *= np.exp(-0.5 * (distance / 6) ** 2)  # so that no wave ends at the region's faces
    mask = in_middle(data.shape, round(12 / size))
    region, box, lattice = laid(mask, 4, (size,) * 3)
    gains = np.repeat(random_gains(1), len(lattice.places), 0)
    values = region.read(data)
    found = shell_gains.apply_gains(values, region, box, lattice, np.log(gains), 1)
    at_windows = region.at_windows(values)
    centre = [axis.centre for axis in region.axes]
    expected = centre_values(at_windows, [centre], gains[:1])[0]
    middle = tuple(n // 2 - side.start for n, side in zip(data.shape, box, strict=True))
    assert found[middle] == pytest.approx(expected, abs=2e-3 * found.std())


def test_the_last_gain_holds_beyond_the_shells():
    places = np.indices((96,) * 3)[2]
    data = np.cos(2 * np.pi * 0.75 * 0.5 * places).astype(np.float32)  # 1.33 Å in voxels of 0.5 Å
    mask = in_middle(data.shape, 10)
    region, box, lattice = laid(mask, 4, (0.5,) * 3)
    log_gains = np.zeros((len(lattice.places), SHELLS), np.float32)
    log_gains[:, -1] = np.log(3)
    found = shell_gains.apply_gains(region.read(data), region, box, lattice, log_gains, 1)
    assert found == pytest.approx(3 * data[box], abs=0.03)


@pytest.mark.parametrize("workers", [1, 2])
def test_gains_of_1_give_the_map_back(workers):
    data, mask = noise(), in_middle((40, 44, 48), 20)
    region, box, lattice = laid(mask)
    ones = np.zeros((len(lattice.places), SHELLS))
    found = shell_gains.apply_gains(region.read(data), region, box, lattice, ones, workers)
    assert found == pytest.approx(data[box], abs=1e-5)


def test_equal_gains_keep_the_phases():
    data, ball = molecule()
    region, box, lattice = laid(np.ones_like(ball))
    log_gains = np.tile(60 / 4 * FREQUENCY**2, (len(lattice.places), 1))
    found = shell_gains.apply_gains(region.read(data), region, box, lattice, log_gains, 1)
    before, after = (np.fft.rfftn(np.pad(each, 24)) for each in (data, found))
    strong = (np.abs(before) > 1e-3 * np.abs(before).max()) & (filters.frequencies((96,) * 3, 1.0) < 0.48)
    change = np.angle(after * before.conj())[strong]
    weight = (np.abs(after) * np.abs(before))[strong]
    assert np.average(np.abs(change), weights=weight) < 1e-3


def smooth_gains(data, model, places):
    return profiles.logarithm(Windows(model).profiles(places)) - profiles.logarithm(Windows(data).profiles(places))


def test_between_places_gains_are_nearly_those_of_every_voxel():
    """A blurred, noisy map scaled to a model of which one half is less ordered."""
    model, ball = molecule(60, 20)
    data = filters.apply_b_factor(model, 1.0, 60)
    data += 0.3 * data[ball].std() * ndimage.gaussian_filter(noise(data.shape), 1.0)
    region, box, lattice = laid(ball, 4)
    values, target = region.read(data), region.read(model)
    found = shell_gains.apply_gains(values, region, box, lattice, smooth_gains(values, target, lattice.places), 1)[
        ball[box]
    ]
    chosen = np.random.default_rng(2).choice(np.count_nonzero(ball), 800, replace=False)
    places = np.argwhere(ball)[chosen] - [axis.start for axis in region.axes]
    expected = centre_values(values, places, np.exp(smooth_gains(values, target, places)))
    difference = found[chosen] - expected
    assert np.sqrt(np.mean(difference**2)) < 0.025 * expected.std()
    assert np.corrcoef(found[chosen], expected)[0, 1] > 0.9995


def test_symmetric_maps_stay_symmetric():
    data, ball = molecule(49, 15)  # an odd edge has its centre on a voxel, so that flips are turns about it
    data = sum(np.flip(data, axes) for axes in ((), (0, 1), (0, 2), (1, 2)))
    model = ndimage.gaussian_filter(data, 0.5)
    for size in (1.0, 0.83, 1.21):
        region, box, lattice = laid(ball, 4, (size,) * 3)
        values, target = region.read(data), region.read(model)
        log_gains = smooth_gains(region.at_windows(values), region.at_windows(target), lattice.places)
        found = shell_gains.apply_gains(values, region, box, lattice, log_gains, 1)
        for axes in ((0, 1), (0, 2)):
            assert np.abs(found - np.flip(found, axes))[ball[box]].max() < 1e-4 * found.std()
