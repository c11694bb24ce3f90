"""ResMap: the finest local sinusoid that stands out of the noise.

Source: Kucukelbir, Sigworth & Tagare 2014, doi 10.1038/nmeth.2727.

At every voxel and every resolution d a polynomial model is fitted by weighted least squares within a window: a
constant, the six steerable second-degree functions G2 and the ten third-degree ones H2 (Freeman & Adelson's quadrature
pair in 3D), which together follow a wave of length d in any direction and of any phase. The statistic is how much
better this model fits than the constant alone (the null model), in units of the noise's variance: the likelihood ratio
of signal and noise against noise. Under noise alone it is a sum of chi-squares of one degree of freedom with known
weights. A voxel gets the finest d whose statistic passes the threshold of Benjamini & Yekutieli's control of the false
discovery rate.

Where this departs from the original program:

- The window is Freeman & Adelson's exp(-t²) with t = π x / d, so that the response is greatest for a wave of length d
  (within 5 %). The program uses the scale that belongs to exp(-t²/2), but Python 2 evaluates its -1/2 to -1; so it
  looks at 0.8 d.
- Here the noise's variance is measured by applying the statistic to the noise itself. The program measures what the
  fit leaves over in the few windows inside the mask (half maps) or outside it (one map). A map's noise is band-limited,
  so too little is left over, the variance comes out too small, and too many voxels pass. If a low-pass filter also
  removed noise from the statistic, we still test as if it were there, so that filtering a map cannot make it look
  better.
- The pre-whitening follows any spectrum and needs no elbow frequency from the user.
- Voxels near the border of the box are estimated too (zeros follow beyond it).
"""

import itertools
import math
import time
from dataclasses import dataclass

import numpy as np

from deepreslib.errors import InputError
from deepreslib.estimation import memory_needs
from deepreslib.estimation.resmap_noise import FEWEST, one_map, two_halves
from deepreslib.estimation.result import HalfMaps, LocalResolution, MapOrHalves, map_and_halves, tested_ends
from deepreslib.estimation.significance import threshold
from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.maps import DensityMap, checks
from deepreslib.maps.boxes import box_around, read_box
from deepreslib.maps.tiles import tiles
from deepreslib.progress import bar

FINEST = 2.2
"""Voxels; the default finest resolution."""

COARSEST = 10.0
"""Å; the default coarsest resolution, unless four times the finest is coarser."""

QUADRATURE = 2.254
"""H2 is t³ - 2.254 t, the Hilbert transform of G2 as nearly as a cubic can be (Freeman & Adelson 1991)."""

MONOMIALS = [powers for powers in itertools.product(range(4), repeat=3) if sum(powers) <= 3]
"""Powers of (z, y, x) of the twenty monomials up to the third degree."""

TILE = 48
"""Edge of a tile, voxels."""

WIDEST = 64
"""Voxels; no longer window is tested, nor one that is longer than the box."""

SAMPLES = 4000
"""Greatest number of windows in which the noise's variance is measured."""


