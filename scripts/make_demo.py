"""Make the demonstration map in deepreslib/demo, its mask and its true resolution, from one structure.

It was run once and is run again only to change the demonstration, with a Python in which this package is installed::

    python scripts/make_demo.py STRUCTURES/1jzd.pdb.gz
"""

import json
import os
import sys
import tempfile

import mrcfile
import numpy as np

from deepreslib import demo, maps
from deepreslib.commands import main

REGIONS = {"A": 3.0, "B": 5.0, "C": 7.0}
"""Chain → its resolution, Å."""

VOXEL_SIZE, BOX, NOISE = 1.0, 88, 0.25
"""Å; voxels along an edge; SD of the noise in units of the density's in the mask."""


def make(structure):
    """Write map, mask, true resolution and description.

    Args:
        structure: path of a structure with the chains of ``REGIONS``.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "map.mrc")
        options = [f"--region={chain}={resolution}" for chain, resolution in REGIONS.items()]
        options += [f"--voxel-size={VOXEL_SIZE}", f"--box={BOX}", f"--noise={NOISE}", "-o", raw]
        if main(["simulate", structure, *options]):
            raise SystemExit(1)
        data = maps.read_map(raw).data
        _write(demo.MAP, np.rint(data * (127 / np.abs(data).max())).astype(np.int8))
        _write(demo.MASK, maps.read_map(raw.replace(".mrc", "_mask.mrc")).data.astype(np.int8))
        _write(demo.TRUTH, maps.read_map(raw.replace(".mrc", "_resolution.mrc")).data.astype(np.float16))
    description = {
        "structure": os.path.basename(structure).split(".")[0],
        "voxel_size": VOXEL_SIZE,
        "noise": NOISE,
        "regions": {f"chain {chain}": resolution for chain, resolution in REGIONS.items()},
    }
    with open(os.path.join(demo.FOLDER, "demo.json"), "w", encoding="utf-8") as stream:
        json.dump(description, stream, indent=1)
        stream.write("\n")


def _write(path, data):
    with mrcfile.new(path, compression="gzip", overwrite=True) as file:
        file.set_data(data)
        file.set_volume()
        file.voxel_size = VOXEL_SIZE


if __name__ == "__main__":
    make(sys.argv[1])
