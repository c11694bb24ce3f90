"""One map of ``deepres classify``: read, measured by what there is, its evidence gathered, its claim judged."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepreslib import maps
from deepreslib.analysis import claims, evidence, map_end, map_kind, report
from deepreslib.analysis.claims import Claim, Estimate, Evidence, State, Verdict
from deepreslib.analysis.map_end import MapEnd, Spectrum
from deepreslib.analysis.map_kind import Kind
from deepreslib.commands import classify_more, inputs
from deepreslib.commands.classify_cases import Case, Question
from deepreslib.commands.inputs import GivenMaps
from deepreslib.errors import InputError
from deepreslib.estimation.judgement import mask_fault
from deepreslib.estimation.reliability import RELIABLE
from deepreslib.estimation.result import LocalResolution
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import CUTOFF
from deepreslib.maps import DensityMap, checks, half_map_curves, masks
from deepreslib.maps.half_map_curves import HalfMapCurves
from deepreslib.networks.mapclass_card import Decisions

MASKED_FACTOR = 1.3
"""By which CryoRes' deviation is widened for a map that is tightly masked. Simulated masked maps of the *val* split ask
for 1.03 ± 0.06 (``benchmarks/classes_fit.py``; with 1.3, 1.8 % of their true claims are contradicted, not 4.8 %). But
parts that are cut out of experimental maps are harder than simulated ones: of four, two were off by 2.1 and 2.5 SDs
(``docs/accuracy.rst``), and a true claim that is called wrong is the worse fault."""

FSC_DECISIONS = Decisions({5.0: 5.0, 10.0: 10.0})
"""Border, Å → where CryoRes' estimate decides between the classes, Å: at the borders themselves. On the *val* split
``benchmarks/classes_fit.py`` finds the probabilities to err least with 4.9 ± 0.05 and 9.65 ± 0.17 Å, but no more
classes are right with these (93.8 and 94.1 % of 389 maps). Those on the Gaussian scale are in its network's card."""

SHOWN = 50_000
"""So many voxels, at most, are kept for the pictures of the local resolution."""

FSC_BY_CRYORES = "FSC 0.143 as CryoRes expects it"

SEED = 0
"""Of the random phases, and of the voxels that are shown."""


@dataclass
class Judged:
    """What was found about a map.

    Attributes:
        case: what was asked.
        verdict: about the claim.
        lines: of evidence, in order.
        probabilities: of high, medium and low; None if no class can be told.
        class_scale: what the class stands on; '' likewise.
        estimates: name → what was measured on one scale or another.
        kind: of the map.
        status: of CryoRes, or why it gave nothing.
        mask: what the report says about it.
        grid: of the map.
        spectrum: of the map.
        end: where it ends.
        local: Å, some of the local resolutions at FSC 0.143, (n,).
        curves: of the half maps.
        votes: uint8 (z, y, x), 1 high, 2 medium, 3 low, 0 outside; None without local resolution.
        density_map: the map, for its grid.
        map_class: what the network for simulated maps said.
        medians: method → median, Å, or why there is none.
        warnings: sentences.
        seconds: it took.
    """

    case: Case
    verdict: Verdict
    lines: list[Evidence]
    probabilities: tuple[float, float, float] | None
    class_scale: str
    estimates: dict[str, Estimate]
    kind: Kind
    status: str
    mask: dict[str, Any]
    grid: dict[str, Any]
    spectrum: Spectrum
    end: MapEnd
    local: FloatArray
    curves: HalfMapCurves | None
    votes: FloatArray | None
    density_map: DensityMap | None
    map_class: dict[str, Any] | None
    medians: dict[str, float | str]
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def claim(self) -> Claim | None:
        """What is claimed."""
        return self.case.claim

    @property
    def name(self) -> str:
        """Of the map."""
        return self.case.name

    def sentence(self) -> str:
        """The one that is printed."""
        return claims.sentence(self.name, self.claim, self.verdict, self.probabilities)


@dataclass(frozen=True)
class NotJudged:
    """A map of a table that could not be judged.

    Attributes:
        case: what was asked.
        reason: a sentence.
    """

    case: Case
    reason: str

    @property
    def name(self) -> str:
        """Of the map."""
        return self.case.name

    def sentence(self) -> str:
        """The one that is printed."""
        return f"{self.name}: not judged: {self.reason}"


