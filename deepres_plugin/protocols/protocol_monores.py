"""The protocol "MonoRes"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_tested_resolutions import TestedResolutionsProtocol

EDITIONS = ("published", "first")


class ProtDeepMonoRes(TestedResolutionsProtocol):
    """Local resolution by the monogenic signal: where the map's amplitude stands out of the noise.

    At each frequency, from coarse to fine, the monogenic (Riesz) amplitude of every voxel is compared with that of
    the noise, which is taken outside the mask or from the half maps' difference; a voxel's resolution is the last
    frequency at which it stood out (MonoRes, Vilas et al. 2018).
    """

    _label = "MonoRes"
    _method = "monores"

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        form.addSection(label="Input")
        self._defineInputVolume(form, "The map whose local resolution is wanted, best neither sharpened nor masked.")
        self._defineNoiseParams(form)
        self._defineMaskParams(form)
        self._defineTestedResolutions(form, 0.3, "Empty: from twice the sampling rate to 18 Å.", default=18)
        form.addParam(
            "significance",
            params.FloatParam,
            default=0.95,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Significance",
            help="The share of the noise's amplitudes that a voxel must exceed, between 0 and 1.",
        )
        form.addParam(
            "edition",
            params.EnumParam,
            choices=list(EDITIONS),
            default=0,
            display=params.EnumParam.DISPLAY_HLIST,
            expertLevel=LEVEL_ADVANCED,
            label="Edition",
            help="'published' is the algorithm of the paper and of today's Xmipp. 'first' reproduces maps made by "
            "its first releases, whose filters and Riesz transform differed.",
        )
        form.addParallelSection(threads=2, mpi=0, binThreadsHelp="Processor cores to use.")

    # --------------------------- information --------------------------------
    def _validate(self):
        return super()._validate() + numberErrors(self, "significance", 0.95, over=0, under=1)

    def _getMoreSummary(self, report):
        return [f"Noise: {report['noise']}"]

    def _getHow(self, report):
        return f"by MonoRes [Vilas2018] as implemented in deepres {report['version']} (noise: {report['noise']})"

    def _citations(self):
        return ["Vilas2018"]

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        options = [f"--significance={self.significance.get():.8g}", f"--edition={EDITIONS[self.edition.get()]}"]
        return super()._getMethodArguments() + options
