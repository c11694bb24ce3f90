"""What people do to a map that does not change its resolution: margins, crops, turns, shifts, sharpening and blur."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from deepreslib.fourier.filters import apply_b_factor
from deepreslib.maps import DensityMap
from deepreslib.maps.boxes import box_around

MARGINS = (8, 24, 60, 100)
"""Voxels added on each side."""

ZERO_MARGIN = 24
"""Voxels of zeros added on each side of a map whose border has another level."""

FLAT_BORDER = 0.01
"""Zeros are no other margin than the border's level if that is a smaller share of the map's SD."""

SOLVENT_LEFT = 3
"""Voxels of solvent left around the mask found when a map is cropped."""

B_FACTORS = (-60, -30, 60, 120)
"""Å²; negative ones sharpen."""

MIRRORED = 16
"""Voxels by which a map is continued by its mirror image before a Fourier filter, so that density that reaches a face
of the box does not meet that of the opposite face."""

FAMILIES = ("margin", "zeros", "crop", "rotation", "shift", "B factor")
"""Kinds of disturbances, in the order in which they are reported."""


@dataclass(frozen=True, eq=False)
class Disturbed:
    """A map that was changed, and the way back.

    Attributes:
        family: one of ``FAMILIES``.
        name: what was done, such as ``60``.
        density_map: the changed map.
        back: takes values on the changed map's grid, 0 outside a mask, and gives them on the map's own grid.
    """

    family: str
    name: str
    density_map: DensityMap
    back: Callable


def disturbed(density_map, mask, families=FAMILIES, all_rotations=False):
    """Yields the disturbed maps one after the other.

    Args:
        density_map: the map.
        mask: bool (z, y, x), the molecule, to crop around.
        families: those that are wanted.
        all_rotations: all 23 turns of the box onto the axes, else one for each order of the axes.
    """
    makers = {
        "margin": lambda: margins(density_map),
        "zeros": lambda: zeros(density_map),
        "crop": lambda: crops(density_map, mask),
        "rotation": lambda: rotations(density_map, all_rotations),
        "shift": lambda: [half_voxel(density_map)],
        "B factor": lambda: sharpenings(density_map),
    }
    for family in families:
        yield from makers[family]()


def border_level(data):
    """The median of the values on the six faces of a box."""
    faces = [data.take(side, axis).ravel() for axis in range(3) for side in (0, -1)]
    return float(np.median(np.concatenate(faces)))


def padded(density_map, count, level):
    """A map with a constant margin, and the way back."""
    data = np.pad(density_map.data, count, constant_values=np.float32(level))
    inner = tuple(slice(count, count + size) for size in density_map.data.shape)
    return _changed(density_map, data), lambda values: values[inner]


def margins(density_map, counts=MARGINS):
    """Margins of the border's level."""
    for count in counts:
        yield Disturbed("margin", str(count), *padded(density_map, count, border_level(density_map.data)))


def zeros(density_map):
    """A margin of zeros, where that is not what ``margins`` adds."""
    level, deviation = border_level(density_map.data), density_map.data.std(dtype=float)
    if abs(level) > FLAT_BORDER * deviation:
        yield Disturbed("zeros", str(ZERO_MARGIN), *padded(density_map, ZERO_MARGIN, 0))


def crops(density_map, mask):
    """The map cropped to the mask and ``SOLVENT_LEFT`` voxels around it; nothing if that is the whole map."""
    box = box_around(mask, [SOLVENT_LEFT] * 3)
    data = np.ascontiguousarray(density_map.data[box])
    if data.shape == density_map.data.shape:
        return

    def back(values):
        whole = np.zeros(density_map.data.shape, values.dtype)
        whole[box] = values
        return whole

    yield Disturbed("crop", f"{SOLVENT_LEFT} left", _changed(density_map, data), back)


def turns(all_of_them=False):
    """The turns of a box onto its axes, without the one that leaves it: (order of the axes, axes that are flipped).

    Args:
        all_of_them: all 23, else one for each of the six orders of the axes.
    """
    found = []
    for order in itertools.permutations(range(3)):
        is_odd = round(np.linalg.det(np.eye(3)[list(order)])) < 0
        proper = [
            flipped
            for count in range(4)
            for flipped in itertools.combinations(range(3), count)
            if bool(count % 2) == is_odd and (count or order != (0, 1, 2))
        ]
        found += [(order, flipped) for flipped in (proper if all_of_them else proper[:1])]
    return found


def rotations(density_map, all_of_them=False):
    """The map turned onto its axes."""
    for order, flipped in turns(all_of_them):
        data = np.ascontiguousarray(np.flip(density_map.data.transpose(order), flipped))
        sizes = tuple(density_map.voxel_size[axis] for axis in order)
        name = "".join("zyx"[axis] + "-" * (place in flipped) for place, axis in enumerate(order))

        def back(values, order=order, flipped=flipped):
            return np.flip(values, flipped).transpose(np.argsort(order))

        yield Disturbed("rotation", name, replace(density_map, data=data, voxel_size=sizes, notes=()), back)


def half_voxel(density_map):
    """The map moved by half a voxel along each axis, in Fourier space."""

    def move(data):
        spectrum = ndimage.fourier_shift(np.fft.rfftn(data), (0.5, 0.5, 0.5), n=data.shape[-1])
        return np.fft.irfftn(spectrum, data.shape)

    return Disturbed("shift", "half a voxel", density_map.like(_filtered(density_map.data, move)), between_voxels)


def between_voxels(values):
    """The means of each voxel and its seven neighbours further on; 0 where one of them has the value 0, the outside."""
    corners = np.pad(values, ((0, 1),) * 3)
    z, y, x = values.shape
    around = [corners[i : i + z, j : j + y, k : k + x] for i, j, k in itertools.product((0, 1), repeat=3)]
    return np.where(np.all([part > 0 for part in around], axis=0), np.mean(around, axis=0), 0)


def sharpenings(density_map, b_factors=B_FACTORS):
    """The map sharpened and blurred by B factors."""
    for b_factor in b_factors:
        data = _filtered(density_map.data, lambda data, b=b_factor: apply_b_factor(data, density_map.voxel_size, b))
        yield Disturbed("B factor", f"{b_factor:+d}", density_map.like(data), lambda values: values)


def _changed(density_map, data):
    """The map with data of another shape."""
    return replace(density_map, data=data, notes=())


def _filtered(data, operation):
    """What a Fourier filter makes of a map, which is continued by its mirror image meanwhile, to an odd edge.

    An even one has coefficients at Nyquist's frequency, which a shift by half a voxel would set to 0.
    """
    widths = [min(MIRRORED, size) for size in data.shape]
    inner = tuple(slice(width, width + size) for width, size in zip(widths, data.shape, strict=True))
    both = [(width, width - (size + 1) % 2) for width, size in zip(widths, data.shape, strict=True)]
    return operation(np.pad(data, both, mode="symmetric"))[inner]
