"""``deepres compare``: local resolution maps against a reference, and their consensus."""

import itertools
import re
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepreslib import maps, pictures
from deepreslib.analysis import comparison, report
from deepreslib.analysis.resolution_map import BACKGROUND, as_resolution
from deepreslib.commands import inputs, messages
from deepreslib.commands.arguments import add_grid_arguments
from deepreslib.commands.folder import in_folder, short_names
from deepreslib.commands.numbers import FINITE, Number, density_name, file_name, folder_name
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import DensityMap, checks
from deepreslib.maps.labels import COUNT as COUNT_QUANTITY
from deepreslib.maps.labels import DIFFERENCE, RESOLUTION
from deepreslib.maps.labels import SPREAD as SPREAD_QUANTITY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT, CONSENSUS, SPREAD, COUNT = "compare.json", "consensus.mrc", "spread.mrc", "count.mrc"
PICTURES = ("histogram.png", "agreement.png", "consensus.png", "spread.png")
QUANTITIES = {CONSENSUS: RESOLUTION, SPREAD: SPREAD_QUANTITY, COUNT: COUNT_QUANTITY}


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument(
        "maps",
        nargs="+",
        type=file_name,
        metavar="RESOLUTION",
        help="two or more local resolution maps, Å, on one grid",
    )
    parser.add_argument(
        "--mask",
        type=file_name,
        metavar="MASK",
        help="mask on their grid, 1 inside; default: the voxels where there is a consensus",
    )
    parser.add_argument(
        "--reference", metavar="MAP", help="the map to compare with: its number, from 1, or label (default: the first)"
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL",
        help="what to call the maps, in their order (default: their files' names)",
    )
    parser.add_argument(
        "--background",
        nargs="*",
        type=FINITE,
        default=BACKGROUND,
        metavar="A",
        help="values that mean 'no resolution here', left out of everything, like all that are not above 0 "
        "(default: 0 100)",
    )
    parser.add_argument(
        "--share",
        type=Number(0.001, 1),
        default=1.0,
        metavar="S",
        help="share of the maps, 0 to 1, that must have a value where there is to be a consensus (default: 1, all of "
        f"them; with fewer the consensus may step where a map ends); {COUNT} says how many have one",
    )
    parser.add_argument(
        "--map", type=density_name, metavar="MAP", help="the density on the same grid, shown grey behind the slices"
    )
    add_grid_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=folder_name,
        required=True,
        metavar="DIR",
        help=f"folder for {REPORT}, {CONSENSUS}, {SPREAD}, {COUNT}, difference_*.mrc and the pictures; made if missing",
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    labels = _labels(args)
    differences = _differences(labels, _reference(args.reference, labels)).values()
    names = [CONSENSUS, SPREAD, COUNT, *PICTURES, *differences, *map(_picture, differences), REPORT]
    given = [*args.maps, args.mask, args.map]
    outputs = in_folder(args.output, names)
    return Paths(given, outputs, in_folder(args.output, [REPORT])[0], makes_folders=True)


def run(args: Namespace) -> None:
    """Compares the maps, prints a table, writes a report, maps and pictures."""
    started = time.monotonic()
    labels = _labels(args)
    reference = _reference(args.reference, labels)
    warnings: list[str] = []
    density = inputs.read_beside(args.map, args, None, warnings) if args.map else None
    grid = inputs.read_beside(args.maps[0], args, density, warnings)
    resolutions = [grid, *(inputs.read_beside(path, args, grid, warnings) for path in args.maps[1:])]
    for other in resolutions[1:]:
        checks.check_same_grid(other, grid)
    mask = inputs.read_mask_beside(args, grid, warnings) if args.mask else None
    if density:
        checks.check_same_grid(density, grid)
    data = {}
    for label, resolution in zip(labels, resolutions, strict=True):
        cleaned, notes = as_resolution(resolution, args.background)
        data[label] = cleaned.data
        warnings += notes
    warnings += _same_values(data)
    result = comparison.compare(data, mask, reference, args.background, args.share)

    folder = Path(args.output)
    differences = _differences(labels, reference)
    figures = _figures(result, grid, density, differences)
    content = {
        **report.head(args.command_line),
        "mask": {"source": "file" if args.mask else "common", "path": args.mask, "voxels": int(result.mask.sum())},
        "background": list(args.background),
        "share": args.share,
        **result.report(),
        **({"warnings": warnings} if warnings else {}),
    }
    for numbers, path in zip(content["maps"], args.maps, strict=True):
        numbers |= {"path": path, "difference": differences.get(numbers["label"])}
    _print(content)

    volumes = {CONSENSUS: result.consensus, SPREAD: result.spread, COUNT: result.counts.astype(np.float32)}
    volumes |= {name: result.agreements[label].difference for label, name in differences.items()}
    for name, values in volumes.items():
        maps.write_map(folder / name, grid.like(values), QUANTITIES.get(name, DIFFERENCE))
    for name, draw in figures.items():
        pictures.save_figure(draw(), folder / name)
    content["seconds"] = {"total": round(time.monotonic() - started, 2)}
    write_report(folder / REPORT, content)
    messages.print_warnings(warnings)


