"""Molecules and maps for the training of the class of a map."""

from dataclasses import replace

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.errors import InputError
from deepreslib.training.mapclass import molecules, scenes, stream

PLAIN = scenes.CubeRecipe(variants=3, noisy=0.0)


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """Two structures: of two chains of 20 atoms each, 57 Å long, and of one of 40 atoms, 117 Å long."""
    monkeypatch.setattr(molecules, "FEWEST", 20)
    return [
        write_structure(tmp_path / "two.pdb", residues=20),
        write_structure(tmp_path / "long.pdb", chains="A", residues=40),
    ]


def test_chains_and_wholes_that_fit_are_found(paths, monkeypatch):
    found = molecules.find_molecules(paths)
    assert [[molecule.chain for molecule in parts] for parts in found] == [["A", "B", None]]
    assert [len(molecule.atoms()[0]) for molecule in found[0]] == [20, 20, 40]
    np.testing.assert_array_equal(found[0][0].atoms()[1], 6.0)
    monkeypatch.setattr(molecules, "FEWEST", 21)
    assert [[molecule.chain for molecule in parts] for parts in molecules.find_molecules(paths)] == [[None]]
    with pytest.raises(InputError, match="none of the 1 structures"):
        molecules.find_molecules(paths[1:])


def test_molecules_are_turned_and_stay_inside_the_cube():
    rng = np.random.default_rng(2)
    positions = rng.uniform(-18, 18, (50, 3))
    first, second = molecules.placed(positions, rng), molecules.placed(positions, rng)
    assert not np.allclose(first, second, atol=3)
    for placed in (first, second):
        assert placed.min() > 1
        assert placed.max() < 63
        np.testing.assert_allclose((placed.max(0) + placed.min(0)) / 2, 32, atol=1)
        distances = np.linalg.norm(placed - placed[0], axis=1)
        np.testing.assert_allclose(distances, np.linalg.norm(positions - positions[0], axis=1))


def test_molecules_that_no_turn_keeps_inside_are_not_turned():
    corners = np.array([[-29, -29, -29], [29, 29, 29], [-29, 29, -29], [29, -29, 29], [29, 29, -29]], float)
    placed = molecules.placed(corners, np.random.default_rng(2))
    np.testing.assert_allclose(placed - placed[0], corners - corners[0])


def test_a_scene_is_determined_by_its_seed_and_scaled(paths):
    molecule = molecules.find_molecules(paths)[0][0]
    cubes, resolutions = scenes.make_scene(molecule, scenes.CubeRecipe(variants=4, noisy=1.0), [3, 1])
    assert cubes.shape == (4, 64, 64, 64, 1)
    assert (cubes.dtype, resolutions.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(cubes.min(axis=(1, 2, 3, 4)), 0)
    np.testing.assert_array_equal(cubes.max(axis=(1, 2, 3, 4)), 1)
    again, same = scenes.make_scene(molecule, scenes.CubeRecipe(variants=4, noisy=1.0), [3, 1])
    np.testing.assert_array_equal(again, cubes)
    np.testing.assert_array_equal(same, resolutions)
    assert not np.array_equal(scenes.make_scene(molecule, scenes.CubeRecipe(variants=4), [3, 2])[1], resolutions)


def test_resolutions_are_drawn_evenly_in_their_logarithm(paths, monkeypatch):
    monkeypatch.setattr(scenes.simulation.GaussianMaps, "at", lambda self, resolution: np.eye(64)[None].repeat(64, 0))
    molecule = molecules.find_molecules(paths)[0][0]
    recipe = replace(PLAIN, variants=400)
    logarithms = np.log(scenes.make_scene(molecule, recipe, [1])[1])
    ends = np.log(recipe.resolutions)
    assert ends[0] <= logarithms.min() < logarithms.max() <= ends[1]
    assert np.median(logarithms) == pytest.approx(np.mean(ends), abs=0.15)


def test_the_published_maps_have_three_resolutions(paths):
    molecule = molecules.find_molecules(paths)[0][0]
    np.testing.assert_array_equal(scenes.make_scene(molecule, scenes.PUBLISHED, [1])[1], [2.5, 7.5, 12.5])


def test_noise_is_white_or_shaped(paths):
    molecule = molecules.find_molecules(paths)[0][0]
    tilts = {}
    for name, share in {"white": 1.0, "shaped": 0.0}.items():
        recipe = replace(PLAIN, resolutions=(16.0, 17.0), variants=2, noisy=1.0, white=share, noise=0.5)
        recipe = replace(recipe, slopes=(-2.0, -2.0), rises=(0.0, 0.0))
        cubes, _ = scenes.make_scene(molecule, recipe, [5])
        power = np.square(np.abs(np.fft.rfftn(cubes[..., 0], axes=(1, 2, 3))))
        tilts[name] = float(power[:, 14:18, 14:18, 14:18].mean() / power[:, 28:32, 28:32, 28:32].mean())
    assert tilts["white"] == pytest.approx(1, abs=0.15)
    assert tilts["shaped"] > 3


def test_scene_i_is_the_same_wherever_the_stream_begins(paths):
    found = molecules.find_molecules(paths)
    one, other = stream.scene_stream(found, PLAIN, 4), stream.scene_stream(found, PLAIN, 4, first=2)
    third = [next(one) for _ in range(3)][-1]
    for first, second in zip(third, next(other), strict=True):
        np.testing.assert_array_equal(first, second)
