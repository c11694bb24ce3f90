"""iLocScale: local sharpening of one map without a model, by a network that looks at the profiles of windows.

Source: Bot 2023 (thesis, TU Delft): two small networks take the place of LocScale's model. From the profile of a window
they predict the one that a model would give there. Only amplitudes are scaled, so nothing is drawn into the map. The
network that is used as a rule was trained otherwise: it predicts the gains that bring the map nearest to the model's
density, which amplitudes as strong as a model's do not, as they lift the noise too.

Arrays are (z, y, x).
"""

import math
from typing import Protocol

import numpy as np

from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.enhancement.flattening import flattening
from deepreslib.enhancement.gain_guards import guarded
from deepreslib.enhancement.local_scaling import LocalScaling, check
from deepreslib.enhancement.profiles import logarithm
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.maps import DensityMap
from deepreslib.maps.scaling import mean_and_sd

BOX_SD = 0.1
"""SD that a map has in its box for networks whose standard that is."""


class Gains(Protocol):
    """What is asked of a network (``networks.ilocscale_card.StoredGains``)."""

    @property
    def standard(self) -> str:
        """How the map is brought to what the network knows.

        ``mask`` for profiles of a map whose SD in the mask is 1, ``flat`` for the same of a map that was made flat
        before (see :mod:`deepreslib.enhancement.flattening`), ``box`` for SD 0.1 in the box.
        """

    def describe(self) -> dict[str, str]:
        """What reports say about it: ``name``, ``path`` and ``sha256``."""

    def log_gains(
        self, log_profiles: FloatArray, usual: FloatArray, known: BoolArray, resolution: float | None = None
    ) -> FloatArray:
        """The logarithms of the gains of windows, float32 (n, 13).

        ``usual`` (2, 13) is what is usual in the map: mean and SD of the log profiles of the windows in its mask.
        """


def enhance(
    density_map: DensityMap,
    mask: BoolArray,
    resolution: float,
    *,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
    aim: str = "density",
    preset: str = "compact",
    network_path: str | None = None,
    stride: int = 4,
    keep_outside: bool = False,
    workers: int = -1,
    progress: bool = False,
) -> Enhanced:
    """Sharpens each part of a map as it needs.

    Args:
        density_map: the map, neither sharpened nor filtered; best the mean of the half maps.
        mask: bool, the molecule.
        resolution: Å, of the map.
        half_maps: two half maps that are to be treated by the same gains; None for none.
        aim: ``density`` for gains that bring the map near to the molecule's density, noise considered; ``contrast`` for
            amplitudes as a model has them.
        preset: ``compact`` for our network, ``published`` for those of the thesis, whose aim is ``contrast``.
        network_path: folder of a trained network; None for the shipped one.
        stride: Å from place to place; gains are interpolated between.
        keep_outside: keep what surrounds the mask; if not, the map fades to 0 beyond the mask's soft edge.
        workers: threads, -1 for all.
        progress: show it on standard error.

    Returns:
        The map, in units of the model's density in the network's training.

    Raises:
        InputError: see :func:`deepreslib.enhancement.local_scaling.check`; or there is no such network.
    """
    sentences = check(density_map, mask, resolution, half_maps)
    aim = "contrast" if preset == "published" else aim
    network = load(network_path, preset, aim)
    before = None
    if network.standard == "flat":
        before = flattening(density_map, mask, resolution, workers)
    scaling = LocalScaling(
        density_map,
        mask,
        resolution,
        half_maps,
        before=before,
        stride=stride,
        keep_outside=keep_outside,
        workers=workers,
        progress=progress,
    )
    log_gains = network_gains(scaling, network, scaling.profiles())
    report = {"aim": aim, "preset": preset, "model": network.describe()}
    return scaling.scaled(log_gains, report, sentences)


def load(network_path: str | None, preset: str, aim: str) -> Gains:
    """The network for a preset and an aim; see :func:`deepreslib.networks.ilocscale_card.load_gains`."""
    from deepreslib.networks.ilocscale_card import load_gains

    network: Gains = load_gains(network_path, preset, aim)
    return network


def network_gains(
    scaling: LocalScaling, network: Gains, profiles: FloatArray, usual: FloatArray | None = None
) -> FloatArray:
    """The gains that a network predicts at the places of a map.

    Args:
        scaling: the map.
        network: the network.
        profiles: float32 (places, 13), of the standardised map.
        usual: see :func:`usual_profile`; None to take it of these profiles, which are then those of all places.

    Returns:
        float32 (places, 13), natural logarithms, of the standardised map.
    """
    with scaling.timed("network"):
        log_profiles, shift = as_known(scaling, network, profiles)
        usual = usual_profile(scaling, log_profiles) if usual is None else usual
        log_gains = network.log_gains(log_profiles, usual, scaling.known, scaling.resolution) + shift
        return guarded(log_gains, profiles, scaling.known)


def as_known(scaling: LocalScaling, network: Gains, profiles: FloatArray) -> tuple[FloatArray, float]:
    """Profiles as a network knows them.

    Args:
        scaling: the map.
        network: the network.
        profiles: float32 (places, 13), of the standardised map.

    Returns:
        Their logarithms, float32 (places, 13), of the map as the network's standard has it; and by how much they are
        above those of the standardised map.
    """
    shift = 0.0
    if network.standard == "box":
        shift = math.log(BOX_SD * scaling.unit / mean_and_sd(scaling.density_map.data)[1])
    return (logarithm(profiles) + shift).astype("float32"), shift


def usual_profile(scaling: LocalScaling, log_profiles: FloatArray) -> FloatArray:
    """What is usual in a map: mean and SD of the log profiles at the places in its mask.

    Args:
        scaling: the map.
        log_profiles: float32 (places, 13), at all its places.

    Returns:
        float32 (2, 13); of all places where none is in the mask.
    """
    inside = scaling.inside()
    return mean_and_spread(log_profiles[inside] if inside.any() else log_profiles)


def mean_and_spread(log_profiles: FloatArray) -> FloatArray:
    """Mean and SD of profiles: float32 (2, 13).

    Args:
        log_profiles: float32 (n, 13).
    """
    both = [log_profiles.mean(axis=0, dtype=float), log_profiles.std(axis=0, dtype=float)]
    return np.stack(both).astype(np.float32)
