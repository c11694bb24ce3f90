"""The protocol "compare local resolutions"."""

import math
import os

from pwem.objects import SetOfVolumes, Volume
from pyworkflow.object import Float
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.constants import OUTPUT_RESOLUTION
from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import gridArguments, gridErrors, plainPath
from deepres_plugin.protocols.protocol_base import DeepresProtocol, samplingErrors
from deepres_plugin.run_names import volumeName
from deepreslib.analysis.comparison import maps_text

OUTPUT_SPREAD = "spread_Volume"
OUTPUT_COUNT = "count_Volume"
OUTPUT_DIFFERENCES = "difference_Volumes"


class ProtDeepCompare(DeepresProtocol):
    """Local resolution maps of one particle, from any programs, compared on one scale.

    Each map is compared with a reference among them (root mean square of the differences, Pearson and Spearman
    correlation, median difference, a map of the differences), voxel by voxel where both have a value. Where all maps
    have a value, a consensus gives their median, and the spread says how far they are apart. So one sees where the
    methods agree, which of them claims more than the others, and where no number should be trusted.

    The maps must lie on one grid. They may come from the protocols of this plugin or any other, or be imported.
    """

    _label = "compare local resolutions"
    _command = "compare"
    _possibleOutputs = {
        OUTPUT_RESOLUTION: Volume,
        OUTPUT_SPREAD: Volume,
        OUTPUT_COUNT: Volume,
        OUTPUT_DIFFERENCES: SetOfVolumes,
    }

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.min_res_init = Float()
        self.max_res_init = Float()
        self.median_res_init = Float()

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        form.addParam(
            "inputVolumes",
            params.MultiPointerParam,
            pointerClass="Volume",
            minNumObjects=1,
            important=True,
            label="Resolution maps",
            help="Maps of local resolution in Å on one grid, voxel values being 0 where there is no resolution. They "
            "are called after the runs that made them. Sampling rate and origin are taken from Scipion, not from the "
            "files' headers.",
        )
        form.addParam(
            "reference",
            params.PointerParam,
            pointerClass="Volume",
            allowsNull=True,
            label="Reference",
            help="The resolution map that the others are compared with; it is added to the maps above if it is not "
            "among them. Empty: the first of them.",
        )
        form.addParam(
            "mask",
            params.PointerParam,
            pointerClass="VolumeMask",
            allowsNull=True,
            label="Mask",
            help="Voxels outside this mask are left out (inside is above 0.5). Empty: the voxels where there "
            "is a consensus. Give one if a program wrote resolutions outside its own mask.",
        )
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            allowsNull=True,
            label="Density map",
            help="The map whose resolution this is, on the same grid: the viewer shows it grey behind the slices, and "
            "its surface coloured by the consensus. It changes no number.",
        )
        form.addParam(
            "share",
            params.FloatParam,
            default=1.0,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Share of the maps",
            help="There is a consensus where this share of the maps has a value, and at least two of them; 1 is all. "
            "With less the consensus reaches farther, but it may step where one of the maps ends, although no map "
            "steps there: beyond, it is the median of the others.",
        )
        form.addParam(
            "background",
            params.StringParam,
            default="100",
            expertLevel=LEVEL_ADVANCED,
            label="Values without meaning",
            help="Values that a program wrote where it found no resolution, in Å, separated by spaces; voxels with "
            "them are left out for that map. ResMap writes 100. Zero and negative values are left out in any case.",
        )

    # --------------------------- steps --------------------------------------
    def createOutputStep(self, arguments):
        """Register the consensus, its spread and the differences."""
        report, source = self._readReport(), self.getReference()
        resolution = report["consensus"]["resolution"]
        self.min_res_init.set(resolution["min"])
        self.max_res_init.set(resolution["max"])
        self.median_res_init.set(resolution["median"])
        differences = self._createSetOfVolumes()
        differences.setSamplingRate(source.getSamplingRate())
        for numbers in report["maps"]:
            if numbers["difference"]:
                volume = self._makeVolume(self._getOutputFile(numbers["difference"]), source)
                volume.setObjLabel(f"{numbers['label']} − {report['reference']}")
                differences.append(volume)
        outputs = {
            OUTPUT_RESOLUTION: self._makeVolume(self._getOutputFile("consensus.mrc"), source),
            OUTPUT_SPREAD: self._makeVolume(self._getOutputFile("spread.mrc"), source),
            OUTPUT_COUNT: self._makeVolume(self._getOutputFile("count.mrc"), source),
            OUTPUT_DIFFERENCES: differences,
        }
        self._defineOutputs(**outputs)
        for output in outputs.values():
            for pointer in self._getPointers():
                self._defineSourceRelation(pointer, output)
        return self._getOutputFiles()

    # --------------------------- information --------------------------------
    def _validate(self):
        volumes = self.getVolumes()
        if len(volumes) < 2:
            return ["There is nothing to compare: give two resolution maps or more, the reference among them."]
        (first, grid), *others = volumes.items()
        errors = samplingErrors(grid, f"map {first}")
        for label, volume in others:
            errors += gridErrors(volume, grid, f"map {label}")
        for name, image in (("mask", self.mask.get()), ("density map", self.inputVolume.get())):
            if image is not None:
                errors += gridErrors(image, grid, name)
        try:
            self.getBackground()
        except ValueError:
            errors.append(f"'{self.background.get()}' is not a list of numbers: separate values in Å by spaces.")
        return errors + numberErrors(self, "share", 1, over=0, most=1)

    def _warnings(self):
        if self.mask.get() is None:
            return ["There is no mask: the voxels where the maps have a value will be compared."]
        return []

    def _summary(self):
        if not self._hasResult():
            return self._getNoResultLines("The maps have not been compared yet.")
        report = self._readReport()
        consensus = report["consensus"]
        where = "of the mask" if report["mask"]["source"] == "file" else f"where {maps_text(report)} a value"
        return [
            f"Compared within {report['voxels']:,} voxels {where}; the reference is *{report['reference']}*",
            *(f"*{numbers['label']}*: {_numbersText(numbers, report['voxels'])}" for numbers in report["maps"]),
            f"*Consensus*: {_resolutionText(consensus['resolution'])}; median spread of the maps "
            f"{consensus['spread']['median']:.2f} Å; at {consensus['voxels'] / report['voxels']:.1%} of the voxels, "
            f"where {maps_text(report)} a value",
            *self._getNotes(report),
        ]

    def _methods(self):
        if not self._hasResult():
            return []
        report = self._readReport()
        others = [numbers for numbers in report["maps"] if numbers["agreement"]]
        agreements = [f"{numbers['label']} ({_agreementText(numbers['agreement'])})" for numbers in others]
        return [
            f"Local resolution maps were compared voxel by voxel with {report['reference']} by deepres "
            f"{report['version']}: {'; '.join(agreements)}. "
            f"The consensus is the median of the maps at each voxel where {maps_text(report)} a value; its median is "
            f"{self.median_res_init.get():.2f} Å."
        ]

    def _citations(self):
        return ["RamirezAportela2019"]

    # --------------------------- utilities ----------------------------------
    def getVolumes(self):
        """Label → resolution map, in the program's order."""
        pointers = self._getPointers()
        names = [volumeName(pointer) for pointer in pointers]
        return {
            name if names.count(name) == 1 else f"{name} ({number})": pointer.get()
            for number, (name, pointer) in enumerate(zip(names, pointers, strict=True), 1)
        }

    def getReference(self):
        """The resolution map that the others are compared with."""
        return self.reference.get() or next(iter(self.getVolumes().values()))

    def getBackground(self):
        """Values that mean "no resolution here", Å; a ValueError if the form has something else."""
        values = [float(word) for word in (self.background.get() or "").replace(",", " ").split()]
        if not all(map(math.isfinite, values)):
            raise ValueError("not finite")
        return [0.0, *values]

    def _getPointers(self):
        """Pointers to all resolution maps; the reference comes first if it is not on the list."""
        pointers = [pointer for pointer in self.inputVolumes if pointer.get() is not None]
        reference = self.reference.get()
        if reference is None or any(_isSame(pointer.get(), reference) for pointer in pointers):
            return pointers
        return [self.reference, *pointers]

    def _getImages(self):
        return [*self.getVolumes().values(), self.mask.get()]

    def _getArguments(self):
        volumes, reference = self.getVolumes(), self.getReference()
        arguments = [self._inputPath(volume) for volume in volumes.values()]
        arguments += ["--labels", *volumes, *gridArguments(reference)]
        arguments.append(f"--reference={next(label for label in volumes if _isSame(volumes[label], reference))}")
        if self.mask.get() is not None:
            arguments.append(f"--mask={self._inputPath(self.mask.get())}")
        values = [value for value in self.getBackground() if value >= 0]  # what is below 0 never counts
        arguments += ["--background", *(f"{value:.8g}" for value in values), f"--share={self.share.get():.8g}"]
        return [*arguments, "-o", self._getOutputFolder()]

    def _getMachineArguments(self):
        return []

    def _getOutputFiles(self):
        return [self._getOutputFile(name) for name in ("compare.json", "consensus.mrc", "spread.mrc", "count.mrc")]

    def _getMoreResults(self):
        return [self._getOutputFolder()]  # the number of its files depends on the maps

    def _getReportFile(self):
        return self._getOutputFile("compare.json")

    def _getOutputFile(self, name):
        return os.path.join(self._getOutputFolder(), name)

    def _getOutputFolder(self):
        return self._getExtraPath("comparison")


def _isSame(one, other):
    """Whether two volumes are the same file."""
    return (one.getIndex(), plainPath(one)) == (other.getIndex(), plainPath(other))


def _numbersText(numbers, voxels):
    """The numbers of a map in words; ``voxels`` is how many were compared."""
    texts = [_resolutionText(numbers["resolution"])]
    if numbers["voxels"] < voxels:
        texts.append(f"a value at {numbers['voxels'] / voxels:.1%} of the voxels")
    if numbers["agreement"]:
        texts.append(_agreementText(numbers["agreement"]))
    return "; ".join(texts)


def _resolutionText(resolution):
    return f"median {resolution['median']:.2f} Å, SD {resolution['sd']:.2f} Å"


def _agreementText(agreement):
    correlations = {"Pearson": agreement["pearson"], "Spearman": agreement["spearman"]}
    texts = [f"{name} {number:.3f}" for name, number in correlations.items() if number is not None]
    difference = f"median difference {agreement['median_difference']:+.2f} Å"
    return ", ".join([f"RMSE {agreement['rmse']:.2f} Å", *texts, difference])
