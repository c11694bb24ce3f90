"""``deepres train``: training programs, seeded and resumable; and recipes, which are whole trainings."""

import argparse
import os

from deepreslib.commands import choices, programs
from deepreslib.commands.folder import in_folder
from deepreslib.commands.numbers import SEED, Number, at_least_one, file_name, folder_name
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.networks import store
from deepreslib.training import stages
from deepreslib.training.structures import find_structures

FIXED = ("--preset", "--minutes", "--steps", "--start")
"""Options of all programs that a recipe fixes; it also fixes all options of its program."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the subcommand's arguments: those that all programs share, then those of each program."""
    all_programs = programs.find_programs()
    defaults = {name: program.default_preset for name, program in all_programs.items()}
    parser.add_argument(
        "network",
        choices=list(all_programs),
        help="what to train: " + "; ".join(f"{name}: {program.summary}" for name, program in all_programs.items()),
    )
    parser.add_argument(
        "--preset",
        choices=sorted({preset for program in all_programs.values() for preset in program.presets}),
        help="compact: the network we ship; published, dnn, cnn3d, unet, unet-text: those of the papers (default: "
        + "; ".join(["compact", *(f"{name}: {other}" for name, other in defaults.items() if other != "compact")])
        + ")",
    )
    recipes = {name: ", ".join(program.recipes) for name, program in all_programs.items() if program.recipes}
    parser.add_argument(
        "--recipe",
        choices=list(dict.fromkeys(name for program in all_programs.values() for name in program.recipes)),
        help="train a shipped network from nothing, all stages; fixes all options but --structures, --validation, "
        f"--seed, --workers and --output ({'; '.join(f'{name}: {names}' for name, names in recipes.items())})",
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
        help="training time in all; a folder with a checkpoint goes on from it until then; needed without --recipe",
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
    folders = [args.structures, args.validation, args.start, args.trunk]
    return Paths([], in_folder(args.output, names), makes_folders=True, at_once=False, folders=folders)


def run(args: argparse.Namespace) -> None:
    """Trains."""
    choices.refuse_foreign_options(args, args.program_options, args.network, label="train", verb="train")
    if args.recipe is None:
        _train(args)
    else:
        _train_recipe(args)
    print(f"wrote {args.output}")


def _train(args: argparse.Namespace) -> None:
    """Trains as the options say."""
    _check_options(args)
    stages.refuse_recipe(args.output)
    _train_once(args)


def _train_recipe(args: argparse.Namespace) -> None:
    """Trains all stages of a recipe; a stage has the options of a training without one."""
    recipes = args.programs[args.network].recipes
    if args.recipe not in recipes:
        mend = f"choose {choices.join(list(recipes), 'or')}" if recipes else "leave --recipe out"
        raise InputError(f"{args.network} has no recipe {args.recipe}; {mend}.")
    fixed = {option: option.removeprefix("--") for option in FIXED}
    fixed |= {option.names[0]: option.destination for option in args.program_options}
    for option, name in fixed.items():
        if getattr(args, name) is not None:
            raise InputError(f"{option} is fixed by --recipe {args.recipe}; leave one of the two out.")
    for folder in (args.structures, _validation(args)):
        find_structures(folder)
    plan = stages.Plan(args.network, args.recipe, recipes[args.recipe], args.output, args.seed)
    stages.run(plan, lambda options: _train_once(argparse.Namespace(**{**vars(args), **options})), _report)


def _train_once(args: argparse.Namespace) -> None:
    """Trains a network, or one stage of a recipe."""
    args.preset = args.preset or args.programs[args.network].default_preset
    shared = {
        "preset": args.preset,
        "structures": args.structures,
        "validation": _validation(args),
        "minutes": args.minutes,
        "steps": args.steps,
        "start": args.start,
        "folder": args.output,
        "shared_folder": getattr(args, "shared_folder", None),
        "seed": args.seed,
        "workers": args.workers,
        "command": args.command_line,
    }
    args.programs[args.network].train(args, shared, _report)


def _validation(args: argparse.Namespace) -> str:
    """The folder of the structures to validate on."""
    return args.validation or os.path.join(os.path.dirname(os.path.abspath(args.structures)), "val")


def _report(line: str) -> None:
    print(line, flush=True)


def _check_options(args: argparse.Namespace) -> None:
    """Refuses options with which nothing can be trained."""
    if args.minutes is None:
        names = list(args.programs[args.network].recipes)
        mend = f", or train a shipped network by --recipe {choices.join(names, 'or')}" if names else ""
        raise InputError(f"--minutes is missing; say how long to train{mend}.")
    presets = args.programs[args.network].presets
    if args.preset is not None and args.preset not in presets:
        raise InputError(f"{args.network} has no preset {args.preset}; choose {choices.join(presets, 'or')}.")
