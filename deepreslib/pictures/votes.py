"""Pictures of votes: the class of resolution of each voxel, high, medium or low, on slices and on the surface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray, Triple
from deepreslib.networks.mapclass_card import BORDERS
from deepreslib.pictures.classes import CLASS_COLOURS, class_names
from deepreslib.pictures.scale import ClassScale
from deepreslib.pictures.slices import ZERO, coloured_slices_figure
from deepreslib.pictures.surface import coloured_surface
from deepreslib.pictures.views import surface_figure
from deepreslib.pictures.voxel_classes import name_key, shares_figure

LABEL = "Class of resolution, by local resolution at FSC 0.143"


VOTES = ClassScale(0.5, len(CLASS_COLOURS) + 0.5, listed=CLASS_COLOURS)


def votes_slices_figure(
    votes: FloatArray,
    voxel_size: Triple,
    borders: tuple[float, float] = BORDERS,
    density: FloatArray | None = None,
    axis: str = "z",
    numbers: Sequence[int] | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw slices of the votes over the grey density.

    Args:
        votes: (z, y, x), 0 outside the molecule, 1 high, 2 medium, 3 low.
        voxel_size: (z, y, x), Å.
        borders: Å, of the classes.
        density: (z, y, x), in grey behind it, or None.
        axis: 'z', 'y' or 'x', the normal of the slices.
        numbers: the slices, counted from 0; by default 4 about the molecule's centre.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: no such slice, or a density of another shape.
    """
    figure = coloured_slices_figure(density, votes, voxel_size, VOTES, axis, numbers, origin, title, label=LABEL)
    return name_votes(figure, votes, borders)


def votes_surface_figure(
    votes: FloatArray,
    density: FloatArray,
    voxel_size: Triple,
    borders: tuple[float, float] = BORDERS,
    level: float | None = None,
    origin: Triple = ZERO,
    title: str = "",
) -> Figure:
    """Draw the surface of the density, coloured by the votes just inside it, from three sides.

    Args:
        votes: (z, y, x), 0 outside the molecule, 1 high, 2 medium, 3 low.
        density: (z, y, x), on the same grid.
        voxel_size: (z, y, x), Å.
        borders: Å, of the classes.
        level: density at the surface; by default found from the density and the votes.
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        title: above the figure.

    Returns:
        The figure.

    Raises:
        InputError: arrays of different shape, no votes, or no surface at the level.
    """
    if not (votes > 0).any():
        raise InputError("There is no vote: no voxel belongs to the molecule.")
    surface = coloured_surface(density, votes, voxel_size, level, origin=origin)
    return name_votes(surface_figure(surface, VOTES, title, label=LABEL), votes, borders)


def votes_histogram_figure(votes: FloatArray, borders: tuple[float, float] = BORDERS, title: str = "") -> Figure:
    """Draw how much of the molecule each class has.

    Args:
        votes: (z, y, x), 0 outside the molecule, 1 high, 2 medium, 3 low.
        borders: Å, of the classes.
        title: above the axes.

    Returns:
        The figure.

    Raises:
        InputError: no votes.
    """
    if not (votes > 0).any():
        raise InputError("There is no vote: no voxel belongs to the molecule.")
    voxels = np.array([np.count_nonzero(votes == number) for number in VOTES.ticks()], float)
    return shares_figure(voxels, VOTES, class_names(borders), LABEL, title)


def name_votes(figure: Figure, votes: FloatArray, borders: tuple[float, float] = BORDERS) -> Figure:
    """Name the colours of the key by the classes, and by the share of the molecule in each.

    Args:
        figure: whose last axes are a key of ``VOTES``.
        votes: 0 outside the molecule, 1 high, 2 medium, 3 low.
        borders: Å, of the classes.

    Returns:
        The figure.
    """
    names = [name.replace(" (", "\n(") for name in class_names(borders)]
    return name_key(figure, votes, VOTES, [f"{name}\n{{:.0f}} %" for name in names])
