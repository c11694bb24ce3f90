"""Pictures of local resolution: matplotlib figures on one colour scale, and a ChimeraX script.

Nothing here opens a window or touches pyplot: every function gives a ``matplotlib.figure.Figure`` that a window can
show or ``save_figure`` can write.
"""

from deepreslib.pictures.b_factors import (
    b_factor_against_resolution_figure,
    b_factor_for_chimerax,
    b_factor_histogram_figure,
    b_factor_scale,
    b_factor_slices_figure,
    b_factor_surface_figure,
)
from deepreslib.pictures.chimerax import can_open, check_name, resolution_for_chimerax, write_chimerax_script
from deepreslib.pictures.chimerax_maps import write_chimerax_maps_script
from deepreslib.pictures.chimerax_structure import write_chimerax_structure_script
from deepreslib.pictures.claim_tables import evidence_table_figure, verdict_table_figure
from deepreslib.pictures.classes import class_names, confusion_figure, probabilities_figure
from deepreslib.pictures.comparison import (
    agreement_figure,
    comparison_table_figure,
    count_figure,
    difference_figure,
    spread_figure,
)
from deepreslib.pictures.enhancement import (
    before_after_figure,
    fsc_before_after_figure,
    gains_figure,
    plain_surface_figure,
    profiles_figure,
)
from deepreslib.pictures.evidence import evidence_figure, overview_figure
from deepreslib.pictures.figures import add_colour_bar, save_figure
from deepreslib.pictures.histogram import histogram_figure
from deepreslib.pictures.residues import residue_figures
from deepreslib.pictures.scale import ColourScale, inside_values
from deepreslib.pictures.sharpness import overclaimed_figure, sharpness_curve_figure, sharpness_violin_figure
from deepreslib.pictures.slices import central_slices, coloured_slices_figure, grey_slices_figure, paired_slices_figure
from deepreslib.pictures.surface import ColouredSurface, coloured_surface, default_level
from deepreslib.pictures.text import plain, shortened
from deepreslib.pictures.views import surface_figure
from deepreslib.pictures.votes import (
    VOTES,
    name_votes,
    votes_histogram_figure,
    votes_slices_figure,
    votes_surface_figure,
)
from deepreslib.pictures.voxel_classes import (
    TEN_CLASSES,
    class_histogram_figure,
    class_slices_figure,
    class_surface_figure,
    name_classes,
    probability_slices_figure,
)

__all__ = [
    "TEN_CLASSES",
    "VOTES",
    "ColourScale",
    "ColouredSurface",
    "add_colour_bar",
    "agreement_figure",
    "b_factor_against_resolution_figure",
    "b_factor_for_chimerax",
    "b_factor_histogram_figure",
    "b_factor_scale",
    "b_factor_slices_figure",
    "b_factor_surface_figure",
    "before_after_figure",
    "can_open",
    "central_slices",
    "check_name",
    "class_histogram_figure",
    "class_names",
    "class_slices_figure",
    "class_surface_figure",
    "coloured_slices_figure",
    "coloured_surface",
    "comparison_table_figure",
    "confusion_figure",
    "count_figure",
    "default_level",
    "difference_figure",
    "evidence_figure",
    "evidence_table_figure",
    "fsc_before_after_figure",
    "gains_figure",
    "grey_slices_figure",
    "histogram_figure",
    "inside_values",
    "name_classes",
    "name_votes",
    "overclaimed_figure",
    "overview_figure",
    "paired_slices_figure",
    "plain",
    "plain_surface_figure",
    "probabilities_figure",
    "probability_slices_figure",
    "profiles_figure",
    "residue_figures",
    "resolution_for_chimerax",
    "save_figure",
    "sharpness_curve_figure",
    "sharpness_violin_figure",
    "shortened",
    "spread_figure",
    "surface_figure",
    "verdict_table_figure",
    "votes_histogram_figure",
    "votes_slices_figure",
    "votes_surface_figure",
    "write_chimerax_maps_script",
    "write_chimerax_script",
    "write_chimerax_structure_script",
]
