"""Slices through a map: density in grey, resolution in colour over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, Triple
from deepreslib.pictures.figures import RESOLUTION_LABEL, add_colour_bar, new_figure
from deepreslib.pictures.scale import ColourScale
from deepreslib.pictures.text import plain

AXES = ("z", "y", "x")
ZERO = (0.0, 0.0, 0.0)
OUTLINE = "#ff9f1c"


def central_slices(inside: Array, axis: str = "z", count: int = 4) -> list[int]:
    """Numbers of slices about the centre of a mask.

    They divide the mask's extent along the axis into equal pieces. A mask too thin for that gets neighbouring slices,
    and an array with fewer slices than ``count`` gets all of them.

    Args:
        inside: (z, y, x), true or not 0 inside the mask; an empty mask stands for the whole array.
        axis: 'z', 'y' or 'x', the normal of the slices.
        count: how many.

    Returns:
        At most ``count`` rising numbers, the first slice being 0.
    """
    along = _axis_number(axis)
    filled = np.flatnonzero(np.any(inside, axis=tuple(other for other in range(3) if other != along)))
    size = inside.shape[along]
    first, last = (filled[0], filled[-1]) if filled.size else (0, size - 1)
    numbers = np.round(first + (last - first) * np.arange(1, count + 1) / (count + 1)).astype(int)
    if len(set(numbers.tolist())) < count:
        start = (first + last + 1) // 2 - count // 2
        numbers = np.arange(count) + np.clip(start, 0, max(size - count, 0))
    return [int(number) for number in numbers if number < size]


def coloured_slices_figure(
    density: FloatArray | None,
    resolution: FloatArray,
    voxel_size: Triple,
    scale: ColourScale,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
    inside: BoolArray | None = None,
    label: str = RESOLUTION_LABEL,
    least: float = 0.0,
) -> Figure:
    """Draw slices with the resolution coloured over the grey density; by default four central ones, two in a row.

    The colours are those of the key exactly; the density shows only outside the mask. Other values in Å, such as
    differences of resolutions, are drawn alike if ``inside`` says where they are.

    Args:
        density: (z, y, x), or None for a plain background.
        resolution: (z, y, x), Å, 0 outside the mask.
        voxel_size: (z, y, x), Å.
        scale: colours.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre. One number gives one large slice.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.
        inside: (z, y, x), true inside the mask; by default where the resolution is above 0.
        label: what the key measures.
        least: Å, how much of the map each side of a panel shows at least.

    Returns:
        The figure.

    Raises:
        InputError: arrays that differ in shape or are not three-dimensional, unknown axis, no such slice.
    """
    if density is not None and density.shape != resolution.shape:
        raise InputError(
            f"The density has shape {density.shape} and the resolution {resolution.shape}: give two maps on one grid."
        )
    inside = resolution > 0 if inside is None else inside
    numbers = _checked_numbers(resolution, axis, numbers, inside)
    frame = _frame(inside, axis, [least / size for size in voxel_size])
    figure, panels = _panels(len(numbers), title, frame, axis, voxel_size)
    if density is not None:
        _show_grey(panels, density, axis, numbers, voxel_size, origin)
    for panel, number in zip(panels, numbers, strict=True):
        values = _cut(resolution, axis, number)
        colours = scale.rgba(values)
        colours[..., 3] = _cut(inside, axis, number)
        if density is None:
            panel.set_facecolor("0.93")
        panel.imshow(colours, origin="lower", interpolation="nearest", extent=_extent(values, axis, voxel_size, origin))
        _label(panel, axis, number, voxel_size, origin, frame)
    add_colour_bar(figure, panels, scale, label, resolution[inside], aspect=30, shrink=0.9)
    return figure


def grey_slices_figure(
    density: FloatArray,
    voxel_size: Triple,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    inside: BoolArray | None = None,
    origin: Triple = ZERO,
    title: str = "",
    outline: BoolArray | None = None,
    label: str = "",
) -> Figure:
    """Draw slices of a map in grey; by default four central ones, two in a row.

    Args:
        density: (z, y, x), any unit.
        voxel_size: (z, y, x), Å.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the centre.
        inside: (z, y, x) mask that says where the centre is; by default the whole map.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.
        outline: (z, y, x), true inside a mask whose outline is drawn; None for none.
        label: what the values are, for a key of the greys; none without it.

    Returns:
        The figure.

    Raises:
        InputError: not three-dimensional, unknown axis, no such slice.
    """
    whole = np.broadcast_to(True, density.shape)
    numbers = _checked_numbers(density, axis, numbers, whole if inside is None else inside)
    frame = _frame(whole, axis)
    figure, panels = _panels(len(numbers), title, frame, axis, voxel_size)
    _show_grey(panels, density, axis, numbers, voxel_size, origin)
    for panel, number in zip(panels, numbers, strict=True):
        if outline is not None and (cut := _cut(outline, axis, number)).any():
            extent = _extent(cut, axis, voxel_size, origin)
            panel.contour(cut, levels=[0.5], colors=[OUTLINE], linewidths=1.2, origin="lower", extent=extent)
        _label(panel, axis, number, voxel_size, origin, frame)
    if label:
        greys = ColourScale(*_grey_limits(density, axis, numbers), "gray")
        drawn = np.stack([_cut(density, axis, number) for number in numbers])
        add_colour_bar(figure, panels, greys, label, drawn, aspect=30, shrink=0.9)
    return figure


def paired_slices_figure(
    maps: Mapping[str, FloatArray],
    voxel_size: Triple,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    inside: BoolArray | None = None,
    origin: Triple = ZERO,
    title: str = "",
    label: str = "",
) -> Figure:
    """Draw the same slices of two maps side by side, in the same greys; by default two central ones, one in a row.

    Args:
        maps: name → values (z, y, x), in one unit and on one grid; the first stands on the left.
        voxel_size: (z, y, x), Å.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 2 about the centre of the mask.
        inside: (z, y, x) mask that is shown with a margin; by default the whole map.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.
        label: what the values are, for the key of the greys.

    Returns:
        The figure.

    Raises:
        InputError: not two maps of one shape, not three-dimensional, unknown axis, no such slice.
    """
    shapes = {values.shape for values in maps.values()}
    if len(maps) != 2 or len(shapes) != 1:
        raise InputError(f"Two maps on one grid can be shown side by side: these have the shapes {shapes}.")
    left, right = maps.values()
    inside = np.broadcast_to(True, left.shape) if inside is None else inside
    if numbers is None:
        numbers = central_slices(inside, axis, 2)
    numbers = _checked_numbers(left, axis, numbers, inside)
    ends = [_grey_limits(values, axis, numbers) for values in (left, right)]
    limits = _rounded(min(low for low, _ in ends), max(high for _, high in ends))
    frame = _frame(inside, axis)
    figure, panels = _panels(2 * len(numbers), title, frame, axis, voxel_size)
    for column, (name, values) in enumerate(maps.items()):
        _show_grey(panels[column::2], values, axis, numbers, voxel_size, origin, limits)
        for panel, number in zip(panels[column::2], numbers, strict=True):
            _label(panel, axis, number, voxel_size, origin, frame)
            panel.set_title(f"{plain(name)}, {panel.get_title()}", fontsize="medium")
    drawn = np.stack([_cut(values, axis, number) for values in (left, right) for number in numbers])
    add_colour_bar(figure, panels, ColourScale(*limits, "gray"), label, drawn, aspect=30, shrink=0.9)
    return figure


def _axis_number(axis: str) -> int:
    if axis not in AXES:
        raise InputError(f"There is no axis {axis!r}: choose z, y or x.")
    return AXES.index(axis)


def _checked_numbers(volume: Array, axis: str, numbers: Sequence[int] | None, inside: BoolArray) -> list[int]:
    if volume.ndim != 3:
        raise InputError(f"Slices need a map with three axes: this one has shape {volume.shape}.")
    size = volume.shape[_axis_number(axis)]
    if numbers is None:
        return central_slices(inside, axis)
    for number in numbers:
        if not 0 <= number < size:
            raise InputError(f"There is no {axis} slice {number}: choose one from 0 to {size - 1}.")
    return [int(number) for number in numbers]


def _cut(volume: Array, axis: str, number: int) -> Array:
    """One slice, rows going up: (y, x) across z, (z, x) across y, (z, y) across x."""
    return np.take(volume, number, axis=_axis_number(axis))


def _across(axis: str) -> tuple[int, int]:
    """The array axes that run up and to the right in a slice."""
    upward, rightward = (across for across in range(3) if across != _axis_number(axis))
    return upward, rightward


def _extent(cut: Array, axis: str, voxel_size: Triple, origin: Triple) -> tuple[float, float, float, float]:
    """Left, right, bottom and top edge of a slice, Å; voxels' centres lie at origin + index × voxel size."""
    upward, rightward = _across(axis)
    sides = [
        (origin[across] - voxel_size[across] / 2, origin[across] + (size - 0.5) * voxel_size[across])
        for across, size in ((rightward, cut.shape[1]), (upward, cut.shape[0]))
    ]
    return (*sides[0], *sides[1])


