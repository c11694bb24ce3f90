"""What the estimators without a network say of a map must not depend on which axis comes first, nor on its hand."""

import itertools

import numpy as np
import pytest

from deepreslib.estimation import localfsc, monores, resmap
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap, read_map

endurance = pytest.mark.endurance

ORDERS = list(itertools.permutations(range(3)))
SHAPE = (44, 40, 47)


def given(maps):
    return maps[0] if len(maps) == 1 else tuple(maps)


def moved(density_map, move):
    return DensityMap(np.ascontiguousarray(move(density_map.data)), density_map.voxel_size)


def shares_of_differences(estimator, maps, mask, moves, **options):
    """For each (move, move back) the share of the mask's voxels that differ by more than 0.01 Å in the map moved."""
    before = estimator(given(maps), mask, workers=1, **options).resolution
    shares = []
    for move, back in moves:
        turned = [moved(density_map, move) for density_map in maps]
        after = estimator(given(turned), np.ascontiguousarray(move(mask)), workers=1, **options).resolution
        shares.append(np.mean(abs(back(after) - before)[mask] > 0.01))
    return shares


def transposition(order):
    return (lambda data: data.transpose(order)), (lambda data: data.transpose(np.argsort(order)))


def synthetic(count, shape=SHAPE):
    """Maps of a ball of density falling with frequency, in white noise up to Nyquist, and a mask."""
    rng = np.random.default_rng(1)
    places = np.indices(shape) - (np.array(shape) / 2 - 1).reshape(3, 1, 1, 1)
    mask = np.square(places).sum(axis=0) < 11**2
    signal = filters.apply_b_factor(rng.standard_normal(shape) * mask, 1.0, 80)
    signal *= 6 / signal[mask].std()
    noise = rng.standard_normal((count, *shape))
    return [DensityMap(np.float32(signal + part), (1.0, 1.0, 1.0)) for part in noise], mask


@pytest.mark.parametrize(
    ("estimator", "count", "options"),
    [
        (monores.estimate, 1, {"coarsest": 12.0}),
        (monores.estimate, 2, {"coarsest": 12.0}),
        (resmap.estimate, 1, {}),
        (resmap.estimate, 2, {}),
        (localfsc.estimate, 2, {"box": 16}),
    ],
)
def test_the_order_of_the_axes_changes_nothing(estimator, count, options):
    maps, mask = synthetic(count)
    moves = [transposition(order) for order in ORDERS[1:]]
    assert max(shares_of_differences(estimator, maps, mask, moves, **options)) < 0.01


MIRRORS = {
    "z": lambda data: data[::-1],
    "x": lambda data: data[:, :, ::-1],
    "point": lambda data: data[::-1, ::-1, ::-1],
}


@pytest.mark.parametrize(("estimator", "count"), [(monores.estimate, 1), (monores.estimate, 2), (resmap.estimate, 1)])
def test_the_mirror_image_gives_the_mirror_image(estimator, count):
    maps, mask = synthetic(count)
    moves = [(mirror, mirror) for mirror in MIRRORS.values()]
    assert max(shares_of_differences(estimator, maps, mask, moves, coarsest=12.0)) < 0.01


def test_a_quarter_turn_changes_nothing():
    maps, mask = synthetic(1)
    turns = [lambda data, n=n: np.rot90(data, n, axes=(0, 2)) for n in (1, -1)]
    assert max(shares_of_differences(monores.estimate, maps, mask, [turns], coarsest=12.0)) < 0.01


def test_the_spheres_mirror_image_is_the_sphere():
    for shape in ((10, 10, 10), (11, 11, 11), (8, 13, 10)):
        sphere = monores._sphere(shape)
        np.testing.assert_array_equal(sphere, sphere[::-1, ::-1, ::-1])
        assert sphere.any(axis=(1, 2)).sum() >= min(shape) // 2 * 2 - 1


@pytest.mark.parametrize(
    "orders", [[(2, 0, 1)], pytest.param([order for order in ORDERS[1:] if order != (2, 0, 1)], marks=endurance)]
)
def test_beta_galactosidase_in_all_axis_orders(shared_data, orders):
    density_map = read_map(shared_data / "maps" / "betagal.mrc")
    mask = density_map.data > 0.02
    moves = [transposition(order) for order in orders]
    assert max(shares_of_differences(monores.estimate, [density_map], mask, moves)) < 0.01


@pytest.mark.parametrize(
    ("structure", "kind"),
    [("2gaf", "halves"), ("4qln", "single"), pytest.param("1kc6", "single", marks=endurance)],
)
def test_a_reference_with_x_and_z_exchanged(shared_data, structure, kind):
    half1, half2, mask = (
        read_map(shared_data / "reference" / structure / f"{name}.mrc.gz") for name in ("half1", "half2", "mask")
    )
    maps = [half1, half2] if kind == "halves" else [half1.like((half1.data + half2.data) / 2)]
    moves = [transposition((2, 1, 0)), (MIRRORS["z"], MIRRORS["z"])]
    assert max(shares_of_differences(monores.estimate, maps, mask.data > 0.5, moves)) < 0.01
