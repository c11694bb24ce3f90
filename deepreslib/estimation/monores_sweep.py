"""MonoRes' sweep over frequencies, from coarse to fine: which voxels still exceed the noise, and when it ends.

Arrays are (z, y, x); resolutions are in Å; frequencies in 1/pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from deepreslib.estimation.monogenic import MonogenicSignal
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.progress import bar

SMALLEST_ACTIVE = 0.025
"""The sweep ends when less than this fraction of the voxels is still being tested."""

SMALLEST_SIGNAL = 0.001
"""The sweep ends when the mean amplitude of the voxels still tested falls below this fraction of its greatest."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Edition:
    """Details that changed between editions of the program.

    Attributes:
        riesz_factor: the Riesz transforms' transfer function is this factor × frequency component / frequency.
        high_pass_edge: width of the high-pass filter's raised cosine, 1/pixel; it ends at the frequency tested.
        low_pass_edge: width of the amplitude's low-pass filter's raised cosine, 1/pixel; it begins there.
        failures: number of frequencies in a row at which a voxel must fail before it is given up (not tested further).
        smoothing: sigma in voxels of the Gaussian exp(-(pi sigma frequency)²) that smooths the result; 0 for none.
    """

    riesz_factor: complex = -1j
    high_pass_edge: float = 0.02
    low_pass_edge: float = 0.02
    failures: int = 2
    smoothing: float = 3.0


PUBLISHED = Edition()
FIRST = Edition(riesz_factor=1, high_pass_edge=0.002, low_pass_edge=0.01, failures=1, smoothing=0.0)
"""Edition of 2016. Its Riesz transform lacked the factor -i, so its amplitude is no monogenic amplitude, and
depends on which axis comes last. It is here only for comparing with maps of that time, such as that of
beta-galactosidase."""


@dataclass(frozen=True)
class NoiseAmplitude:
    """The amplitude of noise at one frequency.

    Attributes:
        quantile: what a voxel must exceed.
        mean: its mean.
        error: the variance of that mean.
    """

    quantile: float
    mean: float
    error: float


def noise_amplitude(amplitude: FloatArray, noisy: BoolArray, significance: float) -> NoiseAmplitude:
    """What a sweep must know of the noise at one frequency.

    Args:
        amplitude: float32 (z, y, x).
        noisy: bool (z, y, x), the voxels of noise.
        significance: quantile of the noise that a voxel must exceed.
    """
    values = amplitude[noisy]
    mean = values.mean(dtype=float)
    return NoiseAmplitude(quantile_of(values, significance), mean, _variance(values, mean) / len(values))


def noise_amplitudes(
    noise: MonogenicSignal,
    noisy: BoolArray,
    levels: Sequence[tuple[float, float]],
    significance: float,
    edition: Edition = PUBLISHED,
    progress: bool = False,
) -> list[NoiseAmplitude]:
    """The amplitude of noise at each frequency; arguments as in ``sweep``, ``noisy`` being the voxels of noise."""
    edges = edition.high_pass_edge, edition.low_pass_edge
    steps = bar(levels, "MonoRes, noise", "frequency", progress)
    return [noise_amplitude(noise.amplitude(frequency, *edges), noisy, significance) for frequency, _ in steps]


def sweep(
    signal: MonogenicSignal,
    tested: BoolArray,
    noises: BoolArray | Sequence[NoiseAmplitude],
    levels: Sequence[tuple[float, float]],
    significance: float,
    edition: Edition = PUBLISHED,
    progress: bool = False,
) -> FloatArray:
    """From coarse to fine, the last resolution at which each voxel exceeded the noise.

    A voxel is given up, that is, not tested further, after ``edition.failures`` frequencies in a row at which it fails.
    The sweep ends early when few voxels are left, when hardly any signal is left, or when the mean amplitude of the
    voxels left is not significantly above the noise's.

    Args:
        signal: the map's ``MonogenicSignal``.
        tested: bool (z, y, x), the voxels to estimate.
        noises: bool (z, y, x), the voxels of the signal that are noise; or the noise's amplitude at each level.
        levels: (frequency in 1/pixel, resolution in Å), coarse to fine.
        significance: quantile of the noise that a voxel must exceed.
        edition: details of the algorithm.
        progress: show a progress bar on standard error.

    Returns:
        float32, one resolution a tested voxel; the first level's where the noise was never exceeded.
    """
    edges = edition.high_pass_edge, edition.low_pass_edge
    places = np.flatnonzero(tested)
    resolution = np.full(len(places), levels[0][1], np.float32)
    active = np.arange(len(places))
    fewest = SMALLEST_ACTIVE * len(active)
    failures = np.zeros(len(active), np.uint8)
    greatest = 0.0
    for number, (frequency, level) in enumerate(
        bar(levels, "MonoRes", "frequency", progress),
    ):
        amplitude = signal.amplitude(frequency, *edges)
        values = amplitude.ravel()[places[active]]
        noise = noise_amplitude(amplitude, noises, significance) if isinstance(noises, np.ndarray) else noises[number]
        del amplitude
        mean = values.mean(dtype=float)
        greatest = max(greatest, mean)
        if mean < SMALLEST_SIGNAL * greatest:
            break
        exceeds = values > noise.quantile
        resolution[active[exceeds]] = level
        failures = np.where(exceeds, 0, failures + 1).astype(np.uint8)
        error = np.sqrt(_variance(values, mean) / len(values) + noise.error)
        standing = failures < edition.failures
        active, failures = active[standing], failures[standing]
        if mean - noise.mean < ndtri(significance) * error or len(active) < max(fewest, 1):
            break
    return resolution


def quantile_of(values: FloatArray, quantile: float) -> float:
    """A quantile (0 to 1) of values (n,), one of them; the values are put in another order."""
    rank = min(int(len(values) * quantile), len(values) - 1)
    values.partition(rank)
    return float(values[rank])


def _variance(values: FloatArray, mean: float) -> float:
    """The variance of values (n,) of a known mean, some at a time, as float64 would take twice their memory."""
    parts = (values[start : start + _CHUNK].astype(float) - mean for start in range(0, len(values), _CHUNK))
    return float(sum(np.vdot(part, part) for part in parts)) / len(values)
