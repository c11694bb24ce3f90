"""The protocol "ResMap"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapProtocol


class ProtDeepResMap(OptionalHalfMapProtocol):
    """Local resolution by a likelihood-ratio test: the finest wave that a neighbourhood shows beyond noise.

    At each resolution, from fine to coarse, a sinusoid of any direction is fitted around every voxel and tested
    against white noise with control of the false discovery rate; the map is whitened beforehand, without any manual
    step (ResMap, Kucukelbir, Sigworth & Tagare 2014).
    """

    _label = "ResMap"
    _method = "resmap"

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            important=True,
            label="Input volume",
            help="The map whose local resolution is wanted; it must be neither masked nor sharpened.",
        )
        self._defineUseHalfVolumes(form)
        self._defineMaskParams(form)
        line = form.addLine(
            "Resolution range (Å)",
            help="The finest (high) and coarsest (low) resolution tested. Empty: from 2.2 times the sampling rate to "
            "10 Å, or four times the finest if that is coarser.",
        )
        line.addParam("minRes", params.FloatParam, allowsNull=True, label="High")
        line.addParam("maxRes", params.FloatParam, allowsNull=True, label="Low")
        form.addParam(
            "stepSize",
            params.FloatParam,
            default=0.5,
            expertLevel=LEVEL_ADVANCED,
            label="Step (Å)",
            help="Between the resolutions tested.",
        )
        form.addParam(
            "pValue",
            params.FloatParam,
            default=0.05,
            expertLevel=LEVEL_ADVANCED,
            label="p value",
            help="The false discovery rate at each resolution, between 0 and 1.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate()
        low, high = self.minRes.get(), self.maxRes.get()
        if low is not None and high is not None and low >= high:
            errors.append("The high resolution must be a smaller number than the low one: exchange them.")
        if not 0 < self.pValue.get() < 1:
            errors.append("The p value must lie between 0 and 1: give a number such as 0.05.")
        return errors

    def _getMoreSummary(self, report):
        return [f"Noise: {report['noise']}; {report['unassigned']:,} voxels passed no test and have the coarsest value"]

    def _getHow(self, report):
        return f"by ResMap [Kucukelbir2014] as implemented in deepres {report['version']} (noise: {report['noise']})"

    def _citations(self):
        return ["Kucukelbir2014"]

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        limits = {"--min-res": self.minRes.get(), "--max-res": self.maxRes.get()}
        arguments = [word for name, value in limits.items() if value is not None for word in (name, f"{value:g}")]
        return [*arguments, "--step", f"{self.stepSize.get():g}", "--p-value", f"{self.pValue.get():g}"]
