"""How much a map may be sharpened: DeepRes against the signal-to-noise ratio.

Source: Ramírez-Aportela et al. 2019, IUCrJ 6, 1054-1063, section 3.4 and figure 5.

A B factor changes what DeepRes predicts, but not the signal-to-noise ratio (SNR) that local FSC and MonoRes measure.
The right B factor makes the 20 % percentile of DeepRes' local resolutions equal to that of the resolutions that the SNR
of the unsharpened map allows. With a stronger B factor DeepRes predicts finer resolutions than the SNR allows: the map
is oversharpened.

Arrays are (z, y, x); resolutions are in Å, B factors in Å², negative to sharpen.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from deepreslib.analysis.distribution import Distribution
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.errors import InputError
from deepreslib.estimation import deepres
from deepreslib.fourier.arrays import BoolArray, FloatArray, VoxelSize
from deepreslib.fourier.grid import voxel_triple
from deepreslib.networks.ranges import RANGES

PERCENTILE = 20.0
"""The percentile of the local resolutions that is compared, as in the paper: the best fifth of the mask is finer than
it."""

PRECISION = 1.0
"""Å²; the search finds the B factor to this precision."""

B_FACTORS = (0.0, -50.0, -100.0, -150.0, -200.0)
"""Å²; the B factors that are tried first. The result lies between the first and the last of them."""

SAMPLE = 100_000
"""Voxels whose resolutions a search compares, about; of a larger mask it takes blocks drawn at random."""

BLOCK = 16
"""Edge of such a block, voxels."""

LEAST_MARGIN = 0.15
"""Å; the resolution that the SNR allows must be coarser by this than the fine end of DeepRes' range, or DeepRes could
hardly predict a finer one."""

COINCIDE, FINER, COARSER = "coincide", "finer", "coarser"


@dataclass(frozen=True, eq=False)
class Recommendation:
    """The result of a search.

    Attributes:
        b_factor: Å², the one recommended; the nearest end of the range if the percentiles never coincide.
        outcome: ``coincide``; ``finer`` if DeepRes' percentile is finer than the SNR's already with the weakest
            B factor; or ``coarser`` if it is coarser even with the strongest.
        percentile: which one was compared, 0 to 100.
        snr: the ``Distribution`` of the resolutions that the SNR allows.
        deepres: the ``Distribution`` of DeepRes' resolutions for each B factor tried, weakest sharpening first.
        voxels: how many voxels were compared.
    """

    b_factor: float
    outcome: str
    percentile: float
    snr: Distribution
    deepres: tuple[Distribution, ...]
    voxels: int

    def sentence(self) -> str:
        """The result in words."""
        if self.outcome == COINCIDE:
            return f"recommended B factor {self.b_factor:g} Å²: the {self.percentile:g} % percentiles coincide there"
        weakest, strongest = self.deepres[0], self.deepres[-1]
        end, claims = (weakest, "more") if self.outcome == FINER else (strongest, "less")
        which = "weakest" if self.outcome == FINER else "strongest"
        return (
            f"the {self.percentile:g} % percentiles coincide nowhere from {weakest.b_factor:g} to "
            f"{strongest.b_factor:g} Å²: even at the {which} end, {end.b_factor:g} Å², DeepRes claims {claims} "
            f"({end.percentile:.2f} Å) than the signal-to-noise ratio allows ({self.snr.percentile:.2f} Å); "
            f"{end.b_factor:g} Å² was applied"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "b_factor": self.b_factor,
            "outcome": self.outcome,
            "sentence": self.sentence(),
            "percentile": self.percentile,
            "snr": self.snr.as_dict(),
            "deepres": [distribution.as_dict() for distribution in self.deepres],
            "voxels": self.voxels,
        }

    @classmethod
    def from_dict(cls, numbers: dict[str, Any]) -> "Recommendation":
        """The recommendation that ``as_dict`` turned into a dict."""
        return cls(
            numbers["b_factor"],
            numbers["outcome"],
            numbers["percentile"],
            Distribution.from_dict(numbers["snr"]),
            tuple(Distribution.from_dict(distribution) for distribution in numbers["deepres"]),
            numbers["voxels"],
        )


def range_for(voxel_size: VoxelSize, snr: FloatArray, mask: BoolArray, percentile: float = PERCENTILE) -> str:
    """The name of DeepRes' range that suits a search or check.

    Usually that is the low range: the more a map is oversharpened, the finer are the values of its network, down to
    2.5 Å, while those of the high range hardly get finer than the low-pass filter. It is the high range only where the
    SNR allows nearly 2.5 Å or finer, and the map is sampled finely enough.

    Args:
        voxel_size: Å, one number or (z, y, x).
        snr: float32 (z, y, x), Å (see ``snr_resolution``).
        mask: bool (z, y, x).
        percentile: which one is compared, 0 to 100.
    """
    fine = max(voxel_triple(voxel_size)) <= deepres.FINE_VOXEL
    return "high" if fine and np.percentile(snr[mask], percentile) < RANGES["low"].low + LEAST_MARGIN else "low"


def sample(mask: BoolArray, most: int = SAMPLE, seed: int = 1) -> BoolArray:
    """The mask; of a mask larger than ``most`` voxels, blocks drawn at random until they hold ``most`` voxels.

    Args:
        mask: bool (z, y, x).
        most: number of voxels.
        seed: of the random blocks.

    Returns:
        bool (z, y, x).
    """
    if np.count_nonzero(mask) <= most:
        return mask
    counts = mask
    for axis in range(3):
        counts = np.add.reduceat(counts, np.arange(0, mask.shape[axis], BLOCK), axis, dtype=np.int32)
    chosen, voxels = np.zeros_like(mask), 0
    for block in np.random.default_rng(seed).permutation(np.argwhere(counts)):
        place = tuple(slice(start, start + BLOCK) for start in block * BLOCK)
        chosen[place] = mask[place]
        voxels += counts[tuple(block)]
        if voxels >= most:
            break
    return chosen


def recommend(
    sharpening: Sharpening,
    mask: BoolArray,
    snr: FloatArray,
    b_factors: Iterable[float] = B_FACTORS,
    *,
    range_name: str = "low",
    network_path: str | None = None,
    percentile: float = PERCENTILE,
    most: int = SAMPLE,
    report: Callable[[Distribution], None] | None = None,
) -> Recommendation:
    """The B factor with which DeepRes' percentile equals that of the resolutions that the SNR allows.

    All B factors given are tried, from weak to strong. Where DeepRes' percentile is coarser than the SNR's with one of
    them and no longer with the next, the right B factor is found between the two, to 1 Å².

    Args:
        sharpening: the map, ready to be sharpened.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å, the resolution that the SNR allows in the mask (see
            :func:`deepreslib.enhancement.snr.snr_resolution`).
        b_factors: Å², one or more.
        range_name: of DeepRes, ``low`` or ``high`` (see ``range_for``).
        network_path: see :func:`deepreslib.estimation.deepres.estimate`.
        percentile: 0 to 100.
        most: about how many voxels to compare.
        report: called with the ``Distribution`` at every B factor tried.

    Returns:
        a ``Recommendation``.

    Raises:
        InputError: no B factor; or the SNR's percentile lies beyond DeepRes' range.
    """
    b_factors = sorted({float(b) for b in b_factors}, reverse=True)
    if not b_factors:
        raise InputError("there is no B factor to try; give one or more.")
    chosen = sample(mask, most)
    allowed = Distribution.of(snr[chosen], percentile)
    limits = RANGES[range_name]
    if not allowed.percentile < limits.high:
        raise InputError(
            f"the resolution that the signal-to-noise ratio allows, {allowed.percentile:.1f} Å at the {percentile:g} % "
            f"percentile, is beyond what DeepRes can tell, {limits.high:g} Å; give a map of better resolution."
        )
    claims: dict[float, Distribution] = {}

    def excess(b_factor: float) -> float:
        """By how much DeepRes' percentile is coarser than the SNR's, Å."""
        b_factor = float(b_factor)
        if b_factor not in claims:
            result = deepres.estimate(sharpening.by(b_factor), chosen, range_name=range_name, network_path=network_path)
            claims[b_factor] = Distribution.of(result.resolution[chosen], percentile, b_factor)
            if report:
                report(claims[b_factor])
        return claims[b_factor].percentile - allowed.percentile

    excesses = [excess(b) for b in b_factors]
    b_factor, outcome = _settle(b_factors, excesses, excess)
    excess(b_factor)
    return Recommendation(
        b_factor=b_factor,
        outcome=outcome,
        percentile=percentile,
        snr=allowed,
        deepres=tuple(claims[b] for b in sorted(claims, reverse=True)),
        voxels=int(np.count_nonzero(chosen)),
    )


def _settle(
    b_factors: Sequence[float], excesses: Sequence[float], excess: Callable[[float], float]
) -> tuple[float, str]:
    """The B factor and the outcome.

    Args:
        b_factors: Å², from weak to strong sharpening.
        excesses: Å, at these B factors.
        excess: Å, as a function of the B factor.
    """
    if excesses[0] <= 0:
        return b_factors[0], COINCIDE if excesses[0] == 0 else FINER
    for (weak, _), (strong, beyond) in itertools.pairwise(zip(b_factors, excesses, strict=True)):
        if beyond <= 0:
            ends = weak, strong
            root = brentq(lambda b, ends=ends: excess(b if b in ends else round(b)), *ends, xtol=PRECISION)
            return float(root if root in ends else round(root)), COINCIDE
    return b_factors[-1], COARSER
