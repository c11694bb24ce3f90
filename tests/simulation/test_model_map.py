"""Simulated density against structure factors, masks and regions against geometry."""

import gemmi
import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import simulation, structures
from deepreslib.fourier import filters


@pytest.fixture
def structure(tmp_path):
    return structures.read_structure(write_structure(tmp_path / "chain.pdb", chains=("A",), residues=6))


@pytest.mark.parametrize(("voxel_size", "b_factor"), [(1.0, 0.0), (0.5, 0.0), (1.0, 60.0)])
def test_density_has_the_structure_factors_of_its_atoms(structure, voxel_size, b_factor):
    size = round(32 / voxel_size)
    positions = simulation.placed(structure, (size,) * 3, voxel_size)
    data = simulation.density(structure, positions, (size,) * 3, voxel_size, b_factor)
    coefficients = np.fft.rfftn(data) * voxel_size**3
    scattering = gemmi.Element("C").c4322
    for index in [(0, 0, 0), (1, 2, 3), (-4, 5, 6), (size // 2 - 1, 0, 0), (3, -5, size // 4)]:
        s = np.array(index) / (size * voxel_size)
        factor = scattering.calculate_sf(s @ s / 4) * np.exp(-b_factor * (s @ s) / 4)
        expected = factor * np.exp(-2j * np.pi * positions[:, ::-1] @ s).sum()
        assert abs(coefficients[index] - expected) < 0.005 * factor * np.sqrt(len(structure))


def test_placed_puts_the_centre_in_the_box_centre_and_rotates(structure):
    rotation = structures.random_rotation(np.random.default_rng(0))
    positions = simulation.placed(structure, (20, 24, 28), 2.0, rotation, shift=(1.0, 0.0, 0.0))
    np.testing.assert_allclose(positions.mean(0), [28.0, 24.0, 21.0])
    assert np.linalg.norm(positions[0] - positions[5]) == pytest.approx(15.0)


def test_mask_is_a_ball_around_an_atom():
    mask = simulation.molecular_mask(np.array([[10.0, 9.0, 8.0]]), (20, 20, 20), 1.0, 3.0)
    z, y, x = np.nonzero(mask)
    assert mask[8, 9, 10]
    np.testing.assert_array_equal((z - 8) ** 2 + (y - 9) ** 2 + (x - 10) ** 2 <= 9, True)
    assert mask.sum() == 123  # lattice points in a ball of radius 3


def test_one_region_is_a_plain_low_pass(structure):
    shape = (32, 32, 32)
    positions = simulation.placed(structure, shape, 1.0)
    labels = np.zeros(len(structure), int)
    data, truth, mask = simulation.regional_map(structure, positions, shape, 1.0, labels, [4.0])
    expected = filters.low_pass(simulation.density(structure, positions, shape, 1.0), 1.0, 4.0)
    np.testing.assert_allclose(data, expected, atol=1e-6)
    assert set(np.unique(truth)) == {0.0, 4.0}
    np.testing.assert_array_equal(truth > 0, mask)


def test_regions_are_summed_and_the_truth_is_the_nearest_atoms(structure):
    shape = (32, 32, 32)
    positions = simulation.placed(structure, shape, 1.0)
    labels = (np.arange(len(structure)) >= 3).astype(int)
    data, truth, _ = simulation.regional_map(structure, positions, shape, 1.0, labels, [3.0, 6.0])
    parts = [simulation.density(structure, positions, shape, 1.0, selected=labels == n) for n in (0, 1)]
    expected = filters.low_pass(parts[0], 1.0, 3.0) + filters.low_pass(parts[1], 1.0, 6.0)
    np.testing.assert_allclose(data, expected, atol=1e-6)
    for position, label in zip(positions, labels, strict=True):
        x, y, z = np.rint(position).astype(int)
        assert truth[z, y, x] == (3.0, 6.0)[label]


def test_noise_has_the_strength_asked_for():
    rng = np.random.default_rng(1)
    data = np.zeros((40, 40, 40), np.float32)
    mask = np.zeros(data.shape, bool)
    mask[10:30, 10:30, 10:30] = True
    data[mask] = rng.standard_normal(mask.sum()) * 3.0
    noise = simulation.add_noise(data, mask, 0.5, rng) - data
    assert noise.std() == pytest.approx(1.5, rel=0.02)
    assert noise.mean() == pytest.approx(0.0, abs=0.02)


def test_box_holds_the_structure_and_its_padding(structure):
    size = simulation.box_size(structure, 1.0, padding=10.0)
    assert size >= 2 * (7.5 + 10.0)
    assert size < 2 * (7.5 + 10.0) + 6
