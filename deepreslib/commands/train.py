"""``deepres train``: training programs, seeded and resumable."""

import argparse
import os

from deepreslib.commands import choices, programs
from deepreslib.commands.folder import in_folder
from deepreslib.commands.numbers import SEED, Number, at_least_one, file_name, folder_name
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.networks import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the subcommand's arguments: those that all programs share, then those of each program."""
    all_programs = programs.find_programs()
    parser.add_argument(
        "network",
        choices=list(all_programs),
        help="what to train: " + "; ".join(f"{name}: {program.summary}" for name, program in all_programs.items()),
    )
    parser.add_argument(
        "--preset",
        choices=sorted({preset for program in all_programs.values() for preset in program.presets}),
        default="compact",
        help="compact: the network we ship; published: the paper's (default: compact)",
    )
    parser.add_argument(
        "--structures", type=file_name, required=True, metavar="DIR", help="folder of PDB or mmCIF files to train on"
    )
    parser.add_argument(
        "--validation",
        type=file_name,
        metavar="DIR",
        help="folder of structures to validate on (default: 'val' beside DIR)",
    )
    parser.add_argument(
        "--minutes",
        type=Number(0.001, 1e6),
        required=True,
        help="training time in all; a folder with a checkpoint goes on from it until then",
    )
    parser.add_argument(
        "--steps", type=at_least_one(10**9), metavar="N", help="stop after N steps in all, if that comes first"
    )
    parser.add_argument("--start", type=file_name, metavar="FOLDER", help="begin with the weights of this model folder")
    parser.add_argument("--seed", type=SEED, default=1, help="of structures, scenes and weights (default: 1)")
    parser.add_argument(
        "--workers",
        type=Number(0, 1024, whole=True),
        default=0,
        metavar="N",
        help="processes that simulate (default: 0, in turn with the training)",
    )
    parser.add_argument(
        "-o", "--output", type=folder_name, required=True, metavar="FOLDER", help="model folder to write"
    )
    parser.set_defaults(programs=all_programs, program_options=choices.add_options(parser, all_programs))


def paths(args: argparse.Namespace) -> Paths:
    """The files that are read and written; checkpoints are written all along."""
    names = [store.WEIGHTS_FILE, store.CARD_FILE]
    folders = [args.structures, args.validation, args.start]
    return Paths([], in_folder(args.output, names), makes_folders=True, at_once=False, folders=folders)


def run(args: argparse.Namespace) -> None:
    """Trains."""
    choices.refuse_foreign_options(args, args.program_options, args.network, label="train", verb="train")
    _check_options(args)
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
        "command": args.command_line,
    }
    args.programs[args.network].train(args, shared, lambda line: print(line, flush=True))
    print(f"wrote {args.output}")


def _check_options(args: argparse.Namespace) -> None:
    """Refuses numbers and presets with which nothing can be trained."""
    presets = args.programs[args.network].presets
    if args.preset not in presets:
        raise InputError(f"{args.network} has no preset {args.preset}; choose {choices.join(presets, 'or')}.")
