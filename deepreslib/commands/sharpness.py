"""``deepres sharpness``: how much a map may be sharpened, or whether a sharpened one is oversharpened."""

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from deepreslib import maps
from deepreslib.analysis import report, summary
from deepreslib.analysis.distribution import bins_report
from deepreslib.commands import arguments, inputs, machine, messages
from deepreslib.commands.folder import in_folder
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.maps import DensityMap, checks
from deepreslib.networks.ranges import RANGES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepreslib.analysis.distribution import Distribution
    from deepreslib.enhancement import Check, Recommendation

REPORT, SHARPENED, OVERCLAIMED, SNR = "sharpness.json", "sharpened.mrc", "overclaimed.mrc", "snr_resolution.mrc"
CURVE, VIOLINS, SLICES = "curve.png", "violins.png", "overclaimed.png"


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    arguments.add_map_arguments(parser)
    arguments.add_mask_arguments(parser)
    parser.add_argument(
        "--resolution",
        type=float,
        metavar="A",
        help="low-pass filter of the sharpened maps, Å (default: where the FSC of the half maps falls to 0.143)",
    )
    parser.add_argument(
        "--b-factors",
        type=_numbers,
        metavar="B,B,...",
        help="B factors to look at, Å², negative to sharpen; the range searched is from the first to the last "
        "(default: 0,-50,-100,-150,-200)",
    )
    parser.add_argument(
        "--check",
        metavar="SHARPENED",
        help="no search: only tell whether this map, sharpened by whatever program, claims more than MAP or the half "
        "maps allow",
    )
    parser.add_argument("--percentile", type=float, metavar="P", help="which one must coincide (default: 20)")
    parser.add_argument("--cutoff", type=float, metavar="C", help="of the local FSC (default: 0.5)")
    parser.add_argument(
        "--range",
        choices=["low", "high", "auto"],
        default="auto",
        dest="range_name",
        help="of DeepRes; low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; auto: low where it can (default)",
    )
    parser.add_argument("--model", metavar="PATH", help="network to use instead of the shipped one")
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="DIR",
        help=f"folder for {REPORT}, {SHARPENED}, {OVERCLAIMED}, {SNR} and the pictures; made if missing",
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    names = [SHARPENED, OVERCLAIMED, SNR, CURVE, VIOLINS, SLICES, REPORT]
    inputs = [*arguments.input_paths(args), args.check, args.model]
    return Paths(inputs, in_folder(args.output, names), in_folder(args.output, [REPORT])[0], makes_folders=True)


