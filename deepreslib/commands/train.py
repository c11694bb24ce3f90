"""``deepres train``: training programs, seeded and resumable."""

import os
import shlex
import sys

from deepreslib.errors import InputError


def add_arguments(parser):
    """Adds the subcommand's arguments."""
    parser.add_argument("network", choices=["deepres", "cryores"], help="what to train")
    parser.add_argument(
        "--range",
        choices=["low", "high"],
        dest="range_name",
        help="of deepres; low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px",
    )
    parser.add_argument(
        "--preset",
        choices=["compact", "published"],
        default="compact",
        help="compact: the network we ship; published: the paper's (default: compact)",
    )
    parser.add_argument("--structures", required=True, metavar="DIR", help="folder of PDB or mmCIF files to train on")
    parser.add_argument(
        "--validation", metavar="DIR", help="folder of structures to validate on (default: 'val' beside DIR)"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        required=True,
        help="training time in all; a folder with a checkpoint goes on from it until then",
    )
    parser.add_argument("--steps", type=int, metavar="N", help="stop after N steps in all, if that comes first")
    parser.add_argument("--start", metavar="FOLDER", help="begin with the weights of this model folder")
    parser.add_argument("--seed", type=int, default=1, help="of structures, scenes and weights (default: 1)")
    parser.add_argument(
        "--batch", type=int, help="windows or examples a step (default: deepres 1024, published 256; cryores 32)"
    )
    parser.add_argument(
        "--rate", type=float, help="first learning rate (default: 2e-3; published: deepres 1e-4, cryores 1e-7)"
    )
    parser.add_argument(
        "--examples", type=int, default=4000, metavar="N", help="half-map pairs to simulate, of cryores (default: 4000)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="processes that simulate (default: 0, in turn with the training)",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="model folder to write")


def run(args):
    """Trains and returns 0."""
    validation = args.validation or os.path.join(os.path.dirname(os.path.abspath(args.structures)), "val")
    if args.minutes <= 0:
        raise InputError(f"--minutes {args.minutes:g}: no time to train in; give a number above 0.")
    compact = args.preset == "compact"
    common = {
        "preset": args.preset,
        "structures": args.structures,
        "validation": validation,
        "minutes": args.minutes,
        "steps": args.steps,
        "start": args.start,
        "folder": args.output,
        "seed": args.seed,
        "workers": args.workers,
        "command": shlex.join(["deepres", *sys.argv[1:]]),
    }
    if args.network == "deepres":
        from deepreslib.training.deepres import program as training

        if args.range_name is None:
            raise InputError("a DeepRes network has one range; give --range low or --range high.")
        options = training.Options(
            range_name=args.range_name,
            batch=args.batch or (1024 if compact else 256),
            rate=args.rate or (2e-3 if compact else 1e-4),
            **common,
        )
    else:
        from deepreslib.training.cryores import program as training

        options = training.Options(
            examples=args.examples,
            batch=args.batch or training.BATCH,
            rate=args.rate or (2e-3 if compact else 1e-7),
            **common,
        )
    training.train(options, report=lambda line: print(line, flush=True))
    print(f"wrote {args.output}")
    return 0
