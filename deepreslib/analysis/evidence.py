"""The lines of evidence about a claimed resolution: what is measured of a map, said in one sentence each.

Nothing is measured here. Each function takes numbers, and the claim if there is one, and gives a line. Where nothing is
claimed, a line still tells its number, and its state is ``not applicable`` unless it warns.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepreslib.analysis.claims import (
    CONSISTENT,
    Claim,
    Estimate,
    Evidence,
    Rule,
    State,
    compare_with,
    is_overfiltered,
    nyquist_is_passed,
)
from deepreslib.analysis.map_end import MapEnd
from deepreslib.analysis.map_kind import Kind, MapKind
from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.maps.half_map_curves import MADE_BY_MASK, HalfMapCurves
from deepreslib.maps.half_maps import fsc_report

NAMES = {
    1: "Nyquist's limit",
    2: "kind of map",
    3: "half maps",
    4: "CryoRes",
    5: "where the map ends",
    6: "share of the molecule",
    7: "sharpening",
    8: "size",
    9: "voxel size against a model",
    10: "agreement of methods",
}
"""Number → name of each line."""

NOISE_FREE = (Kind.CUT_OFF, Kind.SMOOTH, Kind.WHITE)
"""Kinds of maps that show no noise of a reconstruction, of which CryoRes has never seen one."""

NEVER_SET = 1.0
"""Å, the voxel size that programs write which do not know it."""

SAME_VOXEL = 0.01
"""Voxel sizes that differ by less than this share are the same."""

NOT_IN_MAP, HARDLY_IN_MAP = 0.2, 0.4
"""Correlations of a model with the map below which it does not lie in it, and may lie elsewhere: a model 15 Å away had
0.31."""

AT_END = 1e-3
"""A scale as near as this to the last one tried may lie beyond it."""

HOT_SPOT = 0.05
"""If a smaller share of the molecule reaches the claim, it is the number of a hot spot."""

MUCH_FINER = 1.3
"""A map goes on much finer than its resolution if it ends at less than the resolution divided by this."""

DALTON_PER_CUBIC = 0.81
"""Da of protein in an Å³."""

SIZES = (0.5, 2.5)
"""The mask's mass may be so many times the one that was given: masks are generous."""

SCALE_OFF = 0.03
"""A voxel size that differs more from that of the model is warned about."""


def line(number: int, state: State, sentence: str, value: float | None = None, unit: str = "", **more: Any) -> Evidence:
    """A line under its usual name.

    Args:
        number: of the line.
        state: what it says of the claim.
        sentence: in words.
        value: the number that it rests on.
        unit: of it.
        **more: further numbers for the report.
    """
    return Evidence(number, NAMES[number], state, sentence, value, unit, dict(more))


def nyquist(claim: Claim | None, voxel_size: float, from_header: bool) -> Evidence:
    """Line 1: nothing is finer than two voxels.

    Args:
        claim: what is claimed, or None.
        voxel_size: Å.
        from_header: whether it stands in the file, and was not given by the user.
    """
    limit = 2 * voxel_size
    told = f"voxels of {voxel_size:.4g} Å hold nothing finer than {limit:.3g} Å"
    if claim and nyquist_is_passed(claim.resolution, voxel_size):
        return line(1, State.CONTRADICTS, f"{told}, and {claim.resolution:g} Å is claimed", limit, "Å")
    notes = []
    if from_header and voxel_size == NEVER_SET:
        notes.append("a voxel size of exactly 1 Å is what programs write that never set it: check it")
    if claim and claim.voxel_size and abs(claim.voxel_size / voxel_size - 1) > SAME_VOXEL:
        notes.append(f"{claim.source} says that they are {claim.voxel_size:.4g} Å: check which is right")
    if claim and claim.resolution < limit:
        notes.append("the claim is that limit, but for rounding: the voxels may be too large to show it")
    if notes:
        return line(1, State.WARNING, f"{told}; {'; '.join(notes)}", limit, "Å")
    return line(1, State.OK if claim else State.NOT_APPLICABLE, told, limit, "Å")


