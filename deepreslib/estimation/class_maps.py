"""Maps of ten classes of local resolution: from probabilities to class, expected resolution, deviation and counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from deepreslib.fourier.arrays import Array, BoolArray, Box, FloatArray, Shape
from deepreslib.networks.voxelclass_card import CLASSES, EDGES

WITHIN = 1 / np.sqrt(12)
"""Å, the SD of resolutions spread evenly over a class of 1 Å."""


class ClassMaps:
    """What is known of each voxel; arrays (z, y, x), 0 where nothing was put.

    Attributes:
        resolution: float32, the expected one, Å.
        deviation: float32, Å.
        number: uint8, the most probable class, 1 to 10.
        probability: float32, of that class.
    """

    def __init__(self, shape: Shape, centres: Sequence[float] | FloatArray) -> None:
        """Begins with empty maps.

        Args:
            shape: the map's (z, y, x).
            centres: (10,) Å, the resolution that stands for each class.
        """
        self.resolution, self.deviation, self.probability = (np.zeros(shape, np.float32) for _ in range(3))
        self.number = np.zeros(shape, np.uint8)
        self._centres = np.asarray(centres, np.float32)

    def put(self, part: Box, inside: BoolArray, probabilities: FloatArray) -> None:
        """Fills voxels.

        Args:
            part: of the map.
            inside: bool (z, y, x), the voxels of the part.
            probabilities: (n, 10), at these.
        """
        best = probabilities.argmax(axis=-1)
        expected = probabilities @ self._centres
        variance = probabilities @ np.square(self._centres) - np.square(expected) + np.float32(WITHIN**2)
        for on_map, values in (
            (self.resolution, expected),
            (self.deviation, np.sqrt(np.maximum(variance, 0))),
            (self.number, best + 1),
            (self.probability, np.take_along_axis(probabilities, best[:, None], axis=-1)[:, 0]),
        ):
            on_map[part][inside] = values

    def keep(self, inside: BoolArray) -> None:
        """Empties all other voxels.

        Args:
            inside: bool (z, y, x).
        """
        for on_map in (self.resolution, self.deviation, self.number, self.probability):
            on_map[~inside] = 0

    def counts(self) -> list[dict[str, Any]]:
        """What the report says of each class: its number, its ends, Å, its voxels, and its mean probability there."""
        return class_counts(self.number, self.probability)


def of_normal(resolution: FloatArray, deviation: FloatArray) -> tuple[Array, FloatArray]:
    """The most probable class of resolutions with normal errors, and its probability.

    Args:
        resolution: float32 (z, y, x), Å; 0 where there is none.
        deviation: float32 (z, y, x), Å.

    Returns:
        uint8 (z, y, x), 1 to 10, and float32 (z, y, x); both 0 where there is no resolution.
    """
    number, probability = np.zeros(resolution.shape, np.uint8), np.zeros(resolution.shape, np.float32)
    for plane in np.flatnonzero((resolution > 0).any(axis=(1, 2))):  # one after the other, which takes less memory
        inside = resolution[plane] > 0
        found = shares(resolution[plane][inside], deviation[plane][inside])
        best = found.argmax(axis=-1)
        number[plane][inside] = best + 1
        probability[plane][inside] = np.take_along_axis(found, best[:, None], axis=-1)[:, 0]
    return number, probability


def shares(resolution: FloatArray, deviation: FloatArray) -> FloatArray:
    """The share of each class of normal distributions.

    Args:
        resolution: (n,) Å, the means.
        deviation: (n,) Å, above 0.

    Returns:
        (n, 10).
    """
    reached = ndtr((np.array(EDGES, np.float32) - resolution[:, None]) / np.maximum(deviation, 1e-6)[:, None])
    return np.diff(np.pad(reached, ((0, 0), (1, 1)), constant_values=(0, 1)), axis=-1)


def class_counts(number: Array, probability: FloatArray) -> list[dict[str, Any]]:
    """Voxels and mean probability by class.

    Args:
        number: (z, y, x), 1 to 10, and 0 where there is none.
        probability: (z, y, x), of that class.

    Returns:
        For each class its ``class``, its ends ``above`` and ``to``, Å (None for open ones), ``voxels``, and
        ``mean_probability`` (None without voxels).
    """
    inside = number > 0  # counting makes numbers of 8 bytes of all that it is given
    counts = np.bincount(number[inside], minlength=CLASSES + 1)
    sums = np.bincount(number[inside], probability[inside], CLASSES + 1)
    return [
        {
            "class": n,
            "above": EDGES[n - 2] if n > 1 else None,
            "to": EDGES[n - 1] if n < CLASSES else None,
            "voxels": int(counts[n]),
            "mean_probability": round(float(sums[n] / counts[n]), 4) if counts[n] else None,
        }
        for n in range(1, CLASSES + 1)
    ]
