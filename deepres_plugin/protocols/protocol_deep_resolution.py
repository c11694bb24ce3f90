"""The protocol "DeepRes local resolution"."""

from pwem.objects import Volume
from pyworkflow.protocol import params
from pyworkflow.protocol.constants import LEVEL_ADVANCED

from deepres_plugin.constants import OUTPUT_DEVIATION, OUTPUT_RESOLUTION
from deepres_plugin.form_numbers import numberErrors
from deepres_plugin.protocols.protocol_half_maps import HalfMapMixin
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol
from deepres_plugin.protocols.protocol_network import NetworkMixin
from deepreslib.estimation.deepres import FINE_RESOLUTION, FINE_VOXEL
from deepreslib.networks.ranges import RANGES

RANGE_NAMES = ("auto", "low", "high")
RANGE_AUTO, RANGE_LOW, RANGE_HIGH = range(3)
RANGE_TEXTS = ["automatic", *(RANGES[name].text for name in RANGE_NAMES[1:])]
NETWORK_SHIPPED, NETWORK_PATH = range(2)
SHARPEN_NO, SHARPEN_AUTO, SHARPEN_BY_HAND = range(3)
GREATEST_B_FACTOR = 1000
"""Å², as of ``deepres estimate --sharpen``."""

FOUND_BY = {
    "given": "given",
    "guinier": "found by a Guinier fit",
    "sharpness": "found by the half maps",
}


