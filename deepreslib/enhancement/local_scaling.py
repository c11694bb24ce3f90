"""A map whose windows are scaled shell by shell: what all methods do that differ only in where their gains come from.

The map is brought to its solvent's level and to SD 1 in its mask; gains are those of that map. They are found at places
some Å apart, on a lattice around the map's centre, over the mask and its soft edge, and interpolated between.

Arrays are (z, y, x).
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from deepreslib import memory
from deepreslib.analysis.map_end import spectrum_and_end
from deepreslib.enhancement import gain_guards, guinier, profiles
from deepreslib.enhancement.enhanced import Enhanced
from deepreslib.enhancement.gain_lattice import lattice_over, slices
from deepreslib.enhancement.global_filter import GlobalFilter
from deepreslib.enhancement.lattice_profiles import lattice_profiles
from deepreslib.enhancement.map_region import region_around
from deepreslib.enhancement.noise import SOFT_EDGE
from deepreslib.enhancement.profiles import CENTRE, FREQUENCY, SHELLS, SPACING, WINDOW, Windows
from deepreslib.enhancement.sharpening import check_resolution
from deepreslib.enhancement.shell_gains import apply_gains, threads
from deepreslib.enhancement.solvent import Solvent
from deepreslib.errors import InputError
from deepreslib.fourier.arrays import BoolArray, Box, FloatArray
from deepreslib.maps import (
    DensityMap,
    box_around,
    check_estimable,
    check_half_maps,
    check_same_grid,
    dilate,
    soft_edge,
    widened,
)
from deepreslib.progress import bar

COARSEST_VOXEL, COARSE_VOXEL = 5.0, 2.0
"""Å; maps of larger voxels are refused; of those larger than the second, fewer than 7 shells hold anything."""

COARSEST_RESOLUTION = WINDOW * SPACING
"""Å; a map of coarser resolution has no details in windows, and is refused."""

PERCENTILES = (5, 50, 95)

HALF_WINDOW = CENTRE * SPACING
"""Å; where the surroundings are kept, places lie so far beyond the mask."""

MARGIN = HALF_WINDOW + 6.0
"""Å around the box that is wanted, which filters, and windows of places between which its voxels lie, look at."""

_SAME_AS_MEAN = 1e-4
_NEEDED = 36


class LocalScaling:
    """A map, its mask and its places, ready for gains.

    Attributes:
        density_map: the map, as it was given.
        half_maps: as they were given, or None.
        mask: bool (z, y, x).
        resolution: Å.
        region: the part of the map that is worked on.
        lattice: of places.
        known: bool (13,), the shells in which the map holds something.
        unit: SD of the map in its mask, which is 1 in the standardised one.
        seconds: by step.
    """

    def __init__(
        self,
        density_map: DensityMap,
        mask: BoolArray,
        resolution: float,
        half_maps: tuple[DensityMap, DensityMap] | None = None,
        *,
        before: GlobalFilter | None = None,
        stride: int = 4,
        keep_outside: bool = False,
        workers: int = -1,
        progress: bool = False,
    ) -> None:
        """Looks at the map.

        Args:
            density_map: the map, not sharpened.
            mask: bool (z, y, x), the voxels to be enhanced.
            resolution: Å, of the map.
            half_maps: that are to be treated in the same way; or None.
            before: what the whole map, and its half maps, are filtered by before; None for nothing.
            stride: Å, from place to place.
            keep_outside: whether the surroundings of the mask are kept, with gains that go on as they are at its rim.
            workers: threads, -1 for all.
            progress: whether to show it.

        Raises:
            InputError: the map is constant in its mask, or there is too little memory. What :func:`check` refuses is
                to be refused before.
        """
        self.density_map, self.mask, self.resolution, self.half_maps = density_map, mask, resolution, half_maps
        self._before = before
        self._keep_outside, self._workers, self._stride, self._progress = keep_outside, workers, stride, progress
        self.seconds: dict[str, float] = {}
        with self.timed("preparation"):
            sizes = density_map.voxel_size
            around = [math.ceil(SOFT_EDGE / size) for size in sizes]
            self._box = _whole(mask) if keep_outside else widened(box_around(mask), around, mask.shape)
            self.region = region_around(self._box, mask.shape, sizes, MARGIN)
            memory.check(
                _NEEDED * math.prod(self.region.shape),
                f"enhancing {density_map.name}",
                mend="crop or bin the map, or give a smaller mask",
            )
            self._soft = soft_edge(mask[self._box], SOFT_EDGE / min(sizes))
            reached = dilate(mask, HALF_WINDOW / min(sizes)) if keep_outside else self._soft > 0
            self.lattice = lattice_over(self.region, self._box, reached, stride, keep_outside)
            self._solvent = Solvent(mask, sizes)
            filtered = density_map if before is None else density_map.like(before.of(density_map))
            self.unit = float(filtered.data[mask].std(dtype=float))
            if not self.unit > 0:
                raise InputError(f"{density_map.name} is constant in its mask; give a mask that holds the molecule.")
            self.known = self._known_shells(filtered)
            self._values: FloatArray | None = self._standardised(filtered.data[self.region.part])

    def windows(self, density_map: DensityMap) -> Windows:
        """The windows of a map, filtered if a filter goes before, at its solvent's level and divided by ``unit``.

        Args:
            density_map: the map, or one of its half maps, as it was given.
        """
        return Windows(self.region.at_windows(self._read(density_map), self._workers))

    def profiles(self) -> FloatArray:
        """The profiles of the standardised map at all places: float32 (places, 13)."""
        with self.timed("profiles"):
            return self.profiles_of(self.windows(self.density_map))

    def profiles_of(self, windows: Windows) -> FloatArray:
        """The profiles of windows on the region's grid at all places: float32 (places, 13)."""
        return lattice_profiles(windows, self.lattice.places, threads(self._workers), self._progress)

    def fsc(self) -> FloatArray:
        """The FSC of the half maps' windows at all places: float32 (places, 13), from -1 to 1.

        Raises:
            ValueError: there are no half maps.
        """
        if self.half_maps is None:
            raise ValueError("the FSC needs half maps")
        with self.timed("profiles"):
            one, two = (self.windows(half) for half in self.half_maps)

            def correlation(part: slice) -> FloatArray:
                first, second = (each.spectra(self.lattice.places[part]) for each in (one, two))
                scale = np.sqrt(profiles.power(first) * profiles.power(second))
                common = profiles.cross_power(first, second)
                return np.divide(common, scale, out=np.zeros_like(common), where=scale > 0)

            return self.at_places(correlation)

    def at_places(self, function: Callable[[slice], FloatArray]) -> FloatArray:
        """What a function of a slice of the places gives, for all of them, in threads: float32 (places, 13)."""
        found = np.empty((len(self.lattice.places), SHELLS), np.float32)

        def fill(part: slice) -> None:
            found[part] = function(part)

        parts = list(slices(len(found), profiles.AT_ONCE))
        with ThreadPoolExecutor(threads(self._workers)) as pool:
            for _ in bar(pool.map(fill, parts), "windows", "batch", self._progress, len(parts)):
                pass
        return found

    def scaled(
        self,
        log_gains: FloatArray,
        report: Mapping[str, Any],
        warnings: Sequence[str] = (),
    ) -> Enhanced:
        """The map with its windows' shells multiplied by gains, and the half maps by the same.

        Args:
            log_gains: float32 (places, 13), natural logarithms; of the standardised map.
            report: what the method has to say.
            warnings: of the method.

        Returns:
            What the method gives back; the enhanced map is in units of what the gains make of the standardised one.
        """
        with self.timed("filters"):
            is_mean = self.half_maps is not None and is_mean_of(self.density_map, self.half_maps)
            own = None if is_mean else self._apply(self.density_map, log_gains)
            self._values = halves = None  # the half maps need the memory
            if self.half_maps is not None:
                one, two = (self._apply(half, log_gains) for half in self.half_maps)
                halves = self._laid(one), self._laid(two)
                if own is None:
                    one += two
                    own = np.multiply(one, np.float32(0.5), out=one)
            assert own is not None, "a map that is no mean is enhanced itself"
            data = self._laid(own)
            b_factors = gain_guards.b_factors(log_gains, self.known, self.resolution)
            if self._before is not None:
                b_factors += np.float32(self._before.b_factor)
                report = {**report, "flattened": self._before.report()}
                warnings = (*warnings, *self._before.warnings)
            b_map = np.zeros(self.mask.shape, np.float32)
            b_map[self._box] = np.where(self.mask[self._box], self.lattice.interpolated(b_factors), 0)
        return Enhanced(
            data,
            halves,
            b_map,
            self.mask,
            self.resolution,
            {**report, **self._report(log_gains)},
            tuple(warnings),
            {step: round(seconds, 2) for step, seconds in self.seconds.items()},
        )

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Adds the seconds of what is done within to those of a step."""
        begin = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - begin

    def inside(self) -> BoolArray:
        """Which of the places lie in the mask: bool (places,)."""
        numbers = []
        for axis, place in zip(self.region.axes, self.lattice.places.T, strict=True):
            numbers.append(np.rint((place - axis.centre) / axis.ratio).astype(int) + axis.count // 2)
        on_map = np.all([(each >= 0) & (each < count) for each, count in zip(numbers, self.mask.shape, strict=True)], 0)
        z, y, x = (np.where(on_map, each, 0) for each in numbers)
        found: BoolArray = self.mask[z, y, x] & on_map
        return found

    def _report(self, log_gains: FloatArray) -> dict[str, Any]:
        inside = self.inside()
        gains = np.exp(log_gains[inside] if inside.any() else log_gains)
        levels = np.percentile(gains, PERCENTILES, axis=0)
        return {
            "stride": self._stride,
            "places": len(self.lattice.places),
            "held_shells": gain_guards.held_shells(self.known),
            "gains": {
                "frequency": [round(float(each), 4) for each in FREQUENCY / SPACING],
                **{
                    f"percentile_{q}": [float(f"{v:.4g}") for v in row]
                    for q, row in zip(PERCENTILES, levels, strict=True)
                },
            },
        }

    def _known_shells(self, filtered: DensityMap) -> BoolArray:
        sizes, reached = filtered.voxel_size, self.region.reached
        limit = max(2 * size / one for size, one in zip(sizes, reached, strict=True))
        end = spectrum_and_end(filtered, self._workers)[1]
        if end.is_filtered:
            limit = max(limit, end.resolution / min(reached))
        return gain_guards.known_shells(limit)

    def _apply(self, density_map: DensityMap, log_gains: FloatArray) -> FloatArray:
        return apply_gains(self._read(density_map), self.region, self._box, self.lattice, log_gains, self._workers)

    def _laid(self, values: FloatArray) -> FloatArray:
        """Values of the box on the map's grid; they fade beyond the mask unless the surroundings are kept."""
        found = np.zeros(self.mask.shape, np.float32)
        found[self._box] = values if self._keep_outside else values * self._soft
        return found

    def _read(self, density_map: DensityMap) -> FloatArray:
        """The values of a map in the region, filtered and standardised."""
        if density_map is self.density_map and self._values is not None:
            return self._values
        part = self.region.part
        data = density_map.data[part] if self._before is None else self._before.of(density_map, part)
        return self._standardised(data)

    def _standardised(self, data: FloatArray) -> FloatArray:
        """The same of values in the region's part of a map, filtered already."""
        return self.region.read_part(data, self._solvent.level(data, self.region.part), self.unit)


