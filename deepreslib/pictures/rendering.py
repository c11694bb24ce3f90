"""A small renderer: triangles, orthographic, with a depth buffer, soft light and shading of crevices.

The three-dimensional axes of matplotlib sort whole triangles and have no depth buffer, so a surface of tens of
thousands of triangles is slow to draw and looks flat. This renderer draws one view of 100 thousand triangles in about a
second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deepreslib.fourier.arrays import Array, BoolArray, FloatArray, IntArray

# Rows: what in (z, y, x) points to the right, up, and towards the eye.
VIEWS = {
    "front": np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float),
    "side": np.array([[-1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=float),
    "top": np.array([[0, 0, 1], [-1, 0, 0], [0, 1, 0]], dtype=float),
}
LIGHT = np.array([-0.35, 0.55, 0.76])  # from the left, above, in front: right, up, towards the eye
CELLS = 1_000_000  # pixels of triangles' boxes tried together; bounds the memory


@dataclass(frozen=True)
class Raster:
    """The surface that the eye meets in each pixel; the first row is at the bottom.

    Attributes:
        depth: (rows, columns), Å towards the eye; -inf where nothing is met.
        normals: (rows, columns, 3) unit normals: right, up, towards the eye.
        values: (rows, columns) the vertices' values, interpolated.
    """

    depth: FloatArray
    normals: FloatArray
    values: FloatArray


def rasterise(
    points: FloatArray,
    normals: FloatArray,
    values: FloatArray,
    faces: IntArray,
    shape: tuple[int, int],
) -> Raster:
    """Fill triangles into pixels, the nearest to the eye winning.

    Triangles that show their back, those whose corners run clockwise, are left out: nobody sees the inside of a
    closed surface.

    Args:
        points: (n, 3) right and up in pixels, from the lower left corner, and depth towards the eye in Å.
        normals: (n, 3) in the same directions.
        values: (n,) to be interpolated.
        faces: (m, 3) numbers of the vertices of each triangle.
        shape: rows and columns of the picture; what falls outside is cut off.

    Returns:
        Depth, normal and value in every pixel.
    """
    rows, columns = shape
    corners = points[faces]
    flat = corners[:, :, :2]
    towards = np.cross(flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]) > 1e-9
    faces, corners, flat = faces[towards], corners[towards], flat[towards]
    slopes, starts = _barycentric(flat)
    depth = np.full(rows * columns, -np.inf, dtype=np.float32)
    owner = np.full(rows * columns, -1, dtype=np.int32)
    sides = np.ptp(flat, axis=1).max(axis=1)
    order = np.argsort(-sides)  # like sizes together, so that their boxes waste little
    first = 0
    while first < len(order):
        batch = order[first : first + max(int(CELLS / (sides[order[first]] + 2) ** 2), 1)]
        first += len(batch)
        pixels, triangles, depths = _fragments(corners[batch], slopes[batch], starts[batch], shape)
        nearest = np.flatnonzero(depths > depth[pixels])
        nearest = nearest[np.argsort(depths[nearest])]  # of several in one pixel the nearest is written last
        depth[pixels[nearest]] = depths[nearest]
        owner[pixels[nearest]] = batch[triangles[nearest]]
    met = np.flatnonzero(owner >= 0)
    triangles = owner[met]
    centres = np.stack([met % columns, met // columns], axis=1) + 0.5
    weights = np.einsum("fcd,fd->fc", slopes[triangles], centres) + starts[triangles]
    vertices = faces[triangles]
    filled_normals, filled_values = np.zeros((rows * columns, 3)), np.zeros(rows * columns)
    filled_values[met] = np.einsum("fc,fc->f", weights, values[vertices])
    blended = np.einsum("fc,fcd->fd", weights, normals[vertices])
    filled_normals[met] = blended / np.maximum(np.linalg.norm(blended, axis=1, keepdims=True), 1e-12)
    return Raster(depth.reshape(shape), filled_normals.reshape(*shape, 3), filled_values.reshape(shape))


def _barycentric(flat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The weights of triangles' corners as functions of position: slopes (t, 3, 2) · position + starts (t, 3).

    A corner's weight is the area between the position and the side across from it, over the whole area.
    """
    following, last = np.roll(flat, -1, axis=1), np.roll(flat, -2, axis=1)
    across = last - following
    area = across[:, 0, 0] * across[:, 1, 1] - across[:, 0, 1] * across[:, 1, 0]
    slopes = np.stack([-across[..., 1], across[..., 0]], axis=-1) / area[:, None, None]
    return slopes, -np.einsum("tcd,tcd->tc", slopes, following)


