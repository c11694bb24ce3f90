"""What every protocol of the plugin shares: inputs, steps that run the command line, and volumes as outputs."""

import inspect
import json
import os

from pwem.objects import Transform, Volume
from pwem.protocols import ProtAnalysis3D
from pyworkflow import BETA
from pyworkflow.protocol import params
from pyworkflow.utils import cleanPath

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.inputs import convertInput, inputPath, needsConversion
from deepres_plugin.job import runDeepres


class DeepresProtocol(ProtAnalysis3D):
    """A protocol that runs one command of ``deepres`` on volumes.

    A subclass names the command in ``_command`` and defines ``createOutputStep``, what Scipion asks of every protocol
    (a form, ``_validate``, ``_summary`` ...) and the functions below that are marked as its own. What several kinds
    of protocol need stands in mixins beside this file: ``NetworkMixin`` for a GPU, ``HalfMapMixin`` for half maps.

    The steps get all the arguments, so that a continued run repeats a step if an argument changed.
    """

    _devStatus = BETA
    _command = None

    # --------------------------- for subclasses -----------------------------
    def _getImages(self):
        """The volumes that the program reads; those that are not given are None."""
        return []

    def _getArguments(self):
        """All that the result depends on, as arguments of the command."""
        return []

    def _getOutputFiles(self):
        """The files that a finished program has left."""
        raise NotImplementedError

    def _getReportFile(self):
        """The one of them that is the program's report."""
        raise NotImplementedError

    def _getMoreResults(self):
        """Files and folders that not every run leaves."""
        return []

    # --------------------------- form ---------------------------------------
    @staticmethod
    def _defineInputVolume(form, helpText, label="Input volume"):
        """``inputVolume``, the map."""
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            important=True,
            label=label,
            help=f"{helpText} Sampling rate and origin are taken from Scipion, not from the file's header.",
        )

    # --------------------------- information --------------------------------
    @classmethod
    def getHelpText(cls):
        """The docstring as it is shown: a line for each paragraph, so that the window breaks the lines."""
        paragraphs = inspect.cleandoc(cls.getDoc()).split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    def validate(self):
        """What is wrong with the form: what each protocol finds, and the numbers that all have."""
        errors = super().validate()
        return errors + numberErrors(self, "numberOfThreads", 2, optional=True, least=1)

    # --------------------------- steps --------------------------------------
    def _insertAllSteps(self):
        arguments = self._getArguments()
        if self._getImagesToConvert():
            self._insertFunctionStep(self.convertInputStep, arguments)
        self._insertFunctionStep(self.runDeepresStep, arguments)
        self._insertFunctionStep(self.createOutputStep, arguments)

    def convertInputStep(self, arguments):
        """Convert the inputs that deepres does not read as they are."""
        return [convertInput(image, self._getExtraPath()) for image in self._getImagesToConvert()]

    def runDeepresStep(self, arguments):
        """Run the program, after everything that an earlier run left is gone.

        A job that a queue lost cannot be told from one that was done if files of an earlier run are in its place.
        """
        cleanPath(*self._getOutputFiles(), *self._getMoreResults())
        files = self._getOutputFiles()
        runDeepres(self, self._command, [*arguments, *self._getMachineArguments()], self._getReportFile(), files)
        return files

    # --------------------------- utilities ----------------------------------
    def _getImagesToConvert(self):
        return [image for image in self._getImages() if image is not None and needsConversion(image)]

    def _inputPath(self, image):
        """The file that the program reads for a volume."""
        return inputPath(image, self._getExtraPath())

    def _getMachineArguments(self):
        """What does not change the result: processor cores, GPU."""
        return ["--threads", self.numberOfThreads.get()]

    def _registerVolumes(self, files, pointers):
        """Volumes on the grid of ``inputVolume`` as outputs; those that an earlier run left are withdrawn.

        Args:
            files: name of the output → file, which not every run writes.
            pointers: the inputs that they come from.
        """
        for name, path in files.items():
            if os.path.exists(path):
                volume = self._makeVolume(path, self.inputVolume.get(), self._possibleOutputs[name])
                self._defineOutputs(**{name: volume})
                for pointer in pointers:
                    self._defineSourceRelation(pointer, volume)
            elif hasattr(self, name):
                self.deleteOutput(getattr(self, name))

    def _makeVolume(self, path, source, volumeClass=Volume):
        """A volume in a file on the grid of another."""
        volume, origin = volumeClass(), Transform()
        origin.setShifts(*source.getOrigin(force=True).getShifts())
        volume.setFileName(path)
        volume.setSamplingRate(source.getSamplingRate())
        volume.setOrigin(origin)
        return volume

    @staticmethod
    def _getNotes(report):
        """Lines for the end of the summary: what the program warns about, and where it ran, if it says so."""
        lines = [f"*Warning*: {warning}" for warning in report.get("warnings") or []]
        device = report.get("device")
        return lines + ([f"Ran on: {device['name']} ({device['kind'].upper()})"] if device else [])

    def _hasResult(self):
        """Whether there is an output, and the report that belongs to it."""
        return self._hasOutputs() and os.path.exists(self._getReportFile())

    def _getNoResultLines(self, notYet):
        """The summary of a run without a result; ``notYet`` is for one that never had any."""
        return ["There is no result: the last run failed or was stopped." if self._hasOutputs() else notYet]

    def _hasOutputs(self):
        return any(hasattr(self, name) for name in self._possibleOutputs)

    def _readReport(self):
        """The program's report."""
        with open(self._getReportFile(), encoding="utf-8") as report:
            return json.load(report)


def samplingErrors(volume, name="input volume"):
    """One sentence if a volume has no sampling rate."""
    if volume.getSamplingRate() and volume.getSamplingRate() > 0:
        return []
    return [f"The {name} has no sampling rate: import it again with the right one."]
