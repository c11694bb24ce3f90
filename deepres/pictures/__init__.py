"""Pictures of local resolution: matplotlib figures on one colour scale, and a ChimeraX script.

Nothing here opens a window or touches pyplot: every function gives a ``matplotlib.figure.Figure`` that a window can
show or ``save_figure`` can write.
"""

from deepres.pictures.chimerax import resolution_for_chimerax, write_chimerax_script
from deepres.pictures.figures import add_colour_bar, save_figure
from deepres.pictures.histogram import histogram_figure
from deepres.pictures.scale import ColourScale, inside_values
from deepres.pictures.slices import central_slices, coloured_slices_figure, grey_slices_figure
from deepres.pictures.surface import ColouredSurface, coloured_surface, default_level
from deepres.pictures.views import surface_figure

__all__ = [
    "ColourScale",
    "ColouredSurface",
    "add_colour_bar",
    "central_slices",
    "coloured_slices_figure",
    "coloured_surface",
    "default_level",
    "grey_slices_figure",
    "histogram_figure",
    "inside_values",
    "resolution_for_chimerax",
    "save_figure",
    "surface_figure",
    "write_chimerax_script",
]
