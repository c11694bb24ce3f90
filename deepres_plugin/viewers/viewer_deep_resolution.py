"""The viewer of "DeepRes local resolution"."""

from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_DEVIATION
from deepres_plugin.protocols import ProtDeepResolution
from deepres_plugin.viewers.viewer_local_resolution import LocalResolutionMapViewer
from deepreslib import pictures


class DeepResolutionViewer(LocalResolutionMapViewer):
    """The local resolution that DeepRes estimated, and the deviation that it predicts of it."""

    _label = "DeepRes viewer"
    _targets = [ProtDeepResolution]

    def _defineMoreParams(self, form):
        form.addParam(
            "doShowUncertainty",
            params.LabelParam,
            label="Uncertainty",
            help="Four slices of the standard deviation in Å that the network expects of its own answer: where it "
            "is large, the window looked like several resolutions at once, or like nothing it knows.",
        )

    def _getMoreEntries(self):
        return {"doShowUncertainty": self._showDeviation}

    def _showDeviation(self):
        volume = getattr(self.protocol, OUTPUT_DEVIATION, None)
        if volume is None:
            return [self.errorMessage("The network that was used predicts no uncertainty.", "No uncertainty")]
        image = self._readVolume(volume)
        figure = pictures.coloured_slices_figure(
            self._readDensity().data,
            image.data,
            image.voxel_size,
            pictures.ColourScale.from_values(image.data, colour_map="viridis"),
            self._getAxis(),
            origin=image.origin,
            label="Uncertainty: predicted SD (Å)",
        )
        return self._figure(figure, "Uncertainty")
