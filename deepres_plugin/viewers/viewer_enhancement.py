"""What the viewers of all enhancers share: the map before and after, its surface, B factors, FSC, ChimeraX."""

import os

import numpy as np
from pwem.viewers import ChimeraView
from pwem.viewers.viewer_localres import chimeraInstalled, getChimeraError
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_B_FACTOR, OUTPUT_MASK, OUTPUT_VOLUME
from deepres_plugin.viewers.viewer_base import MapViewer
from deepreslib import pictures
from deepreslib.errors import InputError
from deepreslib.fourier.fsc import ShellCorrelation
from deepreslib.maps import read_map, write_map
from deepreslib.maps.labels import B_FACTOR


class EnhancementViewer(MapViewer):
    """Pictures of a protocol that is an ``EnhancementProtocol``.

    A subclass names its protocol in ``_targets`` and may add entries in ``_defineMoreParams`` and
    ``_getMoreEntries``.
    """

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Enhanced map")
        group = form.addGroup("Slices")
        self._defineSliceAxis(group)
        group.addParam(
            "sliceNumber",
            params.IntParam,
            default=-1,
            allowsNull=True,
            label="Slice number",
            help="The slice to show, counted from 0; −1 or empty: two about the centre of the mask.",
        )
        group.addParam(
            "doShowBeforeAfter",
            params.LabelParam,
            label="Before and after",
            help="The same slices of the input volume and of the enhanced one, on one scale of greys: both in units of "
            "their own SD within the mask, as enhancing changes the scale of a map.",
        )
        group = form.addGroup("Surface")
        group.addParam(
            "surfaceLevel",
            params.FloatParam,
            allowsNull=True,
            label="Density level",
            help="The density of the enhanced map at which the surface is drawn. Empty: found from the map and its "
            "mask.",
        )
        group.addParam(
            "doShowSurface",
            params.LabelParam,
            label="Surface",
            help="The surface of the enhanced map in one colour, from three sides. It needs no other program.",
        )
        group.addParam(
            "doShowChimera",
            params.LabelParam,
            label="Both maps in ChimeraX",
            help="The map before and after in ChimeraX, at the origin that Scipion knows, the second coloured by the B "
            "factors. The first lines of the script tell how to change between them.",
        )
        group = form.addGroup("Amplitudes")
        group.addParam(
            "doShowFsc",
            params.LabelParam,
            label="FSC before and after",
            help="The FSC of the half maps within the mask, before and after both were enhanced by the same gains. The "
            "second is for comparison, not for claims, as the gains come from both half maps. It is dotted where the "
            "enhanced maps hold nothing but what leaked from coarser details.",
        )
        self._defineMoreParams(group)
        self._defineBFactorParams(form)

    def _defineBFactorParams(self, form):
        form.addSection(label="B factors")
        form.addParam(
            "doShowBSlices",
            params.LabelParam,
            label="B factors on slices",
            help="Four slices about the centre of the mask: the B factor applied at each voxel, negative where "
            "the map was sharpened, over the density in grey. They cut across the axis that is chosen for the map.",
        )
        form.addParam(
            "doShowBHistogram",
            params.LabelParam,
            label="Histogram of the B factors",
            help="How many voxels of the mask got which B factor; the dashed line is the median.",
        )
        form.addParam(
            "doShowBSurface",
            params.LabelParam,
            label="Surface coloured by B factors",
            help="The surface of the enhanced map, coloured by the B factors just inside it, from three sides.",
        )
        form.addParam(
            "doShowBAgainstResolution",
            params.LabelParam,
            label="B factor against local FSC",
            help="The B factor of each voxel against the local resolution, where the local FSC of the half maps "
            "as they were falls to 0.5; with the correlation of the ranks. What is resolved better should be "
            "sharpened more. Local FSC is computed now, which takes seconds; a large map takes a minute.",
        )
        self._defineColourScale(form, self._makeDefaultScale())

    def _defineMoreParams(self, group):
        """For subclasses: further entries about amplitudes, each with a function in ``_getMoreEntries``."""

    def _getMoreEntries(self):
        """For subclasses: name of an entry → function without arguments that returns views."""
        return {}

    def _getEntries(self):
        return {
            "doShowBeforeAfter": self._showBeforeAfter,
            "doShowSurface": self._showSurface,
            "doShowChimera": self._showChimera,
            "doShowFsc": self._showFsc,
            "doShowBSlices": self._showBSlices,
            "doShowBHistogram": self._showBHistogram,
            "doShowBSurface": self._showBSurface,
            "doShowBAgainstResolution": self._showBAgainstResolution,
            **self._getMoreEntries(),
        }

    def _validate(self):
        if not self.protocol._hasResult():
            return ["This run has no enhanced map yet: wait for it to finish, or look at its log."]
        return []

    # --------------------------- entries ------------------------------------
    def _showBeforeAfter(self):
        after = self._readAfter()
        number = self.sliceNumber.get()
        numbers = None if number is None or number < 0 else [number]
        figure = pictures.before_after_figure(
            self._readBefore().data,
            after.data,
            self._readMask(),
            after.voxel_size,
            self._getAxis(),
            numbers,
            after.origin,
        )
        return self._figure(figure, "Before and after")

    def _showSurface(self):
        after = self._readAfter()
        figure = pictures.plain_surface_figure(
            after.data, self._readMask(), after.voxel_size, self.surfaceLevel.get(), after.origin
        )
        return self._figure(figure, "Surface")

    def _showFsc(self):
        report = self.protocol._readReport()
        if not report.get("fsc_after"):
            raise InputError("This run had no half maps, so there is no FSC: run it again with half maps.")
        curves = [
            ShellCorrelation(np.array(report[name]["frequency"]), np.array(report[name]["correlation"]))
            for name in ("fsc_before", "fsc_after")
        ]
        held = report.get("held_shells") or []
        end = max((shell["coarsest"] for shell in held), default=None)
        return self._figure(pictures.fsc_before_after_figure(*curves, end=end), "FSC before and after")

    def _showBSlices(self):
        b_factor = self._readBFactor()
        figure = pictures.b_factor_slices_figure(
            b_factor.data,
            self._readMask(),
            b_factor.voxel_size,
            self._getScale(),
            self._readAfter().data,
            self._getAxis(),
            origin=b_factor.origin,
        )
        return self._figure(figure, "B factors on slices")

    def _showBHistogram(self):
        figure = pictures.b_factor_histogram_figure(self._readBFactor().data, self._readMask(), self._getScale())
        return self._figure(figure, "Histogram of the B factors")

    def _showBSurface(self):
        b_factor = self._readBFactor()
        figure = pictures.b_factor_surface_figure(
            self._readAfter().data,
            b_factor.data,
            self._readMask(),
            b_factor.voxel_size,
            self._getScale(),
            self.surfaceLevel.get(),
            b_factor.origin,
        )
        return self._figure(figure, "Surface coloured by B factors")

    def _showBAgainstResolution(self):
        b_factor, mask = self._readBFactor(), self._readMask()
        figure = pictures.b_factor_against_resolution_figure(self._getLocalFsc(mask), b_factor.data, mask)
        return self._figure(figure, "B factor against local FSC")

    def _showChimera(self):
        script = self._writeChimeraScript()
        if not chimeraInstalled():
            message = f"{getChimeraError()}.\n\nThe script is ready for a ChimeraX elsewhere:\n\n{script}"
            return [self.errorMessage(message, "ChimeraX not found")]
        return [ChimeraView(script)]

    # --------------------------- utilities ----------------------------------
    def _readBefore(self):
        return self._readVolume(self.protocol.inputVolume.get())

    def _readAfter(self):
        return self._readVolume(getattr(self.protocol, OUTPUT_VOLUME))

    def _readBFactor(self):
        volume = getattr(self.protocol, OUTPUT_B_FACTOR, None)
        if volume is None:
            raise InputError("This run has no map of B factors: run it again.")
        return self._readVolume(volume)

    def _readMask(self):
        """Where the map was enhanced, bool (z, y, x); the program writes it for every run."""
        return read_map(self.protocol.getResultFile(OUTPUT_MASK)).data > 0.5

    def _getLocalFsc(self, mask):
        """The local resolution of the half maps as they were, Å, computed once for each viewer."""
        if not hasattr(self, "_localFsc"):
            halves = self.protocol._getHalfMaps()
            if not halves:
                raise InputError("This run had no half maps, so there is no local FSC: run it again with half maps.")
            from deepreslib.estimation import localfsc

            pair = tuple(self._readVolume(half) for half in halves)
            self._localFsc = localfsc.estimate(pair, mask, workers=self.protocol.numberOfThreads.get()).resolution
        return self._localFsc

    def _makeDefaultScale(self):
        if not self.protocol._hasResult() or not hasattr(self.protocol, OUTPUT_B_FACTOR):
            return pictures.ColourScale(-100, 50)
        return pictures.b_factor_scale(self._readBFactor().data, self._readMask())

    def _writeChimeraScript(self):
        """The script; beside it a copy of the B factors without the zeros outside the mask."""
        before, after, mask = self._readBefore(), self._readAfter(), self._readMask()
        level = self.surfaceLevel.get()
        if level is None:
            level = pictures.default_level(after.data, mask)
        coloured = {}
        if hasattr(self.protocol, OUTPUT_B_FACTOR):
            b_factor, filled = self._readBFactor(), self.protocol._getExtraPath("b_factor_filled.mrc")
            write_map(filled, b_factor.like(pictures.b_factor_for_chimerax(b_factor.data, mask)), B_FACTOR)
            coloured = {"b_factor_path": filled, "scale": self._getScale()}
        script = os.path.abspath(self.protocol._getExtraPath("before_and_after.cxc"))
        pictures.write_chimerax_maps_script(
            script,
            (before.path, pictures.default_level(before.data, mask)),
            (after.path, level),
            after.voxel_size,
            after.origin,
            **coloured,
        )
        return script
