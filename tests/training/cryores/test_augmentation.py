"""Examples given another B factor against the features of a map that was given it."""

import numpy as np
import pytest

from deepreslib.fourier import filters
from deepreslib.networks import cryores_features as layout
from deepreslib.networks.cryores_features import FEATURE_AMPLITUDES, FEATURE_KINDS, FEATURES, local_features
from deepreslib.networks.cryores_region import region
from deepreslib.training.cryores import augmentation

VOXEL = 1.5


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, 60, 60, 60)).astype(np.float32)
    radius = np.square(np.indices(noise.shape[1:]) - 30).sum(0)
    return filters.low_pass(noise[0], VOXEL, 4.0) * (np.exp(-radius / 300) + 0.05) + 0.01 * noise[1]


def seen(data):
    return local_features(region(np.ascontiguousarray(data), (VOXEL,) * 3, np.ones(data.shape, bool)))


@pytest.mark.parametrize("b_factor", [100.0, -60.0])
def test_amplitudes_are_those_of_the_blurred_map(data, b_factor):
    before, after = (seen(filters.apply_b_factor(data, VOXEL, b)) for b in (0.0, b_factor))
    features, summary = augmentation.apply_b_factors(before.planes()[None], before.summary[None], np.array([b_factor]))
    changed, augmented, true = before.planes(), features[0], after.planes()
    for part in layout.FEATURE_AMPLITUDES:
        change = np.abs(true[..., part] - changed[..., part]).mean(axis=(0, 1, 2))
        assert change.max() > 0.3
        error = np.abs(true[..., part] - augmented[..., part]).mean(axis=(0, 1, 2))
        assert error.max() < 0.08
    for part in (layout.SUMMARY_PERCENTILES, layout.SUMMARY_AMPLITUDES, layout.SUMMARY_RADIAL):
        change, error = np.abs(after.summary - np.stack([before.summary, summary[0]]))[:, part].mean(axis=1)
        assert error < 0.2 * change


@pytest.mark.parametrize("b_factor", [-50.0, -4500.0])
def test_bands_that_nothing_is_known_of_are_no_reference(data, b_factor):
    inputs = seen(data)
    _, summary = augmentation.apply_b_factors(inputs.planes()[None], inputs.summary[None], np.array([b_factor]))
    assert -1 < layout.unscaled(summary[0, layout.SUMMARY_AMPLITUDES]).max() < 1  # that of the strongest band is 1


def test_nothing_else_changes(data):
    inputs = seen(data)
    features, summary = augmentation.apply_b_factors(inputs.planes()[None], inputs.summary[None], np.array([80.0]))
    same = np.ones(layout.FEATURES, bool)
    for part in layout.FEATURE_AMPLITUDES:
        same[part] = False
    np.testing.assert_array_equal(features[0][..., same], inputs.planes()[..., same])
    beyond = inputs.planes()[..., layout.FEATURE_AMPLITUDES[0]][..., -1]  # finer than Nyquist's frequency
    np.testing.assert_array_equal(features[0][..., layout.FEATURE_AMPLITUDES[0]][..., -1], beyond)
    assert (summary[0][-5:] == inputs.summary[-5:]).all()


def test_a_share_of_the_examples_is_blurred_or_sharpened(data):
    inputs = seen(data)
    features, numbers = (
        np.repeat(inputs.planes(slice(10, 11))[None], 400, axis=0),
        np.repeat(inputs.summary[None], 400, 0),
    )
    augmented, summary = augmentation.draw_b_factors(features, numbers, np.full(400, 4.0), np.random.default_rng(1))
    assert augmented.dtype == summary.dtype == np.float32
    changed = (np.abs(augmented - features) > 1e-4).any(axis=(1, 2, 3, 4))
    assert changed.mean() == pytest.approx(augmentation.SHARE, abs=0.08)
    fine = layout.FEATURE_AMPLITUDES[0].start + 16
    higher = augmented[changed][..., fine].mean(axis=(1, 2, 3)) > features[0][..., fine].mean()
    assert 0.2 < higher.mean() < 0.8


def test_kinds_are_all_features_once():
    assert [n for kind in FEATURE_KINDS for n in range(FEATURES)[kind]] == list(range(FEATURES))
    assert all(part in FEATURE_KINDS for part in FEATURE_AMPLITUDES)


def test_what_is_hidden_is_its_mean_and_the_rest_stays():
    features = np.random.default_rng(0).random((500, 7, 1, 1, FEATURES), np.float32)
    before = features.copy()
    alone, together = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 0.3
    augmented = augmentation.hide_kinds(features, np.random.default_rng(1), (*alone, together))
    np.testing.assert_array_equal(features, before)
    hidden = []
    for kind in FEATURE_KINDS:
        changed = (before[..., kind] != augmented[..., kind]).any(axis=(1, 2, 3, 4))
        means = before[changed, ..., kind].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(
            augmented[changed, ..., kind], np.broadcast_to(means, augmented[changed, ..., kind].shape), rtol=1e-5
        )
        hidden.append(changed)
    amplitudes = [FEATURE_KINDS.index(part) for part in FEATURE_AMPLITUDES]
    for number, changed in enumerate(hidden):
        expected = 1 - (1 - alone[number]) * (1 - together) if number in amplitudes else alone[number]
        assert abs(changed.mean() - expected) < 0.07
    both = np.logical_and(*(hidden[number] for number in amplitudes)).mean()
    assert abs(both - (together + (1 - together) * np.prod([alone[number] for number in amplitudes]))) < 0.07