def judge_case(case: Case, question: Question, progress: bool = True) -> Judged:
    """Judges a map.

    Args:
        case: the map and what is claimed of it.
        question: what is asked.
        progress: show progress bars on standard error.

    Returns:
        What was found.

    Raises:
        InputError: the map, its half maps or its mask cannot be used, or there is no molecule.
    """
    started = time.monotonic()
    from deepreslib.estimation import cryores

    cryores.load_model(question.cryores_model)  # what is wrong with a network is said before any work
    args = case.arguments(question.threads)
    given = inputs.read_maps(args)
    density_map, claim, rule = given.density_map, case.claim, question.rule
    checks.check_estimable(density_map, cryores.WINDOW)
    map_kind.refuse_inverted(density_map)
    kind = map_kind.map_kind(density_map)
    noise_free = kind.kind in evidence.NOISE_FREE
    asked = _given_mask(case, args, given)
    try:
        found, status = _cryores(density_map, asked, question, progress)
    except InputError as error:
        impossible = claim is not None and claims.nyquist_is_passed(claim.resolution, max(density_map.voxel_size))
        if not (noise_free or given.half_maps or impossible):
            raise
        found, status = None, str(error)
    mask, mask_report = _mask(case, density_map, asked, found)
    curves = None
    if given.half_maps:
        rng = np.random.default_rng(SEED)
        curves = half_map_curves.measure(*given.half_maps, mask, rng, question.workers)
    fault = _halves_fault(given, curves, mask, claim)
    factor = MASKED_FACTOR if kind.kind is Kind.MASKED else 1.0
    estimates = _estimates(found, None if fault else curves, claim, factor)
    of_halves, of_cryores = estimates.get("half_maps"), estimates.get("cryores")
    is_reliable = found is not None and found.status == RELIABLE
    spectrum, end = map_end.spectrum_and_end(density_map, question.workers)
    departs = None
    if given.half_maps and curves and of_halves:
        finest = max(curves.masked.resolution(claim.cutoff if claim else CUTOFF), end.bound)
        departs = half_map_curves.departure(density_map, given.half_maps, mask, curves.masked, finest, question.workers)
    warnings = [*given.warnings, *([f"{fault}; the half maps do not decide."] if fault else [])]
    map_class = None
    told: list[Estimate] = []
    if noise_free or question.wants_map_class:
        map_class = classify_more.ask_map_class(density_map, mask, question, estimates, warnings)
    if noise_free:
        classify_more.low_pass_scale(density_map, mask, estimates)
        told = [estimates[name] for name in ("gaussian", "low_pass") if name in estimates]
    verdict = claims.decide(
        claim,
        rule,
        voxel_size=max(density_map.voxel_size),
        half_maps=of_halves,
        single=of_cryores if is_reliable else None,
        why_not=_why_not(kind.reason if noise_free else "", status),
        end=end.resolution if end.is_filtered else None,
        end_bound=end.bound if end.is_filtered else None,
        is_believable=not noise_free,
    )
    values = {} if found is None else {"CryoRes": found.resolution[mask & (found.resolution > 0)]}
    values = {name: each for name, each in values.items() if each.size}
    medians: dict[str, float | str] = {}
    if question.compare:
        medians = classify_more.compare(given, mask, question, values, progress)
    lines = [
        evidence.nyquist(claim, max(density_map.voxel_size), case.voxel_size is None),
        evidence.kind(kind, factor, told),
        evidence.half_maps(curves, of_halves, claim, rule, claim.cutoff if claim else CUTOFF, fault, departs),
        evidence.cryores(of_cryores, status, claim, rule, is_reliable, of_halves is None),
        evidence.end(end, claim, rule, verdict.estimate, of_halves is None and not noise_free),
        evidence.share(values, claim, is_reliable),
        classify_more.sharpening(case, given, mask, question, progress),
        classify_more.size(case, density_map, mask),
        classify_more.voxel_size(case, density_map, claim, mask),
        evidence.agreement(medians, claim, rule),
    ]
    if lines[0].state is State.WARNING and verdict.is_contradiction:
        warnings.append(f"{lines[0].sentence}.")
    probabilities, scale = _class(verdict, map_class, noise_free, question)
    local = values.get("CryoRes", np.zeros(0, np.float32))
    return Judged(
        case=case,
        verdict=verdict,
        lines=lines,
        probabilities=probabilities,
        class_scale=scale,
        estimates=estimates,
        kind=kind.kind,
        status=status,
        mask=mask_report,
        grid=report.describe_input(case.map, given.half_maps, density_map),
        spectrum=spectrum,
        end=end,
        local=_some(local),
        curves=curves,
        votes=None if found is None else _votes(found.resolution, mask, question.borders),
        density_map=density_map,
        map_class=None if map_class is None else map_class[1],
        medians=medians,
        warnings=[*warnings, *(found.warnings if found else ())],
        seconds=time.monotonic() - started,
    )


def _given_mask(case: Case, args: Any, given: GivenMaps) -> BoolArray | None:
    """The mask that the user gave, or None."""
    if case.mask:
        return inputs.read_mask_beside(args, given.density_map, given.warnings)
    if case.mask_threshold is not None:
        return masks.threshold_mask(given.density_map, case.mask_threshold)
    return None


