"""Trained CryoRes networks on disk: their cards, and by how much deviations are widened where a map is strange."""

import math
import os
from dataclasses import dataclass
from typing import Any

from deepreslib.errors import InputError
from deepreslib.networks import running, store

NEW_INPUTS = 2
"""The format of the cards of networks whose inputs are those of this version."""


@dataclass(frozen=True)
class Widening:
    """By how much predicted deviations are widened where a map is unlike those of the training.

    Attributes:
        threshold: the strangeness up to which nothing is widened, above 0.
        power: by which the factor grows beyond it, at least 0.
        largest: the largest factor, at least 1.
        everywhere: the factor of the global resolution's deviation of every map, besides, at least 1: calibrated on
            kinds of maps that a network knows, deviations are too small for kinds that it does not, and nothing tells
            all maps of these.
    """

    threshold: float
    power: float
    largest: float
    everywhere: float = 1.0

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> "Widening | None":
        """What a model card holds under ``reliability``.

        Args:
            card: the content of the card.

        Returns:
            A ``Widening``; None if the card holds none.

        Raises:
            KeyError, TypeError: something is missing, or of another type.
            ValueError: its numbers cannot be right.
        """
        content = card.get("reliability")
        if content is None:
            return None
        threshold, power, largest = (_number(content[name], name) for name in ("threshold", "power", "largest"))
        everywhere = _number(content.get("everywhere", 1.0), "everywhere")
        if threshold <= 0 or power < 0 or min(largest, everywhere) < 1:
            raise ValueError("its threshold is not above 0, its power is below 0, or one of its factors below 1")
        return cls(threshold, power, largest, everywhere)

    def factor(self, strangeness: float) -> float:
        """The factor of the deviations of a map, from 1 to the largest, which never falls as the strangeness grows.

        Args:
            strangeness: of the map; 1 is usual.
        """
        if strangeness <= self.threshold:
            return 1.0
        logarithm = self.power * (math.log(strangeness) - math.log(self.threshold))
        return math.exp(min(logarithm, math.log(self.largest)))


def _number(value: object, name: str) -> float:
    """A number of a card.

    Raises:
        TypeError: it is none.
        ValueError: it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"its {name} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"its {name} is not a finite number")
    return number


def load_cryores(path: str) -> store.StoredModel:
    """A CryoRes network from a model folder.

    Args:
        path: the folder.

    Returns:
        The network with its card.

    Raises:
        InputError: nothing usable there, or a network of an older version, which took other inputs.
    """
    running.import_keras()
    from deepreslib.networks import cryores

    if not os.path.isdir(path):
        raise InputError(f"{path}: there is no such model; give a folder written by 'deepres train cryores'.")
    card = store.check_card(path, "cryores", "CryoRes", cryores.PRESETS)
    if card.get("format", 1) < NEW_INPUTS:
        raise InputError(
            f"{path}: a CryoRes network of an older version, which looked at maps in another way; train it again by "
            "'deepres train cryores', or use the one that comes with this version."
        )
    try:
        Widening.from_card(card)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: its model card has an entry 'reliability' that cannot be right ({_fault(error)}); "
            "copy the folder again."
        ) from error
    network = cryores.build(card["preset"])
    store.load_weights(network, path, card)
    return store.StoredModel(network, card, path)


def _fault(error: Exception) -> str:
    """What is wrong with an entry of a card, from what reading it raised."""
    return f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error)
