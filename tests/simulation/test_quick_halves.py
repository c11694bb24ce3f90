"""Half maps as training needs them: as strong in signal and noise as those of ``half_maps``."""

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib import simulation, structures
from deepreslib.fourier import filters
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.simulation import half_maps, quick_halves
from deepreslib.simulation.noise import ReconstructionNoise

SIZE, VOXEL_SIZE, RESOLUTION = 60, 1.4, 5.0


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    path = write_structure(tmp_path_factory.mktemp("structures") / "block.pdb", chains="ABCDEFGHIJ", residues=11)
    structure = structures.read_structure(path)
    return structure, simulation.placed(structure, (SIZE,) * 3, VOXEL_SIZE)


def both(placed, **noise):
    settings = half_maps.HalfMapSettings(RESOLUTION, noise=ReconstructionNoise(**noise))
    structure, positions = placed
    usual = half_maps.simulate(structure, positions, SIZE, VOXEL_SIZE, settings, np.random.default_rng(1))
    quick = quick_halves.simulate(structure, positions, SIZE, VOXEL_SIZE, settings, np.random.default_rng(1))
    return usual, quick


@pytest.mark.parametrize("noise", [{}, {"excess": 1.0, "sphere": 0.8}, {"slope": -1.0}])
def test_resolutions_and_noise_are_those_of_half_maps(placed, noise):
    usual, quick = both(placed, **noise)
    np.testing.assert_array_equal(quick.mask, usual.mask)
    assert quick.global_resolution == pytest.approx(usual.global_resolution, rel=0.12)
    medians = [np.median(one.local_resolution[one.mask]) for one in (usual, quick)]
    assert medians[1] == pytest.approx(medians[0], rel=0.15)
    mean = (usual.half1.data + usual.half2.data) / 2
    solvent = (slice(4, 12),) * 3 if "sphere" not in noise else (slice(4, 12), slice(26, 34), slice(26, 34))
    assert quick.mean[solvent].std() == pytest.approx(mean[solvent].std(), rel=0.2)
    assert np.corrcoef(quick.mean.ravel(), mean.ravel())[0, 1] > 0.3


def test_the_halves_differ_as_half_maps_do(placed):
    usual, quick = both(placed)
    one, two = (quick.grid.reduced(half.data) for half in (usual.half1, usual.half2))
    pairs = (one, two), quick.halves
    noise = [filters.low_pass(a - b, quick.grid.voxel_size, RESOLUTION).std() for a, b in pairs]
    assert noise[1] == pytest.approx(noise[0], rel=0.05)
    np.testing.assert_allclose(sum(quick.halves) / 2, quick.grid.reduced(quick.mean), atol=1e-4 * quick.mean.std())


def test_a_part_has_a_resolution_of_its_own(placed):
    _, quick = both(placed)
    assert quick.resolution_in(quick.mask) == quick.global_resolution
    part = quick.mask.copy()
    part[:, :, : SIZE // 2] = False
    assert quick.resolution_in(part) != quick.global_resolution
    assert quick.resolution_in(part) == pytest.approx(quick.global_resolution, rel=0.3)


def test_a_part_too_small_for_its_fsc_has_the_resolution_of_the_whole(placed, monkeypatch):
    _, quick = both(placed)
    fallen = ShellCorrelation(np.array([0.0, 0.1, 0.2]), np.array([1.0, 0.1, 0.9]))
    monkeypatch.setattr(quick_halves, "global_fsc", lambda *arguments, **options: fallen)
    part = quick.mask.copy()
    part[:, :, : SIZE // 2] = False
    assert quick.resolution_in(part) == quick.global_resolution


def test_no_truth_in_the_rim(placed):
    structure, positions = placed
    settings = half_maps.HalfMapSettings(RESOLUTION)
    rng = np.random.default_rng(1)
    pair = quick_halves.simulate(structure, positions + 20, SIZE, VOXEL_SIZE, settings, rng, rim=8)
    assert pair.mask.any()
    for axis in range(3):
        assert not pair.mask.take([*range(8), *range(SIZE - 8, SIZE)], axis).any()
    np.testing.assert_array_equal(pair.local_resolution > 0, pair.mask)
    assert pair.global_resolution == pytest.approx(RESOLUTION, rel=0.15)
