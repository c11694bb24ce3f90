"""What follows from CryoRes' answers for maps whose FSC is known: classes, their probabilities, verdicts on claims.

Each map is a dict as ``fsc_maps.judge`` makes it, so nothing here asks a network. A claim is judged as ``deepres
classify`` judges it without half maps: Nyquist's limit, the kind of map, where the map ends, CryoRes.
"""

from collections import Counter

import numpy as np
from scipy.special import ndtr

from deepreslib.analysis.claims import (
    CANNOT_TELL,
    CONTRADICTIONS,
    Claim,
    Estimate,
    Rule,
    class_of,
    class_probabilities,
    decide,
    likeliest,
)
from deepreslib.analysis.confusion import confusion
from deepreslib.analysis.evidence import NOISE_FREE
from deepreslib.analysis.map_kind import Kind
from deepreslib.commands.classify_one import FSC_BY_CRYORES, FSC_DECISIONS, MASKED_FACTOR
from deepreslib.estimation.reliability import RELIABLE
from deepreslib.networks.mapclass_card import BORDERS, CLASSES

CLEAR = 0.5
"""Å; maps farther from a border than this should be told rightly."""

FACTORS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5)
"""Claims are the truth times these."""

SHOWN = (0.5, 0.7, 0.8, 1.25, 1.5)
"""The wrong claims of the table of kinds and of the operating curve."""

FACTOR_WORDS = {
    1.0: "true ones contradicted",
    0.5: "twice too fine",
    0.7: "30 % too fine",
    0.8: "20 % too fine",
    1.25: "25 % too coarse",
    1.5: "50 % too coarse",
}
"""What the tables call claims of so many times the truth."""

TOLERANCES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
SIGMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Rules of the operating curve; where one is swept, the other keeps its default."""

BINS = 10
"""Of probabilities, evenly spaced from 0 to 1."""


def answered(rows):
    """The maps that CryoRes gave an answer for."""
    return [row for row in rows if "refused" not in row]


def estimate_of(row, masked_factor=MASKED_FACTOR):
    """CryoRes' estimate, widened for a masked map."""
    factor = masked_factor if row["map_kind"] == Kind.MASKED.name else 1.0
    return Estimate(row["global"], factor * row["deviation"], FSC_BY_CRYORES)


def is_noise_free(row):
    """Whether the map was taken for one without the noise of a reconstruction."""
    return Kind[row["map_kind"]] in NOISE_FREE


def probabilities_of(row, decisions=None, masked_factor=MASKED_FACTOR):
    """Of high, medium and low; decided where the command decides if nothing else is said."""
    found = estimate_of(row, masked_factor)
    first, second = decisions or FSC_DECISIONS.at(BORDERS)
    return class_probabilities(found.value, found.deviation, (first, second))


def verdict_of(row, factor, rule, masked_factor=MASKED_FACTOR):
    """The verdict on a claim of so many times the truth."""
    noise_free = is_noise_free(row)
    is_reliable = row["status"] == RELIABLE
    return decide(
        Claim(factor * row["truth"]),
        rule,
        voxel_size=row["voxel_size"],
        single=estimate_of(row, masked_factor) if is_reliable and not noise_free else None,
        why_not=row["status"],
        end=row["end"],
        end_bound=row["end_bound"],
        is_believable=not noise_free,
    ).answer


def is_clear(row):
    """Whether the truth is farther than ``CLEAR`` from every border."""
    return min(abs(row["truth"] - border) for border in BORDERS) > CLEAR


def class_table(rows, decisions=None, masked_factor=MASKED_FACTOR):
    """How well the classes of some maps are told, and how well their probabilities fit.

    Args:
        rows: of the maps; those that were refused are counted apart.
        decisions: Å, where the classes are decided; None for where the command decides.
        masked_factor: by which deviations of masked maps are widened.

    Returns:
        The confusion matrix with its measures, the accuracy on clear maps, and the reliability of the probabilities.
    """
    told = answered(rows)
    probabilities = [probabilities_of(row, decisions, masked_factor) for row in told]
    truths, found = [class_of(row["truth"]) for row in told], [likeliest(each) for each in probabilities]
    right = np.array(truths) == np.array(found)
    clear = np.array([is_clear(row) for row in told], bool)
    bins = reliability_of([max(each) for each in probabilities], right)
    every = [share for each in probabilities for share in each]
    is_it = [name == truth for truth in truths for name in CLASSES]
    return {
        "maps": len(told),
        "refused": len(rows) - len(told),
        "confusion": confusion(truths, found).as_dict() if told else None,
        "clear": int(clear.sum()),
        "clear_right": float(right[clear].mean()) if clear.any() else None,
        "ece": calibration_error(bins),
        "bins": bins,
        "bins_of_every_class": reliability_of(every, is_it),
    }