def is_mean_of(density_map: DensityMap, half_maps: tuple[DensityMap, DensityMap]) -> bool:
    """Whether a map is the mean of half maps, so that what is made of it is the mean of what is made of them.

    A constant between them does not count, as maps are brought to their solvent's level.

    Args:
        density_map: the map.
        half_maps: on its grid.
    """
    sums = np.zeros(2)
    first = None
    for whole, one, two in zip(density_map.data, *(half.data for half in half_maps), strict=True):
        difference = whole.astype(float) - 0.5 * (one.astype(float) + two)
        first = float(difference.mean()) if first is None else first
        sums += np.square(difference - first).sum(), np.square(whole - whole.mean(dtype=float)).sum()
    return bool(sums[0] < _SAME_AS_MEAN**2 * sums[1])


def check(
    density_map: DensityMap,
    mask: BoolArray,
    resolution: float,
    half_maps: tuple[DensityMap, DensityMap] | None = None,
) -> tuple[str, ...]:
    """Refuses, before any work, a map whose windows cannot be scaled.

    Args:
        density_map: the map.
        mask: bool (z, y, x).
        resolution: Å.
        half_maps: that are to be treated in the same way; or None.

    Returns:
        Warnings.

    Raises:
        InputError: grids differ; the mask is empty; or see :func:`check_windows` and :func:`check_detail`.
    """
    check_windows(density_map)
    name, size = density_map.name, max(density_map.voxel_size)
    if mask.shape != density_map.data.shape:
        raise InputError(f"the mask has another shape than {name}; give a mask on the map's grid.")
    if mask.dtype != bool:
        raise ValueError(f"the mask holds {mask.dtype}; give bool, such as mask > 0.5")
    if not mask.any():
        raise InputError(f"the mask of {name} is empty; give a mask that holds the molecule.")
    if half_maps is not None:
        check_half_maps(*half_maps)
        check_same_grid(half_maps[0], density_map)
    check_detail(density_map, resolution)
    if resolution > guinier.COARSEST:
        return (
            f"at a resolution of {resolution:.3g} Å, coarser than {guinier.COARSEST:g} Å, the amplitudes of {name} are "
            "decided by the molecule's shape and not by a B factor, so little can be gained.",
        )
    if size > COARSE_VOXEL:
        held = np.count_nonzero(gain_guards.known_shells(2 * size / SPACING))
        return (
            f"{name} has voxels of {size:.4g} Å, so only {held} of the {SHELLS} shells of its windows hold anything, "
            "and little can be gained.",
        )
    return ()


