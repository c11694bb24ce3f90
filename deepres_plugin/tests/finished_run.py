"""Runs that look finished, with made-up results, for tests of what comes after the run."""

import json
import os

import numpy as np
from pwem.protocols import ProtImportVolumes

from deepres_plugin.constants import OUTPUT_DEVIATION, OUTPUT_MASK, OUTPUT_RESOLUTION, SUMMARY_PERCENTILES
from deepres_plugin.protocols import ProtCryoResolution, ProtDeepResolution
from deepres_plugin.tests.launching import launchHere
from deepreslib.maps import DensityMap, write_map

VOXEL_SIZE = 1.5
SHAPE = (30, 28, 32)


def makeFinishedRun(project):
    """Import a small blob and give it a resolution that rises along x from 4 to 8 Å, within a ball.

    Args:
        project: a Scipion project, the current folder being its own.

    Returns:
        The DeepRes protocol with both outputs.
    """
    return _makeRun(project, project.newProtocol(ProtDeepResolution, maskThreshold=0.1), "made-up DeepRes run")


def makeFinishedCryoRun(project, **report):
    """The same by CryoRes, with a mask and a global resolution of 4 ± 0.3 Å.

    Args:
        project: a Scipion project, the current folder being its own.
        **report: further entries of the program's report.

    Returns:
        The CryoRes protocol with its outputs.
    """
    whole = {"global_resolution": {"value": 4.0, "deviation": 0.3}, "local_cutoff": 0.5}
    protocol = project.newProtocol(ProtCryoResolution)
    return _makeRun(project, protocol, "made-up CryoRes run", **whole, **report)


def _makeRun(project, protocol, label, **report):
    """Gives a new protocol of one of both methods its input, its results and its report."""
    _, y, x = _coordinates()
    inside = np.linalg.norm(_coordinates(), axis=0) < 12
    resolution = np.where(inside, 6 + x / 6, 0)

    volume = importBlob(project)
    protocol.setObjLabel(label)
    protocol.inputVolume.set(volume)
    protocol.inputVolume.setExtended("outputVolume")
    project.saveProtocol(protocol)
    protocol.makePathsAndClean()

    _write(protocol._getMapFile(OUTPUT_RESOLUTION), resolution)
    _write(protocol._getMapFile(OUTPUT_DEVIATION), np.where(inside, 0.3 + y / 100, 0))
    if OUTPUT_MASK in protocol._moreOutputs:
        _write(protocol._getMapFile(OUTPUT_MASK), inside)
    with open(protocol._getReportFile(), "w", encoding="utf-8") as file:
        json.dump({**_report(resolution[inside]), **report}, file)
    protocol.createOutputStep([])
    protocol.setStatus("finished")
    project._storeProtocol(protocol)
    return protocol


def importBlob(project, noise=0.0):
    """Import the small blob, the current folder being the project's.

    Args:
        project: the project.
        noise: SD of white noise on it; the blob's highest density is about 2.

    Returns:
        The import protocol.
    """
    z, y, x = _coordinates()
    path = os.path.join(project.getTmpPath(), "blob.mrc")
    density = np.exp(-(x**2 + y**2 + z**2) / 81) * (1.2 + np.cos(x) * np.cos(y) * np.cos(z))
    _write(path, density + noise * np.random.default_rng(1).standard_normal(SHAPE))
    protocol = project.newProtocol(ProtImportVolumes, filesPath=os.path.abspath(path), samplingRate=VOXEL_SIZE)
    launchHere(project, protocol)
    return protocol


def _coordinates():
    """(3, z, y, x): each voxel's place from the centre, voxels."""
    return (np.indices(SHAPE).T - np.array(SHAPE) / 2).T


def _write(path, data):
    write_map(path, DensityMap(np.ascontiguousarray(data, dtype=np.float32), (VOXEL_SIZE,) * 3))


def _report(values):
    return {
        "version": "0",
        "mask": {"source": "threshold", "path": None, "threshold": 0.1, "voxels": values.size},
        "range": {"name": "low", "low": 2.5, "high": 13.0, "voxel_size": 1.0},
        "resolution": {
            "min": float(values.min()),
            "max": float(values.max()),
            "median": float(np.median(values)),
            "percentiles": {key: float(np.percentile(values, float(key))) for key in SUMMARY_PERCENTILES},
        },
        "model": {"name": "none"},
    }