def reliability_of(said, right, bins=BINS):
    """The points of a reliability diagram.

    Args:
        said: (n,) probabilities.
        right: bool (n,), whether what they were given to is true.
        bins: evenly spaced from 0 to 1; a probability at an inner edge belongs to the bin above it.

    Returns:
        A dict for each bin with any: its ends, how many, the mean probability, and the share that is true.
    """
    said, right = np.asarray(said, float), np.asarray(right, bool)
    place = np.clip((said * bins).astype(int), 0, bins - 1)
    return [
        {
            "from": number / bins,
            "to": (number + 1) / bins,
            "maps": int(here.sum()),
            "said": float(said[here].mean()),
            "right": float(right[here].mean()),
        }
        for number in range(bins)
        if (here := place == number).any()
    ]


def calibration_error(bins):
    """The expected calibration error (ECE): the mean of |said - right| over all maps; None without maps."""
    total = sum(each["maps"] for each in bins)
    return sum(each["maps"] * abs(each["said"] - each["right"]) for each in bins) / total if total else None


def verdict_counts(rows, rule=None, factors=FACTORS):
    """Verdicts on claims: a list of dicts with ``factor`` and ``answers``, verdict → number of maps."""
    told = answered(rows)
    rule = rule or Rule()
    counted = {factor: Counter(verdict_of(row, factor, rule) for row in told) for factor in factors}
    return [{"factor": factor, "answers": dict(answers)} for factor, answers in counted.items()]


def contradicted(rows, factor, rule, masked_factor=MASKED_FACTOR):
    """The share of the maps for which a claim of so many times the truth is contradicted; None without maps."""
    told = answered(rows)
    if not told:
        return None
    return float(np.mean([verdict_of(row, factor, rule, masked_factor) in CONTRADICTIONS for row in told]))


def operating_curve(rows):
    """Rates of contradicted claims, true and wrong, as the tolerance or the sigmas are swept."""
    rule = Rule()
    rules = {"tolerance": [Rule(each, rule.sigmas) for each in TOLERANCES]}
    rules["sigmas"] = [Rule(rule.tolerance, each) for each in SIGMAS]
    return {
        name: [
            {
                "tolerance": each.tolerance,
                "sigmas": each.sigmas,
                "true": contradicted(rows, 1.0, each),
                "wrong": [[factor, contradicted(rows, factor, each)] for factor in SHOWN],
            }
            for each in swept
        ]
        for name, swept in rules.items()
    }


def kind_rates(rows, rule=None):
    """For each kind of maps: how many, how often no answer can be given, and which claims are contradicted."""
    rule = rule or Rule()
    found = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        here = answered([row for row in rows if row["kind"] == kind])
        refused = sum(row["kind"] == kind for row in rows) - len(here)
        silent = sum(verdict_of(row, 1.0, rule) == CANNOT_TELL for row in here)
        rates = {str(factor): contradicted(here, factor, rule) for factor in (1.0, *SHOWN)}
        found.append({"kind": kind, "maps": len(here), "refused": refused, "cannot_tell": silent, "rates": rates})
    return found


def fitted_factor(errors, deviations, share):
    """The factor that makes twice the deviations hold a share of the errors; at least 1.

    Args:
        errors: (n,) Å.
        deviations: (n,) Å.
        share: of the errors.
    """
    ratios = np.abs(np.asarray(errors, float)) / np.asarray(deviations, float)
    return max(1.0, float(np.quantile(ratios, share, method="higher")) / 2)


def fitted_decision(border, truths, values, deviations, places):
    """Where to decide between two classes, so that their probabilities err least.

    A map is taken as finer than the border with the share of its normal distribution that lies below the decision. The
    error is the Brier score, to which the maps on both sides of the border add equally, however many they are.

    Args:
        border: Å, between the classes.
        truths: (n,) Å.
        values: (n,) Å, the estimates.
        deviations: (n,) Å, of these.
        places: (m,) Å, the decisions that are tried.

    Returns:
        The best of the places; the border itself if there are no maps on one of its sides.
    """
    truths, values, deviations = (np.asarray(each, float) for each in (truths, values, deviations))
    finer = truths < border
    if finer.all() or not finer.any():
        return float(border)
    weight = np.where(finer, 1 / finer.sum(), 1 / (~finer).sum())
    scores = [np.sum(weight * (ndtr((place - values) / deviations) - finer) ** 2) for place in places]
    return float(places[int(np.argmin(scores))])
