"""What the methods share that test one resolution after another: the range of them."""

from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.protocols.protocol_half_maps import OptionalHalfMapProtocol


class TestedResolutionsProtocol(OptionalHalfMapProtocol):
    """A method with ``minRes``, ``maxRes`` and ``stepSize``, the resolutions that it tests."""

    # --------------------------- form ---------------------------------------
    @staticmethod
    def _defineTestedResolutions(form, step, whatEmptyMeans, **maxOptions):
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
        given = {"--min-res": self.minRes.get(), "--max-res": self.maxRes.get(), "--step": self.stepSize.get()}
        return [word for name, value in given.items() if value is not None for word in (name, f"{value:g}")]
