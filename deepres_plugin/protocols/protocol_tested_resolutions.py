"""The common part of the methods that test one resolution after another: the range of resolutions in the form."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol

FINEST_STEP = 0.01
"""Å; with finer ones a run would test thousands of resolutions."""


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
        line.addParam("maxRes", params.FloatParam, allowsNull=True, label="Low", **maxOptions)
        form.addParam(
            "stepSize",
            params.FloatParam,
            default=step,
            allowsNull=True,
            expertLevel=LEVEL_ADVANCED,
            label="Step (Å)",
            help="Between the resolutions tested.",
        )

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate()
        errors += numberErrors(self, "minRes", 3, "Å", optional=True, label="The high resolution", over=0)
        errors += numberErrors(self, "maxRes", 18, "Å", optional=True, label="The low resolution", over=0)
        errors += numberErrors(self, "stepSize", 0.5, "Å", least=FINEST_STEP)
        low, high = self.minRes.get(), self.maxRes.get()
        if not errors and low is not None and high is not None and low >= high:
            errors.append("The high resolution must be a smaller number than the low one: exchange them.")
        return errors

    def _warnings(self):
        volume, warnings = self.inputVolume.get(), super()._warnings()
        if volume is not None and volume.hasHalfMaps() and not self.useHalfVolumes:
            warnings.append(
                "The input volume carries half maps, and they are not used: they tell the noise at every place, inside "
                "the molecule too. To use them, answer 'Use half maps?' with yes."
            )
        return warnings

    # --------------------------- utilities ----------------------------------
    def _getMethodArguments(self):
        options = {"--min-res": self.minRes.get(), "--max-res": self.maxRes.get(), "--step": self.stepSize.get()}
        return [f"{name}={value:.8g}" for name, value in options.items() if value is not None]
