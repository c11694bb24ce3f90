"""What every protocol that estimates a local resolution shares."""

from pwem.objects import Volume
from pyworkflow.object import CsvList, Float
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_RESOLUTION, SUMMARY_PERCENTILES
from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors
from deepres_plugin.protocols.protocol_base import DeepresProtocol, samplingErrors


class LocalResolutionProtocol(DeepresProtocol):
    """A protocol that runs ``deepres estimate`` by one method on ``inputVolume``, in ``mask``.

    A subclass names the method in ``_method`` and its further maps in ``_moreOutputs`` (output name → ending of the
    file's name). It gives the method's options in ``_getMethodArguments`` and says in ``_getHow`` how the estimate
    was made.
    """

    _command = "estimate"
    _method = None
    _moreOutputs = {}
    _possibleOutputs = {OUTPUT_RESOLUTION: Volume}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.min_res_init = Float()
        self.max_res_init = Float()
        self.median_res_init = Float()
        self.resolution_percentiles = CsvList(pType=float)

    # --------------------------- for subclasses -----------------------------
    def _getMethodArguments(self):
        """Options of the method, as arguments of ``deepres estimate``."""
        return []

    def _getHow(self, report):
        """How the estimate was made, for the text of the methods: "by ... [Reference], ..."."""
        raise NotImplementedError

    def _getMoreSummary(self, report):
        """Further lines of the summary, from the program's report."""
        return []

    # --------------------------- form ---------------------------------------
    def _defineMaskParams(self, form, condition=None, moreHelp=""):
        """``mask`` and ``maskThreshold``, shown under a condition."""
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            condition=condition,
            label="Mask",
            help="A mask that encloses the macromolecule, on the volume's grid; every voxel above 0.5 gets a "
            f"resolution, all others 0. {moreHelp}\n\nWithout a mask, one is made from the density: by the threshold "
            "below, or automatically if there is none.",
        )
        form.addParam(
            "maskThreshold",
            params.FloatParam,
            allowsNull=True,
            condition=f"({condition}) and mask is None" if condition else "mask is None",
            label="Mask threshold",
            help="Density above which a voxel belongs to the mask, such as the contour level at which the map is "
            "usually shown. Empty: the threshold is found automatically and given in the summary; look at the "
            "mask's shape in the slices before trusting it.",
        )

    # --------------------------- steps --------------------------------------
    def createOutputStep(self, arguments):
        """Register the maps and what the summary shows about them."""
        resolution = self._readReport()["resolution"]
        self.min_res_init.set(resolution["min"])
        self.max_res_init.set(resolution["max"])
        self.median_res_init.set(resolution["median"])
        self.resolution_percentiles.set([resolution["percentiles"][key] for key in SUMMARY_PERCENTILES])

        pointers = [self.inputVolume] + ([] if self._getMask() is None else [self.mask])
        files = {name: self._getMapFile(name) for name in (OUTPUT_RESOLUTION, *self._moreOutputs)}
        self._registerVolumes(files, pointers)
        return [self._getMapFile(OUTPUT_RESOLUTION)]

    # --------------------------- information --------------------------------
    def _validate(self):
        volume = self.inputVolume.get()
        if volume is None:
            return []
        errors = samplingErrors(volume)
        if self._getMask() is not None:
            errors += gridErrors(self._getMask(), volume, "mask")
        elif self._getMaskThreshold() is not None:
            errors += numberErrors(self, "maskThreshold", 0.02)
        return errors

    def _warnings(self):
        if self._getMask() is not None:
            return []
        if self._getMaskThreshold() is not None:
            return [f"There is no mask: all voxels of a density above {self._getMaskThreshold():g} will be used."]
        return ["There is neither a mask nor a threshold: a mask will be made automatically from the density."]

    def _summary(self):
        if not self._hasResult():
            return self._getNoResultLines("The local resolution has not been estimated yet.")
        report = self._readReport()
        values = " / ".join(f"{value:.2f}" for value in self.resolution_percentiles)
        return [
            f"Highest resolution *{self.min_res_init.get():.2f} Å*, "
            f"Lowest resolution *{self.max_res_init.get():.2f} Å*",
            f"Median *{self.median_res_init.get():.2f} Å*",
            f"Percentiles {' / '.join(SUMMARY_PERCENTILES)}: {values} Å",
            f"Mask: {maskText(report['mask'])}",
            *self._getMoreSummary(report),
            *self._getNotes(report),
        ]

    def _methods(self):
        if not self._hasResult():
            return []
        report = self._readReport()
        return [
            f"The local resolution of {self.getObjectTag('inputVolume')} was estimated {self._getHow(report)}, within "
            f"{maskText(report['mask'])}. Its median is {self.median_res_init.get():.2f} Å."
        ]

    # --------------------------- utilities ----------------------------------
    def _getMask(self):
        return self.mask.get()

    def _getMaskThreshold(self):
        return self.maskThreshold.get()

    def _getImages(self):
        return [self.inputVolume.get(), self._getMask()]

    def _getArguments(self):
        volume, mask = self.inputVolume.get(), self._getMask()
        arguments = [self._inputPath(volume), f"--method={self._method}", *gridArguments(volume)]
        if mask is not None:
            arguments.append(f"--mask={self._inputPath(mask)}")
        elif self._getMaskThreshold() is not None:
            arguments += [f"--mask-threshold={self._getMaskThreshold():.8g}"]
        return [*arguments, *self._getMethodArguments(), "-o", self._getMapFile(OUTPUT_RESOLUTION)]

    def _getOutputFiles(self):
        return [self._getMapFile(OUTPUT_RESOLUTION), self._getReportFile()]

    def _getMoreResults(self):
        return [self._getMapFile(name) for name in self._moreOutputs]

    def _getMapFile(self, name):
        return self._getExtraPath(f"{self._method}_resolution{self._moreOutputs.get(name, '')}.mrc")

    def _getReportFile(self):
        return self._getExtraPath(f"{self._method}_resolution.json")


def maskText(mask):
    """How the report describes the mask, in words."""
    voxels = f"{mask['voxels']:,} voxels"
    if mask["source"] == "file":
        return f"the given mask ({voxels})"
    if mask["source"] == "cryores":
        return f"the mask found by CryoRes ({voxels})"
    how = "automatic threshold" if mask["source"] == "automatic" else "threshold"
    return f"density above the {how} {mask['threshold']:.4g} ({voxels})"
