"""``deepres pictures``: histogram, slices, surface and ChimeraX script of a local resolution map."""

import functools
import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from deepreslib import pictures
from deepreslib.analysis import report
from deepreslib.analysis.resolution_map import as_resolution
from deepreslib.commands import inputs, messages
from deepreslib.commands.arguments import add_grid_arguments
from deepreslib.commands.folder import in_folder, short_names
from deepreslib.commands.methods.classes import NAMES
from deepreslib.commands.numbers import FINITE, Numbers, density_name, file_name, folder_name, lower
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report
from deepreslib.maps import DensityMap, check_same_grid, checks, labels, write_map
from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.pictures import votes
from deepreslib.pictures.figures import LABELS

REPORT, HISTOGRAM, SLICES, SURFACE = "pictures.json", "histogram.png", "slices.png", "surface.png"
SCRIPT, COLOURS, SHOWN = "surface.cxc", "surface_resolution.mrc", "surface_map.mrc"
CHIMERAX_SUFFIXES = (".mrc", ".map", ".ccp4")
COLOUR_MAP = "jet"
CLASS_ENDING = "_class"
"""Of the maps of ten classes, which 'deepres estimate' writes beside the report."""
VOTES_NAME, VOTES_REPORT = "votes", "classify.json"
"""The map of three classes of 'deepres classify', and the report beside it."""


@dataclass(frozen=True)
class _Look:
    """How a map is drawn.

    Attributes:
        scale: the colours.
        label: what the keys measure.
        histogram: draws it.
        named: gives the key of a figure its words.
        described: the colours, for the report.
    """

    scale: pictures.ColourScale
    label: str
    histogram: Callable[[], Figure]
    named: Callable[[Figure], Figure]
    described: dict[str, Any]


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument(
        "resolution", type=file_name, metavar="RESOLUTION", help="local resolution map, Å, or map of classes"
    )
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
        metavar="NAME",
        help=f"a matplotlib colour map; its low end is the better resolution (default: {COLOUR_MAP})",
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
    if density:
        check_same_grid(density, resolution)
        _check_density(density, resolution, warnings)
    look = _class_look(args, resolution) if quantity == labels.CLASS else _look(args, quantity, resolution, warnings)
    folder = Path(args.output)

    pictures.save_figure(look.histogram(), folder / HISTOGRAM)
    grid = density or resolution
    slices = pictures.coloured_slices_figure(
        density.data if density else None,
        resolution.data,
        grid.voxel_size,
        look.scale,
        args.axis,
        origin=grid.origin,
        label=look.label,
    )
    pictures.save_figure(look.named(slices), folder / SLICES)
    if density:
        level = _surface(density, resolution, look, args.level, folder, quantity)
    write_report(
        folder / REPORT,
        {
            **report.head(args.command_line),
            "resolution_map": {"path": args.resolution, "quantity": quantity, **report.describe_grid(resolution)},
            "map": args.map,
            "mask": args.mask,
            "compare": args.compare,
            "scale": look.described,
            "level": level if density else None,
            **({"warnings": warnings} if warnings else {}),
        },
    )
    messages.print_warnings(warnings)


def _look(args: Namespace, quantity: str, values: DensityMap, warnings: list[str]) -> _Look:
    """How values on a continuous scale are drawn, those of ``--compare`` with them."""
    others = [_read_values(path, args, values, warnings, quantity)[1].data for path in args.compare]
    colour_map = args.colour_map or COLOUR_MAP
    if args.range:
        low, high = args.range
        scale = pictures.ColourScale(low, high, colour_map)
    else:
        scale = pictures.ColourScale.from_values(values.data, colour_map)
    shown = dict(zip(short_names([args.resolution, *args.compare]), [values.data, *others], strict=True))
    described = {"low": scale.low, "high": scale.high, "colour_map": colour_map}
    ends, label = _ends(args.resolution), LABELS[quantity]
    histogram = functools.partial(pictures.histogram_figure, shown, scale, label=label, ends=ends)
    return _Look(scale, label, histogram, lambda figure: figure, described)


def _class_look(args: Namespace, classes: DensityMap) -> _Look:
    """How the ten classes of 'deepres estimate' are drawn, or the three of 'deepres classify'."""
    for option, value in (("--compare", args.compare), ("--range", args.range), ("--colour-map", args.colour_map)):
        if value:
            raise InputError(f"{option} is for values in Å, and {classes.name} has classes; leave it out.")
    numbers = classes.data
    if not np.isin(numbers, np.arange(len(pictures.TEN_CLASSES.listed) + 1)).all():
        raise InputError(
            f"{classes.name} has other values than the numbers of classes, 0 to {len(pictures.TEN_CLASSES.listed)}; "
            "give a map of classes, or say by --quantity what its values are."
        )
    stem = split_map_name(args.resolution)[0]
    if Path(stem).name == VOTES_NAME and numbers.max() <= len(pictures.VOTES.listed):
        borders = _borders(Path(args.resolution).with_name(VOTES_REPORT))
        return _Look(
            pictures.VOTES,
            votes.LABEL,
            lambda: pictures.votes_histogram_figure(numbers, borders),
            lambda figure: pictures.name_votes(figure, numbers, borders),
            {"classes": pictures.class_names(borders), "colours": pictures.VOTES.listed},
        )
    method = NAMES.get(str(_read_json(f"{stem.removesuffix(CLASS_ENDING)}.json").get("labels")))
    label = f"{LABELS[labels.CLASS]}{f' as by {method}' if method else ''} (Å)"
    counts = [{"voxels": np.count_nonzero(numbers == number)} for number in pictures.TEN_CLASSES.ticks()]
    return _Look(
        pictures.TEN_CLASSES,
        label,
        lambda: pictures.class_histogram_figure(counts, label=label),
        lambda figure: pictures.name_classes(figure, numbers),
        {"classes": pictures.TEN_CLASSES.names, "colours": pictures.TEN_CLASSES.listed},
    )


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
    look: _Look,
    level: float | None,
    folder: Path,
    quantity: str,
) -> float:
    """The surface's picture; and its script for ChimeraX, with the maps that it needs. Gives the surface's density."""
    surface = pictures.coloured_surface(
        density.data, resolution.data, density.voxel_size, level, origin=density.origin, name=density.name
    )
    figure = pictures.surface_figure(surface, look.scale, label=look.label)
    pictures.save_figure(look.named(figure), folder / SURFACE)
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
        look.scale,
        label=look.label,
    )
    return float(surface.level)


def _ends(path: str) -> tuple[float, float] | None:
    """The ends of the method's range, Å, from the report beside a resolution map; None if there is none."""
    try:
        found = _read_json(f"{split_map_name(path)[0]}.json")["range"]
        return float(found["low"]), float(found["high"])
    except (InputError, ValueError, KeyError, TypeError):
        return None


def _borders(path: Path) -> tuple[float, float]:
    """Those of three classes, Å, from the report beside a map of votes; the usual ones if there is none."""
    try:
        first, second = map(float, _read_json(path)["borders"])
    except (ValueError, KeyError, TypeError):
        return BORDERS
    return first, second


def _read_json(path: str | Path) -> dict[str, Any]:
    """A report beside a map; empty if there is none."""
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.load(stream)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
