"""What every method that enhances a map gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepreslib.fourier.arrays import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Enhanced:
    """An enhanced map; arrays (z, y, x) on the grid of the input.

    Attributes:
        data: float32, the enhanced map.
        half_maps: float32, both half maps treated in the same way; None if there were none.
        b_factor: float32, Å², the B factor that was applied at each voxel of the mask, negative where the map was
            sharpened, 0 outside; None if a method has none.
        mask: bool, the voxels that were enhanced.
        resolution: Å, the one that was taken for the map's.
        report: what the JSON report holds beside what all methods have.
        warnings: sentences for the user.
        seconds: by step.
    """

    data: FloatArray
    half_maps: tuple[FloatArray, FloatArray] | None
    b_factor: FloatArray | None
    mask: BoolArray
    resolution: float
    report: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
