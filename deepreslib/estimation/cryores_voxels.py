"""What CryoRes' network says of places, sampled at the voxels of a map."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from deepreslib.fourier import resampling
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray, Shape, Triple
from deepreslib.fourier.spectra import GRID, box_shape

PLANES = 32
"""Planes of the map whose values are sampled at once."""

PROBABILITY = 0.5
"""A voxel of higher probability belongs to the mask."""

PLACED = ("local", "mask", "others")
"""The predictions that there are for each place."""


class Others(Protocol):
    """What else is asked about the places that the network looks at, such as the class of each voxel."""

    def answer(self, features: FloatArray, summary: FloatArray) -> FloatArray:
        """What is asked about places: float32 (z, y, x, channels).

        Args:
            features: float32 (z, y, x, ``FEATURES``).
            summary: float32 (1, ``SUMMARY``), of the map.
        """

    def take(self, part: Box, inside: BoolArray, values: FloatArray) -> None:
        """Takes the answers sampled at voxels; the parts do not overlap.

        Args:
            part: of the map.
            inside: bool (z, y, x), the voxels of the part, some of which may be found not to belong to the molecule.
            values: float32 (n, channels), at these voxels.
        """


@dataclass(eq=False)
class Found:
    """What the network says of a map, on the map's grid.

    Attributes:
        box: the part of the map that is looked at.
        sizes: the map's voxel size, Å (z, y, x).
        wanted: bool (z, y, x), the voxels of the part that are wanted; None for those of the molecule.
        others: takes what else was asked, if anything.
        molecule: bool (z, y, x), where it sees a molecule.
        baseline: (2,), the global resolution and its deviation, Å.
        strangeness: of the map; 1 is usual.
        values: for each part of the map the part, the voxels there that have a value, bool (z, y, x), and their
            resolution and deviation, Å, each (n,).
        network_seconds: the time that it took.
    """

    box: Box
    sizes: Triple
    wanted: BoolArray | None = None
    others: Others | None = None
    molecule: BoolArray = field(init=False)
    baseline: FloatArray = field(init=False)
    strangeness: float = field(init=False)
    values: list[tuple[Box, BoolArray, FloatArray, FloatArray]] = field(default_factory=list)
    network_seconds: float = 0.0

    @property
    def shape(self) -> Shape:
        """The (z, y, x) of the part that is looked at."""
        return box_shape(self.box)

    def begin(self, outputs: Mapping[str, FloatArray], seconds: float) -> None:
        """Takes what the network says of the whole map; as yet nothing is known of its voxels.

        Args:
            outputs: ``baseline`` (2,) and ``strangeness`` (1,).
            seconds: the time that it took.
        """
        self.molecule, self.baseline = np.zeros(self.shape, bool), outputs["baseline"]
        self.strangeness, self.network_seconds = float(outputs["strangeness"][0]), seconds

    def between(self, places: Sequence[int]) -> list[resampling.Between]:
        """Where the voxels lie between the places of the coarse grid, along z, y and x.

        Args:
            places: the coarse grid's (z, y, x).
        """
        return [
            resampling.places_between(count, size / GRID, new)
            for count, size, new in zip(self.shape, self.sizes, places, strict=True)
        ]

    def add(self, part: Box, between: Sequence[resampling.Between], outputs: Mapping[str, FloatArray]) -> None:
        """Samples predictions at the voxels of a part.

        Args:
            part: of what is looked at.
            between: where its voxels lie between the places of the predictions.
            outputs: ``local`` (z, y, x, 2), relative resolution and deviation, Å; ``mask`` (z, y, x), logits of the
                molecule; and, if something else was asked, ``others`` (z, y, x, channels); float32.
        """
        local, logits = outputs["local"], outputs["mask"]
        for z in range(0, between[0].lower.size, PLANES):  # some planes at once, which takes less memory
            planes = slice(part[0].start + z, min(part[0].start + z + PLANES, part[0].stop))
            here: Box = (planes, part[1], part[2])
            along = [between[0].part(z, z + PLANES), *between[1:]]
            everywhere = np.ones(self.molecule[here].shape, bool)
            seen = resampling.sample_between(logits, everywhere, along) > math.log(PROBABILITY / (1 - PROBABILITY))
            self.molecule[here] = seen
            inside = seen if self.wanted is None else self.wanted[here].copy()
            if inside.any():
                resolutions = self.baseline[0] + resampling.sample_between(local[..., 0], inside, along)[inside]
                deviations = resampling.sample_between(local[..., 1], inside, along)[inside]
                self.values.append((here, inside, resolutions, deviations))
                if self.others is not None:
                    answers = np.moveaxis(outputs["others"], -1, 0)
                    sampled = [resampling.sample_between(channel, inside, along)[inside] for channel in answers]
                    self.others.take(_moved(here, self.box), inside, np.stack(sampled, axis=-1))


def _moved(part: Box, box: Box) -> Box:
    """The part of a box as a part of the map."""
    z, y, x = (slice(b.start + a.start, b.start + a.stop) for a, b in zip(part, box, strict=True))
    return z, y, x
