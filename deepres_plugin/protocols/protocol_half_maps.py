"""Half maps in a form: those that the volume carries, or two volumes given beside it."""

from pwem.objects import Volume
from pyworkflow.protocol import params

from deepres_plugin.inputs import gridErrors
from deepres_plugin.protocols.protocol_local_resolution import LocalResolutionProtocol


def defineHalfMapParams(form, condition=None):
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
            "volume's grid. Leave both empty to use the half maps that the input volume carries itself, as the maps "
            "of most refinement protocols do.",
        )


def findHalfMaps(protocol):
    """The two half maps of a protocol with ``inputVolume``, ``halfVolume1`` and ``halfVolume2``, or None."""
    given = [protocol.halfVolume1.get(), protocol.halfVolume2.get()]
    if any(given):
        return given
    volume = protocol.inputVolume.get()
    if volume is None or not volume.hasHalfMaps():
        return None
    halves = []
    for path in volume.getHalfMaps().split(","):
        half = Volume(location=path.strip())
        half.setSamplingRate(volume.getSamplingRate())
        half.setOrigin(volume.getOrigin(force=True))
        halves.append(half)
    return halves


def halfMapErrors(protocol):
    """One sentence for each thing that is wrong with the half maps that a protocol needs."""
    halves, volume = findHalfMaps(protocol), protocol.inputVolume.get()
    if volume is None:
        return []
    if halves is None:
        return ["The input volume carries no half maps: give two half maps, or a volume that has them."]
    if len(halves) != 2 or None in halves:
        return ["One half map is missing: give both, or none to use those that the input volume carries."]
    return [error for n, half in enumerate(halves, 1) for error in gridErrors(half, volume, f"half map {n}")]


def halfMapArguments(protocol, halves):
    """``--half1`` and ``--half2``, or nothing if there are no half maps."""
    return [word for number, half in enumerate(halves, 1) for word in (f"--half{number}", protocol._inputPath(half))]


class HalfMapProtocol(LocalResolutionProtocol):
    """A local resolution that half maps are used for: always, or if ``useHalfVolumes`` says so."""

    def _useHalfMaps(self):
        return True

    def _getHalfMaps(self):
        return (findHalfMaps(self) or []) if self._useHalfMaps() else []

    def _getImages(self):
        return super()._getImages() + self._getHalfMaps()

    def _getArguments(self):
        return super()._getArguments() + halfMapArguments(self, self._getHalfMaps())

    def _validate(self):
        return super()._validate() + (halfMapErrors(self) if self._useHalfMaps() else [])


class OptionalHalfMapProtocol(HalfMapProtocol):
    """Half maps only where the user asks for them, by MonoRes' name for it, ``useHalfVolumes``."""

    def _useHalfMaps(self):
        return self.useHalfVolumes.get()

    @staticmethod
    def _defineUseHalfVolumes(form):
        form.addParam(
            "useHalfVolumes",
            params.BooleanParam,
            default=False,
            label="Use half maps?",
            help="Yes: the noise is half the difference of the half maps, at every place. No: it is what the map "
            "shows outside the mask, so the map must not be masked.",
        )
        defineHalfMapParams(form, "useHalfVolumes")
