"""The demonstration map: a complex of three chains, simulated at three resolutions with noise.

Its mask and its true local resolution lie beside it. ``scripts/make_demo.py`` makes all three; the map is stored as
8-bit integers, so its scale is arbitrary.
"""

import json
import os
from typing import Any

import numpy as np

from deepreslib.fourier.arrays import FloatArray

__all__ = ["FOLDER", "MAP", "MASK", "TRUTH", "description", "region_statistics"]

FOLDER = os.path.dirname(os.path.abspath(__file__))
MAP = os.path.join(FOLDER, "map.mrc.gz")
MASK = os.path.join(FOLDER, "mask.mrc.gz")
TRUTH = os.path.join(FOLDER, "resolution.mrc.gz")


def description() -> dict[str, Any]:
    """What was simulated: ``structure``, ``voxel_size`` (Å), ``noise`` and ``regions``, name → resolution (Å)."""
    with open(os.path.join(FOLDER, "demo.json"), encoding="utf-8") as stream:
        return json.load(stream)


def region_statistics(resolution: FloatArray, truth: FloatArray) -> list[tuple[str, float, float, float]]:
    """True resolution, median and SD of the estimates of each region.

    Args:
        resolution: estimated local resolution, Å (z, y, x).
        truth: true local resolution, Å, the same shape; 0 outside the mask.

    Returns:
        (region name, true resolution, median, SD) of each region, Å.
    """
    rows = []
    for name, true in description()["regions"].items():
        values = resolution[abs(truth - true) < 1e-3]
        rows.append((name, true, float(np.median(values)), float(values.std())))
    return rows
