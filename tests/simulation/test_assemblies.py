"""Assemblies: copies touch without clashing, and keep the atoms that reach a cube."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import simulation, structures
from deepreslib.simulation import assemblies


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    """144 atoms in a sheet, turned and centred."""
    path = write_structure(tmp_path_factory.mktemp("structures") / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)
    return assemblies.unit_of(structures.read_structure(path), np.random.default_rng(0))


def assert_touching(points, copies):
    assert assemblies.CONTACT - 1e-6 <= assemblies.least_distance(points, copies) < assemblies.CONTACT + 0.3


@pytest.mark.parametrize("count", [2, 3, 7])
def test_rings_touch_and_have_their_symmetry(unit, count):
    copies = assemblies.ring(unit.positions, count)
    assert len(copies) == count
    assert_touching(unit.positions, copies)
    turn = copies.rotations[1]
    np.testing.assert_allclose(copies.translations[1:], copies.translations[:-1] @ turn.T, atol=1e-9)
    np.testing.assert_allclose(np.linalg.matrix_power(turn, count), np.eye(3), atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_filaments_touch_and_are_long_enough(unit, seed):
    copies = assemblies.filament(unit.positions, 200.0, np.random.default_rng(seed))
    assert_touching(unit.positions, copies)
    along = np.sort(copies.translations[:, 2])
    assert along[0] <= -100
    assert along[-1] >= 100
    np.testing.assert_allclose(np.diff(along), np.diff(along)[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(copies.rotations), 1)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_lattices_touch_and_fill_their_cube(unit, dimensions):
    copies = assemblies.lattice(unit.positions, 90.0, np.random.default_rng(1), dimensions)
    assert_touching(unit.positions, copies)
    reach = np.ptp(copies.translations, axis=0)
    assert (reach[:dimensions] > 90).all()
    assert reach[2] > 90 if dimensions == 3 else reach[2] == 0
    np.testing.assert_array_equal(copies.translations[0], 0)


def test_an_assembly_keeps_what_is_in_the_cube(unit):
    copies = assemblies.lattice(unit.positions, 60.0, np.random.default_rng(2))
    turn = structures.random_rotation(np.random.default_rng(3))
    assembly = assemblies.assemble(unit, copies, turn, 60.0)
    everything = np.concatenate([copies.place(unit.positions, n) for n in range(len(copies))]) @ turn.T
    inside = np.all(abs(everything) <= 30, axis=1)
    assert len(assembly) == inside.sum() > 2 * len(unit)
    np.testing.assert_allclose(assembly.positions, everything[inside])
    assert len(assembly.b_factors) == len(assembly.chains) == len(assembly.nucleic) == len(assembly)


def test_an_assembly_has_the_density_of_its_copies(unit):
    copies = assemblies.ring(unit.positions, 3)
    assembly = assemblies.assemble(unit, copies)
    shape, voxel_size, centre = (48, 48, 48), 3.0, 72.0
    total = sum(
        simulation.density(unit, copies.place(unit.positions, number) + centre, shape, voxel_size, 100.0)
        for number in range(3)
    )
    density = simulation.density(assembly, assembly.positions + centre, shape, voxel_size, 100.0)
    np.testing.assert_allclose(density, total, atol=1e-3 * total.max())


def test_large_structures_give_a_chain_or_a_ball(tmp_path):
    structure = structures.read_structure(write_structure(tmp_path / "large.pdb", chains="ABC", residues=900))
    rng = np.random.default_rng(0)
    chain = assemblies.unit_of(structure, rng, most=1000)
    assert len(chain) == 900
    assert len(set(chain.chains)) == 1
    ball = assemblies.unit_of(structure, rng, most=500)
    assert len(ball) <= 510
    np.testing.assert_allclose(ball.positions.mean(0), 0, atol=1e-6)


def test_a_cube_without_atoms_gives_none(unit):
    copies = assemblies.Copies(np.eye(3)[None], np.array([[500.0, 0, 0]]))
    assert len(assemblies.assemble(unit, copies, None, 20.0)) == 0
