"""Types and arguments that several subcommands share."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from deepreslib.commands.numbers import FINITE, VOXEL_SIZE, Number, Numbers, at_least_one, density_name, file_name

_POSITION = Numbers(Number(-1e6, 1e6, "Å"), "X,Y,Z", (3, 3))


def triple(text: str) -> tuple[float, float, float]:
    """``X,Y,Z`` as a (z, y, x) triple of floats."""
    x, y, z = _POSITION(text)
    return z, y, x


def add_map_arguments(parser: ArgumentParser) -> None:
    """The map, and ``--half1`` and ``--half2``."""
    parser.add_argument(
        "map",
        nargs="?",
        type=density_name,
        metavar="MAP",
        help="density map (.mrc, .map, .ccp4, also .gz and .bz2); with half maps the default is their mean",
    )
    parser.add_argument("--half1", type=density_name, metavar="HALF", help="the first half map")
    parser.add_argument("--half2", type=density_name, metavar="HALF", help="the second one")


def input_paths(args: Namespace) -> list[str | None]:
    """The map, the half maps and the mask that are given.

    Args:
        args: with those of ``add_map_arguments`` and ``add_mask_arguments``.

    Returns:
        Their paths; None for those that are not given.
    """
    return [args.map, args.half1, args.half2, args.mask]


def add_mask_arguments(parser: ArgumentParser) -> None:
    """``--mask`` or ``--mask-threshold``."""
    mask = parser.add_mutually_exclusive_group()
    mask.add_argument(
        "--mask", type=file_name, metavar="MASK", help="mask on the map's grid, 1 inside; default: made automatically"
    )
    mask.add_argument("--mask-threshold", type=FINITE, metavar="T", help="the mask is where the density is above T")


def add_grid_arguments(parser: ArgumentParser) -> None:
    """``--voxel-size`` and ``--origin``, which win over the header's."""
    parser.add_argument("--voxel-size", type=VOXEL_SIZE, metavar="A", help="voxel size, Å; wins over the file's header")
    parser.add_argument("--origin", type=triple, metavar="X,Y,Z", help="position of the first voxel, Å; likewise")


def add_machine_arguments(parser: ArgumentParser) -> None:
    """``--threads`` and ``--gpu``."""
    parser.add_argument("--threads", type=at_least_one(1024), metavar="N", help="processor cores to use (default: all)")
    parser.add_argument(
        "--gpu",
        type=gpu,
        metavar="ID",
        help="run the network on this GPU: its number or identifier, or auto for any, or the processor if "
        "there is none (default: the processor)",
    )


def gpu(text: str) -> str:
    """A GPU's number or identifier, or ``auto``."""
    if not re.fullmatch(r"auto|\d{1,3}|(GPU|MIG)-[\w/-]+", text):
        raise ArgumentTypeError(f"{text!r} is not the number or the identifier of a GPU, and not auto")
    return text
