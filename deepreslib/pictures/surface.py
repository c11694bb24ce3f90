"""The surface of a map, coloured by the resolution just inside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, spatial
from skimage import filters, measure

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray, Triple
from deepreslib.maps.boxes import box_around

MOST_TRIANGLES = 100_000
INSIDE = 1.5  # voxels below the surface at which the resolution is read
MARGIN = 3  # voxels about the mask in which the surface is still drawn
SMALLEST_PART = 0.01  # of the largest part's volume; less is dust
ORIGIN = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class ColouredSurface:
    """A triangle mesh with a resolution at each vertex.

    Attributes:
        vertices: (n, 3) positions (z, y, x), Å, the origin included.
        normals: (n, 3) unit normals (z, y, x) that point out of the density.
        values: (n,) resolution, Å, never 0.
        faces: (m, 3) vertices of each triangle, anticlockwise in (x, y, z) when seen from outside.
        level: the density at the surface.
    """

    vertices: FloatArray
    normals: FloatArray
    values: FloatArray
    faces: IntArray
    level: float


def default_level(density: FloatArray, inside: BoolArray, name: str = "the map") -> float:
    """A density at which the surface shows the molecule and not the solvent in its mask.

    Masks are wider than the molecule, by a little or by a lot, so no fixed share of the mask serves. Otsu's
    threshold of the densities within the mask separates molecule from solvent for tight and loose masks alike.
    Densities above percentile 99.5 are set to it, so that a metal ion or a gold bead does not raise the threshold. The
    level is then lowered by a fifth of the way to the mean of the densities below the threshold: flexible parts, whose
    density is weak and whose resolution is of interest, stay visible. When the map is scaled or shifted, the level
    changes in the same way.

    Args:
        density: (z, y, x), any unit.
        inside: (z, y, x), true inside the mask.
        name: of the map, for the messages.

    Returns:
        The density at the surface.

    Raises:
        InputError: empty mask or constant density within it.
    """
    values = density[inside]
    if not values.size:
        raise InputError("The mask is empty, so no surface level can be chosen: check the resolution map.")
    values = np.minimum(values, np.percentile(values, 99.5))
    if values.min() == values.max():
        raise InputError(
            f"{name} is constant inside the mask, {values[0]:g} in every voxel, so it has no surface; give a density "
            "map on the grid of the resolution map."
        )
    threshold = filters.threshold_otsu(values)
    weak = values[values <= threshold].mean()
    return float(threshold - 0.2 * (threshold - weak))


def coloured_surface(
    density: FloatArray,
    resolution: FloatArray,
    voxel_size: Triple,
    level: float | None = None,
    inside: float = INSIDE,
    origin: Triple = ORIGIN,
    most_triangles: int = MOST_TRIANGLES,
    name: str = "the map",
) -> ColouredSurface:
    """The isosurface of a density, each vertex with the resolution slightly inside the surface.

    Only density within 3 voxels of the mask is drawn, and parts smaller than 1 % of the largest are left out as
    dust. A surface that would have too many triangles is made from a smoothed map of larger voxels; the resolution
    is always read from the full map. Zeros outside the mask are never averaged in: see ``resolution_below``.

    Args:
        density: (z, y, x), any unit.
        resolution: (z, y, x), Å, 0 outside the mask.
        voxel_size: (z, y, x), Å.
        level: density at the surface; by default ``default_level``.
        inside: how far below the surface the resolution is read, in voxels (of the shortest side).
        origin: (z, y, x), Å, position of voxel (0, 0, 0).
        most_triangles: about how many triangles the mesh may have.
        name: of the density, for the messages.

    Returns:
        The mesh.

    Raises:
        InputError: arrays of different shape, empty mask, or no density near the mask on both sides of the level.
    """
    if density.shape != resolution.shape or density.ndim != 3:
        raise InputError(
            f"The density has shape {density.shape} and the resolution {resolution.shape}: give two maps on one grid."
        )
    mask = resolution > 0
    level = default_level(density, mask, name) if level is None else float(level)
    corner, near = _near_mask(density, mask)
    _check_level(near, level, name)
    near, spacing = _coarsened(near, level, most_triangles)
    _check_level(near, level, name)
    near = np.pad(_without_dust(near, level), 1, constant_values=near.min())
    positions, faces, _, _ = measure.marching_cubes(near, level, allow_degenerate=False)
    sides = np.asarray(voxel_size, dtype=float)
    # Array index of the full map: a coarse voxel's centre lies in the middle of the voxels it stands for.
    indices = (positions - 1) * spacing + (spacing - 1) / 2 + corner
    from_corner = indices * sides
    normals = _vertex_normals(from_corner, faces)
    values = resolution_below(from_corner, normals, resolution, voxel_size, inside)
    return ColouredSurface(from_corner + np.asarray(origin), normals, values, faces, level)


def resolution_below(
    positions: FloatArray,
    normals: FloatArray,
    resolution: FloatArray,
    voxel_size: Triple,
    inside: float = INSIDE,
) -> FloatArray:
    """The resolution a little below points of a surface.

    It is interpolated among the voxels of the mask alone (the weights of those outside go to the others). Where
    none of the 8 neighbours is in the mask, the point moves on inward, up to 3 voxels more, and as a last resort
    takes the value of the nearest voxel of the mask.

    Args:
        positions: (n, 3) positions (z, y, x), Å from voxel (0, 0, 0).
        normals: (n, 3) unit normals (z, y, x), pointing out.
        resolution: (z, y, x), Å, 0 outside the mask, which is not empty.
        voxel_size: (z, y, x), Å.
        inside: depth below the surface, in voxels of the shortest side.

    Returns:
        (n,) resolution, Å, within the range of the map's values inside the mask.
    """
    sides = np.asarray(voxel_size, dtype=float)
    mask = (resolution > 0).astype(np.float32)
    values = np.zeros(len(positions))
    for depth in inside + np.arange(4):
        missing = np.flatnonzero(values == 0)
        if not missing.size:
            return values
        points = ((positions[missing] - depth * sides.min() * normals[missing]) / sides).T
        weights = ndimage.map_coordinates(mask, points, order=1, mode="constant")
        sums = ndimage.map_coordinates(resolution, points, order=1, mode="constant", output=np.float64)
        near_mask = weights > 0.05
        values[missing[near_mask]] = sums[near_mask] / weights[near_mask]
    missing = np.flatnonzero(values == 0)
    if missing.size:
        edge = np.argwhere((mask > 0) & ~ndimage.binary_erosion(mask > 0))
        _, nearest = spatial.cKDTree(edge * sides).query(positions[missing])
        values[missing] = resolution[tuple(edge[nearest].T)]
    return values


def _check_level(near: FloatArray, level: float, name: str) -> None:
    """Refuses a level that the density near the mask (z, y, x) does not cross."""
    low, high = float(near.min()), float(near.max())
    if not low < level < high:
        raise InputError(
            f"{name} has no surface at level {level:g}: near the mask its density lies between {low:g} and {high:g}; "
            "give a level between these, or none, and one is chosen."
        )


def _near_mask(density: FloatArray, mask: BoolArray) -> tuple[IntArray, FloatArray]:
    """The corner of the box around the mask (with a margin), and the box's density, its minimum far from the mask."""
    box = box_around(mask, MARGIN)
    near = ndimage.binary_dilation(mask[box], ndimage.generate_binary_structure(3, 2), iterations=MARGIN)
    return np.array([side.start for side in box]), np.where(near, density[box], density[box].min())


