"""Local resolution maps of any program, brought into one form: Å inside, 0 where there is no resolution.

Programs mark the outside in many ways: 0 (MonoRes, blocres, we), 100 (ResMap), the mean or the coarsest value inside.
Some write frequencies in 1/Å. And a density map or a mask, given by mistake, has values too. One rule for all readers
of resolution maps tells these cases apart, so that no number is made of what is no resolution.
"""

from collections.abc import Iterable

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap

BACKGROUND = (0.0, 100.0)
"""Å; values that mean "no resolution here"."""

RESOLUTION = "resolution"
"""The quantity of a resolution map, as labels of headers have it."""

COARSEST = 200.0
"""Å; nobody estimates a coarser local resolution, so coarser values are something else."""

DOUBTFUL = 40.0, 12.0
"""Å and voxels; a median coarser than both is warned about: it may be of B factors, or of a density."""

NEGATIVE = 0.01
"""Share of negative voxels from which a map counts as a density; resolution maps have none, or a few flags."""

FILLED_FACES = 0.5
"""A value that fills so much of the box's faces ..."""

FILLED_BOX = 0.1
"""... and so much of the box is the outside's."""

_TOLERANCE = 1e-3


def as_resolution(
    density_map: DensityMap, background: Iterable[float] = BACKGROUND
) -> tuple[DensityMap, tuple[str, ...]]:
    """A local resolution map with 0 where there is no resolution.

    Background are values of 0 or less, those of ``background`` (within 0.001 Å), and one value that fills the outside:
    half of the faces' voxels or more, and a tenth of the box.

    Args:
        density_map: values in Å (z, y, x), of any program.
        background: values that mean "no resolution here", Å.

    Returns:
        The map, with 0 as its only background, and sentences about what was taken for background beyond ``background``,
        and about values so coarse that they may be no resolutions.

    Raises:
        InputError: the values are no resolutions in Å: the header's label names another quantity, all are background,
            many are negative (a density), all are finer than twice the voxel size (frequencies, a density, a mask), or
            most are coarser than 200 Å.
    """
    _check_quantity(density_map)
    data, name = density_map.data, density_map.name
    if np.count_nonzero(data < 0) > NEGATIVE * data.size and not _is_flag(data[data < 0]):
        raise InputError(f"{name} has negative values, so it is a density, not a local resolution map; give another.")
    inside = assigned(data, background)
    notes = []
    fill = _fill_value(data)
    if fill is not None and inside.any():
        filled = np.abs(data - fill) <= _TOLERANCE
        if fill > 0 and (inside & filled).any() and (inside & ~filled).any():
            inside &= ~filled
            share = np.count_nonzero(filled) / data.size
            notes.append(f"{name}: {fill:.4g} Å fills {share:.0%} of the box, so it was taken for the outside.")
    if not inside.any():
        raise InputError(f"{name} has no value above 0 but background, so it is no local resolution map; give another.")
    _check_values(density_map, data[inside])
    median = float(np.median(data[inside]))
    if median > max(DOUBTFUL[0], DOUBTFUL[1] * min(density_map.voxel_size)):
        notes.append(
            f"{name} has a median of {median:.4g}, very coarse for a local resolution in Å with voxels of "
            f"{min(density_map.voxel_size):.3g} Å; check that it is no map of B factors, and no density."
        )
    return density_map.like(np.where(inside, data, 0)), tuple(notes)


def assigned(resolution: FloatArray, background: Iterable[float] = BACKGROUND) -> BoolArray:
    """Where a local resolution map has a value: finite, above 0 and not (within 0.001 Å) one of the background.

    Args:
        resolution: Å, any shape.
        background: values that mean "no resolution here", Å.

    Returns:
        bool, of the same shape.
    """
    inside = np.isfinite(resolution) & (resolution > 0)
    for value in background:
        inside &= np.abs(resolution - value) > _TOLERANCE
    return inside


def _check_quantity(density_map: DensityMap) -> None:
    """Refuses a map that deepres has written and labelled as something else."""
    quantity = density_map.quantity
    if quantity and quantity != RESOLUTION:
        raise InputError(
            f"{density_map.name} is a map of the {quantity}, as its header says, and no local resolution map; "
            "give another one."
        )


def _check_values(density_map: DensityMap, values: FloatArray) -> None:
    """Refuses values that cannot be resolutions in Å."""
    name, nyquist = density_map.name, 2 * min(density_map.voxel_size)
    highest, median = float(values.max()), float(np.median(values))
    if highest < nyquist * (1 - _TOLERANCE):
        if values.min() == highest:
            cause = "it may be a mask"
        elif highest < 1:
            cause = "they may be frequencies in 1/Å (then give the map of 1 / value) or a density"
        else:
            cause = "it may be a density, or the voxel size may be wrong"
        raise InputError(
            f"{name} has no value above {highest:.3g}, finer than the {nyquist:.3g} Å that its voxels allow, so "
            f"they are no resolutions in Å; {cause}."
        )
    if median > COARSEST:
        raise InputError(
            f"{name} has a median of {median:.4g}, too coarse for a local resolution in Å; it may be a mask or a "
            "density; give another one."
        )


def _is_flag(values: FloatArray) -> bool:
    """Whether all values are one, such as -1 for "not estimated"."""
    return bool(values.min() == values.max())


def _fill_value(data: FloatArray) -> float | None:
    """The value that fills the outside; None if none does."""
    faces = np.concatenate([data.take(side, axis).ravel() for axis in range(3) for side in (0, -1)])
    values, counts = np.unique(faces, return_counts=True)
    fill = float(values[counts.argmax()])
    if counts.max() < FILLED_FACES * faces.size:
        return None
    if np.count_nonzero(np.abs(data - fill) <= _TOLERANCE) < FILLED_BOX * data.size:
        return None
    return fill
