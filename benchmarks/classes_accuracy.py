"""How often the class of a map, and the verdict on a claim, are right.

    python benchmarks/classes_accuracy.py --data DATA [--parts gaussian ...] [--models FOLDER] [--deepres]

Each part is a module of this folder, ``classes_NAME.py``, with ``measure``, ``markdown`` and what they need. ``PARTS``
lists them. Figures of parts that are not run are kept from the last time.
"""

import argparse
import json
import os

import classes_claims
import classes_gaussian
import reports

PARTS = {
    "gaussian": (
        lambda args: classes_gaussian.measure(args.data, args.models, args.maps, args.draws, args.deepres),
        classes_gaussian.markdown,
    ),
    "claims": (
        lambda args: classes_claims.measure(args.data, args.pairs, args.cryores_model),
        classes_claims.markdown,
    ),
}
"""Name → function of the arguments that measures, and function of its figures that gives lines of Markdown."""


def earlier(stem):
    """The figures of the last time; none if there are none."""
    path = f"{stem}.json"
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def markdown(results):
    """The tables of all parts that were measured."""
    lines = ["# Classes of maps", ""]
    for name, (_, table) in PARTS.items():
        if name in results:
            lines += [*table(results[name]), ""]
    return "\n".join(lines)


def main():
    """Runs the parts asked for and writes both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder with structures and maps")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument(
        "--models", metavar="FOLDER", help="folder with model folders 'dnn', 'cnn3d', to judge them too"
    )
    parser.add_argument("--deepres", action="store_true", help="judge DeepRes with a curve too: a second for each map")
    parser.add_argument("--maps", type=int, default=408, help="at 2.5, 7.5 and 12.5 Å (default: 408)")
    parser.add_argument("--draws", type=int, default=20, help="of the paper's table 1 (default: 20)")
    parser.add_argument("--pairs", type=int, default=96, help="of half maps, for the claims (default: 96)")
    parser.add_argument("--cryores-model", metavar="FOLDER", help="CryoRes network to use (default: the shipped one)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "classes_accuracy"), metavar="STEM")
    args = parser.parse_args()
    results = earlier(args.output)
    for name in args.parts:
        results[name] = PARTS[name][0](args)
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