def check_windows(density_map: DensityMap) -> None:
    """Refuses a map whose windows tell nothing.

    Args:
        density_map: the map.

    Raises:
        InputError: it is no density, constant or not finite; its box is smaller than a window; or its voxels are larger
            than ``COARSEST_VOXEL``.
    """
    check_estimable(density_map, window=WINDOW * SPACING)
    size = max(density_map.voxel_size)
    if size > COARSEST_VOXEL:
        raise InputError(
            f"{density_map.name} has voxels of {size:.4g} Å, and windows of {WINDOW * SPACING:g} Å with voxels of more "
            f"than {COARSEST_VOXEL:g} Å tell nothing; give a finer map, or the right voxel size if the header is wrong."
        )


def check_detail(density_map: DensityMap, resolution: float) -> None:
    """Refuses a resolution at which a map has no details that could be enhanced.

    Args:
        density_map: the map.
        resolution: Å.

    Raises:
        InputError: it is finer than twice the voxel size, or coarser than ``COARSEST_RESOLUTION``.
    """
    check_resolution(density_map, resolution)
    if resolution > COARSEST_RESOLUTION:
        raise InputError(
            f"at a resolution of {resolution:.4g} Å {density_map.name} has no details that could be enhanced, as they "
            f"are finer than {COARSEST_RESOLUTION:g} Å; give the resolution of its details, in Å, or another mask."
        )


def _whole(mask: BoolArray) -> Box:
    z, y, x = (slice(0, count) for count in mask.shape)
    return z, y, x
