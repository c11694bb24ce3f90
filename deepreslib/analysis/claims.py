"""Is a map what it claims to be? A claimed resolution, the lines of evidence about it, and the verdict.

A claim is contradicted if it is off by more than a tolerance *and* by more than some predicted SDs; so a rounded number
passes, and so does one that the measurement is too uncertain to refute. What is measured is one estimate of the
resolution: of the half maps if there are any that can be relied on, else of CryoRes. Each line of evidence says one
thing in one sentence; the verdict says which of them decided.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from scipy.special import ndtr

from deepreslib.errors import InputError
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.networks.mapclass_card import BORDERS, CLASSES

CONSISTENT = "consistent"
FINER = "finer than the map supports"
COARSER = "coarser than the map supports"
IMPOSSIBLE = "impossible"
CANNOT_TELL = "cannot tell"

VERDICTS = {
    CONSISTENT: "the claim agrees with what was measured, within the tolerance or the uncertainty",
    FINER: "the claim promises more detail than the map holds",
    COARSER: "the map holds more detail than the claim says",
    IMPOSSIBLE: "no map with voxels of this size can hold what is claimed",
    CANNOT_TELL: "nothing that could decide is reliable for this map",
}
"""The verdicts and what each means."""

CONTRADICTIONS = (FINER, COARSER, IMPOSSIBLE)
"""The verdicts that contradict the claim."""

ROUNDED = 0.05
"""Å; claims are rounded to a tenth of an Å, so one that is finer than Nyquist's limit by less is not impossible."""

FINEST = 1.0
"""Å; no cryo-EM map is finer. A smaller claim is taken for one in nm."""

COARSEST = 100.0
"""Å; a greater claim is no resolution of a map."""


class State(Enum):
    """What a line of evidence says of the claim."""

    OK = "ok"
    WARNING = "warning"
    CONTRADICTS = "contradicts"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Claim:
    """A claimed resolution.

    Attributes:
        resolution: Å.
        cutoff: the FSC at which it was read off.
        method: in the words of its source, such as ``FSC 0.143 CUT-OFF``; '' if not said.
        source: where it was read: a file, or '' for the command line.
        voxel_size: Å, that the source says the map has; None if it says nothing.
        level: the primary contour level of the source; None likewise.
    """

    resolution: float
    cutoff: float = CUTOFF
    method: str = ""
    source: str = ""
    voxel_size: float | None = None
    level: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "resolution": self.resolution,
            "cutoff": self.cutoff,
            "method": self.method or None,
            "source": self.source or None,
            "voxel_size": self.voxel_size,
            "contour_level": self.level,
        }


@dataclass(frozen=True)
class Rule:
    """When a claim is contradicted.

    Attributes:
        tolerance: share of the claim by which it may be off.
        sigmas: predicted SDs by which it may be off.
    """

    tolerance: float = 0.10
    sigmas: float = 2.0


@dataclass(frozen=True)
class Estimate:
    """A resolution that was measured.

    Attributes:
        value: Å.
        deviation: Å, one SD.
        scale: what the number means, such as ``FSC 0.143 of the half maps``.
    """

    value: float
    deviation: float
    scale: str

    def __str__(self) -> str:
        return f"{self.value:.1f} ± {max(self.deviation, 0.05):.1f} Å ({self.scale})"

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> "Estimate":
        """The estimate in a report.

        Args:
            entry: from :meth:`as_dict`.
        """
        return cls(entry["value"], entry["deviation"], entry["scale"])

    def finer_than(self, resolution: float) -> float:
        """The probability that the truth is finer than a resolution, Å."""
        return float(ndtr((resolution - self.value) / max(self.deviation, 1e-9)))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"value": round(self.value, 3), "deviation": round(self.deviation, 3), "scale": self.scale}


@dataclass(frozen=True)
class Evidence:
    """A line of evidence.

    Attributes:
        number: its place in the list of the documentation, from 1.
        name: what is looked at.
        state: what it says of the claim.
        sentence: in words, without its name.
        value: the number that it rests on; None if there is none.
        unit: of that number.
        figures: further numbers, for the report.
    """

    number: int
    name: str
    state: State
    sentence: str
    value: float | None = None
    unit: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "number": self.number,
            "name": self.name,
            "state": self.state.value,
            "value": None if self.value is None or not math.isfinite(self.value) else round(self.value, 4),
            "unit": self.unit,
            "sentence": self.sentence,
            **self.figures,
        }


