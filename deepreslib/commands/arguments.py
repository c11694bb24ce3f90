"""Types and arguments that several subcommands share."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace


def triple(text: str) -> tuple[float, float, float]:
    """``X,Y,Z`` as a (z, y, x) triple of floats."""
    try:
        x, y, z = (float(word) for word in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not X,Y,Z") from error
    return z, y, x


def add_map_arguments(parser: ArgumentParser) -> None:
    """The map, and ``--half1`` and ``--half2``."""
    parser.add_argument(
        "map",
        nargs="?",
        metavar="MAP",
        help="density map (.mrc, .map, .ccp4, also .gz and .bz2); with half maps the default is their mean",
    )
    parser.add_argument("--half1", metavar="HALF", help="the first half map")
    parser.add_argument("--half2", metavar="HALF", help="the second one")


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
    mask.add_argument("--mask", metavar="MASK", help="mask on the map's grid, 1 inside; default: made automatically")
    mask.add_argument("--mask-threshold", type=float, metavar="T", help="the mask is where the density is above T")


def add_grid_arguments(parser: ArgumentParser) -> None:
    """``--voxel-size`` and ``--origin``, which win over the header's."""
    parser.add_argument("--voxel-size", type=float, metavar="A", help="voxel size, Å; wins over the file's header")
    parser.add_argument("--origin", type=triple, metavar="X,Y,Z", help="position of the first voxel, Å; likewise")


def add_machine_arguments(parser: ArgumentParser) -> None:
    """``--threads`` and ``--gpu``."""
    parser.add_argument("--threads", type=int, metavar="N", help="processor cores to use (default: all)")
    parser.add_argument("--gpu", metavar="ID", help="run on this GPU (default: on the processor)")
