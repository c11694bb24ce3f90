"""What is computed from resolution maps: statistics, comparison and consensus, resolution at atoms and residues."""

from deepreslib.analysis.annotation import Annotation, ResidueResolution, annotate, resolution_at
from deepreslib.analysis.comparison import Agreement, Comparison, assigned, compare
from deepreslib.analysis.distribution import Distribution
from deepreslib.analysis.summary import statistics

__all__ = [
    "Agreement",
    "Annotation",
    "Comparison",
    "Distribution",
    "ResidueResolution",
    "annotate",
    "assigned",
    "compare",
    "resolution_at",
    "statistics",
]
