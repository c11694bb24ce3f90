"""``deepres simulate``: a map, or two half maps, from an atomic structure, its mask and its true local resolution.

With ``--gaussian`` it is a map of Gaussian atoms, as EMAN2's ``pdb2mrc`` makes it.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

import numpy as np

from deepreslib import maps, memory, simulation, structures
from deepreslib.analysis import report
from deepreslib.commands import messages, simulate_gaussian, simulate_half_maps
from deepreslib.commands.numbers import ANGSTROM, B_FACTOR, SEED, VOXEL_SIZE, Number, file_name
from deepreslib.commands.paths import Paths
from deepreslib.errors import InputError
from deepreslib.files import split_map_name, write_report
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import IntArray

_BYTES = {False: 60, True: 76}
"""Bytes of memory for each voxel of the box, without and with half maps, as measured at 200³ and 300³."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the subcommand's arguments."""
    parser.add_argument("structure", type=file_name, metavar="STRUCTURE", help="PDB or mmCIF file, also .gz")
    parser.add_argument(
        "--resolution",
        type=ANGSTROM,
        metavar="A",
        help="low-pass filter at this resolution, or that of the half maps, Å",
    )
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        metavar="SELECTION=A",
        help="filter a region at its own resolution, e.g. A=3.0 or A:1-120,B=5; repeat it; atoms in "
        "no region take --resolution",
    )
    simulate_gaussian.add_arguments(parser)
    parser.add_argument("--voxel-size", type=VOXEL_SIZE, default=1.0, metavar="A", help="Å (default: 1)")
    parser.add_argument(
        "--box",
        type=Number(8, 2048, "voxels", whole=True),
        metavar="N",
        help="edge in voxels (default: the structure and 15 Å around)",
    )
    parser.add_argument(
        "--b-factors",
        choices=["none", "own"],
        default="none",
        help="of the atoms: none (at rest, as in the DeepRes paper; default) or the file's own",
    )
    parser.add_argument(
        "--add-b",
        type=B_FACTOR,
        default=0.0,
        metavar="B",
        help="B factor applied to the map, Å²; positive blurs, negative sharpens",
    )
    parser.add_argument(
        "--noise",
        type=Number(0, 1e6),
        default=0.0,
        metavar="S",
        help="SD of white Gaussian noise, in units of the density's SD inside the mask (default: 0)",
    )
    parser.add_argument("--rotate", action="store_true", help="rotate at random (by --seed)")
    parser.add_argument("--seed", type=SEED, default=1, help="of rotation and noise (default: 1)")
    parser.add_argument(
        "-o",
        "--output",
        type=file_name,
        required=True,
        metavar="OUT.mrc",
        help="the map; OUT_mask.mrc, OUT_resolution.mrc (the truth, Å) and OUT.json (report) are written beside it",
    )
    simulate_half_maps.add_arguments(parser)


def paths(args: Namespace) -> Paths:
    """The files that are read and written."""
    outputs = _outputs(args)
    return Paths([args.structure], list(outputs.values()), outputs["report"])


def run(args: Namespace) -> None:
    """Simulates and writes the files."""
    outputs = _outputs(args)
    simulate_gaussian.check(args)
    simulate_half_maps.check(args)
    structure = structures.read_structure(args.structure)
    if not args.half_maps and args.gaussian is None:
        labels, resolutions = _regions(args, structure)
    rng = np.random.default_rng(args.seed)
    size = args.box or simulation.box_size(structure, args.voxel_size)
    memory.check(
        _BYTES[args.half_maps] * size**3,
        f"a map of {size}³ voxels",
        mend="give a smaller --box or a larger --voxel-size",
    )
    shape = (size,) * 3
    rotation = structures.random_rotation(rng) if args.rotate else None
    positions = simulation.placed(structure, shape, args.voxel_size, rotation)
    if np.any(positions < 0) or np.any(positions > (size - 1) * args.voxel_size):
        raise InputError(f"--box {size}: too small for {args.structure}; give a larger box or leave it out.")
    if args.half_maps:
        simulate_half_maps.write(args, structure, positions, size, rng, outputs)
        return
    if args.gaussian is not None:
        simulate_gaussian.write(args, structure, positions, size, rng, outputs)
        return
    b_factors = structure.b_factors if args.b_factors == "own" else None
    warnings = []
    if b_factors is not None and not b_factors.any():
        warnings.append(f"{args.structure} has no B factors, or all are 0, so its atoms were taken to be at rest.")
    data, truth, mask = simulation.regional_map(
        structure, positions, shape, args.voxel_size, labels, resolutions, b_factors
    )
    if args.add_b:
        data = filters.apply_b_factor(data, args.voxel_size, args.add_b)
    if args.noise:
        data = simulation.add_noise(data, mask, args.noise, rng)
    for what, values in {"full": data, "mask": mask, "resolution": truth}.items():
        grid = maps.DensityMap(np.asarray(values, np.float32), (args.voxel_size,) * 3)
        maps.write_map(outputs[what], grid, simulate_half_maps.QUANTITIES[what])
    write_report(
        outputs["report"],
        {
            **report.head(args.command_line),
            "structure": {"path": args.structure, "atoms": len(structure)},
            "box": size,
            "voxel_size": args.voxel_size,
            "rotated": args.rotate,
            "seed": args.seed,
            "resolutions": resolutions,
            "voxels": int(mask.sum()),
            **({"warnings": warnings} if warnings else {}),
        },
    )
    messages.print_warnings(warnings)
    print(f"map of {size}³ voxels of {args.voxel_size:g} Å, {mask.sum()} in the mask")


def _outputs(args: Namespace) -> dict[str, str]:
    """Paths of the files that are written, by what is in them."""
    outputs = simulate_half_maps.outputs(*split_map_name(args.output))
    if args.half_maps:
        return outputs
    kept = ("full", "mask", "report") if args.gaussian is not None else ("full", "mask", "resolution", "report")
    return {what: outputs[what] for what in kept}


def _regions(args: Namespace, structure: structures.AtomicStructure) -> tuple[IntArray, list[float]]:
    """Region number of each atom, and the resolution of each region."""
    if not args.region and args.resolution is None:
        raise InputError("there is no resolution to filter at; give --resolution, in Å, or --region.")
    names, resolutions = [], []
    for region in args.region:
        name, separator, number = region.rpartition("=")
        try:
            resolutions.append(ANGSTROM(number))
        except ArgumentTypeError:
            separator = ""
        if not separator or not name.strip(" ,:"):
            raise InputError(f"--region {region}: not a region; write SELECTION=RESOLUTION, e.g. A:1-120=3.5.")
        names.append(name)
    labels = structures.region_labels(structure, names)
    if (labels < 0).any():
        if args.resolution is None:
            raise InputError(f"{args.structure}: some atoms are in no region; give --resolution for them.")
        labels[labels < 0] = len(resolutions)
        resolutions.append(args.resolution)
    nyquist = 2 * args.voxel_size
    if min(resolutions) < nyquist:
        raise InputError(
            f"resolution {min(resolutions):g} Å is finer than twice the voxel size, {nyquist:g} Å; "
            "give a smaller --voxel-size or a coarser resolution."
        )
    return labels, resolutions
