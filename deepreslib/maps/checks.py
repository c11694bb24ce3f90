"""Refusals made before any work: one sentence each, naming the file, the fault and the mend."""

import math
from collections.abc import Sequence

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple
from deepreslib.maps.density_map import DensityMap, check_finite, format_triple, is_sane_voxel_size
from deepreslib.maps.labels import DENSITY, HALF_MAP

ANISOTROPY_TOLERANCE = 0.01
MASK_THRESHOLD = 0.5

SMALLEST_SHARE = 0.001
"""A mask that covers less of the box is no molecule."""

SMALLEST_VOLUME = 500.0
"""Å³; a mask of less is no molecule."""

LARGEST_SHARE = 0.9
"""A mask that covers more of the box leaves too little solvent."""

_BEYOND_A_MASK = 0.2
_PLATEAU, _LEAST_PLATEAU = 0.8, 0.12
_MOST_FACES, _NEARLY_ALL_FACES = 0.5, 0.9
_HIGHER, _CLEARLY_HIGHER, _MUCH_MORE_VARIED = 0.05, 0.3, 1.15
_FITS_WORSE = 0.9
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
        InputError: if the map's header says that it is no density, or the map has NaN or infinite values, is constant
            or a mask, has an absurd or anisotropic voxel size, a cell that is not orthogonal, or is too small or too
            coarse for the method.
    """
    name, data, voxel_size = density_map.name, density_map.data, density_map.voxel_size
    _check_quantity(density_map)
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
    _check_varied(density_map)


def check_density(density_map: DensityMap) -> None:
    """Refuse what is certainly no density, to be shown and not to be estimated.

    Args:
        density_map: the map.

    Raises:
        InputError: if its header names another quantity, or it is constant or a mask.
    """
    _check_quantity(density_map)
    _check_varied(density_map)


def _check_quantity(density_map: DensityMap) -> None:
    """Refuse a map whose header says that it is no density."""
    if density_map.quantity not in ("", DENSITY, HALF_MAP):
        raise InputError(
            f"{density_map.name} is a map of the {density_map.quantity}, as its header says, and not of the density; "
            "give the map it was made from."
        )


def _check_varied(density_map: DensityMap) -> None:
    """Refuse a map that is constant or a mask."""
    name, data = density_map.name, density_map.data
    if data.min() == data.max():
        raise InputError(f"{name} is constant, every voxel is {data.flat[0]:g}; give a map with density.")
    if _is_mask(data):
        raise InputError(
            f"{name} is a mask, {data.min():g} outside and {data.max():g} inside, and no density; give the map, and "
            "the mask by --mask."
        )


def _is_mask(data: FloatArray) -> bool:
    """Whether all voxels are 0 or one other value; or go from 0 to 1 and many are exactly 1, as a soft mask's."""
    high = data.max()
    at_high = sum(int(np.count_nonzero(section == high)) for section in data)
    if data.min() != 0 or at_high < SMALLEST_SHARE * data.size:
        return False
    return bool(high == 1) or at_high + sum(int(np.count_nonzero(section == 0)) for section in data) == data.size


