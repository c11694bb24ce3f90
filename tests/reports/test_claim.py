"""The report about claims: verdict, evidence and what was not checked come first, in words of the science alone."""

import pytest
from matplotlib.figure import Figure

from deepreslib.analysis.claims import FINER, Claim, Estimate, Evidence, Rule, State, Verdict
from deepreslib.reports import Picture, Refused, Sheet, claim_report
from deepreslib.reports.claim import SIMULATED

ESTIMATE = Estimate(4.1, 0.2, "FSC 0.143 as CryoRes expects it")


def sheet(name="map.mrc", **more):
    lines = [
        Evidence(4, "CryoRes", State.CONTRADICTS, "expects 4.10 ± 0.20 Å"),
        Evidence(9, "voxel size against a model", State.NOT_APPLICABLE, "no model was given"),
    ]
    verdict = Verdict(FINER, ESTIMATE, f"CryoRes expects {ESTIMATE}", 4)
    return Sheet(name, Claim(3.2), verdict, f"{name}: claimed 3.2 Å is {FINER}.", lines, **more)


def in_order(page, *words):
    places = [page.index(word) for word in words]
    assert places == sorted(places)


def test_one_map_begins_with_verdict_evidence_and_what_was_not_checked():
    picture = Picture(lambda: Figure((1, 1)), "the spectrum")
    only = sheet(not_checked=["half maps: none were given"], facts={"file": "map.mrc"}, warnings=["mind this"])
    page = claim_report([only], Rule(), "deepres 1.0: deepres classify map.mrc", [picture])
    in_order(
        page, "Finer than the map supports", "claimed 3.2 Å is finer", "✗ contradicts", "Not checked", "<img", "Made by"
    )
    assert "<b>(decides)</b>" in page
    assert SIMULATED.split(",")[0].replace("'", "&#x27;") in page
    assert "more than 10 % of itself and by more than 2 predicted" in page
    assert "<script" not in page


def test_many_maps_begin_with_a_table():
    page = claim_report(
        [sheet("one"), Refused("two <&>", Claim(3), "it is broken."), sheet("three")], Rule(), "deepres"
    )
    in_order(
        page, "3 maps: 2 finer than the map supports, 1 not judged", 'href="#map1"', "not judged</span>", 'id="map1"'
    )
    assert "two &lt;&amp;&gt;" in page
    assert 'id="map2"' not in page
    assert 'id="map3"' in page


@pytest.mark.parametrize("word", ["Å", "±", "–"])
def test_letters_are_written_as_they_are(word):
    assert word in claim_report([sheet()], Rule(), "deepres")
