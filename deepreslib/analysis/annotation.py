"""The local resolution at the atoms and residues of a structure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from deepreslib.analysis.placing import fitting_origin
from deepreslib.analysis.resolution_map import as_resolution
from deepreslib.analysis.summary import statistics
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.maps import DensityMap
from deepreslib.maps.boxes import box_around
from deepreslib.structures.attributes import AtomSites, Residue

REACH = 3.0
"""Å; an atom outside the mask takes the resolution of the nearest voxel of the mask within this distance."""

FEW = 0.5
"""If a smaller share of the atoms than this is in the mask, the structure lies beside the map."""

MOST = 0.8
"""If a smaller share of the atoms than this is in the map's box, the structure is probably placed wrongly."""

_ANGLE_TOLERANCE = 0.1
_CLEARLY_MORE = 0.1


@dataclass(frozen=True)
class ResidueResolution(Residue):
    """The local resolution at one residue.

    Attributes:
        atoms: number of its atoms, hydrogens left out.
        assigned: how many of them have a resolution.
        resolution: mean resolution of these atoms, Å; NaN if no atom has one.
        finest: their finest resolution, Å; NaN if no atom has one.
        coarsest: their coarsest resolution, Å; NaN if no atom has one.
    """

    atoms: int
    assigned: int
    resolution: float
    finest: float
    coarsest: float


@dataclass(frozen=True, eq=False)
class Annotation:
    """The local resolution at a structure.

    Attributes:
        atoms: (n,) float64, Å, NaN where there is none; in the order of ``AtomSites``.
        residues: in the order of ``AtomSites.residues``.
        warnings: sentences about a structure that seems to lie in the wrong place.
    """

    atoms: FloatArray
    residues: list[ResidueResolution]
    warnings: tuple[str, ...] = ()


def _check_cell(resolution: DensityMap) -> None:
    """Refuses a map whose cell's angles are not right."""
    if any(abs(angle - 90) > _ANGLE_TOLERANCE for angle in resolution.header.cell_angles):
        angles = ", ".join(f"{angle:g}" for angle in resolution.header.cell_angles)
        raise InputError(
            f"{resolution.name} has a cell that is not orthogonal (angles {angles}); give a single-particle map."
        )


def resolution_at(resolution: DensityMap, positions: FloatArray, reach: float = REACH) -> FloatArray:
    """The local resolution at positions in space.

    Of the eight voxels around a position, those above 0 are interpolated trilinearly, with weights that are made to sum
    to 1: values outside the mask are 0 by convention and are no data. Where all eight are outside the mask, or beyond
    the map's edge, the value is that of the nearest voxel of the mask, if its centre is within ``reach``.

    Args:
        resolution: Å, 0 outside the mask.
        positions: (n, 3), Å, x y z, in the frame of the map's origin.
        reach: Å; 0 to interpolate only.

    Returns:
        (n,) float64, Å, NaN where there is no value.
    """
    data, spacing = resolution.data, np.array(resolution.voxel_size)
    index = (np.asarray(positions, float).reshape(-1, 3)[:, ::-1] - resolution.origin) / spacing
    around = np.all((index > -1) & (index < data.shape), axis=1)  # False for NaN too
    base = np.floor(index[around]).astype(int)
    fraction = index[around] - base
    total, weights = np.zeros(len(base)), np.zeros(len(base))
    for corner in product((0, 1), repeat=3):
        voxel = base + corner
        exists = np.all((voxel >= 0) & (voxel < data.shape), axis=1)
        values = np.where(exists, data[tuple(np.where(exists[:, None], voxel, 0).T)], 0)
        weight = np.prod(np.where(corner, fraction, 1 - fraction), axis=1) * (values > 0)
        total += weight * values
        weights += weight
    resolutions = np.full(len(index), np.nan)
    np.divide(total, weights, out=total, where=weights > 0)
    resolutions[around] = np.where(weights > 0, total, np.nan)
    missing = np.isnan(resolutions) & np.all(np.isfinite(index), axis=1)
    if reach > 0 and missing.any():
        resolutions[missing] = _nearest(data, spacing, index[missing] * spacing, reach)
    return resolutions


def _nearest(data: FloatArray, spacing: FloatArray, positions: FloatArray, reach: float) -> FloatArray:
    """Values of the nearest voxels above 0, NaN beyond ``reach``; positions (n, 3) in Å, z y x, from voxel (0, 0, 0).

    Only voxels at the mask's surface are searched: a voxel inside has a neighbour in the mask that is nearer to
    any position outside.
    """
    inside = data > 0
    voxels = np.argwhere(inside & ~ndimage.binary_erosion(inside))
    distance, number = cKDTree(voxels * spacing).query(positions, distance_upper_bound=np.nextafter(reach, np.inf))
    values = np.append(data[tuple(voxels.T)].astype(float), np.nan)  # the tree gives len(voxels) where none is near
    return np.where(np.isfinite(distance), values[number], np.nan)


