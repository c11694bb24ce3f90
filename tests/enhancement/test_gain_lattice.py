import numpy as np
import pytest

from deepreslib.enhancement.gain_lattice import extended, lattice_over, slices
from deepreslib.enhancement.map_region import region_around

SHAPE = (40, 44, 48)


def lattice_of(mask, stride=4, size=1.0, extends=False):
    box = (slice(5, 36), slice(4, 40), slice(3, 45))
    region = region_around(box, mask.shape, (size,) * 3, 13.0)
    return region, box, lattice_over(region, box, mask[box], stride, extends)


def sphere(radius=10):
    places = np.indices(SHAPE) - np.array(SHAPE)[:, None, None, None] // 2
    return np.linalg.norm(places, axis=0) < radius


@pytest.mark.parametrize("size", [0.7, 1.0, 1.6])
def test_what_is_linear_in_space_is_interpolated_exactly(size):
    region, box, lattice = lattice_of(sphere(), size=size)
    centres = np.array([axis.centre for axis in region.axes])
    slopes = np.array([0.3, -0.2, 0.1])
    found = lattice.interpolated(((lattice.places - centres) @ slopes).astype(np.float32))
    assert found.shape == lattice.box_shape == (31, 36, 42)
    ratios = [axis.ratio for axis in region.axes]
    places = [(np.arange(s.start, s.stop) - n // 2) * r for s, n, r in zip(box, SHAPE, ratios, strict=True)]
    expected = 0.3 * places[0][:, None, None] - 0.2 * places[1][:, None] + 0.1 * places[2]
    inside = sphere()[box]
    assert found[inside] == pytest.approx(expected[inside], abs=1e-4)


def test_places_lie_about_the_centre():
    mask = np.zeros((40, 40, 40), bool)
    mask[18:23, 20, 6:9] = True
    region, _, lattice = lattice_of(mask)
    offsets = lattice.places - [axis.centre for axis in region.axes]
    assert np.all(offsets % 4 == 0)
    assert set(offsets[:, 0]) == {-4, 0, 4}
    assert set(offsets[:, 1]) == {0}
    assert set(offsets[:, 2]) == {-16, -12}
    assert [axis.centre + axis.start for axis in region.axes] == [20, 20, 20]


def test_a_symmetric_mask_has_symmetric_places():
    region, _, lattice = lattice_of(sphere(9), size=1.3)
    offsets = lattice.places - [axis.centre for axis in region.axes]
    assert {tuple(place) for place in offsets} == {tuple(-place) for place in offsets}
    assert (0, 0, 0) in {tuple(place) for place in offsets}


def test_planes_may_be_read_some_at_a_time():
    _, _, lattice = lattice_of(sphere())
    values = np.random.default_rng(0).standard_normal(len(lattice.places)).astype(np.float32)
    whole, planes = lattice.interpolated(values), lattice.planes(lattice.spread(values))
    found = np.concatenate([planes(part) for part in slices(31, 7)])
    assert found == pytest.approx(whole, abs=1e-6)


def test_beyond_the_places_values_go_on():
    _, _, lattice = lattice_of(sphere(6), extends=True)
    assert not lattice.wanted.all()
    same = lattice.interpolated(np.full(len(lattice.places), 3, np.float32))
    assert same == pytest.approx(3, abs=1e-5)
    _, _, without = lattice_of(sphere(6))
    assert without.interpolated(np.full(len(lattice.places), 3, np.float32))[0].max() == 0


def test_an_unknown_place_has_the_mean_of_its_neighbours():
    known = np.zeros((1, 1, 5), bool)
    known[..., [0, 2]] = True
    found = extended(np.array([[[2, 0, 6, 0, 0]]], np.float32), known)
    assert found.ravel().tolist() == [2, 4, 6, 6, 6]


def test_values_that_go_on_keep_the_symmetry():
    rng = np.random.default_rng(1)
    values, known = rng.standard_normal((9, 9, 9, 2)).astype(np.float32), np.zeros((9, 9, 9), bool)
    known[3:6, 4, 2:7] = True
    values += np.flip(values, (0, 2))
    found = extended(values, known)
    assert found == pytest.approx(np.flip(found, (0, 2)), abs=1e-5)
    assert np.all(found[known] == values[known])
    assert np.abs(found).max() <= np.abs(values[known]).max()


def test_slices_make_up_the_whole():
    assert [(part.start, part.stop) for part in slices(10, 4)] == [(0, 4), (4, 8), (8, 10)]
