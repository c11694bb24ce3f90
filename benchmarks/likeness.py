"""How alike two masks or two series of values are, for the benchmarks."""

import numpy as np
from scipy.stats import rankdata, spearmanr


def overlap(one, two):
    """Intersection over union of two masks."""
    return float((one & two).sum() / max((one | two).sum(), 1))


def mean_overlap(mask, truth):
    """mIoU as on the slides: the mean of the overlaps of molecule and background."""
    return (overlap(mask, truth) + overlap(~mask, ~truth)) / 2


def rank_correlation(one, two):
    """Spearman's correlation of two series; None if one of them is constant or has fewer than three values."""
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    return float(spearmanr(one, two).statistic)


def partial_rank_correlation(one, two, third):
    """Spearman's correlation of two series with a third partialled out: of what its rank does not say of theirs."""
    direct = rank_correlation(one, two)
    if direct is None or np.ptp(third) == 0:
        return direct
    ranks = [rankdata(values) for values in (one, two, third)]
    fit = np.column_stack([np.ones(len(one)), ranks[2]])
    left, right = (values - fit @ np.linalg.lstsq(fit, values, rcond=None)[0] for values in ranks[:2])
    length = np.linalg.norm(left) * np.linalg.norm(right)
    unexplained = length > 1e-9 * np.linalg.norm(ranks[0]) * np.linalg.norm(ranks[1])
    return float(left @ right / length) if unexplained else None
