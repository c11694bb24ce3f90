"""Kinds of features that are hidden while training."""

import numpy as np

from deepres.estimation.localfeatures import FEATURE_AMPLITUDES, FEATURE_KINDS, FEATURES
from deepres.training import cryores_hiding


def test_kinds_are_all_features_once():
    assert [n for kind in FEATURE_KINDS for n in range(FEATURES)[kind]] == list(range(FEATURES))
    assert all(part in FEATURE_KINDS for part in FEATURE_AMPLITUDES)


def test_what_is_hidden_is_its_mean_and_the_rest_stays():
    features = np.random.default_rng(0).random((500, 7, 1, 1, FEATURES), np.float32)
    before = features.copy()
    alone, together = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 0.3
    found = cryores_hiding.hidden(features, np.random.default_rng(1), (*alone, together))
    np.testing.assert_array_equal(features, before)
    hidden = []
    for kind in FEATURE_KINDS:
        changed = (before[..., kind] != found[..., kind]).any(axis=(1, 2, 3, 4))
        means = before[changed, ..., kind].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(
            found[changed, ..., kind], np.broadcast_to(means, found[changed, ..., kind].shape), rtol=1e-5
        )
        hidden.append(changed)
    amplitudes = [FEATURE_KINDS.index(part) for part in FEATURE_AMPLITUDES]
    for number, changed in enumerate(hidden):
        expected = 1 - (1 - alone[number]) * (1 - together) if number in amplitudes else alone[number]
        assert abs(changed.mean() - expected) < 0.07
    both = np.logical_and(*(hidden[number] for number in amplitudes)).mean()
    assert abs(both - (together + (1 - together) * np.prod([alone[number] for number in amplitudes]))) < 0.07
