"""``deepres simulate --half-maps``: two half maps, the full map made from them, mask and local resolution."""

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from deepreslib import maps, structures
from deepreslib.analysis import report, summary
from deepreslib.commands.numbers import ANGSTROM, B_FACTOR, Number
from deepreslib.errors import InputError
from deepreslib.files import write_report
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import labels
from deepreslib.simulation import half_maps
from deepreslib.simulation.disorder import Disorder
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.surroundings import Belt

SOURCES = ("own", "random", "distal", "domain")

QUANTITIES = {
    "half1": labels.HALF_MAP,
    "half2": labels.HALF_MAP,
    "full": labels.DENSITY,
    "mask": labels.MASK,
    "resolution": labels.RESOLUTION,
}
"""What the values of a map are, for its header."""


def add_arguments(parser: ArgumentParser) -> None:
    """Adds ``--half-maps`` and the options that go with it."""
    group = parser.add_argument_group(
        "half maps",
        "With --half-maps two half maps are simulated whose FSC falls to 0.143 at --resolution: atoms blurred by a "
        "smooth field of disorder, solvent, and noise of each half map's own.",
    )
    group.add_argument(
        "--half-maps",
        action="store_true",
        help="write OUT_half1.mrc, OUT_half2.mrc, OUT.mrc (their mean, sharpened), OUT_mask.mrc, OUT_resolution.mrc "
        "(local FSC of the half maps, Å) and OUT.json (global resolution and all parameters)",
    )
    group.add_argument(
        "--spread",
        type=Number(1, 5),
        metavar="R",
        help="resolution of the worst part divided by the best's (default: 1.8)",
    )
    group.add_argument(
        "--disorder",
        metavar="SOURCE,...",
        help="what the disorder comes from: own (B factors of the file), random (a smooth field), distal (distance "
        "from the centre), domain (one that bends); default: own,random,distal",
    )
    group.add_argument("--belt", action="store_true", help="put a belt of detergent around the molecule")
    group.add_argument(
        "--sharpen",
        type=B_FACTOR,
        metavar="B",
        help="B factor of the full map, Å², below 0 sharpens (default: undoes that of the best part); 0 for none",
    )
    group.add_argument("--no-fsc-weight", action="store_true", help="do not weight the full map by the FSC")
    group.add_argument("--low-pass", type=ANGSTROM, metavar="A", help="low-pass filter of the full map, Å")
    group.add_argument("--masked", action="store_true", help="mask the full map softly")


def own_options(args: Namespace) -> dict[str, bool]:
    """The options that go with half maps alone, and whether each is given."""
    return {
        "--spread": args.spread is not None,
        "--disorder": args.disorder is not None,
        "--belt": bool(args.belt),
        "--sharpen": args.sharpen is not None,
        "--no-fsc-weight": args.no_fsc_weight,
        "--low-pass": args.low_pass is not None,
        "--masked": args.masked,
    }


def check(args: Namespace) -> None:
    """Refuses options that do not go together.

    Args:
        args: those of ``deepres simulate``.

    Raises:
        InputError: naming the option.
    """
    given = [name for name, is_given in own_options(args).items() if is_given]
    if given and not args.half_maps:
        raise InputError(f"{given[0]} goes with --half-maps only; give that too, or leave {given[0]} out.")
    if not args.half_maps:
        return
    plain = {"--region": args.region, "--noise": args.noise, "--add-b": args.add_b, "--b-factors": _has_b(args)}
    for name, is_given in plain.items():
        if is_given:
            raise InputError(f"{name} does not go with --half-maps; leave one of them out.")
    if args.resolution is None:
        raise InputError("--half-maps needs a resolution, where their FSC falls to 0.143; give --resolution, in Å.")
    unknown = [name for name in (args.disorder or "own").split(",") if name not in SOURCES]
    if unknown:
        raise InputError(
            f"--disorder {args.disorder}: {unknown[0]!r} is none of {', '.join(SOURCES)}; choose of these."
        )


def outputs(stem: str, suffix: str) -> dict[str, str]:
    """Paths of the files, by what is in them.

    Args:
        stem: the full map's path before its ending.
        suffix: the ending of all maps.
    """
    names = {"half1": "_half1", "half2": "_half2", "full": "", "mask": "_mask", "resolution": "_resolution"}
    return {what: f"{stem}{ending}{suffix}" for what, ending in names.items()} | {"report": f"{stem}.json"}


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
        rng: for noise and disorder.
        paths: from ``outputs``.
    """
    started = time.monotonic()
    settings = _settings(args)
    simulated = half_maps.simulate(structure, positions, size, args.voxel_size, settings, rng, workers=-1)
    like = simulated.full.like
    volumes = {
        "half1": simulated.half1,
        "half2": simulated.half2,
        "full": simulated.full,
        "mask": like(simulated.mask),
        "resolution": like(simulated.local_resolution),
    }
    local = summary.statistics(simulated.local_resolution[simulated.mask])
    content = {
        **report.head(args.command_line),
        "structure": {"path": os.fspath(args.structure), "atoms": len(structure)},
        "box": size,
        "voxel_size": args.voxel_size,
        "rotated": args.rotate,
        "seed": args.seed,
        "settings": settings.as_dict(),
        "global_resolution": round(simulated.global_resolution, 4),
        "local_resolution": local,
        "voxels": int(simulated.mask.sum()),
        "b_factors": {"min": float(simulated.b_factors.min()), "max": float(simulated.b_factors.max())},
        "fsc": {
            "frequency": np.round(simulated.fsc.frequency, 6).tolist(),
            "correlation": np.round(simulated.fsc.correlation, 4).tolist(),
        },
        "seconds": round(time.monotonic() - started, 2),
    }
    for what, density_map in volumes.items():
        maps.write_map(paths[what], density_map, QUANTITIES[what])
    write_report(paths["report"], content)
    print(
        f"half maps of {size}³ voxels of {args.voxel_size:g} Å: FSC 0.143 at {simulated.global_resolution:.2f} Å, "
        f"local resolution {local['percentiles']['5']:.2f} to {local['percentiles']['95']:.2f} Å (median "
        f"{local['median']:.2f} Å)"
    )


def _has_b(args: Namespace) -> bool:
    return args.b_factors != "none"


def _settings(args: Namespace) -> half_maps.HalfMapSettings:
    """The ``HalfMapSettings`` that the options ask for."""
    disorder = Disorder()
    if args.disorder is not None:
        sources = args.disorder.split(",")
        weights: dict[str, Any] = {name: float(name in sources) for name in SOURCES}
        disorder = replace(disorder, **weights)
    if args.spread is not None:
        disorder = replace(disorder, spread=args.spread)
    sharpening = -disorder.steepness * args.resolution**2 if args.sharpen is None else args.sharpen
    return half_maps.HalfMapSettings(
        resolution=args.resolution,
        disorder=disorder,
        belt=Belt() if args.belt else None,
        finish=Finish(
            b_factor=sharpening,
            fsc_weighted=not args.no_fsc_weight,
            low_pass=args.low_pass,
            mask_growth=5.0 if args.masked else None,
        ),
    )
