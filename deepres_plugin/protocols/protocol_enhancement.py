"""What every protocol that enhances a map shares: its form, its steps, and outputs with half maps of their own."""

import os

from pwem.objects import Volume, VolumeMask
from pyworkflow.object import Float
from pyworkflow.protocol import params

from deepres_plugin.constants import OUTPUT_B_FACTOR, OUTPUT_MASK, OUTPUT_VOLUME
from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors
from deepres_plugin.protocols.protocol_base import samplingErrors
from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import maskText

MASK_GIVEN, MASK_CONFIDENCE, MASK_MODEL = range(3)
MASK_TEXTS = ["given or automatic", "confidence mask", "atomic model"]

ENDINGS = {OUTPUT_VOLUME: "", OUTPUT_B_FACTOR: "_bfactor", OUTPUT_MASK: "_mask"}
"""Output → what is added to the name of its file."""

HALVES = ("_half1", "_half2")
SMALLEST_BOX = 25.0  # Å, as of ``deepres enhance``
COARSEST_RESOLUTION = 25.0  # Å
COARSEST_VOXEL, COARSE_VOXEL = 5.0, 2.0
"""Å; maps with larger voxels are refused, and warned about, as by ``deepres enhance``."""


class EnhancementProtocol(OptionalHalfMapMixin):
    """A protocol that runs ``deepres enhance`` by one method on ``inputVolume``.

    A subclass makes its form of ``_defineMapParams``, ``_defineMaskParams``, ``_defineResolution`` and parameters of
    its own. It names the method in ``_getMethod``, gives the method's options in ``_getMethodArguments``, and says in
    ``_getHow`` how the map was enhanced. A form without an atomic model leaves out ``maskSource``'s third choice by
    ``_defineMaskParams(form, model=False)``.
    """

    _command = "enhance"
    _possibleOutputs = {OUTPUT_VOLUME: Volume, OUTPUT_B_FACTOR: Volume, OUTPUT_MASK: VolumeMask}

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.mean_b_factor = Float()
        self.fsc_before = Float()
        self.fsc_after = Float()

    # --------------------------- for subclasses -----------------------------
    def _getMethod(self):
        """The method, as ``deepres enhance`` calls it."""
        raise NotImplementedError

    def _getMethodArguments(self):
        """Options of the method, as arguments of ``deepres enhance``."""
        return []

    def _getHow(self, report):
        """How the map was enhanced, for the text of the methods: "by ... [Reference], ..."."""
        raise NotImplementedError

    def _getMoreSummary(self, report):
        """Further lines of the summary, from the program's report."""
        return []

    def _getStructure(self):
        """The atomic model of this run, or None."""
        return None

    # --------------------------- form ---------------------------------------
    def _defineMapParams(self, form):
        """``inputVolume``, ``useHalfVolumes`` and the half maps."""
        self._defineInputVolume(
            form,
            "The map as the refinement gave it, neither sharpened nor masked. A map that was sharpened or filtered is "
            "taken too, with a warning.",
        )
        self._defineUseHalfVolumes(
            form,
            "Yes: both half maps are enhanced in the same way as the map and go with the output, so that local FSC and "
            "other protocols can be run on it; their FSC tells the resolution. No: the map alone is enhanced, and "
            "CryoRes tells the resolution if you do not give it.",
            default=True,
        )

    @staticmethod
    def _defineMaskParams(form, model=True):
        """``maskSource``, and what belongs to its choices; ``model``: whether the form has an atomic model."""
        form.addParam(
            "maskSource",
            params.EnumParam,
            choices=MASK_TEXTS if model else MASK_TEXTS[:MASK_MODEL],
            default=MASK_GIVEN,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Mask",
            help="Where the map is enhanced; outside it fades to 0. Given or automatic: the mask below, or if there is "
            "none one that is found in the map. Confidence mask: the voxels whose density is more than noise; it needs "
            "a map that was not masked, with noise around the molecule."
            + " Atomic model: the molecular mask of the atomic model alone."
            * model,
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            condition=f"maskSource == {MASK_GIVEN}",
            label="Given mask",
            help="A mask that encloses the macromolecule, on the volume's grid; the voxels above 0.5 are enhanced. "
            "Ligands, glycans and lipids within it stay: nothing is erased inside the mask. Empty: CryoRes finds it if "
            "it is asked for the resolution, otherwise one is made from the density.",
        )
        form.addParam(
            "fdr",
            params.FloatParam,
            default=0.01,
            allowsNull=True,
            condition=f"maskSource == {MASK_CONFIDENCE}",
            label="False discovery rate",
            help="The share of the mask's voxels that is expected to be noise, such as 0.01 (Beckers et al. 2019). A "
            "smaller rate gives a smaller mask.",
        )

    @staticmethod
    def _defineResolution(form):
        """``resolution``."""
        form.addParam(
            "resolution",
            params.FloatParam,
            allowsNull=True,
            label="Resolution (Å)",
            help="The resolution of the map, beyond which there is only noise. Empty: where the FSC of the half maps "
            "in the mask falls to 0.143; without half maps, what CryoRes says.",
        )

    # --------------------------- steps --------------------------------------
    def createOutputStep(self, arguments):
        """Register the maps and what the summary shows about them."""
        report = self._readReport()
        self.mean_b_factor.set((report.get("b_factor") or {}).get("mean"))
        self.fsc_before.set(resolutionOf(report.get("fsc_before")))
        self.fsc_after.set(resolutionOf(report.get("fsc_after")))
        files = {name: self.getResultFile(name) for name in self._possibleOutputs}
        if self._getMask() is not None:
            files[OUTPUT_MASK] = ""  # the given one is there already
        self._registerVolumes(files, self._getPointers())
        return [self.getResultFile(OUTPUT_VOLUME)]

    def _makeVolume(self, path, source, volumeClass=Volume):
        """A volume on the grid of another; the enhanced map carries the half maps that were enhanced with it."""
        volume = super()._makeVolume(path, source, volumeClass)
        halves = self.getHalfFiles()
        if path == self.getResultFile(OUTPUT_VOLUME) and halves:
            volume.setHalfMaps(halves)
        return volume

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = numberErrors(self, "fdr", 0.01, least=1e-6, most=0.5)
        volume = self.inputVolume.get()
        if volume is None:
            return errors + numberErrors(self, "resolution", 4, "Å", optional=True, over=0)
        errors = samplingErrors(volume) + super()._validate() + errors
        if not volume.getSamplingRate():
            return errors
        errors += _gridSizeErrors(volume) + self._getResolutionErrors(volume)
        if self._getMask() is not None:
            errors += gridErrors(self._getMask(), volume, "mask")
        if self.maskSource == MASK_MODEL and self._getStructure() is None:
            errors.append("The mask is to come from the atomic model, and there is none: give one, or another mask.")
        return errors

    def _getHalfMapErrors(self):
        if self.inputVolume.get() is not None and self._findHalfMaps() is None:
            return [
                "The input volume carries no half maps: give two half maps, or a volume that has them, or choose No at "
                "'Use half maps?'."
            ]
        return super()._getHalfMapErrors()

    def _getResolutionErrors(self, volume):
        errors = numberErrors(self, "resolution", 4, "Å", optional=True, over=0, most=COARSEST_RESOLUTION)
        finest = 2 * volume.getSamplingRate()
        if errors or self.resolution.get() is None or self.resolution.get() >= finest:
            return errors
        return [f"The resolution is finer than twice the sampling rate, {finest:g} Å: give a coarser one."]

    def _warnings(self):
        volume, warnings = self.inputVolume.get(), []
        if volume is not None and (volume.getSamplingRate() or 0) > COARSE_VOXEL:
            warnings.append(
                f"The sampling rate is {volume.getSamplingRate():g} Å/px: above {COARSE_VOXEL:g} Å/px little of what "
                "local sharpening looks at is in the map."
            )
        if not self._useHalfMaps() and self.resolution.get() is None:
            warnings.append(
                "There are neither half maps nor a resolution: CryoRes will tell the resolution, to about 0.2 Å, which "
                "takes longer."
            )
        elif self.maskSource == MASK_GIVEN and self._getMask() is None:
            warnings.append("There is no mask: one will be made automatically from the density.")
        return warnings

    def _summary(self):
        if not self._hasResult():
            return self._getNoResultLines("The map has not been enhanced yet.")
        report, lines = self._readReport(), []
        if report.get("b_factor"):
            found = report["b_factor"]
            ends = [found["percentiles"][name] for name in ("5", "95")]
            lines.append(
                f"B factor applied: mean *{found['mean']:.0f} Å²*, nine tenths of the mask from {ends[0]:.0f} to "
                f"{ends[1]:.0f} Å² (negative: sharpened)"
            )
        lines.append(f"Resolution: {report['resolution']['value']:.2f} Å ({report['resolution']['source']})")
        if report.get("fsc_after"):
            before, after = (_resolutionText(report[name]) for name in ("fsc_before", "fsc_after"))
            lines.append(
                f"FSC of the half maps in the enhanced map's soft mask: 0.143 at {before} before, {after} after"
            )
            lines.append("The second is for comparison, not for claims, as the gains come from both half maps")
        lines.append(f"Correlation with the input in the mask: {report['correlation']:.3f}")
        lines.append(f"Mask: {enhancedMaskText(report['mask'])}")
        return [*lines, *self._getMoreSummary(report), *self._getNotes(report)]

    def _methods(self):
        if not self._hasResult():
            return []
        report = self._readReport()
        return [
            f"{self.getObjectTag('inputVolume')} was sharpened {self._getHow(report)}, within "
            f"{enhancedMaskText(report['mask'])}. {self._getMeasured(report)}"
        ]

    def _getMeasured(self, report):
        """Sentences about the outcome, for the text of the methods."""
        words = []
        if report.get("b_factor"):
            words.append(f"The mean of the local B factors applied is {report['b_factor']['mean']:.0f} Å².")
        if report.get("fsc"):
            words.append(
                f"The FSC of the half maps as they were falls to 0.143 at {_resolutionText(report['fsc'])} within the "
                "mask."
            )
        return " ".join(words)

    # --------------------------- utilities ----------------------------------
    def _getMask(self):
        return self.mask.get() if self.maskSource == MASK_GIVEN else None

    def _getImages(self):
        return [self.inputVolume.get(), self._getMask(), *super()._getImages()]

    def _getPointers(self):
        return [self.inputVolume] + ([] if self._getMask() is None else [self.mask])

    def _getArguments(self):
        volume = self.inputVolume.get()
        arguments = [self._inputPath(volume), f"--method={self._getMethod()}", *gridArguments(volume)]
        arguments += self._getHalfMapArguments()
        if self._getMask() is not None:
            arguments.append(f"--mask={self._inputPath(self._getMask())}")
        elif self.maskSource == MASK_CONFIDENCE:
            arguments.append(f"--fdr={self.fdr.get():.8g}")
        if self.resolution.get() is not None:
            arguments.append(f"--resolution={self.resolution.get():.8g}")
        return [*arguments, *self._getMethodArguments(), "-o", self.getResultFile(OUTPUT_VOLUME)]

    def getResultFile(self, name):
        """The file of an output."""
        return self._getExtraPath(f"enhanced{ENDINGS[name]}.mrc")

    def getHalfFiles(self):
        """The two files of the enhanced half maps, or an empty list if there are none."""
        files = [self._getExtraPath(f"enhanced{ending}.mrc") for ending in HALVES]
        return files if all(map(os.path.exists, files)) else []

    def _getOutputFiles(self):
        files = [self.getResultFile(OUTPUT_VOLUME), self.getResultFile(OUTPUT_MASK), self._getReportFile()]
        if self._useHalfMaps():
            files += [self._getExtraPath(f"enhanced{ending}.mrc") for ending in HALVES]
        return files

    def _getMoreResults(self):
        halves = [self._getExtraPath(f"enhanced{ending}.mrc") for ending in HALVES]
        return [self.getResultFile(OUTPUT_B_FACTOR), *halves]

    def _getReportFile(self):
        return self._getExtraPath("enhanced.json")


