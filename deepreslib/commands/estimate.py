"""``deepres estimate``: the local resolution of a map, by any of the methods."""

import os
import platform
import shlex
import sys
import time

from deepreslib import maps
from deepreslib.analysis import summary
from deepreslib.commands import arguments, inputs, machine, methods
from deepreslib.errors import InputError
from deepreslib.files import check_writable, write_json
from deepreslib.version import __version__


def add_arguments(parser):
    """Adds the subcommand's arguments."""
    arguments.add_map_arguments(parser)
    parser.add_argument(
        "--method",
        choices=list(methods.METHODS),
        default="deepres",
        help="; ".join(f"{name}: {what}" for name, what in methods.METHODS.items()) + " (default: deepres)",
    )
    arguments.add_mask_arguments(parser)
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT.mrc",
        help="local resolution, Å; beside it: OUT.json (report), by deepres and cryores OUT_sd.mrc (uncertainty), "
        "by cryores OUT_mask.mrc",
    )
    group = parser.add_argument_group("deepres and cryores")
    group.add_argument(
        "--range",
        choices=["low", "high", "auto"],
        dest="range_name",
        help="of deepres; low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; auto: by the map (default)",
    )
    group.add_argument(
        "--model",
        metavar="PATH",
        help="model folder of 'deepres train', or, for deepres, a .h5 file as Xmipp distributes (default: shipped)",
    )
    group = parser.add_argument_group("localfsc")
    group.add_argument("--cutoff", type=float, metavar="C", help="of the FSC (default: 0.5)")
    group.add_argument("--box", metavar="B", help="edge of the window, voxels, or Å as in 30A (default: 30A)")
    group.add_argument(
        "--exact", action="store_true", default=None, help="transform a window at every voxel: much slower"
    )
    group = parser.add_argument_group("monores and resmap")
    group.add_argument("--min-res", type=float, metavar="A", help="finest resolution tested, Å (default: by the voxel)")
    group.add_argument("--max-res", type=float, metavar="A", help="coarsest one (default: 18 monores, 10 resmap)")
    group.add_argument("--step", type=float, metavar="A", help="between them (default: 0.3 monores, 0.5 resmap)")
    group = parser.add_argument_group("monores")
    group.add_argument("--significance", type=float, metavar="S", help="0 to 1 (default: 0.95)")
    group.add_argument(
        "--edition", choices=["published", "first"], help="of the algorithm: as published (default), or the first"
    )
    group = parser.add_argument_group("resmap")
    group.add_argument("--p-value", type=float, metavar="P", help="false discovery rate (default: 0.05)")


def run(args):
    """Estimates, writes the maps and the report, prints a line, returns 0."""
    started = time.monotonic()
    method = methods.load(args.method)
    _check_options(args, method)
    stem, suffix = os.path.splitext(args.output)
    if suffix != ".mrc":
        raise InputError(f"{args.output}: the name of a resolution map ends in .mrc; write {stem or 'OUT'}.mrc.")
    report_path = f"{stem}.json"
    for path in (args.output, report_path, *(f"{stem}{ending}.mrc" for ending in method.ENDINGS)):
        check_writable(path)
    machine.choose(args.threads, args.gpu)
    density_map, half_maps = inputs.read_maps(args)
    mask, mask_report = None, None
    if not method.FINDS_MASK or args.mask or args.mask_threshold is not None:
        mask, mask_report = inputs.read_mask(args, density_map)
    outcome = method.estimate(args, methods.Inputs(density_map, half_maps, mask, args.threads))
    if mask is None:
        mask = outcome.resolution > 0
        mask_report = {"source": args.method, "path": None, "threshold": None, "voxels": int(mask.sum())}
    statistics = summary.statistics(outcome.resolution[mask])
    seconds = {"total": round(time.monotonic() - started, 2)} | outcome.report.pop("seconds", {})
    report = {
        "method": args.method,
        "version": __version__,
        "command": shlex.join(["deepres", *sys.argv[1:]]),
        "input": {
            "path": args.map,
            "half_maps": [half.path for half in half_maps] if half_maps else None,
            "shape": density_map.data.shape,
            "voxel_size": density_map.voxel_size,
            "origin": density_map.origin,
        },
        "mask": mask_report,
        "resolution": statistics,
        "voxels": mask_report["voxels"],
        **outcome.report,
        "versions": _versions(),
        "seconds": seconds,
    }
    written = [args.output]
    maps.write_map(args.output, density_map.like(outcome.resolution))
    for ending, data in outcome.more.items():
        written.append(f"{stem}{ending}.mrc")
        maps.write_map(written[-1], density_map.like(data))
    write_json(report_path, report)
    spread = statistics["percentiles"]
    print(
        f"local resolution: median {statistics['median']:.2f} Å, SD {statistics['sd']:.2f} Å, "
        f"95 % of {report['voxels']} voxels between {spread['2.5']:.2f} and {spread['97.5']:.2f} Å "
        f"({args.method}, {outcome.headline}, {seconds['total']:.0f} s)"
    )
    print("wrote " + ", ".join([*written, report_path]))
    return 0


def _check_options(args, method):
    """Refuses options of other methods, half maps that are of no use, and missing ones."""
    every = {name: methods.load(name).OPTIONS for name in methods.METHODS}
    for option in sorted({option for options in every.values() for option in options} - set(method.OPTIONS)):
        if getattr(args, option) is not None:
            owners = " or ".join(name for name, options in every.items() if option in options)
            shown = "--range" if option == "range_name" else f"--{option.replace('_', '-')}"
            raise InputError(f"{shown} means nothing to --method {args.method}; leave it out, or choose {owners}.")
    if args.half1 and not method.USES_HALVES:
        raise InputError(f"--method {args.method} looks at one map; leave out --half1 and --half2.")
    if method.NEEDS_HALVES and not args.half1:
        raise InputError(f"--method {args.method} compares half maps; give them by --half1 and --half2.")


def _versions():
    import numpy
    import scipy

    versions = {"deepres": __version__, "python": platform.python_version(), "numpy": numpy.__version__}
    versions["scipy"] = scipy.__version__
    if "keras" in sys.modules:
        import keras

        versions |= {"keras": keras.__version__, "backend": keras.backend.backend()}
    return versions
