"""The voxel size that fits a structure: maps computed from one, stretched by known factors."""

from dataclasses import replace

import numpy as np
import pytest
import small_structures

from deepreslib.errors import InputError
from deepreslib.fourier import filters
from deepreslib.maps import DensityMap
from deepreslib.simulation import model_map
from deepreslib.simulation.voxel_scale import best_scale
from deepreslib.structures import read_structure

VOXEL, EDGE, RESOLUTION = 1.5, 48, 4.0


def structure_of(folder, seed=0):
    """A structure of carbon atoms at random places of a ball in the middle of the box."""
    path = small_structures.write_structure(folder / "model.pdb", chains="ABCDEFGH", residues=20)
    structure = read_structure(path)
    rng = np.random.default_rng(seed)
    places = rng.standard_normal((len(structure), 3))
    places *= 15 * rng.random((len(structure), 1)) ** (1 / 3) / np.linalg.norm(places, axis=1)[:, None]
    return replace(structure, positions=places + VOXEL * EDGE / 2, b_factors=np.full(len(structure), 60.0))


def noisy_map(structure, noise=0.3):
    density = model_map.density(structure, structure.positions, (EDGE,) * 3, VOXEL, structure.b_factors + 40)
    density = filters.low_pass(density, VOXEL, RESOLUTION)
    return density + noise * density.std() * np.random.default_rng(1).standard_normal(density.shape).astype(np.float32)


@pytest.mark.parametrize("wrong", [0.96, 1.0, 1.05])
def test_a_wrong_voxel_size_is_found(tmp_path, wrong):
    structure = structure_of(tmp_path)
    found = best_scale(DensityMap(noisy_map(structure), (wrong * VOXEL,) * 3), structure, RESOLUTION)
    assert found.scale == pytest.approx(1 / wrong, abs=0.006)
    assert found.correlation > 0.8
    assert found.b_factor == pytest.approx(40, abs=40)


def test_a_structure_that_is_moved_a_little_is_found(tmp_path):
    structure = structure_of(tmp_path)
    moved = replace(structure, positions=structure.positions + np.array([2.2, -1.0, 0.7]))
    found = best_scale(DensityMap(noisy_map(structure), (VOXEL,) * 3), moved, RESOLUTION)
    assert found.scale == pytest.approx(1, abs=0.006)


def test_another_structure_correlates_little(tmp_path):
    density = DensityMap(noisy_map(structure_of(tmp_path)), (VOXEL,) * 3)
    right, other = (best_scale(density, structure_of(tmp_path, seed), RESOLUTION).correlation for seed in (0, 1))
    assert other < right - 0.1


def test_a_structure_elsewhere_is_refused(tmp_path):
    structure = structure_of(tmp_path)
    density = DensityMap(noisy_map(structure), (VOXEL,) * 3, origin=(500.0, 500.0, 500.0))
    with pytest.raises(InputError, match="lies outside of"):
        best_scale(density, structure, RESOLUTION)