def check_mask(mask: DensityMap, density_map: DensityMap) -> BoolArray:
    """The voxels of a mask, binary or soft, that belongs to a map.

    A voxel belongs to the mask where its value is above 0.5. The mask must have the map's shape, and its voxel size
    within 1 %. But programs that do not know the voxel size write exactly 1 Å; then only the shape is compared. The
    origin is not compared: masks often come without one, and shape and voxel size show well enough that mask and map
    belong together. :func:`mask_warnings` says what is strange but can be used.

    Args:
        mask: above 0.5 inside.
        density_map: the map it belongs to.

    Returns:
        Boolean array of the map's shape, (z, y, x).

    Raises:
        InputError: if shape or voxel size differ, no voxel is above 0.5 or every one, or the mask is inverted, 1
            outside the molecule and 0 in it.
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
    if inside.all():
        lowest, highest = float(mask.data.min()), float(mask.data.max())
        values = f"its values go from {lowest:g} to {highest:g}" if lowest < highest else f"it is {lowest:g} everywhere"
        raise InputError(
            f"the mask {mask.name} covers the whole box, {values}; give a mask that is 1 inside and 0 outside."
        )
    if _is_inverted(inside, density_map):
        raise InputError(
            f"the mask {mask.name} is inverted, it covers the faces of the box and leaves out the density of "
            f"{density_map.name}; give 1 minus the mask."
        )
    return inside


def mask_warnings(mask: DensityMap, density_map: DensityMap) -> tuple[str, ...]:
    """Sentences about a mask that can be used, but is strange.

    It covers very little or nearly all of the box, has the values of a density, or lies elsewhere than the map. A mask
    without a place, which has its voxel (0, 0, 0) at 0, is not called strange: many programs write masks so.

    Args:
        mask: one that :func:`check_mask` takes.
        density_map: the map it belongs to.

    Returns:
        No, one or several sentences.
    """
    name = f"the mask {mask.name}"
    sentences = mask_size_warnings(mask.data > MASK_THRESHOLD, density_map.voxel_size, name)
    if mask.quantity in (DENSITY, HALF_MAP) or _has_values_of_a_density(mask.data):
        sentences += (
            f"{name} looks like a density, with values from {mask.data.min():.4g} to {mask.data.max():.4g}; its voxels "
            f"above {MASK_THRESHOLD:g} were taken; give a mask that is 1 inside and 0 outside, or --mask-threshold.",
        )
    distances = np.abs(np.subtract(mask.origin, density_map.origin)) / density_map.voxel_size
    if any(mask.origin) and distances.max() > 1:
        sentences += (
            f"{name} begins at ({_format_position(mask)}) Å and {density_map.name} at ({_format_position(density_map)})"
            " Å (x, y, z); it was used voxel by voxel, as if it began where the map does; check that it belongs to it.",
        )
    return sentences


def mask_size_warnings(inside: BoolArray, voxel_size: Triple, name: str) -> tuple[str, ...]:
    """A sentence about a mask, given or found, that covers too little or too much to be a molecule.

    Args:
        inside: bool (z, y, x).
        voxel_size: Å (z, y, x).
        name: of the mask, the beginning of the sentence.

    Returns:
        One sentence if it covers less than ``SMALLEST_SHARE`` of the box or ``SMALLEST_VOLUME``, or more than
        ``LARGEST_SHARE``; else none.
    """
    count = int(np.count_nonzero(inside))
    share, volume = count / inside.size, count * math.prod(voxel_size)
    if share < SMALLEST_SHARE or volume < SMALLEST_VOLUME:
        return (
            f"{name} covers only {count} voxels, {volume:.3g} Å³ and {100 * share:.2g} % of the box; "
            "check that it holds the molecule.",
        )
    if share > LARGEST_SHARE:
        return (f"{name} covers {100 * share:.3g} % of the box, solvent too; give a mask of the molecule alone.",)
    return ()


def _has_values_of_a_density(data: FloatArray) -> bool:
    """Whether the values inside a mask are as uneven as those of a density.

    Of the voxels above half of a mask's highest value, be it 1, 2 or 255, many are near it, also where its edge is very
    soft; of a density's, few are. What hardly goes beyond 0 and 1 is a mask.
    """
    highest = float(data.max())
    if data.min() >= -_BEYOND_A_MASK and highest <= 1 + _BEYOND_A_MASK:
        return False
    plateau, upper_half = (np.count_nonzero(data > share * highest) for share in (_PLATEAU, 0.5))
    return plateau < _LEAST_PLATEAU * upper_half


def _is_inverted(inside: BoolArray, density_map: DensityMap) -> bool:
    """Whether a mask is that of the solvent.

    Such a mask covers the faces of the box, or most of them where the molecule reaches some. The density must say so
    too, since the molecule of a crop or a helix may reach many faces: it is higher and more varied in the molecule.
    Density whose contrast is inverted is lower there, but more varied as well.
    """
    faces = _share_of_faces(inside)
    if faces < _MOST_FACES:
        return False
    (mean_in, sd_in), (mean_out, sd_out) = (_mean_and_sd(density_map.data, part) for part in (inside, ~inside))
    is_clearly_higher = mean_out - mean_in > _CLEARLY_HIGHER * sd_in
    if faces < _NEARLY_ALL_FACES:
        return is_clearly_higher and sd_out > sd_in
    is_higher = mean_out - mean_in > _HIGHER * sd_in
    return is_clearly_higher or (is_higher and sd_out > sd_in) or sd_out > _MUCH_MORE_VARIED * sd_in


def _share_of_faces(inside: BoolArray) -> float:
    """The share of the six faces of a box that a mask covers."""
    faces = [inside.take(side, axis) for axis in range(3) for side in (0, -1)]
    return sum(int(np.count_nonzero(face)) for face in faces) / sum(face.size for face in faces)


def _mean_and_sd(data: FloatArray, part: BoolArray) -> tuple[float, float]:
    """Mean and SD of a map in a part that is not empty, reckoned in float64 section by section."""
    sections = [section[inside].astype(np.float64) for section, inside in zip(data, part, strict=True)]
    count = sum(section.size for section in sections)
    mean = sum(float(section.sum()) for section in sections) / count
    return mean, math.sqrt(sum(float(np.square(section - mean).sum()) for section in sections) / count)


def axes_warnings(other: DensityMap, reference: DensityMap) -> tuple[str, ...]:
    """A sentence about a map that fits another better if its axes are read in the order of that one's file.

    Files may name their axes in any order, and most with an unusual one are right. But a header that names a wrong
    order turns a map, which no shape of a cubic box tells.

    Args:
        other: a map of whatever quantity, also a mask.
        reference: the map that it belongs to.

    Returns:
        One sentence, or none.
    """
    order, reference_order = other.header.axis_order, reference.header.axis_order
    if order == reference_order or other.data.shape != reference.data.shape:
        return ()
    in_file = other.data.transpose(np.argsort(other.header.file_to_zyx))
    turned = in_file.transpose(reference.header.file_to_zyx)
    if turned.shape != reference.data.shape:
        return ()
    if _likeness(other.data, reference.data) >= _FITS_WORSE * _likeness(turned, reference.data):
        return ()
    names = [", ".join("xyz"[axis - 1] for axis in axes) for axes in (order, reference_order)]
    return (
        f"{other.name} has its axes in the order {names[0]} (MAPC, MAPR, MAPS) by its header, and {reference.name} in "
        f"the order {names[1]}; they would fit better in one order, so check whether one of the headers is wrong.",
    )


def _likeness(one: FloatArray, other: FloatArray) -> float:
    """How well the parts of two maps (z, y, x) that stand out from the solvent overlap: no unit, more is better."""
    total = 0.0
    levels = [
        np.median([data.take(side, axis).mean() for axis in range(3) for side in (0, -1)]) for data in (one, other)
    ]
    for section, other_section in zip(one, other, strict=True):
        total += float(np.vdot(np.abs(section - levels[0]), np.abs(other_section - levels[1])))
    return total


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


def _format_position(density_map: DensityMap) -> str:
    return ", ".join(f"{number:.4g}" for number in density_map.origin[::-1])
