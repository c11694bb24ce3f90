"""The part of a map that CryoRes looks at: the molecule, found roughly, and its surroundings up to a fixed distance.

All that CryoRes computes from a whole map comes from this part, so that it does not matter how much solvent or how wide
a constant margin the box has around it. Where the box ends nearer to the molecule than that distance, or in it, the map
is mirrored at its face and led smoothly to one level, as a Fourier transform takes opposite faces for neighbours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.fourier import spectra
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Shape, Triple
from deepreslib.fourier.grid import fast_length

SURROUNDINGS = 24.0
"""Å, how far around the molecule the map is looked at."""

GUARD = 8.0
"""Å, width at least of what is added around that part for the Fourier transform; its outer half leads to one level."""

CORE, LEAST_CORE = 0.1, 0.05
"""A place belongs to the molecule, roughly, if the map's energy there at low frequencies is more than ``CORE`` of that
of the strongest places. Among 24 simulated maps this was so for 96 to 100 % of the places of the molecule, and for 1.6
to 6 times as many places as it has. The box holds all places beyond ``LEAST_CORE`` and their surroundings."""

LEAST_PIECE = 0.05
"""A piece of the core smaller than this share of the largest piece is left out."""

NEAR, FAR = (1.5, 9.0), (9.0, SURROUNDINGS)
"""Å from the core, the limits of the two zones around it."""

_DENSITY, _HIGH_PASS, _ENERGY = 3.0, 15.0, 5.0
"""Å, SDs of the Gaussians with which the density is smoothed, its slow changes are taken away, and its square is
smoothed."""

_CLOSED = 2
"""Places; holes and clefts narrower than about twice this belong to the molecule, roughly."""

_CONSTANT = 1e-5
"""Planes at a face whose values differ by less than this share of the map's range are a constant rim."""


@dataclass(frozen=True, eq=False)
class Region:
    """The part of a map that CryoRes looks at; places are those of the coarse grid that begins at the part's voxel 0.

    Attributes:
        data: float32 (z, y, x), the part with what was added around it.
        valid: the part, in ``data``.
        box: the part, in the map.
        sizes: voxel size, Å (z, y, x).
        core: bool (z, y, x), the places of the molecule, found roughly.
        near: bool (z, y, x), places close to the molecule.
        far: bool (z, y, x), places farther away.
        open_faces: how many faces of the map's box the core reaches, a face that it reaches in part counting in part.
    """

    data: FloatArray
    valid: Box
    box: Box
    sizes: Triple
    core: BoolArray
    near: BoolArray
    far: BoolArray
    open_faces: float

    @property
    def places(self) -> Shape:
        """The coarse grid's (z, y, x)."""
        depth, height, width = self.core.shape
        return depth, height, width


def region(data: FloatArray, sizes: Triple, wanted: BoolArray | None = None) -> Region:
    """The part of a map that CryoRes looks at.

    Args:
        data: float32 (z, y, x), the map.
        sizes: its voxel size, Å (z, y, x).
        wanted: bool (z, y, x), voxels that must be in it; None for none.

    Returns:
        The part.
    """
    inside = without_rim(data)
    core, strong = _molecule(data[inside], sizes)
    open_faces = _reached_faces(core)
    box = _around(strong, inside, sizes)
    if wanted is not None and wanted.any():
        box = _joined(box, scipy.ndimage.find_objects(wanted.view(np.int8))[0])
    part, valid = guarded(data, box, _joined(inside, box), sizes)
    core = _moved(core, inside, box, sizes)
    distance = (
        scipy.ndimage.distance_transform_edt(~core, sampling=spectra.GRID) if core.any() else np.zeros(core.shape)
    )
    near, far = ((distance > low) & (distance <= high) for low, high in (NEAR, FAR))
    return Region(part, valid, box, sizes, core, near, far, open_faces)


def without_rim(data: FloatArray) -> Box:
    """The box of a map without the planes at its faces that hold one value.

    Args:
        data: (z, y, x).

    Returns:
        The box; all of the map if it is constant.
    """
    level, least = data[0, 0, 0], _CONSTANT * (float(data.max()) - float(data.min()))
    differs = np.empty(data.shape, bool)
    for plane, out in zip(data, differs, strict=True):  # one after the other, which takes less memory
        out[...] = np.abs(plane - level) > least
    found = scipy.ndimage.find_objects(differs.view(np.int8))
    return found[0] if found else spectra.whole(data.shape)


