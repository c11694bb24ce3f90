"""Trained networks for local sharpening, on disk: their cards, and the gains that follow from their outputs.

A gain is the number by which a shell of a window is multiplied. The published networks predict the model's profile
twice; the predictions are merged as in the thesis (Bot 2023, section 4.4), w · prelu + (1 - w) · linear, of amplitudes,
with w = 1 / (1 + exp(k (7 Å - d))) and k = 0.0045 / Å³ times the window's B factor, at resolutions d from 13 Å to 2 Å
whose frequencies are even steps: those of the thesis, and not those of the shells. Which B factor it does not say; here
it is that of the window, -4 times the slope of the logarithm of its profile against the squared frequency, from 10 Å
to the resolution.
"""

import math
import os
from functools import cached_property
from typing import Any

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, FloatArray
from deepreslib.networks import running, store

SHELLS = 13
"""Points of a profile."""

FREQUENCIES = (
    0.0, 0.0566569, 0.0959967, 0.1365416, 0.1772133, 0.2186852, 0.2576965, 0.297729,
    0.3379321, 0.3784935, 0.4186555, 0.4581519, 0.4983371,
)  # fmt: skip
"""1/Å, mean frequency of each shell (``enhancement.profiles.FREQUENCY``)."""

AIMS = ("density", "contrast")
"""What a compact network was trained for: gains that bring the map near to the model's density, or the magnitudes that
the model has."""

MERGED_AT = 1 / np.linspace(1 / 13, 1 / 2, SHELLS)
"""Å, the resolutions at which the thesis merges the points of the two published networks."""

STEEPNESS = 0.0045
"""1/Å³; times the B factor, how steeply the weight of the two networks changes with resolution."""

CROSSING = 7.0
"""Å, where both published networks have the same weight."""

B_FACTORS = (20.0, 300.0)
"""Å², limits of a window's B factor, as the weights turn round where it is below 0."""

SLOPE_FROM = 10.0
"""Å, where the fit of a window's B factor begins."""

AT_ONCE = 65536
"""Windows that the network takes at once."""

_FEWEST_POINTS = 3
_MOST = 60.0