def _frame(inside: BoolArray, axis: str, least: Sequence[float] = ZERO) -> list[FloatArray]:
    """The ends of a slice's panel, voxels, rightward and upward: about the mask, or the whole map if that is empty.

    ``least`` is how many voxels it shows at least, along each axis of the map.
    """
    bounds = []
    for across in reversed(_across(axis)):
        filled = np.flatnonzero(np.any(inside, axis=tuple(other for other in range(3) if other != across)))
        first, last = (filled[0], filled[-1]) if filled.size else (0, inside.shape[across] - 1)
        margin = max(2 + 0.12 * (last - first), (least[across] - (last - first)) / 2)
        bounds.append(np.array([max(first - margin, -0.5), min(last + margin, inside.shape[across] - 0.5)]))
    return bounds


def _grey_limits(density: FloatArray, axis: str, numbers: Sequence[int]) -> tuple[float, float]:
    """The densities drawn black and white: the same in all slices of the figure, percentiles that ignore outliers."""
    low, high = np.percentile([_cut(density, axis, number) for number in numbers], (0.5, 99.8))
    return float(low), float(max(high, low + 1e-12 + 1e-6 * abs(low)))


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Limits moved outwards to numbers that a key can show: to hundredths of their distance, at most to tenths."""
    step = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    return step * math.floor(low / step), step * math.ceil(high / step)


def _show_grey(
    panels: Sequence[Axes],
    density: FloatArray,
    axis: str,
    numbers: Sequence[int],
    voxel_size: Triple,
    origin: Triple,
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw slices in grey, one in each panel, dark for low density; between limits of their own if none are given."""
    low, high = _grey_limits(density, axis, numbers) if limits is None else limits
    for panel, number in zip(panels, numbers, strict=True):
        cut = _cut(density, axis, number)
        panel.imshow(
            cut,
            cmap="gray",
            vmin=low,
            vmax=high,
            origin="lower",
            interpolation="nearest",
            extent=_extent(cut, axis, voxel_size, origin),
        )


