"""Examples of CryoRes with some kinds of features hidden.

Simulated maps are not like experimental ones in all they show, and a network that leans on one kind of feature alone
fails where that kind misleads. So while it is trained, each kind is now and then the same at all places of a map.
"""

from deepres.estimation.localfeatures import FEATURE_KINDS

SHARE = 0.15
"""Of the examples, in which a kind of feature is hidden; for each kind anew."""


def hidden(features, random, share=SHARE):
    """Features with kinds hidden at random: their mean over the example's places in place of each value.

    Args:
        features: float32 (batch, z, y, x, ``FEATURES``).
        random: ``numpy.random.Generator``.
        share: of the examples, for each kind.

    Returns:
        a new array.
    """
    features = features.copy()
    for kind in FEATURE_KINDS:
        chosen = random.random(len(features)) < share
        features[chosen, ..., kind] = features[chosen, ..., kind].mean(axis=(1, 2, 3), keepdims=True)
    return features