class StoredGains(store.StoredModel):
    """A trained network for local sharpening, with its card."""

    @property
    def aim(self) -> str:
        """What it was trained for, one of ``AIMS``; the published networks have ``contrast``."""
        return self.card["aim"]

    @property
    def standard(self) -> str:
        """What is done to the map before its profiles are made.

        ``flat``: it is made flat (``enhancement.flattening``), and its SD in the mask is 1; ``box``: nothing but that
        its SD over the box is 0.1, as the published networks want it.
        """
        return "box" if self.preset == "published" else "flat"

    @cached_property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """The least and the greatest logarithm of a gain of each shell, as training saw them: (13,) each."""
        low, high = self.card["gains"]
        return np.array(low, np.float32), np.array(high, np.float32)

    def log_gains(
        self, log_profiles: FloatArray, usual: FloatArray, known: BoolArray, resolution: float | None = None
    ) -> FloatArray:
        """The gains of windows.

        Args:
            log_profiles: float32 (n, 13), logarithm of the profiles of the map, standardised as ``standard`` says.
            usual: float32 (2, 13), mean and SD of ``log_profiles`` of the windows centred in the map's mask; only
                compact networks ask for it.
            known: bool (13,), False for shells beyond the map's Nyquist frequency or low-pass filter.
            resolution: Å, of the map; only the merging of the published networks asks for it. None for that of the
                last known shell.

        Returns:
            float32 (n, 13), natural logarithm of the gains of the standardised map, within ``limits``. An unknown shell
            has at most the gain of the last known one.
        """
        gains = np.concatenate(
            [
                self._unlimited(log_profiles[start : start + AT_ONCE], usual, known, resolution)
                for start in range(0, max(len(log_profiles), 1), AT_ONCE)
            ]
        )
        gains = np.clip(gains, *self.limits)
        if not known.all() and known.any():
            last = np.flatnonzero(known)[-1]
            gains[:, ~known] = np.minimum(gains[:, ~known], gains[:, last : last + 1])
        return gains.astype(np.float32)

    def _unlimited(
        self, log_profiles: FloatArray, usual: FloatArray, known: BoolArray, resolution: float | None
    ) -> FloatArray:
        """The gains as the network's output gives them."""
        seen = np.asarray(log_profiles, np.float32)
        if self.aim == "density":
            return np.asarray(self.run(_inputs(seen, usual, known)))
        return self.model_profiles(seen, usual, known, resolution) - held(seen, known)

    def model_profiles(
        self, log_profiles: FloatArray, usual: FloatArray, known: BoolArray, resolution: float | None = None
    ) -> FloatArray:
        """The profiles that a model would have at windows, as a network of the aim ``contrast`` predicts them.

        Args:
            log_profiles: float32 (n, 13), as ``log_gains`` takes them.
            usual: float32 (2, 13); see ``log_gains``.
            known: bool (13,).
            resolution: Å, of the map; see ``log_gains``.

        Returns:
            float32 (n, 13), natural logarithms, of all shells, in units of the training's models.
        """
        seen = np.asarray(log_profiles, np.float32)
        if self.preset == "published":
            return merge(*self.both(seen, known), held(seen, known), known, resolution)
        return np.asarray(self.run(_inputs(seen, usual, known)))

    def both(self, log_profiles: FloatArray, known: BoolArray) -> tuple[FloatArray, FloatArray]:
        """The predictions of the two published networks, ``linear`` and ``prelu``: float32 (n, 13), logarithms.

        Args:
            log_profiles: float32 (n, 13), as ``log_gains`` takes them.
            known: bool (13,).
        """
        outputs = self.run({"profile": held(log_profiles, known)})
        return np.asarray(outputs["linear"]), np.asarray(outputs["prelu"])


def _inputs(log_profiles: FloatArray, usual: FloatArray, known: BoolArray) -> dict[str, FloatArray]:
    """The inputs of a compact network."""
    of_all = {"known": known, "usual": usual[0], "spread": usual[1]}
    return {"profile": log_profiles} | {
        name: np.tile(np.asarray(values, np.float32), (len(log_profiles), 1)) for name, values in of_all.items()
    }


def held(log_profiles: FloatArray, known: BoolArray) -> FloatArray:
    """Profiles whose unknown points have the value of the last known one.

    Args:
        log_profiles: float32 (n, 13).
        known: bool (13,).

    Returns:
        float32 (n, 13).
    """
    if known.all() or not known.any():
        return log_profiles
    last = np.flatnonzero(known)[-1]
    return np.where(known, log_profiles, log_profiles[:, last : last + 1])


def merge(
    linear: FloatArray, prelu: FloatArray, log_profiles: FloatArray, known: BoolArray, resolution: float | None = None
) -> FloatArray:
    """The predictions of the two published networks as one.

    Args:
        linear: float32 (n, 13), logarithms.
        prelu: float32 (n, 13), logarithms.
        log_profiles: float32 (n, 13), of the map, from which the windows' B factors follow.
        known: bool (13,).
        resolution: Å; None for that of the last known shell.

    Returns:
        float32 (n, 13), logarithms.
    """
    weight = prelu_weights(window_b_factors(log_profiles, known, resolution))
    return np.logaddexp(np.log(weight) + prelu, np.log1p(-weight) + linear)


def prelu_weights(b_factors: FloatArray) -> FloatArray:
    """The weight of the network ``prelu`` at each point, float64 (n, 13).

    Args:
        b_factors: (n,), Å².
    """
    steepness = STEEPNESS * np.asarray(b_factors, float)[:, None]
    weights: FloatArray = 1 / (1 + np.exp(steepness * (CROSSING - MERGED_AT)))
    return weights


