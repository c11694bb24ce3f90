"""How far an answer of CryoRes can be relied on: the status and its reasons, one by one and together."""

import dataclasses

import pytest
from small_maps import noisy

from deepreslib.analysis.map_kind import Kind, MapKind, map_kind
from deepreslib.estimation.judgement import MaskFault
from deepreslib.estimation.reliability import judge
from deepreslib.estimation.result import GlobalResolution
from deepreslib.maps.rim import Rim
from deepreslib.maps.solvent import Solvent
from deepreslib.networks.cryores_card import Widening

WIDENING = Widening(1.5, 2.0, 4.0)
FAULT = MaskFault("the mask covers next to nothing", "look at it")


@pytest.fixture(scope="module")
def kinds():
    """Map kind by name, as of one map."""
    of_noise = map_kind(noisy())
    assert of_noise.kind is Kind.NOISE
    return {kind: dataclasses.replace(of_noise, kind=kind) for kind in Kind}


def answer(kinds, value=4.0, deviation=0.3, strangeness=1.0, kind=Kind.NOISE, widening=WIDENING, fault=None):
    return judge(GlobalResolution(value, deviation), strangeness, widening, kinds[kind], fault)


def test_a_usual_answer_is_reliable(kinds):
    found = answer(kinds)
    assert (found.status, found.warnings, found.factor) == ("reliable", (), 1.0)
    assert found.global_resolution == GlobalResolution(4.0, 0.3)


@pytest.mark.parametrize("kind", Kind)
def test_the_kinds_that_cryores_cannot_judge_are_doubtful(kinds, kind):
    found = answer(kinds, kind=kind)
    suited = kind in (Kind.NOISE, Kind.FILTERED, Kind.MASKED, Kind.CROP, Kind.UNKNOWN)
    assert found.status == ("reliable" if suited else f"doubtful: the map {kind.value}")


def test_a_mask_that_leaves_no_noise_makes_it_doubtful(kinds):
    sign = kinds[Kind.MASKED].sign
    bare = Rim(deviation=None, below=0.0, following=None, unevenness=5.0, whiteness=0.0)
    solvent = Solvent(constant=1.0, deviation=0.0, below=0.5, still=1.0, fine_power=None, unevenness=None, rim=bare)
    found = judge(GlobalResolution(4.0, 0.3), 1.0, WIDENING, MapKind(Kind.MASKED, False, sign, solvent), None)
    assert found.status.startswith("doubtful: the map is masked so tightly")
    assert "wider mask" in found.warnings[0]


@pytest.mark.parametrize(
    ("value", "deviation", "word"),
    [
        (1.49, 0.1, "outside the range: the global resolution, 1.49 Å, is finer than 1.5 Å"),
        (1.5, 0.1, "reliable"),
        (22.0, 3.0, "reliable"),
        (22.0, 3.1, "outside the range: the global resolution, 22.00 ± 3.10 Å, may be coarser"),
        (25.1, 0.1, "outside the range: the global resolution, 25.10 Å, is coarser than 25 Å"),
    ],
)
def test_the_ends_of_the_range(kinds, value, deviation, word):
    found = answer(kinds, value, deviation)
    assert found.status.startswith(word)
    assert all("localfsc" in sentence for sentence in found.warnings)


def test_the_deviation_that_counts_is_the_widened_one(kinds):
    found = answer(kinds, 4.0, 0.3, strangeness=3.0)
    assert found.factor == pytest.approx(4.0)
    assert found.global_resolution.deviation == pytest.approx(1.2)
    assert "± 1.20 Å" in found.status
    assert answer(kinds, 20.0, 2.0).status == "reliable"
    assert answer(kinds, 20.0, 2.0, strangeness=3.0).status.startswith("outside the range")


def test_the_deviation_of_every_map_is_widened(kinds):
    found = answer(kinds, 4.0, 0.3, widening=Widening(1.5, 2.0, 4.0, everywhere=1.2))
    assert (found.status, found.factor) == ("reliable", 1.0)
    assert found.global_resolution.deviation == pytest.approx(0.36)


def test_all_reasons_stand_in_the_status_and_in_a_warning_each(kinds):
    found = answer(kinds, 26.0, 6.0, strangeness=2.0, kind=Kind.SMOOTH, fault=FAULT)
    word, colon, reasons = found.status.partition(": ")
    assert (word, colon) == ("outside the range", ": ")
    reasons = reasons.split("; ")
    assert len(reasons) == len(found.warnings) == 5
    for reason, sentence in zip(reasons, found.warnings, strict=True):
        assert sentence.startswith(f"{reason}; ")
        assert sentence.endswith(".")
        assert sentence.count("..") == 0


def test_a_card_that_does_not_say_widens_nothing(kinds):
    found = answer(kinds, strangeness=1e9, widening=None)
    assert (found.status, found.factor) == ("reliable", 1.0)


def test_strange_without_widening_says_nothing_of_it(kinds):
    (sentence,) = answer(kinds, strangeness=2.0, widening=Widening(1.5, 0.0, 1.0)).warnings
    assert "unlike" in sentence
    assert "widened" not in sentence
