"""Boxes of voxels: the one around a mask, with a margin, and what a map holds in a box that reaches beyond its border.

A box is three slices (z, y, x) of voxel numbers.
"""

from collections.abc import Sequence

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import Array, BoolArray, Box
from deepreslib.fourier.grid import fast_length


def smallest_box(mask: BoolArray) -> Box | None:
    """The smallest box that holds a mask.

    Args:
        mask: bool (z, y, x).

    Returns:
        The box, or None where the mask is empty.
    """
    boxes = scipy.ndimage.find_objects(mask.view(np.int8))
    return boxes[0] if boxes else None


def box_around(mask: BoolArray, margin: int | Sequence[int] = 0) -> Box:
    """The box around a mask with a margin on each side, as far as the map goes.

    Args:
        mask: bool (z, y, x), not empty.
        margin: voxels, one number or (z, y, x).

    Returns:
        The box, within the map.

    Raises:
        ValueError: if the mask is empty.
    """
    box = smallest_box(mask)
    if box is None:
        raise ValueError("an empty mask has no box around it")
    return widened(box, margin, mask.shape)


def fast_box_around(mask: BoolArray, margin: int) -> Box:
    """The box around a mask with a margin, lengthened so that its Fourier transform is fast, as far as the map goes.

    Where the margin or the added length would reach beyond the map, the box is moved inwards instead.

    Args:
        mask: bool (z, y, x), not empty.
        margin: voxels, on each side.

    Returns:
        The box, within the map.

    Raises:
        ValueError: if the mask is empty.
    """
    z, y, x = (_fast_side(side, margin, count) for side, count in zip(box_around(mask), mask.shape, strict=True))
    return z, y, x


def widened(box: Box, margin: int | Sequence[int], shape: Sequence[int]) -> Box:
    """A box made wider on each side, as far as the map goes.

    Args:
        box: within the map.
        margin: voxels, one number or (z, y, x).
        shape: the map's (z, y, x).

    Returns:
        The wider box, within the map.
    """
    margins = np.broadcast_to(margin, 3).tolist()
    z, y, x = (
        slice(max(side.start - width, 0), min(side.stop + width, count))
        for side, width, count in zip(box, margins, shape, strict=True)
    )
    return z, y, x


def read_box(volume: Array, ends: Sequence[tuple[int, int]]) -> Array:
    """The values of a map in a box that may reach beyond the map's border; 0 beyond it.

    Args:
        volume: (z, y, x).
        ends: for z, y and x the first voxel of the box and the one after its last; the first may be below 0.

    Returns:
        A new array of the box's shape.
    """
    inside = tuple(slice(max(start, 0), min(stop, n)) for (start, stop), n in zip(ends, volume.shape, strict=True))
    rims = [(part.start - start, stop - part.stop) for part, (start, stop) in zip(inside, ends, strict=True)]
    return np.pad(volume[inside], rims)


def _fast_side(side: slice, margin: int, count: int) -> slice:
    """A box's side with a margin and a length that is transformed fast, among the ``count`` voxels of the map."""
    length = min(fast_length(side.stop - side.start + 2 * margin), count)
    first = min(max(side.start - margin, 0), count - length)
    return slice(first, first + length)
