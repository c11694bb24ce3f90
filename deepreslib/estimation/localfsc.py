"""Local Fourier shell correlation (FSC) of two half maps at every voxel of a mask, as the program blocres computes it.

Source: Cardone, Heymann & Steven 2013, J. Struct. Biol. 184, 226-236, doi 10.1016/j.jsb.2013.08.002; the details are
from Bsoft's public source.

Definition (``exact=True``). Around each voxel both half maps are cut out in a cube, less the cube's mean, times a Hann
window along each axis, and Fourier transformed, padded to twice the window's edge. Products are summed in shells
1 / (2 × edge) apart, a coefficient between two shells being shared by both linearly. The resolution is where the FSC
falls below the cutoff, interpolated linearly between shells; twice the voxel size where it never does. So far this is
blocres with its defaults (Hann taper, padding 1), and on the reference half maps gave its values (r 0.9997; 0.99999
when the plane x = 0 of the half transform counts twice, as it does there). The differences from blocres are:

- Both maps are first whitened by radial filters: by the spectrum of the whole map, then by the spectrum seen through
  the windows in the mask. That changes the FSC of a shell only by what the window leaks from shell to shell; without
  whitening, strong low resolution passes for signal at high resolution. A structure cut off sharply at 8 Å, with a
  tenth of noise, then reads 8.0 Å in a window of 30 Å; without whitening it reads 5.1 Å. Sharpening hardly matters any
  more, and the window's width hardly matters for the median. On the reference half maps the results are 0.1 Å coarser
  than those of blocres.
- The window is centred on its voxel. The window of blocres, if its edge is even, lies half a voxel before it.
- The *first* fall below the cutoff counts; blocres takes the last. At 0.5 they hardly ever differ; at 0.143 chance
  correlation in one of the many shells beyond the resolution often makes the last fall much too fine.
- Only waves shorter than the window count. A voxel whose FSC is below the cutoff from the first of these shells on is
  "not resolved" and gets the window's edge.

Fast way (the default). If windowing and filtering could be exchanged, the sum of a shell would be a product of
band-passed maps, smoothed by the squared window w²,

    sum over shell k of FT(w a) conj(FT(w b))  ≈  sum over x of w²(x) a_k(x) b_k(x),

if the squared response of the band-pass a → a_k is shell k's triangle convolved with |FT w|². This is the part of the
spectrum, leakage included, that the shell sees. The fast way takes two inverse Fourier transforms and three smoothings
for each shell, however many voxels there are. The smoothed products vary so slowly that a grid of a tenth of the window
is fine enough for them.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import scipy.fft
import scipy.ndimage

from deepreslib.errors import InputError
from deepreslib.estimation import memory_needs
from deepreslib.estimation.localfsc_window import along_axes, responses, sampling_matrices, window
from deepreslib.estimation.result import Ends, LocalResolution, MapOrHalves, two_halves
from deepreslib.fourier import filters, resampling
from deepreslib.fourier.arrays import BoolArray, ComplexArray, FloatArray, IntArray, VoxelSize
from deepreslib.fourier.grid import fast_length
from deepreslib.fourier.shells import add_in_shells, mirror_counts, shell_numbers
from deepreslib.fourier.slabs import backward, backward_planes, forward, slabs, unit_factor
from deepreslib.maps import DensityMap
from deepreslib.maps.boxes import box_around, read_box
from deepreslib.progress import bar

WINDOW = 30.0
"""Å, edge of the default window: 7 waves of 4 Å. On the reference half maps (2.5-6 Å) a wider window gives results that
agree better with the known disorder, up to 30 Å; beyond that they hardly improve. A narrower window gives more detail
and more noise."""

SMALLEST_BOX = 8
"""Voxels; in a smaller window a shell has too few Fourier coefficients for any correlation."""

NO_AGREEMENT = "the half maps agree in no detail of the window; a larger --box sees coarser detail"
"""What is said where the window's edge fills a map."""

_LEAST_POWER = 1e-12
_BATCH_BYTES = 1 << 26


def default_box(voxel_size: VoxelSize) -> int:
    """Edge of the default window, voxels; even and at least 16.

    Args:
        voxel_size: Å, one number or (z, y, x).
    """
    return max(2 * round(WINDOW / np.mean(voxel_size) / 2), 16)


