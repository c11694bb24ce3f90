"""One colour scale for every picture: from Å to a colour, blue for the well resolved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap, Normalize, to_hex
from matplotlib.ticker import MaxNLocator

from deepreslib.errors import InputError
from deepreslib.fourier.arrays import Array, FloatArray


def inside_values(values: Array) -> FloatArray:
    """The values of a resolution map that mean something: finite and not 0 (0 is outside the mask).

    Args:
        values: a whole map (z, y, x) or any other shape, Å.

    Returns:
        One-dimensional float array, Å; empty if there is none.
    """
    values = np.asarray(values).ravel()
    return values[np.isfinite(values) & (values > 0)]


@dataclass(frozen=True)
class ColourScale:
    """Colours between two resolutions, the same in slices, histogram, surface and ChimeraX.

    Low Å is the low end of the colour map, which in "jet" is blue. Values beyond an end get that end's colour.

    Args:
        low: resolution at the low end, Å.
        high: resolution at the high end, Å; more than ``low``.
        colour_map: name of a matplotlib colour map.
        levels: number of colours in the palette for ChimeraX, which interpolates between them; with 17, all corners of
            "jet" are among them.

    Raises:
        InputError: ends not finite or in the wrong order, unknown colour map, fewer than 2 levels.
    """

    low: float
    high: float
    colour_map: str = "jet"
    levels: int = 17

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"The colour scale needs a low end below its high end, in Å: got {self.low}, {self.high}.")
        if self.colour_map not in colormaps:
            raise InputError(f"There is no colour map named {self.colour_map!r}: try jet, turbo, viridis or coolwarm.")
        if self.levels < 2:
            raise InputError(f"The colour scale needs at least 2 levels: got {self.levels}.")

    @classmethod
    def from_values(
        cls,
        values: Array,
        colour_map: str = "jet",
        levels: int = 17,
        percentiles: tuple[float, float] = (2.0, 98.0),
    ) -> ColourScale:
        """A scale that fits a resolution map and ignores its outliers.

        The ends are percentiles of the values inside the mask, rounded outwards to 0.5 Å, or to 0.1 Å where they lie
        less than 2 Å apart. A constant map gets a scale 0.6 Å wide about its value, or from 0 if that is small.

        Args:
            values: resolution, Å, of any shape; 0 and non-finite values are left out.
            colour_map: name of a matplotlib colour map.
            levels: number of colours in the palette.
            percentiles: lower and upper percentile, 0 to 100.

        Returns:
            The scale.

        Raises:
            InputError: no value inside the mask.
        """
        inside = inside_values(values)
        if not inside.size:
            raise InputError("The resolution map has no value above 0, so there is nothing to colour: check its mask.")
        low, high = (float(end) for end in np.percentile(inside, percentiles))
        steps = 10 if high - low < 2 else 2  # an Å
        low, high = math.floor(low * steps + 1e-4) / steps, math.ceil(high * steps - 1e-4) / steps
        if high - low < 0.5:
            middle = round((low + high) / 2, 1)
            low = max(round(middle - 0.3, 1), 0.0)  # neither resolutions nor uncertainties are negative
            high = round(low + 0.6, 1)
        return cls(low, high, colour_map, levels)

    def clipped_ends(self, values: Array) -> Literal["neither", "min", "max", "both"]:
        """The ends beyond which some of the values lie, which have that end's colour.

        Args:
            values: resolution, Å, any shape; non-finite values are left out.

        Returns:
            The word by which matplotlib marks these ends of a key.
        """
        values = np.asarray(values)
        values = values[np.isfinite(values)]
        if not values.size:
            return "neither"
        room = 1e-6 * (self.high - self.low)  # of single precision
        below, above = values.min() < self.low - room, values.max() > self.high + room
        if below and above:
            return "both"
        return "min" if below else "max" if above else "neither"

    @property
    def norm(self) -> Normalize:
        """The map from Å to 0 ... 1 that matplotlib uses, clipped at the ends."""
        return Normalize(self.low, self.high, clip=True)

    @property
    def colours(self) -> Colormap:
        """The map from 0 ... 1 to colours that matplotlib uses."""
        return colormaps[self.colour_map]

    def rgba(self, values: Array) -> FloatArray:
        """Colours of resolutions.

        Args:
            values: resolution, Å, any shape.

        Returns:
            Array of the shape of ``values`` plus one axis of 4: red, green, blue, opacity, 0 to 1.
        """
        return np.asarray(self.colours(np.asarray(self.norm(np.asarray(values, dtype=float)))))

    def level_values(self) -> FloatArray:
        """The resolutions at which the palette is given: (levels,), Å, evenly spaced from ``low`` to ``high``."""
        return np.linspace(self.low, self.high, self.levels)

    def hex_colours(self) -> list[str]:
        """The palette: one ``#rrggbb`` for each of ``level_values()``."""
        return [to_hex(colour) for colour in self.rgba(self.level_values())]

    def ticks(self, most: int = 8) -> FloatArray:
        """Round resolutions to label a key with, Å, both ends among them.

        Args:
            most: about how many labels there is room for, 2 or more.

        Returns:
            (labels,) rising, Å.
        """
        inner = np.asarray(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]).tick_values(self.low, self.high))
        room = 0.6 * (inner[1] - inner[0])
        inner = inner[(inner > self.low + room) & (inner < self.high - room)]
        return np.concatenate([[self.low], inner, [self.high]])


@dataclass(frozen=True)
class ClassScale(ColourScale):
    """One colour for each class, with nothing between them; the classes are numbered from 1.

    The ends of the scale are 0.5 and half a number above the last class.

    Attributes:
        listed: the colours, in order.
        names: of the classes, in order, each a word without a space, for ChimeraX' key; without them their numbers
            stand there.
    """

    listed: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def colours(self) -> Colormap:
        """The listed colours."""
        return ListedColormap(self.listed)

    def level_values(self) -> FloatArray:
        """The ends of each class, just within it, so that a palette of these steps: (twice the classes,), rising."""
        return (self.ticks()[:, None] + (-0.499, 0.499)).ravel()

    def ticks(self, most: int = 8) -> FloatArray:
        """The numbers of the classes.

        Args:
            most: is not used: each class has its label.
        """
        return np.arange(1, len(self.listed) + 1, dtype=float)

    def key_names(self) -> tuple[str, ...]:
        """What stands in a key at each of the listed colours."""
        return self.names or tuple(f"{number:g}" for number in self.ticks())
