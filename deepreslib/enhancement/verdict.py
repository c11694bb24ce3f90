"""Is a map sharpened rightly? The answer to it, by the criterion that recommends B factors too (``answers.CRITERION``).

Source: Ramírez-Aportela et al. 2019, IUCrJ 6, 1054-1063, section 3.4. The question "is it oversharpened?" is turned
into "what B factor does it still need?", which the search answers for the checked map as for the unsharpened one. The
more a map was sharpened, the greater this B factor, so the answer never goes back as a map is sharpened more; and the
recommended map needs none.

Arrays are (z, y, x); resolutions are in Å, B factors in Å², negative to sharpen.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deepreslib.analysis.distribution import Distribution
from deepreslib.enhancement.answers import CANNOT_TELL, CRITERION, MORE, OVERSHARPENED, RIGHT, STRONGER, CannotTell
from deepreslib.enhancement.b_factor import (
    COARSER,
    FINER,
    PERCENTILE,
    SAMPLE,
    WEAKEST,
    Percentiles,
    Recommendation,
    range_for,
)
from deepreslib.enhancement.details import Details, Likeness
from deepreslib.enhancement.noise import agreement, shows_molecule, strength_beyond
from deepreslib.enhancement.sharpening import Sharpening
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap

BLURRING, FURTHER = (600.0, 300.0, 150.0, 75.0), (-75.0, -150.0, -200.0)
"""Å²; the B factors that a checked map may need, tried from the first to the last between the tolerance and these."""

FILTERED = 1e-3
"""A map that is weaker than this beyond its resolution, compared with its details, was low-pass filtered there already;
a second filter would blur it."""

LEAST_AGREEMENT = 0.3
"""The agreement of a checked map with the unsharpened one, below which they do not show the same."""

_MADE_FROM_IT = "give the map that was made from it, neither moved nor mirrored."


@dataclass(frozen=True)
class Verdict:
    """An answer of ``answers.ANSWERS`` and why.

    Attributes:
        answer: the answer.
        reason: a clause that ends in no full stop.
        missing: Å², the B factor that the map still needs; None if it was not looked for or not found.
        tolerance: Å², by how much it may differ from 0; None without an answer.
        noise: how strong the map is beyond its resolution, compared with its details; None if that was not looked at.
    """

    answer: str
    reason: str
    missing: float | None = None
    tolerance: float | None = None
    noise: float | None = None

    @property
    def oversharpened(self) -> bool:
        """Whether that is the answer."""
        return self.answer == OVERSHARPENED

    def sentence(self) -> str:
        """Answer and reason."""
        return f"{self.answer}: {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "answer": self.answer,
            "reason": self.reason,
            "sentence": self.sentence(),
            "oversharpened": self.oversharpened,
            "rule": CRITERION,
            "missing_b_factor": self.missing,
            "tolerance": self.tolerance,
            "noise": None if self.noise is None else round(self.noise, 4),
        }

    @classmethod
    def unknown(cls, error: CannotTell) -> "Verdict":
        """There is no answer, for the reason that was raised."""
        return cls(CANNOT_TELL, str(error).rstrip("."))


def of_recommendation(recommendation: Recommendation, tolerance: float) -> Verdict:
    """The answer for the map that a search sharpened; ``cannot tell`` if the search recommends none.

    Args:
        recommendation: the search's result.
        tolerance: Å², see ``answers.TOLERANCES``.
    """
    claims, allowed = recommendation.deepres, recommendation.snr.percentile
    if recommendation.outcome == FINER:
        return Verdict(CANNOT_TELL, _claims_more(claims[0].b_factor or 0.0, claims[0].percentile, allowed))
    if recommendation.outcome == COARSER:
        return Verdict(MORE, _reason_for_more(claims[-1].percentile, allowed), tolerance=tolerance)
    return Verdict(RIGHT, f"DeepRes claims what the signal-to-noise ratio allows, {allowed:.2f} Å", 0.0, tolerance)


def of_map(
    checked: DensityMap,
    unsharpened: DensityMap,
    mask: BoolArray,
    snr: FloatArray,
    resolution: float,
    tolerance: float,
    *,
    range_name: str = "auto",
    network_path: str | None = None,
    percentile: float = PERCENTILE,
    most: int = SAMPLE,
    report: Callable[[Distribution], None] | None = None,
) -> Verdict:
    """The answer for a map that was sharpened by any program.

    Args:
        checked: the sharpened map.
        unsharpened: the map that it was made from, on the same grid.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å, what the SNR of the unsharpened map allows (see
            :func:`deepreslib.enhancement.snr.snr_resolution`).
        resolution: Å, beyond which there is only noise (see :func:`deepreslib.enhancement.snr.resolution_limit`).
        tolerance: Å², see ``answers.TOLERANCES``.
        range_name: of DeepRes, ``low``, ``high`` or ``auto`` (see :func:`deepreslib.enhancement.b_factor.range_for`).
        network_path: see :func:`deepreslib.estimation.deepres.estimate`.
        percentile: 0 to 100.
        most: about how many voxels to compare.
        report: called with the ``Distribution`` at every B factor that is applied to the checked map.

    Returns:
        a ``Verdict``.

    Raises:
        InputError: the map, the resolution or the network cannot be used.
    """
    if range_name == "auto":
        range_name = range_for(checked.voxel_size, snr, mask, percentile)
    noise = strength_beyond(checked, mask, resolution)
    known = strength_beyond(unsharpened, mask, resolution)

    def percentiles(
        density_map: DensityMap, beyond: float, report: Callable[[Distribution], None] | None = None
    ) -> Percentiles:
        return Percentiles(
            Sharpening(density_map, resolution if beyond > FILTERED else 2 * max(density_map.voxel_size)),
            mask,
            snr,
            range_name=range_name,
            network_path=network_path,
            percentile=percentile,
            most=most,
            report=report,
        )

    try:
        agree = _agreement(checked, unsharpened, mask, resolution)
        reference = percentiles(unsharpened, known)
        if reference.excess(WEAKEST) <= 0:
            claimed, allowed = reference.claims[WEAKEST].percentile, reference.allowed.percentile
            raise CannotTell(_claims_more(WEAKEST, claimed, allowed))
        details = Details(unsharpened, mask, resolution)
        likeness = details.likeness(checked.data)
        unlike = None if agree >= LEAST_AGREEMENT and likeness.alike else _unlike(checked, unsharpened, agree, likeness)
        if not likeness.sure and (pose := details.other_pose(checked.data)):
            raise CannotTell(f"{checked.name} is {pose}, compared with {unsharpened.name}; {_MADE_FROM_IT}")
        if unlike:
            if shows_molecule(checked, resolution):
                raise CannotTell(f"{unlike}; {_MADE_FROM_IT}")
            if agree < LEAST_AGREEMENT:
                return Verdict(OVERSHARPENED, f"{unlike}, but noise alone", None, tolerance, noise)
        if noise > STRONGER * max(known, 1.0):
            return Verdict(OVERSHARPENED, _noisy(noise, known, resolution), None, tolerance, noise)
        missing, reason = _missing(percentiles(checked, noise, report), tolerance)
        if missing is not None and missing > tolerance:
            return Verdict(OVERSHARPENED, reason + (f"; {unlike}" if unlike else ""), missing, tolerance, noise)
        if unlike:
            raise CannotTell(f"{unlike}; {_MADE_FROM_IT}")
    except CannotTell as error:
        return Verdict.unknown(error)
    answer = MORE if missing is None or missing < -tolerance else RIGHT
    return Verdict(answer, reason, missing, tolerance, noise)


def _missing(percentiles: Percentiles, tolerance: float) -> tuple[float | None, str]:
    """The B factor, Å², that the map still needs, None if a stronger one than was tried; and the reason."""
    tried = (*BLURRING, tolerance, -tolerance, *FURTHER)
    allowed = percentiles.allowed.percentile
    if percentiles.excess(tried[0]) <= 0:
        claimed = percentiles.claims[tried[0]].percentile
        return tried[0], f"even blurred by {tried[0]:g} Å², it makes {_more_than_allowed(claimed, allowed)}"
    for weak, strong in itertools.pairwise(tried):
        if percentiles.excess(strong) <= 0:
            missing = percentiles.meeting(weak, strong)
            return missing, _needs(missing, allowed)
    percentiles.check_noise(tried)
    return None, _reason_for_more(percentiles.claims[tried[-1]].percentile, allowed, tried[-1])


def _agreement(checked: DensityMap, unsharpened: DensityMap, mask: BoolArray, resolution: float) -> float:
    """The maps' agreement, unless it shows that one of them is reversed.

    A map that does not agree may be of another molecule or at another place. But if it was sharpened so strongly that
    single precision kept nothing of the molecule, it does not agree either, and is oversharpened.
    """
    agree = agreement(checked, unsharpened, mask, resolution)
    if agree < -LEAST_AGREEMENT:
        raise CannotTell(
            f"{checked.name} is dark where {unsharpened.name} is bright; multiply one of them by -1, so that the "
            "molecule is bright in both."
        )
    return agree


def _unlike(checked: DensityMap, unsharpened: DensityMap, agree: float, likeness: Likeness) -> str:
    what, value = "FSC in the mask", agree
    if agree >= LEAST_AGREEMENT:
        what, value = "details' correlation in the mask", likeness.correlation
    return f"{checked.name} does not show what {unsharpened.name} shows (their {what} is {value:.2f})"


def _needs(missing: float, allowed: float) -> str:
    if not missing:
        return f"DeepRes claims what the signal-to-noise ratio allows, {allowed:.2f} Å"
    done = "blurred" if missing > 0 else "sharpened"
    return (
        f"{done} by {abs(missing):g} Å², it would make DeepRes claim what the signal-to-noise ratio allows, "
        f"{allowed:.2f} Å"
    )


def _more_than_allowed(claimed: float, allowed: float) -> str:
    return f"DeepRes claim more ({claimed:.2f} Å) than the signal-to-noise ratio allows ({allowed:.2f} Å)"


def _claims_more(b_factor: float, claimed: float, allowed: float) -> str:
    return (
        f"even blurred by {b_factor:g} Å², the unsharpened map makes {_more_than_allowed(claimed, allowed)}, so the "
        "two cannot be compared"
    )


def _reason_for_more(claimed: float, allowed: float, b_factor: float | None = None) -> str:
    sharpened = "" if b_factor is None else f"even sharpened by {-b_factor:g} Å² more, "
    return f"{sharpened}DeepRes claims less ({claimed:.2f} Å) than the signal-to-noise ratio allows ({allowed:.2f} Å)"


def _noisy(noise: float, known: float, resolution: float) -> str:
    return (
        f"beyond its resolution, {resolution:.2f} Å, where there is only noise, the map is {noise:.2g} times as strong "
        f"as its details (the unsharpened map: {known:.2g} times); low-pass filter it there, or sharpen it less"
    )
