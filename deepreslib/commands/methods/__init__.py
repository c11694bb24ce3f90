"""The methods of ``deepres estimate``, one a module.

Each module has ``OPTIONS``, the names of the options that belong to it (as in the parsed arguments); ``ENDINGS``, what
is added to the output's name for the further maps that it may write; ``USES_HALVES``, whether it can use half maps, and
``NEEDS_HALVES``, whether it cannot do without; ``FINDS_MASK``, whether it finds the mask itself if none is given; and
``estimate(args, inputs)``, which returns an ``Outcome``.
"""

import importlib
from dataclasses import dataclass, field

import numpy as np

from deepreslib.maps import DensityMap

METHODS = {
    "cryores": "CryoRes, a neural network: one map; finds the global resolution and the mask too (after Dang 2023)",
    "deepres": "DeepRes, a neural network: one map (Ramírez-Aportela et al. 2019)",
    "localfsc": "local FSC, as blocres: two half maps (Cardone et al. 2013)",
    "monores": "MonoRes, monogenic signal: one map or two half maps (Vilas et al. 2018)",
    "resmap": "ResMap, likelihood-ratio test: one map or two half maps (Kucukelbir et al. 2014)",
}


@dataclass(frozen=True)
class Inputs:
    """What a method is given.

    Attributes:
        density_map: the map; with half maps and no map of its own, their mean.
        half_maps: two ``DensityMap``, or None.
        mask: bool (z, y, x); None if none was given to a method that finds it.
        threads: processor cores, None for all.
    """

    density_map: DensityMap
    half_maps: tuple[DensityMap, DensityMap] | None
    mask: np.ndarray | None
    threads: int | None

    @property
    def workers(self):
        """Threads as SciPy counts them: -1 for all."""
        return self.threads or -1


@dataclass(frozen=True)
class Outcome:
    """What a method finds.

    Attributes:
        resolution: float32 (z, y, x), Å, 0 outside the mask.
        more: ending of a further file's name → float32 (z, y, x).
        report: what the method adds to the report.
        headline: a few words for the line that is printed.
    """

    resolution: np.ndarray
    more: dict[str, np.ndarray] = field(default_factory=dict)
    report: dict = field(default_factory=dict)
    headline: str = ""


def load(name):
    """The module of a method."""
    return importlib.import_module(f"deepreslib.commands.methods.{name}")