def _figures(
    result: comparison.Comparison, grid: DensityMap, density: DensityMap | None, differences: Mapping[str, str]
) -> "dict[str, Callable[[], Figure]]":
    """File name → function that draws the figure."""
    behind = density.data if density else None
    voxel_size, origin = grid.voxel_size, grid.origin

    def consensus() -> "Figure":
        scale = pictures.ColourScale.from_values(result.consensus)
        return pictures.coloured_slices_figure(
            behind, result.consensus, voxel_size, scale, origin=origin, title="consensus"
        )

    def difference(label: str) -> "Callable[[], Figure]":
        return lambda: pictures.difference_figure(result, label, voxel_size, behind, origin=origin)

    return {
        "histogram.png": lambda: pictures.histogram_figure(result.values),
        "agreement.png": lambda: pictures.agreement_figure(result),
        "consensus.png": consensus,
        "spread.png": lambda: pictures.spread_figure(result, voxel_size, behind, origin=origin),
        **{_picture(name): difference(label) for label, name in differences.items()},
    }


def _labels(args: Namespace) -> list[str]:
    """The maps' labels, all different."""
    if args.labels is None:
        return short_names(args.maps)
    if len(args.labels) != len(args.maps):
        raise InputError(f"there are {len(args.maps)} maps and {len(args.labels)} --labels; give one for each map.")
    if len(set(args.labels)) < len(args.labels):
        raise InputError(f"--labels {' '.join(args.labels)}: two maps have the same; give each its own.")
    return args.labels


def _reference(text: str | None, labels: Sequence[str]) -> str | None:
    """The label that ``--reference`` means."""
    if text is None or text in labels:
        return text
    if text.isdecimal() and len(text) < 10 and 1 <= int(text) <= len(labels):
        return labels[int(text) - 1]
    raise InputError(
        f"--reference {text} is none of the maps; give a number from 1 to {len(labels)}, or one of {', '.join(labels)}."
    )


def _differences(labels: Sequence[str], reference: str | None) -> dict[str, str]:
    """Label → name of the map of its difference from the reference, for every map but the reference."""
    others = [label for label in labels if label != (labels[0] if reference is None else reference)]
    return {label: f"difference_{name}.mrc" for label, name in _file_names(others).items()}


def _picture(name: str) -> str:
    """The name of the picture of a map."""
    return name.replace(".mrc", ".png")


def _same_values(data: Mapping[str, FloatArray]) -> list[str]:
    """A sentence about each pair of maps that are one and the same."""
    return [
        f"the maps {one} and {other} hold the same values, so their agreement says nothing; check that both are meant."
        for one, other in itertools.combinations(data, 2)
        if np.array_equal(data[one], data[other])
    ]


def _file_names(labels: Iterable[str]) -> dict[str, str]:
    """Label → a form of it that is safe in a file name, all different."""
    names: dict[str, str] = {}
    for number, label in enumerate(labels, 1):
        name = re.sub(r"[^\w.-]+", "_", label).strip("_.") or str(number)
        while name in names.values():
            name = f"{name}_{number}"
        names[label] = name
    return names


def _print(content: dict[str, Any]) -> None:
    """Prints the table of numbers, in columns."""
    count = comparison.maps_text(content)
    where = "of the mask" if content["mask"]["source"] == "file" else f"where {count} a value (no mask was given)"
    print(f"compared within {content['voxels']:,} voxels {where}; in Å, the last four columns against the reference")
    rows = [[messages.one_line(text) for text in row] for row in comparison.table_rows(content)]
    rows.insert(0, list(comparison.TABLE_HEADER))
    widths = [max(len(row[column]) for row in rows) for column in range(len(comparison.TABLE_HEADER))]
    for first, *rest in rows:
        print("  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip())
    print(f"consensus at {content['consensus']['voxels']:,} voxels, where {count} a value; {COUNT} counts the maps")