def kind(found: MapKind, factor: float, told: Sequence[Estimate] = ()) -> Evidence:
    """Line 2: what kind of map it is, and so what may be believed.

    Args:
        found: the kind.
        factor: by which deviations are widened for it.
        told: for a map without noise, its resolution on other scales.
    """
    figures: dict[str, Any] = {"kind": found.kind.name.lower(), "widened": factor}
    sentence = found.reason
    if found.kind is Kind.NOISE:
        return line(2, State.OK, sentence, **figures)
    if found.suits_cryores:
        wide = f"; its uncertainty is taken {factor:g} times as large" if factor > 1 else ""
        return line(2, State.WARNING, sentence + wide, **figures)
    sentence += "; CryoRes, which learnt from reconstructions, is not believed"
    if told:
        sentence += f". On other scales: {'; '.join(map(str, told))}"
    return line(2, State.WARNING, sentence, scales=[each.as_dict() for each in told], **figures)


def half_maps(
    curves: HalfMapCurves | None,
    estimate: Estimate | None,
    claim: Claim | None,
    rule: Rule,
    cutoff: float = CUTOFF,
    fault: str | None = None,
    departs: float | None = None,
) -> Evidence:
    """Line 3: where the FSC of the half maps falls.

    Args:
        curves: of the half maps; None if there are none.
        estimate: what they say; None if they cannot decide.
        claim: what is claimed, or None.
        rule: when it is contradicted.
        cutoff: at which the estimate was read off.
        fault: why they cannot decide, half a sentence; None if they can.
        departs: Å, from where on the map shows something else than they do; None if nowhere.
    """
    if curves is None:
        return line(3, State.NOT_APPLICABLE, "no half maps were given: only they could measure the resolution")
    kinds = {"unmasked": curves.unmasked, "masked": curves.masked, "randomised": curves.randomised}
    kinds["corrected"] = curves.corrected
    figures: dict[str, Any] = {
        "fsc": {name: fsc_report(curve, name != "unmasked") for name, curve in kinds.items() if curve is not None},
        "randomised_beyond": None if curves.beyond is None else round(curves.beyond, 3),
        "cutoff": cutoff,
    }
    if fault:
        return line(3, State.WARNING, f"{fault}; the half maps do not decide", **figures)
    assert estimate is not None, "half maps without a fault have an estimate"
    at_half = curves.corrected.resolution(0.5)
    sentence = (
        f"the FSC falls to {cutoff:g} at {estimate.value:.2f} Å within the mask, the mask's own part taken off "
        f"(masked, not corrected: {_told(curves.masked.resolution(cutoff))}; without a mask: "
        f"{_told(curves.unmasked.resolution(cutoff))}; 0.5: {_told(at_half)})"
    )
    made = curves.made_by_mask(claim.resolution) if claim else 0.0
    figures["made_by_mask"] = round(made, 4)
    state = State.OK if claim else State.NOT_APPLICABLE
    if claim and compare_with(estimate, claim, rule) != CONSISTENT:
        state = State.CONTRADICTS
    if made > MADE_BY_MASK:
        sentence += f"; at the claim the mask alone makes an FSC of {made:.2f}: the mask makes the number"
        state = State.WARNING if state is State.OK else state
    if departs is not None:
        sentence += f"; but beyond {departs:.1f} Å the map itself shows something else than they do"
        state = state if state is State.CONTRADICTS else State.WARNING
        figures["departs"] = round(departs, 3)
    return line(3, state, sentence, estimate.value, "Å", deviation=round(estimate.deviation, 3), **figures)


def cryores(
    estimate: Estimate | None, status: str, claim: Claim | None, rule: Rule, is_reliable: bool, decides: bool
) -> Evidence:
    """Line 4: what CryoRes expects the FSC of the half maps to say.

    Args:
        estimate: of CryoRes, its deviation widened; None if it gave none.
        status: CryoRes' own, or why it gave none.
        claim: what is claimed, or None.
        rule: when it is contradicted.
        is_reliable: whether the estimate may be believed.
        decides: whether the verdict follows it; if half maps decide, it may only warn.
    """
    if estimate is None:
        return line(4, State.NOT_APPLICABLE, status)
    figures: dict[str, Any] = {"deviation": round(estimate.deviation, 3), "status": status}
    sentence = f"expects {estimate.value:.2f} ± {estimate.deviation:.2f} Å (FSC 0.143)"
    state = State.OK if claim else State.NOT_APPLICABLE
    if claim:
        limit = claim.resolution * (1 + rule.tolerance)
        probability = estimate.finer_than(limit)
        figures["probability_finer"] = round(probability, 4)
        sentence += f"; finer than {limit:.2f} Å with a probability of {_probability(probability)}"
        answer = compare_with(estimate, claim, rule)
        if answer != CONSISTENT:
            state = State.CONTRADICTS if decides else State.WARNING
            sentence += f"; the claim is {answer}, as far as CryoRes sees"
    if not is_reliable:
        return line(4, State.WARNING, f"{sentence}; but it is {status}", estimate.value, "Å", **figures)
    return line(4, state, sentence, estimate.value, "Å", **figures)