def resolutionOf(curve):
    """Where an FSC curve of a report falls to 0.143, Å; None if there is no curve, or if it never does."""
    return curve and curve["resolution_0.143"]


def enhancedMaskText(mask):
    """How the report describes the mask, in words."""
    voxels = f"{mask['voxels']:,} voxels"
    first, _, more = mask["source"].partition(" and ")
    if first == "fdr":
        text = f"the confidence mask at a false discovery rate of {mask['fdr']:g} [Beckers2019] ({voxels})"
    elif first == "structure":
        text = f"the molecular mask of the atomic model ({voxels})"
    else:
        text = maskText({**mask, "source": first})
    return f"{text}, that of the atomic model included" if more else text


def _resolutionText(curve):
    resolution = resolutionOf(curve)
    return "no resolution that is there" if resolution is None else f"{resolution:.2f} Å"


def _gridSizeErrors(volume):
    """One sentence if the box or its voxels do not suit windows of 25 Å."""
    rate, shape = volume.getSamplingRate(), volume.getDim()
    if rate > COARSEST_VOXEL:
        return [
            f"The sampling rate is {rate:g} Å/px, and of windows of {SMALLEST_BOX:g} Å voxels above "
            f"{COARSEST_VOXEL:g} Å tell nothing: give a finer map."
        ]
    if shape and min(shape) * rate < SMALLEST_BOX:
        return [
            f"The box is {min(shape) * rate:.3g} Å wide, less than a window of {SMALLEST_BOX:g} Å: give a larger box."
        ]
    return []
