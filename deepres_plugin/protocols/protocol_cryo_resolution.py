"""The protocol "CryoRes"."""

from pwem.objects import Volume, VolumeMask
from pyworkflow.object import Float, String
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.constants import OUTPUT_DEVIATION, OUTPUT_MASK, OUTPUT_RESOLUTION
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol
from deepres_plugin.protocols.protocol_network import NetworkMixin

LOCAL_CUTOFFS = ("0.5", "0.143")
CUTOFF_HALF, CUTOFF_GLOBAL = range(2)
RELIABLE = "reliable"


class ProtCryoResolution(NetworkMixin, LocalResolutionProtocol):
    """Global resolution, local resolution and the mask from one map alone, in seconds.

    A neural network looks at the local spectrum of the map: how strong it is in each band of frequencies, at every
    place, against its surroundings. It gives the global resolution (where the FSC of half maps would fall to 0.143),
    the local resolution (where their local FSC would fall to 0.5, or to 0.143 if you choose that) and the molecular
    mask (after CryoRes, Dang 2023). Nothing but the map is needed.

    The status says how far the answer can be relied on, with the reasons: reliable, doubtful, or outside the range of
    resolutions that the network learnt, 1.5 to 25 Å.
    """

    _label = "CryoRes"
    _method = "cryores"
    _moreOutputs = {OUTPUT_DEVIATION: "_sd", OUTPUT_MASK: "_mask"}
    _possibleOutputs = {OUTPUT_RESOLUTION: Volume, OUTPUT_DEVIATION: Volume, OUTPUT_MASK: VolumeMask}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.global_resolution = Float()
        self.global_deviation = Float()
        self.resolution_status = String()  # "status" is the run's own

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        self._defineGpuParams(form)
        form.addSection(label="Input")
        self._defineInputVolume(form, "The map whose quality is wanted, sharpened or not, masked or not.")
        form.addParam(
            "localCutoff",
            params.EnumParam,
            choices=list(LOCAL_CUTOFFS),
            default=CUTOFF_HALF,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Local FSC cutoff",
            help="What the local values stand for. 0.5: where the local FSC of half maps would fall to 0.5, as blocres "
            "and cryoSPARC show by default; nearly everywhere this is coarser than the global resolution, even in good "
            "parts. 0.143: the cutoff of the global resolution, as RELION shows; the best parts are as good as the "
            "global resolution or better. The values for 0.143 are computed from those for 0.5, by a curve found on "
            "simulated half maps, so they tell the same parts apart and are a little less certain.",
        )
        form.addParam(
            "modelPath",
            params.PathParam,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Path of the network",
            help="A folder written by 'deepres train cryores'. Empty: the network that comes with the plugin.",
        )
        self._defineThreads(form)

    # --------------------------- steps --------------------------------------
    def createOutputStep(self, arguments):
        """Register the maps, the mask, the global resolution and the status."""
        report = self._readReport()
        resolution = report["global_resolution"]
        self.global_resolution.set(resolution["value"])
        self.global_deviation.set(resolution["deviation"])
        self.resolution_status.set(report.get("status"))
        return super().createOutputStep(arguments)

    # --------------------------- information --------------------------------
    def _validate(self):
        return super()._validate() + (self._getNetworkErrors("a network's folder") if self._getNetworkPath() else [])

    def _warnings(self):
        return []

    def _summary(self):
        lines = super()._summary()
        if not self._hasResult():
            return lines
        status = self.getResultStatus()
        said = [f"Status: {status}" if self.isReliable() else f"Status: *{status}*"] if status else []
        return [f"Global resolution *{self.getGlobalText()}*", *said, *lines]

    def _methods(self):
        said = "" if self.isReliable() else f" ({self.getResultStatus()})"
        return [f"{line} The global resolution is {self.getGlobalText()}{said}." for line in super()._methods()]

    def _getMoreSummary(self, report):
        return [f"Local values: where the local FSC of half maps would fall to {getLocalCutoff(report):g}"]

    def _getHow(self, report):
        network = report["model"]["name"]
        return (
            f"by CryoRes [Dang2023] as implemented in deepres {report['version']} (network {network}, local FSC of "
            f"{getLocalCutoff(report):g})"
        )

    def _citations(self):
        return ["Dang2023"]

    # --------------------------- utilities ----------------------------------
    def getGlobalText(self):
        """The global resolution and its deviation, as "3.10 ± 0.20 Å"."""
        return f"{self.global_resolution.get():.2f} ± {self.global_deviation.get():.2f} Å"

    def getResultStatus(self):
        """How far the result can be relied on, with the reasons; "" if a run of an older version does not say."""
        return self.resolution_status.get() or ""

    def isReliable(self):
        """Whether nothing speaks against the result."""
        return self.getResultStatus() in ("", RELIABLE)

    def _getMask(self):
        return None

    def _getMaskThreshold(self):
        return None

    def _getNetworkPath(self):
        return (self.modelPath.get() or "").strip()

    def _getMethodArguments(self):
        arguments = [f"--local-cutoff={LOCAL_CUTOFFS[self.localCutoff.get()]}"]
        return [*arguments, f"--model={self._getNetworkPath()}"] if self._getNetworkPath() else arguments


def getLocalCutoff(report):
    """The cutoff that the local values of a report stand for; older versions knew 0.5 only."""
    return report.get("local_cutoff", 0.5)
