"""``deepres simulate --gaussian``: a map of Gaussian atoms, as EMAN2's ``pdb2mrc`` and ChimeraX' ``molmap`` make it."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

import numpy as np

from deepreslib import maps, simulation, structures
from deepreslib.analysis import report
from deepreslib.commands import simulate_half_maps
from deepreslib.commands.numbers import ANGSTROM
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.fourier.arrays import FloatArray
from deepreslib.simulation.gaussian_map import electrons


def add_arguments(parser: ArgumentParser) -> None:
    """Adds ``--gaussian``."""
    parser.add_argument(
        "--gaussian",
        type=ANGSTROM,
        metavar="A",
        help="instead of a filter: each atom is a Gaussian exp(-(pi r / A)^2) times its electrons, as EMAN2's pdb2mrc "
        "and ChimeraX' molmap make maps at a resolution A, Å; writes no OUT_resolution.mrc",
    )


def check(args: Namespace) -> None:
    """Refuses options that do not go together.

    Args:
        args: those of ``deepres simulate``.

    Raises:
        InputError: naming the option.
    """
    if args.gaussian is None:
        return
    others = {
        "--half-maps": args.half_maps,
        "--resolution": args.resolution is not None,
        "--region": args.region,
        "--b-factors own": args.b_factors != "none",
        "--add-b": args.add_b,
        **simulate_half_maps.own_options(args),
    }
    for name, is_given in others.items():
        if is_given:
            raise InputError(f"{name} does not go with --gaussian; leave one of the two out.")
    if args.gaussian < args.voxel_size:
        raise InputError(
            f"--gaussian {args.gaussian:g} is finer than a voxel of {args.voxel_size:g} Å, so atoms would fall between "
            "voxels; give a smaller --voxel-size or a coarser resolution."
        )


def write(
    args: Namespace,
    structure: structures.AtomicStructure,
    positions: FloatArray,
    size: int,
    rng: np.random.Generator,
    paths: Mapping[str, str],
) -> None:
    """Simulates and writes the files.

    Args:
        args: those of ``deepres simulate``.
        structure: the structure.
        positions: (n, 3) Å, x y z, of its atoms, from voxel (0, 0, 0).
        size: edge of the box, voxels.
        rng: for the noise.
        paths: of the files, by what is in them: ``full``, ``mask`` and ``report``.
    """
    shape = (size,) * 3
    gaussians = simulation.GaussianMaps(positions, electrons(structure), shape, args.voxel_size, workers=-1)
    data = gaussians.at(args.gaussian)
    mask = simulation.molecular_mask(positions, shape, args.voxel_size)
    if args.noise:
        data = simulation.add_noise(data, mask, args.noise, rng)
    for what, values in {"full": data, "mask": mask}.items():
        grid = maps.DensityMap(np.asarray(values, np.float32), (args.voxel_size,) * 3)
        maps.write_map(paths[what], grid, simulate_half_maps.QUANTITIES[what])
    write_report(
        paths["report"],
        {
            **report.head(args.command_line),
            "structure": {"path": os.fspath(args.structure), "atoms": len(structure)},
            "box": size,
            "voxel_size": args.voxel_size,
            "rotated": args.rotate,
            "seed": args.seed,
            "gaussian": args.gaussian,
            "noise": args.noise,
            "voxels": int(mask.sum()),
        },
    )
    where = f"map of {size}³ voxels of {args.voxel_size:g} Å"
    print(f"{where}, Gaussian atoms at {args.gaussian:g} Å, {mask.sum()} in the mask")
