"""``deepres sharpness``: how much a map may be sharpened, or whether a sharpened one is sharpened rightly."""

import functools
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepreslib import maps
from deepreslib.analysis import map_kind, report, summary
from deepreslib.analysis.distribution import bins_report
from deepreslib.commands import arguments, inputs, machine, messages
from deepreslib.commands.folder import in_folder
from deepreslib.commands.numbers import ANGSTROM, SHARE, Number, Numbers, density_name, file_name, folder_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.enhancement.answers import ANSWERS, CRITERION
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.maps import DensityMap, checks, labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from deepreslib.analysis.distribution import Distribution
    from deepreslib.enhancement.examination import Examination
    from deepreslib.fourier.arrays import BoolArray, FloatArray

REPORT, SHARPENED, OVERCLAIMED, SNR = "sharpness.json", "sharpened.mrc", "overclaimed.mrc", "snr_resolution.mrc"
QUANTITIES = {SHARPENED: labels.DENSITY, OVERCLAIMED: labels.DIFFERENCE, SNR: labels.RESOLUTION}
CURVE, VIOLINS, SLICES = "curve.png", "violins.png", "overclaimed.png"
GREATEST = 1000.0
"""Å², the greatest B factor, positive or negative, that may be looked at."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.epilog = f"{CRITERION} The answers are: {', '.join(ANSWERS)} (with the reason)."
    arguments.add_map_arguments(parser)
    arguments.add_mask_arguments(parser)
    parser.add_argument(
        "--resolution",
        type=ANGSTROM,
        metavar="A",
        help="resolution of the map, Å, at which sharpened maps are low-pass filtered (default: where the FSC of the "
        "half maps falls to 0.143; of a single map what CryoRes says)",
    )
    parser.add_argument(
        "--b-factors",
        type=Numbers(Number(-GREATEST, GREATEST, "Å²"), "B,B,...", (1, 50)),
        metavar="B,B,...",
        help="B factors to look at, Å², negative to sharpen; the range searched is from the first to the last, and "
        "goes on to weaker ones where the first is too strong already (default: 0,-50,-100,-150,-200)",
    )
    parser.add_argument(
        "--check",
        type=density_name,
        metavar="SHARPENED",
        help="no search: only tell whether this map, made by whatever program from MAP or the half maps, is sharpened "
        "rightly; they must be given too, as they alone show the noise",
    )
    parser.add_argument("--percentile", type=Number(0, 100), metavar="P", help="which one must coincide (default: 20)")
    parser.add_argument("--cutoff", type=SHARE, metavar="C", help="of the local FSC (default: 0.5)")
    parser.add_argument(
        "--range",
        type=lower,
        choices=["low", "high", "auto"],
        default="auto",
        dest="range_name",
        help="of DeepRes; low: 2.5-13 Å at 1 Å/px; high: 1.5-6 Å at 0.5 Å/px; auto: low where it can (default)",
    )
    parser.add_argument("--model", type=file_name, metavar="PATH", help="network to use instead of the shipped one")
    arguments.add_grid_arguments(parser)
    arguments.add_machine_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=folder_name,
        required=True,
        metavar="DIR",
        help=f"folder for {REPORT}, {SHARPENED}, {OVERCLAIMED}, {SNR} and the pictures; made if missing",
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    names = [SHARPENED, OVERCLAIMED, SNR, CURVE, VIOLINS, SLICES, REPORT]
    outputs = in_folder(args.output, names)
    given = [*arguments.input_paths(args), args.check]
    return Paths(given, outputs, outputs[-1], makes_folders=True, folders=[args.model])


def run(args: Namespace) -> None:
    """Searches a B factor or checks a map, writes a report, maps and pictures, prints the answer."""
    started = time.monotonic()
    _check_options(args)
    machine.choose(args.threads, args.gpu)
    given = inputs.read_maps(args)
    density_map, half_maps = given.density_map, given.half_maps
    map_kind.refuse_inverted(density_map)
    checked_map = _read_sharpened(args, density_map, given.warnings) if args.check else None
    mask, mask_report = inputs.read_mask(args, given)
    curve = inputs.fsc_within(given, mask, args.threads)

    from deepreslib.enhancement.b_factor import B_FACTORS, PERCENTILE
    from deepreslib.enhancement.examination import examine
    from deepreslib.enhancement.snr import SNR_CUTOFF
    from deepreslib.pictures import save_figure

    cutoff = SNR_CUTOFF if args.cutoff is None else args.cutoff
    percentile = PERCENTILE if args.percentile is None else args.percentile
    found = examine(
        density_map,
        half_maps,
        mask,
        checked_map,
        resolution=args.resolution,
        b_factors=args.b_factors or B_FACTORS,
        cutoff=cutoff,
        percentile=percentile,
        range_name=args.range_name,
        network_path=args.model,
        workers=args.threads or -1,
        progress=True,
        report=functools.partial(_print_point, "further B factor" if args.check else "B factor"),
    )

    folder = Path(args.output)
    volumes = _volumes(found)
    warnings = [*given.warnings, *(found.snr.warnings if found.snr else ())]
    content = {
        **report.head(args.command_line, report.describe_input(args.map, half_maps, density_map, checked=args.check)),
        "mask": mask_report,
        **({"fsc": maps.fsc_report(curve, masked=True)} if curve else {}),
        **_report(found, mask, cutoff, percentile),
        **({"warnings": warnings} if warnings else {}),
        "seconds": {"total": round(time.monotonic() - started, 2)},
    }
    for name, values in volumes.items():
        maps.write_map(folder / name, density_map.like(values), QUANTITIES[name])
    for name, draw in _figures(density_map, found).items():
        save_figure(draw(), folder / name)
    write_report(folder / REPORT, content)
    if found.limit:
        print(f"resolution {found.limit[0]:.2f} Å ({found.limit[1]})")
    if found.search:
        print(found.search.sentence())
    print(found.verdict.sentence())
    if found.claims:
        print(found.claims.sentence())
    messages.print_warnings(warnings)


def _volumes(found: "Examination") -> "dict[str, FloatArray]":
    """File name → values of the maps that there are."""
    volumes = {}
    if found.claims:
        volumes[OVERCLAIMED] = found.claims.excess
    if found.snr:
        volumes[SNR] = found.snr.resolution
    if found.search and found.sharpened:
        volumes[SHARPENED] = found.sharpened.data
    return volumes


def _report(found: "Examination", mask: "BoolArray", cutoff: float, percentile: float) -> dict[str, Any]:
    """What the report holds of an examination; None where there is nothing."""
    claims, snr = found.claims, found.snr
    nothing = dict.fromkeys(("finer", "overclaimed", "snr", "deepres"))
    return {
        "low_pass": found.limit and {"resolution": round(found.limit[0], 3), "source": found.limit[1]},
        "snr": {
            "method": found.method,
            "cutoff": cutoff if found.method == "localfsc" else None,
            "resolution": snr and summary.statistics(snr.resolution[mask]),
        },
        "bins": bins_report(),
        "search": found.search and found.search.as_dict(),
        "check": found.verdict.as_dict() | {"percentile": percentile} | (claims.as_dict() if claims else nothing),
        "resolution": claims and summary.statistics(claims.resolution[mask]),
        "model": claims and claims.network,
    }


def _check_options(args: Namespace) -> None:
    """Refuses options that contradict each other or cannot be."""
    if args.check and args.b_factors:
        raise InputError("--check looks at one sharpened map and --b-factors asks for a search; give one of them.")
    if args.check and not (args.map or args.half1 or args.half2):
        raise InputError(
            f"--check compares {args.check} with the unsharpened map that it was made from; give its half maps by "
            "--half1 and --half2, or the unsharpened map before the options."
        )
    if args.cutoff is not None and not args.half1:
        raise InputError("--cutoff is of the local FSC, which needs half maps; give them, or leave it out.")


def _read_sharpened(args: Namespace, density_map: DensityMap, warnings: list[str]) -> DensityMap:
    """The map of ``--check``, on the density's grid."""
    sharpened = inputs.read_beside(args.check, args, density_map, warnings)
    checks.check_estimable(sharpened)
    checks.check_same_grid(sharpened, density_map)
    return sharpened


def _print_point(what: str, claimed: "Distribution") -> None:
    """Prints DeepRes' percentile at one B factor."""
    print(f"{what} {claimed.b_factor:g} Å²: DeepRes {claimed.percentile:.2f} Å", flush=True)


def _figures(density_map: DensityMap, found: "Examination") -> "dict[str, Callable[[], Figure]]":
    """File name → function that draws the figure."""
    from deepreslib import pictures

    figures = {}
    search, claims, sharpened, method = found.search, found.claims, found.sharpened, found.method
    if search:
        figures[CURVE] = lambda: pictures.sharpness_curve_figure(search, method)
        figures[VIOLINS] = lambda: pictures.sharpness_violin_figure(
            search.snr, search.deepres, method, search.percentile, search.b_factor
        )
    elif claims:
        figures[VIOLINS] = lambda: pictures.sharpness_violin_figure(
            claims.snr, [claims.deepres], method, claims.percentile
        )
    if claims and sharpened and claims.excess.any():
        figures[SLICES] = lambda: pictures.overclaimed_figure(
            sharpened.data, claims.excess, density_map.voxel_size, origin=density_map.origin
        )
    return figures