def window_b_factors(log_profiles: FloatArray, known: BoolArray, resolution: float | None = None) -> FloatArray:
    """The B factor of windows, by which their magnitudes fall from 10 Å to the resolution.

    Args:
        log_profiles: float32 (n, 13).
        known: bool (13,).
        resolution: Å; None for that of the last known shell.

    Returns:
        Å², float64 (n,), within ``B_FACTORS``.
    """
    frequency = np.array(FREQUENCIES)
    end = np.inf if resolution is None else 1 / resolution
    fitted = known & (frequency >= 1 / SLOPE_FROM) & (frequency <= end)
    if np.count_nonzero(fitted) < _FEWEST_POINTS:  # the first points beyond that of the mean
        fitted = known & (np.cumsum(known) <= _FEWEST_POINTS + 1) & (frequency > 0)
    if np.count_nonzero(fitted) < 2:
        return np.full(len(log_profiles), B_FACTORS[0])
    slope = np.polyfit(frequency[fitted] ** 2, np.asarray(log_profiles, float)[:, fitted].T, 1)[0]
    return np.clip(-4 * slope, *B_FACTORS)


def network_name(preset: str, aim: str) -> str:
    """The name of the folder that holds the network of a preset and an aim: ``density``, ``contrast``, ``published``.

    Args:
        preset: ``compact`` or ``published``.
        aim: one of ``AIMS``; means nothing to ``published``.
    """
    return "published" if preset == "published" else aim


def load_gains(path: str | None, preset: str = "compact", aim: str = "density") -> StoredGains:
    """A network for local sharpening from a model folder.

    Args:
        path: the folder; None for the shipped one.
        preset: ``compact`` or ``published``, which the network must be of.
        aim: one of ``AIMS``, which a compact network must have been trained for.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there, or a network of another preset or aim.
        ValueError: there is no such preset or aim.
    """
    if preset not in ("compact", "published") or aim not in AIMS:
        raise ValueError(f"preset {preset!r} and aim {aim!r}; there are compact and published, {' and '.join(AIMS)}")
    running.import_keras()
    from deepreslib.networks import ilocscale

    if path is None:
        path = store.shipped_folder("ilocscale", network_name(preset, aim))
    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train ilocscale'.")
    card = store.check_card(path, "ilocscale", "local sharpening", ilocscale.PRESETS)
    if card.get("aim") not in AIMS or not _are_limits(card.get("gains")):
        raise InputError(
            f"{path}: its model card has no aim ({' or '.join(AIMS)}) or no limits of gains; copy the folder again."
        )
    if card["preset"] != preset:
        raise InputError(
            f"{path}: a {card['preset']} network, and a {preset} one is needed; give another folder, or choose "
            f"--method ilocscale --preset {card['preset']}."
        )
    if preset == "compact" and card["aim"] != aim:
        raise InputError(
            f"{path}: a network for {card['aim']}, and one for {aim} is needed; give another folder, or choose "
            f"--aim {card['aim']}, or with locscale --fsc-weight {'on' if card['aim'] == 'density' else 'off'}."
        )
    try:
        network = ilocscale.build(preset, **card.get("config", {}))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: its model card has a configuration that cannot be right; copy the folder again."
        ) from (error)
    store.load_weights(network, path, card)
    return StoredGains(network, card, path)


def _are_limits(content: Any) -> bool:
    """Whether an entry of a card holds the least and the greatest logarithm of the gain of each shell."""
    if not isinstance(content, list) or len(content) != 2:
        return False
    if not all(isinstance(ends, list) and len(ends) == SHELLS for ends in content):
        return False
    if not all(
        type(end) in (int, float) and math.isfinite(end) and abs(end) < _MOST for ends in content for end in ends
    ):
        return False
    return all(low <= high for low, high in zip(*content, strict=True))
