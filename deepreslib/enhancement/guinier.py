"""The Guinier fit: how fast the amplitudes of a map fall with frequency, and so the B factor that makes up for it.

Source: Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745, figure 11: beyond about 10 Å proteins scatter nearly
equally at all frequencies, so the logarithm of a map's amplitudes against 1/d² is nearly a straight line, and its slope
is -B/4. Nearly: helices and sheets make a hill at 4.6 Å and a dip at 6.4 Å, which all proteins share. A line through
maps of 4 to 7 Å would take them for a B factor (of 25 Å² at 5 Å, and 105 Å² at 6 Å), so they are taken off first.

Arrays are (z, y, x); resolutions are in Å, B factors in Å².
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from scipy.optimize import least_squares

from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.sharpening import Sharpening, check_resolution
from deepreslib.fourier import shells
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap, masks

COARSEST = 10.0
"""Å; coarser than this the shape of the molecule decides about the amplitudes, not their B factor."""

SPAN = 0.7
"""The fit begins at the resolution divided by this where that is coarser than ``COARSEST``, so that there is a line."""

LEAST_SHELLS = 5
"""Fewer shells make no line."""

SCATTER = 0.15
"""Shells farther than this from the line, in the logarithm of the amplitude, count less; about twice what proteins
differ by."""

PROTEIN = np.array(
    [
        *(1.356, 1.131, 1.003, 0.900, 0.804, 0.715, 0.609, 0.499, 0.396, 0.338, 0.315, 0.314, 0.331, 0.372, 0.430),
        *(0.480, 0.517, 0.518, 0.473, 0.416, 0.354, 0.294, 0.242, 0.192, 0.144, 0.087, 0.019, -0.044, -0.093, -0.134),
        *(-0.164, -0.193, -0.221, -0.236, -0.246, -0.253, -0.254, -0.253, -0.254, -0.261, -0.268, -0.277, -0.294),
        *(-0.315, -0.337, -0.363, -0.395, -0.427, -0.458, -0.487, -0.519, -0.551, -0.581, -0.608, -0.632, -0.658),
    ]
)
"""The logarithm of the amplitude of proteins whose atoms are at rest, at ``PROTEIN_FREQUENCY``: mean of maps simulated
from 16 structures of the training set, which differ by 0.02 to 0.09 (SD). Only its shape matters."""

PROTEIN_FREQUENCY = 0.05 + 0.01 * np.arange(len(PROTEIN))
"""1/Å."""

CUT = 0.4
"""Shells at the fine end that lie below the line by more than this, in the logarithm, were cut by a low-pass filter."""

MOST_CUT = 0.5
"""If more than this share of the range was cut, there is no line."""

MOST_SCATTER = 0.4
"""Shells that lie farther than this from the line (the root of the mean square of the distances, in the logarithm) make
no line. Measured: at most 0.2 of maps whose resolution is known rightly, 0.8 and more of maps that a filter ended well
before the resolution that was given."""

MOST_ERROR = 40.0
"""Å²; a B factor of greater standard error is not told, unless it is greater than ``CLEARLY`` times the error."""

CLEARLY = 5.0

BEYOND = 0.02
"""1/Å; the map is low-pass filtered so far beyond its resolution, as a mask smears the filter's edge too."""

MOST_TURNS = 6
"""Fits, each after the B factor of the fit before was undone."""

PRECISION = 1.0
"""Å²; a fit that changes the B factor by less is the last."""

MOST_B_FACTOR = 3000.0
"""Å²; the B factor that is undone goes no further."""


