"""What the reader of a result should know: values crowded at an end of the range, a mask that is no molecule."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from deepreslib.estimation.result import Ends, LocalResolution
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap
from deepreslib.maps.checks import LARGEST_SHARE, SMALLEST_SHARE, SMALLEST_VOLUME

CROWDED = 0.25
"""A greater share of the voxels at an end of the range is warned about."""

AT_AN_END = 0.02
"""A value is at an end of the range if it is nearer to it than this share of it."""

MOST_PATCHES = 3
"""A mask of more separate parts is called patches."""


@dataclass(frozen=True)
class MaskFault:
    """Why a mask can hardly be the molecule.

    Attributes:
        fault: half a sentence.
        advice: another half: where it may come from, and what to do.
    """

    fault: str
    advice: str


def judged(
    result: LocalResolution, density_map: DensityMap, method: str, automatic_mask: BoolArray | None = None
) -> LocalResolution:
    """A result with warnings about values at the ends of the range and about the mask that was found.

    Args:
        result: of a method.
        density_map: the map.
        method: its name, for the sentences.
        automatic_mask: bool (z, y, x), made from the density, if that is what was estimated.

    Returns:
        The result, with these warnings after its own.
    """
    warnings = list(result.warnings)
    if automatic_mask is not None:
        warnings += mask_warnings(automatic_mask, density_map, "the mask made from the density")
    if result.mask is not None and result.status is None:  # a method that gives a status has looked at its mask
        warnings += mask_warnings(result.mask, density_map, f"the mask that {method} found")
    if result.ends is not None:
        warnings += end_warnings(result.resolution[result.resolution > 0], result.ends, method)
    return replace(result, warnings=tuple(dict.fromkeys(warnings)))


def end_warnings(values: FloatArray, ends: Ends, method: str) -> tuple[str, ...]:
    """Sentences about the ends of a range at which more than a quarter of the values lie.

    Args:
        values: (n,) Å.
        ends: the range.
        method: its name.

    Returns:
        None, one or two sentences.
    """
    sentences = []
    for end, name, why in ((ends.high, "coarsest", ends.why_high), (ends.low, "finest", ends.why_low)):
        share = at_an_end(values, end)
        if share > CROWDED:
            sentences.append(
                f"{100 * share:.0f} % of the voxels have {end:.4g} Å, the {name} that {method} could give to this map "
                f"({ends.low:.4g} to {ends.high:.4g} Å); {why}."
            )
    return tuple(sentences)


def at_an_end(values: FloatArray, end: float) -> float:
    """The share of values that lie at an end of a range, 0 to 1.

    Args:
        values: (n,) Å.
        end: Å.
    """
    return float(np.mean(np.abs(values - end) <= AT_AN_END * end)) if values.size else 0.0


def mask_warnings(inside: BoolArray, density_map: DensityMap, name: str) -> tuple[str, ...]:
    """Sentences about a mask that a program found, and that can hardly be the molecule.

    Args:
        inside: bool (z, y, x).
        density_map: the map.
        name: of the mask.

    Returns:
        None or one sentence.
    """
    found = mask_fault(inside, density_map, name)
    return () if found is None else (f"{found.fault}; {found.advice}.",)


def mask_fault(inside: BoolArray, density_map: DensityMap, name: str) -> MaskFault | None:
    """Why a mask that a program found can hardly be the molecule.

    Args:
        inside: bool (z, y, x).
        density_map: the map.
        name: of the mask.

    Returns:
        The fault; None if there is none.
    """
    count = int(np.count_nonzero(inside))
    share, volume = count / inside.size, count * math.prod(density_map.voxel_size)
    if share < SMALLEST_SHARE or volume < SMALLEST_VOLUME:
        return MaskFault(
            f"{name} covers only {count} voxels, {volume:.3g} Å³ and {100 * share:.2g} % of the box, too little for a "
            "molecule",
            "the voxel size may be wrong, or the map too coarse: look at it, and give a mask",
        )
    if share > LARGEST_SHARE:
        return MaskFault(
            f"{name} covers {100 * share:.3g} % of the box, solvent too",
            "the map may be a crop without solvent, or nothing but noise: look at it, and give a mask",
        )
    patches = int(ndimage.label(inside)[1])
    if patches > MOST_PATCHES:
        return MaskFault(
            f"{name} is in {patches} separate patches, as where little looks like a molecule",
            "the map may have no solvent, or be too coarse: look at it, and give a mask",
        )
    return None
