"""Is a map oversharpened? DeepRes on it against what the signal-to-noise ratio (SNR) allows, voxel by voxel
(Ramírez-Aportela et al. 2019, section 3.4: DeepRes finer than an SNR-based method is an indicator of oversharpening).
"""

from dataclasses import dataclass

import numpy as np

from deepreslib.analysis.distribution import Distribution
from deepreslib.estimation import deepres

MAJORITY = 0.5
"""A map is oversharpened if more than this share of the mask's voxels is overclaimed."""

DEVIATION = 0.4
"""Å; taken for the SD of networks that predict none."""

SNR_UNCERTAINTY = 0.1
"""How well the SNR is taken to know the resolution, in units of it."""

RULE = (
    "oversharpened if more than half of the mask's voxels are finer by DeepRes, by more than the root of the sum of "
    "squares of its predicted SD and a tenth of the SNR's resolution"
)


@dataclass(frozen=True, eq=False)
class Check:
    """What DeepRes claims of a map beyond what the SNR allows.

    Attributes:
        resolution: float32 (z, y, x), DeepRes' local resolution, Å; 0 outside the mask.
        excess: float32 (z, y, x), by how much DeepRes is finer, Å, where that is more than the tolerance; 0 elsewhere.
        finer: share of the mask's voxels where DeepRes is finer at all, 0 to 1.
        overclaimed: share of those where it is finer by more than the tolerance.
        snr, deepres: a ``Distribution`` of the mask's voxels each.
        percentile: the one that they tell.
        model: the ``StoredModel`` used.
    """

    resolution: np.ndarray
    excess: np.ndarray
    finer: float
    overclaimed: float
    snr: Distribution
    deepres: Distribution
    percentile: float
    model: object

    @property
    def oversharpened(self):
        """The verdict: more than half of the voxels are overclaimed."""
        return self.overclaimed > MAJORITY

    def sentence(self):
        """The verdict in words."""
        verdict = "oversharpened" if self.oversharpened else "not oversharpened"
        return (
            f"DeepRes is finer than the SNR allows in {100 * self.finer:.0f} % of the voxels, by more than the "
            f"uncertainty in {100 * self.overclaimed:.0f} %: {verdict}"
        )

    def as_dict(self):
        """For JSON; without the maps."""
        return {
            "oversharpened": self.oversharpened,
            "sentence": self.sentence(),
            "rule": RULE,
            "finer": round(self.finer, 4),
            "overclaimed": round(self.overclaimed, 4),
            "percentile": self.percentile,
            "snr": self.snr.as_dict(),
            "deepres": self.deepres.as_dict(),
        }


def check(density_map, mask, snr, percentile, range_name="auto", model_path=None, progress=False):
    """Compares DeepRes on a sharpened map with the resolution that the SNR of the unsharpened one allows.

    Args:
        density_map: the sharpened ``DensityMap``.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å (see ``sharpness.snr_resolution``).
        percentile: the one to tell of both distributions, 0 to 100.
        range_name, model_path, progress: see ``deepreslib.estimation.deepres.estimate``.

    Returns:
        a ``Check``. The tolerance is the root of the sum of squares of the SD that the network predicts (0.4 Å if it
        predicts none) and a tenth of the SNR's resolution.

    Raises:
        InputError: the map cannot be estimated.
    """
    found = deepres.estimate(density_map, mask, range_name, model_path, progress)
    difference = np.where(mask, snr - found.resolution, np.float32(0))
    tolerance = np.hypot(DEVIATION if found.deviation is None else found.deviation, SNR_UNCERTAINTY * snr)
    beyond = difference > tolerance
    voxels = np.count_nonzero(mask)
    return Check(
        resolution=found.resolution,
        excess=np.where(beyond, difference, np.float32(0)),
        finer=float(np.count_nonzero(difference > 0) / voxels),
        overclaimed=float(np.count_nonzero(beyond) / voxels),
        snr=Distribution.of(snr[mask], percentile),
        deepres=Distribution.of(found.resolution[mask], percentile),
        percentile=percentile,
        model=found.model,
    )
