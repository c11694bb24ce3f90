"""The report about claimed resolutions: for one map verdict, evidence and what was not checked; for many a table first.

It says no more than what the evidence says, and what it stands on: whoever gets it has nothing but this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deepreslib.analysis.claims import CANNOT_TELL, VERDICTS, Claim, Evidence, Rule, State, Verdict
from deepreslib.pictures.evidence import VERDICT_COLOURS
from deepreslib.reports.page import Picture, bullets, page, table, text

PAPERS = (
    "Avramov et al. 2019, Molecules 24, 1181 (classes of resolution)",
    "Dang 2023 (CryoRes)",
    "Chen et al. 2013, Ultramicroscopy 135, 24 (phase randomisation)",
    "Afonine et al. 2018, Acta Cryst. D74, 814 (where a map ends)",
    "Wang et al. 2022, Acta Cryst. D78, 542 (EMDB validation analysis)",
)
"""What the lines of evidence come from."""

SIMULATED = (
    "How well CryoRes' uncertainty fits was measured on simulated half maps, from the simulator that it learnt from; "
    "experimental maps may differ."
)
"""Said wherever CryoRes' numbers are shown."""

SYMBOLS = {State.OK: "✓", State.WARNING: "!", State.CONTRADICTS: "✗", State.NOT_APPLICABLE: "–"}
"""The mark of each state, beside its word."""


@dataclass(frozen=True)
class Sheet:
    """What a report says of one map.

    Attributes:
        name: of the map.
        claim: what is claimed, or None.
        verdict: about it.
        sentence: the one that the command prints.
        lines: of evidence.
        facts: name → words about the map, such as its voxel size.
        not_checked: sentences.
        warnings: sentences.
        pictures: of the map.
    """

    name: str
    claim: Claim | None
    verdict: Verdict
    sentence: str
    lines: Sequence[Evidence]
    facts: Mapping[str, str] = field(default_factory=dict)
    not_checked: Sequence[str] = ()
    warnings: Sequence[str] = ()
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True)
class Refused:
    """A map that could not be judged.

    Attributes:
        name: of the map.
        claim: what is claimed, or None.
        reason: a sentence.
    """

    name: str
    claim: Claim | None
    reason: str


def claim_report(sheets: Sequence[Sheet | Refused], rule: Rule, made_by: str, pictures: Sequence[Picture] = ()) -> str:
    """The page about one map or more.

    Args:
        sheets: of the maps.
        rule: when a claim is contradicted.
        made_by: program, version, date and command, plain text.
        pictures: of all maps together.

    Returns:
        HTML.
    """
    last = [_method(rule), f'<h2>Made by</h2>\n<p class="small"><code>{text(made_by)}</code></p>\n']
    if len(sheets) == 1:
        (sheet,) = sheets
        return page(
            f"Claimed resolution of {sheet.name}",
            ["<section>\n", *_sheet(sheet, "h1"), *pictures, *last, "</section>\n"],
        )
    parts: list[str | Picture] = [
        "<section>\n<h1>Claimed resolutions</h1>\n",
        _counts(sheets),
        table(
            ("map", "claimed", "measured", "verdict", "why"),
            [_row(number, sheet) for number, sheet in enumerate(sheets, 1)],
        ),
        *pictures,
        *last,
        "</section>\n",
    ]
    for number, sheet in enumerate(sheets, 1):
        if isinstance(sheet, Sheet):
            parts += [f'<section id="map{number}">\n', *_sheet(sheet, "h2"), "</section>\n"]
    return page("Claimed resolutions", parts)


def _sheet(sheet: Sheet | Refused, heading: str) -> list[str | Picture]:
    """The first screen of a map, then its pictures."""
    title = f"<{heading}>{text(sheet.name)}</{heading}>\n"
    if isinstance(sheet, Refused):
        return [title, f"<p>Not judged: {text(sheet.reason)}</p>\n"]
    colour = VERDICT_COLOURS[sheet.verdict.answer]
    word = sheet.verdict.answer or "no claim"
    first = f'<p class="verdict" style="border-color:{colour}"><strong style="color:{colour}">'
    parts: list[str | Picture] = [
        title,
        f"{first}{text(word[0].upper() + word[1:])}</strong><br>{text(sheet.sentence)}</p>\n",
        table(("", "evidence", "says", "what was found"), [_line(each, sheet) for each in sheet.lines]),
    ]
    if sheet.not_checked:
        parts += ["<h3>Not checked</h3>\n", bullets(sheet.not_checked)]
    if sheet.warnings:
        parts += ["<h3>Warnings</h3>\n", bullets(sheet.warnings)]
    parts += sheet.pictures
    if sheet.facts:
        rows = [(text(name), text(value)) for name, value in sheet.facts.items()]
        parts += ["<h3>The map</h3>\n", table(("", ""), rows)]
    return parts


def _line(line: Evidence, sheet: Sheet) -> list[str]:
    word = line.state.value
    name = text(line.name) + (" <b>(decides)</b>" if line.number == sheet.verdict.decided_by else "")
    sentence = line.sentence[0].upper() + line.sentence[1:]
    return [
        f'<td class="number">{line.number}</td>',
        name,
        f'<td class="state {word.replace(" ", "-")}">{SYMBOLS[line.state]} {text(word)}</td>',
        f"{text(sentence)}." if not sentence.endswith(".") else text(sentence),
    ]


def _row(number: int, sheet: Sheet | Refused) -> list[str]:
    claimed = f"{sheet.claim.resolution:g} Å" if sheet.claim else "–"
    cell = f'<td class="number">{text(claimed)}</td>'
    if isinstance(sheet, Refused):
        return [text(sheet.name), cell, "–", '<span class="not-applicable">not judged</span>', text(sheet.reason)]
    verdict = sheet.verdict
    colour = VERDICT_COLOURS[verdict.answer]
    return [
        f'<a href="#map{number}">{text(sheet.name)}</a>',
        cell,
        text(str(verdict.estimate) if verdict.estimate else "–"),
        f'<b style="color:{colour}">{text(verdict.answer or "no claim")}</b>',
        text(verdict.reason),
    ]


def _counts(sheets: Sequence[Sheet | Refused]) -> str:
    """How many maps have which verdict."""
    answers = [sheet.verdict.answer for sheet in sheets if isinstance(sheet, Sheet)]
    parts = [f"{answers.count(each)} {each}" for each in VERDICTS if each in answers]
    parts += [f"{answers.count(None)} without a claim"] if None in answers else []
    refused = len(sheets) - len(answers)
    parts += [f"{refused} not judged"] if refused else []
    return f"<p><strong>{len(sheets)} maps: {text(', '.join(parts))}.</strong></p>\n"


def _method(rule: Rule) -> str:
    """How it was judged."""
    return (
        "<h2>How it was judged</h2>\n"
        f"<p>A claim is contradicted if it is off by more than {100 * rule.tolerance:g} % of itself and by more than "
        f"{rule.sigmas:g} predicted standard deviations. Nyquist’s limit is asked first, then half maps if they can be "
        "relied on, then CryoRes, which expects from one map where the FSC of its half maps would fall to 0.143. A map "
        f"that ends coarser than its claim does not hold it. “{text(CANNOT_TELL.capitalize())}” means: "
        f"{text(VERDICTS[CANNOT_TELL])}.</p>\n<p>{text(SIMULATED)}</p>\n"
        f'<p class="small">After {text("; ".join(PAPERS))}.</p>\n'
    )