def estimate(
    density_map_or_halves: MapOrHalves,
    mask: BoolArray,
    *,
    cutoff: float = 0.5,
    box: int | None = None,
    exact: bool = False,
    workers: int = -1,
    progress: bool = False,
) -> LocalResolution:
    """Local resolution by local FSC.

    Args:
        density_map_or_halves: two ``DensityMap`` on one grid (see ``checks.check_half_maps``); one map is refused.
        mask: bool (z, y, x), not empty; its voxels are estimated, those at the map's border too.
        cutoff: of the FSC, between 0 and 1.
        box: edge of the window, voxels; None for ``default_box``, or the map's shortest edge if that is less.
        exact: transform a window at every voxel (1 to 2 ms each for a box of 20, growing as its cube) instead of
            the fast way.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        a ``LocalResolution``, from 2 × voxel size to box × voxel size in the mask.

    Raises:
        InputError: if the cutoff or the box is impossible, or memory does not suffice.
    """
    started = time.monotonic()
    half1, half2 = two_halves(density_map_or_halves, "the local FSC")
    box = _checked_box(half1, cutoff, box)
    around = box_around(mask)
    inside = mask[around]
    ends = [_ends(side, box) for side in around]
    memory_needs.check_localfsc(half1, mask, math.prod(stop - start for start, stop in ends))
    weight = _visibility(read_box(mask, ends), box)
    maps = []
    for half in (half1, half2):
        whole = _whitened_spectrum(half.data, None, workers)
        maps.append(_cut(whole, half.data.shape, ends, workers))
        del whole
    for number, part in enumerate(maps):
        maps[number] = backward(_whitened_spectrum(part, weight, workers), part.shape, workers)
    del weight, part
    find_falls = _exact_falls if exact else _fast_falls
    falls = find_falls(maps, inside, cutoff, box, workers, progress)

    voxel_size = float(np.mean(half1.voxel_size))
    resolution = np.zeros(mask.shape, np.float32)
    resolution[mask] = 2 * box * voxel_size / falls
    return LocalResolution(
        resampling.clip_resolution(resolution, mask, 0, box * voxel_size, half1.voxel_size),
        ends=Ends(2 * max(half1.voxel_size), box * voxel_size, why_high=NO_AGREEMENT),
        local_cutoff=cutoff,
        report={
            "cutoff": cutoff,
            "box": {"voxels": box, "angstrom": round(float(box * max(half1.voxel_size)), 3)},
            "exact": exact,
            "range": {"low": round(2 * max(half1.voxel_size), 3), "high": round(box * voxel_size, 3)},
        },
        seconds={"estimator": time.monotonic() - started},
    )


def _checked_box(half1: DensityMap, cutoff: float, box: int | None) -> int:
    """The box in voxels, after refusing an impossible one or an impossible cutoff."""
    if not 0 < cutoff < 1:
        raise InputError(f"the FSC cutoff {cutoff:g} is not between 0 and 1; give one such as 0.5 or 0.143.")
    shortest = min(half1.data.shape)
    box = min(default_box(half1.voxel_size), shortest) if box is None else box
    if not SMALLEST_BOX <= box <= shortest:
        raise InputError(
            f"a window of {box} voxels does not suit {half1.name}; "
            f"give one between {SMALLEST_BOX} and {shortest} voxels, the map's shortest edge."
        )
    return int(box)


