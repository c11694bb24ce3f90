"""Examples of CryoRes with some kinds of features hidden.

Simulated maps are not like experimental ones in all they show, and a network that leans on one kind of feature alone
fails where that kind misleads. So while it is trained, each kind is now and then the same at all places of a map, and
so are both kinds of amplitudes together: one of them nearly tells the other.
"""

from deepres.estimation.localfeatures import FEATURE_AMPLITUDES, FEATURE_KINDS

SHARE = 0.15
"""Of the examples, in which a kind of feature, or both of amplitudes, are hidden; for each of these anew."""


def hidden(features, random, share=SHARE):
    """Features with kinds hidden at random: their mean over the example's places in place of each value.

    Args:
        features: float32 (batch, z, y, x, ``FEATURES``).
        random: ``numpy.random.Generator``.
        share: of the examples, for each kind and for both of amplitudes.

    Returns:
        a new array.
    """
    features = features.copy()
    for kinds in (*((kind,) for kind in FEATURE_KINDS), FEATURE_AMPLITUDES):
        chosen = random.random(len(features)) < share
        for kind in kinds:
            features[chosen, ..., kind] = features[chosen, ..., kind].mean(axis=(1, 2, 3), keepdims=True)
    return features