def _cryores(
    density_map: DensityMap, asked: BoolArray | None, question: Question, progress: bool
) -> tuple[LocalResolution, str]:
    """CryoRes' answer on the scale of the global resolution, and its status."""
    from deepreslib.estimation import cryores

    found = cryores.estimate(
        density_map,
        asked,
        network_path=question.cryores_model,
        local_cutoff=CUTOFF,
        workers=question.workers,
        progress=progress,
    )
    return found, found.status or RELIABLE


def _mask(
    case: Case, density_map: DensityMap, asked: BoolArray | None, found: LocalResolution | None
) -> tuple[BoolArray, dict[str, Any]]:
    """The molecule, and what the report says about it; CryoRes' unless it can hardly be one."""
    if asked is not None:
        source = "file" if case.mask else "threshold"
        return asked, {"source": source, "path": case.mask, "voxels": int(asked.sum())}
    if found is not None and found.mask is not None and not mask_fault(found.mask, density_map, "the mask"):
        return found.mask, {"source": "cryores", "path": None, "voxels": int(found.mask.sum())}
    mask, _ = maps.automatic_mask(density_map)
    return mask, {"source": "automatic", "path": None, "voxels": int(mask.sum())}


def _halves_fault(given: GivenMaps, curves: HalfMapCurves | None, mask: BoolArray, claim: Claim | None) -> str | None:
    """Why the half maps cannot decide about the map, half a sentence; None if they can, or there are none."""
    if given.half_maps is None or curves is None:
        return None
    cutoff = claim.cutoff if claim else CUTOFF
    if fault := curves.fault(cutoff):
        return fault
    from deepreslib.enhancement.noise import agreement
    from deepreslib.enhancement.verdict import LEAST_AGREEMENT

    half1, half2 = given.half_maps
    mean = half1.like((half1.data + half2.data) / 2)
    agree = agreement(given.density_map, mean, mask, curves.resolution(cutoff))
    if agree >= LEAST_AGREEMENT:
        return None
    return (
        f"the half maps {half1.name} and {half2.name} show something else than {given.density_map.name} (the FSC of "
        f"their mean with it, within the mask, is {agree:.2f})"
    )


def _estimates(
    found: LocalResolution | None, curves: HalfMapCurves | None, claim: Claim | None, factor: float
) -> dict[str, Estimate]:
    """What half maps, if they can decide, and CryoRes say."""
    estimates = {}
    cutoff = claim.cutoff if claim else CUTOFF
    if curves is not None:
        scale = f"FSC {cutoff:g} of the half maps"
        estimates["half_maps"] = Estimate(curves.resolution(cutoff), curves.deviation(cutoff), scale)
    if found is not None and found.global_resolution is not None:
        whole = found.global_resolution
        estimates["cryores"] = Estimate(whole.value, factor * whole.deviation, FSC_BY_CRYORES)
    return estimates


def _why_not(kind: str, status: str) -> str:
    """Why CryoRes cannot decide: the kind of map first, which a status names too."""
    if kind:
        return f"{kind}, and CryoRes, which learnt from reconstructions with their noise, is not believed"
    return (
        f"CryoRes' answer is {status.rstrip('.')}" if status.startswith(("doubtful", "outside")) else status.rstrip(".")
    )


def _class(
    verdict: Verdict,
    map_class: tuple[tuple[float, float, float], dict[str, Any]] | None,
    noise_free: bool,
    question: Question,
) -> tuple[tuple[float, float, float] | None, str]:
    """The probabilities of the classes and what they stand on."""
    if map_class is not None and (question.wants_map_class or (noise_free and verdict.estimate is None)):
        return map_class[0], map_class[1]["scale"]
    if verdict.estimate is None:
        return None, ""
    estimate = verdict.estimate
    decided_at = decisions(estimate.scale, question.borders)
    return claims.class_probabilities(estimate.value, estimate.deviation, decided_at), estimate.scale


def decisions(scale: str, borders: tuple[float, float]) -> tuple[float, float]:
    """Where the classes are decided by an estimate of the FSC.

    Args:
        scale: of the estimate.
        borders: Å, of the classes.

    Returns:
        Å; the borders themselves for half maps, and for borders for which nothing was fitted.
    """
    first, second = FSC_DECISIONS.at(borders) if scale == FSC_BY_CRYORES else borders
    return first, second


def _some(values: FloatArray) -> FloatArray:
    """The values, or some drawn at random if there are very many."""
    if values.size <= SHOWN:
        return values
    return np.random.default_rng(SEED).choice(values, SHOWN, replace=False)


def _votes(resolution: FloatArray, mask: BoolArray, borders: tuple[float, float]) -> FloatArray:
    """The class of each voxel: 0 outside, 1 high, 2 medium, 3 low."""
    votes: FloatArray = np.zeros(resolution.shape, np.float32)
    inside = mask & (resolution > 0)
    votes[inside] = 1 + np.digitize(resolution[inside], [borders[0], np.nextafter(borders[1], np.inf)])
    return votes
