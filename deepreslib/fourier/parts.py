"""Parts of a map resampled without the rest: what resampling all of it would give there, in the memory of a part.

Fourier resampling of an axis is linear, so a part of the resampled axis is a matrix times the axis. The matrices of the
three axes are applied one after the other to what a part needs.
"""

from collections.abc import Sequence

import numpy as np

from deepreslib.fourier.arrays import FloatArray
from deepreslib.fourier.resampling import ResampledAxis


class ResampledParts:
    """Reads parts of a map as it would be resampled; it keeps what the next part beside the last one needs too."""

    def __init__(self, data: FloatArray, axes: Sequence[ResampledAxis]) -> None:
        """Makes the matrices.

        Args:
            data: float32 (z, y, x), the map.
            axes: how it is resampled along z, y and x.
        """
        self._matrices = [
            axis.resample(np.eye(axis.count, dtype=np.float32)[..., None], 0)[..., 0] if axis.changes else None
            for axis in axes
        ]
        self._layers: list[tuple[tuple[int, int] | None, FloatArray]] = [(None, data)] * 3

    def read(self, ends: Sequence[tuple[int, int]]) -> FloatArray:
        """A part of the resampled map; it is fastest if one part after the other differs from the last along x only.

        Args:
            ends: for z, y and x the first resampled voxel of the part and the one after its last.

        Returns:
            float32 of the part's shape; not to be changed.
        """
        for axis in range(2):
            if self._layers[axis + 1][0] != ends[axis]:
                self._layers[axis + 1 :] = [(None, self._layers[0][1])] * (2 - axis)  # frees their memory first
                part = self._along(self._layers[axis][1], axis, *ends[axis])
                self._layers[axis + 1] = ends[axis], part
        return self._along(self._layers[2][1], 2, *ends[2])

    def _along(self, values: FloatArray, axis: int, start: int, stop: int) -> FloatArray:
        """Values (z, y, x) resampled along one axis, from one voxel to another."""
        matrix = self._matrices[axis]
        if matrix is None:
            return values[(slice(None),) * axis + (slice(start, stop),)]
        rows = matrix[start:stop]
        if axis == 0:
            return (rows @ values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])
        return rows @ values if axis == 1 else values @ rows.T
