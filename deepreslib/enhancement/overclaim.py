"""Where DeepRes claims more than the signal-to-noise ratio (SNR) allows, and by how much.

Source: Ramírez-Aportela et al. 2019, IUCrJ 6, 1054-1063, section 3.4: values of DeepRes that are finer than those of a
method based on the SNR are a sign of oversharpening.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepreslib.analysis.distribution import Distribution
from deepreslib.estimation import deepres
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap

DEVIATION = 0.4
"""Å; taken for the deviation of networks that predict none."""

SNR_DEVIATION = 0.1
"""Deviation of the resolution that the SNR allows, as a share of that resolution."""


@dataclass(frozen=True, eq=False)
class Overclaim:
    """Where, and by how much, DeepRes' local resolution of a map is finer than the SNR allows.

    Attributes:
        resolution: float32 (z, y, x), DeepRes' local resolution, Å; 0 outside the mask.
        excess: float32 (z, y, x), by how much DeepRes is finer, Å, where that is more than the tolerance; 0 elsewhere.
        finer: share of the mask's voxels where DeepRes is finer at all, 0 to 1.
        overclaimed: share of the mask's voxels where it is finer by more than the tolerance.
        snr: the distribution of the resolutions that the SNR allows in the mask's voxels.
        deepres: the distribution of DeepRes' resolutions there.
        percentile: the percentile, 0 to 100, that both distributions hold.
        network: ``name``, ``range`` and ``sha256`` of DeepRes' network, for reports.
    """

    resolution: FloatArray
    excess: FloatArray
    finer: float
    overclaimed: float
    snr: Distribution
    deepres: Distribution
    percentile: float
    network: dict[str, Any]

    def sentence(self) -> str:
        """The shares in words."""
        return (
            f"DeepRes is finer than the signal-to-noise ratio allows in {100 * self.finer:.0f} % of the voxels, by "
            f"more than the uncertainty in {100 * self.overclaimed:.0f} %"
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON; without the maps."""
        return {
            "finer": round(self.finer, 4),
            "overclaimed": round(self.overclaimed, 4),
            "snr": self.snr.as_dict(),
            "deepres": self.deepres.as_dict(),
        }


def overclaim(
    density_map: DensityMap,
    mask: BoolArray,
    snr: FloatArray,
    percentile: float,
    *,
    range_name: str = "auto",
    network_path: str | None = None,
    progress: bool = False,
) -> Overclaim:
    """Compares DeepRes on a sharpened map with the resolution that the SNR of the unsharpened one allows.

    Args:
        density_map: the sharpened map, low-pass filtered at its resolution.
        mask: bool (z, y, x).
        snr: float32 (z, y, x), Å (see :func:`deepreslib.enhancement.snr.snr_resolution`).
        percentile: the percentile that both distributions hold, 0 to 100.
        range_name: see :func:`deepreslib.estimation.deepres.estimate`.
        network_path: see the same function.
        progress: show a progress bar on standard error.

    Returns:
        an ``Overclaim``. The tolerance is the root of the sum of two squares: of the deviation that the network
        predicts (0.4 Å if it predicts none) and of a tenth of the SNR's resolution.

    Raises:
        InputError: the map cannot be estimated.
    """
    claimed = deepres.estimate(density_map, mask, range_name=range_name, network_path=network_path, progress=progress)
    difference = np.where(mask, snr - claimed.resolution, np.float32(0))
    tolerance = np.hypot(DEVIATION if claimed.deviation is None else claimed.deviation, SNR_DEVIATION * snr)
    beyond = difference > tolerance
    voxels = np.count_nonzero(mask)
    network = claimed.report["model"]
    return Overclaim(
        resolution=claimed.resolution,
        excess=np.where(beyond, difference, np.float32(0)),
        finer=float(np.count_nonzero(difference > 0) / voxels),
        overclaimed=float(np.count_nonzero(beyond) / voxels),
        snr=Distribution.of(snr[mask], percentile),
        deepres=Distribution.of(claimed.resolution[mask], percentile),
        percentile=percentile,
        network={
            "name": network["name"],
            "range": claimed.report["range"]["name"],
            "sha256": network["sha256"],
        },
    )
