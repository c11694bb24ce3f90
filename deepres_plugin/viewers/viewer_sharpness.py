"""The viewer of "sharpening check"."""

from pyworkflow.protocol import params

from deepres_plugin.protocols import ProtDeepSharpness
from deepres_plugin.protocols.protocol_sharpness import OUTPUT_OVERCLAIMED, OUTPUT_SHARPENED
from deepres_plugin.viewers.viewer_base import MapViewer
from deepreslib import pictures
from deepreslib.analysis.distribution import Distribution
from deepreslib.enhancement.b_factor import Recommendation
from deepreslib.errors import InputError


class SharpnessViewer(MapViewer):
    """The curve, the distributions, the sharpened map, and the voxels where DeepRes is finer than the SNR allows."""

    _label = "sharpening viewer"
    _targets = [ProtDeepSharpness]

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Sharpening")
        form.addParam(
            "doShowCurve",
            params.LabelParam,
            label="Percentile against the B factor",
            help="The percentile of DeepRes' local resolutions for each B factor looked at; the line across is that "
            "of the resolution which the signal-to-noise ratio allows. Where they meet is the recommended B factor.",
        )
        form.addParam(
            "doShowViolins",
            params.LabelParam,
            label="Distributions",
            help="How the local resolutions are distributed: at the left what the signal-to-noise ratio allows, then "
            "DeepRes on the map sharpened by one B factor after another; the ticks are the percentiles.",
        )
        group = form.addGroup("Slices")
        self._defineSliceAxis(group)
        group.addParam(
            "doShowOverclaimed",
            params.LabelParam,
            label="Where too much is claimed",
            help="Voxels where DeepRes on the sharpened map is finer than the signal-to-noise ratio allows, by more "
            "than the uncertainty of both: by how much, in Å, over the sharpened map in grey.",
        )
        group.addParam(
            "doShowSharpened",
            params.LabelParam,
            label="Sharpened map",
            help="The map sharpened by the recommended B factor, or the one that was checked.",
        )
        group.addParam(
            "doShowOriginalVolumeSlices",
            params.LabelParam,
            label="Unsharpened map",
            help="The input volume, to compare with.",
        )

    def _getEntries(self):
        return {
            "doShowCurve": self._showCurve,
            "doShowViolins": self._showViolins,
            "doShowOverclaimed": self._showOverclaimed,
            "doShowSharpened": self._showSharpened,
            "doShowOriginalVolumeSlices": lambda: self._showGrey(self.protocol.inputVolume.get(), "Unsharpened map"),
        }

    def _validate(self):
        if not self.protocol.hasAnswer():
            return ["This run has no result yet: wait for it to finish, or look at its log."]
        return []

    # --------------------------- entries ------------------------------------
    def _showCurve(self):
        search, method = self._getSearch()
        if search is None:
            raise InputError(f"This run searched no B factor, so there is no curve: {self._getSentence()}.")
        return self._figure(pictures.sharpness_curve_figure(search, method), "Percentile against the B factor")

    def _showViolins(self):
        search, method = self._getSearch()
        if search is None:
            check = self.protocol._readReport()["check"]
            if check["deepres"] is None:
                raise InputError(f"There are no distributions: {self._getSentence()}.")
            snr, claimed = (Distribution.from_dict(check[name]) for name in ("snr", "deepres"))
            figure = pictures.sharpness_violin_figure(snr, [claimed], method, check["percentile"])
        else:
            figure = pictures.sharpness_violin_figure(
                search.snr, search.deepres, method, search.percentile, search.b_factor
            )
        return self._figure(figure, "Distributions")

    def _showOverclaimed(self):
        if not hasattr(self.protocol, OUTPUT_OVERCLAIMED):
            raise InputError(f"There is no map of what is claimed too much: {self._getSentence()}.")
        excess = self._readVolume(getattr(self.protocol, OUTPUT_OVERCLAIMED))
        density = self._readVolume(self._getSharpened()).data
        figure = pictures.overclaimed_figure(
            density, excess.data, excess.voxel_size, self._getAxis(), origin=excess.origin
        )
        return self._figure(figure, "Where too much is claimed")

    def _showSharpened(self):
        if self._getSharpened() is None:
            raise InputError(f"There is no sharpened map: {self._getSentence()}.")
        return self._showGrey(self._getSharpened(), "Sharpened map")

    # --------------------------- utilities ----------------------------------
    def _getSentence(self):
        """The answer and its reason."""
        return self.protocol._readReport()["check"]["sentence"]

    def _getSearch(self):
        """The search's result, None if there was none, and the method that gave the signal-to-noise ratio."""
        report = self.protocol._readReport()
        search = report["search"]
        return search and Recommendation.from_dict(search), report["snr"]["method"]

    def _getSharpened(self):
        """The sharpened volume that was checked."""
        return getattr(self.protocol, OUTPUT_SHARPENED, None) or self.protocol.checkedVolume.get()
