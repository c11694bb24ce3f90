"""Part ``classes`` of ``classes_accuracy.py``: the class of maps whose FSC is known, by CryoRes' global resolution.

The maps are those of ``fsc_maps.py``; what CryoRes says of each is kept with the figures, for the parts ``claims`` and
``guard``, and so that a run that is stopped goes on. The truth is the FSC of the half maps at 0.143.
"""

import itertools

import class_rates
import fsc_maps
from reports import percent

from deepreslib.commands.classify_one import FSC_DECISIONS, MASKED_FACTOR
from deepreslib.networks.mapclass_card import BORDERS, CLASSES

SETS = {
    "36 structures and seven kinds": (fsc_maps.OLDER,),
    "these and coarser maps": (fsc_maps.OLDER, fsc_maps.COARSER),
    "kinds of the training": (fsc_maps.TRAINED,),
    "all": (fsc_maps.OLDER, fsc_maps.COARSER, fsc_maps.TRAINED),
}
"""Name of a set of maps → its groups."""

MEASURES = {"sensitivity": "sensitivity", "specificity": "specificity", "ppv": "PPV", "npv": "NPV"}


def measure(folder, earlier, keep, model=None, kinds=None, most=None):
    """The figures.

    Args:
        folder: of the structures.
        earlier: the figures of an earlier run, or {}.
        keep: function that is given the figures so far.
        model: folder of CryoRes' network; None for the shipped one.
        kinds: the kinds of the training to take; None for all, [] for none.
        most: so many maps of each group only; None for all.
    """
    weights = fsc_maps.weights(model)
    known = earlier.get("maps", []) if earlier.get("weights") == weights else []
    rows = []

    def keep_rows(found):
        here = {fsc_maps.key_of(row) for row in [*rows, *found]}
        keep({"weights": weights, "maps": [*rows, *found, *(r for r in known if fsc_maps.key_of(r) not in here)]})

    def collect(wanted, until=None):
        taken = wanted if most is None else itertools.islice(wanted, most)
        rows.extend(fsc_maps.collect(taken, known, keep_rows, model, until))

    collect(fsc_maps.older(folder))
    before = list(rows)
    collect(fsc_maps.coarser(folder), lambda found: fsc_maps.count_low([*before, *found]) >= fsc_maps.LEAST_LOW)
    if kinds != []:
        collect(fsc_maps.trained(folder, kinds))
    return {"weights": weights, "maps": rows, **figures(rows)}


def figures(rows):
    """What follows from the rows: a table for each set, with the command's decisions and with the borders."""
    tables = {}
    for name, groups in SETS.items():
        here = [row for row in rows if row["group"] in groups]
        if class_rates.answered(here):
            reliable = [row for row in here if row.get("status") == class_rates.RELIABLE]
            tables[name] = {
                "decided": class_rates.class_table(here),
                "at_borders": class_rates.class_table(here, BORDERS),
                "reliable": class_rates.class_table(reliable),
            }
    return {"decisions": FSC_DECISIONS.at(BORDERS), "masked_factor": MASKED_FACTOR, "sets": tables}


def markdown(results):
    """Lines of the tables."""
    first, second = results["decisions"]
    lines = [
        "## (b) Maps whose FSC is known",
        "",
        "Simulated half maps of test structures, by the simulator that CryoRes learnt from; the truth is their FSC at "
        f"0.143. Classes are decided at {first:g} and {second:g} Å; in brackets at {BORDERS[0]:g} and {BORDERS[1]:g} "
        "Å. *Reliable*: of the maps that CryoRes gives this status.",
        "",
        "| maps | answered (refused) | class right | reliable ones: right | beyond 0.5 Å of a border | ECE |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in results["sets"].items():
        decided, at_borders, reliable = each["decided"], each["at_borders"], each["reliable"]
        cells = [
            f"{decided['maps']} ({decided['refused']})",
            _both(*(one["confusion"]["accuracy"] for one in (decided, at_borders))),
            f"{percent(reliable['confusion']['accuracy'])} of {reliable['maps']}" if reliable["maps"] else "–",
            f"{_both(decided['clear_right'], at_borders['clear_right'])} of {decided['clear']}",
            f"{decided['ece']:.3f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"| maps | class (true) | found {' | found '.join(CLASSES)} | {' | '.join(MEASURES.values())} |"]
    lines.append("|---" * (2 + len(CLASSES) + len(MEASURES)) + "|")
    for name, each in results["sets"].items():
        decided, at_borders = (each[key]["confusion"] for key in ("decided", "at_borders"))
        for row, one in zip(decided["counts_claimed_by_found"], CLASSES, strict=True):
            pairs = [(decided["measures"][one][key], at_borders["measures"][one][key]) for key in MEASURES]
            lines.append(f"| {name} | {one} | {' | '.join(map(str, row))} | {' | '.join(_both(*p) for p in pairs)} |")
    lines += ["", "Probability of the likeliest class, and how often it is right (the reliability diagram):", ""]
    lines += ["| maps | probability | maps | mean probability | right |", "|---|---|---|---|---|"]
    for name, each in results["sets"].items():
        for one in each["decided"]["bins"]:
            span = f"{one['from']:.1f} to {one['to']:.1f}"
            lines.append(f"| {name} | {span} | {one['maps']} | {one['said']:.3f} | {one['right']:.3f} |")
    return lines


def _both(decided, at_borders):
    """A share with the command's decisions, and in brackets at the borders, if that differs."""
    return percent(decided) if decided == at_borders else f"{percent(decided)} ({percent(at_borders)})"
