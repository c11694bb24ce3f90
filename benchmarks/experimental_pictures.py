"""A picture of an experimental map: slices of the density, its local resolution and its uncertainty."""

import numpy as np

from deepreslib.pictures import ColourScale, add_colour_bar, save_figure
from deepreslib.pictures.figures import new_figure

AXES = ("z", "y", "x")
FOUND, OF_MODEL = "#ff9f1c", "#2ec4ff"
"""Colours of the outlines of the mask found and of the model's."""


def picture(path, title, density_map, result, model_mask=None):
    """Writes the picture: a row for each axis, the masks' outlines on the density.

    Args:
        path: of the PNG.
        title: above it.
        density_map: the map.
        result: its ``LocalResolution``, with a mask.
        model_mask: bool (z, y, x), where the model is; None for none.
    """
    figure = new_figure(13, 12)
    panels = figure.subplots(3, 3)
    inside = result.resolution > 0
    coloured = {"Local resolution (Å)": result.resolution, "Uncertainty (Å)": result.deviation}
    scales = [ColourScale.from_values(values) for values in coloured.values()]
    greys = np.percentile(density_map.data, (1, 99.9))
    for axis, (row, name) in enumerate(zip(panels, AXES, strict=True)):
        number = fullest_slice(result.mask, axis)
        upward, rightward = (density_map.voxel_size[other] for other in range(3) if other != axis)
        for panel in row:
            panel.imshow(density_map.data.take(number, axis), cmap="gray", vmin=greys[0], vmax=greys[1], origin="lower")
            panel.set_aspect(upward / rightward)
            panel.set_xticks([])
            panel.set_yticks([])
        row[0].set_ylabel(f"{name} slice {number}")
        for mask, colour in ((result.mask, FOUND), (model_mask, OF_MODEL)):
            if mask is not None and (cut := mask.take(number, axis)).any():
                extent = _extent(cut)
                row[0].contour(np.pad(cut, 1), [0.5], colors=[colour], linewidths=1.2, origin="lower", extent=extent)
        row[0].set(xlim=row[1].get_xlim(), ylim=row[1].get_ylim())
        for panel, values, scale in zip(row[1:], coloured.values(), scales, strict=True):
            colours = scale.rgba(values.take(number, axis))
            colours[..., 3] = inside.take(number, axis)
            panel.imshow(colours, origin="lower", interpolation="nearest")
    outlines = "mask found: orange" + ("; within 3 Å of the model: blue" if model_mask is not None else "")
    panels[0, 0].set_title(f"Density ({outlines})", fontsize="small")
    for column, (label, values), scale in zip((1, 2), coloured.items(), scales, strict=True):
        panels[0, column].set_title(label, fontsize="small")
        add_colour_bar(figure, panels[:, column].tolist(), scale, label, values[inside], shrink=0.6)
    figure.suptitle(title)
    save_figure(figure, path, 90)


def fullest_slice(mask, axis):
    """The slice across an axis that holds most of a mask: a patchy mask may have nothing in its middle."""
    return int(np.argmax(mask.sum(axis=tuple(other for other in range(3) if other != axis))))


def _extent(cut):
    """The edges of a slice with a rim of one pixel, as ``imshow`` places it without."""
    height, width = cut.shape
    return -1.5, width + 0.5, -1.5, height + 0.5
