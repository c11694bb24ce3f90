"""Half maps in a form: those that the volume carries, or two volumes given beside it."""

from pwem.objects import Volume
from pyworkflow.protocol import params

from deepres_plugin.inputs import gridErrors
from deepres_plugin.protocols.protocol_base import DeepresProtocol


class HalfMapMixin(DeepresProtocol):
    """The half maps of ``inputVolume``, for any protocol whose command has ``--half1`` and ``--half2``.

    It stands before the other bases of a protocol, which calls ``_defineHalfMapParams`` in its form. The half maps
    are always used unless the protocol says otherwise in ``_useHalfMaps``.
    """

    # --------------------------- for subclasses -----------------------------
    def _useHalfMaps(self):
        """Whether this run uses half maps."""
        return True

    # --------------------------- form ---------------------------------------
    @staticmethod
    def _defineHalfMapParams(form, condition=None):
        """``halfVolume1`` and ``halfVolume2``, shown under a condition."""
        for number in (1, 2):
            form.addParam(
                f"halfVolume{number}",
                params.PointerParam,
                pointerClass="Volume",
                allowsNull=True,
                condition=condition,
                label=f"Half map {number}",
                help="One of the two unfiltered maps, each reconstructed from half of the particles, on the input "
                "volume's grid. Leave both empty to use the half maps that the input volume carries itself, as the "
                "maps of most refinement protocols do.",
            )

    # --------------------------- information --------------------------------
    def _validate(self):
        return super()._validate() + (self._getHalfMapErrors() if self._useHalfMaps() else [])

    def _getHalfMapErrors(self):
        """One sentence for each thing that is wrong with the half maps."""
        halves, volume = self._findHalfMaps(), self.inputVolume.get()
        if volume is None:
            return []
        if halves is None:
            return ["The input volume carries no half maps: give two half maps, or a volume that has them."]
        if len(halves) != 2 or None in halves:
            return ["One half map is missing: give both, or none to use those that the input volume carries."]
        return [error for n, half in enumerate(halves, 1) for error in gridErrors(half, volume, f"half map {n}")]

    # --------------------------- utilities ----------------------------------
    def _getImages(self):
        return super()._getImages() + self._getHalfMaps()

    def _getArguments(self):
        return super()._getArguments() + self._getHalfMapArguments()

    def _getHalfMapArguments(self):
        """``--half1`` and ``--half2``, or nothing if this run uses no half maps."""
        halves = enumerate(self._getHalfMaps(), 1)
        return [f"--half{number}={self._inputPath(half)}" for number, half in halves]

    def _getHalfMaps(self):
        """The half maps that this run uses, a list."""
        return (self._findHalfMaps() or []) if self._useHalfMaps() else []

    def _findHalfMaps(self):
        """The two half maps of the form, one of them perhaps None; or those that the volume carries; or None."""
        halves = [self.halfVolume1.get(), self.halfVolume2.get()]
        if any(halves):
            return halves
        return carriedHalfMaps(self.inputVolume.get())


class OptionalHalfMapMixin(HalfMapMixin):
    """Half maps only where the user asks for them, by MonoRes' name for it, ``useHalfVolumes``."""

    def _useHalfMaps(self):
        return self.useHalfVolumes.get()

    def _defineUseHalfVolumes(self, form, helpText, default=False):
        """``useHalfVolumes`` and, where it says yes, the half maps."""
        form.addParam("useHalfVolumes", params.BooleanParam, default=default, label="Use half maps?", help=helpText)
        self._defineHalfMapParams(form, "useHalfVolumes")


def carriedHalfMaps(volume):
    """The half maps that a volume carries, a list; None if it carries none, or is None."""
    if volume is None or not volume.hasHalfMaps():
        return None
    halves = []
    for path in volume.getHalfMaps().split(","):
        half = Volume(location=path.strip())
        half.setSamplingRate(volume.getSamplingRate())
        half.setOrigin(volume.getOrigin(force=True))
        halves.append(half)
    return halves
