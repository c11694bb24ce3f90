"""The protocol "MonoRes"."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapProtocol

EDITIONS = ("published", "first")


class ProtDeepMonoRes(OptionalHalfMapProtocol):
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
        form.addParam(
            "inputVolume",
            params.PointerParam,
            pointerClass="Volume",
            important=True,
            label="Input volume",
            help="The map whose local resolution is wanted, best neither sharpened nor masked.",
        )
        self._defineUseHalfVolumes(form)
        self._defineMaskParams(form)
        line = form.addLine(
            "Resolution range (Å)",
            help="The finest (high) and coarsest (low) resolution tested. Empty: high is twice the sampling rate.",
        )
        line.addParam("minRes", params.FloatParam, allowsNull=True, label="High")
        line.addParam("maxRes", params.FloatParam, default=18, label="Low")
        form.addParam(
            "stepSize",
            params.FloatParam,
            default=0.3,
            expertLevel=LEVEL_ADVANCED,
            label="Step (Å)",
            help="Between the resolutions tested.",
        )
        form.addParam(
            "significance",
            params.FloatParam,
            default=0.95,
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
        errors = super()._validate()
        if not 0 < self.significance.get() < 1:
            errors.append("The significance must lie between 0 and 1: give a number such as 0.95.")
        if self.minRes.get() is not None and self.minRes.get() >= self.maxRes.get():
            errors.append("The high resolution must be a smaller number than the low one: exchange them.")
        return errors

    def _getMoreSummary(self, report):
        return [f"Noise: {report['noise']}"]

    def _getHow(self, report):
        return f"by MonoRes [Vilas2018] as implemented in deepres {report['version']} (noise: {report['noise']})"

    def _citations(self):
        return ["Vilas2018"]

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        arguments = [] if self.minRes.get() is None else ["--min-res", f"{self.minRes.get():g}"]
        arguments += ["--max-res", f"{self.maxRes.get():g}", "--step", f"{self.stepSize.get():g}"]
        return [*arguments, "--significance", f"{self.significance.get():g}", "--edition", EDITIONS[self.edition.get()]]
