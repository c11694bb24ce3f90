"""The protocol "sharpening check"."""

import os

from pwem.objects import Volume
from pyworkflow.object import Float, String
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED
from pyworkflow.utils import cleanPath

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors
from deepres_plugin.protocols.protocol_base import samplingErrors
from deepres_plugin.protocols.protocol_deep_resolution import RANGE_NAMES, RANGE_TEXTS
from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import maskText
from deepres_plugin.protocols.protocol_network import NetworkMixin

OUTPUT_SHARPENED = "outputVolume"
OUTPUT_OVERCLAIMED = "overclaimed_Volume"
TASK_SEARCH, TASK_CHECK = range(2)
GREATEST = 1000  # Å², as of ``deepres sharpness``
METHODS = {"localfsc": "local FSC of the half maps [Cardone2013]", "monores": "MonoRes [Vilas2018]"}


class ProtDeepSharpness(NetworkMixin, OptionalHalfMapMixin):
    """How much a map may be sharpened, and whether a sharpened map is sharpened rightly.

    The signal-to-noise ratio of a map allows a certain local resolution, whatever B factor is applied to it; the
    local FSC of its half maps, or MonoRes, measures it. DeepRes sees what the sharpening did. With the right B factor
    the best fifth of the map reaches the same resolution by both (their 20 % percentiles coincide). With a stronger
    one DeepRes claims more than the signal-to-noise ratio allows, and details of the map are noise that the
    sharpening made visible (Ramírez-Aportela et al. 2019, figure 5).

    The protocol searches that B factor and gives the map sharpened by it; or it checks a map that was sharpened by
    any program. The answer is one of four: the map could be sharpened more, is right, or is oversharpened; or the
    protocol cannot tell, and says why. With an answer it shows the voxels where DeepRes claims too much.
    """

    _label = "sharpening check"
    _command = "sharpness"
    _possibleOutputs = {OUTPUT_SHARPENED: Volume, OUTPUT_OVERCLAIMED: Volume}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.recommended_b_factor = Float()
        self.answer = String()
        self.overclaimed_share = Float()

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        self._defineGpuParams(form)
        form.addSection(label="Input")
        form.addParam(
            "task",
            params.EnumParam,
            choices=["find the B factor", "check a sharpened map"],
            default=TASK_SEARCH,
            display=params.EnumParam.DISPLAY_HLIST,
            label="What to do",
            help="Find the B factor that the unsharpened map should be sharpened by; or only tell whether a map that "
            "was sharpened by some program could be sharpened more, is right, or is oversharpened.",
        )
        self._defineInputVolume(
            form, "The map as the refinement gave it, neither sharpened nor masked.", "Unsharpened volume"
        )
        self._defineUseHalfVolumes(
            form,
            "Yes: local FSC of the half maps tells what the signal-to-noise ratio allows, which is the better way. "
            "No: MonoRes of the unsharpened volume does, from the noise around the molecule; it tells coarser "
            "resolutions, so the B factor comes out weaker.",
            default=True,
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            label="Mask",
            help="A mask that encloses the macromolecule, on the volume's grid; the voxels above 0.5 are compared. "
            "Leave out lipid and detergent. Empty: one is made automatically from the density.",
        )
        form.addParam(
            "resolution",
            params.FloatParam,
            allowsNull=True,
            label="Resolution (Å)",
            help="The resolution of the unsharpened map, beyond which there is only noise; sharpened maps are low-pass "
            "filtered here. Empty: where the FSC of the half maps in the mask falls to 0.143; without half maps, what "
            "CryoRes says.",
        )
        form.addParam(
            "bFactors",
            params.StringParam,
            default="0, -50, -100, -150, -200",
            condition=f"task == {TASK_SEARCH}",
            label="B factors (Å²)",
            help="B factors to look at, separated by commas, negative to sharpen. The range searched is from the "
            "weakest to the strongest of them, and goes on to weaker ones where the weakest is too strong already; the "
            "result is exact to 1 Å².",
        )
        form.addParam(
            "checkedVolume",
            params.PointerParam,
            pointerClass="Volume",
            allowsNull=True,
            condition=f"task == {TASK_CHECK}",
            label="Sharpened volume",
            help="The map to check, on the grid of the unsharpened volume, sharpened by any program.",
        )
        form.addParam(
            "percentile",
            params.FloatParam,
            default=20,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Percentile",
            help="The percentile of the local resolutions that must coincide, 0 to 100; that of the paper is 20.",
        )
        form.addParam(
            "resolutionRange",
            params.EnumParam,
            choices=RANGE_TEXTS,
            default=0,
            display=params.EnumParam.DISPLAY_HLIST,
            expertLevel=LEVEL_ADVANCED,
            label="Resolution range",
            help="Which of DeepRes' two networks looks at the maps. Automatic: the first, unless the "
            "signal-to-noise ratio allows nearly 2.5 Å or more and the map is sampled finely enough for the second.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- steps --------------------------------------
    def runDeepresStep(self, arguments):
        """Run the program into an empty folder, as its files depend on the task."""
        cleanPath(self._getOutputFolder())
        return super().runDeepresStep(arguments)

    def createOutputStep(self, arguments):
        """Register the maps and the numbers."""
        report = self._readReport()
        self.overclaimed_share.set(report["check"]["overclaimed"])  # None without an answer
        self.recommended_b_factor.set(report["search"] and report["search"]["b_factor"])
        self.answer.set(report["check"]["answer"])
        self._registerVolumes(self._getMaps(), self._getPointers())
        return self._getOutputFiles()

    # --------------------------- information --------------------------------
    def _validate(self):
        volume = self.inputVolume.get()
        if volume is None:
            return []
        errors = samplingErrors(volume, "unsharpened volume") + super()._validate()
        if self.mask.get() is not None:
            errors += gridErrors(self.mask.get(), volume, "mask")
        errors += numberErrors(self, "percentile", 20, least=0, most=100)
        return errors + (self._getSearchErrors(volume) if self.task == TASK_SEARCH else self._getCheckErrors(volume))

    def _warnings(self):
        if self.mask.get() is not None:
            return []
        return ["There is no mask: one will be made automatically from the density."]

    def _summary(self):
        if not self.hasAnswer():
            return ["The sharpening has not been checked yet."]
        report = self._readReport()
        search, lines = report["search"], []
        if search:
            fits = search["outcome"] == "coincide"
            lines.append(f"Recommended B factor *{search['b_factor']:g} Å²*" if fits else f"*{search['sentence']}*")
        if report["low_pass"]:
            lines.append(f"Low-pass filter: {report['low_pass']['resolution']:.2f} Å ({report['low_pass']['source']})")
        lines.append(f"*{report['check']['sentence']}*")
        if report["check"]["deepres"]:
            outcome = search or report["check"]
            lines.append(
                f"{outcome['percentile']:g} % percentiles: {_claimed(report)['percentile']:.2f} Å by DeepRes, "
                f"{outcome['snr']['percentile']:.2f} Å allowed ({METHODS[report['snr']['method']].partition(' [')[0]})"
            )
        return [*lines, f"Mask: {maskText(report['mask'])}", *self._getNotes(report)]

    def _methods(self):
        if not self.hasAnswer() or not hasattr(self, OUTPUT_OVERCLAIMED):
            return []
        report = self._readReport()
        comparison = (
            f"DeepRes [RamirezAportela2019] was compared with {METHODS[report['snr']['method']]} within "
            f"{maskText(report['mask'])}, by deepres {report['version']}."
        )
        search = report["search"]
        if not search:
            return [f"{self.getObjectTag('checkedVolume')} was checked for oversharpening: {comparison}"]
        return [
            f"{self.getObjectTag('inputVolume')} was sharpened by a B factor of {search['b_factor']:g} Å² and low-pass "
            f"filtered at {report['low_pass']['resolution']:.2f} Å. To choose the B factor, {comparison}"
        ]

    def _citations(self):
        return ["RamirezAportela2019", "Cardone2013" if self.useHalfVolumes else "Vilas2018"]

    # --------------------------- utilities ----------------------------------
    def _getSearchErrors(self, volume):
        errors = self._getResolutionErrors(volume)
        try:
            self.getBFactors()
        except ValueError:
            errors.append(
                f"'{self.bFactors.get()}' is not a list of B factors: separate numbers by commas, each from "
                f"{-GREATEST} to {GREATEST}."
            )
        return errors

    def _getResolutionErrors(self, volume):
        errors = numberErrors(self, "resolution", 4, "Å", optional=True, over=0)
        finest = 2 * volume.getSamplingRate()
        if errors or self.resolution.get() is None or self.resolution.get() >= finest:
            return errors
        return [f"The resolution is finer than twice the sampling rate, {finest:g} Å: give a coarser one."]

    def _getCheckErrors(self, volume):
        if self.checkedVolume.get() is None:
            return ["There is no sharpened volume to check: choose one."]
        errors = gridErrors(self.checkedVolume.get(), volume, "sharpened volume")
        return errors + self._getResolutionErrors(volume)

    def hasAnswer(self):
        """Whether the run has finished; earlier versions left no answer, but always a map."""
        return bool(self.answer.get() or hasattr(self, OUTPUT_OVERCLAIMED)) and os.path.exists(self._getReportFile())

    def getBFactors(self):
        """The B factors of the form, Å²; a ValueError if it has something else."""
        numbers = [float(word) for word in self.bFactors.get("").split(",")]
        if not all(abs(number) <= GREATEST for number in numbers):
            raise ValueError(f"a B factor beyond {GREATEST:g} Å²")
        return numbers

    def _getChecked(self):
        return self.checkedVolume.get() if self.task == TASK_CHECK else None

    def _getImages(self):
        return [self.inputVolume.get(), self.mask.get(), self._getChecked(), *super()._getImages()]

    def _getPointers(self):
        pointers = [self.inputVolume, self.mask]
        pointers += [self.checkedVolume] * bool(self._getChecked())
        return [pointer for pointer in pointers if pointer.get() is not None]

    def _getArguments(self):
        volume = self.inputVolume.get()
        arguments = [self._inputPath(volume), *gridArguments(volume), *self._getHalfMapArguments()]
        if self.mask.get() is not None:
            arguments += ["--mask", self._inputPath(self.mask.get())]
        if self.task == TASK_CHECK:
            arguments += ["--check", self._inputPath(self._getChecked())]
        else:
            arguments += ["--b-factors=" + ",".join(f"{b_factor:g}" for b_factor in self.getBFactors())]
        if self.resolution.get() is not None:
            arguments += [f"--resolution={self.resolution.get():g}"]
        arguments += [f"--percentile={self.percentile.get():g}", f"--range={RANGE_NAMES[self.resolutionRange.get()]}"]
        return [*arguments, "-o", self._getOutputFolder()]

    def _getMaps(self):
        names = {OUTPUT_SHARPENED: "sharpened.mrc", OUTPUT_OVERCLAIMED: "overclaimed.mrc"}
        return {name: os.path.join(self._getOutputFolder(), file) for name, file in names.items()}

    def _getOutputFiles(self):
        """The report, and the maps that are there: without an answer there are none."""
        return [*filter(os.path.exists, self._getMaps().values()), self._getReportFile()]

    def _getReportFile(self):
        return os.path.join(self._getOutputFolder(), "sharpness.json")

    def _getOutputFolder(self):
        return self._getExtraPath("sharpness")


def _claimed(report):
    """DeepRes' distribution for the checked map, or for the recommended B factor of a search."""
    search = report["search"]
    if not search:
        return report["check"]["deepres"]
    return next(claims for claims in search["deepres"] if claims["b_factor"] == search["b_factor"])