@dataclass(frozen=True, eq=False)
class GuinierFit:
    """A line through the logarithm of a map's amplitudes.

    Attributes:
        b_factor: Å², of the map: positive if its amplitudes fall. Applying its negative makes them flat.
        error: Å², the standard error of the B factor, from the scatter of the shells about the line.
        coarsest: Å, where the fit begins.
        finest: Å, where it ends: at the resolution, or before what a low-pass filter cut.
        was_cut: whether such a filter was found.
        intercept: logarithm of the amplitude at 1/d² = 0, on the line.
        inverse_square: float64 (shells,), 1/d² of all shells but the first, up to Nyquist's frequency, 1/Å².
        logarithm: float64 (shells,), the natural logarithm of their amplitudes, the roots of the mean squares;
            -inf where there is nothing.
        reference: float64 (shells,), what was taken off before the fit: the logarithm of a protein's amplitudes.
    """

    b_factor: float
    error: float
    coarsest: float
    finest: float
    was_cut: bool
    intercept: float
    inverse_square: FloatArray
    logarithm: FloatArray
    reference: FloatArray

    def line(self, inverse_square: FloatArray) -> FloatArray:
        """The line at some 1/d², 1/Å²: the logarithm of the amplitude beyond the reference, same shape."""
        return self.intercept - self.b_factor / 4 * inverse_square

    def as_dict(self) -> dict[str, Any]:
        """For JSON; without the curve."""
        return {
            "b_factor": round(self.b_factor, 1),
            "error": round(self.error, 1),
            "coarsest": round(self.coarsest, 3),
            "finest": round(self.finest, 3),
        }


def fit(density_map: DensityMap, mask: BoolArray, resolution: float, *, protein: bool = True) -> GuinierFit:
    """Fits a line to the logarithm of the rotationally averaged amplitudes of a masked map.

    Equal stretches of 1/d² count equally, and shells far from the line count less. Shells that a low-pass filter cut
    at the fine end are left out. A mask smears strong amplitudes over weak ones, so the map is low-pass filtered beyond
    its resolution before it is masked, and then again with the B factor undone that was found, until that stays.

    Args:
        density_map: the map.
        mask: bool (z, y, x), the molecule; its edge is made soft.
        resolution: Å, of the map; what is beyond does not matter.
        protein: take off what proteins' amplitudes have of themselves; if not, atoms are taken to scatter equally at
            all frequencies.

    Returns:
        The fit.

    Raises:
        CannotTell: there are too few shells, the map has no amplitudes up to its resolution, or they make no line.
        InputError: the resolution is finer than twice the voxel size.
    """
    check_resolution(density_map, resolution)
    sharpening = Sharpening(density_map, max(1 / (1 / resolution + BEYOND), 2 * max(density_map.voxel_size)))
    squares, beyond = profile(density_map, mask)
    reference = protein_logarithm(squares) if protein else np.zeros_like(squares)
    coarsest = max(COARSEST, resolution / SPAN)
    within = (squares >= coarsest**-2 - 1e-9) & (squares <= resolution**-2 + 1e-9)
    x = squares[within]
    if len(x) < LEAST_SHELLS:
        raise CannotTell(
            f"only {len(x)} shells of {density_map.name} lie between {coarsest:.3g} Å and its resolution of "
            f"{resolution:.3g} Å, too few for a Guinier fit"
        )
    b_factor = 0.0
    for _ in range(MOST_TURNS):
        flattened = profile(sharpening.by(-b_factor), mask)[1]
        y = (flattened - reference)[within]
        kept = _before_a_filter(x, y)
        if kept < max(LEAST_SHELLS, (1 - MOST_CUT) * len(x)):
            raise _no_line(density_map, coarsest, resolution)
        intercept, slope, error = _line(x[:kept], y[:kept])
        before, b_factor = b_factor, float(np.clip(b_factor - 4 * slope, -MOST_B_FACTOR, MOST_B_FACTOR))
        if abs(b_factor - before) < PRECISION:
            break
    logarithm = np.where(squares <= resolution**-2, flattened - before / 4 * squares, beyond)
    ends = float(x[0] ** -0.5), float(x[kept - 1] ** -0.5)
    residual = y[:kept] - intercept - slope * x[:kept]
    if np.sqrt(np.mean(np.square(residual))) > MOST_SCATTER:
        raise _no_line(density_map, coarsest, resolution)
    found = GuinierFit(b_factor, 4 * error, *ends, kept < len(x), intercept, squares, logarithm, reference)
    if found.error > max(MOST_ERROR, abs(found.b_factor) / CLEARLY):
        raise CannotTell(
            f"the Guinier fit of {density_map.name} from {found.coarsest:.3g} to {found.finest:.3g} Å gives "
            f"{found.b_factor:.0f} ± {found.error:.0f} Å², which is too uncertain"
        )
    return found


