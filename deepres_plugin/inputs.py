"""Scipion's volumes as deepres reads them: one file in a format it knows, the grid given on the command line."""

import os
import zlib

from pwem.emlib.image import ImageHandler

COMPRESSED = (".gz", ".bz2")
"""Files that deepres reads, and Xmipp does not."""

READABLE = (".mrc", ".map", ".ccp4", *COMPRESSED)
"""Files that deepres reads as they are; others (.vol, .hdf, .spi ...) are converted first."""

SAMPLING_TOLERANCE = 0.01
"""Relative difference between two sampling rates that is put down to rounding."""


def plainPath(image):
    """The path of a volume's file, without the ending ``:mrc`` that Xmipp adds."""
    return image.getFileName().replace(":mrc", "")


def needsConversion(image):
    """True if a volume lies in a stack or in a format that deepres does not read."""
    return image.getIndex() > 0 or not plainPath(image).lower().endswith(READABLE)


def inputPath(image, folder):
    """Where the file is that the program reads: the volume's own, or its conversion within ``folder``.

    The conversion's name has a checksum of the path, so that files of one name in several folders stay apart.
    """
    if not needsConversion(image):
        return plainPath(image)
    path = plainPath(image)
    stem = os.path.splitext(os.path.basename(path))[0]
    return os.path.join(folder, f"{stem}_{image.getIndex()}_{zlib.crc32(path.encode()):08x}.mrc")


def convertInput(image, folder):
    """Write the conversion that ``inputPath`` names, if one is needed; return the path."""
    path = inputPath(image, folder)
    if needsConversion(image):
        ImageHandler().convert(image, path)
    return path


def gridArguments(volume):
    """Voxel size and origin as Scipion knows them; they win over those of the file's header."""
    origin = ",".join(f"{shift:.8g}" for shift in volume.getOrigin(force=True).getShifts())
    return [f"--voxel-size={volume.getSamplingRate():.8g}", f"--origin={origin}"]


def gridErrors(image, reference, name):
    """One sentence for each way in which ``image`` lies on another grid than the input volume.

    Args:
        image: a volume, such as the mask.
        reference: the input volume.
        name: what to call the image in the sentence.
    """
    errors = []
    if image.getDim() != reference.getDim():
        errors.append(
            f"The {name} is {_size(image)} and the volume {_size(reference)} voxels: "
            f"make the {name} on the volume's grid, or resize it."
        )
    rate, referenceRate = image.getSamplingRate(), reference.getSamplingRate()
    if rate and referenceRate and abs(rate / referenceRate - 1) > SAMPLING_TOLERANCE:
        errors.append(
            f"The {name} has a sampling rate of {rate:g} Å/px and the volume of {referenceRate:g} Å/px: "
            f"correct the one that is wrong, or resample the {name}."
        )
    return errors


def _size(image):
    return " × ".join(map(str, image.getDim() or ("unknown",)))
