"""``deepres estimate``: the local resolution of a map."""

import json
import os
import platform
import shlex
import sys
import time

from deepres import checks, maps, masks, summary
from deepres.commands import arguments, machine
from deepres.errors import InputError
from deepres.files import check_writable, write_aside
from deepres.ranges import RANGES
from deepres.version import __version__


def add_arguments(parser):
    """Adds the subcommand's arguments."""
    parser.add_argument("map", metavar="MAP", help="density map (.mrc, .map, .ccp4, also .gz and .bz2)")
    parser.add_argument("--method", choices=["deepres"], default="deepres", help="estimator (default: deepres)")
    mask = parser.add_mutually_exclusive_group()
    mask.add_argument("--mask", metavar="MASK", help="mask on the map's grid, 1 inside; default: made automatically")
    mask.add_argument("--mask-threshold", type=float, metavar="T", help="the mask is where the density is above T")
    parser.add_argument(
        "--range",
        choices=["low", "high", "auto"],
        default="auto",
        dest="range_name",
        help="low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; auto: by the map (default)",
    )
    parser.add_argument(
        "--model",
        metavar="PATH",
        help="model folder of 'deepres train', or a .h5 file as Xmipp distributes (default: shipped)",
    )
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT.mrc",
        help="local resolution, Å; OUT_sd.mrc (uncertainty) and OUT.json are written beside it",
    )


def run(args):
    """Estimates, writes the three files, prints a line, returns 0."""
    started = time.monotonic()
    stem, suffix = os.path.splitext(args.output)
    if suffix != ".mrc":
        raise InputError(f"{args.output}: the name of a resolution map ends in .mrc; write {stem or 'OUT'}.mrc.")
    outputs = {"resolution": args.output, "deviation": f"{stem}_sd.mrc", "report": f"{stem}.json"}
    for path in outputs.values():
        check_writable(path)
    machine.choose(args.threads, args.gpu)
    density_map = maps.read_map(args.map, args.voxel_size, args.origin)
    checks.check_estimable(density_map)
    mask, mask_report = _mask(args, density_map)

    from deepres.estimation import deepres

    result = deepres.estimate(density_map, mask, args.range_name, args.model, progress=True)
    statistics = summary.statistics(result.resolution[mask])
    report = {
        "method": args.method,
        "version": __version__,
        "command": shlex.join(["deepres", *sys.argv[1:]]),
        "input": {
            "path": args.map,
            "shape": density_map.data.shape,
            "voxel_size": density_map.voxel_size,
            "origin": density_map.origin,
        },
        "mask": mask_report,
        "range": _range_report(result.model.resolution_range),
        "resolution": statistics,
        "voxels": mask_report["voxels"],
        "model": {"name": result.model.name, "path": result.model.path, "sha256": result.model.sha256},
        "versions": _versions(),
        "seconds": {"total": round(time.monotonic() - started, 2), "network": round(result.seconds, 2)},
    }
    maps.write_map(outputs["resolution"], density_map.like(result.resolution))
    if result.deviation is not None:
        maps.write_map(outputs["deviation"], density_map.like(result.deviation))
    with write_aside(outputs["report"]) as temporary, open(temporary, "w") as stream:
        json.dump(report, stream, indent=1)
        stream.write("\n")
    spread = statistics["percentiles"]
    print(
        f"local resolution: median {statistics['median']:.2f} Å, SD {statistics['sd']:.2f} Å, "
        f"95 % of {report['voxels']} voxels between {spread['2.5']:.2f} and {spread['97.5']:.2f} Å "
        f"({report['range']['name']} range, {report['seconds']['total']:.0f} s)"
    )
    print("wrote " + ", ".join(path for path in outputs.values() if os.path.exists(path)))
    return 0


def _mask(args, density_map):
    """The mask's voxels and what the report says of it."""
    if args.mask:
        mask = checks.check_mask(maps.read_map(args.mask, args.voxel_size, args.origin), density_map)
        found = {"source": "file", "path": args.mask, "threshold": None}
    elif args.mask_threshold is not None:
        mask = masks.threshold_mask(density_map, args.mask_threshold)
        found = {"source": "threshold", "path": None, "threshold": args.mask_threshold}
    else:
        mask, threshold = masks.automatic_mask(density_map)
        found = {"source": "automatic", "path": None, "threshold": float(threshold)}
        print(f"no mask was given: made one of {mask.sum()} voxels from the smoothed density above {threshold:.4g}")
    return mask, found | {"voxels": int(mask.sum())}


def _range_report(chosen):
    limits = RANGES[chosen.name]
    return {"name": limits.name, "low": limits.low, "high": limits.high, "voxel_size": limits.voxel_size}


def _versions():
    import keras
    import numpy

    return {
        "deepres": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
