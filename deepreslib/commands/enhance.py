"""``deepres enhance``: a map whose details show better, by any of the methods.

The methods are the files of ``deepreslib/commands/enhancers``; this module names none of them but the default.
"""

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from deepreslib.commands import arguments, choices, enhancers, machine, messages
from deepreslib.commands.numbers import ANGSTROM, file_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report

if TYPE_CHECKING:
    from deepreslib.enhancement.enhanced import Enhanced
    from deepreslib.maps import DensityMap

DEFAULT_METHOD = "ilocscale"
"""It needs neither half maps nor a structure."""

HALVES = ("_half1", "_half2")
"""What is added to the output's name for the enhanced half maps."""

MASK, B_FACTOR = "_mask", "_bfactor"
"""What is added to it for the mask, and for the map of B factors."""

NOT_FOR_CLAIMS = (
    "the FSC after enhancement is for comparison, not for claims: both half maps decided about the gains, so they are "
    "no longer independent; state the resolution of the half maps as they were"
)


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    all_enhancers = enhancers.find_enhancers()
    arguments.add_map_arguments(parser)
    parser.add_argument(
        "--method",
        type=lower,
        choices=list(all_enhancers),
        default=DEFAULT_METHOD,
        help=f"default: {DEFAULT_METHOD}; "
        + "; ".join(f"{name}: {method.summary}" for name, method in all_enhancers.items()),
    )
    parser.add_argument(
        "--resolution",
        type=ANGSTROM,
        metavar="A",
        help="resolution of the map, Å (default: where the FSC of the half maps within the mask falls to 0.143; of a "
        "single map what CryoRes says)",
    )
    arguments.add_mask_arguments(parser)
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=file_name,
        required=True,
        metavar="OUT.mrc",
        help="the enhanced map; beside it: OUT.json (report), OUT_mask.mrc (where it was enhanced), OUT_bfactor.mrc (B "
        "factor of what was done at each voxel, Å², negative where the map was sharpened, 0 outside the mask), and "
        "with half maps OUT_half1.mrc and OUT_half2.mrc, treated as the map was",
    )
    parser.set_defaults(enhancers=all_enhancers, method_options=choices.add_options(parser, all_enhancers))


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    stem, suffix = split_map_name(args.output)
    endings = [*args.enhancers[args.method].endings, MASK, *(HALVES if args.half1 or args.half2 else ())]
    report = f"{stem}.json"
    outputs = [args.output, *(f"{stem}{ending}{suffix}" for ending in endings), report]
    return Paths([*arguments.input_paths(args), args.structure], outputs, report, folders=[args.model])


def run(args: Namespace) -> None:
    """Enhances, writes the maps and the report, prints a few lines."""
    started = time.monotonic()
    method = args.enhancers[args.method]
    _check_options(args, method)
    machine.choose(args.threads, args.gpu, own_threads=True)

    from deepreslib import maps
    from deepreslib.analysis import report
    from deepreslib.commands import enhance_inputs, inputs
    from deepreslib.enhancement import before_after, treated

    given = inputs.read_maps(args)
    enhance_inputs.check_map(given, args.resolution)
    density_map = given.density_map
    structure = enhance_inputs.read_placed_structure(args.structure, density_map) if args.structure else None
    found = enhance_inputs.find(args, given, structure, method.masks_by_structure(args))
    given.warnings += treated.treatment_warnings(density_map, found.mask, found.resolution)
    found_after = time.monotonic() - started
    print(f"resolution {found.resolution:.2f} Å ({found.source}), mask of {found.mask.sum()} voxels", flush=True)

    result, headline = method.enhance(
        args,
        enhancers.EnhancerInputs(
            density_map,
            given.half_maps,
            found.mask,
            found.resolution,
            structure,
            bool(args.no_mask),
            args.threads,
        ),
    )
    changes = before_after.compare(
        density_map,
        result.data,
        result.mask,
        given.half_maps,
        result.half_maps,
        keeps_outside=bool(args.no_mask),
        workers=args.threads or -1,
    )
    warnings = [*given.warnings, *result.warnings]
    seconds = {"total": time.monotonic() - started, "mask_and_resolution": found_after, **result.seconds}
    content = {
        "method": args.method,
        **report.head(args.command_line, report.describe_input(args.map, given.half_maps, density_map)),
        "structure": args.structure,
        "mask": found.mask_report,
        "resolution": {"value": round(found.resolution, 3), "source": found.source},
        "voxels": int(result.mask.sum()),
        "surroundings": "kept" if args.no_mask else "masked",
        **result.report,
        **_b_factors(result),
        **({"fsc": maps.fsc_report(found.fsc, masked=True)} if found.fsc else {}),
        **changes.as_dict(),
        **({"fsc_use": NOT_FOR_CLAIMS} if changes.fsc_after else {}),
        **({"warnings": warnings} if warnings else {}),
        "versions": report.versions(method.uses_network),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    _write(args, density_map, result, content)
    how = ", ".join(filter(None, [args.method, headline, f"{seconds['total']:.0f} s"]))
    print(f"enhanced: {_in_words(content)} ({how})")
    if method.more:
        print(f"{args.method}: {method.more}")
    if changes.fsc_after:
        print(changes.fsc_sentence())
        print(NOT_FOR_CLAIMS)
    messages.print_warnings(warnings)


def _check_options(args: Namespace, method: enhancers.Enhancer) -> None:
    """Refuses options of other methods, those that contradict each other, and a missing structure."""
    choices.refuse_foreign_options(args, args.method_options, args.method, label="--method", verb="choose")
    masks = {"--mask": args.mask, "--mask-threshold": args.mask_threshold, "--fdr": args.fdr}
    named = [name for name, value in masks.items() if value is not None]
    if len(named) > 1:
        raise InputError(f"{named[0]} and {named[1]} each give a mask; leave one of them out.")
    if method.needs_structure and not args.structure:
        raise InputError(f"--method {args.method} needs an atomic structure that lies in the map; give --structure.")
    method.check(args)


def _b_factors(result: "Enhanced") -> dict[str, Any]:
    """What the report holds of the B factors within the mask."""
    from deepreslib.analysis import summary

    if result.b_factor is None:
        return {}
    return {"b_factor": summary.statistics(result.b_factor[result.mask])}


def _in_words(content: dict[str, Any]) -> str:
    """The numbers of a report in half a sentence."""
    words = [f"{content['voxels']} voxels"]
    if "b_factor" in content:
        factors = content["b_factor"]
        low, high = (factors["percentiles"][name] for name in ("5", "95"))
        words.append(f"B factor {factors['median']:.0f} Å² (median; 90 % between {low:.0f} and {high:.0f} Å²)")
    words.append(f"correlation with the input {content['correlation']:.3f}")
    return ", ".join(words)


def _write(args: Namespace, density_map: "DensityMap", result: "Enhanced", content: dict[str, Any]) -> None:
    """Writes the maps and, last, the report."""
    from deepreslib import maps
    from deepreslib.maps import labels

    stem, suffix = split_map_name(args.output)
    maps.write_map(args.output, density_map.like(result.data), labels.DENSITY)
    for ending, data in zip(HALVES, result.half_maps or (), strict=False):
        maps.write_map(f"{stem}{ending}{suffix}", density_map.like(data), labels.HALF_MAP)
    if result.b_factor is not None:
        maps.write_map(f"{stem}{B_FACTOR}{suffix}", density_map.like(result.b_factor), labels.B_FACTOR)
    maps.write_map(f"{stem}{MASK}{suffix}", density_map.like(result.mask), labels.MASK)
    write_report(f"{stem}.json", content)