@dataclass(frozen=True)
class Window:
    """What the fit at one resolution needs, the same at all voxels.

    Attributes:
        taps: float64 (4, 2 × reach + 1), the window times t⁰, t¹, t² and t³ along an axis.
        mixing: float64 (20, 16), turns the window's moments (one a monomial) into coefficients whose squares sum up
            to the gain in weighted residual.
        weights: float64 (16,), the chi-squares' weights under white noise of variance 1.
    """

    taps: FloatArray
    mixing: FloatArray
    weights: FloatArray

    @property
    def reach(self) -> int:
        """Voxels on each side of the centre."""
        return self.taps.shape[1] // 2

    def kernels(self) -> FloatArray:
        """The coefficients' kernels: float32 ((2 × reach + 1)³, 16), the window in (z, y, x) order."""
        cube = np.zeros((4, 4, 4, self.mixing.shape[1]))
        for powers, row in zip(MONOMIALS, self.mixing, strict=True):
            cube[powers] = row
        kernels = np.einsum("abck,az,by,cx->zyxk", cube, self.taps, self.taps, self.taps, optimize=True)
        return kernels.reshape(-1, self.mixing.shape[1]).astype(np.float32)


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray,
    *,
    finest: float | None = None,
    coarsest: float | None = None,
    step: float = 0.5,
    p_value: float = 0.05,
    gradient: bool = False,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """Local resolution by ResMap.

    Args:
        density_map_or_halves: a ``DensityMap``, neither masked nor sharpened, whose noise is what lies outside the
            mask, within the sphere that fits in the box; or two half maps, whose mean is analysed and whose difference
            is the noise.
        mask: bool (z, y, x), the voxels to estimate.
        finest: Å; None for 2.2 voxels. A map that was low-pass filtered is not tested beyond its cut-off.
        coarsest: Å; None for 10 Å, or four times the finest if that is coarser. Its window, as long as the resolution,
            must fit into the box and be no longer than ``WIDEST``.
        step: Å between the resolutions tested.
        p_value: false discovery rate of each step.
        gradient: also allow noise a linear gradient, which the paper does not; coarse density then no longer passes at
            fine resolutions.
        workers: threads of the Fourier transforms, -1 for all; the rest uses those of NumPy's BLAS.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution``; voxels at which no resolution passes the test have the coarsest one. The report has the
        resolutions tested (``steps``, Å, finest first) and the number of those voxels (``unassigned``).

    Raises:
        InputError: the maps cannot be used, hold no noise, or the settings make no sense.
    """
    started = time.monotonic()
    density_map, half_maps = map_and_halves(density_map_or_halves)
    _check(density_map, mask, half_maps)
    voxel = float(np.mean(density_map.voxel_size))
    finest, coarsest = _range(density_map, finest, coarsest, step, p_value)

    reach = prepare(coarsest, voxel, gradient).reach
    memory_needs.check_resmap(density_map, mask, mask[box_around(mask, reach)].size, half_maps is not None)
    if half_maps is None:
        given = one_map(density_map, mask, reach, voxel, 0.5 / coarsest, workers)
    else:
        given = two_halves(half_maps, mask, reach, voxel, 0.5 / coarsest, workers)

    cut_off = math.ceil(10 * given.spectrum.finest) / 10
    steps = _steps(max(finest, min(cut_off, coarsest - step)), coarsest, step)
    unassigned = mask[given.box]
    resolution = np.where(unassigned, np.float32(coarsest), np.float32(0))
    for tested in bar(steps, "ResMap", "step", progress):
        window = prepare(tested, voxel, gradient)
        variance = max(noise_variance(given.noise, given.room, window), given.level)
        values = statistic(given.data, unassigned, window) / np.float32(variance)
        passed = np.zeros_like(unassigned)
        passed[unassigned] = values > threshold(values, window.weights, p_value)
        resolution[passed] = tested
        unassigned = unassigned & ~passed
        if not unassigned.any():
            break
    box = given.box
    del given
    whole = np.zeros(mask.shape, np.float32)
    whole[box] = resolution
    return LocalResolution(
        resampling.clip_resolution(whole, mask, finest, coarsest, density_map.voxel_size),
        ends=tested_ends(float(steps[0]), coarsest, density_map.voxel_size),
        report={
            "range": {"low": round(float(steps[0]), 3), "high": round(coarsest, 3)},
            "steps": [round(float(tested), 3) for tested in steps],
            "unassigned": int(unassigned.sum()),
            "noise": "half the difference of the half maps" if half_maps else "the map outside the mask",
        },
        seconds={"estimator": time.monotonic() - started},
    )


def prepare(resolution: float, voxel_size: float, gradient: bool = False) -> Window:
    """The window of one resolution.

    Args:
        resolution: Å.
        voxel_size: Å.
        gradient: as in :func:`estimate`.
    """
    reach = max(2, math.ceil(0.5 * resolution / voxel_size))
    place = np.pi * voxel_size / resolution * np.arange(-reach, reach + 1)
    weight = np.exp(-np.square(place))
    powers = place ** np.arange(7)[:, None]
    columns, null = _model(gradient)
    # Gram-Schmidt in the window's scalar product, by Cholesky: the null model's columns come first and drop out.
    lower = np.linalg.cholesky(columns.T @ _products(powers @ weight) @ columns)
    mixing = np.linalg.solve(lower, columns.T).T[:, null:]
    covariance = mixing.T @ _products(powers @ np.square(weight)) @ mixing
    return Window(powers[:4] * weight, mixing, np.linalg.eigvalsh(covariance))


def statistic(data: FloatArray, tested: BoolArray, window: Window) -> FloatArray:
    """The weighted sum of squares that the model explains beyond the null model.

    Moments of the window are taken axis by axis, each pass a product by a banded matrix.

    Args:
        data: float32 (z, y, x), whitened; zeros follow beyond its border.
        tested: bool (z, y, x).
        window: a ``Window``.

    Returns:
        float32 (n,), at the tested voxels in C order.
    """
    values = np.zeros(data.shape, np.float32)
    mixing = np.ascontiguousarray(window.mixing.T, np.float32)
    for part in tiles(tested, TILE, window.reach):
        inside = tested[part.crop]
        bands_z, bands_y, bands_x = (_bands(window.taps, n) for n in inside.shape)
        box = part.read(data)
        moments = np.empty((len(MONOMIALS), np.count_nonzero(inside)), np.float32)
        row = iter(moments)
        for a in range(4):
            along_z = np.tensordot(bands_z[a], box, 1)
            for b in range(4 - a):
                along_y = bands_y[b] @ along_z
                for c in range(4 - a - b):
                    next(row)[:] = (along_y @ bands_x[c].T)[inside]
        values[part.crop][inside] = np.square(mixing @ moments).sum(axis=0)
    return values[tested]


