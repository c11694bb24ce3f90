"""The protocol "DeepRes local resolution"."""

import json
import os

from pwem.objects import Transform, Volume
from pwem.protocols import ProtAnalysis3D
from pyworkflow import BETA
from pyworkflow.object import CsvList, Float
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import GPU_LIST, LEVEL_ADVANCED, USE_GPU
from pyworkflow.utils import cleanPath

from deepres.estimation.deepres import FINE_RESOLUTION, FINE_VOXEL
from deepres.ranges import RANGES
from deepres_plugin import Plugin
from deepres_plugin.constants import OUTPUT_RESOLUTION, OUTPUT_UNCERTAINTY, SUMMARY_PERCENTILES
from deepres_plugin.inputs import convertInput, gridArguments, gridErrors, inputPath, needsConversion

RANGE_NAMES = ("auto", "low", "high")
RANGE_AUTO, RANGE_LOW, RANGE_HIGH = range(3)
MODEL_SHIPPED, MODEL_PATH = range(2)


class ProtDeepResolution(ProtAnalysis3D):
    """Local resolution of a map by deep learning, without half maps.

    A neural network looks at a small window around each voxel and compares the features it sees there with those
    of macromolecules filtered at known resolutions (DeepRes, Ramírez-Aportela et al. 2019). It needs one map and,
    better, a mask that encloses the macromolecule. Unlike methods that compare half maps, it follows what a
    sharpening or any other treatment did to the map.

    The result is a map of local resolution in Å on the grid of the input, 0 outside the mask, and a map of its
    uncertainty (the standard deviation that the network itself expects).
    """

    _label = "DeepRes local resolution"
    _devStatus = BETA
    _possibleOutputs = {OUTPUT_RESOLUTION: Volume, OUTPUT_UNCERTAINTY: Volume}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.min_res_init = Float()
        self.max_res_init = Float()
        self.median_res_init = Float()
        self.resolution_percentiles = CsvList(pType=float)

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addHidden(
            USE_GPU,
            params.BooleanParam,
            default=False,
            label="Use GPU for execution",
            help="Run the network on a GPU instead of the processor.",
        )
        form.addHidden(
            GPU_LIST,
            params.StringParam,
            default="0",
            label="Choose GPU ID",
            help="Yes: run the network on this GPU, one number as nvidia-smi counts them. No: run it on the processor, "
            "which is enough for the shipped networks; a GPU pays off for large maps and for the original network. It "
            "needs a TensorFlow with CUDA, installed by: pip install 'tensorflow[and-cuda]'.",
        )

        form.addSection(label="Input")
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            important=True,
            label="Input volume",
            help="The map whose local resolution is wanted. It may be sharpened or not: DeepRes judges what the map "
            "shows, so a sharpened map usually gets better values than the unsharpened one. Sampling rate and "
            "origin are taken from Scipion, not from the file's header.",
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            label="Mask",
            help="A mask that encloses the macromolecule, on the volume's grid; every voxel above 0.5 gets a "
            "resolution, all others 0. Leave out lipid and detergent: the network knows protein and nucleic acid "
            "only.\n\nWithout a mask, one is made from the density: by the threshold below, or automatically if "
            "there is none.",
        )
        form.addParam(
            "maskThreshold",
            params.FloatParam,
            allowsNull=True,
            condition="mask is None",
            label="Mask threshold",
            help="Density above which a voxel belongs to the mask, such as the contour level at which the map is "
            "usually shown. Empty: the threshold is found automatically and given in the summary; look at the "
            "mask's shape in the slices before trusting it.",
        )
        form.addParam(
            "resolutionRange",
            params.EnumParam,
            choices=["automatic", *(_rangeText(RANGES[name]) for name in RANGE_NAMES[1:])],
            default=RANGE_AUTO,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Resolution range",
            help="Which of DeepRes' two networks looks at the map. The first sees windows of 13 Å at 1.0 Å/px and "
            "suits most maps; the second sees windows of 6.5 Å at 0.5 Å/px, for maps of very high resolution. "
            f"Automatic takes the first, and then the second if the map is sampled at {FINE_VOXEL:g} Å/px or finer and "
            f"the first found a median better than {FINE_RESOLUTION:g} Å. Values beyond the range, or finer than twice "
            "the sampling rate, are not possible.",
        )
        form.addParam(
            "modelSource",
            params.EnumParam,
            choices=["shipped with DeepRes", "from a path"],
            default=MODEL_SHIPPED,
            display=params.EnumParam.DISPLAY_HLIST,
            expertLevel=LEVEL_ADVANCED,
            label="Network",
            help="The shipped networks are compact, trained on simulated maps, and also predict an uncertainty. "
            "Other networks can be given by their path.",
        )
        form.addParam(
            "modelPath",
            params.PathParam,
            condition=f"modelSource == {MODEL_PATH}",
            expertLevel=LEVEL_ADVANCED,
            label="Path of the network",
            help="A folder written by 'deepres train', or one of the .h5 files that Xmipp distributes: "
            "model_w13.h5 for 2.5–13 Å, model_w7.h5 for 1.5–6 Å.",
        )
        form.addParallelSection(
            threads=2, mpi=0, binThreadsHelp="Processor cores that the network may use, on the CPU."
        )

    # --------------------------- steps --------------------------------------
    def _insertAllSteps(self):
        arguments = self._getArguments()
        if self._getInputsToConvert():
            self._insertFunctionStep(self.convertInputStep, arguments)
        self._insertFunctionStep(self.estimateStep, arguments)
        self._insertFunctionStep(self.createOutputStep, arguments)

    def convertInputStep(self, arguments):
        """Convert the inputs that deepres does not read as they are."""
        return [convertInput(image, self._getExtraPath()) for image in self._getInputsToConvert()]

    def estimateStep(self, arguments):
        """Run the network over the map."""
        machine = ["--threads", self.numberOfThreads.get()]
        if self.useGpu:
            machine += ["--gpu", "%(GPU)s"]
        cleanPath(self._getUncertaintyFile())  # of an earlier run; not every network writes one
        Plugin.runDeepres(self, "estimate", [*arguments, *machine])
        return [self._getResolutionFile(), self._getReportFile()]

    def createOutputStep(self, arguments):
        """Register the maps and what the summary tells about them."""
        resolution = self._readReport()["resolution"]
        self.min_res_init.set(resolution["min"])
        self.max_res_init.set(resolution["max"])
        self.median_res_init.set(resolution["median"])
        self.resolution_percentiles.set([resolution["percentiles"][key] for key in SUMMARY_PERCENTILES])

        outputs = {OUTPUT_RESOLUTION: self._getResolutionFile(), OUTPUT_UNCERTAINTY: self._getUncertaintyFile()}
        for name, path in outputs.items():
            if os.path.exists(path):
                volume = self._makeVolume(path)
                self._defineOutputs(**{name: volume})
                self._defineSourceRelation(self.inputVolume, volume)
                if self.mask.get() is not None:
                    self._defineSourceRelation(self.mask, volume)
            elif hasattr(self, name):
                self.deleteOutput(getattr(self, name))
        return [self._getResolutionFile()]

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = []
        volume, mask = self.inputVolume.get(), self.mask.get()
        if volume is not None:
            if not volume.getSamplingRate() or volume.getSamplingRate() <= 0:
                errors.append("The input volume has no sampling rate: import it again with the right one.")
            else:
                errors += self._getRangeErrors(volume)
            if mask is not None:
                errors += gridErrors(mask, volume, "mask")
        if self.modelSource == MODEL_PATH:
            errors += self._getModelErrors()
        if self.useGpu and len(self.getGpuList()) != 1:
            errors.append("DeepRes uses one GPU: give the number of one, such as 0.")
        return errors

    def _warnings(self):
        if self.mask.get() is not None:
            return []
        if self.maskThreshold.get() is not None:
            return [f"There is no mask: all voxels of a density above {self.maskThreshold.get():g} will be used."]
        return ["There is neither a mask nor a threshold: a mask will be made automatically from the density."]

    def _summary(self):
        if not hasattr(self, OUTPUT_RESOLUTION):
            return ["The local resolution has not been estimated yet."]
        report = self._readReport()
        values = " / ".join(f"{value:.2f}" for value in self.resolution_percentiles)
        return [
            f"Highest resolution *{self.min_res_init.get():.2f} Å*, "
            f"Lowest resolution *{self.max_res_init.get():.2f} Å*",
            f"Median *{self.median_res_init.get():.2f} Å*",
            f"Percentiles {' / '.join(SUMMARY_PERCENTILES)}: {values} Å",
            f"Mask: {_maskText(report['mask'])}",
            f"Range: {_rangeText(RANGES[report['range']['name']])}; network: {report['model']['name']}",
        ]

    def _methods(self):
        if not hasattr(self, OUTPUT_RESOLUTION):
            return []
        report = self._readReport()
        return [
            f"The local resolution of {self.getObjectTag('inputVolume')} was estimated by DeepRes "
            f"[RamirezAportela2019] as implemented in deepres {report['version']} (network {report['model']['name']}, "
            f"range {_rangeText(RANGES[report['range']['name']])}), within {_maskText(report['mask'])}. "
            f"Its median is {self.median_res_init.get():.2f} Å."
        ]

    def _citations(self):
        return ["RamirezAportela2019"]

    # --------------------------- utilities ----------------------------------
    def _getArguments(self):
        """All that decides about the result, as arguments of ``deepres estimate``."""
        volume, mask, folder = self.inputVolume.get(), self.mask.get(), self._getExtraPath()
        arguments = [inputPath(volume, folder), "--method", "deepres", *gridArguments(volume)]
        arguments += ["--range", RANGE_NAMES[self.resolutionRange.get()]]
        if mask is not None:
            arguments += ["--mask", inputPath(mask, folder)]
        elif self.maskThreshold.get() is not None:
            arguments += [f"--mask-threshold={self.maskThreshold.get():.8g}"]
        if self.modelSource == MODEL_PATH:
            arguments += ["--model", self.modelPath.get()]
        return [*arguments, "-o", self._getResolutionFile()]

    def _getInputsToConvert(self):
        images = [self.inputVolume.get(), self.mask.get()]
        return [image for image in images if image is not None and needsConversion(image)]

    def _getRangeErrors(self, volume):
        name = RANGE_NAMES[self.resolutionRange.get()]
        coarsest = max(r.high for r in RANGES.values()) if name == "auto" else RANGES[name].high
        finest = 2 * volume.getSamplingRate()
        if finest < coarsest:
            return []
        return [
            f"The volume's sampling rate of {volume.getSamplingRate():g} Å/px allows nothing finer than {finest:g} Å, "
            f"and the network knows nothing coarser than {coarsest:g} Å: choose another range or volume."
        ]

    def _getModelErrors(self):
        errors, path = [], self.modelPath.get("").strip()
        if not path or not os.path.exists(path):
            errors.append(f"There is no network at '{path}': give the path of a folder or an .h5 file.")
        if self.resolutionRange == RANGE_AUTO:
            errors.append("A network given by its path knows one range only: choose that range instead of automatic.")
        return errors

    def _makeVolume(self, path):
        volume, source = Volume(), self.inputVolume.get()
        origin = Transform()
        origin.setShifts(*source.getOrigin(force=True).getShifts())
        volume.setFileName(path)
        volume.setSamplingRate(source.getSamplingRate())
        volume.setOrigin(origin)
        return volume

    def _getResolutionFile(self):
        return self._getExtraPath("deepres_resolution.mrc")

    def _getUncertaintyFile(self):
        return self._getExtraPath("deepres_resolution_sd.mrc")

    def _getReportFile(self):
        return self._getExtraPath("deepres_resolution.json")

    def _readReport(self):
        with open(self._getReportFile(), encoding="utf-8") as report:
            return json.load(report)


def _rangeText(resolutionRange):
    return f"{resolutionRange.low:g}–{resolutionRange.high:g} Å"


def _maskText(mask):
    """How the report describes the mask, in words."""
    voxels = f"{mask['voxels']:,} voxels"
    if mask["source"] == "file":
        return f"the given mask ({voxels})"
    how = "automatic threshold" if mask["source"] == "automatic" else "threshold"
    return f"density above the {how} {mask['threshold']:.4g} ({voxels})"
