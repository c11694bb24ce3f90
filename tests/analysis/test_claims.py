"""The rule that contradicts a claim, the order in which evidence decides, and the words of the verdict."""

import math

import pytest

from deepreslib.analysis import claims
from deepreslib.analysis.claims import (
    CANNOT_TELL,
    COARSER,
    CONSISTENT,
    FINER,
    IMPOSSIBLE,
    VERDICTS,
    Claim,
    Estimate,
    Rule,
    class_of,
    class_probabilities,
    compare_with,
    decide,
    sentence,
)
from deepreslib.errors import InputError

RULE = Rule()
SINGLE = Estimate(4.0, 0.1, "FSC 0.143 as CryoRes expects it")
HALVES = Estimate(3.0, 0.05, "FSC 0.143 of the half maps")


def decided(claimed, single=SINGLE, **more):
    return decide(Claim(claimed), RULE, **{"voxel_size": 1.0, "single": single, "why_not": "it is doubtful", **more})


@pytest.mark.parametrize(
    ("claimed", "deviation", "answer"),
    [
        (4.0, 0.1, CONSISTENT),
        (3.64, 0.01, CONSISTENT),  # 4.0 lies 9.9 % beyond it
        (3.63, 0.01, FINER),  # and here 10.2 %
        (3.63, 0.19, CONSISTENT),  # which is less than 2 SDs
        (3.63, 0.18, FINER),
        (4.44, 0.01, CONSISTENT),
        (4.45, 0.01, COARSER),
        (4.45, 0.23, CONSISTENT),
    ],
)
def test_a_claim_must_be_off_by_more_than_tolerance_and_deviations(claimed, deviation, answer):
    assert compare_with(Estimate(4.0, deviation, ""), Claim(claimed), RULE) == answer


def test_tolerance_and_deviations_can_be_chosen():
    assert compare_with(SINGLE, Claim(3.5), Rule(0.2, 2)) == CONSISTENT
    assert compare_with(SINGLE, Claim(3.5), Rule(0.0, 4.9)) == FINER
    assert compare_with(SINGLE, Claim(3.5), Rule(0.0, 5.1)) == CONSISTENT


def test_nyquist_is_asked_first_and_rounding_is_allowed_for():
    verdict = decided(3.5, voxel_size=3.54, half_maps=HALVES)
    assert (verdict.answer, verdict.decided_by) == (IMPOSSIBLE, 1)
    assert "7.08 Å" in verdict.reason
    assert decided(2.1, single=Estimate(2.1, 0.1, ""), voxel_size=1.07).answer == CONSISTENT
    assert decided(2.1, single=Estimate(2.1, 0.1, ""), voxel_size=1.08).answer == IMPOSSIBLE


def test_half_maps_decide_before_cryores():
    verdict = decided(3.0, half_maps=HALVES)
    assert (verdict.answer, verdict.decided_by, verdict.estimate) == (CONSISTENT, 3, HALVES)
    assert decided(4.0, half_maps=HALVES).answer == COARSER
    assert decided(3.0).answer == FINER
    assert decided(3.0, half_maps=HALVES, end=6.0, end_bound=5.8).answer == CONSISTENT


def test_a_map_that_ends_before_its_claim_does_not_hold_it():
    verdict = decided(4.0, end=6.0, end_bound=5.8)
    assert (verdict.answer, verdict.decided_by) == (FINER, 5)
    assert "ends at 6.0 Å" in verdict.reason
    assert decided(4.0, end=4.5, end_bound=4.39).answer == CONSISTENT
    assert decided(4.0, single=None, end=6.0, end_bound=5.8).answer == FINER
    assert decided(4.0, single=None, end=6.0, end_bound=5.8, is_believable=False).answer == CANNOT_TELL


def test_a_claim_where_the_map_ends_is_not_too_coarse_for_it():
    verdict = decided(8.7, single=Estimate(6.3, 0.6, ""), end=8.4, end_bound=8.2)
    assert (verdict.answer, verdict.decided_by) == (CONSISTENT, 5)
    assert sentence("map.mrc", Claim(8.7), verdict, None) == (
        "map.mrc: claimed 8.7 Å is consistent with the map: the map was low-pass filtered and ends at 8.4 Å."
    )
    assert decided(9.5, single=Estimate(6.3, 0.6, ""), end=8.4, end_bound=8.2).answer == COARSER
    assert decided(8.7, half_maps=HALVES, end=8.4, end_bound=8.2).answer == COARSER


def test_without_anything_reliable_it_cannot_tell():
    verdict = decided(4.0, single=None)
    assert (verdict.answer, verdict.estimate, verdict.reason) == (CANNOT_TELL, None, "it is doubtful")
    assert not verdict.is_contradiction
    assert decided(1.5, single=None).answer == IMPOSSIBLE


def test_a_claim_at_another_cutoff_is_not_called_coarser_by_cryores():
    at_half = Claim(5.0, cutoff=0.5)
    found = decide(at_half, RULE, voxel_size=1.0, single=SINGLE)
    assert found.answer == CANNOT_TELL
    assert "FSC of 0.5" in found.reason
    assert decide(Claim(3.0, cutoff=0.5), RULE, voxel_size=1.0, single=SINGLE).answer == FINER


def test_only_three_verdicts_contradict():
    contradicting = {name for name in VERDICTS if claims.Verdict(name, None, "", None).is_contradiction}
    assert contradicting == {FINER, COARSER, IMPOSSIBLE}


def test_without_a_claim_there_is_an_estimate_and_no_verdict():
    found = decide(None, RULE, voxel_size=1.0, single=SINGLE)
    assert (found.answer, found.estimate) == (None, SINGLE)
    assert sentence("m.mrc", None, found, (1, 0, 0)) == (
        "m.mrc: 4.0 ± 0.1 Å (FSC 0.143 as CryoRes expects it); high with 99 %."
    )


def test_the_sentence_of_the_documentation():
    estimate = Estimate(4.1, 0.2, "FSC 0.143 as CryoRes expects it")
    verdict = decide(Claim(3.2), RULE, voxel_size=1.0, single=estimate)
    assert sentence("map.mrc", Claim(3.2), verdict, class_probabilities(4.1, 0.2)) == (
        "map.mrc: claimed 3.2 Å is finer than the map supports: 4.1 ± 0.2 Å (FSC 0.143 as CryoRes expects it); "
        "high with 99 %."
    )


def test_probabilities_are_those_of_a_normal_distribution():
    high, medium, low = class_probabilities(5.0, 1.0)
    assert high == pytest.approx(0.5)
    assert low == pytest.approx(0.5 * math.erfc(5 / math.sqrt(2)))
    assert high + medium + low == pytest.approx(1)
    assert class_probabilities(8, 1e-12, (5, 7)) == pytest.approx((0, 0, 1))
    assert Estimate(4.0, 0.5, "").finer_than(4.5) == pytest.approx(0.8413, abs=1e-4)


def test_the_borders_themselves_are_medium():
    assert [class_of(value) for value in (4.99, 5.0, 10.0, 10.01)] == ["high", "medium", "medium", "low"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "above 0"),
        ("-3", "above 0"),
        ("three", "no number"),
        ("nan", "no number"),
        ("inf", "no number"),
        ("0.32", "did you mean 3.2?"),
        ("320", "coarser than any map"),
    ],
)
def test_numbers_that_are_no_claims_are_refused(text, words):
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        claims.checked_claim(text)
    assert claims.checked_claim("3.2") == 3.2
