"""``deepres estimate``: the local resolution of a map, by any of the methods.

The methods are the files of ``deepreslib/commands/methods``; this module names none of them.
"""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from deepreslib.commands import arguments, choices, machine, messages, methods
from deepreslib.commands.numbers import file_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report

if TYPE_CHECKING:
    from deepreslib.estimation.result import LocalResolution
    from deepreslib.fourier.arrays import Array, BoolArray

DEFAULT_METHOD = "auto"
"""No method: the maps decide (``deepreslib.estimation.automatic``)."""

MASK_FINDER = "cryores"
"""What finds the mask for the methods that need none."""

FURTHER_MAPS = {
    "_sd": "OUT_sd.mrc (uncertainty)",
    "_mask": "OUT_mask.mrc (the molecule)",
    "_class": "OUT_class.mrc (1 to 10)",
    "_probability": "OUT_probability.mrc (of the class)",
}
"""What is added to the output's name for a further map, and the text about it in the help."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    all_methods = methods.find_methods()
    arguments.add_map_arguments(parser)
    parser.add_argument(
        "--method",
        type=lower,
        choices=[DEFAULT_METHOD, *all_methods],
        default=DEFAULT_METHOD,
        help=f"{DEFAULT_METHOD} (default): localfsc for half maps; for one map cryores, or deepres if the map shows no "
        "noise of a reconstruction; " + "; ".join(f"{name}: {method.summary}" for name, method in all_methods.items()),
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
        type=file_name,
        required=True,
        metavar="OUT.mrc",
        help=", ".join(["local resolution, Å; beside it: OUT.json (report)", *further]),
    )
    parser.set_defaults(methods=all_methods, method_options=choices.add_options(parser, all_methods))


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    stem, suffix = split_map_name(args.output)
    candidates = args.methods.values() if args.method == DEFAULT_METHOD else [args.methods[args.method]]
    endings = sorted({ending for method in candidates for ending in method.endings})
    further = [f"{stem}{ending}{suffix}" for ending in endings]
    report = f"{stem}.json"
    return Paths(arguments.input_paths(args), [args.output, *further, report], report, folders=[args.model])


def run(args: Namespace) -> None:
    """Estimates, writes the maps and the report, prints a line."""
    started = time.monotonic()
    _check_options(args)
    machine.choose(args.threads, args.gpu)

    from deepreslib import maps
    from deepreslib.analysis import map_kind, report, summary
    from deepreslib.commands import inputs
    from deepreslib.estimation import automatic
    from deepreslib.estimation.judgement import judged
    from deepreslib.maps import labels

    given = inputs.read_maps(args)
    density_map, has_halves = given.density_map, given.half_maps is not None
    map_kind.refuse_inverted(density_map)
    described = report.describe_input(args.map, given.half_maps, density_map)
    name, chosen = args.method, {}
    if name == DEFAULT_METHOD:
        choice = automatic.choose(density_map, has_halves=has_halves)
        name, chosen = choice.method, {"chosen": f"{DEFAULT_METHOD}: {choice.reason}"}
    method = args.methods[name]
    mask: BoolArray | None = None
    mask_report: dict[str, Any] = {}
    if not method.finds_mask or args.mask or args.mask_threshold is not None:
        mask, mask_report = inputs.read_mask(args, given)
    # The FSC comes before the work, so that no map is held while the method works that it does not look at.
    curve = None if mask is None else inputs.fsc_within(given, mask, args.threads)
    compared = given.half_maps if method.uses_halves or method.wants_halves(args) else None
    if compared and method.uses_halves and not args.map:
        density_map = given.density_map = compared[0]
    if mask is not None:
        given.half_maps = compared
    result, headline = method.estimate(args, methods.Inputs(density_map, compared, mask, args.threads))
    made = mask if mask_report.get("source") == "automatic" else None
    result = judged(result, density_map, name, made)
    if mask is None:
        mask = result.resolution > 0
        mask_report = {"source": MASK_FINDER, "path": None, "threshold": None, "voxels": int(mask.sum())}
        curve = inputs.fsc_within(given, mask, args.threads)
    statistics = summary.statistics(result.resolution[mask])
    warnings = [*given.warnings, *result.warnings]
    seconds = {"total": time.monotonic() - started, **result.seconds}
    content = {
        "method": name,
        **chosen,
        **report.head(args.command_line, described),
        "mask": mask_report,
        "resolution": statistics,
        "voxels": mask_report["voxels"],
        **({"fsc": maps.fsc_report(curve, masked=True)} if curve else {}),
        **_report(result, warnings),
        "versions": report.versions(method.uses_network),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    stem, suffix = split_map_name(args.output)
    maps.write_map(args.output, density_map.like(result.resolution), labels.RESOLUTION)
    quantities = {
        "_sd": labels.SD,
        "_mask": labels.MASK,
        "_class": labels.CLASS,
        "_probability": labels.PROBABILITY,
    }
    for ending, data in _further_maps(result, method).items():
        maps.write_map(f"{stem}{ending}{suffix}", density_map.like(data), quantities[ending])
    write_report(f"{stem}.json", content)
    ends = statistics["percentiles"]
    looked_at = "mean of the half maps" if has_halves and not args.map and not method.uses_halves else ""
    how = ", ".join(filter(None, [name, looked_at, headline, f"{seconds['total']:.0f} s"]))
    print(
        f"local resolution: median {statistics['median']:.2f} Å, SD {statistics['sd']:.2f} Å, "
        f"95 % of {mask_report['voxels']} voxels between {ends['2.5']:.2f} and {ends['97.5']:.2f} Å ({how})"
    )
    if result.status is not None:
        print(f"status: {result.status}")
    for sentence in _explanation(name, method, result.local_cutoff, chosen.get("chosen")):
        print(sentence)
    messages.print_warnings(warnings)


def _check_options(args: Namespace) -> None:
    """Refuses options of other methods or without a method, and missing half maps."""
    if args.method == DEFAULT_METHOD:
        choices.refuse_unowned_options(args, args.method_options, label="--method")
        return
    choices.refuse_foreign_options(args, args.method_options, args.method, label="--method", verb="choose")
    if args.methods[args.method].needs_halves and not args.half1:
        raise InputError(f"--method {args.method} compares half maps; give them by --half1 and --half2.")


def _explanation(name: str, method: methods.Method, local_cutoff: float | None, chosen: str | None) -> list[str]:
    """What is printed below the result: what its number means and what would tell more, and why this method."""
    said = "; ".join(filter(None, [method.meaning, method.more])).format(local_cutoff=local_cutoff)
    meaning = [f"{name} gives {said}"] if method.meaning else []
    return [*meaning, *([f"{name} was chosen by {chosen}"] if chosen else [])]


def _report(result: "LocalResolution", warnings: list[str]) -> dict[str, Any]:
    """What the report holds about a result beyond its statistics."""
    content: dict[str, Any] = {}
    if result.global_resolution:
        whole = result.global_resolution
        content["global_resolution"] = {"value": round(whole.value, 3), "deviation": round(whole.deviation, 3)}
    if result.local_cutoff is not None:
        content["local_cutoff"] = result.local_cutoff
    if result.ends:
        content["range"] = {"low": round(result.ends.low, 3), "high": round(result.ends.high, 3)}
    if warnings:
        content["warnings"] = warnings
    if result.status is not None:
        content["status"] = result.status
    return {**content, **result.report}


def _further_maps(result: "LocalResolution", method: methods.Method) -> "dict[str, Array]":
    """The further maps that the method writes: ending of the file's name → values."""
    maps: dict[str, Array | None] = {"_sd": result.deviation, "_mask": result.mask, **result.further}
    return {ending: data for ending in method.endings if (data := maps[ending]) is not None}
