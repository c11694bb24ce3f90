"""The command line: ``deepres COMMAND ...``, one subcommand a module."""

import argparse
import contextlib
import importlib
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from deepreslib import files
from deepreslib.commands import messages, stopping
from deepreslib.commands.parser import Parser
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.version import __version__

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "annotate": "local resolution at the atoms and residues of a structure",
    "classify": "whether a map bears its claimed resolution out",
    "compare": "local resolution maps against a reference, and their consensus",
    "enhance": "a map whose details show better: local or global sharpening",
    "estimate": "local resolution of a map",
    "mask": "the molecular mask of a map, found by CryoRes",
    "pictures": "histogram, coloured slices and coloured surface of a local resolution map",
    "sharpness": "the right B factor of a map, or whether a map is oversharpened",
    "simulate": "a map, its mask and its true local resolution from an atomic structure",
    "train": "train a network on simulated maps",
}
"""The subcommands: name of a module of this folder → what it does. Only the module of the one that runs is imported.

Each module has ``add_arguments(parser)``, ``paths(args)``, which gives its :class:`~deepreslib.commands.paths.Paths`,
and ``run(args)``, which does the work and may return an exit code. ``args.command_line`` is the command as it would be
typed into a shell.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: those after the program's name; None for the ones it was started with.

    Returns:
        The exit code: 0, or what the command says of its result; 2 for input that cannot be used, or output that
        cannot be written; 130 or 143 if the command was stopped by Ctrl-C or SIGTERM.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    with stopping.stoppable() as request:
        try:
            return _run(arguments, request)
        except InputError as error:
            messages.print_error(error)
            return 2
        except MemoryError:
            messages.print_error("there is not enough memory for this map; crop or bin it, or use another machine.")
            return 2
        except BaseException as error:
            if request.number is None:
                raise
            stopped = error if isinstance(error, stopping.Stopped) else stopping.Stopped(request.number)
            print(f"deepres: {stopped}", file=sys.stderr)
            return stopped.exit_code


def _run(arguments: list[str], request: stopping.Request) -> int:
    """Parses the arguments, checks the files and runs the command."""
    messages.check_encoding(arguments)
    module, args = parse(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    paths: Paths = module.paths(args)
    paths.check()
    files.sweep(paths.output_folders())
    with _together(paths, request) as outputs:
        code = module.run(args)
    if outputs.names:
        print(f"wrote {', '.join(outputs.names)}")
    if outputs.removed:
        print(f"removed what an earlier run had left: {', '.join(outputs.removed)}")
    return code or 0


def parse(arguments: Sequence[str]) -> tuple[ModuleType, argparse.Namespace]:
    """Parses the arguments of the command line.

    Args:
        arguments: those after the program's name.

    Returns:
        The module of the command, and the parsed arguments.
    """
    parser = Parser(prog="deepres", description="How good is a cryo-EM map, here?")
    parser.add_argument("--version", action="version", version=f"deepres {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    module: ModuleType | None = None
    for name, summary in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            module = importlib.import_module(f"deepreslib.commands.{name}")
            module.add_arguments(subparser)
    args = parser.parse(arguments)
    assert module, "the parser has refused a command that is none"
    args.command_line = shlex.join(["deepres", *arguments])
    return module, args


@contextlib.contextmanager
def _together(paths: Paths, request: stopping.Request) -> Iterator[files.OutputSet]:
    """Holds the command's files back until it has ended, if it wants that."""
    if not paths.at_once:
        yield files.OutputSet()
        return
    with files.together(paths.report, paths.allows, request.obey, paths.given) as outputs:
        yield outputs