def run(args: Namespace) -> None:
    """Searches a B factor or checks a map, writes a report, maps and pictures, prints the result."""
    started = time.monotonic()
    _check_options(args)
    machine.choose(args.threads, args.gpu)
    given = inputs.read_maps(args)
    density_map, half_maps = given.density_map, given.half_maps
    checked_map = _read_sharpened(args, density_map) if args.check else None
    mask, mask_report = inputs.read_mask(args, given)

    from deepreslib.enhancement import oversharpening
    from deepreslib.enhancement.b_factor import B_FACTORS, PERCENTILE, range_for, recommend
    from deepreslib.enhancement.sharpening import Sharpening
    from deepreslib.enhancement.snr import SNR_CUTOFF, global_resolution, snr_resolution
    from deepreslib.pictures import save_figure

    resolution, source = args.resolution, "given"
    if resolution is None and half_maps:
        resolution, source = global_resolution(half_maps, mask), "FSC 0.143 of the half maps"
        resolution = max(resolution, 2 * max(density_map.voxel_size))
    subject = checked_map or Sharpening(density_map, resolution)
    limits = RANGES["low" if args.range_name == "auto" else args.range_name]
    checks.check_estimable(density_map, limits.window, limits.high)

    cutoff = SNR_CUTOFF if args.cutoff is None else args.cutoff
    method, snr = snr_resolution(
        half_maps or density_map, mask, cutoff=cutoff, workers=args.threads or -1, progress=True
    )
    percentile = PERCENTILE if args.percentile is None else args.percentile
    range_name = args.range_name
    if range_name == "auto":
        range_name = range_for(density_map.voxel_size, snr, mask, percentile)
    search = None
    if isinstance(subject, Sharpening):
        b_factors = args.b_factors or B_FACTORS
        search = recommend(
            subject,
            mask,
            snr,
            b_factors,
            range_name=range_name,
            network_path=args.model,
            percentile=percentile,
            report=_print_point,
        )
        sharpened = subject.by(search.b_factor)
    else:
        sharpened = subject
    check = oversharpening.check(
        sharpened, mask, snr, percentile, range_name=range_name, network_path=args.model, progress=True
    )

    folder = Path(args.output)
    figures = _figures(density_map, sharpened, search, check, method)
    volumes = {OVERCLAIMED: check.excess, SNR: snr} | ({SHARPENED: sharpened.data} if search else {})
    content = {
        **report.head(args.command_line, report.describe_input(args.map, half_maps, density_map, checked=args.check)),
        "mask": mask_report,
        "low_pass": None if args.check else {"resolution": round(resolution, 3), "source": source},
        "snr": {
            "method": method,
            "cutoff": cutoff if half_maps else None,
            "resolution": summary.statistics(snr[mask]),
        },
        "bins": bins_report(),
        "search": search and search.as_dict(),
        "check": check.as_dict(),
        "resolution": summary.statistics(check.resolution[mask]),
        "model": check.network,
        **({"warnings": given.warnings} if given.warnings else {}),
        "seconds": {"total": round(time.monotonic() - started, 2)},
    }
    for name, values in volumes.items():
        maps.write_map(folder / name, density_map.like(values))
    for name, draw in figures.items():
        save_figure(draw(), folder / name)
    write_report(folder / REPORT, content)
    if search:
        print(search.sentence())
    print(check.sentence())
    messages.print_warnings(given.warnings)


def _numbers(text: str) -> tuple[float, ...]:
    """``B,B,...`` as floats."""
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not B,B,...") from error


def _check_options(args: Namespace) -> None:
    """Refuses options that contradict each other or cannot be."""
    if args.check and args.b_factors:
        raise InputError("--check looks at one sharpened map and --b-factors asks for a search; give one of them.")
    if not args.check and args.resolution is None and not args.half1:
        raise InputError("one map does not tell where to low-pass filter it; give --resolution, or half maps.")
    if args.cutoff is not None and not args.half1:
        raise InputError("--cutoff is of the local FSC, which needs half maps; give them, or leave it out.")
    if args.percentile is not None and not 0 <= args.percentile <= 100:
        raise InputError(f"--percentile {args.percentile:g} is not between 0 and 100; give one such as 20.")


def _read_sharpened(args: Namespace, density_map: DensityMap) -> DensityMap:
    """The map of ``--check``, on the density's grid."""
    sharpened = maps.read_map(args.check, args.voxel_size, args.origin)
    checks.check_estimable(sharpened)
    checks.check_same_grid(sharpened, density_map)
    return sharpened


def _print_point(claimed: "Distribution") -> None:
    """Prints DeepRes' percentile at one B factor."""
    print(f"B factor {claimed.b_factor:g} Å²: DeepRes {claimed.percentile:.2f} Å", flush=True)


def _figures(
    density_map: DensityMap, sharpened: DensityMap, search: "Recommendation | None", check: "Check", method: str
) -> "dict[str, Callable[[], Figure]]":
    """File name → function that draws the figure."""
    from deepreslib import pictures

    figures = {}
    if search:
        figures[CURVE] = lambda: pictures.sharpness_curve_figure(search, method)
        figures[VIOLINS] = lambda: pictures.sharpness_violin_figure(
            search.snr, search.deepres, method, search.percentile, search.b_factor
        )
    else:
        figures[VIOLINS] = lambda: pictures.sharpness_violin_figure(
            check.snr, [check.deepres], method, check.percentile
        )
    if check.excess.any():
        figures[SLICES] = lambda: pictures.overclaimed_figure(
            sharpened.data, check.excess, density_map.voxel_size, origin=density_map.origin
        )
    return figures