def end(found: MapEnd, claim: Claim | None, rule: Rule, estimate: Estimate | None, decides: bool) -> Evidence:
    """Line 5: where the map's spectrum ends.

    Args:
        found: the end.
        claim: what is claimed, or None.
        rule: when it is contradicted.
        estimate: the one that decides, or None.
        decides: whether a map that ends coarser than the claim contradicts it; if not, that is a warning.
    """
    figures = {"filtered": found.is_filtered, "fall": round(found.fall, 1), "next_shell": round(found.bound, 3)}
    told = (
        f"the amplitudes end at {found.resolution:.2f} Å"
        if found.is_filtered
        else f"the amplitudes go on to Nyquist's frequency, {found.resolution:.2f} Å, without a filter's edge"
    )
    state = State.OK if claim else State.NOT_APPLICABLE
    if claim and found.is_filtered and is_overfiltered(claim.resolution, rule, found.bound):
        state = State.CONTRADICTS if decides else State.WARNING
        told += ": overfiltered, nothing of the claimed detail is in this file"
    elif estimate and found.resolution < estimate.value / MUCH_FINER:
        told += f", much finer than {estimate.value:.1f} Å: noise beyond the resolution was left in"
    return line(5, state, told, found.resolution, "Å", **figures)


def share(values: Mapping[str, FloatArray], claim: Claim | None, is_reliable: bool) -> Evidence:
    """Line 6: how much of the molecule reaches the claim.

    Args:
        values: method → local resolutions within the mask, Å, (n,); the first is that of CryoRes at FSC 0.143.
        claim: what is claimed, or None.
        is_reliable: whether the first may be believed.
    """
    if not values:
        return line(6, State.NOT_APPLICABLE, "there is no local resolution")
    ends = {name: np.percentile(found, (5, 50, 95)) for name, found in values.items()}
    figures: dict[str, Any] = {
        "local": {
            name: dict(zip(("5", "50", "95"), (round(float(e), 3) for e in found), strict=True))
            for name, found in ends.items()
        }
    }
    told = "; ".join(
        f"local resolution by {name} {low:.1f} to {high:.1f} Å, median {median:.1f} Å"
        for name, (low, median, high) in ends.items()
    )
    if claim is None:
        return line(6, State.NOT_APPLICABLE, told, **figures)
    shares = {name: float(np.mean(found <= claim.resolution)) for name, found in values.items()}
    figures["reached_by"] = {name: round(found, 4) for name, found in shares.items()}
    first = next(iter(shares.values()))
    reached = " and ".join(f"{_percent(found)} by {name}" for name, found in shares.items())
    sentence = f"{reached}: so much of the molecule reaches {claim.resolution:g} Å or finer ({told})"
    if not is_reliable:
        return line(
            6, State.NOT_APPLICABLE, f"{sentence}; but CryoRes is not to be relied on here", 100 * first, "%", **figures
        )
    if first < HOT_SPOT:
        return line(
            6,
            State.WARNING,
            f"{sentence}; a claim that so little reaches is a hot spot's at most",
            100 * first,
            "%",
            **figures,
        )
    return line(6, State.OK, sentence, 100 * first, "%", **figures)


def sharpening(answer: str | None, reason: str) -> Evidence:
    """Line 7: whether the map is sharpened rightly.

    Args:
        answer: of the sharpening check; None if it was not made.
        reason: why.
    """
    if answer is None:
        return line(7, State.NOT_APPLICABLE, reason)
    states = {"right": State.OK, "cannot tell": State.NOT_APPLICABLE}
    return line(7, states.get(answer, State.WARNING), f"{answer}: {reason}", answer=answer)


