"""Verdicts on experimental maps: their deposited resolution, and claims that are 0.65 and 1.5 times as coarse.

    python benchmarks/classes_experimental.py --maps FOLDER

FOLDER is that of ``experimental.py``, with ``index.csv``. A deposited resolution is the number at the beginning of its
column, if there is one; the rest of it says what is doubtful about it. Each claim is judged as ``deepres classify MAP
--claimed A`` does. What must not be is listed below the table: deposited resolutions that are contradicted although
the file holds them (evidence 5) and CryoRes learnt such maps, and finer claims that are called consistent.
"""

import argparse
import os
import re

import reports
from experimental import COARSE, find_cases

from deepreslib.analysis.claims import CONSISTENT, Claim, Rule, likeliest
from deepreslib.commands import machine
from deepreslib.commands.classify_cases import Case, Question
from deepreslib.commands.classify_one import judge_case
from deepreslib.errors import InputError
from deepreslib.networks import store

FACTORS = (1.0, 0.65, 1.5)
FINER_CLAIM = 0.65

MORE = {"emd_1883": (3.0,), "betagal": (3.5, 8.0)}
"""Map → further claims, Å."""


def deposited(text):
    """The number at the beginning of a text, Å; None if there is none."""
    match = re.match(r"\d+(\.\d+)?", text.strip())
    return float(match[0]) if match else None


def claims_of(case):
    """The claims about a map: (Å, factor of the deposited resolution or None)."""
    known = deposited(case.deposited)
    own = [(round(factor * known, 2), factor) for factor in FACTORS] if known else []
    return [*own, *((claim, None) for claim in MORE.get(case.name, ()))]


def judge(case, question):
    """The verdicts on the claims about a map, and what it was judged by."""
    row = {"map": case.name, "deposited": case.deposited, "known": deposited(case.deposited), "state": case.state}
    row["claims"] = []
    for claim, factor in claims_of(case) or [(None, None)]:
        asked = Case(case.name, case.path, None if claim is None else Claim(claim))
        try:
            found = judge_case(asked, question, progress=False)
        except InputError as error:
            return {**row, "refused": str(error)}
        estimate = found.estimates.get("cryores")
        row |= {
            "kind": found.kind.name.lower(),
            "status": found.status,
            "global": None if estimate is None else round(estimate.value, 3),
            "deviation": None if estimate is None else round(estimate.deviation, 3),
            "end": round(found.end.resolution, 2) if found.end.is_filtered else None,
            "class": None if found.probabilities is None else likeliest(found.probabilities),
        }
        if claim is not None:
            verdict = found.verdict
            told = {"claim": claim, "factor": factor, "verdict": verdict.answer, "by": verdict.decided_by}
            row["claims"].append({**told, "contradicted": verdict.is_contradiction, "reason": verdict.reason})
        print(found.sentence(), flush=True)
    return row


def faults(rows):
    """Sentences: what must not be."""
    found = []
    for row in rows:
        for each in row["claims"]:
            name = f"{row['map']}, {each['claim']:g} Å claimed: {each['verdict']}"
            if each["factor"] == 1.0 and each["contradicted"] and each["by"] != 5 and row["known"] <= COARSE:
                found.append(f"{name}, and this is the deposited resolution")
            if each["factor"] == FINER_CLAIM and each["verdict"] == CONSISTENT:
                found.append(f"{name}, and this is {FINER_CLAIM:g} times the deposited resolution")
    return found


def markdown(results):
    """The table and what must not be."""
    heads = ["deposited", *(f"{factor:g} times" for factor in FACTORS[1:])]
    lines = ["# Verdicts on experimental maps", ""]
    lines += [f"| map | deposited (Å) | CryoRes (Å) | kind of map | ends at (Å) | {' | '.join(heads)} | other claims |"]
    lines.append("|---" * (6 + len(heads)) + "|")
    for row in results["maps"]:
        if "refused" in row:
            lines.append(f"| {row['map']} | {row['deposited']} | refused: {row['refused']} |" + " |" * (3 + len(heads)))
            continue
        number = "–" if row["global"] is None else f"{row['global']:.2f} ± {row['deviation']:.2f}"
        cells = [row["map"], row["deposited"] or "–", number, row["kind"].replace("_", " ")]
        cells.append("–" if row["end"] is None else f"{row['end']:g}")
        for factor in FACTORS:
            cells.append("; ".join(_said(each) for each in row["claims"] if each["factor"] == factor) or "–")
        cells.append("; ".join(_said(each) for each in row["claims"] if each["factor"] is None))
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"- Wrong: {sentence}." for sentence in faults(results["maps"]))]
    return "\n".join(lines).rstrip() + "\n"


def _said(each):
    return f"{each['claim']:g} Å: {each['verdict']}"


def main():
    """Judges all maps and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", required=True, metavar="FOLDER", help="folder with index.csv and the maps")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="judge these maps only, such as emd_6824")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument("--cryores-model", metavar="FOLDER", help="CryoRes network to use (default: the shipped one)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "classes_experimental"), metavar="STEM")
    args = parser.parse_args()
    machine.choose(args.threads)
    question = Question(Rule(), cryores_model=args.cryores_model, threads=args.threads)
    weights = store.read_card(args.cryores_model or store.shipped_folder("cryores"))["sha256"]
    cases = [case for case in find_cases(args.maps) if not args.only or case.name in args.only]
    results = {"cryores": weights, "maps": [judge(case, question) for case in cases]}
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
