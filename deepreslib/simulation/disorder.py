"""Local disorder of a molecule: a smooth field over its atoms, and the B factors that blur each atom in a map.

The field goes from 0, the best ordered part, to 1, the worst. It is mixed from the structure's own B factors, chance,
the distance from the centre (errors of the particles' orientations) and the bending of a domain about a hinge. The
local resolution follows from the field, and the B factor from the local resolution: where the spectrum of the noise is
flat, a signal of amplitude exp(-B s²/4) sinks below it at a frequency s that grows as 1/sqrt(B) (Rosenthal & Henderson
2003, section on the B factor), so B is proportional to the square of the local resolution.

That is one law of several (``LAWS``), so that what is learnt from such maps is not one simulator's habit. All laws
agree about the resolution of the best and, but for the last, of the worst part:

- ``square``: the local resolution grows with the field, and B with its square.
- ``linear``: B itself grows with the field.
- ``occupancy``: all atoms have the B factor of the best part, and the worse a part, the fewer particles have it. In the
  noise above, a signal of amplitude q exp(-B s²/4) sinks at the frequency of a B factor as high as the law ``square``
  gives it if q = exp(-steepness/4 (1 - (best resolution / local resolution)²)).
- ``uniform``: all atoms have the B factor of the best part; the field has no effect.
"""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage

from deepreslib.fourier.arrays import FloatArray

SMOOTHING = 5.0
"""Å, SD of the Gaussian that averages the structure's own B factors: disorder of neighbours is alike."""

LAWS = ("square", "linear", "occupancy", "uniform")
"""What the field changes in the atoms."""

_GRID = 2.5
_WAVES = 256
_TAILS = (1, 99)
_LEAST_RANGE = 0.1
_LEAST_SD = 1.0
_MOST_REPEATED = 0.5


@dataclass(frozen=True)
class Disorder:
    """What the field is mixed from, and how it determines the B factors.

    Attributes:
        own: weight of the structure's own B factors; taken as 0 if they do not show any disorder (see
            ``is_informative``).
        random: weight of a random smooth field.
        distal: weight of the squared distance from the molecule's centre.
        domain: weight of a domain's bending.
        length: Å, the distance over which the random field varies.
        spread: resolution of the worst part divided by that of the best.
        skew: exponent of the field; above 1 most of the molecule is well ordered and little is badly so.
        steepness: B factor of an atom divided by the square of its resolution, without unit.
        law: one of ``LAWS``.
        common: Å², added to the B factor of every atom: what blurs the whole map alike, such as a detector.
        least_occupancy: the law ``occupancy`` gives no atom less.
    """

    own: float = 1.0
    random: float = 0.5
    distal: float = 0.3
    domain: float = 0.0
    length: float = 25.0
    spread: float = 1.8
    skew: float = 1.3
    steepness: float = 10.0
    law: str = "square"
    common: float = 0.0
    least_occupancy: float = 0.1

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise ValueError(f"{self.law!r} is no law of disorder; give one of {', '.join(LAWS)}")


def is_informative(b_factors: FloatArray) -> bool:
    """Whether B factors distinguish order from disorder: they vary enough, and are not mostly one number.

    Args:
        b_factors: (n,) Å².

    Returns:
        True or False.
    """
    if not len(b_factors):
        return False
    low, middle, high = np.percentile(b_factors, [5, 50, 95])
    repeated = np.unique(b_factors, return_counts=True)[1].max() / len(b_factors)
    return bool(
        b_factors.std() > _LEAST_SD and high - low > _LEAST_RANGE * max(middle, 1) and repeated < _MOST_REPEATED
    )


def averaged(values: FloatArray, positions: FloatArray, width: float = SMOOTHING) -> FloatArray:
    """Values, each replaced by the Gaussian-weighted mean of its surroundings.

    Args:
        values: (n,).
        positions: (n, 3) Å, where the values are.
        width: SD of the Gaussian, Å, at least 2.5.

    Returns:
        float64 (n,).
    """
    place = (positions - positions.min(0)) / _GRID
    corner = np.rint(place).astype(int)
    shape = corner.max(0) + 1
    flat = np.ravel_multi_index(corner.T, shape)
    count, total = (
        scipy.ndimage.gaussian_filter(
            np.bincount(flat, weights, np.prod(shape)).reshape(shape), width / _GRID, mode="constant"
        )
        for weights in (np.ones(len(values)), values)
    )
    count, total = (scipy.ndimage.map_coordinates(grid, place.T, order=1, mode="nearest") for grid in (count, total))
    return total / count


