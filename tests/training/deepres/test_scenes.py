"""Training data: labels, repeatability, shapes; the effective resolution against its definition."""

import itertools

import numpy as np
import pytest
from small_structures import write_structure

from deepreslib.fourier import filters
from deepreslib.networks.ranges import RANGES
from deepreslib.training.deepres import scenes, stream


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    return write_structure(tmp_path_factory.mktemp("structures") / "big.pdb", chains="ABCDEFGHIJKL", residues=12)


def small(recipe):
    return scenes.replace(recipe, variants=4, windows=3)


@pytest.mark.parametrize("range_name", ["low", "high"])
def test_windows_and_labels_fit(structure, range_name):
    recipe = small(scenes.SceneRecipe(RANGES[range_name]))
    windows, labels = scenes.make_scene(structure, recipe, [1, 2])
    assert windows.shape == (12, 13, 13, 13, 1)
    assert labels.shape == (12, 1)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(windows), axis=(1, 2, 3, 4))), 1.0, rtol=1e-4)
    assert np.isfinite(labels).all()
    assert (labels > 0).all()


def test_a_scene_depends_on_its_seed_alone(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    one, other = (scenes.make_scene(structure, recipe, [7, 8]) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(one[0], scenes.make_scene(structure, recipe, [7, 9])[0])


def test_plain_scenes_are_band_limited_at_their_label(structure):
    recipe = small(scenes.plain_recipe(scenes.SceneRecipe(RANGES["low"])))
    windows, labels = scenes.make_scene(structure, recipe, [3])
    taper = np.hanning(15)[1:-1]
    frequency = filters.frequencies((13, 13, 13), 1.0)
    for window, resolution in zip(windows[..., 0], labels[:, 0], strict=True):
        assert 2.5 <= resolution <= 13
        power = np.square(np.abs(np.fft.rfftn(window * taper[:, None, None] * taper[:, None] * taper)))
        beyond = frequency > 1 / resolution + 0.02 + 2 / 13  # the taper's own width
        assert power[beyond].sum() < 1e-3 * power.sum()


@pytest.mark.parametrize("voxel_size", [0.5, 1.0])
def test_effective_resolution_of_blurred_and_sharpened_maps(voxel_size):
    def effective(b_factor, resolution=4.0):
        return scenes.effective_resolution(resolution, b_factor, voxel_size)

    assert effective(0.0) == 4.0
    assert effective(1e-3) == pytest.approx(4.0, abs=0.02)
    series = [effective(b) for b in (-100, -50, 1e-3, 50, 100, 200)]
    assert all(a < b for a, b in itertools.pairwise(series))
    assert effective(300.0, 2.1) == pytest.approx(np.sqrt(300 / 3), rel=0.15 / voxel_size)


def test_the_stream_is_the_same_with_and_without_workers(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    runs = []
    for workers in (0, 1):
        source = stream.scene_stream([structure], [1.0], recipe, 5, first=2, workers=workers)
        runs.append([next(source) for _ in range(2)])
        source.close()
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_batches_draw_windows_with_their_labels_as_often_as_asked():
    source = ((np.arange(10 * i, 10 * i + 10.0), np.arange(10 * i, 10 * i + 10.0)) for i in range(200))
    drawn = list(stream.batches(source, 5, 20, seed=0, uses=3))
    assert all(np.array_equal(windows, labels) for windows, labels, _ in drawn)
    values = np.concatenate([windows for windows, _, _ in drawn])
    assert len(values) == 3 * 2000
    _, counts = np.unique(values, return_counts=True)
    assert len(counts) > 0.85 * 2000
    assert not np.array_equal(values, np.sort(values))


def test_batches_wait_for_a_tenth_of_the_buffer():
    source = ((np.arange(10.0), np.arange(10.0)) for _ in range(100))
    _, _, used = next(stream.batches(source, 5, 500, seed=0))
    assert used == 5
