"""Local resolution at atoms: exact in a linear field, never mixed with the outside; residues; refusals."""

import re

import numpy as np
import pytest
from scipy import stats
from small_structures import ATOMS, write_atoms

from deepreslib.analysis.annotation import annotate, by_chain, placing_advice, report, residues_of, resolution_at
from deepreslib.errors import InputError
from deepreslib.maps import DensityMap, GridHeader, read_map
from deepreslib.structures.attributes import read_atom_sites

SHAPE = (12, 14, 16)
VOXEL_SIZE = (1.5, 1.2, 0.9)
ORIGIN = (-9.0, 20.0, 3.0)
SLOPES, OFFSET = np.array([0.11, -0.07, 0.05]), 8.0
"""Å per Å along x, y and z, and the value at (0, 0, 0)."""


def linear(positions):
    return OFFSET + np.asarray(positions) @ SLOPES


def voxel_positions():
    """(z, y, x, 3), Å, x y z."""
    z, y, x = (o + n * s for n, s, o in zip(np.indices(SHAPE), VOXEL_SIZE, ORIGIN, strict=True))
    return np.stack([x, y, z], axis=-1)


def linear_map(inside=True):
    data = np.where(inside, linear(voxel_positions()), 0)
    return DensityMap(np.ascontiguousarray(data, np.float32), VOXEL_SIZE, ORIGIN, "res.mrc")


def random_positions(count, beyond=0.0):
    """Within the map, or up to ``beyond`` Å outside it."""
    low, high = voxel_positions()[0, 0, 0] - beyond, voxel_positions()[-1, -1, -1] + beyond
    return np.random.default_rng(5).uniform(low, high, (count, 3))


def test_linear_field_is_exact_whatever_the_grid():
    positions = random_positions(500)
    np.testing.assert_allclose(resolution_at(linear_map(), positions), linear(positions), atol=1e-5)


def test_outside_the_mask_says_nothing():
    """In a constant map the value is that constant however little of the mask is near, never less."""
    inside = np.random.default_rng(2).random(SHAPE) < 0.3
    resolution = DensityMap(np.where(inside, 4.25, 0).astype(np.float32), VOXEL_SIZE, ORIGIN)
    found = resolution_at(resolution, random_positions(500), reach=0)
    np.testing.assert_allclose(found[np.isfinite(found)], 4.25)
    assert 0 < np.isnan(found).sum() < 100


def test_weights_are_those_of_the_formula():
    data = np.zeros((2, 2, 2), np.float32)
    data[0, 0, 0], data[1, 0, 1] = 3, 6
    z, y, x = 0.25, 0.5, 0.125
    first, second = (1 - z) * (1 - y) * (1 - x), z * (1 - y) * x
    expected = (3 * first + 6 * second) / (first + second)
    found = resolution_at(DensityMap(data, (2.0, 2.0, 2.0)), [[2 * x, 2 * y, 2 * z]])
    np.testing.assert_allclose(found, [expected])


def test_beyond_the_mask_the_nearest_voxel_counts_within_reach():
    inside = np.zeros(SHAPE, bool)
    inside[3:9, 4:10, 5:12] = np.random.default_rng(1).random((6, 6, 7)) < 0.8
    resolution, positions = linear_map(inside), random_positions(900, beyond=4.0)
    interpolated, found = resolution_at(resolution, positions, 0), resolution_at(resolution, positions, 3.0)
    voxels = voxel_positions()[inside]
    distances = np.linalg.norm(voxels[None] - positions[:, None], axis=-1)
    outside = np.isnan(interpolated)
    near = distances.min(axis=1) <= 3.0
    np.testing.assert_allclose(found[~outside], interpolated[~outside])
    np.testing.assert_allclose(
        found[outside & near], linear(voxels[distances.argmin(axis=1)])[outside & near], atol=1e-5
    )
    assert np.isnan(found[outside & ~near]).all()
    assert (outside & near).sum() > 30
    assert (outside & ~near).sum() > 30


