"""The model's mask: where the atoms are, of the volume that atoms take, on any grid."""

import numpy as np
import pytest

from deepreslib import simulation, structures
from deepreslib.simulation import model_mask


@pytest.fixture(scope="module")
def protein(shared_data):
    return structures.read_structure(shared_data / "structures" / "val" / "1jtg.pdb.gz")


def test_it_has_the_volume_of_packed_atoms_and_holds_nearly_all(protein):
    shape, voxel_size = (70,) * 3, 1.5
    positions = simulation.placed(protein, shape, voxel_size)
    mask = model_mask.ModelMask(protein, positions).on(shape, voxel_size)
    assert mask.sum() * voxel_size**3 / len(protein) == pytest.approx(19.5, rel=0.1)
    nearest = np.rint(positions[:, ::-1] / voxel_size).astype(int)
    assert mask[tuple(nearest.T)].mean() > 0.99
    far = ~simulation.molecular_mask(positions, shape, voxel_size, 4.5)
    assert not mask[far].any()


def test_grids_and_selections_agree(protein):
    positions = simulation.placed(protein, (70,) * 3, 1.5)
    model = model_mask.ModelMask(protein, positions)
    volumes = [model.on((n,) * 3, 105 / n).sum() * (105 / n) ** 3 for n in (40, 70, 105)]
    np.testing.assert_allclose(volumes, volumes[1], rtol=0.03)
    chain = protein.chains == protein.chains[0]
    part = model_mask.ModelMask(protein, positions, chain).on((70,) * 3, 1.5)
    assert 0.3 < part.sum() / model.on((70,) * 3, 1.5).sum() < 0.9
    assert (part <= simulation.molecular_mask(positions[chain], (70,) * 3, 1.5, 4.5)).all()
