"""The common part of the methods that test one resolution after another: the range of resolutions in the form."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol


class TestedResolutionsProtocol(OptionalHalfMapMixin, LocalResolutionProtocol):
    """A method with ``minRes``, ``maxRes`` and ``stepSize``, the resolutions that it tests."""

    # --------------------------- form ---------------------------------------
    def _defineNoiseParams(self, form):
        """Whether the noise is measured by half maps, and by which."""
        self._defineUseHalfVolumes(
            form,
            "Yes: the noise is half the difference of the half maps, at every place. No: it is what the map "
            "shows outside the mask, so the map must not be masked.",
        )

    @staticmethod
    def _defineTestedResolutions(form, step, whatEmptyMeans, **maxOptions):
        """``minRes``, ``maxRes`` and ``stepSize``.

        Args:
            form: the form.
            step: default of ``stepSize``, Å.
            whatEmptyMeans: a sentence that says what is tested where a field is empty.
            maxOptions: further options of ``maxRes``, such as its default.
        """
        line = form.addLine(
            "Resolution range (Å)",
            help=f"The finest (high) and coarsest (low) resolution tested. {whatEmptyMeans}",
        )
        line.addParam("minRes", params.FloatParam, allowsNull=True, label="High")
        line.addParam("maxRes", params.FloatParam, label="Low", **maxOptions)
        form.addParam(
            "stepSize",
            params.FloatParam,
            default=step,
            expertLevel=LEVEL_ADVANCED,
            label="Step (Å)",
            help="Between the resolutions tested.",
        )

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate()
        low, high = self.minRes.get(), self.maxRes.get()
        if low is not None and high is not None and low >= high:
            errors.append("The high resolution must be a smaller number than the low one: exchange them.")
        return errors

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        options = {"--min-res": self.minRes.get(), "--max-res": self.maxRes.get(), "--step": self.stepSize.get()}
        return [word for name, value in options.items() if value is not None for word in (name, f"{value:g}")]