@dataclass(frozen=True)
class Verdict:
    """What comes of the evidence.

    Attributes:
        answer: one of ``VERDICTS``; None if nothing was claimed.
        estimate: the one that decides; None if there is none that can be relied on.
        reason: a clause that ends in no full stop: what decided, or why nothing can.
        decided_by: number of the line of evidence that decided; None if none could.
    """

    answer: str | None
    estimate: Estimate | None
    reason: str
    decided_by: int | None

    @property
    def is_contradiction(self) -> bool:
        """Whether the claim is contradicted."""
        return self.answer in CONTRADICTIONS

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "verdict": self.answer,
            "meaning": None if self.answer is None else VERDICTS[self.answer],
            "contradicted": self.is_contradiction,
            "reason": self.reason,
            "decided_by": self.decided_by,
            "estimate": self.estimate.as_dict() if self.estimate else None,
        }


def checked_claim(text: str | float, what: str = "the claimed resolution") -> float:
    """A claimed resolution as a number.

    Args:
        text: as it was given.
        what: the beginning of the sentence.

    Returns:
        Å.

    Raises:
        InputError: it is no number, not above 0, so small that it is in nm, or too large.
    """
    try:
        number = math.nan if isinstance(text, str) and "_" in text else float(text)  # Python takes 3_2 for 32
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{what} is {text!r} and no number; give it in Å, such as 3.2.")
    if number <= 0:
        raise InputError(f"{what} is {number:g}, and a resolution is above 0; give it in Å, such as 3.2.")
    if number < FINEST:
        raise InputError(
            f"{what} is {number:g} Å, finer than any map; did you mean {10 * number:g}? Resolutions are given in Å, "
            "not in nm."
        )
    if number > COARSEST:
        raise InputError(f"{what} is {number:g} Å, coarser than any map; give it in Å, such as 3.2.")
    return number


def nyquist_is_passed(claim: float, voxel_size: float) -> bool:
    """Whether a claim is finer than two voxels, its rounding allowed for.

    Args:
        claim: Å.
        voxel_size: Å.
    """
    return claim + ROUNDED < 2 * voxel_size


def class_probabilities(
    value: float, deviation: float, borders: tuple[float, float] = BORDERS
) -> tuple[float, float, float]:
    """The probabilities of the classes of resolution, the error taken as normally distributed.

    Args:
        value: Å, the estimate.
        deviation: Å, its SD.
        borders: Å.

    Returns:
        Of high, medium and low; their sum is 1.
    """
    first, second = (float(ndtr((border - value) / max(deviation, 1e-9))) for border in borders)
    return first, second - first, 1 - second


def class_of(resolution: float, borders: tuple[float, float] = BORDERS) -> str:
    """The class of a resolution; the borders themselves are medium, as in Avramov et al. 2019.

    Args:
        resolution: Å.
        borders: Å.
    """
    return CLASSES[0 if resolution < borders[0] else 1 if resolution <= borders[1] else 2]


def likeliest(probabilities: Sequence[float]) -> str:
    """The class of the greatest probability.

    Args:
        probabilities: of high, medium and low.
    """
    return CLASSES[int(np.argmax(probabilities))]


def compare_with(estimate: Estimate, claim: Claim, rule: Rule) -> str:
    """How a claim compares with an estimate: ``consistent``, ``finer …`` or ``coarser …``.

    Args:
        estimate: of the resolution.
        claim: what is claimed.
        rule: when it is contradicted.
    """
    off = estimate.value - claim.resolution
    if abs(off) <= rule.tolerance * claim.resolution or abs(off) <= rule.sigmas * estimate.deviation:
        return CONSISTENT
    return FINER if off > 0 else COARSER


