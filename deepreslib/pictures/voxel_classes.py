"""Pictures of ten classes of local resolution: slices, surface and histogram in ten colours, and probabilities."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, FloatArray, Triple
from deepreslib.networks.voxelclass_card import EDGES
from deepreslib.pictures.figures import LABELS, new_figure
from deepreslib.pictures.scale import ClassScale, ColourScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure
from deepreslib.pictures.surface import coloured_surface
from deepreslib.pictures.text import plain
from deepreslib.pictures.views import surface_figure

COLOURS = (
    "#2a2f8f",
    "#2f6fc4",
    "#33a3d6",
    "#3cc2a8",
    "#74c466",
    "#c3d04a",
    "#f2c230",
    "#f28f2a",
    "#dd4f2b",
    "#9c1f3c",
)
"""Of the classes, from fine to coarse."""

SPANS = (
    f"≤{EDGES[0]:g}",
    *(f"{low:g}–{high:g}" for low, high in itertools.pairwise(EDGES)),
    f">{EDGES[-1]:g}",
)
"""What the classes are called: their ends, Å."""

TEN_CLASSES = ClassScale(0.5, len(COLOURS) + 0.5, listed=COLOURS, names=SPANS)
"""The colours of maps whose voxels are numbers of classes, 1 to 10."""

LABEL = f"{LABELS['class']} (Å)"
PROBABILITIES = ColourScale(0, 1, "viridis")


def class_slices_figure(
    numbers_of_classes: Array,
    voxel_size: Triple,
    density: FloatArray | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
    label: str = LABEL,
) -> Figure:
    """Draw slices of the classes over the grey density.

    Args:
        numbers_of_classes: (z, y, x), 1 to 10, and 0 outside the mask.
        voxel_size: (z, y, x), Å.
        density: (z, y, x), in grey behind it, or None.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.
        label: what the key measures.

    Returns:
        The figure; its key says how much of the mask each class has.

    Raises:
        InputError: no such slice, or a density of another shape.
    """
    figure = coloured_slices_figure(
        density, numbers_of_classes, voxel_size, TEN_CLASSES, axis, numbers, origin, title, label=label
    )
    return name_classes(figure, numbers_of_classes)


def class_surface_figure(
    numbers_of_classes: Array,
    density: FloatArray,
    voxel_size: Triple,
    level: float | None = None,
    origin: Triple = ZERO,
    title: str = "",
    label: str = LABEL,
) -> Figure:
    """Draw the surface of the density, coloured by the classes just inside it, from three sides.

    Where two classes meet that are not neighbours, the ones between them are drawn as narrow bands.

    Args:
        numbers_of_classes: (z, y, x), 1 to 10, and 0 outside the mask.
        density: (z, y, x), on the same grid.
        voxel_size: (z, y, x), Å.
        level: density at the surface; by default found from the density and the mask.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.
        label: what the key measures.

    Returns:
        The figure; its key says how much of the mask each class has.

    Raises:
        InputError: arrays of different shape, no class anywhere, or no surface at the level.
    """
    if not (numbers_of_classes > 0).any():
        raise InputError("The map of classes is 0 everywhere, so there is nothing to colour: check its mask.")
    classes = np.asarray(numbers_of_classes, np.float32)
    surface = coloured_surface(density, classes, voxel_size, level, origin=origin)
    return name_classes(surface_figure(surface, TEN_CLASSES, title, label=label), classes)


def class_histogram_figure(counts: Sequence[Mapping[str, Any]], title: str = "", label: str = LABEL) -> Figure:
    """Draw how much of the mask each class has, and over each bar how probable the class is there on average.

    Args:
        counts: of each class ``voxels`` and, where it is known, ``mean_probability``, as in the report of ``deepres
            estimate --method classes``.
        title: above the axes.
        label: what the classes are of.

    Returns:
        The figure.

    Raises:
        InputError: no class has a voxel.
    """
    voxels = np.array([row["voxels"] for row in counts], float)
    if not voxels.sum():
        raise InputError("No class has a voxel, so there is no histogram: check the mask.")
    means = [row.get("mean_probability") for row in counts]
    below = ["" if mean is None else f"\np {mean:.2f}" for mean in means]
    note = "; p: mean probability of the class" if any(below) else ""
    return shares_figure(voxels, TEN_CLASSES, SPANS, label, title, below, note)


def shares_figure(
    voxels: Array,
    scale: ClassScale,
    names: Sequence[str],
    label: str,
    title: str = "",
    below: Sequence[str] = (),
    note: str = "",
) -> Figure:
    """Draw how much of the mask each class has, a bar a class.

    Args:
        voxels: of each class; some have any.
        scale: the colours of the classes.
        names: of the classes.
        label: what the classes are of.
        title: above the axes.
        below: what follows the share over the bar of each class; by default nothing.
        note: follows the number of voxels above the axes.

    Returns:
        The figure.
    """
    shares = 100 * voxels / voxels.sum()
    figure = new_figure(7.5, 4.8)
    axes = figure.add_subplot()
    axes.bar(scale.ticks(), shares, width=0.92, color=scale.listed, edgecolor="white", linewidth=0.6)
    for number, share, words in zip(scale.ticks(), shares, below or [""] * len(shares), strict=True):
        if share:
            where = (number, share)
            text = f"{share:.1f} %{words}"
            axes.annotate(text, where, (0, 3), textcoords="offset points", ha="center", fontsize="small")
    axes.set_xticks(scale.ticks(), names)
    axes.set_xlabel(plain(label))
    axes.set_ylabel("Share of the mask's voxels (%)")
    axes.set_ylim(0, 1.16 * shares.max())
    axes.spines[["top", "right"]].set_visible(False)
    note = f"{voxels.sum():,.0f} voxels{note}"
    axes.annotate(note, (1, 1), xycoords="axes fraction", ha="right", va="bottom", fontsize="small", color="0.35")
    axes.set_title(plain(title), loc="left")
    return figure


def probability_slices_figure(
    probability: FloatArray,
    voxel_size: Triple,
    density: FloatArray | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw slices of the probability of each voxel's class over the grey density, on a scale from 0 to 1.

    Args:
        probability: (z, y, x), 0 outside the mask.
        voxel_size: (z, y, x), Å.
        density: (z, y, x), in grey behind it, or None.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the mask's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: no such slice, or a density of another shape.
    """
    return coloured_slices_figure(
        density,
        probability,
        voxel_size,
        PROBABILITIES,
        axis,
        numbers,
        origin,
        title,
        label="Probability of the voxel's class",
    )


def name_classes(figure: Figure, classes: Array) -> Figure:
    """Name the colours of the key by the ends of the classes, and by the share of the mask in each.

    Args:
        figure: whose last axes are a key of ``TEN_CLASSES``.
        classes: 1 to 10, and 0 outside the mask; of any shape.

    Returns:
        The figure.
    """
    return name_key(figure, classes, TEN_CLASSES, [f"{span}  ({{:.0f}} %)" for span in SPANS])


def name_key(figure: Figure, classes: Array, scale: ClassScale, forms: Sequence[str]) -> Figure:
    """Name the colours of a key.

    Args:
        figure: whose last axes are a key of the scale.
        classes: 0 where there is none; of any shape.
        scale: the colours of the classes.
        forms: of each class, what stands at its colour; ``{}`` is its share, in per cent.

    Returns:
        The figure.
    """
    found = np.bincount(np.asarray(classes, np.uint8).ravel(), minlength=len(scale.listed) + 1)[1:]
    shares = 100 * found / max(found.sum(), 1)
    figure.axes[-1].set_yticks(scale.ticks(), [form.format(share) for form, share in zip(forms, shares, strict=True)])
    return figure