def _label(panel: Axes, axis: str, number: int, voxel_size: Triple, origin: Triple, frame: list[FloatArray]) -> None:
    along, (upward, rightward) = _axis_number(axis), _across(axis)
    panel.set_title(f"{axis} slice {number} ({origin[along] + number * voxel_size[along]:.1f} Å)", fontsize="medium")
    panel.set_xlabel(f"{AXES[rightward]} (Å)")
    panel.set_ylabel(f"{AXES[upward]} (Å)")
    panel.set_aspect("equal")
    panel.set_xlim(*(frame[0] * voxel_size[rightward] + origin[rightward]))
    panel.set_ylim(*(frame[1] * voxel_size[upward] + origin[upward]))


def _panels(
    count: int, title: str, frame: list[FloatArray], axis: str, voxel_size: Triple
) -> tuple[Figure, list[Axes]]:
    """A figure whose shape suits its slices, with as many axes as there are slices, two in a row."""
    upward, rightward = _across(axis)
    shape = float(np.ptp(frame[1]) * voxel_size[upward] / (np.ptp(frame[0]) * voxel_size[rightward]))
    columns = min(count, 2)
    rows = -(-count // columns)
    side = 6.0 if count == 1 else 4.2
    wide, tall = (side, side * shape) if shape < 1 else (side / shape, side)
    figure = new_figure(max(wide * columns + 1.7, 4.5), max((tall + 0.7) * rows, 3.2) + 0.4 * bool(title))
    panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for spare in panels[count:]:
        spare.remove()
    if title:
        figure.suptitle(plain(title))
    return figure, panels[:count]
