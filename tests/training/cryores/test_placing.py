"""Where atoms are in the box: inside it with a clearance, or beyond its faces in assemblies without end."""

from dataclasses import replace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import structures
from deepreslib.training.cryores.placing import CLEARANCE, place
from deepreslib.training.cryores.wide_recipe import WideRecipe

RECIPE = replace(WideRecipe(), box=(40, 60), longest=60.0)


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    path = write_structure(tmp_path_factory.mktemp("structures") / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)
    return structures.read_structure(path)


@pytest.mark.parametrize("layout", ["whole", "ring"])
@pytest.mark.parametrize("seed", range(4))
def test_molecules_and_rings_are_inside_the_box(structure, layout, seed):
    placed = place(structure, 6.0, replace(RECIPE, layout=layout), np.random.default_rng(seed))
    edge = placed.size * placed.voxel_size
    assert placed.positions.min() > CLEARANCE - placed.voxel_size
    assert placed.positions.max() < edge - CLEARANCE + placed.voxel_size
    assert placed.rim == 0
    assert placed.sphere is not None
    assert (len(placed.structure) > len(structure)) == (layout == "ring")


@pytest.mark.parametrize("layout", ["filament", "layer", "crystal"])
def test_copies_without_end_reach_the_faces(structure, layout):
    placed = place(structure, 6.0, replace(RECIPE, layout=layout), np.random.default_rng(1))
    edge = placed.size * placed.voxel_size
    reach = np.ptp(placed.positions, axis=0)
    assert np.count_nonzero(reach > edge - 25) >= {"filament": 1, "layer": 2, "crystal": 3}[layout]
    assert placed.rim * placed.voxel_size >= RECIPE.rim
    assert placed.sphere is None


def test_small_molecules_become_rings_in_coarse_maps(structure):
    placed = place(structure, 20.0, RECIPE, np.random.default_rng(2))
    assert len(placed.structure) > 2 * len(structure)
    assert placed.voxel_size <= RECIPE.voxel_size[1]
