"""Whether a map was sharpened or low-pass filtered before: then little is left to enhance, and the user should know.

It is only looked at roughly, by one Fourier transform of the box around the molecule; ``guinier.py`` fits with care.
"""

import math

import numpy as np

from deepreslib.analysis import map_end
from deepreslib.enhancement import guinier
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray
from deepreslib.maps import DensityMap, boxes

LEAST_B_FACTOR = 10.0
"""Å²; a map whose amplitudes fall by less than this B factor looks sharpened."""

FINE = 0.8
"""The fall is measured up to this share of the resolution's frequency, as noise flattens the amplitudes beyond."""

LEAST_SHELLS = 5
"""Fewer shells tell nothing."""

FILTERED = 1.15
"""A map that ends at more than so many times twice the voxel size was low-pass filtered, not merely sampled."""

_MARGIN = 2.0


def treatment_warnings(density_map: DensityMap, mask: BoolArray, resolution: float) -> tuple[str, ...]:
    """Sentences about what was done to a map before.

    Args:
        density_map: the map that is to be enhanced.
        mask: bool (z, y, x), the molecule.
        resolution: Å, of the map.

    Returns:
        A sentence if it looks sharpened, and one if it ends as a low-pass filter cuts it.
    """
    around = boxes.fast_box_around(mask, math.ceil(_MARGIN * SOFT_EDGE / min(density_map.voxel_size)))
    part = DensityMap(np.ascontiguousarray(density_map.data[around]), density_map.voxel_size, path=density_map.path)
    sentences: tuple[str, ...] = ()
    end = map_end.spectrum_and_end(part)[1]
    nyquist = 2 * max(density_map.voxel_size)
    if end.is_filtered and end.resolution > FILTERED * nyquist:
        sentences += (
            f"{density_map.name} looks low-pass filtered, it holds nothing beyond {end.resolution:.1f} Å, and no "
            "enhancement brings that back; give the map as the refinement wrote it.",
        )
    b_factor = fall(part, mask[around], max(resolution, end.resolution if end.is_filtered else nyquist))
    if b_factor is not None and b_factor < LEAST_B_FACTOR:
        sentences += (
            f"{density_map.name} looks sharpened already, its amplitudes fall by a B factor of only {b_factor:.0f} Å²; "
            "give the map as the refinement wrote it, not sharpened.",
        )
    return sentences


def fall(density_map: DensityMap, mask: BoolArray, resolution: float) -> float | None:
    """How fast the amplitudes of a map fall beyond those of a protein at rest.

    What is finer than the resolution is filtered away first, as a mask smears it over the rest.

    Args:
        density_map: the map.
        mask: bool (z, y, x), the molecule.
        resolution: Å, of the map.

    Returns:
        The B factor, Å², of a line through them from 10 Å on; None if there are too few shells for one.
    """
    finest = max(1 / (1 / resolution + guinier.BEYOND), 2 * max(density_map.voxel_size))
    filtered = filters.low_pass(density_map.data, density_map.voxel_size, finest)
    squares, logarithm = guinier.profile(density_map.like(filtered), mask)
    within = (squares >= guinier.COARSEST**-2) & (squares <= (FINE / resolution) ** 2) & np.isfinite(logarithm)
    if np.count_nonzero(within) < LEAST_SHELLS:
        return None
    x, y = squares[within], (logarithm - guinier.protein_logarithm(squares))[within]
    return float(-4 * np.polyfit(x, y, 1)[0])