class ProtDeepResolution(NetworkMixin, HalfMapMixin, LocalResolutionProtocol):
    """Local resolution of a map by deep learning, without half maps.

    A neural network looks at the map through small windows that overlap and compares the features it sees there with
    those of macromolecules filtered at known resolutions (DeepRes, Ramírez-Aportela et al. 2019). It needs one map and,
    better, a mask that encloses the macromolecule. Unlike methods that compare half maps, it follows what a
    sharpening or any other treatment did to the map: a map that is not sharpened comes out 2 to 5 Å too coarse. Such a
    map can be sharpened first, here in the form.

    The result is a map of local resolution in Å on the grid of the input, 0 outside the mask, and a map of its
    uncertainty: the standard deviation in Å that the network predicts of its own answer.
    """

    _label = "DeepRes local resolution"
    _method = "deepres"
    _moreOutputs = {OUTPUT_DEVIATION: "_sd"}
    _possibleOutputs = {OUTPUT_RESOLUTION: Volume, OUTPUT_DEVIATION: Volume}

    # --------------------------- form ---------------------------------------
    def _defineParams(self, form):
        self._defineGpuParams(form)
        form.addSection(label="Input")
        self._defineInputVolume(
            form,
            "The map whose local resolution is wanted. It may be sharpened or not: DeepRes judges what the map shows, "
            "so a sharpened map usually gets better values than the unsharpened one (see 'Sharpen first?').",
        )
        self._defineSharpenParams(form)
        self._defineMaskParams(
            form, moreHelp="Leave out lipid and detergent: the network knows protein and nucleic acid only."
        )
        form.addParam(
            "resolutionRange",
            params.EnumParam,
            choices=RANGE_TEXTS,
            default=RANGE_AUTO,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Resolution range",
            help="Which of DeepRes' two networks looks at the map. The first sees windows of 13 Å at 1.0 Å/px and "
            "suits most maps; the second sees windows of 6.5 Å at 0.5 Å/px, for maps of very high resolution. "
            f"Automatic takes the first, and then the second if the map is sampled at {FINE_VOXEL:g} Å/px or finer and "
            f"the first found a median better than {FINE_RESOLUTION:g} Å. Values beyond the range, or finer than twice "
            "the sampling rate, are not possible.",
        )
        form.addParam(
            "modelSource",
            params.EnumParam,
            choices=["shipped with DeepRes", "from a path"],
            default=NETWORK_SHIPPED,
            display=params.EnumParam.DISPLAY_HLIST,
            expertLevel=LEVEL_ADVANCED,
            label="Network",
            help="The shipped networks are compact, trained on simulated maps, and also predict an uncertainty. "
            "Other networks can be given by their path.",
        )
        form.addParam(
            "modelPath",
            params.PathParam,
            condition=f"modelSource == {NETWORK_PATH}",
            expertLevel=LEVEL_ADVANCED,
            label="Path of the network",
            help="A folder written by 'deepres train', or one of the .h5 files that Xmipp distributes: "
            "model_w13.h5 for 2.5–13 Å, model_w7.h5 for 1.5–6 Å.",
        )
        self._defineThreads(form)

    def _defineSharpenParams(self, form):
        """``sharpen`` and, where it does not say no, the B factor, the half maps and the resolution."""
        form.addParam(
            "sharpen",
            params.EnumParam,
            choices=["no", "automatic", "by hand"],
            default=SHARPEN_NO,
            display=params.EnumParam.DISPLAY_HLIST,
            label="Sharpen first?",
            help="No: the volume is taken as it is; right for volumes that are sharpened already. Automatic: the "
            "B factor is found, by the half maps as the protocol 'sharpening check' does, or without half maps by how "
            "fast the volume's amplitudes fall, compared with a protein's (a Guinier fit). By hand: you give it. The "
            "summary says the B factor and the median before and after; the sharpened volume is no output.",
        )
        form.addParam(
            "bFactor",
            params.StringParam,
            default="-80",
            condition=f"sharpen == {SHARPEN_BY_HAND}",
            label="B factor (Å²)",
            help=f"Negative to sharpen, from {-GREATEST_B_FACTOR} to {GREATEST_B_FACTOR}; such as the one that the "
            "post-processing of your refinement found.",
        )
        self._defineHalfMapParams(form, f"sharpen != {SHARPEN_NO}")
        form.addParam(
            "resolution",
            params.FloatParam,
            allowsNull=True,
            condition=f"sharpen != {SHARPEN_NO}",
            label="Resolution (Å)",
            help="The resolution of the volume, beyond which there is only noise; the sharpened volume is low-pass "
            "filtered here. Empty: where the FSC of the half maps in the mask falls to 0.143; without half maps, what "
            "CryoRes says.",
        )

    # --------------------------- information --------------------------------
    def _validate(self):
        errors = super()._validate() + self._getSharpenErrors()
        if self.inputVolume.get() is not None and not errors:
            errors += self._getRangeErrors(self.inputVolume.get())
        if self.modelSource == NETWORK_PATH:
            errors += self._getNetworkErrors("a folder or an .h5 file")
            if self.resolutionRange == RANGE_AUTO:
                errors.append("A network given by its path knows one range only: choose it instead of automatic.")
        return errors

    def _getMoreSummary(self, report):
        return [
            *_sharpeningLines(report),
            f"Range: {RANGES[report['range']['name']].text}; network: {report['model']['name']}",
        ]

    def _getHow(self, report):
        sharpening = report.get("sharpening")
        after = f"after it was {sharpening['sentence']}, " if sharpening and sharpening["low_pass"] else ""
        return (
            f"{after}by DeepRes [RamirezAportela2019] as implemented in deepres {report['version']} (network "
            f"{report['model']['name']}, range {RANGES[report['range']['name']].text})"
        )

    def _citations(self):
        return ["RamirezAportela2019"]

    # --------------------------- utilities ----------------------------------
    def _useHalfMaps(self):
        return self.sharpen != SHARPEN_NO and bool(self._findHalfMaps())

    def _getMethodArguments(self):
        arguments = [f"--range={RANGE_NAMES[self.resolutionRange.get()]}"]
        if self.sharpen == SHARPEN_AUTO:
            arguments.append("--sharpen=auto")
        elif self.sharpen == SHARPEN_BY_HAND:
            arguments.append(f"--sharpen={float(self.bFactor.get()):.8g}")
        if self.sharpen != SHARPEN_NO and self.resolution.get() is not None:
            arguments.append(f"--resolution={self.resolution.get():.8g}")
        if self.modelSource == NETWORK_PATH:
            arguments.append(f"--model={self.modelPath.get().strip()}")
        return arguments

    def _getSharpenErrors(self):
        errors = numberErrors(self, "resolution", 4, "Å", optional=True, over=0)
        volume = self.inputVolume.get()
        if self.sharpen == SHARPEN_NO or volume is None:
            return errors
        finest = 2 * volume.getSamplingRate()
        if not errors and self.resolution.get() is not None and self.resolution.get() < finest:
            errors.append(f"The resolution is finer than twice the sampling rate, {finest:g} Å: give a coarser one.")
        if self.sharpen == SHARPEN_BY_HAND and not _isBFactor(self.bFactor.get("")):
            errors.append(
                f"'{self.bFactor.get('')}' is not a B factor: give a number from {-GREATEST_B_FACTOR} to "
                f"{GREATEST_B_FACTOR} Å², negative to sharpen, such as -80."
            )
        return errors

    def _getRangeErrors(self, volume):
        name = RANGE_NAMES[self.resolutionRange.get()]
        coarsest = max(network_range.high for network_range in RANGES.values()) if name == "auto" else RANGES[name].high
        finest = 2 * volume.getSamplingRate()
        if finest < coarsest:
            return []
        return [
            f"The volume's sampling rate of {volume.getSamplingRate():g} Å/px allows nothing finer than {finest:g} Å, "
            f"and the network knows nothing coarser than {coarsest:g} Å: choose another range or volume."
        ]


def _isBFactor(text):
    """Whether the form's text is a B factor that the program takes."""
    try:
        return abs(float(text)) <= GREATEST_B_FACTOR
    except ValueError:
        return False


def _sharpeningLines(report):
    """What the summary says of a sharpening: a list of no or two lines."""
    sharpening = report.get("sharpening")
    if not sharpening:
        return []
    median, lowPass = sharpening["median"], sharpening["low_pass"]
    if lowPass is None:
        return [f"The volume is {sharpening['sentence']}"]
    return [
        f"B factor *{sharpening['b_factor']:g} Å²* applied ({FOUND_BY[sharpening['source']]}), low-pass filter at "
        f"{lowPass['resolution']:.2f} Å ({lowPass['source']})",
        f"Median before sharpening *{median['before']:.2f} Å*, after *{median['after']:.2f} Å*",
    ]
