"""Does the answer of ``deepres sharpness --check`` ever go back as a map is sharpened more, or contradict the search?

    python benchmarks/sharpness_monotone.py --shared DATA

The maps are the half maps of ``sharpness_recovery`` (structures of the test split, limited by a filter or by noise) and
the references. The mean of each pair of half maps is sharpened by B factors from +200 to -400 Å², with a low-pass
filter at its resolution, with one that follows in single precision, and without one, and checked; the B factor
recommended, and those 10 Å² to both sides of it, are among them. As the B factor falls, the answers must go from "could
be sharpened more" to "right" to "oversharpened" and never back; the recommended map must be "right" by the search and
by the check; and beyond 25 Å² of the recommended B factor a low-pass filtered map must not be right. Writes Markdown
and JSON to benchmarks/results.
"""

import argparse
import itertools
import os

import reports
from sharpness_recovery import KINDS, LIMITS, Case, fitting

from deepreslib.enhancement import verdict
from deepreslib.enhancement.answers import MORE, OVERSHARPENED, RIGHT, TOLERANCES
from deepreslib.enhancement.b_factor import range_for, recommend
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.enhancement.snr import resolution_limit, snr_resolution
from deepreslib.estimation import deepres
from deepreslib.fourier import filters
from deepreslib.maps import read_map
from deepreslib.networks.ranges import RANGES

B_FACTORS = (200.0, 100.0, 50.0, 0.0, -25.0, -50.0, -75.0, -100.0, -125.0, -150.0, -200.0, -300.0, -400.0)
NEAR, FAR = 10.0, 25.0
"""Å²; a filtered map so near to the recommended B factor is right, and one so far from it is not."""
REFERENCES = ("2gaf", "4qln", "1kc6")
LETTERS = {MORE: "m", RIGHT: "R", OVERSHARPENED: "o"}


class Maps:
    """An unsharpened map, its half maps and its mask."""

    def __init__(self, name, halves, mask, single):
        self.name, self.mask = name, mask
        self.mean = halves[0].like((halves[0].data + halves[1].data) / 2)
        self.halves = None if single else halves


def simulated(shared, most, single):
    """Maps of the test structures."""
    for number, path in enumerate(fitting(os.path.join(shared, "structures", "test"), most)):
        for kind in KINDS:
            case = Case(path, number, kind, LIMITS[kind][number % 3])
            yield Maps(f"{case.name} {kind}", case.halves, case.mask, single)


def references(shared, single):
    """The references' maps."""
    for name in REFERENCES:
        folder = os.path.join(shared, "reference", name)
        halves = [read_map(os.path.join(folder, f"half{number}.mrc.gz")) for number in (1, 2)]
        yield Maps(name, halves, read_map(os.path.join(folder, "mask.mrc.gz")).data > 0.5, single)


def measure(maps, sample):
    """The search and the answers of one map."""
    limit, source = resolution_limit(maps.mean, maps.halves, maps.mask)
    method, snr, _ = snr_resolution(maps.halves or maps.mean, maps.mask)
    options = {"range_name": range_for(maps.mean.voxel_size, snr, maps.mask), "most": sample}
    filtered = Sharpening(maps.mean, limit)
    search = recommend(filtered, maps.mask, snr, **options)
    tolerance = TOLERANCES[method]
    own = verdict.of_recommendation(search, tolerance)
    best = search.b_factor
    tried = sorted({*B_FACTORS, *(() if best is None else (best - NEAR, best, best + NEAR))}, reverse=True)
    answers = {}
    for name in ("filtered", "filtered later", "not filtered"):
        answers[name] = []
        for b_factor in tried:
            sharpened = filtered.by(b_factor)
            if name != "filtered":
                data = filters.apply_b_factor(maps.mean.data, maps.mean.voxel_size, b_factor)
                data = filters.low_pass(data, maps.mean.voxel_size, limit) if name == "filtered later" else data
                sharpened = maps.mean.like(data)
            found = verdict.of_map(sharpened, maps.mean, maps.mask, snr, limit, tolerance, **options)
            answers[name].append({"b_factor": b_factor, **found.as_dict()})
    row = {
        "map": maps.name,
        "method": method,
        "resolution": round(limit, 2),
        "source": source,
        "recommended": best,
        "outcome": search.outcome,
        "search": own.answer,
        "answers": answers,
    }
    return row | {"faults": faults(row, tolerance)}


