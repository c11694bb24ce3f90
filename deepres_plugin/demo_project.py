"""The demonstration map in a Scipion project, for the demo, the tests and the screenshots."""

import os

from pwem.protocols import ProtImportMask, ProtImportVolumes

from deepres_plugin.protocols import ProtDeepILocScale, ProtDeepResolution
from deepreslib import demo
from deepreslib.maps import read_map, write_map

ORIGIN = (-10.0, 20.0, -30.0)
"""Where the demonstration's voxel (0, 0, 0) is put, Å (x, y, z): not the default, so that it shows if it is lost."""


def unpackDemo(folder):
    """Write the demonstration's map and mask, uncompressed as Scipion wants them, into a folder.

    Returns:
        The paths of the map and of the mask, and their voxel size, Å.
    """
    paths = []
    for source in (demo.MAP, demo.MASK):
        name = os.path.basename(source).removesuffix(".gz")
        paths.append(os.path.abspath(os.path.join(folder, f"demo_{name}")))
        write_map(paths[-1], read_map(source))
    return (*paths, demo.description()["voxel_size"])


def importDemo(project):
    """Import the demonstration's map and mask.

    Args:
        project: a Scipion project, the current folder being its own.

    Returns:
        The two finished import protocols: of the volume and of the mask.
    """
    volumeFile, maskFile, samplingRate = unpackDemo(project.getTmpPath())
    x, y, z = ORIGIN
    volume = project.newProtocol(
        ProtImportVolumes,
        filesPath=volumeFile,
        samplingRate=samplingRate,
        setOrigCoord=True,
        x=-x,
        y=-y,
        z=-z,
    )
    mask = project.newProtocol(ProtImportMask, maskPath=maskFile, samplingRate=samplingRate)
    volume.setObjLabel("import demo map")
    mask.setObjLabel("import demo mask")
    for protocol in (volume, mask):
        project.launchProtocol(protocol, wait=True)
    return volume, mask


def newDeepRes(project, volume, mask=None, **kwargs):
    """A DeepRes run on imported data, not launched yet.

    Args:
        project: the project.
        volume: the protocol that imported the volume.
        mask: the protocol that imported the mask, or None.
        **kwargs: further parameters of the protocol.
    """
    protocol = project.newProtocol(ProtDeepResolution, **kwargs)
    protocol.setObjLabel("DeepRes of the demo map")
    protocol.inputVolume.set(volume)
    protocol.inputVolume.setExtended("outputVolume")
    if mask is not None:
        protocol.mask.set(mask)
        protocol.mask.setExtended("outputMask")
    return protocol


def newLocalSharpening(project, volume, mask, **kwargs):
    """A run of local sharpening on imported data, not launched yet; it is told the resolution of the best chain.

    Args:
        project: the project.
        volume: the protocol that imported the volume.
        mask: the protocol that imported the mask.
        **kwargs: further parameters of the protocol.
    """
    resolution = min(demo.description()["regions"].values())
    protocol = project.newProtocol(ProtDeepILocScale, useHalfVolumes=False, resolution=resolution, **kwargs)
    protocol.setObjLabel("sharpening of the demo map")
    protocol.inputVolume.set(volume)
    protocol.inputVolume.setExtended("outputVolume")
    protocol.mask.set(mask)
    protocol.mask.setExtended("outputMask")
    return protocol


def compareWithTruth(protocol):
    """How far a finished run on the demonstration is from the truth.

    Args:
        protocol: the run, the current folder being its project's.

    Returns:
        A list of (region, true resolution, median and SD of the estimates), Å.
    """
    estimated = read_map(protocol.resolution_Volume.getFileName())
    return demo.region_statistics(estimated.data, read_map(demo.TRUTH).data)
