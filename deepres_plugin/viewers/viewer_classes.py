"""The viewer of "resolution classes"."""

from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_CLASS, OUTPUT_PROBABILITY
from deepres_plugin.protocols import ProtDeepClasses
from deepres_plugin.protocols.protocol_classes import LABEL_TEXTS
from deepres_plugin.viewers.viewer_deep_resolution import DeepResolutionViewer
from deepreslib import pictures
from deepreslib.errors import InputError
from deepreslib.maps.labels import CLASS
from deepreslib.networks.class_labels import LABELS


class ClassesViewer(DeepResolutionViewer):
    """The classes in ten colours, their probabilities, and the resolution that is expected from them."""

    _label = "resolution classes viewer"
    _targets = [ProtDeepClasses]

    def _defineMoreParams(self, form):
        super()._defineMoreParams(form)
        group = form.addGroup("Ten classes")
        group.addParam(
            "doShowClassHistogram",
            params.LabelParam,
            label="Histogram by class",
            help="How much of the mask each class has, and how probable it is there on average.",
        )
        group.addParam(
            "doShowClassSlices",
            params.LabelParam,
            label="Classes on slices",
            help="Slices about the centre of the mask, density in grey, each class in a colour of its own. The key "
            "says how much of the mask each has.",
        )
        group.addParam(
            "doShowProbabilitySlices",
            params.LabelParam,
            label="Probability on slices",
            help="How probable the class of each voxel is, from 0 to 1: where it is low, other classes are nearly as "
            "probable.",
        )
        group.addParam(
            "doShowClassSurface",
            params.LabelParam,
            label="Classes on the surface",
            help="The surface of the density, coloured by the classes just inside it, from three sides, at the "
            "density level below.",
        )
        group.addParam(
            "doShowClassChimera",
            params.LabelParam,
            label="Classes in ChimeraX",
            help="The same in ChimeraX, in the same colours and with their key.",
        )

    def _getMoreEntries(self):
        return super()._getMoreEntries() | {
            "doShowClassHistogram": self._showClassHistogram,
            "doShowClassSlices": self._showClassSlices,
            "doShowProbabilitySlices": self._showProbabilitySlices,
            "doShowClassSurface": self._showClassSurface,
            "doShowClassChimera": self._showClassChimera,
        }

    def _getMeasure(self):
        measure = super()._getMeasure()
        return measure if "FSC" in measure else f"{measure}{self._getBy()}"

    # --------------------------- entries ------------------------------------
    def _showClassHistogram(self):
        counts = self.protocol._readReport()["classes"]
        figure = pictures.class_histogram_figure(counts, label=self._getClassLabel())
        return self._figure(figure, "Histogram by class")

    def _showClassSlices(self):
        classes = self._readOutput(OUTPUT_CLASS)
        figure = pictures.class_slices_figure(
            classes.data,
            classes.voxel_size,
            self._readDensity().data,
            self._getAxis(),
            origin=classes.origin,
            label=self._getClassLabel(),
        )
        return self._figure(figure, "Classes on slices")

    def _showProbabilitySlices(self):
        probability = self._readOutput(OUTPUT_PROBABILITY)
        figure = pictures.probability_slices_figure(
            probability.data,
            probability.voxel_size,
            self._readDensity().data,
            self._getAxis(),
            origin=probability.origin,
        )
        return self._figure(figure, "Probability of the class")

    def _showClassSurface(self):
        classes = self._readOutput(OUTPUT_CLASS)
        figure = pictures.class_surface_figure(
            classes.data,
            self._readDensity().data,
            classes.voxel_size,
            self.surfaceLevel.get(),
            origin=classes.origin,
            label=self._getClassLabel(),
        )
        return self._figure(figure, "Classes on the surface")

    def _showClassChimera(self):
        classes, label = self._readOutput(OUTPUT_CLASS), self._getClassLabel()
        return self._openChimera(self._writeChimeraScript(classes, CLASS, pictures.TEN_CLASSES, label, "classes"))

    # --------------------------- utilities ----------------------------------
    def _getBy(self):
        """The method whose classes these are, for titles and keys; nothing before there is a result."""
        label = self.protocol._readReport().get("labels") if self._getResolutionVolume() is not None else None
        return f" as by {LABEL_TEXTS[LABELS.index(label)]}" if label in LABELS else ""

    def _getClassLabel(self):
        return f"Class of resolution{self._getBy()} (Å)"

    def _readOutput(self, name):
        volume = getattr(self.protocol, name, None)
        if volume is None:
            raise InputError("This run has no classes: run it again.")
        return self._readVolume(volume)