def random_field(positions: FloatArray, length: float, rng: np.random.Generator) -> FloatArray:
    """A Gaussian random field of mean 0 and variance 1, with correlation exp(-r² / (2 length²)).

    It is a sum of waves with Gaussian wave vectors and random phases (Rahimi & Recht 2007).

    Args:
        positions: (n, 3) Å, where the field is needed.
        length: Å, the distance over which it varies.
        rng: the random generator.

    Returns:
        float64 (n,).
    """
    waves = rng.standard_normal((_WAVES, 3)) / length
    phases = rng.uniform(0, 2 * np.pi, _WAVES)
    return np.sqrt(2 / _WAVES) * np.cos(positions @ waves.T + phases).sum(1)


def distal_field(positions: FloatArray) -> FloatArray:
    """Mean square displacement by small rotations about the centre: the squared distance from it; greatest 1.

    Args:
        positions: (n, 3) Å.

    Returns:
        float64 (n,).
    """
    square = np.square(positions - positions.mean(0)).sum(1)
    return square / max(square.max(), 1e-9)


def domain_field(positions: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Mean square displacement of a domain that bends about a hinge; greatest 1, and 0 on the hinge's other side.

    The hinge is a plane of random direction near the molecule's middle; displacement grows with the distance from it.

    Args:
        positions: (n, 3) Å.
        rng: the random generator.

    Returns:
        float64 (n,).
    """
    normal = rng.standard_normal(3)
    along = (positions - positions.mean(0)) @ (normal / np.linalg.norm(normal))
    hinge = np.percentile(along, rng.uniform(35, 75))
    square = np.square(np.maximum(along - hinge, 0))
    return square / max(square.max(), 1e-9)


def field(b_factors: FloatArray, positions: FloatArray, disorder: Disorder, rng: np.random.Generator) -> FloatArray:
    """The mixed field, from 0 (best ordered) to 1 (worst).

    Args:
        b_factors: (n,) Å², the structure's own.
        positions: (n, 3) Å.
        disorder: what the field is mixed from.
        rng: the random generator; the weights do not change which numbers are drawn from it.

    Returns:
        (n,) float64; 0 everywhere if all weights are 0.
    """
    parts = [
        (disorder.random, random_field(positions, disorder.length, rng)),
        (disorder.domain, domain_field(positions, rng)),
        (disorder.distal, distal_field(positions)),
    ]
    if disorder.own and is_informative(b_factors):
        low, high = np.percentile(b_factors, _TAILS)
        parts.append((disorder.own, averaged(np.clip(b_factors, low, high), positions)))
    mixed = np.zeros(len(positions))
    for weight, values in parts:
        mixed = mixed + weight * values / max(values.std(), 1e-9)
    low, high = np.percentile(mixed, _TAILS)
    return np.clip((mixed - low) / (high - low), 0, 1) if high > low else np.zeros(len(positions))


def resolutions(field: FloatArray, resolution: float, disorder: Disorder) -> FloatArray:
    """The local resolution at each atom: ``resolution`` where the field is 0, ``spread`` times that where it is 1.

    Args:
        field: (n,), from 0 to 1.
        resolution: Å, of the best part.
        disorder: its ``spread`` and ``skew`` are used.

    Returns:
        (n,) Å.
    """
    return resolution * (1 + (disorder.spread - 1) * field**disorder.skew)


def b_factors(field: FloatArray, resolution: float, disorder: Disorder) -> FloatArray:
    """B factor of each atom, by the law; that of ``square`` is steepness × (local resolution)².

    Args:
        field: (n,), from 0 to 1.
        resolution: Å, of the best part.
        disorder: its ``law``, ``spread``, ``skew``, ``steepness`` and ``common`` are used.

    Returns:
        (n,) Å².
    """
    best = disorder.steepness * resolution**2
    if disorder.law == "square":
        own = disorder.steepness * resolutions(field, resolution, disorder) ** 2
    elif disorder.law == "linear":
        own = best * (1 + (disorder.spread**2 - 1) * field**disorder.skew)
    else:
        own = np.full(len(field), best)
    return own + disorder.common


def occupancies(field: FloatArray, disorder: Disorder) -> FloatArray:
    """The share of the particles that have each atom: 1, but for the law ``occupancy``.

    Args:
        field: (n,), from 0 to 1.
        disorder: its ``law``, ``spread``, ``skew``, ``steepness`` and ``least_occupancy`` are used.

    Returns:
        (n,), above 0 and at most 1.
    """
    if disorder.law != "occupancy":
        return np.ones(len(field))
    ratio = resolutions(field, 1.0, disorder)
    return np.maximum(np.exp(-disorder.steepness / 4 * (1 - ratio**-2)), disorder.least_occupancy)
