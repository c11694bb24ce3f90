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
from deepreslib.enhancement.answers import CannotTell
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

SOFTENED = 0.05
"""Å; DeepRes' values approach the fine end of its range, but do not reach it."""

WEAKEST = 200.0
"""Å²; where DeepRes claims too much with all B factors that were to be tried, weaker ones are tried up to this."""

STEP = 50.0
"""Å², between those."""

RISE = 0.1
"""Å; a percentile that gets coarser by more than this again, though the map is sharpened more, is that of noise."""

COINCIDE, FINER, COARSER = "coincide", "finer", "coarser"


@dataclass(frozen=True, eq=False)
class Recommendation:
    """The result of a search.

    Attributes:
        b_factor: Å², the one recommended: where the percentiles coincide, or the strongest tried if even with that
            DeepRes claims less than the SNR allows. None if it claims more even with the weakest.
        outcome: ``coincide``; ``finer`` if DeepRes' percentile is finer than the SNR's even with ``WEAKEST``; or
            ``coarser`` if it is coarser even with the strongest B factor.
        percentile: which one was compared, 0 to 100.
        snr: the ``Distribution`` of the resolutions that the SNR allows.
        deepres: the ``Distribution`` of DeepRes' resolutions for each B factor tried, weakest sharpening first.
        voxels: how many voxels were compared.
    """

    b_factor: float | None
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
        done = "no B factor is recommended" if self.b_factor is None else f"{self.b_factor:g} Å² was applied"
        return (
            f"the {self.percentile:g} % percentiles coincide nowhere from {weakest.b_factor:g} to "
            f"{strongest.b_factor:g} Å²: even at the {which} end, {end.b_factor:g} Å², DeepRes claims {claims} "
            f"({end.percentile:.2f} Å) than the signal-to-noise ratio allows ({self.snr.percentile:.2f} Å); {done}"
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


class Percentiles:
    """DeepRes' percentile of a map, sharpened by one B factor after another, beside that which the SNR allows.

    Args:
        sharpening: the map, ready to be sharpened.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å, the resolution that the SNR allows in the mask (see
            :func:`deepreslib.enhancement.snr.snr_resolution`).
        range_name: of DeepRes, ``low`` or ``high`` (see ``range_for``).
        network_path: see :func:`deepreslib.estimation.deepres.estimate`.
        percentile: 0 to 100.
        most: about how many voxels to compare.
        report: called with the ``Distribution`` at every B factor tried.

    Attributes:
        allowed: the ``Distribution`` of the resolutions that the SNR allows.
        claims: the ``Distribution`` of DeepRes' resolutions for each B factor tried.
        voxels: how many voxels are compared.

    Raises:
        CannotTell: the SNR's percentile lies beyond DeepRes' range.
    """

    def __init__(
        self,
        sharpening: Sharpening,
        mask: BoolArray,
        snr: FloatArray,
        *,
        range_name: str = "low",
        network_path: str | None = None,
        percentile: float = PERCENTILE,
        most: int = SAMPLE,
        report: Callable[[Distribution], None] | None = None,
    ) -> None:
        self.sharpening = sharpening
        self.chosen = sample(mask, most)
        self.voxels = int(np.count_nonzero(self.chosen))
        self.percentile, self.range_name, self.network_path, self.report = percentile, range_name, network_path, report
        self.allowed = Distribution.of(snr[self.chosen], percentile)
        self.claims: dict[float, Distribution] = {}
        self._check_range()

    def excess(self, b_factor: float) -> float:
        """By how much DeepRes' percentile at a B factor, Å², is coarser than the SNR's, Å."""
        b_factor = float(b_factor)
        if b_factor not in self.claims:
            resolution = deepres.estimate(
                self.sharpening.by(b_factor), self.chosen, range_name=self.range_name, network_path=self.network_path
            ).resolution
            self.claims[b_factor] = Distribution.of(resolution[self.chosen], self.percentile, b_factor)
            if self.report:
                self.report(self.claims[b_factor])
        return self.claims[b_factor].percentile - self.allowed.percentile

    def meeting(self, weak: float, strong: float) -> float:
        """The B factor, to 1 Å², at which the percentiles coincide, between one with excess and one without, Å²."""
        ends = weak, strong
        root = brentq(lambda b: self.excess(b if b in ends else round(b)), weak, strong, xtol=PRECISION)
        return float(root if root in ends else round(root))

    def check_noise(self, b_factors: Sequence[float]) -> None:
        """Refuses a map of which DeepRes sees the noise, for it never claims what the SNR allows.

        Args:
            b_factors: Å², at all of which there is an excess, from weak to strong.

        Raises:
            CannotTell: the percentile gets coarser again as the map is sharpened more.
        """
        excesses = [self.excess(b_factor) for b_factor in b_factors]
        finest = int(np.argmin(excesses))
        if excesses[-1] > excesses[finest] + RISE:
            claims = self.claims[b_factors[finest]]
            raise CannotTell(
                f"DeepRes sees noise: its {self.percentile:g} % percentile, {claims.percentile:.2f} Å at "
                f"{claims.b_factor:g} Å², gets coarser again if the map is sharpened more, and never reaches the "
                f"{self.allowed.percentile:.2f} Å that the signal-to-noise ratio allows; give a coarser --resolution."
            )

    def _check_range(self) -> None:
        limits, allowed = RANGES[self.range_name], self.allowed.percentile
        if limits.low + SOFTENED < allowed < limits.high:
            return
        other = "high" if allowed <= limits.high and limits.name == "low" else "low"
        reachable = RANGES[other].low + SOFTENED < allowed < RANGES[other].high
        mend = f"try --range {other}" if reachable else "give a map of other resolution"
        raise CannotTell(
            f"the resolution that the signal-to-noise ratio allows, {allowed:.1f} Å at the {self.percentile:g} % "
            f"percentile, is beyond what DeepRes can tell, {limits.low:g} to {limits.high:g} Å by its range "
            f"'{limits.name}'; {mend}."
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
    them and no longer with the next, the right B factor is found between the two, to 1 Å². If it is finer with all of
    them, weaker ones are tried, up to ``WEAKEST``: no map is sharpened more than it may be.

    Args:
        sharpening: see ``Percentiles``, as are the other arguments but one.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å.
        b_factors: Å², one or more.
        range_name: of DeepRes, ``low`` or ``high``.
        network_path: of DeepRes.
        percentile: 0 to 100.
        most: about how many voxels to compare.
        report: called with the ``Distribution`` at every B factor tried.

    Returns:
        a ``Recommendation``.

    Raises:
        InputError: no B factor.
        CannotTell: the SNR's percentile lies beyond DeepRes' range, or DeepRes sees noise.
    """
    tried = sorted({float(b) for b in b_factors}, reverse=True)
    if not tried:
        raise InputError("there is no B factor to try; give one or more.")
    percentiles = Percentiles(
        sharpening,
        mask,
        snr,
        range_name=range_name,
        network_path=network_path,
        percentile=percentile,
        most=most,
        report=report,
    )
    for each in tried:
        percentiles.excess(each)
    while percentiles.excess(tried[0]) < 0 and tried[0] < WEAKEST:
        tried.insert(0, min((tried[0] // STEP + 1) * STEP, WEAKEST))
    b_factor, outcome = _settle(percentiles, tried)
    return Recommendation(
        b_factor=b_factor,
        outcome=outcome,
        percentile=percentile,
        snr=percentiles.allowed,
        deepres=tuple(percentiles.claims[b] for b in sorted(percentiles.claims, reverse=True)),
        voxels=percentiles.voxels,
    )


def _settle(percentiles: Percentiles, b_factors: Sequence[float]) -> tuple[float | None, str]:
    """The B factor, whose percentile is known then, and the outcome; from B factors, Å², from weak to strong."""
    if percentiles.excess(b_factors[0]) <= 0:
        coincide = percentiles.excess(b_factors[0]) == 0
        return (b_factors[0], COINCIDE) if coincide else (None, FINER)
    for weak, strong in itertools.pairwise(b_factors):
        if percentiles.excess(strong) <= 0:
            b_factor = percentiles.meeting(weak, strong)
            percentiles.excess(b_factor)
            return b_factor, COINCIDE
    percentiles.check_noise(b_factors)
    return b_factors[-1], COARSER
