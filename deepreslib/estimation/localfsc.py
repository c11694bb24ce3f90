"""Local Fourier shell correlation (FSC) of two half maps at every voxel of a mask, as blocres has it (Cardone, Heymann
& Steven 2013, J. Struct. Biol. 184, 226-236, doi 10.1016/j.jsb.2013.08.002; Bsoft's public source for the details).

Definition (``exact=True``). Around each voxel both half maps are cut out in a cube, less the cube's mean, times a Hann
window along each axis, and Fourier transformed, padded to twice the window's edge. Products are summed in shells
1 / (2 × edge) apart, a coefficient between two shells being shared by both linearly. The resolution is where the FSC
falls below the cutoff, interpolated linearly between shells; twice the voxel size where it never does. So far this is
blocres with its defaults (Hann taper, padding 1), and on the reference half maps gave its values (r 0.9997; 0.99999
when the plane x = 0 of the half transform counts twice, as it does there). We differ from it in:

- Both maps are first whitened by radial filters: over the whole map, then as the windows of the mask see it. That
  leaves the FSC of a shell alone but for what the window leaks from shell to shell; without it strong low resolution
  passes for signal at high resolution. A structure cut off sharply at 8 Å, with a tenth of noise, reads 8.0 Å through
  30 Å, not 5.1 Å; sharpening hardly matters any more, nor does the window's width for the median. On the reference
  half maps results are 0.1 Å coarser than those of blocres.
- The window is centred on its voxel. With an even box that of blocres lies half a voxel before it.
- The *first* fall below the cutoff counts; blocres takes the last. At 0.5 they hardly ever differ; at 0.143 chance
  correlation in one of the many shells beyond the resolution often makes the last fall much too fine.
- Only waves shorter than the window are looked at; a voxel whose FSC is below the cutoff from the beginning, "not
  resolved", gets the window's edge.

Fast way (the default). But for the order of windowing and filtering, the sum of a shell is a product of band-passed
maps smoothed by the squared window w²,

    sum over shell k of FT(w a) conj(FT(w b))  ≈  sum over x of w²(x) a_k(x) b_k(x),

if the band-pass a → a_k has the squared response (shell k's triangle) * |FT w|²: what the shell sees of the map's
spectrum, the window's leakage included. That is two inverse Fourier transforms and three smoothings a shell, however
many the voxels. What is smoothed varies so slowly that a tenth of the window is a fine enough grid for it.
"""

import numpy as np
import scipy.fft
import scipy.ndimage
from tqdm import tqdm

from deepreslib.errors import InputError
from deepreslib.fourier import filters, resampling
from deepreslib.fourier.grid import fast_length
from deepreslib.fourier.shells import add_in_shells, shell_numbers
from deepreslib.maps.boxes import box_around, read_box

WINDOW = 30.0
"""Å, edge of the default window: 7 waves of 4 Å. On the reference half maps (2.5-6 Å) results follow the known disorder
the better the wider the window is up to 30 Å, and hardly better beyond; a narrower one sees more detail and noise."""

SMALLEST_BOX = 8
"""Voxels; in a smaller window a shell has too few Fourier coefficients for any correlation."""

_SAMPLES_A_WINDOW = 10
_LEAST_POWER = 1e-12
_BATCH_BYTES = 1 << 26


def default_box(voxel_size):
    """Voxels (even, at least 16) of the default window, for a voxel size in Å, one number or (z, y, x)."""
    return max(2 * round(WINDOW / np.mean(voxel_size) / 2), 16)


