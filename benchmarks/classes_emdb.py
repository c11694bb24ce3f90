"""The 30 experimental maps of Avramov et al. 2019: its tables 3 to 5 beside those of ``deepres classify``.

    python benchmarks/classes_emdb.py --maps FOLDER

FOLDER holds maps of EMDB under names such as ``emd_8221.map.gz`` or ``EMD-8221.mrc``; those that are missing are left
out, of the paper's answers too. ``avramov_maps.csv`` has the paper's table 2: the entry, the published resolution (Å)
and the answers of its dense and its convolutional network. The class is that of the published resolution, as in the
paper; ours is by CryoRes' global resolution, and the verdict is on the published resolution.
"""

import argparse
import csv
import os
import re

import reports
from reports import percent

from deepreslib.analysis.claims import Claim, Rule, class_of, likeliest
from deepreslib.analysis.confusion import confusion
from deepreslib.commands import machine
from deepreslib.commands.classify_cases import Case, Question
from deepreslib.commands.classify_one import judge_case
from deepreslib.errors import InputError
from deepreslib.networks.mapclass_card import CLASSES

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "avramov_maps.csv")
NAME = re.compile(r"emd[-_](\d+)\.(map|mrc|ccp4)(\.gz|\.bz2)?", re.IGNORECASE)
PAPERS = {"dnn": "the paper's dense network", "cnn3d": "the paper's 3D CNN"}
OURS = "deepres classify"
MEASURES = {"sensitivity": "sensitivity", "specificity": "specificity", "ppv": "PPV", "npv": "NPV"}


def published():
    """The rows of the paper's table 2."""
    with open(TABLE, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [{**row, "claimed": float(row["claimed"])} for row in rows]


def find_maps(folder):
    """Entry of EMDB → path, of the paper's maps that are in a folder.

    Raises:
        InputError: there is none.
    """
    entries = {row["emdb"] for row in published()}
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = {match[1]: os.path.join(folder, name) for name in names if (match := NAME.fullmatch(name))}
    found = {entry: path for entry, path in found.items() if entry in entries}
    if not found:
        raise InputError(
            f"{folder} holds none of the paper's 30 maps; put files such as emd_8221.map.gz there, from EMDB."
        )
    return found


def judge(row, path, question):
    """What we say of a map: its class and the verdict, or the reason why there is none."""
    case = Case(f"EMD-{row['emdb']}", path, Claim(row["claimed"]))
    try:
        found = judge_case(case, question, progress=False)
    except InputError as error:
        return {**row, "refused": str(error)}
    estimate = found.estimates.get("cryores")
    return {
        **row,
        "class": None if found.probabilities is None else likeliest(found.probabilities),
        "probabilities": found.probabilities,
        "verdict": found.verdict.answer,
        "global": None if estimate is None else round(estimate.value, 3),
        "deviation": None if estimate is None else round(estimate.deviation, 3),
        "kind": found.kind.name.lower(),
        "sentence": found.sentence(),
    }


def confusions(rows):
    """Whose answers → confusion matrix; ours of the maps that have a class."""
    found = {words: [(row["claimed"], row[key]) for row in rows] for key, words in PAPERS.items()}
    found[OURS] = [(row["claimed"], row["class"]) for row in rows if row.get("class")]
    return {
        words: confusion([class_of(claimed) for claimed, _ in pairs], [answer for _, answer in pairs])
        for words, pairs in found.items()
        if pairs
    }


def markdown(results):
    """The tables."""
    rows = results["maps"]
    lines = [f"# {len(rows)} of the 30 experimental maps of Avramov et al. 2019", ""]
    lines += ["| map | published (Å) | dense | 3D CNN | ours | CryoRes (Å) | verdict |", "|---" * 7 + "|"]
    for row in rows:
        number = f"{row['global']:.2f} ± {row['deviation']:.2f}" if row.get("global") else "–"
        ours = [row.get("class") or "–", number, row.get("verdict") or row.get("refused", "–")]
        cells = [f"EMD-{row['emdb']}", f"{row['claimed']:g}", row["dnn"], row["cnn3d"], *ours]
        lines.append(f"| {' | '.join(cells)} |")
    matrices = confusions(rows)
    lines += ["", f"| answers of | published class | {' | '.join(CLASSES)} |", "|---" * (2 + len(CLASSES)) + "|"]
    for words, matrix in matrices.items():
        for name, counts in zip(CLASSES, matrix.counts.tolist(), strict=True):
            lines.append(f"| {words} | {name} | {' | '.join(map(str, counts))} |")
    lines += [
        "",
        f"| answers of | agree | class | {' | '.join(MEASURES.values())} |",
        "|---" * (3 + len(MEASURES)) + "|",
    ]
    for words, matrix in matrices.items():
        for name in CLASSES:
            shares = map(percent, (matrix.measures(name)[key] for key in MEASURES))
            agree = f"{percent(matrix.accuracy)} of {matrix.total}"
            lines.append(f"| {words} | {agree} | {name} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


def main():
    """Judges the maps that are there and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", required=True, metavar="FOLDER", help="folder with maps of EMDB")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument("--cryores-model", metavar="FOLDER", help="CryoRes network to use (default: the shipped one)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "classes_emdb"), metavar="STEM")
    args = parser.parse_args()
    try:
        paths = find_maps(args.maps)
    except InputError as error:
        parser.error(str(error))
    machine.choose(args.threads)
    question = Question(Rule(), cryores_model=args.cryores_model, threads=args.threads)
    rows = []
    for row in published():
        if row["emdb"] in paths:
            rows.append(judge(row, paths[row["emdb"]], question))
            print(rows[-1].get("sentence") or rows[-1]["refused"], flush=True)
    reports.save(args.output, {"maps": rows}, markdown({"maps": rows}))


if __name__ == "__main__":
    main()