def _whitened_spectrum(data: FloatArray, weight: FloatArray | None, workers: int) -> ComplexArray:
    """Coefficients of the map with the same power in every shell up to Nyquist's, and none in the corners beyond.

    Args:
        data: float32 (z, y, x).
        weight: what the map is multiplied by when its power is measured, (z, y, x); None for nothing.
        workers: threads.

    Returns:
        complex64 (z, y, x // 2 + 1).
    """
    edge = max(data.shape)
    z, y, x = (np.fft.fftfreq(n, 1 / edge) for n in data.shape)
    x = x[: data.shape[2] // 2 + 1]
    mean = data.mean(dtype=np.float64).astype(np.float32)
    if weight is None:
        factor = np.float32(unit_factor(data))
        spectrum = forward(lambda slab: factor * (data[slab] - mean), data.shape, workers)
    else:
        spectrum = forward(lambda slab: (data[slab] - mean) * weight[slab], data.shape, workers)
    mirrored = np.broadcast_to(mirror_counts(len(x), data.shape[2]), (len(y), len(x)))
    quantities = ((mirrored, mirrored * _product(plane, plane)) for plane in spectrum)
    count, power = add_in_shells(quantities, shell_numbers(z, y, x), edge)
    power = (power / np.maximum(count, 1))[: edge // 2 + 1]
    power[0] = power[1]
    gain = np.zeros(edge, np.float32)
    gain[: len(power)] = 1 / np.sqrt(np.maximum(power, max(power.max() * _LEAST_POWER, np.finfo(np.float32).tiny)))
    if weight is not None:
        del spectrum
        spectrum = forward(lambda slab: data[slab] - mean, data.shape, workers)
    for plane, shell in zip(spectrum, shell_numbers(z, y, x), strict=True):
        plane *= gain[shell]
    return spectrum


def _ends(side: slice, margin: int) -> tuple[int, int]:
    """The first voxel of a side with a margin, and the one after its last; they may lie beyond the map's border.

    The margin is as wide as a window: a window reaches half its width beyond the mask, and a band-pass filter half a
    width further.
    """
    return side.start - margin, side.start - margin + fast_length(side.stop - side.start + 2 * margin)


def _cut(spectrum: ComplexArray, shape: Sequence[int], ends: Sequence[tuple[int, int]], workers: int) -> FloatArray:
    """The map of some coefficients, which are overwritten, in a box; 0 beyond the map's border."""
    z, y, x = (slice(max(start, 0), min(stop, n)) for (start, stop), n in zip(ends, shape, strict=True))
    part = backward(spectrum, shape, workers, (z, y, x))
    rims = [(side.start - start, stop - side.stop) for side, (start, stop) in zip((z, y, x), ends, strict=True)]
    return np.pad(part, rims) if any(map(any, rims)) else part


def _visibility(inside: BoolArray, box: int) -> FloatArray:
    """The weight of each voxel in all windows around the voxels of ``inside`` together.

    Args:
        inside: bool (z, y, x).
        box: edge of the window, voxels.

    Returns:
        float32 (z, y, x), the root of the sum of the windows' squares, scaled to a maximum of 1.
    """
    reach = (box - 1) // 2
    profile = window(np.arange(-reach, reach + 1), box) ** 2
    weight = inside.astype(np.float32)
    for axis in range(3):
        weight = scipy.ndimage.convolve1d(weight, profile, axis, mode="constant")
    return np.sqrt(np.maximum(weight, 0) / weight.max())


def _first_falls(correlations: Iterable[FloatArray], count: int, cutoff: float, last: int) -> FloatArray:
    """Where the FSC first falls below the cutoff.

    Args:
        correlations: yields the FSC of every voxel, float32 (count,), in shells 3, 4, ... up to ``last``; the waves of
            shells 1 and 2 are not shorter than the window.
        count: number of voxels.
        cutoff: of the FSC.
        last: the value, in shells, of voxels whose FSC never falls.

    Returns:
        float32 (count,), in shells; 2, the window's edge, where the FSC is below the cutoff from the beginning.
    """
    falls = np.full(count, last, np.float32)
    standing = np.ones(count, bool)
    before = np.full(count, cutoff, np.float32)
    for shell, now in enumerate(correlations, 3):
        falling = standing & (now < cutoff)
        falls[falling] = shell - 1 + (before[falling] - cutoff) / (before[falling] - now[falling])
        standing &= ~falling
        if not standing.any():
            break
        before = now
    return falls


def _product(one: ComplexArray, two: ComplexArray) -> FloatArray:
    """Real part of one × conj(two)."""
    return one.real * two.real + one.imag * two.imag


def _correlation(cross: FloatArray, power1: FloatArray, power2: FloatArray) -> FloatArray:
    """The FSC from its three sums; 0 where a half map has no power."""
    scale = np.sqrt(np.maximum(power1, 0)) * np.sqrt(np.maximum(power2, 0))
    return np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 0)


# The fast way: products of band-passed maps, smoothed


def _fast_falls(
    maps: list[FloatArray], inside: BoolArray, cutoff: float, box: int, workers: int, progress: bool
) -> FloatArray:
    """Where the FSC falls, in shells, at the voxels of ``inside``.

    Args:
        maps: the two maps, float32 (z, y, x), with a margin of ``box`` voxels around ``inside``; the list is emptied.
        inside: bool (z, y, x), the part of the mask.
        cutoff: of the FSC.
        box: edge of the window, voxels.
        workers: threads of the Fourier transforms.
        progress: show a progress bar.

    Returns:
        float32 (n,), see :func:`_first_falls`.
    """
    shape = maps[0].shape
    mean, band_passes, place = responses(shape, box)
    spectra = []
    while maps:
        data = maps.pop(0)
        spectra.append(forward(data.__getitem__, shape, workers))
        del data
        for plane, places in zip(spectra[-1], place, strict=True):
            plane *= (1 - mean)[places]
    smoothing, interpolation = sampling_matrices(inside.shape, shape, box)

    def correlations() -> Iterator[FloatArray]:
        for band_pass in bar(band_passes, "local FSC", "shell", progress):
            sums = _smoothed_products([_band(s, band_pass, place, shape, workers) for s in spectra], smoothing, shape)
            yield along_axes(interpolation, _correlation(*sums))[inside]

    return _first_falls(correlations(), np.count_nonzero(inside), cutoff, box)


def _band(
    spectrum: ComplexArray, band_pass: FloatArray, place: IntArray, shape: Sequence[int], workers: int
) -> Callable[[slice], FloatArray]:
    """A function that gives planes of a band-passed map; ``place`` is the table's index for every coefficient."""
    band = np.empty_like(spectrum)
    for to, plane, places in zip(band, spectrum, place, strict=True):
        np.multiply(plane, band_pass[places], out=to)
    return backward_planes(band, shape[2], workers)


def _smoothed_products(
    bands: Sequence[Callable[[slice], FloatArray]], smoothing: Sequence[FloatArray], shape: Sequence[int]
) -> list[FloatArray]:
    """The product of two band-passed maps and the square of each, smoothed, on the coarse grid.

    Args:
        bands: for each map a function that gives some of its planes.
        smoothing: matrices along z, y and x.
        shape: of the maps (z, y, x).
    """
    z, y, x = smoothing
    sums = [np.empty((shape[0], len(y), len(x)), np.float32) for _ in range(3)]
    for slab in slabs(shape):
        one, two = (band(slab) for band in bands)
        for total, (a, b) in zip(sums, ((one, two), (one, one), (two, two)), strict=True):
            total[slab] = y @ ((a * b) @ x.T)
    return [np.tensordot(z, total, 1) for total in sums]


# The definition: a small Fourier transform at each voxel


def _exact_falls(
    maps: list[FloatArray], inside: BoolArray, cutoff: float, box: int, workers: int, progress: bool
) -> FloatArray:
    """Where the FSC falls, in shells, at the voxels of ``inside``; arguments as those of :func:`_fast_falls`."""
    reach = (box - 1) // 2
    profile = window(np.arange(-reach, reach + 1), box).astype(np.float32)
    weights = profile[:, None, None] * profile[:, None] * profile
    shells = _shells(box)
    cubes = [np.lib.stride_tricks.sliding_window_view(m, weights.shape) for m in maps]

    corners = np.argwhere(inside) + box - reach
    falls = np.empty(len(corners), np.float32)
    batch = max(1, _BATCH_BYTES // (4 * (2 * box) ** 3))
    with bar(None, "local FSC", "voxel", progress, total=len(corners)) as voxels:
        for start in range(0, len(corners), batch):
            part = slice(start, start + batch)
            one, two = (_transform(c[tuple(corners[part].T)], weights, box, workers) for c in cubes)
            sums = [_sum_shells(p, *shells) for p in (_product(one, two), _product(one, one), _product(two, two))]
            falls[part] = _first_falls(_correlation(*sums).T, len(one), cutoff, box)
            voxels.update(len(one))
    return falls


def _transform(cubes: FloatArray, weights: FloatArray, box: int, workers: int) -> ComplexArray:
    """Cubes (n, z, y, x), windowed and padded to twice the box, in Fourier space: complex64 (n, coefficients)."""
    cubes = (cubes - cubes.mean(axis=(1, 2, 3), keepdims=True)) * weights
    spectra = scipy.fft.rfft(cubes, 2 * box, axis=3, workers=workers)
    spectra = scipy.fft.fft(spectra, 2 * box, axis=2, workers=workers)
    return scipy.fft.fft(spectra, 2 * box, axis=1, workers=workers).reshape(len(cubes), -1)


def _shells(box: int) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """How the coefficients of ``rfftn`` of a cube of twice the box's edge are shared between shells.

    Returns:
        The coefficients within Nyquist's sphere, ordered by the shell below them; where in that order each shell
        starts; the weights with which they count in the shell below, and in the one above.
    """
    edge = 2 * box
    radius = filters.frequencies((edge, edge, edge), 1 / edge).astype(float)
    count = np.full(radius.shape, 2.0)
    count[..., [0, -1]] = 1
    radius, count = radius.ravel(), count.ravel()
    below = np.floor(radius + 1e-4).astype(int)
    order = np.argsort(below, kind="stable")
    order = order[below[order] <= box]
    starts = np.searchsorted(below[order], np.arange(box + 1))
    to_above = np.clip(radius - below, 0, 1)[order] * count[order]
    return order, starts, (count[order] - to_above).astype(np.float32), to_above.astype(np.float32)


def _sum_shells(
    products: FloatArray, order: IntArray, starts: IntArray, to_below: FloatArray, to_above: FloatArray
) -> FloatArray:
    """Sums (n, box - 2) of products (n, coefficients) in shells 3 to ``box``."""
    products = products[:, order]
    below = np.add.reduceat(products * to_below, starts, axis=1)
    above = np.add.reduceat(products * to_above, starts, axis=1)
    return below[:, 3:] + above[:, 2:-1]
