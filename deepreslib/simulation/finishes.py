"""What people do to a map beside sharpening it: filters, masks, zones around atoms, values cut off, other voxels.

A filter coarser than the resolution changes what the map can show, as voxels that are too coarse do. So each
``Treatment`` says how fine the detail is that it leaves, and the true resolutions of a treated map, global and local,
are at least that (``Treated.limit``).
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.fourier.local_filter import low_pass_locally
from deepreslib.maps import masks
from deepreslib.simulation import full_map, model_map
from deepreslib.simulation.full_map import Finish
from deepreslib.simulation.regridding import Resampling, labels_on, regridded

_LOCAL_WIDTH, _LOCAL_STEP = 0.05, 1.0


@dataclass(frozen=True)
class Region:
    """The part of a map that is kept; the rest is replaced by a constant.

    Attributes:
        zone: Å; what is nearer to an atom than this is kept. None to keep what is near the molecule's mask.
        growth: Å, by which the molecule's mask is widened; not used with a zone.
        edge: Å, width of the soft edge; 0 for a hard one.
        flattened: whether the rest gets its own mean, as by solvent flattening; if not, 0.
    """

    zone: float | None = None
    growth: float = 3.0
    edge: float = 0.0
    flattened: bool = False

    def weight(self, molecule: BoolArray, atoms: FloatArray, voxel_size: float) -> FloatArray:
        """How much of each voxel is kept.

        Args:
            molecule: bool (z, y, x).
            atoms: (n, 3) Å, x y z, those around which a zone is kept.
            voxel_size: Å, one number.

        Returns:
            float32 (z, y, x), 0 to 1.
        """
        if self.zone is not None:
            kept = model_map.molecular_mask(atoms, molecule.shape, voxel_size, self.zone)
        else:
            kept = masks.dilate(molecule, self.growth / voxel_size) if self.growth else molecule
        return masks.soft_edge(kept, max(self.edge / voxel_size, 1.0)) if self.edge else kept.astype(np.float32)


@dataclass(frozen=True)
class Treatment:
    """What is done to the mean of two half maps, in this order.

    Attributes:
        finish: sharpening, weighting by the FSC and the low-pass filter; it neither masks nor adds an offset.
        local: the map is low-pass filtered at each place at its local resolution times this; None to leave it.
        region: what is kept; None for all.
        cut: values below this are replaced, in units of the molecule's mean density; 0 cuts negative values, None
            nothing.
        cut_to_level: whether they are set to that level; if not, to 0.
        offset: added to the map, in units of its SD.
        resampling: to other voxels; None to stay on these.
    """

    finish: Finish = field(default_factory=Finish)
    local: float | None = None
    region: Region | None = None
    cut: float | None = None
    cut_to_level: bool = False
    offset: float = 0.0
    resampling: Resampling | None = None


@dataclass(frozen=True, eq=False)
class Treated:
    """A map after its treatment; arrays (z, y, x) on its grid.

    Attributes:
        data: float32.
        voxel_size: Å.
        offset: Å, where its voxel (0, 0, 0) lies along each axis, from that of the map before.
        mask: bool, the molecule as far as it is kept.
        local_resolution: float32, Å, 0 outside the mask, at least ``limit``.
        limit: Å, the finest detail that the treatment left: where the filter passes half the amplitude, and twice the
            largest voxel size.
        part: bool on the grid of the map before: the molecule as far as it is kept.
    """

    data: FloatArray
    voxel_size: float
    offset: float
    mask: BoolArray
    local_resolution: FloatArray
    limit: float
    part: BoolArray


def filter_limit(finish: Finish, voxel_size: float) -> float:
    """The resolution at which the low-pass filter passes half the amplitude.

    Args:
        finish: with or without a filter.
        voxel_size: Å, one number.

    Returns:
        Å; 0 without a filter.
    """
    if finish.low_pass is None:
        return 0.0
    return 1 / (1 / finish.low_pass + finish.low_pass_width / (2 * voxel_size))


def treated(
    mean: FloatArray,
    voxel_size: float,
    mask: BoolArray,
    local_resolution: FloatArray,
    atoms: FloatArray,
    treatment: Treatment,
    fsc: ShellCorrelation | None = None,
) -> Treated:
    """A map as its user leaves it.

    Args:
        mean: float32 (z, y, x), the mean of two half maps.
        voxel_size: Å, one number.
        mask: bool (z, y, x), the molecule.
        local_resolution: float32 (z, y, x), Å, 0 outside the mask.
        atoms: (n, 3) Å, x y z, around which a zone is kept.
        treatment: what is done.
        fsc: of the half maps; needed if coefficients are weighted by it.

    Returns:
        The map and what is true of it.
    """
    data = full_map.filtered(mean, voxel_size, treatment.finish, fsc)
    limit = max(filter_limit(treatment.finish, voxel_size), 2 * voxel_size)
    if treatment.local is not None and mask.any():
        resolution = _everywhere(mask, local_resolution) * np.float32(treatment.local)
        data = low_pass_locally(data, voxel_size, resolution, width=_LOCAL_WIDTH, step=_LOCAL_STEP, workers=1)
        finest = Finish(low_pass=float(resolution[mask].min()), low_pass_width=_LOCAL_WIDTH)
        limit = max(limit, filter_limit(finest, voxel_size))
    part = mask
    if treatment.region is not None:
        weight = treatment.region.weight(mask, atoms, voxel_size)
        part = mask & (weight >= 0.5)
        if treatment.region.flattened:
            outside = 1 - weight
            level = np.float32(np.vdot(data, outside) / max(float(outside.sum(dtype=float)), 1.0))
            data = level + weight * (data - level)
        else:
            data = data * weight
    if treatment.cut is not None:
        level = np.float32(treatment.cut * (data[part].mean() if part.any() else 0.0))
        data = np.where(data < level, level if treatment.cut_to_level else np.float32(0), data)
    data = data + np.float32(treatment.offset * data.std())
    new_mask, local, new_size, offset = part, np.where(part, local_resolution, np.float32(0)), voxel_size, 0.0
    if treatment.resampling is not None:
        result = regridded(data, voxel_size, treatment.resampling)
        data, new_size, offset = result.data, result.voxel_size, result.offset
        limit = max(limit, 2 * result.coarsest)
        if not treatment.resampling.back:
            new_mask, local = labels_on(part, local, new_size / voxel_size, offset / voxel_size, data.shape)
    local = np.where(new_mask, np.maximum(local, np.float32(limit)), np.float32(0))
    return Treated(data.astype(np.float32, copy=False), new_size, offset, new_mask, local, limit, part)


def _everywhere(mask: BoolArray, local_resolution: FloatArray) -> FloatArray:
    """The local resolution of each voxel's nearest voxel in the mask."""
    nearest = scipy.ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return local_resolution[tuple(nearest)]
