"""The full map that a user is given: the mean of two half maps, sharpened, low-pass filtered and masked, or not."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from deepreslib.fourier import filters
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.fourier.fsc import ShellCorrelation, truth_correlation
from deepreslib.maps import masks


@dataclass(frozen=True)
class Finish:
    """What is done to the mean of the half maps.

    Attributes:
        b_factor: Å², applied to the map; below 0 sharpens.
        fsc_weighted: whether coefficients are weighted by sqrt(2 FSC / (1 + FSC)) (Rosenthal & Henderson 2003).
        low_pass: Å, where the raised-cosine filter begins to fall; None for no filter.
        low_pass_width: of that filter, 1/pixel.
        mask_growth: Å, by which the molecule's mask is widened; None for a map that is not masked.
        mask_edge: Å, width of the mask's soft edge.
        offset: added to the map, in units of its SD.
    """

    b_factor: float = 0.0
    fsc_weighted: bool = False
    low_pass: float | None = None
    low_pass_width: float = filters.RAISED_COSINE
    mask_growth: float | None = None
    mask_edge: float = 6.0
    offset: float = 0.0


def full_map(
    half1: FloatArray,
    half2: FloatArray,
    voxel_size: float,
    molecule: BoolArray,
    finish: Finish,
    fsc: ShellCorrelation | None = None,
) -> FloatArray:
    """The full map.

    Args:
        half1: float32 (z, y, x).
        half2: float32 (z, y, x).
        voxel_size: Å, one number.
        molecule: bool (z, y, x); used if the map is to be masked.
        finish: what is done to the mean of the half maps.
        fsc: of the half maps; needed if coefficients are to be weighted by it.

    Returns:
        float32 (z, y, x).

    Raises:
        ValueError: coefficients are to be weighted by the FSC, and none was given.
    """
    full = filtered(half1 + half2, voxel_size, finish, fsc, 0.5)
    if finish.mask_growth is not None:
        grown = masks.dilate(molecule, finish.mask_growth / voxel_size)
        full *= masks.soft_edge(grown, max(finish.mask_edge / voxel_size, 1.0))
    return full + np.float32(finish.offset * full.std())


def filtered(
    data: FloatArray, voxel_size: float, finish: Finish, fsc: ShellCorrelation | None = None, scale: float = 1.0
) -> FloatArray:
    """A map sharpened, weighted by the FSC and low-pass filtered, as its finish says; neither masked nor offset.

    Args:
        data: float32 (z, y, x).
        voxel_size: Å, one number.
        finish: what is done.
        fsc: of the half maps; needed if coefficients are to be weighted by it.
        scale: the map is multiplied by this number.

    Returns:
        float32 (z, y, x).

    Raises:
        ValueError: coefficients are to be weighted by the FSC, and none was given.
    """
    frequency = filters.frequencies(data.shape, voxel_size)
    weights = np.float32(scale) * filters.b_factor_weights(frequency, finish.b_factor)
    if finish.fsc_weighted:
        if fsc is None:
            raise ValueError("coefficients cannot be weighted by the FSC without one")
        weights *= _fsc_weights(frequency, fsc)
    if finish.low_pass is not None:
        weights *= filters.raised_cosine(frequency, finish.low_pass, voxel_size, finish.low_pass_width)
    spectrum = scipy.fft.rfftn(data)
    spectrum *= weights
    return scipy.fft.irfftn(spectrum, data.shape, overwrite_x=True)


def _fsc_weights(frequency: FloatArray, fsc: ShellCorrelation) -> FloatArray:
    """sqrt(2 FSC / (1 + FSC)); 0 from the first shell on whose FSC is 0 or less, as later correlation is chance.

    The mean, shell 0, is treated as shell 1.
    """
    values = np.clip(fsc.correlation, 0, 1)
    values[0] = values[1]
    values[np.cumsum(values <= 0) > 0] = 0
    return np.interp(frequency, fsc.frequency, truth_correlation(values), right=0).astype(np.float32)
