"""The viewer of "CryoRes"."""

from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_MASK
from deepres_plugin.protocols import ProtCryoResolution
from deepres_plugin.viewers.viewer_deep_resolution import DeepResolutionViewer


class CryoResolutionViewer(DeepResolutionViewer):
    """The local resolution that CryoRes estimated, the deviation that it predicts of it, and the mask that it found."""

    _label = "CryoRes viewer"
    _targets = [ProtCryoResolution]

    def _getHeading(self):
        heading = super()._getHeading()
        if self._getResolutionVolume() is None:
            return heading
        return f"{heading}; global resolution (FSC 0.143) {self.protocol.getGlobalText()}"

    def _defineMoreParams(self, form):
        super()._defineMoreParams(form)
        form.addParam(
            "doShowMask",
            params.LabelParam,
            label="Mask",
            help="Four slices of the input volume with the outline of the mask that CryoRes found.",
        )

    def _getMarks(self):
        return {f"global resolution {self.protocol.getGlobalText()}": self.protocol.global_resolution.get()}

    def _getMoreEntries(self):
        return super()._getMoreEntries() | {"doShowMask": self._showMask}

    def _showMask(self):
        mask = self._readVolume(getattr(self.protocol, OUTPUT_MASK)).data > 0.5
        return self._showGrey(self.protocol.inputVolume.get(), "Mask", mask, mask)
