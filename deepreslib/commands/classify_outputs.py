"""What ``deepres classify`` writes: the report, the table of verdicts, votes, pictures and the page for people."""

import csv
import datetime
import functools
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepreslib import maps, pictures
from deepreslib.analysis import claims, report
from deepreslib.analysis.claims import VERDICTS, State
from deepreslib.analysis.confusion import Confusion, confusion
from deepreslib.commands.classify_cases import Question
from deepreslib.commands.classify_one import FSC_BY_CRYORES, Judged, NotJudged, decisions
from deepreslib.files import write_aside, write_report
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import labels
from deepreslib.networks.mapclass_card import CLASSES
from deepreslib.pictures.evidence import Point
from deepreslib.reports import Picture, Refused, Sheet, claim_report
from deepreslib.reports.claim import SIMULATED
from deepreslib.version import __version__

Result = Judged | NotJudged

QUANTILES = 400
"""So many local resolutions of each map stand in the report, from which pictures can be drawn again."""

EXPLAINED = {
    "scales": "FSC 0.143: where the FSC of two half maps falls to 0.143, measured or as CryoRes expects it; Gaussian: "
    "each atom a Gaussian, as EMAN2's pdb2mrc makes maps; low-pass: DeepRes' median. They are not interchangeable.",
    "states": "ok, warning, contradicts or not applicable",
    "votes": "votes.mrc, of a map given by itself and not by a table: 0 outside the molecule, 1 high, 2 medium, 3 low, "
    "by CryoRes' local resolution at FSC 0.143",
    "local_resolution": "Å, by CryoRes at FSC 0.143: quantiles at even steps",
    "cryores": SIMULATED,
}


