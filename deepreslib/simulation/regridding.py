"""A map brought to other voxels, as people do it: trilinear, by cubic splines or by Fourier, and perhaps back again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import scipy.ndimage

from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, FloatArray

Method: TypeAlias = Literal["trilinear", "spline", "fourier"]

_ORDERS = {"trilinear": 1, "spline": 3}

LEAST_INSIDE = 0.5
"""A voxel of another grid belongs to a mask if more than this share of it is in the mask."""


@dataclass(frozen=True)
class Resampling:
    """How a map is brought to other voxels.

    Attributes:
        method: of interpolation.
        factor: the new voxel size divided by the old one.
        shift: where the new voxel (0, 0, 0) lies along each axis, in old voxels; 0 for Fourier resampling.
        back: whether the map is brought back to its old voxels afterwards.
    """

    method: Method
    factor: float
    shift: float = 0.0
    back: bool = False


@dataclass(frozen=True, eq=False)
class Regridded:
    """A map on other voxels.

    Attributes:
        data: float32 (z, y, x).
        voxel_size: Å.
        offset: Å, where its voxel (0, 0, 0) lies along each axis, from the old voxel (0, 0, 0).
        coarsest: Å, the largest voxel size that the map went through.
    """

    data: FloatArray
    voxel_size: float
    offset: float
    coarsest: float


def regridded(data: FloatArray, voxel_size: float, how: Resampling) -> Regridded:
    """A map brought to other voxels.

    Args:
        data: float32 (z, y, x); periodic, for Fourier resampling.
        voxel_size: Å, one number.
        how: the method and the voxels.

    Returns:
        The map and its grid; the voxel size is not quite ``how.factor`` times the old one if resampled by Fourier.
    """
    shape = [max(round(count / how.factor), 2) for count in data.shape]
    if how.method == "fourier":
        size = data.shape[0] / shape[0] * voxel_size
        shape = [round(count * voxel_size / size) for count in data.shape]
        new, back = resampling.to_shape(data, shape), data.shape
        if how.back:
            return Regridded(resampling.to_shape(new, back), voxel_size, 0.0, max(voxel_size, size))
        return Regridded(new, size, 0.0, max(voxel_size, size))
    size, order = voxel_size * how.factor, _ORDERS[how.method]
    new = _interpolated(data, how.factor, how.shift, shape, order)
    if how.back:
        old = _interpolated(new, 1 / how.factor, -how.shift / how.factor, data.shape, order)
        return Regridded(old, voxel_size, 0.0, max(voxel_size, size))
    return Regridded(new, size, how.shift * voxel_size, max(voxel_size, size))


def labels_on(
    mask: BoolArray, values: FloatArray, factor: float, shift: float, shape: Sequence[int]
) -> tuple[BoolArray, FloatArray]:
    """A mask and the values in it on another grid.

    Args:
        mask: bool (z, y, x).
        values: float32 (z, y, x), 0 outside the mask.
        factor: the new voxel size divided by the old one.
        shift: where the new voxel (0, 0, 0) lies along each axis, in old voxels.
        shape: the new grid's (z, y, x).

    Returns:
        The mask, bool; the values, float32, the mean of the old voxels of the mask around each, 0 outside.
    """
    inside = _interpolated(mask.astype(np.float32), factor, shift, shape, 1, "constant")
    total = _interpolated(values, factor, shift, shape, 1, "constant")
    new = inside > LEAST_INSIDE
    return new, np.where(new, total / np.maximum(inside, LEAST_INSIDE), 0).astype(np.float32)


def _interpolated(
    data: FloatArray, factor: float, shift: float, shape: Sequence[int], order: int, mode: str = "nearest"
) -> FloatArray:
    matrix = np.eye(3) * factor
    return scipy.ndimage.affine_transform(data, matrix, shift, tuple(shape), order=order, mode=mode)
