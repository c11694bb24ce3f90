"""The demonstration map: a complex of three chains simulated at three resolutions with noise, its mask, its truth.

Made by ``scripts/make_demo.py``; the map is stored as 8-bit integers, so its scale is arbitrary.
"""

import json
import os

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
MAP = os.path.join(FOLDER, "map.mrc.gz")
MASK = os.path.join(FOLDER, "mask.mrc.gz")
TRUTH = os.path.join(FOLDER, "resolution.mrc.gz")


def description():
    """What was simulated: ``structure``, ``voxel_size`` (Å), ``noise`` and ``regions``, name → resolution (Å)."""
    with open(os.path.join(FOLDER, "demo.json"), encoding="utf-8") as stream:
        return json.load(stream)


def region_statistics(resolution, truth):
    """True resolution, median and SD of the estimates of each region.

    Args:
        resolution: estimated local resolution, Å (z, y, x).
        truth: true local resolution, Å, the same shape; 0 outside the mask.

    Returns:
        list of (region name, true resolution, median, SD), Å.
    """
    rows = []
    for name, true in description()["regions"].items():
        values = resolution[abs(truth - true) < 1e-3]
        rows.append((name, true, float(np.median(values)), float(values.std())))
    return rows
