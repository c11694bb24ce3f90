"""How often the class of a map, and the verdict on a claim, are right.

    python benchmarks/classes_accuracy.py --data DATA [--parts classes claims guard] [--models FOLDER] [--deepres]

Each part is a module of this folder with ``measure``, ``markdown`` and what they need. ``PARTS`` lists them. Figures of
parts that are not run are kept from the last time; ``claims`` and ``guard`` use the maps of ``classes``. A run that is
stopped in ``classes`` goes on where it was. Besides the table and the figures, a reliability diagram and an operating
curve are drawn.
"""

import argparse
import os

import class_pictures
import classes_claims
import classes_fsc
import classes_gaussian
import classes_guard
import classes_times
import classes_voxels
import reports

from deepreslib.errors import InputError
from deepreslib.files import write_json
from deepreslib.networks import store

CURVE_SET = "36 structures and seven kinds"
"""The maps whose operating curve is drawn; the table has those of all sets."""

MODULES = {
    "gaussian": classes_gaussian,
    "classes": classes_fsc,
    "claims": classes_claims,
    "voxels": classes_voxels,
    "guard": classes_guard,
    "times": classes_times,
}


def measure_classes(args, results):
    """The part ``classes``, which leaves what it found when it is stopped."""

    def keep(figures):
        write_json(f"{args.output}.json", {**results, "classes": {**results.get("classes", {}), **figures}})

    kinds = [] if args.older_only else args.kinds
    folder = os.path.join(args.data, "structures", "test")
    earlier = {} if args.again else results.get("classes", {})
    return classes_fsc.measure(folder, earlier, keep, args.cryores_model, kinds, args.most)


def maps_of(results):
    """The maps of the part ``classes``.

    Raises:
        InputError: it was not run yet.
    """
    if "maps" not in results.get("classes", {}):
        raise InputError("the parts claims and guard need the maps of the part classes; run --parts classes first.")
    return results["classes"]["maps"]


PARTS = {
    "gaussian": lambda args, results: classes_gaussian.measure(
        args.data, args.models, args.maps, args.draws, args.deepres
    ),
    "classes": measure_classes,
    "claims": lambda args, results: classes_claims.measure(args.data, args.pairs, maps_of(results), args.cryores_model),
    "voxels": lambda args, results: classes_voxels.measure(
        os.path.join(args.data, "structures", "test"),
        args.scenes,
        args.workers,
        args.voxel_model,
        args.cryores_model,
        args.most,
    ),
    "guard": lambda args, results: classes_guard.measure(
        os.path.join(args.data, "structures", "test"), args.pairs, maps_of(results)
    ),
    "times": lambda args, results: classes_times.measure(
        classes_times.BOXES, classes_times.ROUNDS, args.threads, args.cryores_model
    ),
}
"""Name → function of the arguments, and of the results so far, that measures."""


def markdown(results):
    """The tables of all parts that were measured, to the end."""
    lines = ["# Classes of maps", ""]
    for name, module in MODULES.items():
        if name in results and (name != "classes" or "sets" in results[name]):
            lines += [*module.markdown(results[name]), ""]
    return "\n".join(lines)


def draw(stem, results):
    """Draws what was measured."""
    if results.get("classes", {}).get("sets"):
        class_pictures.reliability(f"{stem}_reliability.png", results["classes"]["sets"])
    if CURVE_SET in results.get("claims", {}).get("curve", {}):
        class_pictures.operating_curve(f"{stem}_claims.png", results["claims"]["curve"][CURVE_SET])


def main():
    """Runs the parts asked for and writes the files."""
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
    parser.add_argument("--scenes", type=int, default=classes_voxels.MAPS, help="for MonoRes' and ResMap's classes")
    parser.add_argument("--workers", type=int, default=0, help="processes that make these (default: none)")
    parser.add_argument("--voxel-model", metavar="FOLDER", help="network for these (default: the shipped one)")
    parser.add_argument("--kinds", nargs="+", help="of the training, for the part classes (default: all)")
    parser.add_argument("--older-only", action="store_true", help="none of these: the test split and coarser maps")
    parser.add_argument("--most", type=int, help="take so many maps of each group of the parts classes and voxels only")
    parser.add_argument("--again", action="store_true", help="ask CryoRes again about maps of an earlier run")
    parser.add_argument("--threads", type=int, help="for the times (default: all cores)")
    parser.add_argument("--cryores-model", metavar="FOLDER", help="CryoRes network to use (default: the shipped one)")
    parser.add_argument("-o", "--output", default=os.path.join(reports.RESULTS, "classes_accuracy"), metavar="STEM")
    args = parser.parse_args()
    results = reports.earlier(args.output)
    try:
        for name in MODULES:
            if name in args.parts:
                results[name] = PARTS[name](args, results)
                write_json(f"{args.output}.json", results)
    except InputError as error:
        parser.error(str(error))
    results["cryores"] = store.read_card(args.cryores_model or store.shipped_folder("cryores"))["sha256"]
    draw(args.output, results)
    reports.save(args.output, results, markdown(results))


if __name__ == "__main__":
    main()
