"""What ``import deepreslib`` offers. lazy_loader reads this file at the import, and so do type checkers."""

from . import (
    analysis,
    demo,
    enhancement,
    estimation,
    files,
    fourier,
    maps,
    networks,
    pictures,
    reports,
    simulation,
    structures,
    training,
)
from .analysis import annotate, compare, statistics
from .enhancement.b_factor import recommend
from .errors import InputError
from .estimation.by_name import estimate
from .fourier import global_fsc
from .maps import automatic_mask, read_map, threshold_mask, write_map
from .pictures import coloured_slices_figure, save_figure
from .simulation.half_maps import simulate
from .structures import read_structure
from .version import __version__

__all__ = [
    "InputError",
    "__version__",
    "analysis",
    "annotate",
    "automatic_mask",
    "coloured_slices_figure",
    "compare",
    "demo",
    "enhancement",
    "estimate",
    "estimation",
    "files",
    "fourier",
    "global_fsc",
    "maps",
    "networks",
    "pictures",
    "read_map",
    "read_structure",
    "recommend",
    "reports",
    "save_figure",
    "simulate",
    "simulation",
    "statistics",
    "structures",
    "threshold_mask",
    "training",
    "write_map",
]