def estimate(half1, half2, mask, cutoff=0.5, box=None, exact=False, workers=-1, progress=False):
    """Local resolution by local FSC.

    Args:
        half1: ``DensityMap``.
        half2: ``DensityMap`` on the same grid (see ``checks.check_half_maps``).
        mask: bool (z, y, x), not empty; its voxels are estimated, those at the map's border too.
        cutoff: of the FSC, between 0 and 1.
        box: edge of the window, voxels; None for ``default_box``, or the map's shortest edge if that is less.
        exact: transform a window at every voxel (1 to 2 ms each for a box of 20, growing as its cube) instead of
            the fast way.
        workers: threads of the Fourier transforms, -1 for all.
        progress: show a progress bar on standard error.

    Returns:
        float32 (z, y, x), Å: from 2 × voxel size to box × voxel size in the mask, 0 outside.

    Raises:
        InputError: if the cutoff or the box is impossible.
    """
    box = _checked_box(half1, cutoff, box)
    bounds = _bounds(mask)
    inside = mask[tuple(slice(start, stop) for start, stop in bounds)]
    weight = _seen(_read(mask, bounds, box), box)
    maps = [_whitened(_read(_whitened(half.data, 1, workers), bounds, box), weight, workers) for half in (half1, half2)]
    find_falls = _exact_falls if exact else _fast_falls
    falls = find_falls(*maps, inside, cutoff, box, workers, progress)

    voxel_size = float(np.mean(half1.voxel_size))
    resolution = np.zeros(mask.shape, np.float32)
    resolution[mask] = 2 * box * voxel_size / falls
    return resampling.clip_resolution(resolution, mask, 0, box * voxel_size, half1.voxel_size)


def _checked_box(half1, cutoff, box):
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


def _bounds(mask):
    """The first and the last + 1 voxel of the mask along z, y and x."""
    return [(side.start, side.stop) for side in box_around(mask)]