def _fragments(
    corners: FloatArray, slopes: FloatArray, starts: FloatArray, shape: tuple[int, int]
) -> tuple[IntArray, IntArray, FloatArray]:
    """The pixels whose centres lie in triangles (t, 3, 3): flat pixel numbers, triangle numbers and depths."""
    rows, columns = shape
    flat = corners[:, :, :2]
    low = np.floor(flat.min(axis=1)).astype(np.int32)
    extent = int((np.ceil(flat.max(axis=1)) - low).max())
    upward, rightward = np.indices((extent, extent), dtype=np.int32).reshape(2, -1)
    starts = starts + np.einsum("tcd,td->tc", slopes, low + 0.5)
    slopes, starts = slopes.astype(np.float32), starts.astype(np.float32)
    one, two = (starts[:, c, None] + slopes[:, c, :1] * rightward + slopes[:, c, 1:] * upward for c in range(2))
    three = 1 - one - two
    hit = np.flatnonzero(np.minimum(np.minimum(one, two), three) >= -1e-5)
    triangles, cells = np.divmod(hit, extent * extent)
    across, above = low[triangles, 0] + rightward[cells], low[triangles, 1] + upward[cells]
    depths = corners[:, :, 2].astype(np.float32)[triangles]
    depths = sum(weight.ravel()[hit] * depths[:, c] for c, weight in enumerate((one, two, three)))
    within = (across >= 0) & (across < columns) & (above >= 0) & (above < rows)
    return (above * columns + across)[within], triangles[within], depths[within]


def shade(raster: Raster, colours: FloatArray, pixel_size: float) -> FloatArray:
    """Light a rastered surface on a white background.

    There is a lamp at the upper left, and light from all around. Crevices are darkened by how far they lie behind their
    surroundings; there is a thin dark line where the depth leaps, and a little haze over the far end. Light multiplies
    red, green and blue alike, so that the hue can still be compared with the key.

    Args:
        raster: from ``rasterise``.
        colours: (rows, columns, 3) unlit colours, 0 to 1.
        pixel_size: side of a pixel, Å.

    Returns:
        (rows, columns, 3) colours, 0 to 1, white where nothing is met.
    """
    met = np.isfinite(raster.depth)
    if not met.any():
        return np.ones_like(colours)
    lamp = LIGHT / np.linalg.norm(LIGHT)
    facing = np.abs(raster.normals[..., 2])
    light = 0.50 + 0.37 * np.clip(raster.normals @ lamp, 0, 1) + 0.26 * facing
    near, far = raster.depth[met].max(), raster.depth[met].min()
    filled = np.where(met, raster.depth, far)
    light *= _openness(filled, met, near - far, pixel_size)
    light *= 1 - 0.55 * _outline(filled, near - far)
    lit = np.clip(colours * light[..., None], 0, 1)
    haze = 0.22 * (near - filled) / max(near - far, 1e-6)
    lit = lit + (1 - lit) * haze[..., None]
    return np.where(met[..., None], lit, 1.0)


def _openness(depth: FloatArray, met: BoolArray, span: float, pixel_size: float) -> FloatArray:
    """A factor of the light, from 1 on open ground to 0.5 in crevices; the depth is blurred over two distances."""
    open_to_light = np.ones_like(depth)
    for share, strength in ((0.015, 0.5), (0.06, 0.35)):
        reach = max(share * span / pixel_size, 1.0)
        around = _blurred(np.where(met, depth, 0.0), reach) / np.maximum(_blurred(met, reach), 1e-6)
        buried = np.clip((around - depth) / max(2 * share * span, 1e-6), 0, 1)
        open_to_light *= 1 - strength * buried
    return np.maximum(open_to_light, 0.5)


def _blurred(picture: Array, reach: float) -> FloatArray:
    """Nearly a Gaussian blur, whose cost does not grow with its reach (standard deviation in pixels)."""
    width = 2 * round(reach * 0.75) + 1
    blurred = picture.astype(np.float32)
    for _ in range(3):
        blurred = ndimage.uniform_filter(blurred, width)
    return blurred


def _outline(depth: FloatArray, span: float) -> FloatArray:
    """1 where the depth leaps to something well behind or to the ground, 0 elsewhere."""
    leap = ndimage.maximum_filter(depth, 3) - depth
    return np.clip((leap - 0.06 * span) / max(0.1 * span, 1e-6), 0, 1)


def downsample(picture: FloatArray, times: int) -> FloatArray:
    """Average blocks of pixels, which smooths edges.

    Args:
        picture: (rows, columns, 3).
        times: side of a block, pixels.

    Returns:
        (rows // times, columns // times, 3).
    """
    rows, columns = picture.shape[0] // times, picture.shape[1] // times
    blocks = picture[: rows * times, : columns * times].reshape(rows, times, columns, times, -1)
    return blocks.mean(axis=(1, 3))
