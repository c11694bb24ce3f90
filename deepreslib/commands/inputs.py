"""The map, the half maps and the mask that a command line names, read and checked."""

from argparse import Namespace
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepreslib import maps
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import DensityMap, checks, half_maps, masks

_SAME_VOXEL_SIZE = 0.01
"""Voxel sizes of a map and its half maps may differ by this share, as programs round them."""


@dataclass
class GivenMaps:
    """What the command line gives to look at.

    Attributes:
        density_map: the map; the half maps' mean if only they are given.
        half_maps: two half maps, or None; the second is matched to the first in scale and amplitudes where they differ.
        warnings: sentences about them that the reader of the result should know.
    """

    density_map: DensityMap
    half_maps: tuple[DensityMap, DensityMap] | None = None
    warnings: list[str] = field(default_factory=list)


def read_maps(args: Namespace) -> GivenMaps:
    """The map and the half maps that the arguments name, checked.

    Args:
        args: with those of ``add_map_arguments`` and ``add_grid_arguments``.

    Returns:
        The maps.

    Raises:
        InputError: no map, one half without the other, unlike grids, a map that cannot be estimated, or half maps that
            do not belong together.
    """
    if bool(args.half1) != bool(args.half2):
        raise InputError(f"{args.half1 or args.half2} is one half map; give both, --half1 and --half2.")
    if not args.map and not args.half1:
        raise InputError("there is no map; give one, or half maps by --half1 and --half2.")
    warnings: list[str] = []
    density_map = read_beside(args.map, args, None, warnings) if args.map else None
    halves = None
    if args.half1:
        half1 = read_beside(args.half1, args, density_map, warnings)
        half2 = read_beside(args.half2, args, density_map or half1, warnings)
        for half in (half1, half2):
            checks.check_estimable(half)
            warnings += maps.check_scale(half)
            _refuse_the_map_itself(density_map, half)
        pair = half_maps.examine(half1, half2, args.threads or -1)
        if density_map is not None:
            _check_same_voxels(density_map, half1)
        halves = pair.maps
        warnings.extend(pair.warnings)
        if density_map is None:
            return GivenMaps(pair.mean, halves, warnings)
    assert density_map, "without a map there are half maps"
    checks.check_estimable(density_map)
    warnings += maps.check_scale(density_map)
    return GivenMaps(density_map, halves, warnings)


def _refuse_the_map_itself(density_map: DensityMap | None, half: DensityMap) -> None:
    """Refuses a map in place of one of its half maps."""
    if density_map is not None and np.array_equal(half.data, density_map.data):
        raise InputError(
            f"{half.name} is the map {density_map.name} itself; give the two half maps that it was made from by "
            "--half1 and --half2."
        )


def _check_same_voxels(density_map: DensityMap, half: DensityMap) -> None:
    """Refuses half maps of another grid than the map's."""
    name, shape, size = density_map.name, density_map.data.shape, density_map.voxel_size
    if half.data.shape != shape:
        raise InputError(
            f"{name} has {maps.format_triple(shape)} voxels and its half map {half.name} "
            f"{maps.format_triple(half.data.shape)}; give the half maps of this map."
        )
    if max(abs(one / other - 1) for one, other in zip(half.voxel_size, size, strict=True)) > _SAME_VOXEL_SIZE:
        raise InputError(
            f"{name} has voxels of {maps.format_triple(size)} Å and its half map {half.name} of "
            f"{maps.format_triple(half.voxel_size)} Å; give the half maps of this map, or --voxel-size for all."
        )


def fsc_within(given: GivenMaps, mask: BoolArray, workers: int | None) -> ShellCorrelation | None:
    """The FSC of the half maps within a mask whose edge is made soft; a line about it is printed.

    Args:
        given: from :func:`read_maps`.
        mask: bool (z, y, x), the molecule.
        workers: threads, None for all.

    Returns:
        The curve, for the report (``half_maps.fsc_report``); None if there are no half maps.
    """
    if given.half_maps is None:
        return None
    curve = half_maps.masked_fsc(*given.half_maps, mask, workers or -1)
    print(half_maps.fsc_line(curve, masked=True))
    return curve


def read_beside(path: str, args: Namespace, like: DensityMap | None, warnings: list[str]) -> DensityMap:
    """A map that is looked at beside another.

    Args:
        path: its file.
        args: with those of ``add_grid_arguments``.
        like: the other map, whose grid it takes if its own header has none.
        warnings: gets what was wrong with the file's header.

    Returns:
        The map.
    """
    density_map = maps.read_map(path, args.voxel_size, args.origin, like)
    warnings += density_map.notes
    if like is not None:
        warnings += checks.axes_warnings(density_map, like)
    return density_map


def read_mask_beside(args: Namespace, like: DensityMap, warnings: list[str]) -> BoolArray:
    """The mask that ``--mask`` names.

    Args:
        args: with ``--mask`` and those of ``add_grid_arguments``.
        like: the map that it belongs to.
        warnings: gets what is strange about it, once.

    Returns:
        The mask, bool (z, y, x).
    """
    mask = maps.read_map(args.mask, args.voxel_size, args.origin, like)
    inside = checks.check_mask(mask, like)
    found = (*mask.notes, *checks.axes_warnings(mask, like), *checks.mask_warnings(mask, like))
    warnings += [text for text in found if text not in warnings]
    return inside


def read_mask(args: Namespace, given: GivenMaps) -> tuple[BoolArray, dict[str, Any]]:
    """The mask that the arguments name, or one made from the density.

    Args:
        args: with those of ``add_mask_arguments`` and ``add_grid_arguments``.
        given: from :func:`read_maps`; it may get further warnings.

    Returns:
        The mask, bool (z, y, x), and what the report holds about it.
    """
    density_map = given.density_map
    if args.mask:
        mask = read_mask_beside(args, density_map, given.warnings)
        origin = {"source": "file", "path": args.mask, "threshold": None}
    elif args.mask_threshold is not None:
        mask = masks.threshold_mask(density_map, args.mask_threshold)
        origin = {"source": "threshold", "path": None, "threshold": args.mask_threshold}
    else:
        mask, threshold = masks.automatic_mask(density_map)
        origin = {"source": "automatic", "path": None, "threshold": float(threshold)}
        print(f"no mask was given: made one of {mask.sum()} voxels from the smoothed density above {threshold:.4g}")
    return mask, origin | {"voxels": int(mask.sum())}
