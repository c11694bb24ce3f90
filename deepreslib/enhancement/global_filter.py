"""What a whole map is multiplied by in Fourier space: one B factor, the weight of the FSC, a low-pass filter.

Source: Rosenthal & Henderson 2003, J. Mol. Biol. 333, 721-745.

Arrays are (z, y, x).
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from deepreslib import memory
from deepreslib.enhancement import guinier
from deepreslib.enhancement.answers import CannotTell
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.shell_gains import threads
from deepreslib.enhancement.solvent import solvent_level
from deepreslib.fourier import filters, slabs
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.fourier.fsc import truth_correlation
from deepreslib.fourier.grid import fast_length
from deepreslib.maps import DensityMap, box_around, masked_fsc
from deepreslib.maps.boxes import read_box

MARGIN = 10.0
"""Times the resolution, or times ``guinier.COARSEST`` if that is finer: so much room around the mask the part of the
map has that the B factor is fitted to."""

MOST, FURTHER = 16.0, 100.0
"""A map is sharpened at most by the first number times the squared resolution, which the worst maps have, and by the
second, Å², what blurs all of a map alike. A steeper fall is that of a filter, beyond which there is nothing to lift."""

_NEEDED = 32


class GlobalFilter:
    """What one map, and its half maps alike, are multiplied by in Fourier space.

    Attributes:
        b_factor: Å², negative where it sharpens; 0 if there is no Guinier fit.
        warnings: a sentence if there is none, or if the fit's is not believed.
    """

    def __init__(
        self,
        density_map: DensityMap,
        mask: BoolArray,
        resolution: float,
        half_maps: tuple[DensityMap, DensityMap] | None = None,
        *,
        weight: Callable[[FloatArray], FloatArray] | None = None,
        low_pass: float | None = None,
        workers: int = -1,
    ) -> None:
        """Finds the B factor and the weights.

        Args:
            density_map: the map.
            mask: bool, the molecule.
            resolution: Å.
            half_maps: whose FSC within the mask weights the map; None for no weight.
            weight: in place of the FSC's, function of frequencies, 1/Å; its square root weights the map that the B
                factor is fitted to, as that of the FSC does.
            low_pass: Å, where the low-pass filter begins to fall; None for the resolution.
            workers: threads, -1 for all.

        Raises:
            InputError: there is too little memory.
        """
        self._workers, self._low_pass, self.b_factor = threads(workers), low_pass or resolution, 0.0
        self._weight = weight
        self._curve = None if half_maps is None or weight is not None else masked_fsc(*half_maps, mask, self._workers)
        self.warnings: tuple[str, ...] = ()
        self._fit: guinier.GuinierFit | None = None
        margin = max(2 * SOFT_EDGE, MARGIN * min(resolution, guinier.COARSEST))
        part, inside = _with_room(density_map, mask, margin)
        if self._weight is not None or self._curve is not None:
            part = part.like(_filtered(part, self._weight_of_fit, self._workers))
        try:
            self._fit = guinier.fit(part, inside, resolution)
        except CannotTell as reason:
            self.warnings = (f"no B factor was applied to the whole map: {reason}",)
        else:
            most = MOST * resolution**2 + FURTHER
            self.b_factor = -min(self._fit.b_factor, most)
            if self._fit.b_factor > most:
                self.warnings = (
                    f"the amplitudes of {density_map.name} fall by a B factor of {self._fit.b_factor:.0f} Å², more "
                    f"than those of maps of {resolution:.3g} Å, as if a filter had cut them; it is sharpened by "
                    f"{most:.0f} Å².",
                )

    def of(self, density_map: DensityMap, box: Box | None = None) -> FloatArray:
        """A map of that kind, treated.

        Args:
            density_map: the map.
            box: the part of it that is wanted; None for all.

        Returns:
            float32 (z, y, x).
        """

        def weight(frequency: FloatArray) -> FloatArray:
            low_pass = filters.raised_cosine(frequency, self._low_pass, density_map.voxel_size)
            found: FloatArray = filters.b_factor_weights(frequency, self.b_factor) * low_pass
            return found * self._fsc_weight(frequency)

        return _filtered(density_map, weight, self._workers, box)

    def report(self) -> dict[str, Any]:
        """What it did."""
        found: dict[str, Any] = {
            "fsc_weight": self._curve is not None,
            "low_pass": round(self._low_pass, 3),
            "b_factor": {"mean": round(self.b_factor, 1)},
        }
        return found if self._fit is None else found | {"guinier": self._fit.as_dict()}

    def _weight_of_fit(self, frequency: FloatArray) -> FloatArray:
        """The weight of the map that the B factor is fitted to: its signal alone, about."""
        if self._weight is None:
            return self._fsc_weight(frequency)
        found: FloatArray = np.sqrt(self._weight(frequency))
        return found

    def _fsc_weight(self, frequency: FloatArray) -> FloatArray:
        """The weight at frequencies, 1/Å; 1 without half maps, and at the first shell, the mean, with them."""
        if self._weight is not None:
            return self._weight(frequency)
        if self._curve is None:
            return np.ones_like(frequency)
        weights = truth_correlation(self._curve.correlation)
        weights[0] = 1
        return np.interp(frequency, self._curve.frequency, weights).astype(np.float32)


def _with_room(density_map: DensityMap, mask: BoolArray, margin: float) -> tuple[DensityMap, BoolArray]:
    """The part of a map around its mask, above the solvent's level, and its mask there.

    It has the same room, Å, on all sides also where the map ends before, so that a fit does not hang on the map's box.
    """
    ends = []
    for side, size in zip(box_around(mask), density_map.voxel_size, strict=True):
        width = math.ceil(margin / size)
        first, length = side.start - width, fast_length(side.stop - side.start + 2 * width)
        ends.append((first, first + length))
    memory.check(_NEEDED * math.prod(stop - start for start, stop in ends), f"the Guinier fit of {density_map.name}")
    data = read_box(density_map.data, ends)
    data -= np.float32(solvent_level(density_map, mask)) * read_box(np.broadcast_to(np.float32(1), mask.shape), ends)
    return replace(density_map, data=data), read_box(mask, ends)


def _filtered(
    density_map: DensityMap, weight: Callable[[FloatArray], FloatArray], workers: int, box: Box | None = None
) -> FloatArray:
    """A box of the map whose coefficients are multiplied by a function of their frequencies, 1/Å, plane by plane."""
    shape = density_map.data.shape
    spectrum = slabs.forward(lambda planes: density_map.data[planes], shape, workers)
    for plane, frequency in zip(spectrum, slabs.radii(shape, density_map.voxel_size), strict=True):
        plane *= weight(frequency)
    return slabs.backward(spectrum, shape, workers, box)