def annotate(resolution: DensityMap, sites: AtomSites, reach: float = REACH) -> Annotation:
    """The local resolution at each atom and residue of a structure.

    A residue's value is the mean over its atoms that have one, hydrogens left out; ChimeraX and pwem average an
    attribute of atoms over residues in the same way. Atoms of any occupancy and all alternate locations count.

    Args:
        resolution: Å; the outside is found as :func:`deepreslib.analysis.resolution_map.as_resolution` says.
        sites: the structure, in the frame of the map's origin.
        reach: Å, see :func:`resolution_at`.

    Raises:
        InputError: the map is no resolution map, or no atom lies in or near its mask. If one of the usual origins
            would put the structure into the mask, the message names it.
    """
    _check_cell(resolution)
    resolution, notes = as_resolution(resolution)
    values = resolution_at(resolution, sites.positions, reach)
    if not np.isfinite(values).any():
        raise InputError(
            f"{sites.path}: none of its {len(sites)} atoms lies within {reach:g} Å of the mask of {resolution.name}: "
            f"the atoms span {_span(sites.positions)} and the mask {_span(_mask_corners(resolution))}; "
            f"{placing_advice(resolution, sites.positions)}."
        )
    return Annotation(values, _average(values, sites), (*notes, *placing_warnings(resolution, sites, values)))


def placing_warnings(resolution: DensityMap, sites: AtomSites, values: FloatArray) -> tuple[str, ...]:
    """What should be known about where a structure lies.

    Args:
        resolution: Å, 0 outside the mask.
        sites: the structure.
        values: (n,) Å, the resolution of each atom; NaN where there is none.

    Returns:
        A sentence if fewer than 80 % of the atoms lie in the map's box, and one if fewer than half have a resolution.
    """
    index = (sites.positions[:, ::-1] - resolution.origin) / resolution.voxel_size
    within = int(np.all((index > -0.5) & (index < np.array(resolution.data.shape) - 0.5), axis=1).sum())
    assigned = int(np.isfinite(values).sum())
    places = [f"{within} of {len(sites)} atoms of {sites.path} lie in the box"] * (within < MOST * len(sites))
    places += [f"{assigned} of {len(sites)} atoms lie in the mask"] * (assigned < FEW * len(sites))
    if not places:
        return ()
    advice = placing_advice(resolution, sites.positions)
    return tuple(f"only {place} of {resolution.name}: {advice}." for place in places)


def placing_advice(resolution: DensityMap, positions: FloatArray) -> str:
    """Advice for a structure that lies beside the map: a clause of a sentence, with an origin if one fits.

    The origins tried are 0, the one that puts 0 in the middle of the map, which programs write by default, and the one
    that the header's first row, column and section stand for. One is advised if it puts more than half of the atoms
    into the mask, and more than the map's own origin does. Where none does so well, the shift that lays the structure
    upon the mask is sought; its origin is named if it puts at least 80 % of the atoms into the mask.

    Args:
        resolution: Å, 0 outside the mask.
        positions: (n, 3), Å, x y z.
    """
    half = np.array(resolution.data.shape) // 2 * resolution.voxel_size
    origins = np.zeros(3), -half, np.array(resolution.header.position_of_starts(resolution.voxel_size))
    shares = [_share_inside(resolution, positions, origin) for origin in origins]
    own = _share_inside(resolution, positions, np.array(resolution.origin))
    fits = max(shares) >= FEW and max(shares) > own
    if not fits or max(shares) < MOST:
        found = fitting_origin(resolution, positions)
        share = 0.0 if found is None else _share_inside(resolution, positions, found)
        if found is not None and share >= MOST and share > max(own, max(shares) * fits) + _CLEARLY_MORE:
            return (
                f"no usual origin fits, but with the origin {_as_text(found)} Å {100 * share:.0f} % of the atoms would "
                "lie in the mask, so the structure may be shifted by that; fit it into the map, or give the map that "
                "it was built in"
            )
    if not fits:
        return "give the map that the structure was built in, or its right origin or voxel size"
    origin = _as_text(origins[np.argmax(shares)])
    return f"set the map's origin to {origin} Å, where {100 * max(shares):.0f} % of the atoms would lie in the mask"


def _as_text(origin: FloatArray) -> str:
    """An origin (3,), Å, z y x, as ``--origin`` takes it: x,y,z."""
    return ",".join(f"{number:.6g}" for number in origin[::-1] + 0.0)