def guarded(data: FloatArray, box: Box, inside: Box, sizes: Triple) -> tuple[FloatArray, Box]:
    """A part of a map, with more of it around, or its mirror image, which leads smoothly to one level at the ends.

    Args:
        data: float32 (z, y, x), the map.
        box: the part.
        inside: the box of the map without its constant rim, which holds the part.
        sizes: voxel size, Å (z, y, x).

    Returns:
        float32 (z, y, x), and where the part is in it.
    """
    widths = []
    for side, size in zip(box, sizes, strict=True):
        least, count = math.ceil(GUARD / size), side.stop - side.start
        more = fast_length(count + 2 * least) - count
        widths.append((more // 2, more - more // 2))
    wider = [(side.start - first, side.stop + last) for side, (first, last) in zip(box, widths, strict=True)]
    taken = [(max(start, of.start), min(stop, of.stop)) for (start, stop), of in zip(wider, inside, strict=True)]
    beyond = [(a - start, stop - b) for (start, stop), (a, b) in zip(wider, taken, strict=True)]
    z, y, x = (slice(a, b) for a, b in taken)
    outer = np.pad(data[z, y, x], beyond, mode="symmetric").astype(np.float32, copy=False)
    z, y, x = (slice(first, first + side.stop - side.start) for side, (first, _) in zip(box, widths, strict=True))
    _level_ends(outer, (z, y, x), float(np.median(_faces(outer[z, y, x]))))
    return outer, (z, y, x)


def _faces(part: FloatArray) -> FloatArray:
    """The values at the faces of a box."""
    ends = [np.take(part, index, axis).ravel() for axis in range(3) for index in (0, -1)]
    return np.concatenate(ends)


def _level_ends(outer: FloatArray, valid: Box, level: float) -> None:
    """Leads values beyond the valid ones, in place, to a level at the ends, in the outer half of what is beyond."""
    for axis, side in enumerate(valid):
        count = outer.shape[axis]
        position = np.arange(count)
        share = np.ones(count, np.float32)
        for distance, width in ((position, side.start), (count - 1 - position, count - side.stop)):
            taper = np.clip((distance + 0.5) / max(width / 2, 1), 0, 1)
            share = np.minimum(share, (0.5 - 0.5 * np.cos(np.pi * taper)).astype(np.float32))
        for index in np.flatnonzero(share < 1):
            here = (slice(None),) * axis + (index,)
            outer[here] = level + (outer[here] - level) * share[index]


def _molecule(data: FloatArray, sizes: Triple) -> tuple[BoolArray, BoolArray]:
    """The places of the molecule, found roughly, and all that are somewhat strong; bool (z, y, x)."""
    smooth = spectra.smooth(data, sizes, spectra.coarse_shape(data.shape, sizes), _DENSITY)
    detail = smooth - scipy.ndimage.gaussian_filter(smooth, _HIGH_PASS / spectra.GRID, mode="reflect")
    energy = scipy.ndimage.gaussian_filter(np.square(detail, dtype=float), _ENERGY / spectra.GRID, mode="reflect")
    energy /= max(float(energy.max()), 1e-300)
    # The mean of the strongest places; the third power leaves weak ones without weight, however many there are.
    strongest = float((energy**4).sum() / max(float((energy**3).sum()), 1e-300))
    strong = np.pad(energy > CORE * strongest, _CLOSED, mode="edge")
    closed = scipy.ndimage.binary_closing(strong, np.ones((3, 3, 3)), _CLOSED)
    z, y, x = (slice(_CLOSED, count - _CLOSED) for count in closed.shape)
    return _large_pieces(closed[z, y, x]), energy > LEAST_CORE * strongest


def _large_pieces(places: BoolArray) -> BoolArray:
    labels, count = scipy.ndimage.label(places, np.ones((3, 3, 3)))
    if count < 2:
        return places
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept: BoolArray = (sizes >= LEAST_PIECE * sizes.max())[labels]
    return kept


def _reached_faces(core: BoolArray) -> float:
    """How many faces of the box the core reaches, a face that it reaches in part counting in part."""
    return float(sum(np.take(core, index, axis).mean() for axis in range(3) for index in (0, -1)))


def _around(places: BoolArray, inside: Box, sizes: Triple) -> Box:
    """The voxels of places and their surroundings, within a box."""
    found = scipy.ndimage.find_objects(places.view(np.int8))
    if not found:
        return inside
    z, y, x = (
        slice(
            max(side.start + math.floor((around.start * spectra.GRID - SURROUNDINGS) / size), side.start),
            min(side.start + math.ceil(((around.stop - 1) * spectra.GRID + SURROUNDINGS) / size) + 1, side.stop),
        )
        for around, side, size in zip(found[0], inside, sizes, strict=True)
    )
    return z, y, x


def _joined(one: Box, other: Box) -> Box:
    z, y, x = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return z, y, x


def _moved(core: BoolArray, inside: Box, box: Box, sizes: Sequence[float]) -> BoolArray:
    """The core at the places of another box: each takes that of the nearest place; none beyond."""
    shape = spectra.coarse_shape(spectra.box_shape(box), (sizes[0], sizes[1], sizes[2]))
    indices, within = [], []
    for places, count, new, old, size in zip(shape, core.shape, box, inside, sizes, strict=True):
        nearest = np.rint((spectra.GRID * np.arange(places) + (new.start - old.start) * size) / spectra.GRID).astype(
            int
        )
        within.append((nearest >= 0) & (nearest < count))
        indices.append(np.clip(nearest, 0, count - 1))
    moved: BoolArray = core[np.ix_(*indices)] & within[0][:, None, None] & within[1][:, None] & within[2]
    return moved
