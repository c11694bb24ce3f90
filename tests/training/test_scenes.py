"""Training data: labels, repeatability, shapes; the effective resolution against its definition."""

import numpy as np
import pytest
import scipy.fft
from test_structures import write_structure

from deepres import filters
from deepres.ranges import RANGES
from deepres.training import scenes, stream


@pytest.fixture(scope="module")
def structure(tmp_path_factory):
    return write_structure(tmp_path_factory.mktemp("structures") / "big.pdb", chains="ABCDEFGHIJKL", residues=12)


def small(recipe):
    return scenes.replace(recipe, variants=4, patches=3)


@pytest.mark.parametrize("range_name", ["low", "high"])
def test_patches_and_labels_fit(structure, range_name):
    recipe = small(scenes.SceneRecipe(RANGES[range_name]))
    patches, labels = scenes.make_scene(structure, recipe, [1, 2])
    assert patches.shape == (12, 16, 16, 16, 1)
    assert labels.shape == (12, 4, 4, 4, 2)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(patches), axis=(1, 2, 3, 4))), 1.0, rtol=1e-4)
    assert set(np.unique(labels[..., 1])) <= {0.0, 1.0}
    assert (labels[:, 2, 2, 2, 1] == 1).all()
    assert np.isfinite(labels).all()


def test_a_scene_depends_on_its_seed_alone(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    one, other = (scenes.make_scene(structure, recipe, [7, 8]) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(one[0], scenes.make_scene(structure, recipe, [7, 9])[0])


def test_plain_scenes_are_band_limited_at_their_label(structure):
    recipe = small(scenes.plain_recipe(scenes.SceneRecipe(RANGES["low"], outputs=52)))
    patches, labels = scenes.make_scene(structure, scenes.replace(recipe, patches=1), [3])
    for patch, label in zip(patches[..., 0], labels, strict=True):
        resolution = label[0, 0, 0, 0]
        assert 2.5 <= resolution <= 13
        power = np.square(
            np.abs(np.fft.rfftn(patch * np.hanning(64)[:, None, None] * np.hanning(64)[:, None] * np.hanning(64)))
        )
        beyond = filters.frequencies(patch.shape, 1.0) > 1 / resolution + 0.02 + 0.05
        assert power[beyond].sum() < 1e-3 * power.sum()


def test_effective_resolution_is_the_cutoff_of_equal_mean_square_frequency():
    random = np.random.default_rng(0)
    spectrum = scipy.fft.rfftn(random.standard_normal((scenes.BOX,) * 3, np.float32))
    frequency = filters.frequencies((scenes.BOX,) * 3, 1.0)
    scale = scenes.ResolutionScale(spectrum, frequency, 1.0, 13.0)
    assert scale.effective(4.0, 0.0) == 4.0
    blurred = [scale.effective(4.0, b) for b in (-100, -50, 1e-6, 50, 100, 200)]
    assert blurred == sorted(blurred)
    assert blurred[2] == pytest.approx(4.0, abs=0.02)
    power = np.square(np.abs(spectrum) * filters.raised_cosine(frequency, 4.0, 1.0) * np.exp(-100 * frequency**2 / 4))
    kept = (frequency > 0.5 / 13) & (frequency < 0.5)
    moment = (power * frequency**2)[kept].sum() / power[kept].sum()
    same = np.square(np.abs(spectrum) * filters.raised_cosine(frequency, blurred[4], 1.0))
    assert (same * frequency**2)[kept].sum() / same[kept].sum() == pytest.approx(moment, rel=0.02)


def test_the_stream_is_the_same_with_and_without_workers(structure):
    recipe = small(scenes.SceneRecipe(RANGES["low"]))
    made = []
    for workers in (0, 1):
        source = stream.scene_stream([structure], [1.0], recipe, 5, first=2, workers=workers)
        made.append([next(source) for _ in range(2)])
        source.close()
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_batches_use_every_patch_once_in_another_order():
    source = ((np.arange(10 * i, 10 * i + 10.0), np.arange(10 * i, 10 * i + 10.0)) for i in range(8))
    drawn = [b for b, labels, _ in stream.batches(source, 5, 20, seed=0) if np.array_equal(b, labels)]
    values = np.concatenate(drawn)
    assert len(values) == len(set(values)) >= 60
    assert not np.array_equal(values, np.sort(values))
