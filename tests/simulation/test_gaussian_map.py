"""Maps of Gaussian atoms: the fast way against the sum over atoms, and the formula of one atom."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.fourier import filters
from deepreslib.simulation import gaussian_map
from deepreslib.simulation.gaussian_map import GaussianMaps
from deepreslib.structures import read_structure

SHAPE = (40, 36, 44)


@pytest.fixture(scope="module")
def molecule():
    """(positions x y z, electrons) of sixty atoms in the middle of a box of 36 Å and more."""
    rng = np.random.default_rng(3)
    return np.array([22, 18, 20]) + rng.normal(0, 4, (60, 3)).clip(-8, 8), rng.choice([6.0, 7.0, 8.0, 16.0], 60)


def summed(positions, weights, shape, voxel_size, resolution):
    """The density by its definition: every atom at every voxel."""
    z, y, x = (np.arange(count) * voxel_size for count in shape)
    total = np.zeros(shape)
    for (at_x, at_y, at_z), weight in zip(positions, weights, strict=True):
        squares = (z - at_z)[:, None, None] ** 2 + (y - at_y)[:, None] ** 2 + (x - at_x) ** 2
        total += weight * np.exp(-((np.pi / resolution) ** 2) * squares)
    return total


@pytest.mark.parametrize("voxel_size", [1.0, 0.8])
@pytest.mark.parametrize("resolution", [1.3, 2.5, 4.0, 5.1, 7.5])
def test_the_fast_way_is_the_sum_over_atoms(molecule, voxel_size, resolution):
    shape = tuple(round(count / voxel_size) for count in SHAPE)
    truth = summed(*molecule, shape, voxel_size, resolution)
    found = GaussianMaps(*molecule, shape, voxel_size).at(resolution)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, truth, atol=3e-4 * truth.max())


def test_one_sum_makes_all_coarse_maps(molecule, monkeypatch):
    maps = GaussianMaps(*molecule, SHAPE, 1.0)
    first = maps.at(7.0)
    monkeypatch.setattr(gaussian_map, "_sum", None)
    np.testing.assert_array_equal(maps.at(7.0), first)
    assert maps.at(9.0).max() > first.max()


def test_the_transform_of_an_atom_falls_as_the_gaussian_scale_says():
    data = GaussianMaps(np.array([[16.0, 16, 16]]), np.array([8.0]), (32,) * 3, 1.0).at(6.0)
    amplitudes = np.abs(np.fft.rfftn(data))
    frequency = filters.frequencies((32,) * 3, 1.0)
    near = frequency < 0.45
    np.testing.assert_allclose(
        amplitudes[near] / amplitudes[0, 0, 0], np.exp(-np.square(6.0 * frequency[near])), atol=1e-4
    )
    assert data[16, 16, 16] == pytest.approx(8.0, rel=1e-4)


def test_atoms_beyond_the_border_come_in_from_the_other_side():
    inside = GaussianMaps(np.array([[1.2, 30.9, 5.0]]), np.ones(1), (32,) * 3, 1.0).at(3.0)
    outside = GaussianMaps(np.array([[33.2, -1.1, 5.0]]), np.ones(1), (32,) * 3, 1.0).at(3.0)
    np.testing.assert_allclose(inside, outside, atol=1e-6)


def test_large_molecules_are_summed_in_parts(molecule, monkeypatch):
    whole = GaussianMaps(*molecule, SHAPE, 1.0).at(4.0)
    monkeypatch.setattr(gaussian_map, "_CONTRIBUTIONS_AT_ONCE", 1)
    parts = GaussianMaps(*molecule, SHAPE, 1.0).at(4.0)
    np.testing.assert_allclose(parts, whole, atol=1e-5 * whole.max())


def test_electrons_are_counted_with_their_occupancy(tmp_path):
    path = tmp_path / "two.pdb"
    write_structure(path, chains="A", residues=3)
    lines = path.read_text().splitlines()
    lines = [line.replace("  1.00", "  0.50", 1) if " A   2 " in line else line for line in lines]
    path.write_text("\n".join(lines))
    np.testing.assert_array_equal(gaussian_map.electrons(read_structure(path)), [6.0, 3.0, 6.0])
