"""Type names for arrays and triples; the docstrings of functions give their shapes and units."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ComplexArray: TypeAlias = npt.NDArray[np.complexfloating[Any, Any]]
FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]

Shape: TypeAlias = tuple[int, int, int]
"""Voxels along z, y and x."""

Triple: TypeAlias = tuple[float, float, float]
"""One number along z, y and x, such as a voxel size in Å."""

Box: TypeAlias = tuple[slice, slice, slice]
"""The part of a map between two voxels along z, y and x."""

VoxelSize: TypeAlias = float | Sequence[float]
"""Å, one number for all axes, or one each along z, y and x."""