def _no_line(density_map: DensityMap, coarsest: float, resolution: float) -> CannotTell:
    return CannotTell(
        f"the amplitudes of {density_map.name} do not fall in a line between {coarsest:.3g} Å and its resolution of "
        f"{resolution:.3g} Å, as if a low-pass filter had ended them before, so there is no Guinier fit"
    )


def protein_logarithm(inverse_square: FloatArray) -> FloatArray:
    """The logarithm of a protein's amplitudes, but for a constant; that of the nearest end beyond 20 and 1.7 Å.

    Args:
        inverse_square: 1/d², 1/Å², any shape.

    Returns:
        float64 of that shape.
    """
    return np.interp(np.sqrt(inverse_square), PROTEIN_FREQUENCY, PROTEIN)


def profile(density_map: DensityMap, mask: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The rotationally averaged amplitudes of a map within a mask whose edge is made soft.

    Args:
        density_map: the map.
        mask: bool (z, y, x).

    Returns:
        float64 (shells,): 1/d² (1/Å²) of all shells but the first; the logarithm of the root of the mean square.
    """
    soft = masks.soft_edge(mask, SOFT_EDGE / min(density_map.voxel_size))
    outside = density_map.data[soft == 0]
    level = np.median(outside) if outside.size else density_map.data.mean()
    masked = (density_map.data - level) * soft
    masked /= np.float32(max(float(np.abs(masked).max()), 1e-37))
    spectrum = scipy.fft.rfftn(masked, workers=-1)
    planes = ((np.square(np.abs(plane), dtype=float),) for plane in spectrum)
    frequency, count, (power,) = shells.sums_in_shells(masked.shape, density_map.voxel_size, planes)
    filled = count > 0
    filled[0] = False
    with np.errstate(divide="ignore"):
        return np.square(frequency[filled]), 0.5 * np.log(power[filled] / count[filled])


def _before_a_filter(x: FloatArray, y: FloatArray) -> int:
    """How many shells lie before those that a low-pass filter cut at the fine end."""
    kept = len(x)
    while kept and not math.isfinite(y[kept - 1]):
        kept -= 1
    if not np.isfinite(y[:kept]).all():
        return 0
    while kept > LEAST_SHELLS:
        intercept, slope, _ = _line(x[: kept - 1], y[: kept - 1])
        if y[kept - 1] > intercept + slope * x[kept - 1] - CUT:
            break
        kept -= 1
    return kept


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Intercept, slope and the slope's standard error of a robust line through points; stretches of x count equally."""
    weights = np.sqrt(np.gradient(x) / np.gradient(x).mean())
    middle, spread = x.mean(), np.ptp(x)
    design = np.stack([np.ones_like(x), (x - middle) / spread], axis=1)
    weighted = design * weights[:, None]
    first, *_ = np.linalg.lstsq(weighted, y * weights, rcond=None)
    result = least_squares(
        lambda line: weighted @ line - y * weights, first, lambda line: weighted, loss="soft_l1", f_scale=SCATTER
    )
    level, rise = result.x
    scatter = math.sqrt(2 * result.cost / max(len(x) - 2, 1))
    uncertainty = math.sqrt(np.linalg.inv(result.jac.T @ result.jac)[1, 1]) * scatter
    return float(level - rise * middle / spread), float(rise / spread), float(uncertainty / spread)
