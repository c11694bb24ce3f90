"""Runs that look finished, with made-up results, for tests of what comes after the run."""

import json
import os

import numpy as np
from pwem.protocols import ProtImportVolumes

from deepres_plugin.constants import (
    OUTPUT_B_FACTOR,
    OUTPUT_CLASS,
    OUTPUT_DEVIATION,
    OUTPUT_MASK,
    OUTPUT_PROBABILITY,
    OUTPUT_RESOLUTION,
    OUTPUT_VOLUME,
    SUMMARY_PERCENTILES,
)
from deepres_plugin.protocols import ProtCryoResolution, ProtDeepClasses, ProtDeepILocScale, ProtDeepResolution
from deepres_plugin.protocols.protocol_enhancement import HALVES
from deepres_plugin.protocols.protocol_half_maps import carriedHalfMaps
from deepres_plugin.tests.launching import launchHere
from deepreslib.analysis.summary import statistics
from deepreslib.enhancement.profiles import FREQUENCY
from deepreslib.estimation.class_maps import class_counts
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import DensityMap, read_map, write_map
from deepreslib.maps.half_maps import fsc_report
from deepreslib.networks.class_labels import LABELS
from deepreslib.networks.voxelclass_card import class_numbers

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


def makeFinishedClassesRun(project, labels=0, **report):
    """The same in classes, which are those of the resolution; all but the coarsest have a probability of 0.8.

    Args:
        project: a Scipion project, the current folder being its own.
        labels: number of the choice of the form.
        **report: further entries of the program's report.

    Returns:
        The protocol with its outputs.
    """
    protocol = project.newProtocol(ProtDeepClasses, labels=labels)
    return _makeRun(project, protocol, "made-up classes", labels=LABELS[labels], **report)


def makeFinishedEnhancement(project, halves=True, **report):
    """An enhanced blob, twice as strong, with B factors that rise along x from −110 to 70 Å² within a ball.

    Args:
        project: a Scipion project, the current folder being its own.
        halves: whether there are half maps, which differ by noise.
        **report: further entries of the program's report.

    Returns:
        The iLocScale protocol with its outputs.
    """
    _, _, x = _coordinates()
    inside = np.linalg.norm(_coordinates(), axis=0) < 12
    b_factor = np.where(inside, -20 + 7.5 * x, 0)
    blob = importBlob(project, halves=0.3 if halves else None)
    protocol = project.newProtocol(ProtDeepILocScale, useHalfVolumes=halves)
    protocol.setObjLabel("made-up sharpening")
    protocol.inputVolume.set(blob)
    protocol.inputVolume.setExtended("outputVolume")
    project.saveProtocol(protocol)
    protocol.makePathsAndClean()

    density = read_map(blob.outputVolume.getFileName()).data
    files = {OUTPUT_VOLUME: 2 * density * inside, OUTPUT_B_FACTOR: b_factor, OUTPUT_MASK: inside}
    for name, data in files.items():
        _write(protocol.getResultFile(name), data)
    whole = {
        "version": "0",
        "method": "ilocscale",
        "aim": "density",
        "preset": "compact",
        "structure_b": "shifted",
        "strict": False,
        "model": {"name": "made-up"},
        "mask": {"source": "automatic", "path": None, "threshold": 0.1, "voxels": int(inside.sum())},
        "resolution": {"value": 5.0, "source": "FSC 0.143 of the half maps"},
        "correlation": 0.987,
        "b_factor": statistics(b_factor[inside]),
        "held_shells": [{"shell": n, "coarsest": 25 / n, "finest": 25 / (n + 1)} for n in (9, 10, 11, 12)],
        "gains": {
            "frequency": FREQUENCY.tolist(),
            **{f"percentile_{q}": (f * np.exp(20 * FREQUENCY**2)).tolist() for q, f in ((5, 0.5), (50, 1), (95, 2))},
        },
    }
    if halves:
        for ending, half in zip(HALVES, carriedHalfMaps(blob.outputVolume), strict=True):
            _write(protocol._getExtraPath(f"enhanced{ending}.mrc"), 2 * inside * read_map(half.getFileName()).data)
        frequency = np.linspace(0, 1 / (2 * VOXEL_SIZE), 16)
        for name, middle in (("fsc", 0.18), ("fsc_before", 0.18), ("fsc_after", 0.19)):
            curve = ShellCorrelation(frequency, 1 / (1 + np.exp(60 * (frequency - middle))))
            whole[name] = fsc_report(curve, masked=True)
    with open(protocol._getReportFile(), "w", encoding="utf-8") as file:
        json.dump({**whole, **report}, file)
    protocol.createOutputStep([])
    protocol.setStatus("finished")
    project._storeProtocol(protocol)
    return protocol


def _makeRun(project, protocol, label, **report):
    """Gives a new protocol of one of the methods its input, its results and its report."""
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
    if OUTPUT_CLASS in protocol._moreOutputs:
        numbers = np.where(inside, class_numbers(resolution) + 1, 0).astype(np.uint8)
        probability = np.where(inside, np.where(numbers < numbers.max(), 0.8, 0.4), 0).astype(np.float32)
        _write(protocol._getMapFile(OUTPUT_CLASS), numbers)
        _write(protocol._getMapFile(OUTPUT_PROBABILITY), probability)
        report["classes"] = class_counts(numbers, probability)
    with open(protocol._getReportFile(), "w", encoding="utf-8") as file:
        json.dump({**_report(resolution[inside]), **report}, file)
    protocol.createOutputStep([])
    protocol.setStatus("finished")
    project._storeProtocol(protocol)
    return protocol


def importBlob(project, noise=0.0, halves=None):
    """Import the small blob, the current folder being the project's.

    Args:
        project: the project.
        noise: SD of white noise on it; the blob's highest density is about 2.
        halves: SD of white noise on each of the half maps that it carries; None for no half maps.

    Returns:
        The import protocol.
    """
    z, y, x = _coordinates()
    path = os.path.join(project.getTmpPath(), "blob.mrc")
    density = np.exp(-(x**2 + y**2 + z**2) / 81) * (1.2 + np.cos(x) * np.cos(y) * np.cos(z))
    _write(path, density + noise * np.random.default_rng(1).standard_normal(SHAPE))
    options = {}
    if halves is not None:
        for number in (1, 2):
            options[f"half{number}map"] = os.path.abspath(project.getTmpPath(f"half{number}.mrc"))
            half = density + halves * np.random.default_rng(number + 1).standard_normal(SHAPE)
            _write(options[f"half{number}map"], half)
        options["setHalfMaps"] = True
    protocol = project.newProtocol(
        ProtImportVolumes, filesPath=os.path.abspath(path), samplingRate=VOXEL_SIZE, **options
    )
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