def noise_variance(noise: FloatArray, room: IntArray, window: Window) -> float:
    """The mean of the statistic on pure noise, divided by its value for white noise of variance 1.

    Args:
        noise: float32 (z, y, x), whitened.
        room: int (z, y, x), how many voxels around each (itself counted) are noise in every direction. Windows that
            hold nothing but noise are used, or if they are too few, those with most room.
        window: a ``Window``.

    Returns:
        The ratio, without unit.
    """
    reach = window.reach
    places = np.flatnonzero(room > reach)
    if len(places) < FEWEST:
        enough = np.partition(room, room.size - FEWEST, axis=None)[-FEWEST]
        places = np.flatnonzero(room >= max(enough, 1))
    if len(places) > SAMPLES:
        places = np.sort(np.random.default_rng(0).choice(places, SAMPLES, replace=False))
    kernels = window.kernels()
    total = 0.0
    for chunk in np.array_split(places, max(1, len(places) * len(kernels) >> 22)):
        corners = np.transpose(np.unravel_index(chunk, noise.shape)) - reach
        cubes = [read_box(noise, [(first, first + 2 * reach + 1) for first in corner]) for corner in corners.tolist()]
        chosen = np.reshape(cubes, (len(chunk), -1))
        total += np.square(chosen @ kernels).sum(dtype=float)
    return total / len(places) / window.weights.sum()


def _model(gradient: bool) -> tuple[FloatArray, int]:
    """The model's functions as coefficients on ``MONOMIALS``.

    The cubics t³ - 2.254 t of all directions are spanned by the ten functions m - 2.254 Δm / 6, where m are the
    monomials of third degree, because a sixth of the Laplacian of t³ is t.

    Returns:
        float64 (20, n), and how many columns, the first ones, belong to the null model.
    """
    place = {powers: index for index, powers in enumerate(MONOMIALS)}
    columns = []
    for powers in sorted(MONOMIALS, key=sum):
        if sum(powers) == 1 and not gradient:
            continue
        column = np.zeros(len(MONOMIALS))
        column[place[powers]] = 1.0
        for axis in range(3):
            if sum(powers) == 3 and powers[axis] >= 2:
                lowered = tuple(p - 2 if i == axis else p for i, p in enumerate(powers))
                column[place[lowered]] -= QUADRATURE * powers[axis] * (powers[axis] - 1) / 6
        columns.append(column)
    return np.stack(columns, axis=1), 4 if gradient else 1


def _products(moments: FloatArray) -> FloatArray:
    """Scalar products of ``MONOMIALS`` (20, 20) in a separable window with these moments (7,) along each axis."""
    powers = np.array(MONOMIALS)
    return moments[powers[:, None] + powers[None]].prod(axis=-1)


def _bands(taps: FloatArray, count: int) -> FloatArray:
    """Matrices (4, count, count + 2 × reach) that correlate a line of values with each row of taps."""
    length = taps.shape[1]
    bands = np.zeros((len(taps), count, count + length - 1), np.float32)
    row = np.arange(count)
    for shift in range(length):
        bands[:, row, row + shift] = taps[:, shift, None]
    return bands


def _steps(finest: float, coarsest: float, step: float) -> list[float]:
    """The resolutions to test, Å; the last is the coarsest."""
    steps = np.arange(finest, coarsest - 1e-3, step)
    return [*steps.tolist(), float(coarsest)]


def _range(
    density_map: DensityMap, finest: float | None, coarsest: float | None, step: float, p_value: float
) -> tuple[float, float]:
    """Finest and coarsest resolution with their defaults, after refusing senseless settings."""
    nyquist = 2 * max(density_map.voxel_size)
    if finest is None:
        finest = max(round(FINEST * float(np.mean(density_map.voxel_size)), 1), nyquist)
    longest = min(WIDEST, *density_map.data.shape) * min(density_map.voxel_size)
    if coarsest is None:
        coarsest = min(max(COARSEST, 4 * finest), longest)
    if finest < nyquist:
        raise InputError(f"the finest resolution of {finest:g} Å is beyond Nyquist; give {nyquist:.3g} Å or coarser.")
    if not coarsest > finest:
        raise InputError(f"the resolutions from {finest:g} to {coarsest:g} Å are no range; give a coarser end.")
    if not step > 0:
        raise InputError(f"a step of {step:g} Å leads nowhere; give one above 0.")
    if not 0 < p_value < 1:
        raise InputError(f"the p value of {p_value:g} is no probability; give one between 0 and 1, as 0.05.")
    if coarsest > longest:
        raise InputError(
            f"the coarsest resolution of {coarsest:g} Å is too coarse for {density_map.name}, in which windows may be "
            f"{longest:.4g} Å long; give {longest:.4g} Å or finer."
        )
    checks.check_estimable(density_map, coarsest=coarsest)
    return float(finest), float(coarsest)


def _check(density_map: DensityMap, mask: BoolArray, half_maps: HalfMaps | None) -> None:
    """Refuse half maps that do not fit, and an empty mask."""
    if half_maps is not None:
        for half in half_maps:
            checks.check_estimable(half)
        checks.check_half_maps(*half_maps)
        if half_maps[0].data.shape != mask.shape:
            raise InputError(f"{half_maps[0].name} and the mask differ in shape; give a mask on the half maps' grid.")
    if not mask.any():
        raise InputError(f"the mask of {density_map.name} is empty; give one with voxels inside.")
