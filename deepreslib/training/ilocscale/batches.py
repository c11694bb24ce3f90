"""Batches of windows, as each network for local sharpening takes them."""

import functools
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from deepreslib.enhancement.gain_guards import b_factor_weights
from deepreslib.fourier.arrays import BoolArray, FloatArray, IntArray
from deepreslib.networks.ilocscale_card import SHELLS
from deepreslib.training.ilocscale.examples import FAINTEST, LabelledWindows
from deepreslib.training.loop import Batch

HIDDEN, FIRST_HIDDEN = 0.1, 5
"""Share of the windows of a compact network whose last shells are hidden, as if a filter had taken them away; and the
first shell that is."""

FAINTEST_POINT = -6.0
"""Windows with a point of a profile below this are not shown to the published networks, as in the thesis."""

B_UNIT = 100.0
"""Å², unit of B factors in losses."""

Prepare: TypeAlias = Callable[[LabelledWindows], tuple[dict[str, FloatArray], Any]]
"""A function that makes inputs and truth of windows."""


@dataclass(frozen=True)
class Order:
    """How batches are put together.

    Attributes:
        batch: windows of a batch; fewer if there are fewer.
        group: so many windows of one map follow each other.
        hides: whether the last shells of some windows are hidden.
    """

    batch: int
    group: int = 1
    hides: bool = True


def for_density(examples: LabelledWindows) -> tuple[dict[str, FloatArray], FloatArray]:
    """Inputs of the compact network, and the truth of ``losses.density_loss``.

    Args:
        examples: n windows.

    Returns:
        The inputs; (n, 15 × 15 + 3 × 13 + 15), the truths of the losses that it is made of.
    """
    truths = [map_truth(examples), windows_truth(examples), fall_truth(examples)]
    return _inputs(examples), np.concatenate(truths, axis=1)


def map_truth(examples: LabelledWindows) -> FloatArray:
    """The truth of ``losses.map_loss``: (n, 15 × 15)."""
    counts = examples.within & examples.inside[:, None]
    parts = [examples.filtered * examples.known[:, None], examples.density[..., None], counts[..., None]]
    truth = np.concatenate(parts, axis=2, dtype=np.float32, casting="unsafe")
    return truth.reshape(len(examples), -1)


def windows_truth(examples: LabelledWindows) -> FloatArray:
    """The truth of ``losses.windows_loss``: (n, 3 × 13)."""
    return np.concatenate([examples.power, examples.common, examples.known.astype(np.float32)], axis=1)


def fall_truth(examples: LabelledWindows) -> FloatArray:
    """The truth of ``losses.fall_loss``: (n, 13 + 2). B factors are divided by ``B_UNIT``."""
    weights = np.stack(
        [
            _fall_weights(known.tobytes(), float(resolution))
            for known, resolution in zip(examples.known, examples.resolution, strict=True)
        ]
    )
    held = held_profiles(examples.profiles, examples.known)
    falls = [np.sum(weights * values, axis=1)[:, None] for values in (held, examples.target)]
    return np.concatenate([weights, *falls], axis=1)


@functools.lru_cache(maxsize=8192)
def _fall_weights(known: bytes, resolution: float) -> FloatArray:
    weights: FloatArray = b_factor_weights(np.frombuffer(known, bool), resolution) / B_UNIT
    return weights


def for_contrast(examples: LabelledWindows) -> tuple[dict[str, FloatArray], FloatArray]:
    """Inputs of the compact network, and the profile that it is to predict: (n, 13).

    The model has all shells, also those of which the map holds nothing.
    """
    return _inputs(examples), examples.target


def for_published(examples: LabelledWindows) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Inputs of the published networks, ``profile`` alone, and what both are to predict: (n, 13)."""
    return {"profile": given_profiles(examples)}, {"linear": examples.target, "prelu": examples.target}


def in_mask(examples: LabelledWindows) -> BoolArray:
    """The windows that teach a compact network the model's density: those centred in the mask."""
    return examples.inside


def with_model(examples: LabelledWindows) -> BoolArray:
    """The windows that teach a compact network the model's profile: those that hold some of the model."""
    return examples.strength >= FAINTEST


def without_faint(examples: LabelledWindows) -> BoolArray:
    """The windows that teach the published networks: without a faint point, all shells known."""
    lowest = np.minimum(given_profiles(examples), examples.target).min(axis=1)
    return (lowest >= FAINTEST_POINT) & examples.given_known.all(axis=1)


def given_profiles(examples: LabelledWindows) -> FloatArray:
    """The profiles of the maps as they were given, unknown points held: float32 (n, 13)."""
    return held_profiles(examples.given, examples.given_known)


def held_profiles(profiles: FloatArray, known: BoolArray) -> FloatArray:
    """Profiles whose unknown points have the value of the last known one.

    Args:
        profiles: float32 (n, 13), logarithms.
        known: bool (n, 13).
    """
    last = known.sum(axis=1) - 1
    return np.where(known, profiles, profiles[np.arange(len(profiles)), last][:, None])


def shuffled(
    examples: LabelledWindows, numbers: IntArray, prepare: Prepare, options: Order, seed: int, first: int
) -> Generator[Batch, None, None]:
    """Batches of windows in random order.

    Args:
        examples: what is trained on.
        numbers: of the windows that are used.
        prepare: makes inputs and truth of a batch.
        options: how batches are put together.
        seed: of the training.
        first: number of windows used in earlier runs; like the seed it decides the order.

    Yields:
        (inputs, truth, windows used so far).
    """
    rng = np.random.default_rng([seed, first])
    used = 0
    while True:
        groups = _groups(numbers, examples.maps, options.group, rng)
        at_once = min(max(options.batch // options.group, 1), len(groups))
        for start in range(0, len(groups) - at_once + 1, at_once):
            chosen = examples.chosen(groups[start : start + at_once].ravel())
            if options.hides:
                hide_last(chosen.known, rng)
            used += len(chosen)
            yield *prepare(chosen), used


def _groups(numbers: IntArray, maps: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Windows in random order, in groups of one map each: int (groups, size); those left over are left out."""
    order = rng.permutation(numbers)
    if size > 1:
        order = order[np.argsort(maps[order], kind="stable")]
        ends = np.flatnonzero(np.diff(maps[order])) + 1
        parts = [part[: len(part) // size * size].reshape(-1, size) for part in np.split(order, ends)]
        order = rng.permutation(np.concatenate(parts))
    return order.reshape(-1, size)


def hide_last(known: BoolArray, rng: np.random.Generator) -> None:
    """Hides the last shells of some windows.

    Args:
        known: bool (n, 13); changed.
        rng: draws the windows and the shells.
    """
    hidden = rng.random(len(known)) < HIDDEN
    firsts = rng.integers(FIRST_HIDDEN, SHELLS, len(known))
    known &= ~(hidden[:, None] & (np.arange(SHELLS) >= firsts[:, None]))


def _inputs(examples: LabelledWindows) -> dict[str, FloatArray]:
    usual, spread = examples.usual[:, 0], examples.usual[:, 1]
    known = examples.known.astype(np.float32)
    return {"profile": examples.profiles, "known": known, "usual": usual, "spread": spread}
