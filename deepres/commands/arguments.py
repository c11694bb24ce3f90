"""Types and arguments that several subcommands share."""

import argparse


def triple(text):
    """``X,Y,Z`` as a (z, y, x) triple of floats."""
    try:
        x, y, z = (float(word) for word in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y,Z") from error
    return z, y, x


def add_grid_arguments(parser):
    """``--voxel-size`` and ``--origin``, which win over the header's."""
    parser.add_argument("--voxel-size", type=float, metavar="A", help="voxel size, Å; wins over the file's header")
    parser.add_argument("--origin", type=triple, metavar="X,Y,Z", help="position of the first voxel, Å; likewise")


def add_machine_arguments(parser):
    """``--threads`` and ``--gpu``."""
    parser.add_argument("--threads", type=int, metavar="N", help="processor cores to use (default: all)")
    parser.add_argument("--gpu", metavar="ID", help="run on this GPU (default: on the processor)")