def size(volume: float, mass: float | None, level_volume: float | None = None) -> Evidence:
    """Line 8: how large the molecule is.

    Args:
        volume: of the mask, Å³.
        mass: of the molecule as the user knows it, kDa; None if not given.
        level_volume: Å³, of the voxels above the deposited contour level; None if there is none.
    """
    found = DALTON_PER_CUBIC * volume / 1000
    told = f"the mask holds {found:.0f} kDa of protein" if found >= 10 else f"the mask holds {found:.2g} kDa of protein"
    figures: dict[str, Any] = {"volume": round(volume), "mass_given": mass}
    more = ""
    if level_volume is not None:
        above = DALTON_PER_CUBIC * level_volume / 1000
        more = f"; above the deposited contour level {above:.0f} kDa"
        figures["mass_of_contour"] = round(above, 2)
    if mass is None:
        sentence = f"{told}{more}; compare it with the sample, or give its mass (--mass)"
        return line(8, State.NOT_APPLICABLE, sentence, found, "kDa", **figures)
    told += f", {found / mass:.2g} times the given {mass:g} kDa{more}"
    if SIZES[0] * mass <= found <= SIZES[1] * mass:
        return line(8, State.OK, told, found, "kDa", **figures)
    return line(8, State.WARNING, f"{told}: check the voxel size, and the mask", found, "kDa", **figures)


def voxel_size(
    scale: float | None,
    correlation: float | None,
    name: str = "",
    why_not: str = "",
    ends: tuple[float, float] = (0.0, math.inf),
) -> Evidence:
    """Line 9: the voxel size that fits a model best.

    Args:
        scale: the right voxel size divided by the map's; None if it was not looked for.
        correlation: of map and model at that scale.
        name: of the model.
        why_not: why it was not looked for.
        ends: between which scales it was looked for.
    """
    if scale is None or correlation is None:
        return line(9, State.NOT_APPLICABLE, why_not or "no model was given (--structure)")
    if correlation < NOT_IN_MAP:
        return line(9, State.NOT_APPLICABLE, f"{name} does not lie in the map (correlation {correlation:.2f})", scale)
    if correlation < HARDLY_IN_MAP:
        told = f"{name} hardly fits the map (correlation {correlation:.2f}), so it says nothing about the voxel size"
        return line(9, State.WARNING, f"{told}: check where it lies", scale, correlation=round(correlation, 4))
    off, more = 100 * abs(scale - 1), "larger" if scale > 1 else "smaller"
    if min(abs(scale - end) for end in ends) < AT_END:
        more = f"or more {more}"
    told = f"{name} fits best if voxels are {off:.1f} % {more} (correlation {correlation:.2f})"
    if abs(scale - 1) > SCALE_OFF:
        return line(9, State.WARNING, f"{told}: the voxel size seems wrong", scale, correlation=round(correlation, 4))
    return line(9, State.OK, f"{told}, which is within the error", scale, correlation=round(correlation, 4))


def agreement(medians: Mapping[str, float | str], claim: Claim | None, rule: Rule) -> Evidence:
    """Line 10: the medians of other methods, never averaged, as their scales differ.

    Args:
        medians: method → median, Å, or why there is none; empty if they were not asked.
        claim: what is claimed, or None.
        rule: whose tolerance counts.
    """
    if not medians:
        return line(10, State.NOT_APPLICABLE, "other methods were not asked (--compare)")
    numbers = {name: found for name, found in medians.items() if not isinstance(found, str)}
    texts = [f"{name} {found:.1f} Å" for name, found in numbers.items()]
    texts += [f"{name} none ({found.rstrip('.')})" for name, found in medians.items() if isinstance(found, str)]
    figures: dict[str, Any] = {"medians": {name: numbers.get(name) for name in medians}}
    told = f"medians on scales of their own: {'; '.join(texts)}"
    if claim is None or not numbers:
        return line(10, State.NOT_APPLICABLE, told, **figures)
    within = sum(abs(found - claim.resolution) <= rule.tolerance * claim.resolution for found in numbers.values())
    sentence = f"{within} of {len(numbers)} within {100 * rule.tolerance:.0f} % of the claim; {told}"
    return line(10, State.OK if within else State.WARNING, sentence, within, "methods", **figures)


def _told(resolution: float) -> str:
    return f"{resolution:.2f} Å" if math.isfinite(resolution) else "nowhere"


def _probability(share: float) -> str:
    """In words; nothing is certain."""
    return _percent(min(max(share, 1e-3), 1 - 1e-3))


def _percent(share: float) -> str:
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    return "less than 1 %" if share < 0.01 else "more than 99 %" if share > 0.99 else f"{100 * share:.0f} %"