def _coarsened(density: FloatArray, level: float, most_triangles: int) -> tuple[FloatArray, FloatArray]:
    """The density, on fewer voxels if its surface has too many triangles, and a new voxel's edges in old voxels.

    Where there are fewer, larger voxels, the density is smoothed first.
    """
    above = density > level
    crossings = sum(np.count_nonzero(np.diff(above, axis=axis)) for axis in range(3))
    times = math.sqrt(2 * crossings / most_triangles)  # there are about two triangles to a crossing
    if times <= 1:
        return density, np.ones(3)
    shape = np.maximum(np.ceil(np.array(density.shape) / times), 4).astype(int)
    spacing = np.array(density.shape) / shape
    smooth = ndimage.gaussian_filter(density, 0.4 * (spacing - 1) + 0.2)
    centres = np.meshgrid(
        *[(np.arange(n) + 0.5) * side - 0.5 for n, side in zip(shape, spacing, strict=True)], indexing="ij"
    )
    return ndimage.map_coordinates(smooth, centres, order=1, mode="nearest"), spacing


def _without_dust(density: FloatArray, level: float) -> FloatArray:
    """The density, with small connected parts above the level set to its minimum."""
    parts, count = ndimage.label(density > level)
    if count < 2:
        return density
    volumes = np.bincount(parts.ravel())
    volumes[0] = 0
    dust = volumes < SMALLEST_PART * volumes.max()
    dust[0] = False
    return np.where(dust[parts], density.min(), density)


def _vertex_normals(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Unit normals at the vertices: those of the triangles about them, weighted by area, pointing out."""
    one, two, three = (vertices[faces[:, corner]] for corner in range(3))
    across = np.cross(three - one, two - one)  # marching_cubes' order, for coordinates (z, y, x), gives outward
    normals = np.stack(
        [
            sum(np.bincount(faces[:, corner], across[:, axis], len(vertices)) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
