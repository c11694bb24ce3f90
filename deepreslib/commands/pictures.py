"""``deepres pictures``: histogram, slices, surface and ChimeraX script of a local resolution map."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

import numpy as np

from deepreslib import pictures
from deepreslib.analysis import report
from deepreslib.analysis.resolution_map import as_resolution
from deepreslib.commands import inputs, messages
from deepreslib.commands.arguments import add_grid_arguments
from deepreslib.commands.folder import in_folder, short_names
from deepreslib.commands.numbers import FINITE, Numbers, density_name, file_name, folder_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report
from deepreslib.maps import DensityMap, check_same_grid, checks, labels, write_map
from deepreslib.pictures.figures import LABELS

REPORT, HISTOGRAM, SLICES, SURFACE = "pictures.json", "histogram.png", "slices.png", "surface.png"
SCRIPT, COLOURS, SHOWN = "surface.cxc", "surface_resolution.mrc", "surface_map.mrc"
CHIMERAX_SUFFIXES = (".mrc", ".map", ".ccp4")


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument("resolution", type=file_name, metavar="RESOLUTION", help="local resolution map, Å")
    parser.add_argument(
        "--quantity",
        type=lower,
        choices=list(LABELS),
        help="what the values of RESOLUTION are (default: what a map of deepres says of itself, or resolution); the "
        "outside is found by the values of resolutions alone",
    )
    parser.add_argument(
        "--map",
        type=density_name,
        metavar="MAP",
        help="the density on the same grid: grey behind the slices, and the surface; without it no surface is drawn",
    )
    parser.add_argument(
        "--compare",
        nargs="+",
        type=file_name,
        default=[],
        metavar="OTHER",
        help="other resolution maps to show in the histogram",
    )
    parser.add_argument(
        "--mask",
        type=file_name,
        metavar="MASK",
        help="mask on the same grid; for resolution maps of programs that do not write 0 outside it",
    )
    parser.add_argument(
        "--range",
        type=_range,
        metavar="LOW,HIGH",
        help="ends of the colour scale, Å (default: percentiles 2 and 98 of the values, rounded)",
    )
    parser.add_argument(
        "--colour-map",
        "--color-map",
        default="jet",
        metavar="NAME",
        help="a matplotlib colour map; its low end is the better resolution (default: jet)",
    )
    parser.add_argument("--level", type=FINITE, metavar="L", help="density at the surface (default: chosen)")
    parser.add_argument("--axis", choices=["z", "y", "x"], default="z", help="normal of the slices (default: z)")
    add_grid_arguments(parser)
    parser.add_argument(
        "-o", "--output", type=folder_name, required=True, metavar="DIR", help="folder to write to; made if missing"
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    names = [HISTOGRAM, SLICES, REPORT] + ([SURFACE, SCRIPT, COLOURS, SHOWN] if args.map else [])
    given = [args.resolution, args.map, args.mask, *args.compare]
    outputs = in_folder(args.output, names)
    return Paths(given, outputs, in_folder(args.output, [REPORT])[0], makes_folders=True)


def run(args: Namespace) -> None:
    """Draws the pictures, writes them and a report."""
    warnings: list[str] = []
    if args.level is not None and not args.map:
        raise InputError("--level is the density at the surface, which needs the density; give it by --map.")
    density = inputs.read_beside(args.map, args, None, warnings) if args.map else None
    quantity, resolution = _read_values(args.resolution, args, density, warnings, args.quantity)
    label = LABELS[quantity]
    if density:
        check_same_grid(density, resolution)
        _check_density(density, resolution, warnings)
    others = [_read_values(path, args, resolution, warnings, quantity)[1].data for path in args.compare]
    if args.range:
        low, high = args.range
        scale = pictures.ColourScale(low, high, args.colour_map)
    else:
        scale = pictures.ColourScale.from_values(resolution.data, args.colour_map)
    folder = Path(args.output)

    maps = dict(zip(short_names([args.resolution, *args.compare]), [resolution.data, *others], strict=True))
    figure = pictures.histogram_figure(maps, scale, label=label, ends=_ends(args.resolution))
    pictures.save_figure(figure, folder / HISTOGRAM)
    grid = density or resolution
    slices = pictures.coloured_slices_figure(
        density.data if density else None,
        resolution.data,
        grid.voxel_size,
        scale,
        args.axis,
        origin=grid.origin,
        label=label,
    )
    pictures.save_figure(slices, folder / SLICES)
    if density:
        level = _surface(density, resolution, scale, args.level, folder, quantity)
    write_report(
        folder / REPORT,
        {
            **report.head(args.command_line),
            "resolution_map": {"path": args.resolution, "quantity": quantity, **report.describe_grid(resolution)},
            "map": args.map,
            "mask": args.mask,
            "compare": args.compare,
            "scale": {"low": scale.low, "high": scale.high, "colour_map": args.colour_map},
            "level": level if density else None,
            **({"warnings": warnings} if warnings else {}),
        },
    )
    messages.print_warnings(warnings)


def _check_density(density: DensityMap, resolution: DensityMap, warnings: list[str]) -> None:
    """Refuses what is no density, though given as ``--map``; warns about what looks like a resolution map."""
    checks.check_density(density)
    inside = resolution.data > 0
    if np.array_equal(density.data[inside], resolution.data[inside]):
        raise InputError(
            f"{density.name} has the values of {resolution.name}, so it is no density; give the density by --map."
        )
    try:
        found = as_resolution(density.like(density.data))[0].data
    except InputError:
        return
    finest = max(2 * min(density.voxel_size) * (1 - 1e-3), 0.25 * float(np.median(found[found > 0])))
    if np.array_equal(found > 0, found >= finest) and not found.all():
        warnings.append(
            f"{density.name} looks like a local resolution map, with no value between 0 and {finest:.3g}; check that "
            "it is the density."
        )


def _surface(
    density: DensityMap,
    resolution: DensityMap,
    scale: pictures.ColourScale,
    level: float | None,
    folder: Path,
    quantity: str,
) -> float:
    """The surface's picture; and its script for ChimeraX, with the maps that it needs. Gives the surface's density."""
    surface = pictures.coloured_surface(
        density.data, resolution.data, density.voxel_size, level, origin=density.origin, name=density.name
    )
    pictures.save_figure(pictures.surface_figure(surface, scale, label=LABELS[quantity]), folder / SURFACE)
    colours = folder / COLOURS
    write_map(colours, density.like(pictures.resolution_for_chimerax(resolution.data)), quantity)
    shown = Path(density.path)
    if shown.suffix.lower() not in CHIMERAX_SUFFIXES or not pictures.can_open(shown, folder / SCRIPT):
        # ChimeraX reads no compressed maps, and not every name
        shown = folder / SHOWN
        write_map(shown, density, density.quantity or labels.DENSITY)
    pictures.write_chimerax_script(
        folder / SCRIPT,
        shown,
        colours,
        density.voxel_size,
        density.origin,
        surface.level,
        scale,
        label=LABELS[quantity],
    )
    return float(surface.level)


def _ends(path: str) -> tuple[float, float] | None:
    """The ends of the method's range, Å, from the report beside a resolution map; None if there is none."""
    try:
        with open(f"{split_map_name(path)[0]}.json", encoding="utf-8") as stream:
            found = json.load(stream)["range"]
        return float(found["low"]), float(found["high"])
    except (InputError, OSError, ValueError, KeyError, TypeError):
        return None


_ENDS = Numbers(FINITE, "LOW,HIGH", (2, 2))


def _range(text: str) -> tuple[float, float]:
    """``LOW,HIGH`` as two floats."""
    low, high = _ENDS(text)
    if not low < high:
        raise ArgumentTypeError(f"{text!r} is no range: its low end comes first")
    return low, high


def _read_values(
    path: str, args: Namespace, like: DensityMap | None, warnings: list[str], quantity: str | None
) -> tuple[str, DensityMap]:
    """A map to be coloured, made 0 outside ``--mask``, and what its values are; of resolutions the outside is found."""
    values = inputs.read_beside(path, args, like, warnings)
    quantity = quantity or values.quantity or labels.RESOLUTION
    if quantity not in LABELS:
        raise InputError(f"{path} is a map of the {quantity}, as its header says; give a local resolution map.")
    if quantity == labels.RESOLUTION:
        values, notes = as_resolution(values)
        warnings += notes
    if args.mask:
        mask = inputs.read_mask_beside(args, values, warnings)
        values = values.like(np.where(mask, values.data, 0))
    if not (values.data > 0).any():
        raise InputError(f"{path} has no value above 0 in the mask; give another map or mask.")
    return quantity, values