def faults(row, tolerance):
    """What must not be, in words."""
    order, best = list(LETTERS), row["recommended"]
    found = []
    for name, answers in row["answers"].items():
        ranks = [order.index(each["answer"]) if each["answer"] in order else None for each in answers]
        if None in ranks:
            found.append(f"{name}: no answer at {[a['b_factor'] for a in answers if a['answer'] not in order]}")
        ranks = [rank for rank in ranks if rank is not None]
        if any(after < before for before, after in itertools.pairwise(ranks)):
            found.append(f"{name}: goes back")
    if best is not None and row["search"] == RIGHT:
        for each in row["answers"]["filtered"]:
            distance = abs(each["b_factor"] - best)
            if distance == 0 and each["answer"] != RIGHT:
                found.append(f"the recommended map: {each['answer']}")
            elif distance <= tolerance * NEAR / TOLERANCES["localfsc"] and each["answer"] != RIGHT:
                found.append(f"filtered, {each['b_factor']:g} Å²: {each['answer']}")
            elif distance >= tolerance * FAR / TOLERANCES["localfsc"] and each["answer"] == RIGHT:
                found.append(f"filtered, {each['b_factor']:g} Å²: right")
    return found


def table(rows):
    """Markdown: the answers by B factor."""
    lines = [
        "# The answers of the sharpening check",
        "",
        "m: could be sharpened more, R: right, o: oversharpened, ?: cannot tell; * at the recommended B factor, by the "
        "check, and what the check says is missing there (Å²).",
        "",
        "| map | resolution (Å) | recommended (Å²) | low-pass | "
        + " | ".join(f"{b:+g}" for b in B_FACTORS)
        + " | * | faults |",
        "|---" * (len(B_FACTORS) + 6) + "|",
    ]
    for row in rows:
        for name, answers in row["answers"].items():
            letters = {each["b_factor"]: LETTERS.get(each["answer"], "?") for each in answers}
            own = next((each for each in answers if each["b_factor"] == row["recommended"]), None)
            at_best = "" if own is None else f"{letters[row['recommended']]} {own['missing_b_factor']}"
            lines.append(
                f"| {row['map']} | {row['resolution']:g} ({row['source']}) | {row['recommended']} ({row['outcome']}) | "
                f"{name} | {' | '.join(letters[b] for b in B_FACTORS)} | {at_best} | {'; '.join(row['faults'])} |"
            )
    return lines


def main():
    """Measures all maps and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", required=True, help="folder with structures/test and reference")
    parser.add_argument("--most", type=int, default=5, metavar="N", help="structures to use (default: 5)")
    parser.add_argument("--sample", type=int, default=20_000, metavar="N", help="voxels to look at")
    parser.add_argument("--single", action="store_true", help="only the mean of the half maps is given to the check")
    parser.add_argument("--references", action="store_true", help="the references only")
    parser.add_argument("-o", "--output", metavar="STEM", help="default: benchmarks/results/sharpness_monotone")
    args = parser.parse_args()
    output = args.output or os.path.join(reports.RESULTS, "sharpness_monotone" + "_single" * args.single)
    weights = {name: deepres.load_model(name).sha256 for name in RANGES}
    sources = [references(args.shared, args.single)]
    if not args.references:
        sources.append(simulated(args.shared, args.most, args.single))
    rows = []
    for maps in itertools.chain(*sources):
        rows.append(measure(maps, args.sample))
        print("\n".join(table(rows[-1:])[-2:]), flush=True)
    reports.save(output, {"weights": weights, "maps": rows}, "\n".join(table(rows)) + "\n")


if __name__ == "__main__":
    main()
