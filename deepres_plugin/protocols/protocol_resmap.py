"""The protocol "ResMap"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_tested_resolutions import TestedResolutionsProtocol


class ProtDeepResMap(TestedResolutionsProtocol):
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
        self._defineInputVolume(
            form, "The map whose local resolution is wanted; it must be neither masked nor sharpened."
        )
        self._defineNoiseParams(form)
        self._defineMaskParams(form)
        empty = "Empty: from 2.2 times the sampling rate to 10 Å, or four times the finest if that is coarser."
        self._defineTestedResolutions(form, 0.5, empty)
        form.addParam(
            "pValue",
            params.FloatParam,
            default=0.05,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="p value",
            help="The false discovery rate at each resolution, between 0 and 1.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- information --------------------------------
    def _validate(self):
        return super()._validate() + numberErrors(self, "pValue", 0.05, over=0, under=1)

    def _getMoreSummary(self, report):
        return [f"Noise: {report['noise']}; {report['unassigned']:,} voxels passed no test and have the coarsest value"]

    def _getHow(self, report):
        return f"by ResMap [Kucukelbir2014] as implemented in deepres {report['version']} (noise: {report['noise']})"

    def _citations(self):
        return ["Kucukelbir2014"]

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        return [*super()._getMethodArguments(), f"--p-value={self.pValue.get():.8g}"]
