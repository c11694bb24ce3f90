"""Each line of evidence: its state, its number and its words, from numbers made by hand."""

import numpy as np
import pytest
from small_maps import atoms, density_map, noisy

from deepreslib.analysis import evidence
from deepreslib.analysis.claims import Claim, Estimate, Rule, State
from deepreslib.analysis.map_end import MapEnd
from deepreslib.analysis.map_kind import map_kind
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps.half_map_curves import HalfMapCurves

RULE = Rule()
CLAIM = Claim(4.0)
FREQUENCY = np.linspace(0, 0.5, 51)


def curves(resolution, made=0.0):
    """Half maps whose FSC falls linearly to 0.143 at a resolution."""
    falling = ShellCorrelation(FREQUENCY, np.clip(1 - (1 - 0.143) * FREQUENCY * resolution, -0.01, 1))
    randomised = ShellCorrelation(FREQUENCY, np.full(51, made))
    return HalfMapCurves(falling, falling, randomised, falling, 20.0)


def of_halves(resolution):
    return Estimate(resolution, 0.1, "FSC 0.143 of the half maps")


def test_nyquist():
    assert evidence.nyquist(CLAIM, 1.5, True).state is State.OK
    assert evidence.nyquist(CLAIM, 2.5, True).state is State.CONTRADICTS
    assert evidence.nyquist(CLAIM, 2.01, True).state is State.WARNING  # the limit itself, but for rounding
    assert evidence.nyquist(None, 2.5, True).state is State.NOT_APPLICABLE
    assert evidence.nyquist(CLAIM, 1.5, True).value == 3.0


def test_a_voxel_size_that_was_never_set_warns_unless_the_user_gave_it():
    line = evidence.nyquist(CLAIM, 1.0, True)
    assert line.state is State.WARNING
    assert "never set" in line.sentence
    assert evidence.nyquist(CLAIM, 1.0, False).state is State.OK


def test_a_header_with_another_voxel_size_warns():
    claim = Claim(4.0, source="emd.xml", voxel_size=1.06)
    assert "emd.xml says that they are 1.06 Å" in evidence.nyquist(claim, 1.0, False).sentence
    assert evidence.nyquist(claim, 1.065, True).state is State.OK


def test_kinds():
    assert evidence.kind(map_kind(noisy()), 1.0).state is State.OK
    line = evidence.kind(map_kind(density_map(atoms(blur=2.5))), 1.0, [Estimate(7.5, 0.1, "Gaussian")])
    assert line.state is State.WARNING
    assert "is not believed" in line.sentence
    assert "7.5 ± 0.1 Å (Gaussian)" in line.sentence
    assert line.as_dict()["scales"] == [{"value": 7.5, "deviation": 0.1, "scale": "Gaussian"}]


def test_half_maps():
    assert evidence.half_maps(None, None, CLAIM, RULE).state is State.NOT_APPLICABLE
    agreeing = evidence.half_maps(curves(4.0), of_halves(4.0), CLAIM, RULE)
    assert (agreeing.state, agreeing.value) == (State.OK, 4.0)
    assert set(agreeing.figures["fsc"]) == {"unmasked", "masked", "randomised", "corrected"}
    assert evidence.half_maps(curves(6.0), of_halves(6.0), CLAIM, RULE).state is State.CONTRADICTS
    assert evidence.half_maps(curves(4.0), of_halves(4.0), None, RULE).state is State.NOT_APPLICABLE


def test_a_mask_that_makes_the_number_warns():
    line = evidence.half_maps(curves(4.0, made=0.15), of_halves(4.0), CLAIM, RULE)
    assert line.state is State.WARNING
    assert "the mask makes the number" in line.sentence
    assert line.figures["made_by_mask"] == pytest.approx(0.15)


def test_a_map_that_shows_something_else_than_its_half_maps_warns():
    line = evidence.half_maps(curves(4.0), of_halves(4.0), CLAIM, RULE, departs=6.0)
    assert (line.state, line.figures["departs"]) == (State.WARNING, 6.0)
    assert "beyond 6.0 Å the map itself shows something else" in line.sentence
    contradicted = evidence.half_maps(curves(6.0), of_halves(6.0), CLAIM, RULE, departs=8.0)
    assert contradicted.state is State.CONTRADICTS


def test_half_maps_with_a_fault_warn_and_do_not_decide():
    shared = ShellCorrelation(FREQUENCY, np.full(51, 0.9))
    curves = HalfMapCurves(shared, shared, None, shared, None)
    line = evidence.half_maps(curves, None, CLAIM, RULE, fault="they share their noise")
    assert line.state is State.WARNING
    assert "do not decide" in line.sentence


