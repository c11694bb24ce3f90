"""Kinds of features that are hidden while training."""

import numpy as np

from deepres.estimation.localfeatures import FEATURE_AMPLITUDES, FEATURE_KINDS, FEATURES
from deepres.training import cryores_hiding


def test_kinds_are_all_features_once():
    assert [n for kind in FEATURE_KINDS for n in range(FEATURES)[kind]] == list(range(FEATURES))
    assert all(part in FEATURE_KINDS for part in FEATURE_AMPLITUDES)


def test_a_hidden_kind_is_its_mean_and_the_others_stay():
    features = np.random.default_rng(0).random((500, 7, 1, 1, FEATURES), np.float32)
    before = features.copy()
    found = cryores_hiding.hidden(features, np.random.default_rng(1), 0.3)
    np.testing.assert_array_equal(features, before)
    hidden = 0
    for kind in FEATURE_KINDS:
        for true, given in zip(before[..., kind], found[..., kind], strict=True):
            if (true == given).all():
                continue
            hidden += 1
            np.testing.assert_allclose(given, np.broadcast_to(true.mean(axis=0, keepdims=True), given.shape), rtol=1e-5)
    assert abs(hidden / (500 * len(FEATURE_KINDS)) - 0.3) < 0.03
