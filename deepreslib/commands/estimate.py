"""``deepres estimate``: the local resolution of a map, by any of the methods.

The methods are the files of ``deepreslib/commands/methods``; this module names none of them but the default.
"""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from deepreslib.commands import arguments, choices, machine, messages, methods
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution
    from deepreslib.fourier.arrays import Array, BoolArray

DEFAULT_METHOD = "deepres"

FURTHER_MAPS = {"_sd": "OUT_sd.mrc (uncertainty)", "_mask": "OUT_mask.mrc (the molecule)"}
"""What is added to the output's name for a further map, and the text about it in the help."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    all_methods = methods.find_methods()
    arguments.add_map_arguments(parser)
    parser.add_argument(
        "--method",
        choices=list(all_methods),
        default=DEFAULT_METHOD,
        help="; ".join(f"{name}: {method.summary}" for name, method in all_methods.items())
        + f" (default: {DEFAULT_METHOD})",
    )
    arguments.add_mask_arguments(parser)
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    owners = {
        ending: [name for name, method in all_methods.items() if ending in method.endings] for ending in FURTHER_MAPS
    }
    further = [f"by {choices.join(owners[ending], 'and')} {text}" for ending, text in FURTHER_MAPS.items()]
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT.mrc",
        help=", ".join(["local resolution, Å; beside it: OUT.json (report)", *further]),
    )
    parser.set_defaults(methods=all_methods, method_options=choices.add_options(parser, all_methods))


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    stem, suffix = split_map_name(args.output)
    further = [f"{stem}{ending}{suffix}" for ending in args.methods[args.method].endings]
    report = f"{stem}.json"
    return Paths([*arguments.input_paths(args), args.model], [args.output, *further, report], report)


def run(args: Namespace) -> None:
    """Estimates, writes the maps and the report, prints a line."""
    started = time.monotonic()
    method = args.methods[args.method]
    _check_options(args, method)
    machine.choose(args.threads, args.gpu)

    from deepreslib import maps
    from deepreslib.analysis import report, summary
    from deepreslib.commands import inputs
    from deepreslib.maps import labels

    given = inputs.read_maps(args)
    density_map, half_maps = given.density_map, given.half_maps
    mask: BoolArray | None = None
    mask_report: dict[str, Any] = {}
    if not method.finds_mask or args.mask or args.mask_threshold is not None:
        mask, mask_report = inputs.read_mask(args, given)
    result, headline = method.estimate(args, methods.Inputs(density_map, half_maps, mask, args.threads))
    if mask is None:
        mask = result.resolution > 0
        mask_report = {"source": args.method, "path": None, "threshold": None, "voxels": int(mask.sum())}
    statistics = summary.statistics(result.resolution[mask])
    warnings = [*given.warnings, *result.warnings]
    seconds = {"total": time.monotonic() - started, **result.seconds}
    content = {
        "method": args.method,
        **report.head(args.command_line, report.describe_input(args.map, half_maps, density_map)),
        "mask": mask_report,
        "resolution": statistics,
        "voxels": mask_report["voxels"],
        **_report(result, warnings),
        "versions": report.versions(method.uses_network),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    stem, suffix = split_map_name(args.output)
    maps.write_map(args.output, density_map.like(result.resolution), labels.RESOLUTION)
    quantities = {"_sd": labels.SD, "_mask": labels.MASK}
    for ending, data in _further_maps(result, method).items():
        maps.write_map(f"{stem}{ending}{suffix}", density_map.like(data), quantities[ending])
    write_report(f"{stem}.json", content)
    ends = statistics["percentiles"]
    how = ", ".join(filter(None, [args.method, headline, f"{seconds['total']:.0f} s"]))
    print(
        f"local resolution: median {statistics['median']:.2f} Å, SD {statistics['sd']:.2f} Å, "
        f"95 % of {mask_report['voxels']} voxels between {ends['2.5']:.2f} and {ends['97.5']:.2f} Å ({how})"
    )
    messages.print_warnings(warnings)


def _check_options(args: Namespace, method: methods.Method) -> None:
    """Refuses options of other methods, half maps that are of no use, and missing ones."""
    choices.refuse_foreign_options(args, args.method_options, args.method, label="--method", verb="choose")
    if args.half1 and not method.uses_halves:
        raise InputError(f"--method {args.method} looks at one map; leave out --half1 and --half2.")
    if method.needs_halves and not args.half1:
        raise InputError(f"--method {args.method} compares half maps; give them by --half1 and --half2.")


def _report(result: "LocalResolution", warnings: list[str]) -> dict[str, Any]:
    """What the report holds about a result beyond its statistics."""
    content: dict[str, Any] = {}
    if result.global_resolution:
        whole = result.global_resolution
        content["global_resolution"] = {"value": round(whole.value, 3), "deviation": round(whole.deviation, 3)}
    if warnings:
        content["warnings"] = warnings
    if result.status is not None:
        content["status"] = result.status
    return {**content, **result.report}


def _further_maps(result: "LocalResolution", method: methods.Method) -> "dict[str, Array]":
    """The further maps that the method writes: ending of the file's name → values."""
    maps: dict[str, Array | None] = {"_sd": result.deviation, "_mask": result.mask}
    return {ending: data for ending in method.endings if (data := maps[ending]) is not None}
