"""Examples of CryoRes with some kinds of features hidden.

Simulated maps are not like experimental ones in all they show, and a network that leans on one kind of feature alone
fails where that kind misleads. So while it is trained, each kind is now and then the same at all places of a map, and
so are both kinds of amplitudes together: one of them nearly tells the other.
"""

from deepres.estimation.localfeatures import FEATURE_AMPLITUDES, FEATURE_KINDS

SHARES = (0.1, 0.15, 0.3, 0.3, 0.3, 0.15)
"""Of the examples, in which each of ``FEATURE_KINDS`` is hidden: the wider ones more often, as they tell least of where
in a map something is."""

SHARE_OF_AMPLITUDES = 0.1
"""Of the examples, in which both kinds of amplitudes are hidden."""


def hidden(features, random, shares=(*SHARES, SHARE_OF_AMPLITUDES)):
    """Features with kinds hidden at random: their mean over the example's places in place of each value.

    Args:
        features: float32 (batch, z, y, x, ``FEATURES``).
        random: ``numpy.random.Generator``.
        shares: of the examples, for each kind and, the last, for both of amplitudes; for each of these anew.

    Returns:
        a new array.
    """
    features = features.copy()
    for share, kinds in zip(shares, (*((kind,) for kind in FEATURE_KINDS), FEATURE_AMPLITUDES), strict=True):
        chosen = random.random(len(features)) < share
        for kind in kinds:
            features[chosen, ..., kind] = features[chosen, ..., kind].mean(axis=(1, 2, 3), keepdims=True)
    return features