def test_reach_is_inclusive_and_nonsense_has_no_value():
    data = np.zeros((3, 3, 3), np.float32)
    data[1, 1, 1] = 5
    resolution = DensityMap(data, (1.0, 1.0, 1.0))
    positions = [[4, 1, 1], [4.01, 1, 1], [np.nan, 1, 1], [1e9, 1, 1]]
    np.testing.assert_array_equal(resolution_at(resolution, positions, 3.0), [5, np.nan, np.nan, np.nan])
    assert resolution_at(resolution, np.empty((0, 3))).shape == (0,)


def annotated(tmp_path, inside=True):
    """The test structure in a linear map around it, 1 Å a voxel, the mask given by a function of positions."""
    grid = np.stack(np.meshgrid(*[np.arange(-15.0, 16.0)] * 3, indexing="ij")[::-1], axis=-1)
    data = linear(grid) * (inside(grid) if callable(inside) else inside)
    resolution = DensityMap(data.astype(np.float32), (1.0,) * 3, (-15.0,) * 3, "res.mrc")
    return annotate(resolution, read_atom_sites(write_atoms(tmp_path / "model.cif")))


def test_residues_have_the_mean_of_their_heavy_atoms(tmp_path):
    result = annotated(tmp_path)
    atoms = linear([atom[4] for atom in ATOMS])
    np.testing.assert_allclose(result.atoms, atoms, atol=1e-5)
    alanine = result.residues[1]
    assert (alanine.specifier, alanine.atoms, alanine.assigned) == ("A:1", 2, 2)  # the hydrogen does not count
    np.testing.assert_allclose(
        [alanine.resolution, alanine.finest, alanine.coarsest], [atoms[1:3].mean(), *atoms[1:3]], atol=1e-5
    )


def test_atoms_far_from_the_mask_have_none_and_residues_use_the_rest(tmp_path):
    result = annotated(tmp_path, lambda grid: grid[..., 0] <= 1)
    assert np.isfinite(result.atoms).tolist() == [True, True, False, False, False, True, True, True, True]
    alanine, serine = result.residues[1:3]
    assert (alanine.atoms, alanine.assigned) == (2, 1)
    np.testing.assert_allclose(alanine.resolution, linear([1.0, 5.0, 6.0]), atol=1e-5)  # 3 Å from the nitrogen
    assert (serine.atoms, serine.assigned) == (1, 0)
    assert np.isnan([serine.resolution, serine.finest, serine.coarsest]).all()


def test_report_holds_all_and_gives_the_residues_back(tmp_path):
    result = annotated(tmp_path, lambda grid: grid[..., 0] <= 1)
    numbers = report(result)
    assert (numbers["atoms"]["count"], numbers["atoms"]["assigned"]) == (9, 6)
    assert list(numbers["chains"]) == ["A", "B"]  # polymers only
    assert (numbers["chains"]["A"]["count"], numbers["chains"]["A"]["assigned"]) == (3, 2)
    assert numbers["chains"]["B"]["resolution"]["median"] == pytest.approx(
        np.median(linear([ATOMS[5][4], ATOMS[6][4]])), abs=1e-3
    )
    assert numbers["table"][2]["resolution"] is None
    for again, residue in zip(residues_of(numbers["table"]), result.residues, strict=True):
        assert again.specifier == residue.specifier
        np.testing.assert_allclose(again.resolution, residue.resolution, atol=1e-4)


def test_chains_without_polymer_count_where_there_is_nothing_else(tmp_path):
    residues = annotated(tmp_path).residues
    assert {name: len(chain) for name, chain in by_chain(residues).items()} == {"A": 3, "B": 2}
    assert {name: len(chain) for name, chain in by_chain(residues[5:]).items()} == {"C": 2}


@pytest.mark.parametrize(("shift", "origin"), [(0, "0,0,0"), (-15, "-15,-15,-15")])
def test_model_beside_the_map_is_refused_with_the_origin_that_fits(tmp_path, shift, origin):
    data = np.zeros((30, 30, 30), np.float32)
    data[20:27, 20:27, 20:27] = 4
    resolution = DensityMap(data, (1.0,) * 3, (200.0,) * 3, "res.mrc")
    atoms = [(*atom[:4], tuple(0.1 * x + 23 + shift for x in atom[4])) for atom in ATOMS]
    with pytest.raises(InputError, match=rf"none of its 9 atoms .*res\.mrc.*origin to {origin} Å, where 100 %"):
        annotate(resolution, read_atom_sites(write_atoms(tmp_path / "model.pdb", atoms)))


