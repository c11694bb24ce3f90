"""The command line: ``deepres COMMAND ...``, one subcommand a module."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from deepreslib.errors import InputError
from deepreslib.version import __version__

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "annotate": "local resolution at the atoms and residues of a structure",
    "compare": "local resolution maps against a reference, and their consensus",
    "estimate": "local resolution of a map",
    "mask": "the molecular mask of a map, found by CryoRes",
    "pictures": "histogram, coloured slices and coloured surface of a local resolution map",
    "sharpness": "the right B factor of a map, or whether a map is oversharpened",
    "simulate": "a map, its mask and its true local resolution from an atomic structure",
    "train": "train a network on simulated maps",
}
"""The subcommands: name of a module of this folder → what it does. Only the module of the one that runs is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: those after the program's name; None for the ones it was started with.

    Returns:
        the exit code: 0, or 2 for input that cannot be used.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="deepres", description="How good is a cryo-EM map, here?")
    parser.add_argument("--version", action="version", version=f"deepres {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            module = importlib.import_module(f"deepreslib.commands.{name}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        return args.run(args)
    except InputError as error:
        print(f"deepres: error: {error}", file=sys.stderr)
        return 2
