"""What is computed from resolution maps: statistics, comparison and consensus, resolution at atoms and residues."""

from deepreslib.analysis.annotation import Annotation, ResidueResolution, annotate, resolution_at
from deepreslib.analysis.comparison import Agreement, Comparison, compare
from deepreslib.analysis.distribution import Distribution
from deepreslib.analysis.resolution_map import as_resolution, assigned
from deepreslib.analysis.summary import statistics

__all__ = [
    "Agreement",
    "Annotation",
    "Comparison",
    "Distribution",
    "ResidueResolution",
    "annotate",
    "as_resolution",
    "assigned",
    "compare",
    "resolution_at",
    "statistics",
]