def test_no_origin_is_suggested_where_none_fits():
    resolution = DensityMap(np.full((8, 8, 8), 4, np.float32), (1.0,) * 3, (0.0,) * 3)
    assert "its right origin or voxel size" in placing_advice(resolution, np.full((5, 3), 400.0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": np.zeros(SHAPE, np.float32)}, "no value above 0"),
        ({"data": np.full(SHAPE, 0.02, np.float32)}, "no value above 0.02"),
        ({"header": GridHeader(cell_angles=(90.0, 90.0, 120.0))}, "not orthogonal"),
    ],
)
def test_maps_that_are_no_resolution_map_are_refused(tmp_path, changes, words):
    resolution = DensityMap(**{**linear_map().__dict__, **changes})
    with pytest.raises(InputError, match=rf"res\.mrc.*{words}"):
        annotate(resolution, read_atom_sites(write_atoms(tmp_path / "model.pdb")))


def test_residues_follow_the_disorder_of_the_reference(shared_data):
    """Per residue, blocres' map ranks the known B factors of the simulated RNA."""
    sites = read_atom_sites(shared_data / "structures" / "test" / "4qln.pdb.gz")
    middle = (sites.positions.min(axis=0) + sites.positions.max(axis=0)) / 2  # the simulation's centre of the box
    values = []
    for name in ("bfactor", "blocres"):
        found = read_map(shared_data / "reference" / "4qln" / f"{name}.mrc.gz", origin=(middle - 50)[::-1])
        values.append([residue.resolution for residue in annotate(found, sites).residues])
    assert np.isfinite(values).all()
    assert stats.spearmanr(*values)[0] > 0.95


def placed(tmp_path, shift, origin=(0.0, 0.0, 0.0), header=None):
    """The warnings of the test structure, moved along x, in a map of 30³ Å all of which is the mask."""
    resolution = DensityMap(np.full((30, 30, 30), 4, np.float32), (1.0,) * 3, origin, "res.mrc", header or GridHeader())
    atoms = [(*atom[:4], tuple(x + 15 + shift * (axis == 0) for axis, x in enumerate(atom[4]))) for atom in ATOMS]
    return annotate(resolution, read_atom_sites(write_atoms(tmp_path / "model.pdb", atoms))).warnings


def test_model_in_the_box_is_not_warned_about(tmp_path):
    assert placed(tmp_path, 0) == ()
    assert placed(tmp_path, 8) == ()  # one atom beyond the box's face


def test_model_half_out_of_the_box_is_warned_about_with_the_origin_that_fits(tmp_path):
    for origin in ((0.0, 0.0, 15.8), (0.0, 0.0, -13.0)):
        (warning,) = placed(tmp_path, 0, origin)
        assert re.search(r"only [2-7] of 9 atoms of .*model\.pdb lie in the box of res\.mrc: set the map's", warning)
        assert "origin to 0,0,0 Å, where 100 % of the atoms would lie in the mask." in warning


def test_the_origin_in_the_headers_starts_is_advised(tmp_path):
    (warning, *_) = placed(tmp_path, 100, (0.0, 0.0, 85.5), GridHeader(starts=(100, 0, 0)))
    assert "set the map's origin to 100,0,0 Å, where 100 %" in warning


def test_the_origin_that_the_map_has_is_not_advised(tmp_path):
    (warning,) = placed(tmp_path, 11)
    assert "lie in the box" in warning
    assert "its right origin or voxel size" in warning


def test_few_atoms_in_the_mask_but_all_in_the_box(tmp_path):
    (warning,) = annotated(tmp_path, lambda grid: np.abs(grid[..., 0] + 7.5) < 1).warnings
    assert re.search(r"only [1-4] of 9 atoms lie in the mask of res\.mrc: give the map", warning)
