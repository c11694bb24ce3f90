"""``deepres annotate``: local resolution at the atoms and residues of a structure."""

import os
import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

import numpy as np

from deepreslib import pictures
from deepreslib.analysis import annotation, report
from deepreslib.commands import inputs, messages
from deepreslib.commands.arguments import add_grid_arguments
from deepreslib.commands.numbers import file_name
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.structures import attributes


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument("structure", type=file_name, metavar="STRUCTURE", help="PDB or mmCIF file, also .gz or .bz2")
    parser.add_argument(
        "resolution", type=file_name, metavar="RESOLUTION", help="local resolution map, Å, 0 outside the mask"
    )
    parser.add_argument(
        "--mask",
        type=file_name,
        metavar="MASK",
        help="mask on the map's grid; for resolution maps of programs that do not write 0 outside it",
    )
    parser.add_argument(
        "--reach",
        type=_reach,
        default=annotation.REACH,
        metavar="A",
        help="atoms outside the mask take the value of its nearest voxel within this distance, Å; others get none "
        f"(default: {annotation.REACH:g})",
    )
    parser.add_argument(
        "--attribute",
        type=_name,
        default="local_resolution",
        metavar="NAME",
        help="name of the residues' attribute; the atoms' is NAME_atoms (default: local_resolution)",
    )
    add_grid_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=file_name,
        required=True,
        metavar="OUT.cif",
        help="the structure with the attributes; OUT.defattr and OUT.cxc (for ChimeraX), OUT.json (table and "
        "statistics) and OUT.png (plot along the chains; OUT_2.png ... if there are many) are written beside it",
    )


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    outputs = _outputs(args)
    return Paths([args.structure, args.resolution, args.mask], list(outputs.values()), outputs["json"], outputs["png"])


def run(args: Namespace) -> None:
    """Annotates the structure, writes the files, prints the numbers."""
    outputs = _outputs(args)
    for ending in ("cif", "defattr"):
        pictures.check_name(outputs[ending], outputs["cxc"])
    sites = attributes.read_atom_sites(args.structure)
    warnings: list[str] = []
    resolution = inputs.read_beside(args.resolution, args, None, warnings)
    if args.mask:
        mask = inputs.read_mask_beside(args, resolution, warnings)
        resolution = resolution.like(np.where(mask, resolution.data, 0))
    result = annotation.annotate(resolution, sites, args.reach)
    chains = annotation.by_chain(result.residues)
    scale = pictures.ColourScale.from_values(np.array([residue.resolution for residue in result.residues]))
    names = (pictures.shortened(os.path.basename(path)) for path in (args.structure, args.resolution))
    figures = pictures.residue_figures(chains, scale, title=", ".join(names))

    resolutions = [
        attributes.Attribute(
            args.attribute,
            "residues",
            [residue.specifier for residue in result.residues],
            np.array([residue.resolution for residue in result.residues]),
        ),
        attributes.Attribute(args.attribute + attributes.ATOMS_ENDING, "atoms", sites.specifiers, result.atoms),
    ]
    numbers = annotation.report(result)
    content = {
        **report.head(args.command_line),
        "structure": {"path": args.structure, "models": sites.models},
        "resolution_map": {
            "path": args.resolution,
            **report.describe_grid(resolution),
            "mask": args.mask,
        },
        "reach": args.reach,
        "attributes": {attribute.recipient: attribute.name for attribute in resolutions},
        **numbers,
    }
    attributes.write_mmcif(outputs["cif"], sites, resolutions)
    comment = f"Local resolution in Å of {args.structure}"
    warnings += [*result.warnings, *attributes.write_defattr(outputs["defattr"], resolutions, comment)]
    pictures.write_chimerax_structure_script(
        outputs["cxc"], outputs["cif"], outputs["defattr"], args.attribute, "residues", scale
    )
    stem, _ = os.path.splitext(args.output)
    pages = [outputs["png"], *(f"{stem}_{page}.png" for page in range(2, len(figures) + 1))]
    for figure, path in zip(figures, pages, strict=True):
        pictures.save_figure(figure, path)
    write_report(outputs["json"], content | ({"warnings": warnings} if warnings else {}))
    _print(args, sites, numbers)
    messages.print_warnings(warnings)


def _outputs(args: Namespace) -> dict[str, str]:
    """The files that are written, by the endings of their names."""
    stem, suffix = os.path.splitext(args.output)
    if suffix != ".cif":
        raise InputError(f"{args.output}: the name of an annotated structure ends in .cif; write {stem or 'OUT'}.cif.")
    return {ending: f"{stem}.{ending}" for ending in ("cif", "defattr", "cxc", "json", "png")}


def _print(args: Namespace, sites: attributes.AtomSites, numbers: dict[str, Any]) -> None:
    """Prints the numbers."""
    if sites.models > 1:
        print(f"{args.structure} holds {sites.models} models; only the first was annotated and written")
    atoms, residues = numbers["atoms"], numbers["residues"]
    for name, chain in numbers["chains"].items():
        median = f"median {chain['resolution']['median']:.2f} Å" if chain["resolution"] else "no value"
        print(f"chain {pictures.shortened(name)}: {median}, {chain['assigned']} of {chain['count']} residues")
    print(
        f"local resolution at {residues['assigned']} of {residues['count']} residues, "
        f"{atoms['assigned']} of {atoms['count']} atoms: median {residues['resolution']['median']:.2f} Å, "
        f"{residues['resolution']['min']:.2f} to {residues['resolution']['max']:.2f} Å"
    )


def _reach(text: str) -> float:
    """A distance of 0 Å or more."""
    try:
        reach = float(text)
    except ValueError:
        reach = -1.0
    if not 0 <= reach < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a distance in Å")
    return reach


def _name(text: str) -> str:
    """A name that mmCIF and ChimeraX take for an attribute."""
    if not re.fullmatch("[a-z][a-zA-Z0-9_]*", text):
        raise ArgumentTypeError(
            f"{text!r} is no name of an attribute: letters, digits and underscores, a small letter first"
        )
    return text