def test_cryores():
    estimate = Estimate(5.0, 0.2, "")
    line = evidence.cryores(estimate, "reliable", CLAIM, RULE, True, True)
    assert (line.state, line.value) == (State.CONTRADICTS, 5.0)
    assert line.figures["probability_finer"] == pytest.approx(0.00135, abs=1e-4)  # 4.4 Å is 3 SDs away
    assert evidence.cryores(estimate, "reliable", CLAIM, RULE, True, False).state is State.WARNING
    assert evidence.cryores(estimate, "reliable", Claim(5.0), RULE, True, True).state is State.OK
    doubtful = evidence.cryores(estimate, "doubtful: a reason", CLAIM, RULE, False, True)
    assert doubtful.state is State.WARNING
    assert "but it is doubtful: a reason" in doubtful.sentence
    assert evidence.cryores(None, "no molecule", CLAIM, RULE, False, True).state is State.NOT_APPLICABLE


def test_the_end_of_the_map():
    filtered, open_end = MapEnd(6.0, 5.8, True, 30.0), MapEnd(2.0, 2.0, False, 1.0)
    assert evidence.end(filtered, CLAIM, RULE, None, True).state is State.CONTRADICTS
    assert "overfiltered" in evidence.end(filtered, CLAIM, RULE, None, True).sentence
    assert evidence.end(filtered, CLAIM, RULE, None, False).state is State.WARNING
    assert evidence.end(filtered, Claim(5.5), RULE, None, True).state is State.OK
    left_in = evidence.end(open_end, CLAIM, RULE, of_halves(4.0), True)
    assert left_in.state is State.OK
    assert "noise beyond the resolution was left in" in left_in.sentence


def test_share_of_the_molecule():
    values = {"CryoRes": np.linspace(3, 5, 101)}
    line = evidence.share(values, CLAIM, True)
    assert (line.state, line.value) == (State.OK, pytest.approx(100 * 51 / 101))
    assert evidence.share(values, Claim(3.04), True).state is State.WARNING
    assert evidence.share(values, CLAIM, False).state is State.NOT_APPLICABLE
    assert evidence.share({}, CLAIM, True).state is State.NOT_APPLICABLE
    assert evidence.share(values, None, True).figures["local"]["CryoRes"]["50"] == 4.0


def test_sharpening():
    states = {answer: evidence.sharpening(answer, "why").state for answer in ("right", "oversharpened", "cannot tell")}
    assert states == {
        "right": State.OK,
        "oversharpened": State.WARNING,
        "cannot tell": State.NOT_APPLICABLE,
    }
    assert evidence.sharpening(None, "no half maps").state is State.NOT_APPLICABLE


@pytest.mark.parametrize(("mass", "state"), [(None, "not applicable"), (81, "ok"), (162, "ok"), (163, "warning")])
def test_size_is_told_always_and_judged_with_a_mass(mass, state):
    line = evidence.size(100_000, mass)
    assert (line.value, line.state.value) == (pytest.approx(81.0), state)
    assert evidence.size(100_000, 32).state is State.WARNING
    assert "deposited contour level 49 kDa" in evidence.size(100_000, mass, 60_000).sentence


def test_voxel_size_against_a_model():
    assert evidence.voxel_size(1.029, 0.8, "m").state is State.OK
    assert evidence.voxel_size(0.96, 0.8, "m").state is State.WARNING
    assert "4.0 % smaller" in evidence.voxel_size(0.96, 0.8, "m").sentence
    assert "6.0 % or more larger" in evidence.voxel_size(1.06, 0.8, "m", ends=(0.94, 1.06)).sentence
    elsewhere = evidence.voxel_size(1.0, 0.31, "m")
    assert elsewhere.state is State.WARNING
    assert "hardly fits the map (correlation 0.31)" in elsewhere.sentence
    assert evidence.voxel_size(0.96, 0.1, "m").state is State.NOT_APPLICABLE
    assert evidence.voxel_size(None, None).state is State.NOT_APPLICABLE


def test_agreement_counts_and_never_averages():
    line = evidence.agreement({"CryoRes": 4.2, "DeepRes": 5.0, "ResMap": "no noise around it."}, CLAIM, RULE)
    assert (line.state, line.value) == (State.OK, 1)
    assert line.figures["medians"] == {"CryoRes": 4.2, "DeepRes": 5.0, "ResMap": None}
    assert "1 of 2 within 10 %" in line.sentence
    assert evidence.agreement({"DeepRes": 5.0}, CLAIM, RULE).state is State.WARNING
    assert evidence.agreement({}, CLAIM, RULE).state is State.NOT_APPLICABLE
