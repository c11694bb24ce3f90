"""What ``deepres classify`` needs to know of CryoRes' errors, fitted on structures of the *val* split.

    python benchmarks/classes_fit.py --data DATA [--per-kind 24] [--cryores-model FOLDER]

Prints the two constants of ``deepreslib/commands/classify_one.py``, which may not be fitted on the *test* split:

- ``MASKED_FACTOR``, by which the deviation of a map that is tightly masked is widened, so that two of them hold 95 % of
  the errors;
- ``FSC_DECISIONS``, where the estimate decides between two classes: where the classes' probabilities err least.

Behind each stands its standard error, from maps drawn again with replacement, and what it does to the maps that it was
fitted on. The maps are drawn by the recipe of ``cryores_accuracy.py``, a good part of them masked, some coarse, and of
the kinds of CryoRes' training that are masked. What CryoRes says of them is kept in the file of ``--output``; the next
run asks only about maps that are new, as long as the network is the same.
"""

import argparse
import dataclasses
import os

import class_rates
import fsc_maps
import numpy as np
import reports
from reports import percent

from deepreslib.analysis.claims import Rule
from deepreslib.analysis.map_kind import Kind
from deepreslib.errors import InputError
from deepreslib.files import write_json
from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.training.cryores import kinds
from deepreslib.training.structures import find_structures

SEED = 20250722
HOLD = 0.9545
"""The share of the errors that two deviations are to hold, as those of a normal distribution do."""

NEAR = 0.4
"""Maps within this share of a border say where to decide."""

STEP = 0.05
"""Å, between the decisions that are tried."""

DRAWS = 200
"""Times that maps are drawn again, for the standard errors."""

LOOSE = {
    "any": {"resolution": (2.0, 14.0), "masked": 0.3},
    "near 5 Å": {"resolution": (3.5, 7.0)},
    "near 10 Å": {"resolution": (7.0, 14.0)},
    "masked": {"resolution": (2.0, 12.0), "masked": 1.0},
}
"""Kinds of the older recipe → what differs from that of ``cryores_accuracy.py``."""

OF_LOOSE = 3
"""Times as many maps of each of these as of each kind of the training."""


def wanted_maps(folder, per_kind):
    """The maps, of structures in turn."""
    paths, wanted = find_structures(folder), []
    plans = [(name, dataclasses.replace(fsc_maps.RECIPE, **changes), OF_LOOSE) for name, changes in LOOSE.items()]
    plans += [(name, kinds.only(name), 1) for name in fsc_maps.FAMILIES["masked kinds"]]
    for number, (name, recipe, times) in enumerate(plans):
        for copy in range(times * per_kind):
            path = paths[(copy + 7 * number) % len(paths)]
            wanted.append(fsc_maps.Wanted("val", name, path, recipe, (SEED, number, copy)))
    return wanted


def usable(rows):
    """The maps that CryoRes' answer decides about, and the masked ones among them."""
    told = [row for row in class_rates.answered(rows) if row["status"] == class_rates.RELIABLE]
    return told, [row for row in told if row["map_kind"] == Kind.MASKED.name]


def masked_factor(masked):
    """The factor for masked maps."""
    return class_rates.fitted_factor(
        [row["global"] - row["truth"] for row in masked], [row["deviation"] for row in masked], HOLD
    )


def decision(border, told, factor):
    """Where to decide at a border, by the maps near it."""
    near = [row for row in told if abs(row["truth"] / border - 1) < NEAR]
    places = border + np.arange(-20, 21) * STEP
    estimates = [class_rates.estimate_of(row, factor) for row in near]
    return class_rates.fitted_decision(
        border,
        [row["truth"] for row in near],
        [each.value for each in estimates],
        [each.deviation for each in estimates],
        places,
    )


def with_error(fit, rows, rng, draws=DRAWS):
    """A fit of rows and its standard error."""
    again = [fit([rows[i] for i in rng.integers(len(rows), size=len(rows))]) for _ in range(draws)]
    return fit(rows), float(np.std(again))