def decide(
    claim: Claim | None,
    rule: Rule,
    *,
    voxel_size: float,
    half_maps: Estimate | None = None,
    single: Estimate | None = None,
    why_not: str = "",
    end: float | None = None,
    end_bound: float | None = None,
    is_believable: bool = True,
) -> Verdict:
    """The verdict.

    Nyquist's limit is asked first, then the half maps, then CryoRes. A file that was low-pass filtered coarser than the
    claim does not hold what is claimed, whatever CryoRes says; and one that ends where the claim says holds nothing
    finer, so the claim is not too coarse for it. Half maps overrule both, since the claim may be right of the
    reconstruction.

    Args:
        claim: what is claimed; None to find the estimate alone.
        rule: when it is contradicted.
        voxel_size: Å.
        half_maps: what half maps say; None if there are none that can be relied on.
        single: what CryoRes says; None if it cannot be relied on.
        why_not: a clause: why CryoRes cannot.
        end: Å, where the map's spectrum ends; None if it goes on to Nyquist's frequency.
        end_bound: Å, the next shell, where nothing is left; None likewise.
        is_believable: False for a map of a kind about which nothing but Nyquist's limit and half maps may decide.

    Returns:
        The verdict.
    """
    estimate, line = (half_maps, 3) if half_maps else (single, 4) if single else (None, None)
    if claim is None:
        return Verdict(None, estimate, "nothing was claimed" if estimate else why_not, line)
    if nyquist_is_passed(claim.resolution, voxel_size):
        return Verdict(
            IMPOSSIBLE, estimate, f"voxels of {voxel_size:.4g} Å hold nothing finer than {2 * voxel_size:.4g} Å", 1
        )
    if half_maps:
        return Verdict(compare_with(half_maps, claim, rule), half_maps, f"the half maps say {half_maps}", 3)
    if is_believable and is_overfiltered(claim.resolution, rule, end_bound):
        assert end is not None, "an end has a bound"
        return Verdict(FINER, estimate, f"the map was low-pass filtered and ends at {end:.1f} Å", 5)
    if single is None:
        return Verdict(CANNOT_TELL, None, why_not, None)
    answer = compare_with(single, claim, rule)
    if answer == COARSER and end is not None and end > claim.resolution * (1 - rule.tolerance):
        return Verdict(CONSISTENT, single, f"the map was low-pass filtered and ends at {end:.1f} Å", 5)
    if answer == COARSER and claim.cutoff > CUTOFF:
        reason = (
            f"{single} is finer than the claim, which was read off at an FSC of {claim.cutoff:g}, where numbers are "
            "coarser, and there are no half maps to read it off again"
        )
        return Verdict(CANNOT_TELL, single, reason, None)
    return Verdict(answer, single, str(single), 4)


def is_overfiltered(claim: float, rule: Rule, end_bound: float | None) -> bool:
    """Whether a map ends coarser than its claim.

    Args:
        claim: Å.
        rule: whose tolerance counts.
        end_bound: Å, the first shell in which nothing is left; None if the spectrum goes on to Nyquist's frequency.
    """
    return end_bound is not None and end_bound > claim * (1 + rule.tolerance)


def sentence(name: str, claim: Claim | None, verdict: Verdict, probabilities: Sequence[float] | None) -> str:
    """The one sentence that is printed.

    Args:
        name: of the map.
        claim: what is claimed, or None.
        verdict: about it.
        probabilities: of the classes; None if they are not known.
    """
    known = str(verdict.estimate) if verdict.estimate else ""
    if claim is None:
        said = f"{name}: {known or 'no resolution can be told, as ' + verdict.reason}"
    else:
        said = f"{name}: claimed {claim.resolution:g} Å "
        if verdict.answer == CANNOT_TELL:
            said += f"can neither be confirmed nor contradicted: {verdict.reason}"
        else:
            answer = "consistent with the map" if verdict.answer == CONSISTENT else verdict.answer
            said += f"is {answer}: {verdict.reason if verdict.decided_by in (1, 5) else known}"
    if probabilities is None:
        return f"{said}."
    chosen = likeliest(probabilities)
    return f"{said}; {chosen} with {_percent(max(probabilities))}."


def _percent(share: float) -> str:
    """A probability in per cent; nothing is certain."""
    return f"{min(100 * share, 99):.0f} %" if share > 0.5 else f"{100 * share:.0f} %"
