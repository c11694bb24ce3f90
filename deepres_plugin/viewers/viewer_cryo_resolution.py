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
        return f"{heading}; global resolution (FSC 0.143) {self._getGlobal()}"

    def _defineMoreParams(self, form):
        super()._defineMoreParams(form)
        form.addParam(
            "doShowMask",
            params.LabelParam,
            label="Mask",
            help="Four slices of the input volume with the outline of the mask that CryoRes found.",
        )
        form.addParam(
            "doShowStatus",
            params.LabelParam,
            label="Status",
            help="How far the result can be relied on, with the reasons: reliable, doubtful, or outside the range of "
            "resolutions that CryoRes learnt.",
        )

    def _getMarks(self):
        return {f"global resolution {self._getGlobal()}": self.protocol.global_resolution.get()}

    def _getMoreEntries(self):
        return super()._getMoreEntries() | {"doShowMask": self._showMask, "doShowStatus": self._showStatus}

    def _showMask(self):
        mask = self._readVolume(getattr(self.protocol, OUTPUT_MASK)).data > 0.5
        return self._showGrey(self.protocol.inputVolume.get(), "Mask", mask, mask)

    def _showStatus(self):
        status = self.protocol.getResultStatus() or "the version that this run was made with gave no status"
        text = f"Global resolution {self.protocol.getGlobalText()}\n\nStatus: {status}"
        return [self.infoMessage(text, "Status") if self.protocol.isReliable() else self.warnMessage(text, "Status")]

    def _getGlobal(self):
        """The global resolution, and the first words of the status after it."""
        word = self.protocol.getResultStatus().partition(":")[0]
        return ", ".join(filter(None, [self.protocol.getGlobalText(), word]))
