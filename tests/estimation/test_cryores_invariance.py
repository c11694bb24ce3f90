"""What does not change a map's resolution does not move the shipped CryoRes network: margins, crops, turns, shifts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from small_maps import noisy

from deepreslib.estimation import cryores
from deepreslib.fourier.filters import apply_b_factor
from deepreslib.maps import read_map

GLOBAL, LOCAL = 0.05, 0.1
"""Å: changes of the global resolution, and of the local one (RMS), are smaller."""

CROPPED, SHARPENED = 0.15, 0.3
"""Å: so are changes of the global resolution of an experimental map cropped to little solvent, and of a map with
another B factor. A crop takes away noise that could be measured, so less certain answers move by up to their deviation.
"""

MARGINS = (8, 24, 60, 100)
TURNS = [
    (order, flipped)
    for order in itertools.permutations(range(3))
    for flipped in itertools.product((False, True), repeat=3)
    if round(np.linalg.det(np.eye(3)[list(order)])) == (-1) ** sum(flipped)
]


@pytest.fixture(scope="module")
def density_map():
    return noisy()


@pytest.fixture(scope="module")
def answer(density_map):
    return ask(density_map)


@pytest.fixture(scope="module")
def betagal(shared_data):
    return read_map(shared_data / "maps" / "betagal.mrc")


def ask(density_map):
    return cryores.estimate(density_map, workers=1)


def with_data(density_map, data):
    return replace(density_map, data=np.ascontiguousarray(data, np.float32))


def padded(density_map, count):
    faces = [density_map.data.take(side, axis).ravel() for axis in range(3) for side in (0, -1)]
    level = np.float32(np.median(np.concatenate(faces)))
    return with_data(density_map, np.pad(density_map.data, count, constant_values=level))


def cropped(density_map, answer):
    """The map around the mask found, with three voxels of solvent."""
    inside = np.argwhere(answer.mask)
    low, high = np.maximum(inside.min(axis=0) - 3, 0), inside.max(axis=0) + 4
    return with_data(density_map, density_map.data[tuple(map(slice, low, high))])


def local_change(values, answer):
    """RMS change of local values, Å, where both have one."""
    common = (values > 0) & (answer.resolution > 0)
    assert common.sum() > 0.8 * (answer.resolution > 0).sum()
    return np.sqrt(np.mean((values - answer.resolution)[common] ** 2))


def global_change(changed, answer):
    return abs(changed.global_resolution.value - answer.global_resolution.value)


def test_there_are_all_turns():
    assert len(TURNS) == 24


@pytest.mark.parametrize("count", MARGINS)
def test_margins(density_map, answer, count):
    changed = ask(padded(density_map, count))
    inner = (slice(count, -count),) * 3
    assert global_change(changed, answer) <= GLOBAL
    assert local_change(changed.resolution[inner], answer) <= LOCAL


@pytest.mark.parametrize(("order", "flipped"), TURNS[1::4])
def test_turns(density_map, answer, order, flipped):
    axes = [axis for axis in range(3) if flipped[axis]]
    changed = ask(with_data(density_map, np.flip(density_map.data.transpose(order), axes)))
    values = np.flip(changed.resolution, axes).transpose(np.argsort(order))
    assert global_change(changed, answer) <= GLOBAL
    assert local_change(values, answer) <= LOCAL


def test_a_shift_by_half_a_voxel(density_map, answer):
    data = np.pad(density_map.data, ((0, 1),) * 3, mode="symmetric")  # an odd edge has no coefficient at Nyquist
    moved = ndimage.fourier_shift(np.fft.rfftn(data), (0.5,) * 3, n=data.shape[-1])
    inner = (slice(0, -1),) * 3
    changed = ask(with_data(density_map, np.fft.irfftn(moved, data.shape)[inner]))
    back = np.stack([np.roll(changed.resolution, step, (0, 1, 2)) for step in itertools.product((0, -1), repeat=3)])
    assert global_change(changed, answer) <= GLOBAL
    assert local_change(np.where((back > 0).all(axis=0), back.mean(axis=0), 0), answer) <= LOCAL


def test_a_crop_to_three_voxels_of_solvent(density_map, answer):
    assert global_change(ask(cropped(density_map, answer)), answer) <= answer.global_resolution.deviation


@pytest.mark.parametrize("b_factor", [-60, 120])
def test_b_factors(density_map, answer, b_factor):
    data = apply_b_factor(density_map.data, density_map.voxel_size, b_factor)
    assert global_change(ask(with_data(density_map, data)), answer) <= SHARPENED


def test_an_experimental_map_in_a_wider_box(betagal):
    answer, changed = ask(betagal), ask(padded(betagal, 30))
    assert global_change(changed, answer) <= GLOBAL
    assert local_change(changed.resolution[30:-30, 30:-30, 30:-30], answer) <= LOCAL


def test_an_experimental_map_turned(betagal):
    answer, changed = ask(betagal), ask(with_data(betagal, betagal.data.transpose(2, 0, 1)))
    assert global_change(changed, answer) <= GLOBAL
    assert local_change(changed.resolution.transpose(1, 2, 0), answer) <= LOCAL


def test_an_experimental_map_cropped(betagal):
    answer = ask(betagal)
    assert global_change(ask(cropped(betagal, answer)), answer) <= CROPPED
