"""Trained networks for the class of a map, on disk: their cards, and what their outputs say about the classes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import FloatArray
from deepreslib.networks import running, store
from deepreslib.networks.calibration import GAUSSIAN_SHARE, Calibration

EDGE = 64
"""Edge of the cube that a network takes, voxels."""

VOXEL_SIZE = 1.0
"""Å, of the cube."""

CLASSES = ("high", "medium", "low")
"""The classes, in the order of logits and probabilities."""

LADDER = "compact"
"""The preset that predicts a resolution and its deviation; the others predict three logits."""

BORDERS = (5.0, 10.0)
"""Å, the borders between the classes that give them their names: high | medium | low."""

SCALE = "Gaussian"
"""The scale of the resolutions: each atom is a Gaussian whose transform is exp(-R² f²), as EMAN2's pdb2mrc makes it."""

AT_ONCE = 8
"""Cubes that the network takes at once; each needs some MB for its transform."""

_LARGEST = 1000.0


@dataclass(frozen=True)
class Decisions:
    """Where a network decides between classes.

    A map at the border itself belongs to the class between the borders; so the network decides a little outside of it.

    Attributes:
        fitted: border, Å → where the network decides instead, Å.
    """

    fitted: Mapping[float, float]

    @classmethod
    def from_card(cls, card: store.Card) -> "Decisions":
        """The decisions that a model card holds under ``decisions``, a list of pairs (border, decision); or none.

        Args:
            card: the content of the card.

        Raises:
            TypeError, ValueError: it is something else, or the numbers cannot be right.
        """
        pairs = [tuple(pair) for pair in card.get("decisions", [])]
        if not all(type(number) in (int, float) and 0 < number < _LARGEST for pair in pairs for number in pair):
            raise ValueError("they are not resolutions in Å")
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError("they are not pairs of a border and a decision")
        if any(np.diff([decision for _, decision in sorted(pairs)]) <= 0):
            raise ValueError("the decisions do not rise as the borders do")
        return cls({float(border): float(decision) for border, decision in pairs})

    def at(self, borders: Sequence[float]) -> tuple[float, ...]:
        """Where the network decides for each border, Å; at the border itself where nothing was fitted.

        Args:
            borders: Å.
        """
        return tuple(self.fitted.get(float(border), float(border)) for border in borders)


class StoredMapClass(store.StoredModel):
    """A trained network for the class of a map, with its card."""

    @property
    def has_ladder(self) -> bool:
        """Whether it predicts a resolution and its deviation, from which classes between any borders follow."""
        return self.preset == LADDER

    @cached_property
    def decisions(self) -> Decisions:
        """Where it decides between classes."""
        return Decisions.from_card(self.card)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The calibration of its deviations; None if they are used as predicted."""
        return Calibration.from_card(self.card)

    def predict(self, cubes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What a network with a ladder says of cubes.

        Args:
            cubes: float32 (n, 64, 64, 64), of 1 Å a voxel, each scaled to 0 … 1.

        Returns:
            Resolution and its deviation, Å, float64 (n,) each; the deviation is calibrated.
        """
        centre, deviation = self._outputs(cubes).T
        resolution = np.exp(centre)
        deviation = resolution * deviation
        if self.calibration is not None:
            deviation = deviation * self.calibration.factors(resolution, deviation)
        return resolution, deviation

    def class_probabilities(self, cubes: FloatArray) -> FloatArray:
        """What a network without a ladder says of cubes.

        Args:
            cubes: float32 (n, 64, 64, 64), of 1 Å a voxel, each scaled to 0 … 1.

        Returns:
            Probabilities of high, medium and low, float64 (n, 3).
        """
        logits = self._outputs(cubes)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def _outputs(self, cubes: FloatArray) -> FloatArray:
        """The network's outputs for cubes (n, 64, 64, 64), some at a time: float64 (n, channels)."""
        parts = [cubes[start : start + AT_ONCE, ..., None] for start in range(0, len(cubes), AT_ONCE)]
        return np.concatenate([np.asarray(self.run(part), np.float64) for part in parts])


def shares_between(resolution: float, deviation: float, decisions: Sequence[float]) -> tuple[float, ...]:
    """The shares of a Laplace distribution of the logarithm of a resolution that lie between decisions.

    Args:
        resolution: its median, Å.
        deviation: half the interval around it that holds 68.27 %, Å, above 0; small against the resolution.
        decisions: Å, rising.

    Returns:
        The shares below the first decision, between the first and the second, ..., and above the last.
    """
    width = deviation / resolution / -np.log(1 - GAUSSIAN_SHARE)
    away = (np.log(decisions) - np.log(resolution)) / width
    tails = 0.5 * np.exp(-np.abs(away))
    below = np.where(away < 0, tails, 1 - tails)
    return tuple(np.diff(np.concatenate([[0.0], below, [1.0]])).tolist())


def load_map_classes(path: str) -> StoredMapClass:
    """A network for the class of a map from a model folder.

    Args:
        path: the folder.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there.
    """
    running.import_keras()
    from deepreslib.networks import mapclass

    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train mapclass'.")
    card = store.check_card(path, "mapclass", "map class", mapclass.PRESETS)
    for name, read in {"decisions": Decisions.from_card, "calibration": Calibration.from_card}.items():
        try:
            read(card)
        except (KeyError, TypeError, ValueError) as error:
            fault = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
            raise InputError(
                f"{path}: its model card has an entry '{name}' that cannot be right ({fault}); copy the folder again."
            ) from error
    network = mapclass.build(card["preset"])
    store.load_weights(network, path, card)
    return StoredMapClass(network, card, path)
