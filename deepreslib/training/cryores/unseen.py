"""What a CryoRes network knows of its errors on kinds of maps that it has never seen.

A network that has seen all kinds cannot tell how wrong it would be on another kind. So for each of ``GROUPS`` a smaller
network is trained without the kinds of that group and asked about them. From these answers together follows by how much
deviations have to be widened (the entry ``reliability`` of the model card; see ``networks.cryores_card.Widening``):

- on every map, so that they hold 68.27 % of the errors when half of the maps that are not strange are of kinds that
  were left out;
- and from which strangeness on by more, so that they hold as many on strange maps.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import keras
import numpy as np

from deepreslib.files import PathLike, write_aside
from deepreslib.fourier.arrays import Array, BoolArray, FloatArray
from deepreslib.networks import calibration
from deepreslib.networks.calibration import GAUSSIAN_SHARE
from deepreslib.training.cryores import validation
from deepreslib.training.cryores.examples import Examples

GROUPS = {
    "without solvent": ("crop through", "filament", "layer", "crystal"),
    "masked": ("masked", "masked tightly", "hard zero", "flattened solvent"),
    "zones": ("zone", "zone of a part"),
    "cut": ("negatives cut",),
    "filters": ("filtered coarser", "filtered finer", "filtered locally"),
    "sharpening": ("oversharpened", "undersharpened"),
    "noise": ("white noise", "falling noise", "growing noise", "bumpy noise", "quiet solvent"),
    "coarse": ("coarse", "coarse ring", "coarse filament"),
    "directions": ("preferred orientation", "missing cone"),
}
"""Kinds that are left out together, as they resemble each other."""

USUAL_SHARE = 0.97
"""The threshold is the strangeness that this share of the maps of kinds that were seen does not exceed."""

LARGEST = 4.0
"""The largest factor of a deviation."""

LEAST_STRANGE = 20
"""From fewer maps beyond the threshold no factor is fitted."""

_POWERS = np.linspace(0.0, 6.0, 121)


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers for the views of examples.

    Attributes:
        strangeness: (maps,).
        ratio: (maps,), the global resolution's error divided by its deviation, absolute.
        left_out: bool (maps,), of a kind that the network had not seen.
    """

    strangeness: FloatArray
    ratio: FloatArray
    left_out: BoolArray


Train = Callable[[Examples], keras.Model]
"""A function that trains a network on examples and tells it which summaries are usual."""


def answers(train: Train, seen: Examples, unseen: Examples, group: Sequence[str]) -> Answers:
    """What a network that was trained without some kinds says of maps of unseen structures, of these kinds and others.

    Args:
        train: trains it.
        seen: the examples of the training; those of the group are left out.
        unseen: examples of other structures.
        group: the kinds.

    Returns:
        The answers; the deviations are calibrated on the maps of the other kinds.
    """
    network = train(chosen(seen, ~any_view(seen.kinds, group)))
    others = chosen(unseen, ~any_view(unseen.kinds, group))
    validation.calibrate(network, others)
    found = validation.judged(network, unseen)
    left_out = np.concatenate([_of_view(unseen.kinds, view, group) for view in (0, 1)])
    return Answers(found.strangeness, np.abs(found.baseline_error) / found.baseline_deviation, left_out)


def reliability(parts: Sequence[Answers]) -> dict[str, float]:
    """The entry ``reliability`` of a card.

    Args:
        parts: the answers of each group.

    Returns:
        ``threshold``, ``power``, ``largest`` and ``everywhere`` (see ``Widening``); and shares of errors that
        deviations hold: ``held`` on strange maps when widened by both, ``held_before`` on the same when widened as all
        maps are; on all maps of kinds that were left out ``left_out_held`` when widened by both, and
        ``left_out_before`` when not widened; ``seen_held`` on maps of the other kinds when widened by both.
    """
    strangeness, ratio, left_out = (
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Answers)
    )
    threshold = float(np.quantile(strangeness[~left_out], USUAL_SHARE))
    strange = strangeness > threshold
    everywhere, hidden = 1.0, left_out & ~strange
    if hidden.any() and not left_out.all():
        weight = np.where(hidden, 1 / np.mean(hidden), 1 / np.mean(~left_out)) * ~strange
        everywhere = max(round(calibration.factor(ratio, weight), 3), 1.0)
    before, ratio = ratio, ratio / everywhere
    fitted = {"threshold": threshold, "power": 0.0, "largest": LARGEST, "everywhere": everywhere}
    if strange.sum() >= LEAST_STRANGE:
        held = [np.mean(ratio[strange] < _factors(strangeness[strange], threshold, power)) for power in _POWERS]
        enough = np.flatnonzero(np.array(held) >= GAUSSIAN_SHARE)
        number = int(enough[0]) if len(enough) else len(_POWERS) - 1
        fitted["power"] = float(_POWERS[number])
        fitted |= {"held": round(float(held[number]), 4), "held_before": round(float(held[0]), 4)}
    within = ratio < _factors(strangeness, threshold, fitted["power"])
    kinds = {"seen_held": within[~left_out], "left_out_held": within[left_out], "left_out_before": before[left_out] < 1}
    return fitted | {name: round(float(np.mean(held)), 4) for name, held in kinds.items() if len(held)}


def of_all_groups(train: Train, seen: Examples, unseen: Examples, folder: PathLike) -> dict[str, float]:
    """``reliability`` by all groups; the answers of a group are kept in a file, and not asked for again.

    Args:
        train: trains a network on examples.
        seen: the examples of the training.
        unseen: examples of other structures.
        folder: of the files.

    Returns:
        The entry of the card; empty if the examples are of none of the groups.
    """
    parts = []
    for name, group in GROUPS.items():
        if not any_view(unseen.kinds, group).any() or any_view(seen.kinds, group).all():
            continue
        path = os.path.join(folder, f"unseen_{name.replace(' ', '_')}.npz")
        if not os.path.exists(path):
            found = answers(train, seen, unseen, group)
            with write_aside(path) as temporary:
                np.savez(temporary, **found.__dict__)
        with np.load(path) as stored:
            parts.append(Answers(**stored))
    return reliability(parts) if parts else {}


def chosen(examples: Examples, which: BoolArray) -> Examples:
    """Some of the examples.

    Args:
        examples: n of them.
        which: bool (n,).

    Returns:
        Those.
    """
    return Examples(**{name: array[which] for name, array in examples.__dict__.items()})


def any_view(kinds: Array, group: Sequence[str]) -> BoolArray:
    """Which examples (n,) are of a group by their subject, their experiment or the kind of a view.

    Args:
        kinds: str (n, 4), see ``Examples``.
        group: names of kinds.
    """
    return np.isin(kinds, group).any(axis=1)


def _of_view(kinds: Array, view: int, group: Sequence[str]) -> BoolArray:
    """Which examples (n,) show a group in one of their views, 0 or 1."""
    return np.isin(kinds[:, [0, 1, 2 + view]], group).any(axis=1)


def _factors(strangeness: FloatArray, threshold: float, power: float) -> FloatArray:
    return np.minimum(np.maximum(strangeness / threshold, 1.0) ** power, LARGEST)
