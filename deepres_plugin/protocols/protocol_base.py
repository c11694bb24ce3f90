"""What every protocol of the plugin shares: inputs, steps that run the command line, and volumes as outputs."""

import json

from pwem.objects import Transform, Volume
from pwem.protocols import ProtAnalysis3D
from pyworkflow import BETA

from deepres_plugin import Plugin
from deepres_plugin.inputs import convertInput, inputPath, needsConversion


class DeepresProtocol(ProtAnalysis3D):
    """A protocol that runs one command of ``deepres`` on volumes.

    A subclass names the command in ``_command`` and fills in ``_getImages``, ``_getArguments``, ``_getOutputFiles``,
    ``createOutputStep`` and what Scipion asks of every protocol. Both steps get all the arguments, so that a
    continued run repeats them if anything changed.
    """

    _devStatus = BETA
    _command = None

    # --------------------------- for subclasses -----------------------------
    def _getImages(self):
        """The volumes that the program reads; those that are not given are None."""
        raise NotImplementedError

    def _getArguments(self):
        """All that decides about the result, as arguments of the command."""
        raise NotImplementedError

    def _getMachineArguments(self):
        """What does not change the result: processor cores, GPU."""
        return ["--threads", self.numberOfThreads.get()]

    def _getOutputFiles(self):
        """Files that a finished program has left."""
        raise NotImplementedError

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
        """Run the program."""
        Plugin.runDeepres(self, self._command, [*arguments, *self._getMachineArguments()])
        return self._getOutputFiles()

    def createOutputStep(self, arguments):
        """Register the outputs."""
        raise NotImplementedError

    # --------------------------- utilities ----------------------------------
    def _getImagesToConvert(self):
        return [image for image in self._getImages() if image is not None and needsConversion(image)]

    def _inputPath(self, image):
        """The file that the program reads for a volume."""
        return inputPath(image, self._getExtraPath())

    def _makeVolume(self, path, source):
        """A volume in a file on the grid of another."""
        volume, origin = Volume(), Transform()
        origin.setShifts(*source.getOrigin(force=True).getShifts())
        volume.setFileName(path)
        volume.setSamplingRate(source.getSamplingRate())
        volume.setOrigin(origin)
        return volume

    def _readReport(self):
        """The program's report; a subclass names it in ``_getReportFile``."""
        with open(self._getReportFile(), encoding="utf-8") as report:
            return json.load(report)

    def _getReportFile(self):
        raise NotImplementedError


def samplingErrors(volume, name="input volume"):
    """One sentence if a volume has no sampling rate."""
    if volume.getSamplingRate() and volume.getSamplingRate() > 0:
        return []
    return [f"The {name} has no sampling rate: import it again with the right one."]