def write(folder: str, results: Sequence[Result], question: Question, command_line: str, seconds: float) -> None:
    """Writes all files, the report last.

    Args:
        folder: for them.
        results: of the maps.
        question: what was asked.
        command_line: the command.
        seconds: it took.
    """
    place = Path(folder)
    judged = [each for each in results if isinstance(each, Judged)]
    found = confusion_of(judged, question)
    _write_text(place / "verdicts.csv", table(results, question))
    drawn = _pictures(judged, question, found, alone=len(results) == 1)
    for name, picture in drawn.items():
        pictures.save_figure(picture.draw(), place / name)
    if len(results) == 1 and judged and judged[0].votes is not None and judged[0].density_map is not None:
        maps.write_map(place / "votes.mrc", judged[0].density_map.like(judged[0].votes), labels.CLASS)
    date = datetime.date.today().isoformat()
    sheets = [_sheet(each, question) for each in results]
    shared = [picture for name, picture in drawn.items() if name != "evidence.png" or len(results) > 1]
    if len(results) == 1:
        shared = [drawn["evidence.png"], *shared] if "evidence.png" in drawn else shared
        sheets = [each if isinstance(each, Refused) else _without_pictures(each) for each in sheets]
    made_by = f"deepres {__version__}, {date}: {command_line}"
    _write_text(place / "summary.html", claim_report(sheets, question.rule, made_by, shared))
    content = {
        **report.head(command_line),
        "rule": {"tolerance": question.rule.tolerance, "sigmas": question.rule.sigmas},
        "borders": question.borders,
        "explained": {**EXPLAINED, "verdicts": VERDICTS},
        "counts": counts(results),
        "maps": [as_dict(each, question) for each in results],
        "confusion": found.as_dict() if found else None,
        "versions": report.versions(network=True),
        "seconds": {"total": round(seconds, 2), "maps": [round(each.seconds, 2) for each in judged]},
    }
    write_report(place / "classify.json", content)


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many maps have which verdict.

    Args:
        results: of the maps.
    """
    answers = [each.verdict.answer for each in results if isinstance(each, Judged)]
    found = {name: answers.count(name) for name in VERDICTS}
    return {**found, "without a claim": answers.count(None), "not judged": len(results) - len(answers)}


def counts_line(results: Sequence[Result]) -> str:
    """The same in words.

    Args:
        results: of the maps.
    """
    parts = [f"{count} {name}" for name, count in counts(results).items() if count]
    return f"{len(results)} maps: {', '.join(parts)}"


def as_dict(result: Result, question: Question) -> dict[str, Any]:
    """What the report holds of a map.

    Args:
        result: of the map.
        question: what was asked.
    """
    case = result.case
    head = {
        "name": result.name,
        "map": case.map,
        "claim": case.claim.as_dict() if case.claim else None,
        "sentence": result.sentence(),
    }
    if isinstance(result, NotJudged):
        return {**head, "judged": False, "reason": result.reason, "verdict": None}
    return {
        **head,
        "judged": True,
        **result.verdict.as_dict(),
        "class": class_report(result, question),
        "estimates": {name: each.as_dict() for name, each in result.estimates.items()},
        "kind": result.kind.name.lower(),
        "status": result.status,
        "evidence": [line.as_dict() for line in result.lines],
        "not_checked": not_checked(result),
        "map_class": result.map_class,
        "input": result.grid,
        "mask": result.mask,
        "spectrum": {
            "frequency": [round(float(value), 6) for value in result.spectrum.frequency],
            "amplitude": [float(f"{value:.4g}") for value in result.spectrum.amplitude],
        },
        "local_resolution": _quantiles(result.local),
        "warnings": result.warnings,
    }


def _quantiles(local: FloatArray) -> list[float]:
    """Local resolutions at even steps of the share of the molecule that reaches them, Å; empty if there are none."""
    if not local.size:
        return []
    return [round(float(value), 3) for value in np.quantile(local, (np.arange(QUANTILES) + 0.5) / QUANTILES)]


def class_report(result: Judged, question: Question) -> dict[str, Any] | None:
    """The class of a map; None if none can be told.

    Args:
        result: of the map.
        question: what was asked.
    """
    if result.probabilities is None:
        return None
    claimed = claims.class_of(result.claim.resolution, question.borders) if result.claim else None
    network = result.map_class or {}
    is_of_network = network.get("scale") == result.class_scale
    decided_at = network["decisions"] if is_of_network else decisions(result.class_scale, question.borders)
    return {
        "name": claims.likeliest(result.probabilities),
        "probabilities": {name: round(value, 4) for name, value in zip(CLASSES, result.probabilities, strict=True)},
        "claimed": claimed,
        "scale": result.class_scale,
        "borders": question.borders,
        "decisions": decided_at,
    }


def not_checked(result: Judged) -> list[str]:
    """What was not checked, and why.

    Args:
        result: of the map.
    """
    skipped = (3, 7, 8, 9, 10)
    lines = [line for line in result.lines if line.number in skipped and line.state is State.NOT_APPLICABLE]
    return [f"{line.name}: {line.sentence}" for line in lines]


def confusion_of(judged: Sequence[Judged], question: Question) -> Confusion | None:
    """Claimed against found classes; None for fewer than two maps with both.

    Args:
        judged: the maps.
        question: what was asked.
    """
    pairs = [
        (claims.class_of(each.claim.resolution, question.borders), claims.likeliest(each.probabilities))
        for each in judged
        if each.claim is not None and each.probabilities is not None
    ]
    return confusion(*zip(*pairs, strict=True)) if len(pairs) >= 2 else None


def table(results: Sequence[Result], question: Question) -> str:
    """The table of verdicts as CSV, one line a map.

    Args:
        results: of the maps.
        question: what was asked.
    """
    judged = [each for each in results if isinstance(each, Judged)]
    methods = list(dict.fromkeys(itertools.chain.from_iterable(each.medians for each in judged)))
    names = {line.number: _column(line.name) for each in judged[:1] for line in each.lines}
    header = ["name", "map", "claimed", "verdict", "estimate", "deviation", "scale", "class"]
    header += [f"probability_{name}" for name in CLASSES]
    header += [
        "kind",
        "status",
        *names.values(),
        *(f"median_{_column(name)}" for name in methods),
        "reason",
        "sentence",
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header, lineterminator="\n")
    writer.writeheader()
    for each in results:
        row: dict[str, Any] = {"name": each.name, "map": each.case.map, "sentence": each.sentence()}
        row["claimed"] = each.case.claim.resolution if each.case.claim else ""
        if isinstance(each, NotJudged):
            writer.writerow({**row, "verdict": "not judged", "reason": each.reason})
            continue
        verdict = each.verdict
        row |= {"verdict": verdict.answer or "", "kind": each.kind.name.lower(), "status": each.status}
        row["reason"] = verdict.reason
        if verdict.estimate:
            row |= {"estimate": f"{verdict.estimate.value:.3f}", "deviation": f"{verdict.estimate.deviation:.3f}"}
            row["scale"] = verdict.estimate.scale
        if each.probabilities is not None:
            row["class"] = claims.likeliest(each.probabilities)
            row |= {f"probability_{name}": f"{p:.4f}" for name, p in zip(CLASSES, each.probabilities, strict=True)}
        row |= {names[line.number]: line.state.value for line in each.lines}
        numbers = {name: found for name, found in each.medians.items() if not isinstance(found, str)}
        row |= {f"median_{_column(name)}": f"{found:.3f}" for name, found in numbers.items()}
        writer.writerow(row)
    return stream.getvalue()


def _column(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name.lower().replace("'s", ""))


def _pictures(judged: Sequence[Judged], question: Question, found: Confusion | None, alone: bool) -> dict[str, Picture]:
    """File name → picture of all maps together."""
    drawn = {}
    if alone and judged:
        drawn["evidence.png"] = _evidence(judged[0])
    else:
        points = [
            Point(each.name, each.claim.resolution, each.verdict.estimate, each.verdict.answer or "")
            for each in judged
            if each.claim is not None
        ]
        if any(point.estimate for point in points):
            draw = functools.partial(pictures.overview_figure, points, question.rule)
            drawn["evidence.png"] = Picture(
                draw, "Claimed against measured resolution; maps without an estimate left out."
            )
    known = {each.name: each.probabilities for each in judged if each.probabilities is not None}
    claimed = {
        each.name: claims.class_of(each.claim.resolution, question.borders) for each in judged if each.claim is not None
    }
    if known:
        draw = functools.partial(pictures.probabilities_figure, known, question.borders, claimed)
        drawn["probabilities.png"] = Picture(draw, "Probabilities of the classes of resolution.")
    if found:
        draw = functools.partial(pictures.confusion_figure, found, question.borders)
        drawn["confusion.png"] = Picture(draw, "Claimed against found classes, and the measures of each class.")
    return drawn


def _evidence(result: Judged) -> Picture:
    claimed = result.claim.resolution if result.claim else None
    draw = functools.partial(
        pictures.evidence_figure,
        result.spectrum,
        result.end,
        result.local,
        result.curves,
        claimed,
        result.verdict.estimate,
    )
    caption = "Amplitude against resolution, with the claim, what was measured, the map's end and Nyquist's limit"
    caption += "; distribution of the local resolution" if result.local.size else ""
    caption += "; FSC of the half maps" if result.curves else ""
    return Picture(draw, f"{caption}.")


def _sheet(result: Result, question: Question) -> Sheet | Refused:
    """The sheet of a map in the page."""
    if isinstance(result, NotJudged):
        return Refused(result.name, result.case.claim, result.reason)
    count, size = result.grid["shape"], result.grid["voxel_size"]
    facts = {
        "file": str(result.case.map or "mean of the half maps"),
        "box": f"{' × '.join(map(str, count[::-1]))} voxels of {maps.format_triple(size)} Å",
        "kind": f"the map {result.kind.value}",
        "mask": f"{result.mask['voxels']:,} voxels, {_source(result)}",
        "CryoRes": f"{result.estimates['cryores']}; {result.status}"
        if "cryores" in result.estimates
        else result.status,
    }
    if result.claim and result.claim.source:
        method = f" ({result.claim.method})" if result.claim.method else ""
        facts["claim from"] = f"{result.claim.source}{method}"
    if result.probabilities is not None:
        shares = zip(pictures.class_names(question.borders), result.probabilities, strict=True)
        told = ", ".join(f"{name} {_percent(share)}" for name, share in shares)
        facts["class of resolution"] = f"{told} (by {result.class_scale})"
    for name, each in result.estimates.items():
        if name not in ("cryores", "half_maps") and each.scale != FSC_BY_CRYORES:
            facts[f"on another scale: {name.replace('_', '-')}"] = str(each)
    return Sheet(
        result.name,
        result.claim,
        result.verdict,
        result.sentence(),
        result.lines,
        facts,
        not_checked(result),
        result.warnings,
        [_evidence(result)],
    )


def _source(result: Judged) -> str:
    """Where the mask comes from."""
    sources = {
        "file": f"given as {result.mask['path']}",
        "threshold": "where the density is above the given threshold",
        "cryores": "found by CryoRes",
        "automatic": "made from the smoothed density",
    }
    return sources[result.mask["source"]]


def _percent(share: float) -> str:
    """A probability; nothing is certain."""
    return "more than 99 %" if share > 0.99 else "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _without_pictures(sheet: Sheet) -> Sheet:
    """The sheet alone: the pictures of a single map are those of the page."""
    return Sheet(*(getattr(sheet, name) for name in Sheet.__dataclass_fields__ if name != "pictures"))


def _write_text(path: Path, content: str) -> None:
    with write_aside(path) as temporary:
        temporary.write_text(content, encoding="utf-8")