def _whitened(data, weight, workers):
    """The map with one power at all frequencies up to Nyquist's, and none in the corners beyond, which have no shell.

    Args:
        data: float32 (z, y, x).
        weight: what the map is multiplied by when its power is measured, a number or (z, y, x).
        workers: threads.
    """
    edge = max(data.shape)
    z, y, x = (np.fft.fftfreq(n, 1 / edge) for n in data.shape)
    x = x[: data.shape[2] // 2 + 1]
    data = data - data.mean(dtype=np.float64).astype(np.float32)
    planes = scipy.fft.rfftn(data * weight, workers=workers)
    quantities = ((np.ones(plane.shape), _product(plane, plane)) for plane in planes)
    del planes
    count, power = add_in_shells(quantities, shell_numbers(z, y, x), edge)
    power = (power / np.maximum(count, 1))[: edge // 2 + 1]
    power[0] = power[1]
    gain = np.zeros(edge, np.float32)
    gain[: len(power)] = 1 / np.sqrt(np.maximum(power, max(power.max() * _LEAST_POWER, np.finfo(np.float32).tiny)))
    spectrum = scipy.fft.rfftn(data, workers=workers)
    for plane, shell in zip(spectrum, shell_numbers(z, y, x), strict=True):
        plane *= gain[shell]
    return scipy.fft.irfftn(spectrum, data.shape, workers=workers, overwrite_x=True)


def _read(data, bounds, margin):
    """What lies within bounds and a margin; 0 beyond the map's border.

    The margin is a box: a window reaches half of that beyond the mask, and a band-pass as far again.
    """
    return read_box(
        data, [(start - margin, start - margin + fast_length(stop - start + 2 * margin)) for start, stop in bounds]
    )


def _window(offset, box):
    """The Hann window at offsets (voxels) from its centre; it is box - 1 voxels wide, as that of blocres."""
    position = np.clip(np.asarray(offset, float) / (box - 1), -0.5, 0.5)
    return np.cos(np.pi * position) ** 2


def _seen(inside, box):
    """The root of how much all windows of the voxels of ``inside`` together see of each voxel's power; greatest 1."""
    reach = (box - 1) // 2
    profile = _window(np.arange(-reach, reach + 1), box) ** 2
    seen = inside.astype(np.float32)
    for axis in range(3):
        seen = scipy.ndimage.convolve1d(seen, profile, axis, mode="constant")
    return np.sqrt(np.maximum(seen, 0) / seen.max())


def _first_falls(correlations, count, cutoff, last):
    """Where the FSC first falls below the cutoff.

    Args:
        correlations: yields the FSC of every voxel, float32 (count,), in shells 3, 4, ... up to ``last``; the waves of
            shells 1 and 2 are not shorter than the window.
        count: number of voxels.
        cutoff: of the FSC.
        last: what a voxel gets whose FSC never falls, in shells.

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


def _product(one, two):
    """Real part of one × conj(two)."""
    return one.real * two.real + one.imag * two.imag


def _correlation(cross, power1, power2):
    """The FSC from its three sums; 0 where a half map has nothing."""
    scale = np.sqrt(np.maximum(power1, 0)) * np.sqrt(np.maximum(power2, 0))
    return np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 0)


# The fast way: products of band-passed maps, smoothed


def _fast_falls(map1, map2, inside, cutoff, box, workers, progress):
    """Where the FSC falls, in shells, at the voxels of ``inside``.

    Args:
        map1: float32 (z, y, x), with a margin of ``box`` voxels around ``inside``.
        map2: as ``map1``.
        inside: bool (z, y, x), the part of the mask.
    """
    shape = map1.shape
    mean, band_passes, place = _responses(shape, box)
    spectra = [scipy.fft.rfftn(m, shape, workers=workers) * (1 - mean)[place] for m in (map1, map2)]
    smoothing, interpolation = _kernels(inside.shape, shape, box)

    def correlations():
        for band_pass in tqdm(band_passes, desc="local FSC", unit="shell", disable=not progress):
            weights = band_pass[place]
            one, two = (scipy.fft.irfftn(s * weights, shape, workers=workers, overwrite_x=True) for s in spectra)
            cross = _along_axes(smoothing, one * two)
            one *= one
            two *= two
            fsc = _correlation(cross, _along_axes(smoothing, one), _along_axes(smoothing, two))
            yield _along_axes(interpolation, fsc)[inside]

    return _first_falls(correlations(), np.count_nonzero(inside), cutoff, box)


def _responses(shape, box):
    """Radial responses (factors of amplitudes), tabulated over frequency.

    A shell's squared response, its triangle convolved with the window's power spectrum, is in real space the product
    of the triangle's transform with the window's autocorrelation; the latter is averaged over directions.

    Args:
        shape: of the maps.
        box: edge of the window, voxels.

    Returns:
        The response of the window's local mean, float32 (frequencies,); those of shells 3 to ``box``, float32
        (box - 2, frequencies); the table's index for every coefficient of ``rfftn``, int16.
    """
    fineness = 32 * box
    place = np.rint(filters.frequencies(shape, 1 / fineness)).astype(np.int16)
    frequency = np.arange(place.max() + 1) / fineness
    distance = np.arange(0, 2 * box, 0.25)
    waves = distance[:, None] ** 2 * np.sinc(2 * distance[:, None] * frequency)

    window = _window(np.arange(-box, box + 1), box)
    autocorrelation = np.correlate(window, window, "full")[2 * box :]
    mean = _spherical_mean(distance, window[box:]) @ waves
    triangles = np.maximum(1 - abs(2 * box * frequency - np.arange(3, box + 1)[:, None]), 0)
    kernels = (triangles * frequency**2) @ np.sinc(2 * distance[:, None] * frequency).T
    powers = (kernels * _spherical_mean(distance, autocorrelation)) @ waves
    band_passes = np.sqrt(np.maximum(powers, 0) / powers.max())
    return (mean / mean[0]).astype(np.float32), band_passes.astype(np.float32), place


def _spherical_mean(distance, profile):
    """Mean over directions of profile(z) profile(y) profile(x) at each distance; profile at 0, 1, 2, ... voxels."""
    count = 1000
    z = (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (1 + 5**0.5)
    across = np.sqrt(1 - z * z)
    directions = np.abs([z, across * np.sin(angle), across * np.cos(angle)])
    values = np.interp(distance[:, None, None] * directions, np.arange(len(profile)), profile, right=0)
    return values.prod(axis=1).mean(axis=1)


def _kernels(inside_shape, shape, box):
    """Matrices along z, y and x: of smoothing by the squared window onto a coarse grid, and of interpolation from it.

    Args:
        inside_shape: shape of what is interpolated to, ``box`` voxels from the corner of what is smoothed.
        shape: of what is smoothed.

    Returns:
        Two lists of three float32 matrices (to, from).
    """
    step = max(box / _SAMPLES_A_WINDOW, 1)
    smoothing, interpolation = [], []
    for wanted, length in zip(inside_shape, shape, strict=True):
        places = np.arange(-1, np.ceil((wanted - 1) / step) + 2)
        smoothing.append(_window(np.arange(length) - box - step * places[:, None], box) ** 2)
        interpolation.append(_cubic(np.arange(wanted)[:, None] / step - places))
    return [m.astype(np.float32) for m in smoothing], [m.astype(np.float32) for m in interpolation]


def _cubic(offset):
    """Weight of a sample in cubic convolution (Keys 1981) at an offset in samples."""
    x = abs(offset)
    return np.where(x < 1, (1.5 * x - 2.5) * x * x + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0))


def _along_axes(matrices, values):
    """Values (z, y, x) with a matrix (to, from) applied along each axis."""
    z, y, x = matrices
    return np.tensordot(z, y @ (values @ x.T), 1)


# The definition: a small Fourier transform a voxel


def _exact_falls(map1, map2, inside, cutoff, box, workers, progress):
    """Where the FSC falls, in shells, at the voxels of ``inside``; arguments as those of :func:`_fast_falls`."""
    reach = (box - 1) // 2
    profile = _window(np.arange(-reach, reach + 1), box).astype(np.float32)
    window = profile[:, None, None] * profile[:, None] * profile
    shells = _shells(box)
    cubes = [np.lib.stride_tricks.sliding_window_view(m, window.shape) for m in (map1, map2)]

    corners = np.argwhere(inside) + box - reach
    falls = np.empty(len(corners), np.float32)
    batch = max(1, _BATCH_BYTES // (4 * (2 * box) ** 3))
    with tqdm(total=len(corners), desc="local FSC", unit="voxel", disable=not progress) as bar:
        for start in range(0, len(corners), batch):
            some = slice(start, start + batch)
            one, two = (_transform(c[tuple(corners[some].T)], window, box, workers) for c in cubes)
            sums = [_sum_shells(p, *shells) for p in (_product(one, two), _product(one, one), _product(two, two))]
            falls[some] = _first_falls(_correlation(*sums).T, len(one), cutoff, box)
            bar.update(len(one))
    return falls


def _transform(cubes, window, box, workers):
    """Cubes (n, z, y, x), windowed and padded to twice the box, in Fourier space: complex64 (n, coefficients)."""
    cubes = (cubes - cubes.mean(axis=(1, 2, 3), keepdims=True)) * window
    spectra = scipy.fft.rfft(cubes, 2 * box, axis=3, workers=workers)
    spectra = scipy.fft.fft(spectra, 2 * box, axis=2, workers=workers)
    return scipy.fft.fft(spectra, 2 * box, axis=1, workers=workers).reshape(len(cubes), -1)


def _shells(box):
    """How the coefficients of ``rfftn`` of a cube of twice the box's edge are shared by shells.

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


def _sum_shells(products, order, starts, to_below, to_above):
    """Sums (n, box - 2) of products (n, coefficients) in shells 3 to ``box``."""
    products = products[:, order]
    below = np.add.reduceat(products * to_below, starts, axis=1)
    above = np.add.reduceat(products * to_above, starts, axis=1)
    return below[:, 3:] + above[:, 2:-1]
