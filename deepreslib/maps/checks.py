"""Refusals made before any work: one sentence each, naming the file, the fault and the mend."""

import math
from collections.abc import Sequence

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps.density_map import DensityMap, check_finite, format_triple, is_sane_voxel_size

ANISOTROPY_TOLERANCE = 0.01
MASK_THRESHOLD = 0.5

_ANGLE_TOLERANCE = 0.1
_SAME_VOXEL_SIZE = 1e-3
_SAME_ORIGIN = 0.1
_NEVER_SET = (1.0, 1.0, 1.0)


def check_estimable(density_map: DensityMap, window: float | None = None, coarsest: float | None = None) -> None:
    """Refuse a map whose local resolution cannot be estimated.

    Args:
        density_map: the map; voxel sizes that differ by less than 1 % between axes are tolerated.
        window: Å, edge of the window that the method looks through; every axis must be at least as long.
        coarsest: Å, the coarsest resolution of the method's range; twice the voxel size must be finer.

    Raises:
        InputError: if the map has NaN or infinite values, is constant, has an absurd or anisotropic voxel size, a
            cell that is not orthogonal, or is too small or too coarse for the method.
    """
    name, data, voxel_size = density_map.name, density_map.data, density_map.voxel_size
    if not is_sane_voxel_size(voxel_size):
        raise InputError(f"{name} has a voxel size of {format_triple(voxel_size)} Å; give --voxel-size.")
    if any(abs(angle - 90) > _ANGLE_TOLERANCE for angle in density_map.header.cell_angles):
        angles = ", ".join(f"{angle:g}" for angle in density_map.header.cell_angles)
        raise InputError(f"{name} has a cell that is not orthogonal (angles {angles}); give a single-particle map.")
    if max(voxel_size) / min(voxel_size) - 1 >= ANISOTROPY_TOLERANCE:
        raise InputError(
            f"{name} has an anisotropic voxel size, {format_triple(voxel_size)} Å in x, y and z; "
            "resample it to one voxel size or give --voxel-size."
        )
    if window is not None:
        lengths = [count * size for count, size in zip(data.shape, voxel_size, strict=True)]
        if min(lengths) < window:
            raise InputError(
                f"{name} is too small, {format_triple(lengths)} Å along x, y and z; "
                f"give a map of at least {window:g} Å along each."
            )
    if coarsest is not None and 2 * max(voxel_size) >= coarsest:
        raise InputError(
            f"{name} is too coarse: with a voxel size of {max(voxel_size):.4g} Å nothing finer than "
            f"{2 * max(voxel_size):.4g} Å can be resolved, and this range ends at {coarsest:g} Å; give a finer map."
        )
    check_finite(data, name)
    if data.min() == data.max():
        raise InputError(f"{name} is constant, every voxel is {data.flat[0]:g}; give a map with density.")


def check_mask(mask: DensityMap, density_map: DensityMap) -> BoolArray:
    """The voxels of a mask, binary or soft, that belongs to a map.

    A voxel belongs to the mask where its value is above 0.5. The mask must have the map's shape, and its voxel size
    within 1 %. But programs that do not know the voxel size write exactly 1 Å; then only the shape is compared. The
    origin is not compared: masks often come without one, and shape and voxel size show well enough that mask and map
    belong together.

    Args:
        mask: above 0.5 inside.
        density_map: the map it belongs to.

    Returns:
        Boolean array of the map's shape, (z, y, x).

    Raises:
        InputError: if shape or voxel size differ or no voxel is above 0.5.
    """
    if mask.data.shape != density_map.data.shape:
        raise InputError(
            f"the mask {mask.name} has {_format_shape(mask)} voxels and {density_map.name} has "
            f"{_format_shape(density_map)} (x × y × z); give a mask on the map's grid."
        )
    never_set = mask.voxel_size == _NEVER_SET
    if not never_set and not _close(mask.voxel_size, density_map.voxel_size, ANISOTROPY_TOLERANCE):
        raise InputError(
            f"the mask {mask.name} has a voxel size of {format_triple(mask.voxel_size)} Å and {density_map.name} of "
            f"{format_triple(density_map.voxel_size)} Å; give a mask on the map's grid, or --voxel-size."
        )
    inside = mask.data > MASK_THRESHOLD
    if not inside.any():
        raise InputError(
            f"the mask {mask.name} is empty, its highest value is {mask.data.max():g} and none is above "
            f"{MASK_THRESHOLD:g}; give a mask that is 1 inside."
        )
    return inside


def check_half_maps(half1: DensityMap, half2: DensityMap) -> None:
    """Refuse half maps that differ in shape, voxel size (by 0.1 %) or origin (by a tenth of a voxel).

    Args:
        half1: one half map.
        half2: the other.

    Raises:
        InputError: naming both files and what differs.
    """
    both = f"the half maps {half1.name} and {half2.name} differ in"
    mend = "give two half maps of one refinement."
    if half1.data.shape != half2.data.shape:
        raise InputError(f"{both} shape, {_format_shape(half1)} and {_format_shape(half2)} (x × y × z); {mend}")
    if not _close(half1.voxel_size, half2.voxel_size, _SAME_VOXEL_SIZE):
        sizes = f"{format_triple(half1.voxel_size)} and {format_triple(half2.voxel_size)} Å"
        raise InputError(f"{both} voxel size, {sizes}; {mend}")
    if math.dist(half1.origin, half2.origin) > _SAME_ORIGIN * min(half1.voxel_size):
        origins = f"({format_triple(half1.origin)}) and ({format_triple(half2.origin)}) Å"
        raise InputError(f"{both} origin, {origins}; {mend}")


def check_same_grid(other: DensityMap, reference: DensityMap) -> None:
    """Refuse a map that differs from another in shape or, by more than 1 %, in voxel size; origins are not compared.

    Args:
        other: the map that may be refused.
        reference: the map whose grid it should have.

    Raises:
        InputError: naming both files and what differs.
    """
    if other.data.shape != reference.data.shape:
        raise InputError(
            f"{other.name} has {_format_shape(other)} voxels and {reference.name} has {_format_shape(reference)} "
            "(x × y × z); give maps on one grid."
        )
    if not _close(other.voxel_size, reference.voxel_size, ANISOTROPY_TOLERANCE):
        raise InputError(
            f"{other.name} has a voxel size of {format_triple(other.voxel_size)} Å and {reference.name} of "
            f"{format_triple(reference.voxel_size)} Å; give maps on one grid, or --voxel-size."
        )


def _close(one: Sequence[float], other: Sequence[float], tolerance: float) -> bool:
    return all(abs(a - b) <= tolerance * b for a, b in zip(one, other, strict=True))


def _format_shape(density_map: DensityMap) -> str:
    return " × ".join(str(count) for count in density_map.data.shape[::-1])
