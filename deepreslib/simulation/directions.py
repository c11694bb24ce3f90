"""Uneven views: how many images contribute to each Fourier coefficient of a reconstruction, by its direction.

An image taken along a direction gives the coefficients of the plane perpendicular to it (the projection theorem, De
Rosier & Klug 1968). The number of views at a coefficient is so the mean, over the great circle perpendicular to it, of
the density of views on the sphere. For the two distributions used here it is Bessel's function I0 of the angle to the
axis. Noise power falls as one over the number of views; what no view has seen is absent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.special

from deepreslib.fourier.arrays import BoolArray, FloatArray, Triple

LEAST = 0.02
"""A coefficient with fewer views than this share of the mean is absent; the noise's amplitude is at most 7 times that
of even views."""

_POINTS = 100_000
_EVENLY = 1e-3


@dataclass(frozen=True)
class Lobe:
    """A preferred direction of views.

    Attributes:
        axis: (z, y, x), of any length above 0.
        concentration: above 0, of a von Mises-Fisher distribution about the axis: top views; at 10 half of the views
            lie within 21° of it. Below 0, of a Watson distribution about the plane perpendicular to the axis: side
            views. At 0 views are even.
        share: of all views that belong to the lobe.
    """

    axis: Triple = (1.0, 0.0, 0.0)
    concentration: float = 10.0
    share: float = 0.8

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"a lobe cannot hold the share {self.share:g} of all views")
        _unit(self.axis)

    def views(self, sine: FloatArray) -> FloatArray:
        """Relative number of views at coefficients, mean 1 over the sphere, if all views belonged to the lobe.

        Args:
            sine: of the angle between a coefficient's direction and the axis, any shape.

        Returns:
            An array of ``sine``'s shape.
        """
        strength = abs(self.concentration)
        if strength < _EVENLY:
            return np.ones_like(sine)
        if self.concentration > 0:
            # c / sinh(c) × I0(c × sine)
            level = 2 * strength / -math.expm1(-2 * strength)
            return level * np.exp(strength * (sine - 1)) * scipy.special.i0e(strength * sine)
        level = 2 * math.sqrt(strength / math.pi) / math.erf(math.sqrt(strength))
        return level * scipy.special.i0e(strength / 2 * np.square(sine))


@dataclass(frozen=True)
class Directions:
    """Which directions the views come from, and which have none at all.

    Attributes:
        lobes: preferred directions; the views that belong to none are even.
        missing_cone: degrees, half the opening angle of a double cone about ``axis`` that no view reaches: the
            particles were tilted by up to 90° less this angle. 0 for none, below 90.
        missing_wedge: degrees, half the opening angle of a double wedge about ``axis``: they were tilted about
            ``tilt_axis`` alone. 0 for none, below 90.
        axis: (z, y, x), of the cone and the wedge: the direction of the beam.
        tilt_axis: (z, y, x); its part perpendicular to ``axis`` is used.
    """

    lobes: tuple[Lobe, ...] = ()
    missing_cone: float = 0.0
    missing_wedge: float = 0.0
    axis: Triple = (1.0, 0.0, 0.0)
    tilt_axis: Triple = (0.0, 1.0, 0.0)

    def __post_init__(self) -> None:
        if not (0 <= self.missing_cone < 90 and 0 <= self.missing_wedge < 90):
            raise ValueError("the missing cone or wedge has an angle below 0 or of 90° or more")
        if sum(lobe.share for lobe in self.lobes) > 1 + 1e-9:
            raise ValueError("the lobes hold more than all views")
        self._frame()

    def views(self, shape: Sequence[int]) -> FloatArray:
        """Relative number of views at every coefficient of a map's ``rfftn``; their mean over the sphere is 1.

        Args:
            shape: the map's (z, y, x); its voxels are cubes.

        Returns:
            float32 (z, y, x // 2 + 1); 1 at the frequency 0, which has no direction.
        """
        z, y = (np.fft.fftfreq(count).astype(np.float32) for count in shape[:2])
        x = np.fft.rfftfreq(shape[2]).astype(np.float32)
        relative = np.empty((len(z), len(y), len(x)), np.float32)
        scale = 1 / self._mean()
        for plane, height in zip(relative, z, strict=True):
            length = np.sqrt(height**2 + np.square(y)[:, None] + np.square(x))
            length[length == 0] = 1
            plane[:] = scale * self._views(height / length, y[:, None] / length, x / length)
        relative[0, 0, 0] = 1
        return relative

    def present(self, shape: Sequence[int]) -> BoolArray:
        """Which coefficients have been seen at all.

        Args:
            shape: the map's (z, y, x); its voxels are cubes.

        Returns:
            bool (z, y, x // 2 + 1).
        """
        return self.views(shape) > LEAST

    def noise_weights(self, shape: Sequence[int]) -> FloatArray:
        """Amplitude of the noise at every coefficient, divided by that of even views: 1 / sqrt(views), or 0.

        Args:
            shape: the map's (z, y, x); its voxels are cubes.

        Returns:
            float32 (z, y, x // 2 + 1).
        """
        views = self.views(shape)
        return np.where(views > LEAST, 1 / np.sqrt(np.maximum(views, LEAST)), 0).astype(np.float32)

    def noise_power(self) -> float:
        """Mean power of the noise over a shell, divided by that of even views."""
        views = self._on_sphere() / self._mean()
        return float(np.where(views > LEAST, 1 / np.maximum(views, LEAST), 0).mean())

    def missing(self) -> float:
        """The share of a shell's coefficients that are absent."""
        return float((self._on_sphere() / self._mean() <= LEAST).mean())

    def _frame(self) -> tuple[FloatArray, FloatArray]:
        """The axis, and the direction perpendicular to it and to the tilt axis; of length 1."""
        axis, tilt = _unit(self.axis), _unit(self.tilt_axis)
        across = np.cross(axis, tilt)
        if self.missing_wedge and np.linalg.norm(across) < 1e-6:
            raise ValueError("the tilt axis of a missing wedge is parallel to the beam")
        return axis, across / max(float(np.linalg.norm(across)), 1e-6)

    def _views(self, z: npt.ArrayLike, y: npt.ArrayLike, x: npt.ArrayLike) -> FloatArray:
        """Number of views, of any scale, at coefficients of directions (z, y, x) of length 1."""

        def along(direction: FloatArray) -> FloatArray:
            return np.abs(np.asarray(z) * direction[0] + np.asarray(y) * direction[1] + np.asarray(x) * direction[2])

        total = np.full(np.broadcast_shapes(*(np.shape(part) for part in (z, y, x))), 1.0)
        total -= sum(lobe.share for lobe in self.lobes)
        for lobe in self.lobes:
            cosine = along(_unit(lobe.axis))
            total += lobe.share * lobe.views(np.sqrt(np.clip(1 - cosine**2, 0, 1)))
        axis, across = self._frame()
        if self.missing_cone:
            total *= along(axis) < math.cos(math.radians(self.missing_cone))
        if self.missing_wedge:
            total *= along(across) >= math.tan(math.radians(self.missing_wedge)) * along(axis)
        return np.maximum(total, 0)

    def _on_sphere(self) -> FloatArray:
        """Number of views, of the scale of ``_views``, at points that are even on the sphere (a Fibonacci lattice)."""
        numbers = np.arange(_POINTS)
        z = 1 - (2 * numbers + 1) / _POINTS
        turn = numbers * math.pi * (3 - math.sqrt(5))
        radius = np.sqrt(1 - z**2)
        return self._views(z, radius * np.cos(turn), radius * np.sin(turn))

    def _mean(self) -> float:
        return float(self._on_sphere().mean())


def _unit(axis: Sequence[float]) -> FloatArray:
    direction = np.asarray(axis, float)
    length = float(np.linalg.norm(direction))
    if direction.shape != (3,) or not 0 < length < math.inf:
        raise ValueError(f"{axis} is no direction; give three numbers (z, y, x), not all 0")
    return direction / length