def _share_inside(resolution: DensityMap, positions: FloatArray, origin: FloatArray) -> float:
    """Share of the positions that would be in the mask if the map had another origin (3,), Å, z y x."""
    z, y, x = origin.tolist()
    moved = DensityMap(resolution.data, resolution.voxel_size, (z, y, x))
    return float(np.isfinite(resolution_at(moved, positions, reach=0)).mean())


def by_chain(residues: Iterable[ResidueResolution]) -> dict[str, list[ResidueResolution]]:
    """The polymers' residues, or all where there is no polymer, by chain in order of appearance."""
    residues = list(residues)
    chosen = [residue for residue in residues if residue.kind == "polymer"] or residues
    chains: dict[str, list[ResidueResolution]] = {residue.chain: [] for residue in chosen}
    for residue in chosen:
        chains[residue.chain].append(residue)
    return chains


def report(annotation: Annotation) -> dict[str, Any]:
    """All numbers, ready for JSON; None where there is no value.

    Args:
        annotation: from :func:`annotate`.

    Returns:
        dict: ``atoms`` and ``residues`` (all of them), each with ``count``, ``assigned`` and ``resolution`` (see
        :func:`deepreslib.analysis.summary.statistics`); ``chains``: name → the same of the residues of
        :func:`by_chain`; ``table``: for each residue the fields of :class:`ResidueResolution`.
    """
    values = np.array([residue.resolution for residue in annotation.residues])
    chains = by_chain(annotation.residues)
    table = [{name: _or_none(value) for name, value in asdict(residue).items()} for residue in annotation.residues]
    return {
        "atoms": _described(annotation.atoms),
        "residues": _described(values),
        "chains": {name: _described([residue.resolution for residue in chain]) for name, chain in chains.items()},
        "table": table,
    }


def residues_of(table: Sequence[dict[str, Any]]) -> list[ResidueResolution]:
    """The residues of a report's ``table``."""
    names = [field.name for field in fields(ResidueResolution)]
    return [ResidueResolution(**{name: _or_nan(row[name]) for name in names}) for row in table]


def _average(values: FloatArray, sites: AtomSites) -> list[ResidueResolution]:
    """The residues with the mean of their atoms' values (n,), hydrogens left out."""
    count = len(sites.residues)
    heavy, known = sites.heavy, sites.heavy & np.isfinite(values)
    atoms = np.bincount(sites.residue_numbers[heavy], minlength=count)
    numbers, known_values = sites.residue_numbers[known], values[known]
    assigned = np.bincount(numbers, minlength=count)
    sums = np.bincount(numbers, weights=known_values, minlength=count)
    finest, coarsest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(finest, numbers, known_values)
    np.maximum.at(coarsest, numbers, known_values)
    results = []
    for number, residue in enumerate(sites.residues):
        known_atoms = int(assigned[number])
        three = (sums[number] / known_atoms, finest[number], coarsest[number]) if known_atoms else (np.nan,) * 3
        mean, low, high = (float(value) for value in three)
        results.append(
            ResidueResolution(
                **asdict(residue),
                atoms=int(atoms[number]),
                assigned=known_atoms,
                resolution=mean,
                finest=low,
                coarsest=high,
            )
        )
    return results


def _described(values: Sequence[float] | FloatArray) -> dict[str, Any]:
    """How many values there are, how many of them are known, and the statistics of these; for the report."""
    values = np.asarray(values, float)
    known = values[np.isfinite(values)]
    return {
        "count": int(values.size),
        "assigned": int(known.size),
        "resolution": statistics(known) if known.size else None,
    }


def _or_none(value: Any) -> Any:
    """The value, rounded if it is a float, or None for NaN; for the report."""
    if not isinstance(value, float):
        return value
    return round(value, 4) if np.isfinite(value) else None


def _or_nan(value: Any) -> Any:
    """The value, or NaN for None; from the report."""
    return np.nan if value is None else value


def _mask_corners(resolution: DensityMap) -> FloatArray:
    """(2, 3) Å, x y z: the lowest and the highest voxel of the mask along each axis."""
    box = box_around(resolution.data > 0)
    ends = np.array([[side.start for side in box], [side.stop - 1 for side in box]])
    return (ends * resolution.voxel_size + resolution.origin)[:, ::-1]


def _span(positions: FloatArray) -> str:
    """Where positions (n, 3) lie, in words."""
    low, high = np.nanmin(positions, axis=0), np.nanmax(positions, axis=0)
    return ", ".join(f"{a:.0f} to {b:.0f}" for a, b in zip(low, high, strict=True)) + " Å in x, y, z"
