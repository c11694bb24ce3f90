"""How much a map may be sharpened: DeepRes against the signal-to-noise ratio (Ramírez-Aportela et al. 2019, IUCrJ 6,
1054-1063, section 3.4 and figure 5).

A B factor changes what DeepRes sees, but not the signal-to-noise ratio (SNR) that local FSC or MonoRes goes by. The
right B factor is the one with which DeepRes' local resolutions and those allowed by the SNR of the unsharpened map
have one 20 % percentile; with a stronger one DeepRes claims more than the SNR allows, and the map is oversharpened.

Arrays are (z, y, x); resolutions are in Å, B factors in Å², negative to sharpen.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from deepreslib.analysis.distribution import Distribution
from deepreslib.errors import InputError
from deepreslib.estimation import deepres
from deepreslib.fourier.grid import voxel_triple
from deepreslib.networks.ranges import RANGES

PERCENTILE = 20.0
"""Of the local resolutions, that of the paper: the best fifth of the mask."""

PRECISION = 1.0
"""Å², to which the B factor is found."""

B_FACTORS = (0.0, -50.0, -100.0, -150.0, -200.0)
"""Å²; looked at first, the range that is searched."""

SAMPLE = 100_000
"""Voxels looked at in a search; of larger masks, blocks drawn at random."""

BLOCK = 16
"""Edge of such a block, voxels."""


LEAST_MARGIN = 0.15
"""Å; what the SNR allows must be so much coarser than the fine end of DeepRes' range, or it could hardly be passed."""

COINCIDE, FINER, COARSER = "coincide", "finer", "coarser"


@dataclass(frozen=True, eq=False)
class Recommendation:
    """What a search found.

    Attributes:
        b_factor: the one recommended; the nearest end of the range if the percentiles never coincide.
        outcome: ``coincide``; ``finer``, DeepRes claims more than the SNR allows with every B factor, from the
            weakest on; or ``coarser``, it claims less even with the strongest.
        percentile: which one was compared, 0 to 100.
        snr: the ``Distribution`` that the SNR allows.
        deepres: a ``Distribution`` for each B factor looked at, weakest sharpening first.
        voxels: how many were looked at.
    """

    b_factor: float
    outcome: str
    percentile: float
    snr: Distribution
    deepres: tuple[Distribution, ...]
    voxels: int

    def sentence(self):
        """The answer in words."""
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

    def as_dict(self):
        """For JSON."""
        return {
            "b_factor": self.b_factor,
            "outcome": self.outcome,
            "sentence": self.sentence(),
            "percentile": self.percentile,
            "snr": self.snr.as_dict(),
            "deepres": [each.as_dict() for each in self.deepres],
            "voxels": self.voxels,
        }

    @classmethod
    def from_dict(cls, found):
        """From what ``as_dict`` gave."""
        return cls(
            found["b_factor"],
            found["outcome"],
            found["percentile"],
            Distribution.from_dict(found["snr"]),
            tuple(Distribution.from_dict(each) for each in found["deepres"]),
            found["voxels"],
        )


def range_for(voxel_size, snr, mask, percentile=PERCENTILE):
    """The name of DeepRes' range that suits a search or check.

    The low range, as it goes on telling finer and finer resolutions when a map is oversharpened, down to 2.5 Å, while
    the high one hardly passes the low-pass filter; the high one only where the SNR allows nearly that or more, and
    the map is sampled finely enough.

    Args:
        voxel_size: Å, one number or (z, y, x).
        snr: float32 (z, y, x), Å (see ``snr_resolution``).
        mask: bool (z, y, x).
        percentile: which one is compared, 0 to 100.
    """
    fine = max(voxel_triple(voxel_size)) <= deepres.FINE_VOXEL
    return "high" if fine and np.percentile(snr[mask], percentile) < RANGES["low"].low + LEAST_MARGIN else "low"


def sample(mask, most=SAMPLE, seed=1):
    """The mask, or of a larger one as many blocks, drawn at random, as it takes to have ``most`` voxels.

    Returns:
        bool (z, y, x).
    """
    if np.count_nonzero(mask) <= most:
        return mask
    counts = mask
    for axis in range(3):
        counts = np.add.reduceat(counts, np.arange(0, mask.shape[axis], BLOCK), axis, dtype=np.int32)
    chosen, found = np.zeros_like(mask), 0
    for block in np.random.default_rng(seed).permutation(np.argwhere(counts)):
        place = tuple(slice(start, start + BLOCK) for start in block * BLOCK)
        chosen[place] = mask[place]
        found += counts[tuple(block)]
        if found >= most:
            break
    return chosen


def recommend(
    sharpening,
    mask,
    snr,
    b_factors=B_FACTORS,
    range_name="low",
    model_path=None,
    percentile=PERCENTILE,
    most=SAMPLE,
    report=None,
):
    """The B factor with which DeepRes claims as much as the SNR allows.

    All B factors given are looked at; between the first two neighbours, from weak to strong, of which DeepRes'
    percentile is coarser than the SNR's with the one and not with the other, the B factor is then found to 1 Å².

    Args:
        sharpening: a ``Sharpening``.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å, the resolution that the SNR allows in the mask (see ``snr_resolution``).
        b_factors: Å², one or more.
        range_name: of DeepRes, ``low`` or ``high`` (see ``range_for``).
        model_path: see ``deepreslib.estimation.deepres.estimate``.
        percentile: 0 to 100.
        most: voxels to look at, about.
        report: called with every ``Distribution`` found.

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
    found = {}

    def excess(b_factor):
        """By how much DeepRes' percentile is coarser than the SNR's, Å."""
        b_factor = float(b_factor)
        if b_factor not in found:
            result = deepres.estimate(sharpening.by(b_factor), chosen, range_name, model_path)
            found[b_factor] = Distribution.of(result.resolution[chosen], percentile, b_factor)
            if report:
                report(found[b_factor])
        return found[b_factor].percentile - allowed.percentile

    excesses = [excess(b) for b in b_factors]
    b_factor, outcome = _settle(b_factors, excesses, excess)
    excess(b_factor)
    return Recommendation(
        b_factor=b_factor,
        outcome=outcome,
        percentile=percentile,
        snr=allowed,
        deepres=tuple(found[b] for b in sorted(found, reverse=True)),
        voxels=int(np.count_nonzero(chosen)),
    )


def _settle(b_factors, excesses, excess):
    """The B factor and the outcome, from the excesses at B factors, weak to strong."""
    if excesses[0] <= 0:
        return b_factors[0], COINCIDE if excesses[0] == 0 else FINER
    for (weak, _), (strong, beyond) in itertools.pairwise(zip(b_factors, excesses, strict=True)):
        if beyond <= 0:
            ends = weak, strong
            root = brentq(lambda b, ends=ends: excess(b if b in ends else round(b)), *ends, xtol=PRECISION)
            return float(root if root in ends else round(root)), COINCIDE
    return b_factors[-1], COARSER
