"""``deepres mask``: the molecular mask of a map, found by CryoRes."""

import time
from argparse import ArgumentParser, Namespace

from deepreslib import maps
from deepreslib.commands import arguments, machine, messages
from deepreslib.commands.numbers import density_name, file_name
from deepreslib.commands.paths import Paths
from deepreslib.files import split_map_name
from deepreslib.maps import checks, labels

WRONG = (
    "CryoRes' answer is {}, so its mask may be wrong: look at it, and if it is, make one from the density in another "
    "program; where 'deepres estimate' needs a mask, --mask-threshold makes one."
)
"""What is said of a mask that may not be relied on, by the status; the estimator's own advice is about resolutions."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument(
        "map", type=density_name, metavar="MAP", help="density map (.mrc, .map, .ccp4, also .gz and .bz2)"
    )
    parser.add_argument(
        "--model", type=file_name, metavar="PATH", help="model folder of 'deepres train cryores' (default: shipped)"
    )
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o", "--output", type=file_name, required=True, metavar="MASK.mrc", help="1 in the molecule, 0 elsewhere"
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    split_map_name(args.output)
    return Paths([args.map], [args.output], folders=[args.model])


def run(args: Namespace) -> None:
    """Finds the mask, writes it, prints a line."""
    started = time.monotonic()
    machine.choose(args.threads, args.gpu)
    density_map = maps.read_map(args.map, args.voxel_size, args.origin)
    checks.check_estimable(density_map)
    warnings = [*density_map.notes, *maps.check_scale(density_map)]
    from deepreslib.estimation import cryores
    from deepreslib.estimation.reliability import RELIABLE

    result = cryores.estimate(density_map, network_path=args.model, workers=args.threads or -1, progress=True)
    mask = result.mask
    assert mask is not None, "CryoRes always finds it"
    maps.write_map(args.output, density_map.like(mask), labels.MASK)
    print(f"mask of {mask.sum()} voxels ({time.monotonic() - started:.0f} s)")
    if result.status not in (None, RELIABLE):
        warnings.append(WRONG.format(result.status))
    messages.print_warnings(warnings)
