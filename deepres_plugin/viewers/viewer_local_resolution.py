"""What every local-resolution viewer of the plugin shares: its form and its pictures."""

import importlib.util
import os

from pwem.viewers import ChimeraView, DataView, LocalResolutionViewer
from pwem.viewers.viewer_localres import chimeraInstalled, getChimeraError
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_RESOLUTION
from deepres_plugin.inputs import COMPRESSED
from deepres_plugin.viewers.viewer_base import MapViewer
from deepreslib import pictures
from deepreslib.maps import write_map
from deepreslib.maps.labels import RESOLUTION


class LocalResolutionMapViewer(MapViewer, LocalResolutionViewer):
    """Histogram, slices and surface of a protocol that has ``inputVolume`` and gives ``resolution_Volume``.

    A subclass names its protocol in ``_targets`` and may add entries in ``_defineMoreParams`` and
    ``_getMoreEntries``.
    """

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label=self._getHeading())
        form.addParam(
            "doShowResHistogram",
            params.LabelParam,
            label="Histogram of the resolution",
            help="How many voxels of the mask have which local resolution, in bins of 0.25 Å; the dashed line is "
            "the median.",
        )
        form.addParam(
            "doShowVolumeSlices",
            params.LabelParam,
            label="Slices of the resolution map",
            help="The resolution map itself in grey, voxel values in Å. Opens Xmipp's viewer if it is installed.",
        )
        form.addParam(
            "doShowOriginalVolumeSlices",
            params.LabelParam,
            label="Slices of the input volume",
            help="The density in grey, to compare with. Opens Xmipp's viewer if it is installed.",
        )
        self._defineMoreParams(form)

        group = form.addGroup("Coloured slices")
        self._defineSliceAxis(group)
        group.addParam(
            "doShowVolumeColorSlices",
            params.LabelParam,
            label="Four slices",
            help="Slices about the centre of the mask, density in grey, resolution in colour over it.",
        )
        group.addParam(
            "sliceNumber",
            params.IntParam,
            default=-1,
            allowsNull=True,
            label="Slice number",
            help="The slice to show below, counted from 0; −1 or empty is the one through the middle of the map.",
        )
        group.addParam(
            "doShowOneColorslice",
            params.LabelParam,
            label="One slice",
            help="The slice of the number above, large, coloured in the same way.",
        )

        group = form.addGroup("Coloured surface")
        group.addParam(
            "surfaceLevel",
            params.FloatParam,
            allowsNull=True,
            label="Density level",
            help="The density at which the surface is drawn. Empty: found from the map and its mask.",
        )
        group.addParam(
            "doShowSurface",
            params.LabelParam,
            label="Surface",
            help="The surface of the density, coloured by the resolution just inside it, from three sides. It needs "
            "no other program.",
        )
        group.addParam(
            "doShowChimera",
            params.LabelParam,
            label="Surface in ChimeraX",
            help="The same in ChimeraX, to turn and to compare with models: volume and resolution map lie at the "
            "origin that Scipion knows, with a key of the colours in Å.",
        )

        self._defineColourScale(form, self._makeDefaultScale())

    def _defineMoreParams(self, form):
        """For subclasses: further entries, each with a function in ``_getMoreEntries``."""

    def _getHeading(self):
        """For subclasses: what stands above the form."""
        return self._getMeasure()

    def _getMeasure(self):
        """What the values are, for titles and keys: with the cutoff if they stand for a local FSC."""
        report = self.protocol._readReport() if self._getResolutionVolume() is not None else {}
        cutoff = report.get("local_cutoff")  # runs of older versions and other methods have none
        return "Local resolution" if cutoff is None else f"Local resolution, local FSC {cutoff:g}"

    def _getLabel(self):
        """The measure with its unit."""
        return f"{self._getMeasure()} (Å)"

    def _getMarks(self):
        """For subclasses: name → resolution, Å, of further lines in the histogram."""
        return {}

    def _getMoreEntries(self):
        """For subclasses: name of an entry → function without arguments that returns views."""
        return {}

    def _getEntries(self):
        return {
            "doShowResHistogram": self._showHistogram,
            "doShowVolumeSlices": self._showResolutionSlices,
            "doShowOriginalVolumeSlices": self._showDensitySlices,
            "doShowVolumeColorSlices": self._showColouredSlices,
            "doShowOneColorslice": self._showOneColouredSlice,
            "doShowSurface": self._showSurface,
            "doShowChimera": self._showChimera,
            **self._getMoreEntries(),
        }

    def _validate(self):
        if self._getResolutionVolume() is None:
            return ["This run has no resolution map yet: wait for it to finish, or look at its log."]
        return []

    # --------------------------- entries ------------------------------------
    def _showHistogram(self):
        values = {self._getName(): self._readResolution().data}
        limits = self.protocol._readReport().get("range")  # runs of older versions have none
        ends = (limits["low"], limits["high"]) if limits else None
        figure = pictures.histogram_figure(
            values, self._getScale(), ends=ends, label=self._getLabel(), marks=self._getMarks()
        )
        return self._figure(figure, "Histogram")

    def _showResolutionSlices(self):
        return self._showSlices(
            self._getResolutionVolume(), "Resolution map", f"{self._getLabel()}, 0 outside the mask"
        )

    def _showDensitySlices(self):
        return self._showSlices(self.protocol.inputVolume.get(), "Input volume")

    def _showColouredSlices(self):
        return self._showColoured(None, self._getMeasure())

    def _showOneColouredSlice(self):
        number = self.sliceNumber.get()
        if number is None or number < 0:
            number = self._getResolutionVolume().getDim()[self.sliceAxis.get()] // 2
        return self._showColoured([number], f"{self._getMeasure()}, slice {number}")

    def _showSurface(self):
        density, resolution = self._readDensity(), self._readResolution()
        surface = pictures.coloured_surface(
            density.data,
            resolution.data,
            resolution.voxel_size,
            self.surfaceLevel.get(),
            origin=resolution.origin,
        )
        figure = pictures.surface_figure(surface, self._getScale(), label=self._getLabel())
        return self._figure(figure, f"{self._getMeasure()}, surface")

    def _showChimera(self):
        return self._openChimera(
            self._writeChimeraScript(self._readResolution(), RESOLUTION, self._getScale(), self._getLabel())
        )

    def _openChimera(self, script):
        if not chimeraInstalled():
            message = f"{getChimeraError()}.\n\nThe script is ready for a ChimeraX elsewhere:\n\n{script}"
            return [self.errorMessage(message, "ChimeraX not found")]
        return [ChimeraView(script)]

    # --------------------------- utilities ----------------------------------
    def _getResolutionVolume(self):
        """The resolution map; None if there is none, or if its files are gone because a later run failed."""
        return getattr(self.protocol, OUTPUT_RESOLUTION, None) if self.protocol._hasResult() else None

    def _makeDefaultScale(self):
        if self._getResolutionVolume() is None:
            return pictures.ColourScale(2.5, 13.0)
        return pictures.ColourScale.from_values(self._readResolution().data)

    def _readResolution(self):
        return self._readVolume(self._getResolutionVolume())

    def _readDensity(self):
        return self._readVolume(self.protocol.inputVolume.get())

    def _showSlices(self, volume, title, label=""):
        path = self._findFile(volume)
        if importlib.util.find_spec("xmipp3") and not path.lower().endswith(COMPRESSED):
            return [DataView(f"{path}:mrc")]
        return self._showGrey(volume, title, self._readResolution().data > 0, label=label)

    def _showColoured(self, numbers, title):
        density, resolution = self._readDensity(), self._readResolution()
        figure = pictures.coloured_slices_figure(
            density.data,
            resolution.data,
            resolution.voxel_size,
            self._getScale(),
            self._getAxis(),
            numbers,
            resolution.origin,
            label=self._getLabel(),
        )
        return self._figure(figure, title)

    def _writeChimeraScript(self, coloured, quantity, scale, label, name="local_resolution"):
        """A script that colours the surface of the density.

        Args:
            coloured: the map that gives the colours, 0 outside the mask.
            quantity: what its values are, for the label of a copy without zeros.
            scale: the colours.
            label: what the key measures.
            name: of the script and the copy.
        """
        density = self._readDensity()
        level = self.surfaceLevel.get()
        if level is None:
            level = pictures.default_level(density.data, coloured.data > 0)
        filled = self.protocol._getExtraPath(f"{name}_filled.mrc")
        write_map(filled, coloured.like(pictures.resolution_for_chimerax(coloured.data)), quantity)
        script = os.path.abspath(self.protocol._getExtraPath(f"{name}.cxc"))
        pictures.write_chimerax_script(
            script,
            density.path,
            filled,
            coloured.voxel_size,
            coloured.origin,
            level,
            scale,
            label=label,
            axes=max(coloured.data.shape) * max(coloured.voxel_size) / 2,
        )
        return script