def fits(rows):
    """The two constants with their errors and what they do; the factor is None without masked maps.

    Raises:
        InputError: there is no map with an answer that counts.
    """
    rng = np.random.default_rng(SEED)
    told, masked = usable(rows)
    if not told:
        raise InputError("CryoRes' answer is reliable for none of the maps, so nothing can be fitted; take more maps.")
    factor, off = with_error(masked_factor, masked, rng) if masked else (None, None)
    shown = factor or class_rates.MASKED_FACTOR
    found = {
        "maps": len(told),
        "masked": len(masked),
        "masked_factor": factor,
        "masked_factor_error": off,
        "true_contradicted": {
            str(one): class_rates.contradicted(masked, 1.0, Rule(), one)
            for one in (1.0, class_rates.MASKED_FACTOR, shown)
        },
        "decisions": [],
    }
    for border in BORDERS:
        value, off = with_error(lambda those, b=border: decision(b, those, shown), told, rng)
        found["decisions"].append([border, round(value, 2), round(off, 3)])
    decided = [value for _, value, _ in found["decisions"]]
    found["classes"] = {
        name: class_rates.class_table(told, places, shown)
        for name, places in {"at the borders": BORDERS, "as fitted": decided}.items()
    }
    return found


def text(found):
    """What is printed."""
    lines = [f"# Constants of deepres classify, from {found['maps']} maps of val ({found['masked']} masked)", ""]
    if found["masked_factor"] is not None:
        lines.append(f"    MASKED_FACTOR = {found['masked_factor']:.2f}")
    pairs = ", ".join(f"{border}: {value}" for border, value, _ in found["decisions"])
    lines += [f"    FSC_DECISIONS = Decisions({{{pairs}}})", ""]
    if found["masked_factor"] is not None:
        lines += [f"The factor's standard error is {found['masked_factor_error']:.2f}.", ""]
    errors = ", ".join(f"{off:g} Å at {border:g}" for border, _, off in found["decisions"])
    lines.append(
        f"The decisions' standard errors are {errors}; one that differs by less from its border may stay there."
    )
    lines += ["", "| factor of masked maps | true claims contradicted |", "|---|---|"]
    lines += [f"| {float(name):.2f} | {percent(rate)} |" for name, rate in found["true_contradicted"].items()]
    lines += ["", "| classes decided | right | beyond 0.5 Å of a border | sensitivity of low | ECE |", "|---" * 5 + "|"]
    for name, table in found["classes"].items():
        low = table["confusion"]["measures"]["low"]["sensitivity"]
        cells = [percent(table["confusion"]["accuracy"]), percent(table["clear_right"]), percent(low)]
        lines.append(f"| {name} | {' | '.join(cells)} | {table['ece']:.3f} |")
    return "\n".join(lines) + "\n"


def main():
    """Asks CryoRes, fits, prints, and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with structures/val")
    parser.add_argument("--per-kind", type=int, default=24, help="maps of each kind (default: 24)")
    parser.add_argument("--cryores-model", metavar="FOLDER", help="CryoRes network to use (default: the shipped one)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "classes_fit"), metavar="STEM")
    args = parser.parse_args()
    weights, before = fsc_maps.weights(args.cryores_model), reports.earlier(args.output)
    known = before.get("maps", []) if before.get("weights") == weights else []

    def keep(rows):
        here = {fsc_maps.key_of(row) for row in rows}
        others = [row for row in known if fsc_maps.key_of(row) not in here]
        write_json(f"{args.output}.json", {"weights": weights, "maps": [*rows, *others]})

    wanted = wanted_maps(os.path.join(args.data, "structures", "val"), args.per_kind)
    rows = fsc_maps.collect(wanted, known, keep, args.cryores_model)
    keep(rows)
    try:
        found = fits(rows)
    except InputError as error:
        parser.error(str(error))
    reports.save(args.output, {"weights": weights, "maps": rows, "fits": found}, text(found))


if __name__ == "__main__":
    main()
