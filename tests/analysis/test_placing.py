"""The shift that lays a structure upon a map's mask, and where none can be told."""

import numpy as np
import pytest
from scipy import ndimage

from deepreslib.analysis.annotation import placing_advice
from deepreslib.analysis.placing import fitting_origin
from deepreslib.maps import DensityMap

SHAPE, SIZES, ORIGIN = (40, 44, 48), (2.0, 1.8, 1.6), (33.3, -20.7, 11.9)


def molecule(scale=1.0):
    """Atoms (n, 3), Å, x y z from voxel (0, 0, 0): three lobes of different size about the box's middle."""
    rng = np.random.default_rng(0)
    lobes = [((40, 40, 38), 14), ((58, 40, 42), 9), ((36, 56, 52), 7)]
    parts = [scale * radius * _in_ball(rng, 12 * radius) + middle for middle, radius in lobes]
    return np.concatenate(parts)


def _in_ball(rng, count):
    points = rng.uniform(-1, 1, (4 * count, 3))
    return points[np.linalg.norm(points, axis=1) < 1][:count]


def masked(atoms, reach=5.0):
    """A resolution map, 4 Å within ``reach`` of the atoms and 0 elsewhere."""
    places = np.rint(atoms[:, ::-1] / SIZES).astype(int)
    free = np.ones(SHAPE, bool)
    free[tuple(places.T)] = False
    near = ndimage.distance_transform_edt(free, sampling=SIZES) < reach
    return DensityMap(np.where(near, np.float32(4), np.float32(0)), SIZES, ORIGIN, "res.mrc")


@pytest.mark.parametrize("shift", [(37.3, -112.0, 55.5), (-3.0, 900.0, 41.4), (18.0, 0.0, 22.0)])
def test_a_shift_is_found_and_its_origin_named(shift):
    atoms = molecule()
    resolution = masked(atoms)
    moved = atoms + shift
    origin = fitting_origin(resolution, moved)
    np.testing.assert_allclose(origin[::-1], shift, atol=1.5)
    text = ",".join(f"{number:.6g}" for number in origin[::-1])
    advice = placing_advice(resolution, moved)
    assert f"with the origin {text} Å" in advice
    assert int(advice.split("Å ")[1].split(" %")[0]) >= 95


def test_a_usual_origin_goes_first():
    assert placing_advice(masked(molecule()), molecule()).startswith("set the map's origin to 0,0,0 Å, where 100 %")


def test_a_few_atoms_far_away_do_not_matter():
    atoms = molecule() + 300
    atoms[:20] = np.nan
    atoms[20:40] = 1e9
    np.testing.assert_allclose(fitting_origin(masked(molecule()), atoms), 300, atol=1.5)


@pytest.mark.parametrize(
    ("resolution", "atoms"),
    [
        (masked(molecule()), molecule(0.1)[:60] + 300),  # fits in too many places
        (masked(molecule()), 20 * molecule()),  # wider than the map
        (masked(molecule()), np.full((5, 3), np.nan)),
        (masked(molecule()), np.empty((0, 3))),
        (DensityMap(np.full(SHAPE, np.float32(4)), SIZES, ORIGIN), molecule() + 300),
        (DensityMap(np.zeros(SHAPE, np.float32), SIZES, ORIGIN), molecule() + 300),
    ],
)
def test_no_origin_is_named_where_none_can_be_told(resolution, atoms):
    assert fitting_origin(resolution, atoms) is None


def test_a_structure_of_other_form_gets_no_origin():
    """A long rod, which lies in the mask nowhere."""
    rod = np.stack([np.linspace(0, 75, 300), np.full(300, 3.0), np.full(300, 3.0)], axis=1) + 300
    assert "its right origin or voxel size" in placing_advice(masked(molecule()), rod)
