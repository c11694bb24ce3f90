"""``deepres train``: training programs, seeded and resumable."""

import argparse
import os
import shlex
import sys
from types import ModuleType

from deepreslib.commands import programs
from deepreslib.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the subcommand's arguments: those that all programs share, then those of each program."""
    modules = {name: programs.load(name) for name in programs.names()}
    parser.add_argument(
        "network",
        choices=list(modules),
        help="what to train: " + "; ".join(f"{name}: {module.SUMMARY}" for name, module in modules.items()),
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
    parser.add_argument("--batch", type=int, help="windows or examples a step (default: by the network, below)")
    parser.add_argument("--rate", type=float, help="first learning rate (default: by the network, below)")
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="processes that simulate (default: 0, in turn with the training)",
    )
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER", help="model folder to write")
    for name, module in modules.items():
        module.add_arguments(parser.add_argument_group(name, f"defaults: {module.DEFAULTS}"))


def run(args: argparse.Namespace) -> int:
    """Trains and returns 0."""
    modules = {name: programs.load(name) for name in programs.names()}
    _check_options(args, modules)
    if args.minutes <= 0:
        raise InputError(f"--minutes {args.minutes:g}: no time to train in; give a number above 0.")
    shared = {
        "preset": args.preset,
        "structures": args.structures,
        "validation": args.validation or os.path.join(os.path.dirname(os.path.abspath(args.structures)), "val"),
        "minutes": args.minutes,
        "steps": args.steps,
        "start": args.start,
        "folder": args.output,
        "seed": args.seed,
        "workers": args.workers,
        "command": shlex.join(["deepres", *sys.argv[1:]]),
    }
    modules[args.network].train(args, shared, report=lambda line: print(line, flush=True))
    print(f"wrote {args.output}")
    return 0


def _check_options(args: argparse.Namespace, modules: dict[str, ModuleType]) -> None:
    """Refuses options of other programs."""
    own = modules[args.network].OPTIONS
    for option in sorted({option for module in modules.values() for option in module.OPTIONS} - set(own)):
        if getattr(args, option) is not None:
            owners = " or ".join(name for name, module in modules.items() if option in module.OPTIONS)
            shown = "--" + option.removesuffix("_name").replace("_", "-")
            raise InputError(f"{shown} means nothing to train {args.network}; leave it out, or train {owners}.")
