"""The scenes of the benchmark's test split stay as they are, whatever is added for training."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.training.cryores.recipe import SceneRecipe
from deepreslib.training.cryores.scenes import make_scene
from deepreslib.training.structures import find_structures

SEED = 20230526
RECIPE = SceneRecipe(binned=0.0, distal=(0.0, 1.0))
"""As in ``benchmarks/cryores_accuracy.py``."""

SPLIT = {
    0: ("1ak4", (44, 64, 34), 4.394008059757782, 65345.83349752426, 377.42930619132676, 11653),
    5: ("1dix", (104, 104, 104), 2.4135344759632376, 192525.1159515381, 1203.8539638033667, 70967),
}
"""Two scenes of the test split as they were before scenes had kinds: structure, shape, global resolution, sum of the
local resolutions, sum of some of the voxels, voxels of the mask."""

SHEET = ((29, 29, 29), 6.607666428353247, 1458.3509311676025, 408.2959450017661, 217)
"""The same of a small structure."""


def figures(view):
    some = view.data[::3, ::5, ::7].sum(dtype=float)
    return view.global_resolution, view.local_resolution.sum(dtype=float), some, np.count_nonzero(view.mask)


def test_a_scene_of_a_small_structure(tmp_path):
    sheet = write_structure(tmp_path / "sheet.pdb", chains="ABCDEFGHIJKL", residues=12)
    (view,) = make_scene(sheet, SceneRecipe(resolution=(5.0, 10.0), largest_box=48), [SEED, 3]).views
    assert view.data.shape == SHEET[0]
    assert figures(view) == pytest.approx(SHEET[1:], rel=1e-4)


@pytest.mark.parametrize("number", SPLIT)
def test_a_scene_of_the_test_split(shared_data, number):
    name, shape, *expected = SPLIT[number]
    path = find_structures(shared_data / "structures" / "test")[number]
    scene = make_scene(path, RECIPE, [SEED, number])
    (view,) = scene.views
    assert (scene.name, view.data.shape) == (name, shape)
    assert figures(view) == pytest.approx(tuple(expected), rel=1e-4)
