"""What every viewer of the plugin's maps shares: reading volumes, showing figures, explaining refusals."""

import contextlib
import functools
import os

import numpy as np
from pwem.constants import AX_Z
from pwem.wizards import ColorScaleWizardBase
from pyworkflow.protocol import params
from pyworkflow.viewer import DESKTOP_TKINTER, ProtocolViewer

from deepres_plugin.inputs import convertInput, inputPath
from deepres_plugin.run_names import runName
from deepres_plugin.viewers.figure_view import FigureView
from deepreslib import pictures
from deepreslib.errors import InputError
from deepreslib.maps import read_map

AXES = ("x", "y", "z")


class MapViewer(ProtocolViewer):
    """Entries in a form, each with a function that returns views, so that a test gets the figures without a display.

    A subclass names its protocol in ``_targets`` and its entries in ``_getEntries`` (name → function without
    arguments that returns views).
    """

    _environments = [DESKTOP_TKINTER]

    def _getVisualizeDict(self):
        return {name: functools.partial(self._showOrExplain, show) for name, show in self._getEntries().items()}

    def _showOrExplain(self, show, paramName=None):
        try:
            with self._busy():
                return show()
        except InputError as error:
            return [self.errorMessage(str(error), "This cannot be shown")]

    @contextlib.contextmanager
    def _busy(self):
        """A clock as the mouse pointer over all windows, as a large surface takes seconds to draw."""
        root = getattr(getattr(self, "formWindow", None), "root", None)
        windows = [] if root is None else {root, self.getTkRoot() or root}
        for window in windows:
            window.configure(cursor="watch")
            window.update_idletasks()
        try:
            yield
        finally:
            for window in windows:
                window.configure(cursor="")

    # --------------------------- slices -------------------------------------
    @staticmethod
    def _defineSliceAxis(group):
        group.addParam(
            "sliceAxis",
            params.EnumParam,
            choices=list(AXES),
            default=AX_Z,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Slice axis",
            help="The axis that the slices cut across, in all entries of this window.",
        )

    def _getAxis(self):
        return AXES[self.sliceAxis.get()]

    # --------------------------- colours ------------------------------------
    @staticmethod
    def _defineColourScale(form, scale):
        """The form's group of colours, as it is before the user changes it."""
        group = form.addGroup("Colour scale of all pictures")
        ColorScaleWizardBase.defineColorScaleParams(
            group,
            defaultLowest=scale.low,
            defaultHighest=scale.high,
            defaultIntervals=scale.levels,
            defaultColorMap=scale.colour_map,
        )

    def _getScale(self):
        """The colours that the form asks for, the same in every entry."""
        numbers = (self.lowest.get(), self.highest.get(), self.intervals.get())
        if None in numbers:
            raise InputError(
                "A field of the colour scale is empty: give its lowest and highest value and its intervals."
            )
        lowest, highest, intervals = numbers
        return pictures.ColourScale(lowest, highest, self.colorMap.get(), max(intervals, 2))

    # --------------------------- utilities ----------------------------------
    def _readVolume(self, volume):
        """A volume's values on the grid that Scipion gives it, whatever the file's header says."""
        path = self._findFile(volume)
        origin = volume.getOrigin(force=True).getShifts()
        return read_map(path, volume.getSamplingRate(), np.array(origin)[::-1])

    def _findFile(self, volume):
        """The file of a volume in a format that deepres reads; converted now if no step of the run needed that."""
        path = inputPath(volume, self.protocol._getExtraPath())
        return path if os.path.exists(path) else convertInput(volume, self.protocol._getExtraPath())

    def _getName(self):
        """What the run is called in titles and legends."""
        return runName(self.protocol)

    def _figure(self, figure, title):
        return [FigureView(figure, f"{title}: {self._getName()}", self.getTkRoot())]

    def _showGrey(self, volume, title, inside=None, outline=None, label=""):
        """Four slices of a volume in grey, about the centre of ``inside``, with the outline of a mask."""
        image = self._readVolume(volume)
        figure = pictures.grey_slices_figure(
            image.data, image.voxel_size, self._getAxis(), None, inside, image.origin, title, outline, label
        )
        return self._figure(figure, title)
